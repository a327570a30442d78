"""Who wrote which essay: a whole batch against a class's roster. Pure, deterministic, explainable.

Each place in a file (label, folder, file name …) says something about each student at a level (full name, initials …).
`find` searches the places, `weights` holds the whole model and turns findings into probabilities.
A suggestion is certain only if its probability is high, a name of the student stands where it counts, and nothing names
another; see `_judge`. One that is not says why, and where nothing tells two students apart nobody is suggested.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from scipy.optimize import linear_sum_assignment

from batches.matching.find import Finding, RosterIndex, find_all
from batches.matching.fit import SLIP
from batches.matching.weights import (
    ALIKE,
    CERTAIN,
    FLOOR,
    LEVELS,
    ONLY_ONE_LEFT,
    PART_OF_A_NAME,
    WEAK_PLACES,
    names,
    probabilities,
    settles,
)
from files.evidence import Evidence

Certainty = Literal["certain", "unsure", "conflict", "no_match"]

MAX_CANDIDATES = 5

REASONS = frozenset(
    {
        *(level.code for level in LEVELS.values()),
        "namesake",
        "tied",
        "shared",
        "rival_named",
        "other_name",
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
    """A student as matching needs one. `key` is opaque. Nobody who has `left` the class is suggested."""

    key: str
    given_name: str
    family_name: str
    preferred_name: str = ""
    email: str = ""
    external_ids: tuple[tuple[str, str], ...] = ()
    aliases: tuple[str, ...] = ()
    protected: bool = False
    left: bool = False


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
    """An essay under judgement: findings and probabilities per student."""

    clues: EssayClues
    evidence: list[Evidence]
    strangers: dict[str, float]
    findings: dict[str, list[Finding]]
    chances: dict[str, float]
    verdict: Certainty = "no_match"
    left_over: str | None = None
    tied: tuple[str, ...] = ()
    ranking: list[str] = field(default_factory=list)

    @property
    def best(self) -> str | None:
        """The student of the highest rank."""
        return self.ranking[0] if self.ranking else None

    def weigh(self, second: Sequence[str] = ()) -> None:
        """Set probabilities and ranking; `second`: students who have a text already."""
        self.chances = probabilities(self.findings, other_name=max(self.strangers.values(), default=0.0), second=second)
        likely = [student for student, chance in self.chances.items() if chance >= FLOOR]
        self.ranking = sorted(likely, key=lambda student: (-self.chances[student], student))

    def named(self, student: str) -> list[Finding]:
        """Findings outside running text that name this student and nobody else."""
        return [
            f
            for f in self.findings.get(student, [])
            if names(f) and not f.shared and f.place not in ("mention", "body")
        ]


def prepare_roster(students: Iterable[RosterStudent]) -> RosterIndex:
    """The students as `match_essays` takes them for several batches of a class."""
    return RosterIndex(sorted(students, key=lambda student: student.key))


def match_essays(
    essays: Sequence[EssayClues], students: Iterable[RosterStudent] | RosterIndex
) -> dict[str, Suggestion]:
    """Suggest a student for every essay. The order of essays and students does not matter."""
    roster = students if isinstance(students, RosterIndex) else prepare_roster(students)
    cases = [_open(essay, roster) for essay in sorted(essays, key=lambda essay: essay.key)]
    for case in cases:
        _judge(case, roster)
    claims = _claims(cases)
    _spread_the_rest(cases, claims)
    _find_ties(cases)
    _give_the_last(cases, claims, roster)
    return {case.clues.key: _suggest(case, claims=claims, roster=roster) for case in cases}


def _open(essay: EssayClues, roster: RosterIndex) -> _Case:
    search = find_all(essay.evidence, roster)
    findings: dict[str, list[Finding]] = defaultdict(list)
    for finding in search.findings:
        findings[finding.student].append(finding)
    case = _Case(essay, search.evidence, search.strangers, dict(findings), {})
    case.weigh()
    return case


def _judge(case: _Case, roster: RosterIndex) -> None:
    """Decide how sure the best answer is, looking at this essay alone."""
    best = case.best
    if best is None:
        return
    named = [student for student in case.ranking if case.named(student)]
    if len(named) > 1:
        case.verdict = "conflict"
    elif case.chances[best] >= CERTAIN and any(map(settles, case.findings[best])):
        case.verdict = "unsure" if roster.students[best].protected else "certain"
    else:
        case.verdict = "unsure"


def _claims(cases: Sequence[_Case]) -> dict[str, list[str]]:
    """Student to the essays that a person or a certain match gives them."""
    claims: dict[str, list[str]] = defaultdict(list)
    for case in cases:
        if case.clues.decided_student is not None:
            claims[case.clues.decided_student].append(case.clues.key)
        elif case.verdict == "certain" and case.best is not None:
            claims[case.best].append(case.clues.key)
    return claims


def _spread_the_rest(cases: Sequence[_Case], claims: dict[str, list[str]]) -> None:
    """One student each for the essays that are not certain: the assignment that is likeliest altogether.

    The student assigned goes first only where the essay alone finds two nearly alike.
    """
    rest = [case for case in cases if case.verdict == "unsure" and case.clues.decided_student is None]
    for case in rest:
        case.weigh([student for student in case.findings if claims.get(student)])
    students = sorted({student for case in rest for student in case.ranking})
    if not rest or not students:
        return
    rows, columns = linear_sum_assignment([[-case.chances.get(student, 0.0) for student in students] for case in rest])
    for row, column in zip(rows, columns, strict=True):
        case, student = rest[row], students[column]
        if case.ranking and case.chances.get(student, 0.0) >= ALIKE * case.chances[case.ranking[0]]:
            case.ranking = [student, *(other for other in case.ranking if other != student)]


def _find_ties(cases: Sequence[_Case]) -> None:
    """Nobody is guessed: a text that fits two students alike is a conflict, as one that names two is."""
    for case in cases:
        likeliest = max((case.chances[student] for student in case.ranking), default=0.0)
        alike = tuple(student for student in case.ranking if case.chances[student] >= ALIKE * likeliest)
        if case.verdict == "unsure" and len(alike) > 1:
            case.verdict, case.tied = "conflict", alike


def _give_the_last(cases: Sequence[_Case], claims: dict[str, list[str]], roster: RosterIndex) -> None:
    """The only text that names nobody is perhaps the only student's who is left: weak evidence, never certain."""
    open_cases = [c for c in cases if c.clues.decided_student is None and not c.ranking]
    taken = {*claims, *(case.best for case in cases)}
    left = [student for student in roster.students if student not in taken]
    if len(open_cases) == len(left) == 1 and len(cases) > 1:
        case = open_cases[0]
        if case.clues.has_text and not case.strangers:
            case.verdict, case.left_over = "unsure", left[0]
            case.ranking, case.chances = left, {**case.chances, left[0]: ONLY_ONE_LEFT}


def _suggest(case: _Case, *, claims: dict[str, list[str]], roster: RosterIndex) -> Suggestion:
    candidates = tuple(
        Candidate(
            student=student,
            confidence=round(case.chances[student], 4),
            reasons=_reasons(case, student, claims=claims, roster=roster),
        )
        for student in case.ranking[:MAX_CANDIDATES]
    )
    if not candidates:
        return Suggestion("no_match", None, 0.0, evidence=tuple(case.evidence))
    named = candidates[0].student if case.verdict in ("certain", "unsure") else None
    return Suggestion(case.verdict, named, candidates[0].confidence, candidates, tuple(case.evidence))


def _reasons(case: _Case, student: str, *, claims: dict[str, list[str]], roster: RosterIndex) -> tuple[Reason, ...]:
    own = case.findings.get(student, [])
    by_code: dict[str, list[str]] = {level.code: [] for level in LEVELS.values()}
    for finding in own:
        by_code[LEVELS[finding.level].code].append(finding.evidence_id)
    reasons = [Reason(code, supports=True, evidence=_each_once(ids)) for code, ids in by_code.items() if ids]
    against = _against(case, student)
    doubts = _doubts(case, student, roster)
    if case.verdict != "certain":
        doubts += _fitting_others(case, student)
    if case.verdict == "unsure" and student == case.best:
        doubts += _may_be_others(case, student, said={key for reason in against for key in reason.evidence})
        if not doubts and not against:  # many little things, as the names of class-mates who are spoken of
            doubts = [replace(reasons[0], supports=None)]
    others = [key for key in claims.get(student, []) if key != case.clues.key]
    other_text = Reason("already_matched", supports=False) if others else Reason("no_other_text", supports=True)
    return (*reasons, *doubts, *against, other_text)


def _against(case: _Case, student: str) -> list[Reason]:
    """Other students who are named, and who is named that is not in the class."""
    against = []
    rivals = [f.evidence_id for other in case.findings if other != student for f in case.named(other)]
    if rivals:
        against.append(Reason("rival_named", supports=False, evidence=_each_once(rivals)))
    if case.strangers:
        against.append(Reason("other_name", supports=False, evidence=tuple(case.strangers)))
    return against


def _doubts(case: _Case, student: str, roster: RosterIndex) -> list[Reason]:
    """What is doubtful however sure the match is."""
    own = case.findings.get(student, [])
    doubts = []
    if case.left_over == student:
        doubts.append(Reason("only_one_left", None))
    if own and all(finding.place in WEAK_PLACES for finding in own):
        doubts.append(Reason("property_only", None))
    if any(finding.exactness < SLIP for finding in own):
        doubts.append(Reason("slip", None))
    if roster.namesakes(student):
        doubts.append(Reason("namesake", None))
    if roster.students[student].protected:
        doubts.append(Reason("protected", None))
    return doubts


def _fitting_others(case: _Case, student: str) -> list[Reason]:
    """That all of it, or some of the words, fits other students alike."""
    if student in case.tied:
        return [Reason("tied", None)]
    shared = [finding.evidence_id for finding in case.findings.get(student, []) if finding.shared]
    return [Reason("shared", None, _each_once(shared))] if shared else []


def _may_be_others(case: _Case, student: str, *, said: set[str]) -> list[Reason]:
    """Of the best guess: parts of a name that may be somebody else's, and what else may name another student."""
    own = case.findings.get(student, [])
    parts: dict[str, list[str]] = {}
    for finding in own:
        code = LEVELS[finding.level].code
        if code in PART_OF_A_NAME and not finding.shared:
            parts.setdefault(code, []).append(finding.evidence_id)
    whole = any(settles(finding) and LEVELS[finding.level].code not in PART_OF_A_NAME for finding in own)
    doubts = [] if whole else [Reason(code, None, _each_once(ids)) for code, ids in parts.items()]
    said = said | {finding.evidence_id for finding in own}
    rivals = [f for other, found in case.findings.items() if other != student for f in found if f.place != "body"]
    open_to_all = _each_once([f.evidence_id for f in rivals if f.evidence_id not in said])
    return [*doubts, Reason("rival_named", None, open_to_all)] if open_to_all else doubts


def _each_once(ids: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids))


__all__ = [
    "REASONS",
    "Candidate",
    "EssayClues",
    "Reason",
    "RosterStudent",
    "Suggestion",
    "match_essays",
    "prepare_roster",
]
