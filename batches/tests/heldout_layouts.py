"""Where and how the invented files name their writer. Each layout is one way a school, a system or a pupil has."""
# ruff: noqa: E501  (a line of a file is one line here)

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from batches.matching import RosterStudent
from batches.tests.heldout import (
    AUTHORS,
    CLASSES,
    FICTION,
    LAYOUTS,
    TASKS,
    TITLES,
    Made,
    Sheet,
    ascii_only,
    body,
    full,
    stranger,
    written,
)  # fmt: skip
from batches.tests.heldout_names import TEACHERS
from files.evidence import Document

Layout = Callable[[Sheet], None]
PLAIN = (
    "Dokument2.docx",
    "Namnlös.docx",
    "essay.pdf",
    "uppsats (3).odt",
    "Untitled document.docx",
    "text.txt",
    "Klar.rtf",
)


def layout(make: Layout) -> Layout:
    """Register a layout under its function's name."""
    LAYOUTS[make.__name__] = make
    return make


def _top(sheet: Sheet, *lines: str) -> None:
    sheet.text = "\n".join([*lines, "", sheet.pick(*TITLES), "", body(sheet)])


@layout
def cover_sheet(s: Sheet) -> None:
    """A cover sheet with the labels one under the other."""
    _top(s, s.pick("Försättsblad", "COVER SHEET"), f"{s.pick('Studentens namn', 'Name of student', 'Elev')}: {s.written}",
         f"{s.pick('Handledare', 'Supervisor')}: {s.teacher}", f"Opponent: {full(s.friend)}")  # fmt: skip


@layout
def name_slash_class(s: Sheet) -> None:
    """`Name / class` in the page footer."""
    s.text, s.headers = body(s), (f"{s.written} {s.pick('/', '|', '–')} {s.school_class}",)


@layout
def footer_with_page(s: Sheet) -> None:
    """The name and a page number."""
    s.text, s.headers = body(s), ("Svenska 2", f"{s.written}\t{s.pick('1', 'Sida 1 av 3', 'Page 2')}")


@layout
def apa_title_page(s: Sheet) -> None:
    """Title, writer, school, course, teacher, date."""
    _top(s, "The Meaning of Lanterns", "", s.written, "Department of English, Strandskolan", "English 6", s.teacher,
         "October 4, 2026")  # fmt: skip


@layout
def mla_heading(s: Sheet) -> None:
    """Writer, teacher, course, date; surname and page in the header."""
    _top(s, s.written, s.teacher, "English 5", "4 October 2026")
    s.headers = (f"{(s.student.family_name or s.student.given_name)} 1",)


@layout
def exam_system(s: Sheet) -> None:
    """An examination system's heading."""
    _top(s, f"Prov: Nationellt prov {s.school_class}", f"{s.pick('Kandidat', 'Candidate', 'Provdeltagare', 'Deltagare')}: {s.written}",
         "Startad: 08:31  Inlämnad: 11:02", f"Provledare: {s.teacher}", "Antal tecken: 4312")  # fmt: skip


@layout
def name_and_date(s: Sheet) -> None:
    """Name and date in one line."""
    _top(s, f"{s.written} {s.pick('2026-10-02', '2/10 2026', '12 oktober 2026', '(2026)')}", f"Lärare: {s.teacher}")


@layout
def name_class_comma(s: Sheet) -> None:
    """Name, class, course in one line."""
    _top(s, f"{s.written}, {s.school_class}, {s.pick('Svenska 1', 'Engelska 6')}", f"Till: {s.teacher}")


@layout
def id_table(s: Sheet) -> None:
    """A table of label and value."""
    s.cells = ("Namn", s.written, "Klass", s.school_class, "Lärare", s.teacher, "Kamratrespons", full(s.friend))
    if s.rng.random() < 0.5:
        s.cells = ("Namn", "Klass", "Lärare", s.written, s.school_class, s.teacher)


@layout
def two_labels(s: Sheet) -> None:
    """First name and surname on labels of their own."""
    st = s.student
    labels = s.rng.choice((("Förnamn", "Efternamn"), ("First name", "Last name")))
    _top(s, f"{labels[0]}: {st.given_name}", f"{labels[1]}: {st.family_name}", f"Mentor: {s.teacher}")


@layout
def letter(s: Sheet) -> None:
    """A letter to somebody in the class, with the writer's heading above it."""
    _top(s, f"{s.written} {s.school_class}", "", f"Dear {s.friend.given_name},", "I write to you about the harbour.")
    s.text += f"\n\nYours sincerely,\n{s.pick(*FICTION)}"


@layout
def by_line(s: Sheet) -> None:
    """A title and a by-line."""
    _top(s, s.pick(*TITLES), f"{s.pick('av', 'Av:', 'by', 'skriven av')} {s.written}")


@layout
def review_of_a_book(s: Sheet) -> None:
    """A review whose first lines name the book's author too."""
    _top(s, s.written, "Recension av Gösta Berlings saga", f"av {s.pick(*AUTHORS)}")


@layout
def mail_quoted(s: Sheet) -> None:
    """A message to the teacher with the text in it."""
    _top(s, f"{s.pick('Från', 'From')}: {s.written} <{s.student.email}>", f"{s.pick('Till', 'To')}: {s.teacher} <larare@skolan.example>",
         f"{s.pick('Kopia', 'Cc')}: {s.friend.email}", f"{s.pick('Ämne', 'Subject')}: {s.pick(*TASKS)}")  # fmt: skip


@layout
def chat_export(s: Sheet) -> None:
    """Messages exported from a chat: whoever hands in begins."""
    _top(s, f"{s.written} 2026-10-02 10:14", "Här är min text:")


@layout
def last_line(s: Sheet) -> None:
    """The name after the text."""
    s.text = f"{s.pick(*TITLES)}\n\n{body(s)}\n\n{s.pick('', '/', '– ')}{s.written}{s.pick('', ', ' + s.school_class)}"


@layout
def address_only(s: Sheet) -> None:
    """Only the address."""
    _top(
        s,
        s.pick(s.student.email, f"E-post: {s.student.email}", f"Konto: {s.student.email.upper()}"),
        f"Lärare: {s.teacher}",
    )


@layout
def account_in_name(s: Sheet) -> None:
    """The account in Blackboard's file name."""
    account = s.student.email.partition("@")[0]
    s.name, s.text = f"Inlämning 2_{account}_attempt_2026-10-02-10-14-55_{s.pick('essay', 'text')}.docx", body(s)


@layout
def itslearning(s: Sheet) -> None:
    """`Family_Given (account)/file`."""
    st = s.student
    s.path = f"{st.family_name or st.given_name}_{st.given_name} ({st.email.partition('@')[0]})"
    s.text = body(s)


@layout
def sakai(s: Sheet) -> None:
    """`Family, Given(account)/Submission attachment(s)`."""
    st = s.student
    s.path, s.text = (
        f"Essay 2/{st.family_name}, {st.given_name}({st.email.partition('@')[0]})/Submission attachment(s)",
        body(s),
    )


@layout
def teams(s: Sheet) -> None:
    """A synced Teams folder."""
    s.path, s.text = f"Student Work/Submitted files/{full(s.student)}/Uppsats/Version 2", body(s)


@layout
def brightspace(s: Sheet) -> None:
    """`digits-digits - Name - date`."""
    s.path, s.text = f"10432-99120 - {full(s.student)} - Oct 2, 2026 933 PM", body(s)


@layout
def canvas(s: Sheet) -> None:
    """Canvas: the whole name as one word, family name first."""
    joined = "".join(c for c in f"{s.student.family_name}{s.student.given_name}".lower() if c.isalpha())
    number = dict(s.student.external_ids).get("canvas") or s.rng.randint(100000, 999999)
    s.name, s.text = (
        f"{joined}_{s.pick('LATE_', '')}{number}_{s.rng.randint(10**6, 10**7)}_{s.pick(*TASKS)}.docx",
        body(s),
    )


@layout
def own_file_name(s: Sheet) -> None:
    """What the pupil calls the file."""
    task = s.pick(*TASKS)
    joined = s.written.replace(",", "").replace(" ", s.pick("_", "-", " ", "."))
    s.name = s.pick(f"{task} {s.written}.docx", f"{joined}_{s.school_class}.pdf", f"{s.school_class} - {joined} - {task}.docx",
                    f"{joined} {task} v2.odt", f"{task}_{joined}.docx")  # fmt: skip
    s.text = body(s)


@layout
def broken_file_name(s: Sheet) -> None:
    """The name as an old archive program leaves it."""
    raw = full(s.student).encode()
    try:
        broken = raw.decode(s.pick("cp437", "cp850"))
    except UnicodeDecodeError:
        broken = full(s.student)
    s.name, s.text = f"{broken} {s.pick(*TASKS)}.docx", body(s)


@layout
def properties_only(s: Sheet) -> None:
    """Only the document's properties."""
    s.text, s.properties = body(s), (("author", full(s.student)),)


STATING = ("cover_sheet", "name_slash_class", "exam_system", "name_and_date", "name_class_comma", "id_table", "by_line",
           "mla_heading", "apa_title_page", "last_line", "review_of_a_book")  # fmt: skip


def _anonymous(s: Sheet) -> None:
    """Nothing that tells, but plenty that may mislead."""
    friend = full(s.friend)
    traps = (
        (s.pick(*TITLES), f"Lärare: {s.teacher}"),
        (f"{s.pick('Intervju med', 'Ett brev till', 'An Interview With', 'Min kompis')} {friend}",),
        (f"{s.friend.given_name}s hemlighet",),
        ("Recension", f"Huvudperson: {s.friend.given_name}", f"Författare: {s.pick(*AUTHORS)}"),
        (f"Till {friend}", "Jag skriver till dig eftersom du är min vän."),
        (f"Kamratrespons: {friend}", s.pick(*TITLES)),
        (f"Opponent: {friend}",),
        (f"Kod: {s.rng.randint(1000, 9999)}-{s.rng.randint(10, 99)}", f"Klass: {s.school_class}"),
        (f"{s.friend.given_name} and the {s.pick('Lantern', 'Sea')}",),
    )
    ends = (
        "", f"\nTack till {friend} för hjälpen.", f"\nMed vänlig hälsning\n{friend}", f"\nKällor\nIntervju med {friend}",
        f"\nLove,\n{s.friend.given_name}", f"\nReferences\n{s.friend.family_name or 'Holm'}, {s.friend.given_name[0]}. (2019). Bron.",
    )  # fmt: skip
    s.text = "\n".join([*s.rng.choice(traps), "", body(s)]) + s.pick(*ends)


def _partial(s: Sheet) -> None:
    """A given name that only one student has."""
    given = s.student.given_name
    _top(s, s.pick(f"Namn: {given}", given, f"{given} {s.school_class}"))


def finish(s: Sheet, key: str, family: str, writer: str | None) -> Made:
    """The file that a sheet has become."""
    text, tables = s.text, []
    if s.cells:
        text, position = "", 0
        for cell in s.cells:
            tables.append((position, position + len(cell)))
            text, position = f"{text}{cell}\n", position + len(cell) + 1
        text += f"\n{s.pick(*TITLES)}\n\n{body(s)}"
    document = Document("docx", text, s.headers, s.properties, tuple(tables))
    return Made(key, family, writer, s.name or s.pick(*PLAIN), s.path, document)


def files(rng: random.Random, roster: list[RosterStudent]) -> Iterator[Made]:
    """The files of one class."""

    def sheet(student: RosterStudent, how: str | None = None) -> Sheet:
        friend = rng.choice([s for s in roster if s.key != student.key and s.family_name])
        name = how or written(rng, student, roster)
        return Sheet(rng, student, name, friend, rng.choice(TEACHERS), rng.choice(CLASSES))

    writers = iter(rng.choices(roster, k=200))
    for name, make in LAYOUTS.items():
        for repeat in range(2):
            made = sheet(next(writers))
            make(made)
            yield finish(made, f"{name}-{repeat}", name, made.student.key)
    for index in range(6):
        made = sheet(stranger(rng, roster))
        name = rng.choice([n for n in LAYOUTS if n not in ("address_only", "account_in_name")])
        LAYOUTS[name](made)
        yield finish(made, f"stranger-{index}", f"stranger:{name}", None)
    for index in range(6):
        made = sheet(next(writers))
        _anonymous(made)
        yield finish(made, f"anonymous-{index}", "anonymous", None)
    yield from _mixed(rng, roster, sheet)


def _mixed(rng: random.Random, roster: list[RosterStudent], sheet: Callable[..., Sheet]) -> Iterator[Made]:
    """Conflicts, pairs, versions, parts of names and nicknames."""
    for index in range(3):
        made = sheet(rng.choice(roster), None)
        LAYOUTS[rng.choice(STATING)](made)
        friend = full(made.friend)
        if index == 0:
            made.properties = (("author", friend),)
        else:
            made.name = f"{friend} {rng.choice(TASKS)}.docx"
        yield finish(made, f"conflict-{index}", "conflict", made.student.key)
    made = sheet(stranger(rng, roster))
    LAYOUTS[rng.choice(("cover_sheet", "name_and_date", "exam_system", "id_table"))](made)
    made.name = f"{full(made.friend)}.docx"
    yield finish(made, "stranger-uploaded", "stranger:uploaded", None)
    made = sheet(rng.choice(roster))
    made.written = f"{full(made.student)} {made.pick('och', '&', 'and', ',')} {full(made.friend)}"
    LAYOUTS[made.pick("cover_sheet", "name_and_date", "own_file_name", "by_line", "name_slash_class")](made)
    yield finish(made, "pair", "two_writers", None)
    single = [
        s
        for s in roster
        if s.family_name and sum(o.given_name.split()[0] == s.given_name.split()[0] for o in roster) == 1
    ]
    made = sheet(rng.choice(single))
    _partial(made)
    yield finish(made, "partial", "partial", made.student.key)
    unique = [s for s in single if sum(o.family_name == s.family_name for o in roster) == 1]
    who = rng.choice(unique)
    made = sheet(who, f"{ascii_only(who.given_name)[:3].title()} {who.family_name}")
    LAYOUTS[rng.choice(STATING)](made)
    yield finish(made, "nickname", "nickname", who.key)
    first = sheet(rng.choice(roster))
    for index in range(2):
        made = replace(first, rng=rng, name="", headers=(), cells=(), text="")
        LAYOUTS[made.pick("cover_sheet", "name_and_date")](made)
        yield finish(made, f"version-{index}", "two_versions", made.student.key)


__all__ = ["files", "finish"]
