"""Invented classes and essay files with known writers: what matching is measured on beside a labelled corpus.

Names, texts and layouts are made here from a seed; a file is a `Document`, so nothing is read from disk. Layouts name
the writer in one place; around it stand traps (fiction, classmates, teachers, sources). Strangers share names with the
class. `FAMILIES` says what kinds there are.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from batches.matching import EssayClues, RosterStudent
from batches.tests.heldout_names import FAMILY, GIVEN, NICKNAMES, SINGLE
from files.authorship import find_evidence
from files.evidence import Document

PROSE = (
    "Regnet hade fallit hela natten och bron var stängd. Ingen i byn visste när färjan skulle komma.",
    "The harbour was empty when we came down, and somebody had left a lantern on the wall.",
    "Många menar att skolan borde börja senare på morgonen. Det finns skäl för och emot.",
    "In the experiment we measured how long the ball took to fall. The result surprised us.",
    "Författaren låter huvudpersonen tiga om det viktigaste, och därför läser man vidare.",
    "My grandmother used to say that a garden forgives everything but haste.",
)
TITLES = ("Bron", "The Lantern", "Senare skolstart", "Falling Balls", "En analys", "Hembygd", "Letters Home", "Skuggor")
TASKS = ("uppsats", "essay", "inlämning", "text 3", "argumentation", "Analys slutversion", "novell", "book report")
CLASSES = ("SA25B", "EK24C", "NA23A", "9C", "TE24D")
FICTION = ("Viktor Frankenstein", "Jane Eyre", "Holden", "Doktor Glas", "Karl-Bertil", "Miss Havisham")
AUTHORS = ("Selma Lagerlöf", "Hjalmar Söderberg", "Jane Austen", "Mary Shelley", "Karin Boye")


@dataclass(frozen=True, slots=True)
class Made:
    """An essay file and who wrote it; `writer` None: nobody in the class, or nobody can tell."""

    key: str
    family: str
    writer: str | None
    name: str
    path: str
    document: Document

    def clues(self) -> EssayClues:
        """The file as matching gets it."""
        found = find_evidence(name=self.name, path=self.path, document=self.document)
        return EssayClues(self.key, tuple(found), has_text=bool(self.document.text))


@dataclass(slots=True)
class Sheet:
    """What a layout works with, and what it makes."""

    rng: random.Random
    student: RosterStudent
    """Who writes: of the class, or a stranger."""
    written: str
    """How the writer's name is written."""
    friend: RosterStudent
    teacher: str
    school_class: str
    name: str = ""
    path: str = ""
    text: str = ""
    headers: tuple[str, ...] = ()
    properties: tuple[tuple[str, str], ...] = ()
    cells: tuple[str, ...] = field(default=())

    def pick(self, *options: str) -> str:
        """One of them."""
        return self.rng.choice(options)


def full(student: RosterStudent) -> str:
    """Given and family name."""
    return f"{student.given_name} {student.family_name}".strip()


def ascii_only(text: str) -> str:
    """Without marks, as an account is made of a name."""
    plain = text.translate(str.maketrans("øłđĐŁı", "oldDLi"))
    return "".join(c for c in unicodedata.normalize("NFKD", plain) if ord(c) < 128)


def make_class(rng: random.Random, size: int = 28) -> list[RosterStudent]:
    """A class with a pair of siblings, a shared given name, a single name, long names and an alias."""
    style = rng.choice(("dotted", "code", "initials"))
    names = [
        (given, family) for given, family in zip(rng.sample(GIVEN, size), rng.choices(FAMILY, k=size), strict=True)
    ]
    names[1] = (names[1][0], names[0][1])
    names[3] = (names[2][0], names[3][1] if names[3][1] != names[2][1] else FAMILY[0])
    names[4] = (rng.choice(SINGLE), "")
    names[5] = (f"{names[5][0]} {names[6][0].split()[0]}", f"{names[5][1]} {rng.choice(FAMILY)} {rng.choice(FAMILY)}")
    students = []
    for index, (given, family) in enumerate(dict.fromkeys(names)):
        preferred = NICKNAMES.get(given, "") if rng.random() < 0.6 else ""
        local = make_email(rng, style, given, family)
        ids = (("canvas", str(rng.randint(100000, 999999))),) if index % 3 == 0 else ()
        students.append(RosterStudent(f"s{index:02}", given, family, preferred, f"{local}@elev.skolan.example", ids))
    return students


def make_email(rng: random.Random, style: str, given: str, family: str) -> str:
    """The part before the @ of a school's address, in one of the ways schools make it."""
    one, other = (ascii_only(part).lower().replace(" ", "").replace("'", "") for part in (given, family or given))
    if style == "dotted":
        return f"{one}.{other}{rng.randint(2, 99)}" if rng.random() < 0.1 else f"{one}.{other}"
    if style == "initials":
        return f"{one[:3]}{other[:3]}{rng.randint(10, 99)}"
    if style == "login":
        return f"{one[:2]}{other[:2]}{rng.randint(1, 12):02}{rng.randint(1, 28):02}"
    return "".join(rng.choices("bcdfghjklmnpqrstvwxz", k=5)) + str(rng.randint(10, 99))


def stranger(rng: random.Random, roster: list[RosterStudent]) -> RosterStudent:
    """Somebody outside the class who shares a given or a family name with somebody in it."""
    taken = {(s.given_name, s.family_name) for s in roster}
    while True:
        near = rng.choice([s for s in roster if s.family_name])
        other = rng.choice(GIVEN), rng.choice(FAMILY)
        given, family = rng.choice(((near.given_name, other[1]), (other[0], near.family_name), other))
        if (given, family) not in taken and not any(_confusable(given, family, s) for s in roster):
            return RosterStudent("stranger", given, family, email=f"{ascii_only(given).lower()}.x@post.example")


def _confusable(given: str, family: str, student: RosterStudent) -> bool:
    """Nobody could tell the two apart by what they write: a part of a longer name."""
    mine = set(f"{given} {family}".replace("-", " ").split())
    return mine <= set(full(student).replace("-", " ").split()) or (
        student.given_name == given and (family in student.family_name or student.family_name in family)
    )


def written(rng: random.Random, student: RosterStudent, roster: list[RosterStudent]) -> str:
    """One of the ways this student may write the name so that it fits nobody else in the class."""
    given, family = student.given_name, student.family_name
    if not family:
        return rng.choice((given, given.upper()))
    name = f"{given} {family}"
    forms = [name, name, name, f"{family}, {given}", f"{family} {given}", name.upper(), ascii_only(name), name.lower()]
    forms.append(name.replace("-", " "))
    if student.preferred_name:
        forms += [f"{student.preferred_name} {family}"] * 2
    others = [s for s in roster if s.key != student.key]
    if len(family.split()) > 1 and not any(s.given_name == given for s in others):
        forms.append(f"{given} {family.split()[-1]}")
    slips = [index for index in range(1, len(family) - 1) if family[index : index + 2].islower()]
    slips = [index for index in slips if " " not in family[index : index + 2]]
    if len(family) > 7 and slips:
        slip = rng.choice(slips)
        forms.append(f"{given} {family[:slip]}{family[slip + 1]}{family[slip]}{family[slip + 2 :]}")
    if not any(s.family_name == family and s.given_name[0] == given[0] for s in others):
        forms.append(f"{given[0]}. {family}")
    if not any(s.given_name.split()[0] == given.split()[0] for s in others):
        forms += [f"{given} {family[0]}", f"{given.split()[0]} {family}"]
    return rng.choice(forms)


LAYOUTS: dict[str, Callable[[Sheet], None]] = {}
FAMILIES = ("named", "stranger", "anonymous", "conflict", "two_writers", "two_versions", "partial", "nickname")


def body(sheet: Sheet) -> str:
    """Running text, now and then with a trap in it."""
    parts = sheet.rng.sample(PROSE, 4)
    friend = full(sheet.friend)
    traps = (
        f"Jag gick hem med {friend} efter skolan, och vi pratade om boken.",
        f"”Vänta!” ropade {sheet.friend.given_name}. Ingen svarade.",
        f"Enligt {sheet.pick(*AUTHORS)} är minnet en plats.",
        f"Hej {sheet.friend.given_name}!\nTack för ditt brev.\nHälsningar\n{sheet.pick(*FICTION)}",
        f"Skriv till {sheet.friend.email} om du vill vara med.",
        f"Intervju med {friend}\nFråga: Vad tycker du? Svar: Det är bra.",
    )
    if sheet.rng.random() < 0.5:
        parts.insert(sheet.rng.randint(1, 3), sheet.pick(*traps))
    return "\n\n".join(parts * 2)


def make_batch(seed: int) -> tuple[list[RosterStudent], list[Made]]:
    """A class and about sixty files of it, the same for the same seed."""
    from batches.tests import heldout_layouts

    rng = random.Random(seed)
    roster = make_class(rng)
    return roster, list(heldout_layouts.files(rng, roster))


def make_corpus(seeds: range = range(1, 21)) -> Iterator[tuple[int, list[RosterStudent], list[Made]]]:
    """A class and its files for each seed."""
    for seed in seeds:
        yield seed, *make_batch(seed)
