"""Searching an essay's evidence for the students of a roster. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from batches.matching_names import (
    SHORT,
    Name,
    Part,
    Token,
    find_initial,
    find_joined,
    find_part,
    find_word,
    fold,
    make_name,
    repair,
    tokens,
)
from files.evidence import Evidence

if TYPE_CHECKING:
    from batches.matching import RosterStudent

_NUMBER = re.compile(r"\d{2,}")
_NAMED = frozenset({"label", "folder", "table", "page_header", "property", "sign_off"})
"""Places that hold little but a name: a name-like word there that does not fit a student speaks against them."""


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

    def __init__(self, students: Sequence[RosterStudent]) -> None:
        self.students = {student.key: student for student in students}
        self.names = {s.key: make_name(s.given_name, s.family_name, s.preferred_name) for s in students}
        self.by_email = {s.email.casefold(): s.key for s in students if s.email}
        self._by_local: dict[str, list[str]] = defaultdict(list)
        self._by_number: dict[str, list[str]] = defaultdict(list)
        self._by_name: dict[tuple[str, str], list[str]] = defaultdict(list)
        for student in students:
            if student.email:
                self._by_local[student.email.casefold().partition("@")[0]].append(student.key)
            for _system, number in student.external_ids:
                self._by_number[number].append(student.key)
            self._by_name[self.names[student.key].key].append(student.key)
        self._name_words = {fold(word) for n in self.names.values() for word in (*n.given, *n.family, *n.preferred)}

    def namesakes(self, key: str) -> list[str]:
        """Others with the same full name."""
        return [other for other in self._by_name[self.names[key].key] if other != key]

    def with_number(self, number: str) -> str | None:
        """The one student with this number in another system."""
        found = self._by_number.get(number, [])
        return found[0] if len(found) == 1 else None

    def with_local(self, local: str) -> str | None:
        """The one student whose address begins so. A local part that is no more than somebody's name says nothing."""
        if len(local) <= SHORT + 1 or fold(local) in self._name_words:
            return None
        found = self._by_local.get(local.casefold(), [])
        return found[0] if len(found) == 1 else None


@dataclass(frozen=True, slots=True)
class _Hit:
    level: str
    used: frozenset[int]
    exactness: float


def find_all(evidence: Sequence[Evidence], roster: RosterIndex) -> tuple[list[Finding], list[Evidence]]:
    """Every finding, and the evidence with the exact spans added that findings point at (ids `m1` …)."""
    findings: list[Finding] = []
    spans: list[Evidence] = list(evidence)
    known: dict[tuple[str, int, int], str] = {(e.field, e.start, e.end): e.id for e in reversed(evidence)}

    def span(source: Evidence, start: int, end: int) -> str:
        place = (source.field, source.start + start, source.start + end)
        if place not in known:
            known[place] = f"m{len(spans) - len(evidence) + 1}"
            spans.append(Evidence(known[place], source.place, source.field, place[1], place[2], source.text[start:end]))
        return known[place]

    for item in evidence:
        if item.place == "email":
            student = roster.by_email.get(item.text.casefold())
            if student:
                findings.append(Finding(student, "email", "email_equal", 1.0, item.id))
            continue
        findings += _exact(item, roster, span)
        findings += _names(item, roster, span)
    return findings, spans


def _exact(item: Evidence, roster: RosterIndex, span: object) -> list[Finding]:
    """Numbers of other systems and school accounts in file and folder names; aliases a teacher has taught."""
    assert callable(span)  # noqa: S101  (a closure of find_all)
    found = []
    if item.place in ("file_name", "folder", "sidecar"):
        for match in _NUMBER.finditer(item.text):
            student = roster.with_number(match[0])
            if student:
                found.append(Finding(student, item.place, "external_id", 1.0, span(item, *match.span())))
        for match in re.finditer(r"[\w.\-]+", item.text):
            for piece in dict.fromkeys((match[0], *match[0].split("_"))):
                student = roster.with_local(piece)
                if student:
                    start = match.start() + match[0].find(piece)
                    found.append(
                        Finding(student, item.place, "email_local", 1.0, span(item, start, start + len(piece)))
                    )
    for key, owner in roster.students.items():
        for alias in owner.aliases:
            at = item.text.casefold().find(alias.casefold()) if alias else -1
            if at >= 0:
                found.append(Finding(key, item.place, "alias", 1.0, span(item, at, at + len(alias))))
    return found


def _names(item: Evidence, roster: RosterIndex, span: object) -> list[Finding]:
    assert callable(span)  # noqa: S101
    text = item.text
    repaired = repair(text)
    written = tokens(repaired)
    hits = {key: hit for key, name in roster.names.items() if (hit := _fit(written, name, place=item.place))}
    found = []
    for key, hit in hits.items():
        if any(_beats(other, hit) for name, other in hits.items() if name != key):
            continue
        shared = any(_equals(other, hit) for name, other in hits.items() if name != key)
        if repaired == text:
            start = min(written[i].start for i in hit.used)
            end = max(written[i].end for i in hit.used)
        else:
            start, end = 0, len(text)
        found.append(Finding(key, item.place, hit.level, hit.exactness, span(item, start, end), shared=shared))
    return found


def _beats(other: _Hit, hit: _Hit) -> bool:
    """Another student explains the same words and more, or the same words more exactly."""
    if not other.used & hit.used:
        return False
    if other.used > hit.used:
        return True
    weaker = {"given_name", "family_name"}
    if hit.level in weaker and other.level not in weaker and hit.used & other.used:
        return True
    return other.used == hit.used and other.exactness > hit.exactness + 0.01


def _equals(other: _Hit, hit: _Hit) -> bool:
    return other.used == hit.used and abs(other.exactness - hit.exactness) <= 0.01


def _fit(written: list[Token], name: Name, *, place: str) -> _Hit | None:
    """The best level at which `written` names the student."""
    joined = find_joined(written, name)
    if joined:
        return _Hit("concatenated_name", joined.used, joined.exactness)
    if not name.family or not name.given:
        return _single(written, name, place=place)
    for slips in (False, True):
        hit = _both(written, name, slips=slips)
        if hit:
            return hit
    given = _given(written, name)
    family = find_part(written, name.family) or find_word(written, name.family)
    if given:
        initial = find_initial(written, name.family, beside=given.used)
        if initial:
            return _Hit("initials", given.used | initial.used, min(given.exactness, initial.exactness))
    if family:
        initial = find_initial(written, (*name.given, *name.preferred), beside=family.used)
        if initial:
            return _Hit("initials", family.used | initial.used, min(family.exactness, initial.exactness))
        if not _contradicted(written, family, place=place):
            return _Hit("family_name", family.used, family.exactness)
        return None
    if given and not _contradicted(written, given, place=place):
        return _Hit("given_name", given.used, given.exactness)
    return None


def _given(written: list[Token], name: Name, *, free: frozenset[int] = frozenset(), slips: bool = False) -> Part | None:
    """The whole given name, the preferred one, or the first word of several."""
    for form in (name.given, name.preferred, name.given[:1]):
        part = find_part(written, form, free=free, slips=slips)
        if part and form:
            shortened = form == name.given[:1] != name.given
            return Part(part.used, part.exactness - 0.05) if shortened else part
    return None


def _both(written: list[Token], name: Name, *, slips: bool) -> _Hit | None:
    family = find_part(written, name.family, slips=slips)
    whole = family is not None
    if family is None and len(name.family) > 1:
        family = find_word(written, name.family)
    if family is None:
        return None
    given = _given(written, name, free=family.used, slips=slips)
    if given is None or not _together(given.used, family.used):
        return None
    exactness = min(given.exactness, family.exactness) - (0.0 if whole else 0.05)
    return _Hit("full_name", given.used | family.used, exactness)


def _together(one: frozenset[int], other: frozenset[int]) -> bool:
    """At most two words between the parts: a middle name, not another person."""
    used = one | other
    return max(used) - min(used) + 1 - len(used) <= 2


def _single(written: list[Token], name: Name, *, place: str) -> _Hit | None:
    """A student with one name only."""
    part = find_part(written, name.given or name.family)
    if part is None:
        nickname = find_part(written, name.preferred)
        return _Hit("given_name", nickname.used, nickname.exactness) if nickname else None
    rest = [token for index, token in enumerate(written) if index not in part.used and len(token.text) > 1]
    alone = not any(token.text[:1].isupper() for token in rest) if place in _NAMED | {"first_line"} else False
    return _Hit("full_name" if alone else "given_name", part.used, part.exactness)


def _contradicted(written: list[Token], part: Part, *, place: str) -> bool:
    """Whether a place that holds little but a name has a capitalised word beside the part: somebody else's name."""
    if place not in _NAMED:
        return False
    near = {i + step for i in part.used for step in (-1, 1)} - part.used
    return any(
        0 <= i < len(written) and len(fold(written[i].text)) > 1 and written[i].text[:1].isupper()
        and not any(c.isdigit() for c in written[i].text)
        for i in near
    )  # fmt: skip
