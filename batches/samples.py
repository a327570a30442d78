"""Thirty essays of an invented class, named the way learning platforms name them, and the class's list.

For the demo school, `manage.py sample_essays` and the browser tests. Pure and the same every time; every name is made
up and every address is under `.example`.
"""

from __future__ import annotations

import csv
import io
import random
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from batches.sample_sentences import PARTS, TASKS
from files.samples import make


@dataclass(frozen=True, slots=True)
class SampleStudent:
    """A student of the invented class."""

    given_name: str
    family_name: str
    preferred_name: str = ""

    @property
    def name(self) -> str:
        """As it is written in an essay."""
        return f"{self.given_name} {self.family_name}".strip()

    @property
    def email(self) -> str:
        """`nils.ahlqvist@elev.demo.example`."""
        local = ".".join(filter(None, (_plain(self.given_name), _plain(self.family_name))))
        return f"{local}@elev.demo.example"


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file as a teacher gets it: its folders, its name, its bytes."""

    path: str
    name: str
    content: bytes

    @property
    def full_path(self) -> str:
        """Folders and name."""
        return f"{self.path}/{self.name}" if self.path else self.name


CLASS = tuple(
    SampleStudent(*names)
    for names in (
        ("Nils", "Ahlqvist"), ("Emil", "Andersson"), ("Emil", "Andersson Berg"), ("Oskar", "Berg"),
        ("Alva", "Bergström"), ("Nora", "Dahlgren"), ("Bo", "Ek"), ("Adam", "Eklund"), ("Wilma", "Forsberg"),
        ("Hugo", "Hallström"), ("Amina", "Hassan"), ("Hedda", "Hellström"), ("Jasmin", "Karimi"), ("Kacper", "Nowak"),
        ("Elsa", "Lindqvist"), ("Johanna", "Lundell", "Jojo"), ("Samira", "Noori"), ("Leo", "Nyström"),
        ("Sofia", "Papadopoulos"), ("Zahra", "Rahimi"), ("Tuva", "Sjögren"), ("Axel", "Strömbäck"),
        ("Ida", "Svartholm"), ("Viggo", "Tornberg"), ("Mohamed", "Abdi Warsame", "Mo"), ("Märta", "Wikström"),
        ("Ali", "Al-Hamdani"), ("Minh Anh", "Nguyễn"), ("Saga", ""), ("Anna-Karin", "Åkerström Lind"),
        ("Linnea", "Öberg"), ("Yusuf", "Demir"),
    )
)  # fmt: skip
"""Thirty-two students. Bo Ek and Samira Noori hand nothing in; two have nearly the same name."""

SPECIAL = ("Emil Andersson Berg", "Yusuf Demir", "Linnea Öberg")
"""Whose texts are hard to match: unsure, conflicting, without a name."""

SECOND_CLASS = tuple(
    SampleStudent(*names)
    for names in (
        ("Ebba", "Lövgren"), ("Tim", "Sandell"), ("Rania", "Haddad"), ("Isak", "Blomdahl"), ("Moa", "Ryd"),
        ("Felix", "Östberg"), ("Selin", "Yildiz"), ("Arvid", "Kjellman"), ("Lova", "Norling"), ("Omar", "Saleh"),
        ("Vera", "Hedman"), ("Jonatan", "Ask"),
    )
)  # fmt: skip

FORMATS = ("docx", "pdf", "docx", "odt", "docx", "rtf", "docx", "txt")
"""Mostly Word, as in schools."""
Namer = Callable[[SampleStudent, int, str, str], tuple[str, str]]


def class_list(students: Sequence[SampleStudent] = CLASS) -> str:
    """The class list as a school's system exports it: CSV with semicolons."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n")
    writer.writerow(["Förnamn", "Efternamn", "Tilltalsnamn", "E-post"])
    writer.writerows([s.given_name, s.family_name, s.preferred_name, s.email] for s in students)
    return out.getvalue()


def sample_essays() -> Iterator[SampleFile]:
    """Thirty essays of `CLASS` on one task, five formats: certain, unsure, conflicting and without a name."""
    special = dict(zip(SPECIAL, (_unsure, _conflict, _nameless), strict=True))
    for number, student in enumerate(_writers()):
        maker = special.get(student.name)
        yield maker(student, number) if maker else _named(student, number, task="library")


def canvas_zip() -> SampleFile:
    """The same essays as Canvas hands them out: one zip, flat, twenty-eight of thirty named with a Canvas number."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (student, file) in enumerate(zip(_writers(), sample_essays(), strict=True)):
            kind = file.name.rpartition(".")[2]
            stray = student.name in (SPECIAL[0], SPECIAL[2])
            name = file.name if stray else _canvas(student, number, "library", kind)[1]
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), file.content, zipfile.ZIP_DEFLATED)
    return SampleFile("", "sa24d_the_library_submissions.zip", made.getvalue())


def _writers() -> list[SampleStudent]:
    """Those who handed in, the special ones last."""
    here = [student for student in CLASS if student.name not in ("Bo Ek", "Samira Noori")]
    return sorted(here, key=lambda student: SPECIAL.index(student.name) if student.name in SPECIAL else -1)


def second_batch() -> Iterator[SampleFile]:
    """Ten essays of `SECOND_CLASS` on another task, all with a clear name."""
    for number, student in enumerate(SECOND_CLASS[:10]):
        yield _named(student, number, task="phones")


def damaged_file() -> SampleFile:
    """A Word file whose second half was lost on the way."""
    whole = _essay(CLASS[16], 40, task="library", kind="docx")
    return SampleFile("", "Noori Samira library.docx", whole[: len(whole) // 2])


def _named(student: SampleStudent, number: int, *, task: str) -> SampleFile:
    """The name stands in the file name, in a folder, or only inside, in turns."""
    kind = FORMATS[number % len(FORMATS)]
    namers: tuple[Namer, ...] = (_canvas, _moodle, _drive, _inside, _canvas, _teams)
    namer = namers[number % len(namers)]
    path, name = namer(student, number, task, kind)
    header = f"{student.name} SA24D" if namer is _inside else ""
    return SampleFile(path, name, _essay(student, number, task=task, kind=kind, header=header))


def _canvas(student: SampleStudent, number: int, task: str, kind: str) -> tuple[str, str]:
    who = f"{student.family_name}{student.given_name}".replace(" ", "").replace("-", "").casefold()
    return "", f"{who}_{4301 + number}_{99120 + number}_{task}.{kind}"


def _moodle(student: SampleStudent, number: int, _task: str, kind: str) -> tuple[str, str]:
    return f"{student.name}_{7112400 + number}_assignsubmission_file", f"essay.{kind}"


def _drive(student: SampleStudent, number: int, _task: str, kind: str) -> tuple[str, str]:
    return "", f"{student.name} - Argumentative text.{kind}"


def _inside(_student: SampleStudent, number: int, _task: str, kind: str) -> tuple[str, str]:
    return "", f"Document ({number}).{kind}"


def _teams(student: SampleStudent, _number: int, _task: str, kind: str) -> tuple[str, str]:
    return f"{student.name}/Version 1", f"Argumentative text.{kind}"


def _unsure(student: SampleStudent, number: int) -> SampleFile:
    """Only a first name that two students have."""
    return SampleFile("", "Emil A SA24D.docx", _essay(student, number, task="library", kind="docx"))


def _conflict(student: SampleStudent, number: int) -> SampleFile:
    """One student's file name, another's name at the top."""
    content = _essay(student, number, task="library", kind="docx", header=student.name)
    return SampleFile("", "Axel Strömbäck.docx", content)


def _nameless(student: SampleStudent, number: int) -> SampleFile:
    return SampleFile("", "text (final).txt", _essay(student, number, task="library", kind="txt"))


def _essay(student: SampleStudent, number: int, *, task: str, kind: str, header: str = "") -> bytes:
    author = student.name if number % 5 == 0 and not header else ""
    title, paragraphs = essay_text(f"{task} {student.name} {number}", task=task)
    return make(kind, title=title, paragraphs=paragraphs, header=header, author=author)


def essay_text(seed: str, *, task: str) -> tuple[str, list[str]]:
    """A title and six paragraphs of argument, several hundred words, the same for the same `seed`."""
    choose = random.Random(seed)  # noqa: S311  (variety, not secrecy)
    words = TASKS[task]
    paragraphs = []
    for part in PARTS:
        sentences = [choose.choice(options) for options in part]
        paragraphs.append(" ".join(sentences).format_map(words))
    return choose.choice(words["titles"].split("|")), paragraphs


_PLAIN = str.maketrans("åäöéễ", "aaoee")


def _plain(name: str) -> str:
    """Lower-case ASCII without spaces, as school addresses are made."""
    return name.casefold().translate(_PLAIN).replace(" ", "").replace("-", "")
