"""How much a finding is worth, and what several are worth together. Pure.

The model is Fellegi and Sunter's, in odds. A place that names a student at a level raises the odds that the student is
the writer by `trust / (1 - trust)` of the place. Against it stand the other students (odds 1 together, and what is
found for them) and people outside the class, who now and then are written so that they fit a student: the more often,
the less a level says (`LEVELS`) and the more other people a place names (`PLACES`).

The figures are estimated from labelled files and invented classes (`batches/tests/heldout.py`), each kind of file left
out in turn, and rounded; ADR 12 says how.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from batches.matching.find import Finding


@dataclass(frozen=True, slots=True)
class PlaceWeight:
    """`trust`: how often the student named there is the writer. `others`: people outside the class named per writer."""

    trust: float
    others: float

    @property
    def odds(self) -> float:
        """For the student named."""
        return self.trust / (1 - self.trust)


PLACES: Mapping[str, PlaceWeight] = {
    "sidecar": PlaceWeight(0.997, 0.01),
    "label": PlaceWeight(0.997, 0.05),
    "email": PlaceWeight(0.995, 0.01),
    "first_line": PlaceWeight(0.993, 0.20),
    "page_header": PlaceWeight(0.992, 0.06),
    "table": PlaceWeight(0.990, 0.06),
    "sign_off": PlaceWeight(0.970, 0.30),
    "folder": PlaceWeight(0.962, 0.03),
    "file_name": PlaceWeight(0.962, 0.10),
    "property": PlaceWeight(0.85, 0.30),
    "mention": PlaceWeight(0.40, 0.30),
    "body": PlaceWeight(0.07, 0.05),
}
"""What the writer states in the text beats who handed the file in or named it, and that beats what the computer noted.
Who is perhaps what a file is about (`mention`: `Intervju Elsa Holm.docx`) says little, who is spoken of in the text
(`body`) next to nothing."""


@dataclass(frozen=True, slots=True)
class LevelWeight:
    """`chance`: people outside the class written so, for each student written so. `names`: it can settle the matter."""

    chance: float
    names: bool
    code: str


LEVELS: Mapping[str, LevelWeight] = {
    "external_id": LevelWeight(0.001, names=True, code="external_id"),
    "email_equal": LevelWeight(0.001, names=True, code="email_equal"),
    "email_local": LevelWeight(0.01, names=True, code="email_local"),
    "alias": LevelWeight(0.02, names=True, code="alias"),
    "full_name": LevelWeight(0.002, names=True, code="full_name"),
    "concatenated_name": LevelWeight(0.002, names=True, code="concatenated_name"),
    "initials": LevelWeight(0.05, names=True, code="initials"),
    "misprint": LevelWeight(0.05, names=True, code="full_name"),
    "single_name": LevelWeight(0.3, names=True, code="given_name"),
    "slip": LevelWeight(1.5, names=True, code="full_name"),
    "nickname": LevelWeight(3.0, names=False, code="family_name"),
    "given_name": LevelWeight(10.0, names=False, code="given_name"),
    "family_name": LevelWeight(10.0, names=False, code="family_name"),
    "other_given": LevelWeight(40.0, names=False, code="family_name"),
    "other_family": LevelWeight(40.0, names=False, code="given_name"),
}
"""A given name alone fits many outside the class, both names hardly anybody; a single name is all that some have."""

PART_OF_A_NAME = frozenset({"initials", "given_name", "family_name"})
"""Codes of what others may be called too."""
WEAK_PLACES = frozenset({"property", "mention", "body"})
"""Places that never settle the matter."""
CERTAIN = 0.95
"""The least probability of a certain match."""
FLOOR = 0.02
"""Below this probability a student is no candidate."""
ALIKE = 0.95
"""Students whose probabilities differ by less are not told apart: the calibration error is 0.05 (ADR 12), and in both
kinds of invented classes the second is as likely as the first or at most 0.8 times so (ADR 30)."""
OTHER_NAME = 40.0
"""Odds of a labelled name that fits nobody in the class: an outsider, or a spelling nobody has taught yet."""
OTHER_SIGNED = 4.0
"""The same of a line that is no more than a name, or signs with one: authors of books and teachers stand so too."""
SECOND_TEXT = 0.5
"""How much likelier a student's first text in a batch is than one more; for answers that are not certain."""
ONLY_ONE_LEFT = 0.5
"""Hit rate of giving the only text left to the only student left."""


def names(finding: Finding) -> bool:
    """Whether the finding alone says who the student is, wherever it stands."""
    return LEVELS[finding.level].names


def settles(finding: Finding) -> bool:
    """Whether the finding can make a match certain."""
    return names(finding) and finding.place not in WEAK_PLACES and not finding.shared


def odds_of(findings: Iterable[Finding]) -> tuple[float, float]:
    """The odds that somebody named as the findings' student is the writer, and outsiders for each student so named.

    Places repeat each other: the best counts in full, the next by its square root, and so on. What fits another student
    just as well counts once for each, whatever else there is.
    """
    own: dict[str, float] = {}
    shared: dict[str, float] = {}
    outside = float("inf")
    for finding in _each_span_once(findings):
        place, level = PLACES[finding.place], LEVELS[finding.level]
        kind = shared if finding.shared else own
        kind[finding.place] = max(kind.get(finding.place, 0.0), place.odds * finding.exactness)
        outside = min(outside, place.others * level.chance)
    ranked = sorted(own.values(), reverse=True)
    together = prod(1 + value for value in shared.values())
    return together * prod((1 + value) ** (0.5**rank) for rank, value in enumerate(ranked)) - 1, outside


def _each_span_once(findings: Iterable[Finding]) -> Iterable[Finding]:
    """A span that is evidence of two kinds, as the name in a system's file name is, counts as the stronger."""
    strongest: dict[str, Finding] = {}
    for finding in findings:
        known = strongest.get(finding.evidence_id)
        if known is None or _strength(finding) > _strength(known):
            strongest[finding.evidence_id] = finding
    return strongest.values()


def _strength(finding: Finding) -> tuple[float, float]:
    return PLACES[finding.place].odds * finding.exactness, -LEVELS[finding.level].chance


def probabilities(
    findings: Mapping[str, Iterable[Finding]], *, other_name: float = 0.0, second: Iterable[str] = ()
) -> dict[str, float]:
    """The probability of each student named, given that nobody, somebody else or an outsider may have written it.

    `other_name`: odds of somebody named who is not in the class. `second`: students who have a text already.
    """
    weighed = {student: odds_of(own) for student, own in findings.items()}
    for student in second:
        if student in weighed:
            odds, outside = weighed[student]
            weighed[student] = odds * SECOND_TEXT, outside
    total = 1 + sum(odds for odds, _outside in weighed.values()) + other_name
    return {student: odds / (1 + outside) / total for student, (odds, outside) in weighed.items()}
