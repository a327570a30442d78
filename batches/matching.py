"""Who wrote which essay: a whole batch against a class's roster. Pure, deterministic, explainable.

Each place in a file (label, folder, file name …) says something about each student at a level (full name, initials …).
`PLACES` and `LEVELS` are the whole model: points are log-odds in spirit, their product is what one finding is worth.
A suggestion is certain only if a strong finding names one student and nothing names another; see `_judge`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from scipy.optimize import linear_sum_assignment

from batches.matching_find import Finding, RosterIndex, find_all
from files.evidence import Evidence

Certainty = Literal["certain", "unsure", "conflict", "no_match"]

PLACES: Mapping[str, float] = {
    "sidecar": 1.0,
    "email": 1.0,
    "label": 1.0,
    "page_header": 0.98,
    "table": 0.98,
    "first_line": 0.96,
    "folder": 0.9,
    "file_name": 0.88,
    "sign_off": 0.8,
    "property": 0.45,
    "body": 0.15,
}
"""How far a place is to be trusted: what the writer states in the text beats who handed the file in or named it, and
that beats what the computer noted."""

LEVELS: Mapping[str, float] = {
    "external_id": 12.0,
    "email_equal": 11.0,
    "email_local": 7.0,
    "alias": 8.0,
    "full_name": 8.0,
    "concatenated_name": 8.0,
    "initials": 5.5,
    "family_name": 3.0,
    "given_name": 2.5,
}
"""Points of a finding in a place of full trust."""

STRONG = frozenset({"external_id", "email_equal", "email_local", "alias", "full_name", "concatenated_name", "initials"})
"""Levels that can make a match certain, in a place other than `WEAK_PLACES`."""
WEAK_PLACES = frozenset({"property", "body"})
NEAR = 0.6
"""A second student with this share of the first's points is a rival."""
MAX_CANDIDATES = 5
FLOOR = 1.0
"""Points below which a student is no candidate."""

CONFIDENCE: Mapping[str, float] = {
    "certain": 0.99,
    "strong": 0.92,
    "weak": 0.65,
    "rival": 0.5,
    "conflict": 0.85,
    "elimination": 0.3,
}
"""Hit rates seen on labelled files, by the kind of answer."""

REASONS = frozenset(
    {
        *LEVELS,
        "namesake",
        "rival_named",
        "already_matched",
        "no_other_text",
        "only_one_left",
        "property_only",
        "slip",
        "protected",
    }
)
"""Every code a reason can have; pages say each in both languages."""


@dataclass(frozen=True, slots=True)
class RosterStudent:
    """A student as matching needs one. `key` is opaque."""

    key: str
    given_name: str
    family_name: str
    preferred_name: str = ""
    email: str = ""
    external_ids: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    protected: bool = False


@dataclass(frozen=True, slots=True)
class EssayClues:
    """An essay as matching needs one. `decided_student` is a person's decision, which constrains the rest."""

    key: str
    evidence: tuple[Evidence, ...]
    has_text: bool
    decided_student: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of `REASONS`, for (True), against (False) or a doubt (None), and the evidence it points at."""

    code: str
    supports: bool | None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A student who may have written it."""

    student: str
    confidence: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What matching says of one essay. `student` is set for certain and unsure only."""

    certainty: Certainty
    student: str | None
    confidence: float
    candidates: tuple[Candidate, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(slots=True)
class _Case:
    """An essay under judgement: findings and points per student."""

    clues: EssayClues
    findings: dict[str, list[Finding]]
    evidence: list[Evidence]
    points: dict[str, float]
    verdict: Certainty = "no_match"
    kind: str = "weak"


def match_essays(essays: Sequence[EssayClues], students: Sequence[RosterStudent]) -> dict[str, Suggestion]:
    """Suggest a student for every essay. The order of essays and students does not matter."""
    roster = RosterIndex(sorted(students, key=lambda student: student.key))
    cases = [_open(essay, roster) for essay in sorted(essays, key=lambda essay: essay.key)]
    for case in cases:
        _judge(case, roster)
    claims = _claims(cases)
    spread = _spread_the_rest(cases, claims, roster)
    return {
        case.clues.key: _suggest(case, claims=claims, chosen=spread.get(case.clues.key), roster=roster)
        for case in cases
    }


def _worth(finding: Finding) -> float:
    return PLACES[finding.place] * LEVELS[finding.level] * finding.exactness


def _open(essay: EssayClues, roster: RosterIndex) -> _Case:
    found, evidence = find_all(essay.evidence, roster)
    findings: dict[str, list[Finding]] = defaultdict(list)
    for finding in found:
        findings[finding.student].append(finding)
    points = {}
    for student, own in findings.items():
        best: dict[str, float] = {}
        for finding in own:
            best[finding.place] = max(best.get(finding.place, 0.0), _worth(finding))
        ranked = sorted(best.values(), reverse=True)
        # Places repeat each other: the second one confirms, it does not count in full.
        points[student] = sum(value * 0.5**rank for rank, value in enumerate(ranked))
    return _Case(essay, dict(findings), evidence, points)


def _strong(case: _Case, student: str, *, anywhere: bool = False) -> list[Finding]:
    return [
        finding
        for finding in case.findings.get(student, [])
        if finding.level in STRONG and not finding.shared and (anywhere or finding.place not in WEAK_PLACES)
    ]


def _ranking(case: _Case) -> list[str]:
    return sorted((s for s, points in case.points.items() if points >= FLOOR), key=lambda s: (-case.points[s], s))


def _judge(case: _Case, roster: RosterIndex) -> None:
    """Decide how sure the best answer is, looking at this essay alone."""
    ranking = _ranking(case)
    if not ranking:
        case.verdict = "no_match"
        return
    best = ranking[0]
    rivals = [student for student in ranking[1:] if _strong(case, student, anywhere=True)]
    if rivals and (_strong(case, best) or _strong(case, best, anywhere=True)):
        case.verdict, case.kind = "conflict", "conflict"
        return
    near = [student for student in ranking[1:] if case.points[student] >= NEAR * case.points[best]]
    strong = _strong(case, best)
    sure = strong and not near and not roster.students[best].protected and not _only_by_slip(strong)
    if sure:
        case.verdict, case.kind = "certain", "certain"
    else:
        case.verdict = "unsure"
        case.kind = "rival" if near else "strong" if _strong(case, best, anywhere=True) else "weak"


def _only_by_slip(findings: list[Finding]) -> bool:
    return all(finding.exactness < 0.85 for finding in findings)


def _claims(cases: Sequence[_Case]) -> dict[str, list[str]]:
    """Student to the essays that a person or a certain match gives them."""
    claims: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        if case.clues.decided_student is not None:
            claims[case.clues.decided_student].append(case.clues.key)
        elif case.verdict == "certain":
            claims[_ranking(case)[0]].append(case.clues.key)
    return claims


def _spread_the_rest(cases: Sequence[_Case], claims: dict[str, list[str]], roster: RosterIndex) -> dict[str, str]:
    """One student each for the essays that are not certain: the assignment with the most points altogether.

    A student who has a text already is worth a quarter.
    """
    rest = [c for c in cases if c.verdict == "unsure" and c.clues.decided_student is None]
    students = sorted({student for case in rest for student in _ranking(case)})
    if not rest or not students:
        return {}
    value = [
        [-case.points.get(student, 0.0) * (0.25 if claims.get(student) else 1.0) for student in students]
        for case in rest
    ]
    rows, columns = linear_sum_assignment(value)
    return {rest[r].clues.key: students[c] for r, c in zip(rows, columns, strict=True) if value[r][c] <= -FLOOR / 4}


def _suggest(case: _Case, *, claims: dict[str, list[str]], chosen: str | None, roster: RosterIndex) -> Suggestion:
    ranking = _ranking(case)
    if case.verdict == "unsure":
        ranking = _with_chosen_first(case, ranking, chosen, claims)
    candidates = tuple(
        Candidate(
            student=student,
            confidence=_confidence(case, student, first=rank == 0, ranking=ranking),
            reasons=_reasons(case, student, claims=claims, roster=roster),
        )
        for rank, student in enumerate(ranking[:MAX_CANDIDATES])
    )
    if not candidates:
        return Suggestion("no_match", None, 0.0, evidence=tuple(case.evidence))
    named = candidates[0].student if case.verdict in ("certain", "unsure") else None
    return Suggestion(case.verdict, named, candidates[0].confidence, candidates, tuple(case.evidence))


def _with_chosen_first(case: _Case, ranking: list[str], chosen: str | None, claims: dict[str, list[str]]) -> list[str]:
    """Another student than the best of the essay alone goes first only where the two are nearly alike."""
    if chosen is None or not ranking or chosen == ranking[0]:
        return ranking
    close = case.points[chosen] >= NEAR * case.points[ranking[0]]
    if close and (claims.get(ranking[0]) or case.points[chosen] >= 0.95 * case.points[ranking[0]]):
        return [chosen, *(student for student in ranking if student != chosen)]
    return ranking


def _confidence(case: _Case, student: str, *, first: bool, ranking: list[str]) -> float:
    top = CONFIDENCE[case.kind]
    if first:
        return top
    rest = sum(case.points[other] for other in ranking[1:]) or 1.0
    return round((1 - top) * case.points[student] / rest, 4)


def _reasons(case: _Case, student: str, *, claims: dict[str, list[str]], roster: RosterIndex) -> tuple[Reason, ...]:
    by_level: dict[str, list[str]] = defaultdict(list)
    for finding in case.findings.get(student, []):
        by_level[finding.level].append(finding.evidence_id)
    reasons = [Reason(level, supports=True, evidence=tuple(by_level[level])) for level in LEVELS if level in by_level]
    own = case.findings.get(student, [])
    if own and all(finding.place in WEAK_PLACES for finding in own):
        reasons.append(Reason("property_only", None))
    if any(finding.exactness < 0.85 for finding in own):
        reasons.append(Reason("slip", None))
    if roster.namesakes(student):
        reasons.append(Reason("namesake", None))
    rivals = [f for other in case.findings if other != student for f in _strong(case, other, anywhere=True)]
    if rivals:
        reasons.append(
            Reason("rival_named", supports=False, evidence=tuple(dict.fromkeys(f.evidence_id for f in rivals)))
        )
    others = [key for key in claims.get(student, []) if key != case.clues.key]
    reasons.append(Reason("already_matched", supports=False) if others else Reason("no_other_text", supports=True))
    return tuple(reasons)


__all__ = [
    "CONFIDENCE",
    "LEVELS",
    "PLACES",
    "REASONS",
    "Candidate",
    "EssayClues",
    "Reason",
    "RosterStudent",
    "Suggestion",
    "match_essays",
    "replace",
]
