"""Searching an essay's evidence for the students of a roster. Pure."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from batches.matching.fit import Hit, fit
from batches.matching.names import PARTICLES, SHORT, Token, Vocabulary, fold, make_name, repair, tokens, words
from batches.matching.spoken_of import by_line, signs_with_one, speaks_of, stands_as
from batches.matching.weights import OTHER_NAME, OTHER_SIGNED
from files.evidence import Evidence

if TYPE_CHECKING:
    from batches.matching import RosterStudent

_NUMBER = re.compile(r"(?<!\d)(?!(?:19|20)\d\d(?:\d{4})?(?!\d))\d{4,}")
"""A number that may be somebody's in another system: not a year or a date."""
_ACCOUNT = re.compile(r"[\w.\-]+")
_NUMBERED = frozenset({"file_name", "folder", "sidecar"})
_WITH_ACCOUNT = _NUMBERED | {"label", "table", "page_header", "property"}
_SIGNED = frozenset({"first_line", "sign_off", "page_header"})
_STATED = frozenset({"label", "folder", "sidecar", "email"})
"""Places whose form says that the name is the writer's."""
_DATED = re.compile(r"^[^\W\d_][^\d:!?]{3,50}[ ,(]+(?:(?:19|20)\d\d\b|\d{1,2}[ /.]+\w+[ /.]+(?:20)?\d\d)")
"""A line of a few words and a date, as examination systems head a text."""
_CLASS = re.compile(r"^\W*[^\W\d_]{0,4}\d{1,2}[^\W\d_]{0,3}\W*$")
_CODE = r"[^\W\d_]{0,4}\d{1,2}[A-ZÅÄÖ]{1,3}"
_WITH_CLASS = re.compile(rf"^[^\W\d][^\d]*\W{_CODE}\W*$|^\W*{_CODE}\s[^\d]+$")
"""`Signe Ek, NA24B`, `NA24B Signe Ek`."""
_WITH_PAGE = re.compile(
    r"^\s*\S+ \S+\s*[–|\t-]\s*(?:sida|page)\b|^\s*(?:sida|page) \d+\s*[–|\t-]\s*\S+(?: \S+)+$", re.IGNORECASE
)
"""`Signe Ek – Sida 2`, `Page 1 | Signe Ek`."""
_NAME_ENDS = re.compile(r"\w*[\d(|\t<;]")
_PART_ENDS = re.compile(r"\w*[\d(|\t<;,/–]")
_PIECE_ENDS = re.compile(r"\w*\d\w*|[(|\t<;/–]")


_BY_FAMILY_NAME = frozenset({"family_name", "other_given", "nickname"})
_SHARED_NAME = {"family_name": "other_given", "given_name": "other_family"}
_PARTIAL = _BY_FAMILY_NAME | {"given_name"}
"""Levels that leave open who is meant: where the same words (or, for a family name, the same place) name a student in
full, they are that student's."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A place that names a student at a level. `shared`: it fits others as well as it fits this one."""

    student: str
    place: str
    level: str
    exactness: float
    evidence_id: str
    shared: bool = False


class RosterIndex:
    """The roster prepared for searching."""

    def __init__(self, everyone: Sequence[RosterStudent]) -> None:
        students = [student for student in everyone if not student.left]
        left = [_words_of(student) for student in everyone if student.left]
        self._longer = {s.key: [name for name in left if _words_of(s) < name] for s in students} if left else {}
        self.students = {student.key: student for student in students}
        self.names = {s.key: make_name(s.given_name, s.family_name, s.preferred_name) for s in students}
        self.vocabulary = Vocabulary(self.names)
        self.particles = {s.key: _particles(f"{s.given_name} {s.family_name}") for s in students}
        self._by_email: dict[str, list[str]] = defaultdict(list)
        self._by_local: dict[str, list[str]] = defaultdict(list)
        self._by_number: dict[str, list[str]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        self._aliases: dict[str, list[str]] = defaultdict(list)
        for student in students:
            if student.email:
                self._by_email[student.email.casefold()].append(student.key)
                self._by_local[student.email.casefold().partition("@")[0]].append(student.key)
            for _system, number in student.external_ids:
                self._by_number[number].append(student.key)
            for alias in filter(None, map(_comparable, student.aliases)):
                self._aliases[alias].append(student.key)
            self._by_name[self.names[student.key].key].append(student.key)
        spellings = sorted(map(re.escape, self._aliases), key=len, reverse=True)
        self._alias = re.compile(rf"(?<![^\W_])(?:{'|'.join(spellings)})(?![^\W_])") if spellings else None

    def namesakes(self, key: str) -> list[str]:
        """Others with the same full name."""
        return [other for other in self._by_name[self.names[key].key] if other != key]

    def is_who_left(self, key: str, text: str) -> bool:
        """Whether `text` has the longer name of one who left: Emil Andersson Berg is not the class's Emil Berg."""
        longer = self._longer.get(key, [])
        return bool(longer) and any(name <= set(map(fold, words(text))) for name in longer)

    def with_email(self, address: str) -> str | None:
        """The one student with this address."""
        return _only(self._by_email.get(address.casefold(), []))

    def with_number(self, number: str) -> str | None:
        """The one student with this number in another system."""
        return _only(self._by_number.get(number, []))

    def with_local(self, local: str) -> str | None:
        """The one student whose address begins so. A local part that is no more than somebody's name says nothing."""
        if len(local) <= SHORT + 1 or self.vocabulary.knows(local):
            return None
        return _only(self._by_local.get(local.casefold(), []))

    def aliases_in(self, text: str) -> Iterator[tuple[str, int, int, bool]]:
        """Student, start and end of each taught spelling in `text`, and whether others have the same."""
        lowered = text.lower()
        for match in self._alias.finditer(lowered) if self._alias and len(lowered) == len(text) else ():
            owners = self._aliases[match[0]]
            for owner in owners:
                yield owner, match.start(), match.end(), len(owners) > 1


def _words_of(student: RosterStudent) -> frozenset[str]:
    return frozenset(map(fold, words(f"{student.given_name} {student.family_name}")))


def _only(found: Sequence[str]) -> str | None:
    return found[0] if len(found) == 1 else None


def _particles(name: str) -> frozenset[str]:
    return frozenset(token.text.casefold() for token in tokens(name)) & PARTICLES


def _comparable(spelling: str) -> str:
    return " ".join(unicodedata.normalize("NFC", spelling).lower().split())


@dataclass(slots=True)
class Search:
    """What was found in an essay's evidence, and the evidence with the exact spans added that findings point at."""

    evidence: list[Evidence]
    findings: list[Finding] = field(default_factory=list)
    strangers: dict[str, float] = field(default_factory=dict)
    """Evidence that states a name which fits nobody in the class, with the odds that it is the writer's."""
    _known: dict[tuple[str, int, int], str] = field(default_factory=dict)

    def span(self, source: Evidence, start: int, end: int) -> str:
        """The id of a part of `source`; a new one (`m1` …) where no evidence is that part."""
        place = (source.field, source.start + start, source.start + end)
        if place not in self._known:
            self._known[place] = f"m{len(self._known) + 1}"
            text = source.text[start:end]
            self.evidence.append(Evidence(self._known[place], source.place, source.field, place[1], place[2], text))
        return self._known[place]

    def add(self, student: str, item: Evidence, level: str, span: tuple[int, int], **more: float | bool | str) -> None:
        """Note that `span` of `item` names the student."""
        place = str(more.get("place", item.place))
        exactness, shared = float(more.get("exactness", 1.0)), bool(more.get("shared", False))
        self.findings.append(Finding(student, place, level, exactness, self.span(item, *span), shared))


def find_all(evidence: Sequence[Evidence], roster: RosterIndex) -> Search:
    """Everything in the evidence that names a student, and what names somebody else."""
    search = Search(list(evidence), _known={(e.field, e.start, e.end): e.id for e in reversed(evidence)})
    slots, headed = _slots(evidence), _headed(evidence)
    for item in evidence:
        if "@" in item.text and item.place in ("email", "body"):
            student = roster.with_email(item.text)
            if student:
                search.add(student, item, "email_equal", (0, len(item.text)))
            continue
        before = len(search.findings)
        _exact(item, roster, search)
        _names(item, roster, search)
        odds = _other_name(item, search.findings[before:], roster, slot=item.id in slots, headed=item.id in headed)
        if odds:
            search.strangers[item.id] = odds
            search.findings[before:] = map(_somebody_elses, search.findings[before:])
        _drop_who_left(item, roster, search, before)
    search.findings = _without_contradicted(search.findings)
    return search


def _drop_who_left(item: Evidence, roster: RosterIndex, search: Search, before: int) -> None:
    """What names somebody who has left the class names no class-mate whose name is a part of theirs."""
    found = search.findings[before:]
    kept = [finding for finding in found if not roster.is_who_left(finding.student, item.text)]
    if len(kept) < len(found):
        search.findings[before:] = kept
        search.strangers[item.id] = OTHER_NAME


def _somebody_elses(finding: Finding) -> Finding:
    """A name that the student shares with whoever is named there."""
    return replace(finding, level=_SHARED_NAME.get(finding.level, finding.level))


def _without_contradicted(findings: list[Finding]) -> list[Finding]:
    """One name of two beside somebody else's other is no support for a student who is named otherwise."""
    others = set(_SHARED_NAME.values())
    named = {finding.student for finding in findings if finding.level not in others}
    return [finding for finding in findings if finding.level not in others or finding.student not in named]


def _other_name(item: Evidence, found: Sequence[Finding], roster: RosterIndex, *, slot: bool, headed: bool) -> float:
    """The odds that the item names a writer who is nobody in the class; 0 where it does not state a name."""
    levels = {finding.level for finding in found if finding.place != "body"} - {"other_given"}
    if not levels <= {"given_name", "family_name"}:
        return 0.0
    if _states_a_name(item, slot=slot, partly=bool(levels)):
        return OTHER_NAME
    return OTHER_SIGNED if _signs_a_name(item, roster, headed=headed, partly=bool(levels)) else 0.0


def _slots(evidence: Sequence[Evidence]) -> set[str]:
    """Names that a learning system put into the name of a file or folder: a folder's evidence within another's."""
    folders = [item for item in evidence if item.place == "folder"]
    return {
        item.id
        for item in folders
        if item.field == "name"
        or any(
            o.start <= item.start and item.end <= o.end and (o.start, o.end) != (item.start, item.end) for o in folders
        )
    }


def _states_a_name(item: Evidence, *, slot: bool, partly: bool) -> bool:
    """Whether a statement of who wrote holds a first name and a surname: a label, a slot, a line with a date.

    `partly`: one of the two is a student's, so that what stands after a comma may be a class and no first name.
    """
    if not slot and item.place != "label" and not (item.place == "first_line" and _DATED.match(item.text)):
        return False
    statement = (_PART_ENDS if partly else _NAME_ENDS).split(item.text, maxsplit=1)[0]
    written = [token.text for token in tokens(statement) if not _is_code(token)]
    whole = [word for word in written if len(word.rstrip(".")) > 1]
    if slot and len(written) == 1:
        return not partly and len(written[0]) > 2 * SHORT
    return 2 <= len(written) <= 5 and bool(whole)


def _signs_a_name(item: Evidence, roster: RosterIndex, *, headed: bool, partly: bool) -> bool:
    """Whether a line signs with a name, or is one: a part is a student's, or a class stands beside or below it."""
    if item.place not in _SIGNED or speaks_of(item.text):
        return False
    signed = by_line(item.text)
    marked = bool(signed) or headed or _WITH_CLASS.search(item.text) is not None
    paged = _WITH_PAGE.search(item.text) is not None
    for piece in _PIECE_ENDS.split(signed or item.text):
        written = [token for token in tokens(piece) if not (_is_code(token) or roster.vocabulary.is_particle(token))]
        known = any(len(token.text) > 1 and roster.vocabulary.knows(token.text) for token in written)
        capital = all(token.text[0].isupper() for token in written)
        if 2 <= len(written) <= 5 and (marked if known or len(written) < 4 else capital and marked):
            return True
        if 2 <= len(written) <= 5 and capital and (known or paged):
            return True
    return not partly and signs_with_one(item.text)


def _headed(evidence: Sequence[Evidence]) -> set[str]:
    """Lines with a class on the line below."""
    lines = [item for item in evidence if item.place == "first_line"]
    return {one.id for one, below in itertools.pairwise(lines) if _CLASS.match(below.text)}


def _exact(item: Evidence, roster: RosterIndex, search: Search) -> None:
    """Numbers of other systems and school accounts where these are written, and aliases a teacher has taught."""
    if item.place in _NUMBERED:
        for match in _NUMBER.finditer(item.text):
            student = roster.with_number(match[0])
            if student:
                search.add(student, item, "external_id", match.span())
    if item.place in _WITH_ACCOUNT:
        for match in _ACCOUNT.finditer(item.text):
            for piece in dict.fromkeys((match[0], *match[0].split("_"))):
                student = roster.with_local(piece)
                if student:
                    start = match.start() + match[0].find(piece)
                    search.add(student, item, "email_local", (start, start + len(piece)))
    for student, start, end, shared in roster.aliases_in(item.text):
        place = item.place if item.place in _STATED else stands_as(item.text, start, end, item.place)
        search.add(student, item, "alias", (start, end), place=place, shared=shared)


def _names(item: Evidence, roster: RosterIndex, search: Search) -> None:
    text = item.text
    repaired = repair(text)
    words = tokens(repaired)
    written = [token for token in words if not (_is_code(token) or roster.vocabulary.is_particle(token))]
    likely = roster.vocabulary.students_in(written)
    hits = {key: hit for key in likely if (hit := fit(written, roster.names[key], place=item.place))}
    named = any(hit.level not in _PARTIAL for hit in hits.values())
    if named:
        hits = {key: hit for key, hit in hits.items() if hit.level not in _BY_FAMILY_NAME}
    for key, hit in hits.items():
        others = [other for name, other in hits.items() if name != key]
        if any(_beats(other, hit) for other in others):
            continue
        start, end = _extent(words, written, hit, roster.particles[key])
        stands = item.place if item.place in _STATED else stands_as(repaired, start, end, item.place)
        search.add(
            key,
            item,
            hit.level,
            (start, end) if repaired == text else (0, len(text)),
            place="body" if _genitive(written, hit, item, roster) else stands,
            exactness=hit.exactness,
            shared=any(_equals(other, hit) for other in others),
        )


def _is_code(token: Token) -> bool:
    """`EK` in `EK24C` is no surname."""
    return token.in_code and len(token.text) <= SHORT


def _extent(words: list[Token], written: list[Token], hit: Hit, particles: frozenset[str]) -> tuple[int, int]:
    """From the first word used, with the name's particles before it (`von Platen`), to the last."""
    start, end = min(written[i].start for i in hit.used), max(written[i].end for i in hit.used)
    for token in reversed([word for word in words if word.end <= start]):
        if token.text.casefold() not in particles:
            break
        start = token.start
    return start, end


def _genitive(written: list[Token], hit: Hit, item: Evidence, roster: RosterIndex) -> bool:
    """`Elsas hemlighet` as a line of the text is a title; `Elsas uppsats` as a file's name is not."""
    last = fold(written[max(hit.used)].text)
    return (
        item.place in ("first_line", "sign_off")
        and max(hit.used) + 1 < len(written)
        and last.endswith("s")
        and not roster.vocabulary.knows(last)
        and roster.vocabulary.knows(last[:-1])
    )


def _beats(other: Hit, hit: Hit) -> bool:
    """Another student explains the same words and more, or the same words more exactly."""
    if not other.used & hit.used:
        return False
    if (hit.level in _PARTIAL) != (other.level in _PARTIAL):
        return hit.level in _PARTIAL
    if other.used > hit.used:
        return True
    return other.used == hit.used and other.exactness > hit.exactness + 0.02


def _equals(other: Hit, hit: Hit) -> bool:
    return other.used == hit.used and abs(other.exactness - hit.exactness) <= 0.02
