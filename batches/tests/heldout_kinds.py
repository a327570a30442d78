"""The unusual ways in which files name their writer, and what looks like naming and is not. See `heldout_world`."""
# ruff: noqa: E501  (a line of a file is one line here)

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

from batches.matching import RosterStudent
from batches.tests.heldout import CLASSES, TASKS, TITLES, Made, Sheet, ascii_only, body, full, written
from batches.tests.heldout_layouts import finish
from batches.tests.heldout_world import make_stranger, make_teacher

Kind = Callable[[Sheet], None]
NAMING: dict[str, Kind] = {}
"""Files that name their writer in a way that can be trusted."""
SCANS = ("Scan 2026-10-03 14.22.pdf", "CamScanner 10-03-2026 14.22.pdf", "IMG_2031.pdf", "Adobe Scan 3 okt. 2026.pdf",
         "Document (17).docx", "final_v2.docx", "Copy of Untitled document.docx", "Kopia av Kopia av uppsats.docx",
         "slutversion KLAR.odt", "Nytt dokument.docx", "tmp-4312.rtf", "Utan titel.txt")  # fmt: skip


def naming(make: Kind) -> Kind:
    """Register a kind under its function's name."""
    NAMING[make.__name__] = make
    return make


def _text(s: Sheet, *lines: str, end: str = "") -> None:
    s.text = "\n".join([*lines, "", s.pick(*TITLES), "", body(s)]) + end
    s.name = s.name or s.pick(*SCANS)


@naming
def reviewed(s: Sheet) -> None:
    """Writer and reviewer on labels of their own."""
    one, other = s.rng.choice((("Författare", "Granskare"), ("Author", "Reviewer"), ("Writer", "Peer reviewer"),
                               ("Skribent", "Läst av"), ("Name", "Proofread by")))  # fmt: skip
    _text(s, *s.rng.sample([f"{one}: {s.written}", f"{other}: {full(s.friend)}", f"Lärare: {s.teacher}"], 3))


@naming
def to_the_teacher(s: Sheet) -> None:
    """Addressed to the teacher, from the writer."""
    _text(s, f"Till läraren {s.teacher}", f"{s.pick('Från', 'Av', 'From:', 'Från:')} {s.written}")


@naming
def foreign_labels(s: Sheet) -> None:
    """Labels of another language."""
    name, teacher = s.rng.choice((("Nimi", "Opettaja"), ("Magac", "Macallin"), ("Imię i nazwisko", "Nauczyciel"),
                                  ("Nombre", "Profesora"), ("Nom", "Professeur"), ("Navn", "Lærer"), ("Ad Soyad", "Öğretmen"),
                                  ("Nafn", "Kennari"), ("Name", "Lehrerin"), ("Họ và tên", "Giáo viên"), ("الاسم", "المعلم"),
                                  ("Имя", "Учитель"), ("Naam", "Docent"), ("Nome", "Professor")))  # fmt: skip
    _text(s, *s.rng.sample([f"{name}: {s.written}", f"{teacher}: {s.teacher}", "2026.10.03"], 3))


@naming
def written_for(s: Sheet) -> None:
    """Who wrote, for whom."""
    _text(s, s.pick(f"Written by {s.written}", f"Skriven av {s.written}", f"Inlämnad av: {s.written}", f"An essay by {s.written}",
                    f"En uppsats av {s.written}", f"Submitted by: {s.written}"), f"För {s.teacher}")  # fmt: skip


@naming
def title_page(s: Sheet) -> None:
    """A title page of short lines."""
    _text(s, s.pick("Gymnasiearbete", "Vetenskaplig rapport", "FINAL ESSAY"), s.pick("av", "by", ""), s.written, s.school_class,
          f"Handledare: {s.teacher}", "Höstterminen 2026")  # fmt: skip


@naming
def copied_name(s: Sheet) -> None:
    """What a storage service or a careful pupil calls the file."""
    task = s.pick(*TASKS)
    _text(s)
    s.name = s.pick(f"Copy of {s.written} - {task}.docx", f"Kopia av {s.written} {task}.docx", f"{s.written} - {task} final_v2.docx",
                    f"{s.written} – {task} (1).pdf", f"{task} – {s.written} (slutversion).docx", f"{s.school_class}_14_{s.written.replace(' ', '_')}_SV2.docx",
                    f"{s.written}_{task}_KLAR!!.odt", f"{task} av {s.written}.docx", f"{task} by {s.written}.pdf")  # fmt: skip


@naming
def joined_name(s: Sheet) -> None:
    """The whole name as one word, in lower case."""
    _text(s)
    joined = ascii_only(full(s.student)).lower().replace(" ", "").replace("'", "").replace("-", "")
    s.name = s.pick(f"{joined}.docx", f"{joined}_{s.pick(*TASKS)}.docx", f"{s.pick(*TASKS)}_{joined}2.pdf")


@naming
def logged_in(s: Sheet) -> None:
    """The account, without a name."""
    account = s.student.email.partition("@")[0]
    _text(
        s,
        s.pick(
            f"Inloggad som: {account}",
            f"Konto: {account}",
            f"Användarnamn: {account}",
            f"E-post: {s.student.email}",
            s.student.email,
        ),
    )
    s.name = s.pick(f"{account}.docx", f"{account}_{s.pick(*TASKS)}.pdf", f"uppsats_{account}.odt")


@naming
def address_beside(s: Sheet) -> None:
    """The name, and addresses of other people."""
    _text(s, f"Namn: {s.written}", s.pick(f"Kontakt vårdnadshavare: foralder.{s.friend.family_name.split()[0].lower()}@post.example", "Lärarens e-post: larare@skolan.example",
                                          f"Kopia till: {s.friend.email}"))  # fmt: skip


@naming
def learning_folder(s: Sheet) -> None:
    """A folder of a learning system or a shared drive."""
    _text(s)
    s.name, name = s.pick("Dokument.docx", "uppsats.pdf"), full(s.student)
    s.path = s.pick(f"{s.school_class}/{name}", f"{name} - {s.pick(*TASKS)}", f"Inlämningar/{name} (inlämnad)", f"{name}_{s.rng.randint(10**6, 10**7)}_assignsubmission_file",
                    f"{name}_{s.rng.randint(10**6, 10**7)}_assignsubmission_file_", f"Elever/{s.student.family_name or name}, {s.student.given_name}")  # fmt: skip


@naming
def footer(s: Sheet) -> None:
    """The page's foot."""
    _text(s)
    s.headers = (
        s.pick(
            f"{s.written} – Sida 2 av 5",
            f"© {s.written} 2026",
            f"{s.school_class} {s.written}",
            f"{s.written}, Strandskolan",
            f"Sida 1\t{s.written}",
        ),
    )


@naming
def after_the_text(s: Sheet) -> None:
    """Signed after the text."""
    _text(s, end=f"\n\n{s.pick('Skriven av ', '/', '// ', '– ', 'Namn: ')}{s.written}")


@naming
def by_the_family(s: Sheet) -> None:
    """Named by the writer on a computer of somebody with the same surname, from a template of a class-mate's."""
    _text(s, f"{s.written} {s.school_class}")
    s.properties = (
        ("author", s.pick(f"Maria {s.student.family_name}", full(s.friend), s.teacher)),
        ("last_modified_by", "Familjen"),
    )


def _reviews(s: Sheet) -> None:
    """A review of a class-mate's text: whoever reviews has written it."""
    _text(s, s.pick("Kamratrespons", "Peer review", "Respons på text", "Opponering"), f"{s.pick('Granskare', 'Reviewer', 'Respons av')}: {s.written}",
          f"{s.pick('Författare', 'Author', 'Text av')}: {full(s.friend)}")  # fmt: skip


HEADINGS = (
    "Intervjuperson: {0}", "Intervjuad: {0}", "Informant: {0}", "Ett porträtt av {0}", "A Portrait of {0}", "Porträtt: {0}", "Tillägnad {0}",
    "Dedicated to {0}", "{0} och jag", "Jag och {0}", "{0} and Me", "Vem är {0}?", "{0} – min bästa vän", "Min vän {0}", "My Friend {0}", "Läst av {0}",
    "Korrekturläst av {0}", "Rättad av {0}", "Feedback by {0}", "Peer reviewed by {0}", "Kommentarer från {0}", "Proofread by {0}", "Illustrerad av {0}",
    "Foto: {0}", "Inspirerad av {0}", "Translated by {0}", "Biografi över {0}", "Till {0}", "To {0},", "Dear {0},", "Kära {0}", "Hej {0}!", "Brev till {0}",
    "Svar till {0}", "{0}s dagbok", "{0}'s Diary", "The Story of {0}", "Historien om {0}", "En dag med {0}", "Huvudperson: {0}", "Granskare: {0}", "Reviewer: {0}",
    "Vittne: {0}", "Skådespelare: {0}, Doktor Glas", "{0} (lärare)", "{0}, teacher", "Lärare {0}", "Handledare {0}", "Examinator: {0}", "Målsman: {0}",
    "Bänkgranne: {0}", "Partner: {0}", "Samarbetspartner: {0}", "Diskuterat med {0}", "Karaktärsanalys av {0}", "Recension av {0}", "Interview: {0}", "Tack {0}!",
    "Speech for {0}", "Grattis {0}", "In memory of {0}", "Till minne av {0}", "Kontaktperson: {0}", "Ring {0}", "Betygsatt av {0}", "Edited by {0}",
)  # fmt: skip
ENDS = (
    "\n\nTack till {0} som läste.", "\n\nKorrekturläst av {0}", "\n\nProofread by {0}", "\n\nHälsningar, {0}", "\n\nMed vänlig hälsning,\n{0}", "\n\nYour friend,\n{0}",
    "\n\nBästa hälsningar {0}", "\n\nIntervju: {0}", "\n\nIntervjuad: {0}, 17 år", "\n\nKommentar av {0}: Bra!", "\n\nBild: {0}", "\n\nKällor\n{0}, muntlig källa", "\n\nPuss, {0}",
    "\n\nWith thanks to {0}", "\n\nsa {0}", "\n\nFeedback: {0}", "\n\nXOXO {0}", "\n\nDin vän {0}",
)  # fmt: skip
NAMES = (
    "Feedback {0}.docx", "Respons till {0}.docx", "Svar till {0}.docx", "Kommentarer till {0}.docx", "Intervju {0}.docx", "Interview with {0}.docx", "Brev till {0}.docx",
    "Granskning av {0}.docx", "Peer review {0}.docx", "Letter to {0}.docx", "Tal till {0}.docx", "Kamratrespons {0}.docx", "Opponering {0}.docx", "Porträtt av {0}.docx",
    "om {0}.docx",
)  # fmt: skip


def _trapped(s: Sheet) -> None:
    """Nobody has signed, but a class-mate is spoken of, at the top, at the end or in the file's name."""
    friend = s.pick(full(s.friend), full(s.friend), s.friend.given_name)
    where = s.rng.randrange(4)
    heading = s.pick(*HEADINGS).format(friend) if where < 2 else s.pick(*TITLES)
    _text(
        s,
        heading,
        *s.rng.choice(((), (f"Lärare: {s.teacher}",))),
        end=s.pick(*ENDS).format(friend) if where == 2 else "",
    )
    if where == 3:
        s.name = s.pick(*NAMES).format(friend)


def _anonymous_in_system(s: Sheet) -> None:
    """Handed in anonymously in a learning system."""
    _text(s, end=s.pick("", f"\n\n{full(s.friend)} gick hem."))
    if s.rng.random() < 0.5:
        s.name = f"anon_{s.pick('Ab3xZ', 'evaLi', 'liBo9', 'MaWei')}_{s.rng.randint(1000, 99999)}_text.docx"
    else:
        s.name, s.path = (
            "text.docx",
            f"{s.pick('Participant', 'Deltagare', 'Osallistuja')}_{s.rng.randint(1000, 99999)}_assignsubmission_file",
        )


def _group(s: Sheet, third: RosterStudent) -> None:
    """Two or three wrote together."""
    names = [s.written, full(s.friend), full(third)][: s.rng.choice((2, 3))]
    _text(s, *s.rng.choice(((f"Grupp 3: {', '.join(names)}",), ("Gruppmedlemmar:", *names), ("Gruppmedlemmar", *names), (" & ".join(names),), ("Av: " + " och ".join(names),),
                            (f"Group members: {'; '.join(names)}",), ("Namn: " + "/".join(names),), tuple(f"Elev {n}: {name}" for n, name in enumerate(names, 1)),
                            (f"Deltagare: {' + '.join(names)}",))))  # fmt: skip


def _property_of_parent(s: Sheet) -> None:
    """Nothing but a parent's or a sibling's account, or the template's."""
    _text(s)
    s.properties = (
        (
            "author",
            s.pick(
                f"{s.pick('Maria', 'Lars', 'Fatima')} {s.student.family_name}", s.student.family_name, full(s.friend)
            ),
        ),
    )


def slipped(rng: random.Random, name: str) -> str:
    """A letter left out, doubled, swapped or mistaken, somewhere in the name."""
    places = [index for index in range(1, len(name) - 1) if name[index - 1 : index + 2].isalpha()]
    if not places:
        return name
    at = rng.choice(places)
    return rng.choice((name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:], name[:at] + name[at + 1] + name[at] + name[at + 2 :],
                       name[:at] + rng.choice("aeionrst") + name[at + 1 :]))  # fmt: skip


def files(rng: random.Random, roster: list[RosterStudent]) -> Iterator[Made]:
    """The files of one class."""

    def sheet(student: RosterStudent, how: str = "") -> Sheet:
        friend, name = (
            rng.choice([s for s in roster if s.key != student.key and s.family_name]),
            how or written(rng, student, roster),
        )
        return Sheet(rng, student, name, friend, make_teacher(rng, roster), rng.choice(CLASSES))

    for name, make in NAMING.items():
        for repeat in range(3):
            made = sheet(rng.choice(roster))
            make(made)
            yield finish(made, f"{name}-{repeat}", name, made.student.key)
    for kind, number in ((_trapped, 8), (_anonymous_in_system, 1), (_property_of_parent, 2)):
        for repeat in range(number):
            made = sheet(rng.choice(roster))
            kind(made)
            yield finish(made, f"{kind.__name__}-{repeat}", kind.__name__, None)
    for repeat in range(6):
        made = sheet(make_stranger(rng, roster))
        name = rng.choice([n for n in NAMING if n != "logged_in"])
        NAMING[name](made)
        yield finish(made, f"stranger-{repeat}", f"stranger:{name}", None)
    yield from _mixed(rng, roster, sheet)


def _mixed(rng: random.Random, roster: list[RosterStudent], sheet: Callable[..., Sheet]) -> Iterator[Made]:
    """Slips of the pen, groups, reviews, and files that somebody else handed in."""
    stating = [
        NAMING[name]
        for name in (
            "reviewed",
            "to_the_teacher",
            "foreign_labels",
            "written_for",
            "title_page",
            "footer",
            "after_the_text",
            "by_the_family",
        )
    ]
    for repeat in range(3):
        student = rng.choice(roster)
        made = sheet(student, slipped(rng, full(student)))
        rng.choice(stating)(made)
        made.name = rng.choice((made.name, f"{full(made.friend)}.docx"))
        yield finish(made, f"slip-{repeat}", "slip", student.key)
    for repeat in range(2):
        made = sheet(rng.choice(roster))
        _group(made, rng.choice([s for s in roster if s.key not in (made.student.key, made.friend.key)]))
        yield finish(made, f"group-{repeat}", "group", None)
    made = sheet(rng.choice(roster))
    _reviews(made)
    yield finish(made, "review", "review", made.student.key)
    for repeat, student in enumerate(
        (rng.choice(roster), rng.choice(roster), make_stranger(rng, roster), make_stranger(rng, roster))
    ):
        made = sheet(student)
        rng.choice(stating)(made)
        friend = full(made.friend)
        if rng.random() < 0.3:
            made.path = f"{friend}_{rng.randint(10**6, 10**7)}_assignsubmission_file"
        else:
            made.name = rng.choice(
                (f"{friend}.docx", f"{ascii_only(friend).lower().replace(' ', '_')}_{rng.choice(TASKS)}.pdf")
            )
        yield finish(made, f"handed-in-{repeat}", "handed_in", student.key if student.key != "stranger" else None)
