"""Who may have written one text, with the clues: what the right side of the review shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from batches.matching.names import fold
from batches.matching.ties import others_fitting, tied
from batches.models import Batch, Essay, EssayStudentAssociation
from batches.review.highlighting import Clue
from batches.review.queue import Queue
from batches.review.reasons import places_of, sentence
from classes.models import Enrolment, SchoolClass, Student
from files.evidence import Evidence

if TYPE_CHECKING:
    from huleedu.accounts.models import User

_OUTSIDE = frozenset({"file_name", "folder", "sidecar"})
"""Places outside the document itself."""
_OTHER_TEXTS = frozenset({"already_matched", "no_other_text"})
"""What matching said of the student's other texts; the page says what is so now."""


@dataclass(frozen=True, slots=True)
class ShownReason:
    """A sentence with its glyph, the letters of its clues and, where it is about another text, that text."""

    text: str
    kind: str
    """`for`, `doubt`, `against` or, of a text the student has already, `version`."""
    glyph: str
    letters: tuple[tuple[str, str], ...] = ()
    """Letter and clue id."""
    other: Essay | None = None


@dataclass(frozen=True, slots=True)
class ShownCandidate:
    """A student who can be chosen. `key` is the digit that chooses them, empty after the fifth."""

    student: Student
    reasons: tuple[ShownReason, ...] = ()
    key: str = ""
    letter: str = ""
    """In a conflict, the letter of the clues that name the student."""
    said: str = ""
    """With the letter: where those clues are. Of a student found elsewhere: the class."""
    marks: tuple[str, ...] = ()
    """What tells a student apart from another with the same name."""
    called: str = ""
    """The name on the button that confirms the student: with a mark where another has the same."""


def clues_of(match: EssayStudentAssociation) -> tuple[Evidence, ...]:
    """What matching found, as stored."""
    return tuple(Evidence.from_json(item) for item in match.evidence)


def letter_clues(match: EssayStudentAssociation) -> dict[str, str]:
    """Evidence id to its letter. Only evidence that speaks for somebody is marked.

    Where clues disagree A names the first student and B the second; otherwise A is in the document and B in its name.
    """
    said = [_supporting(candidate) for candidate in match.candidates]
    if _disagree(match):
        letters: dict[str, str] = {}
        for letter, ids in zip("AB", said, strict=False):
            for key in ids:
                letters[key] = letters.get(key, "") + letter
        return letters
    places = {item["id"]: item["place"] for item in match.evidence}
    named = [key for key in dict.fromkeys(key for ids in said for key in ids) if key in places]
    inside = any(places[key] not in _OUTSIDE for key in named)
    return {key: "B" if inside and places[key] in _OUTSIDE else "A" for key in named}


def _disagree(match: EssayStudentAssociation) -> bool:
    return match.certainty == match.Certainty.CONFLICT and not tied(match.candidates)


def _supporting(candidate: dict[str, object]) -> list[str]:
    reasons = candidate["reasons"]
    assert isinstance(reasons, list)  # noqa: S101  (the stored shape)
    return [key for reason in reasons if reason["for"] is True for key in reason["evidence"]]


def clues_in(field: str, clues: Iterable[Evidence], letters: Mapping[str, str]) -> list[Clue]:
    """The clues to mark in one string of the file."""
    return [
        Clue(item.id, letters[item.id], item.start, item.end, item.text)
        for item in clues
        if item.field == field and item.id in letters
    ]


def shown_candidates(
    essay: Essay, *, queue: Queue, students: Mapping[int, Student], called: Callable[[Student], str]
) -> list[ShownCandidate]:
    """The suggested students, best first, then the decided one where nobody suggested them.

    `called`: how a student is named beside another.
    """
    match, letters = essay.association, letter_clues(essay.association)
    disagree = _disagree(match)
    evidence = {item.id: item for item in clues_of(match)}
    texts = queue.texts_of_students()
    shown: list[ShownCandidate] = []
    for rank, candidate in enumerate(match.candidates):
        student = students.get(candidate["student"])
        if student is None:
            continue
        said = []
        for reason in filter(_stored, candidate["reasons"]):
            fitting = others_fitting(candidate, reason["code"], match.candidates)
            others = [called(students[pk]) for pk in fitting if pk in students]
            said.append(_shown(reason, evidence, letters, essay, others))
        said += _other_texts(student, [text for text in texts.get(student.pk, []) if text.pk != essay.pk])
        key, letter, places = str(len(shown) + 1), "", ""
        if disagree and rank < 2:
            letter = "AB"[rank]
            places = places_of([evidence[i] for i in _supporting(candidate) if i in evidence], essay.file.text)
        shown.append(ShownCandidate(student, tuple(said), key, letter, places))
    chosen = match.student
    if match.is_decided and chosen is not None and chosen.pk not in {item.student.pk for item in shown}:
        shown.append(ShownCandidate(chosen, (), str(len(shown) + 1) if len(shown) < 5 else ""))
    return shown


def _stored(reason: dict[str, Any]) -> bool:
    return reason["code"] not in _OTHER_TEXTS


def _shown(
    reason: dict[str, Any],
    evidence: Mapping[str, Evidence],
    letters: Mapping[str, str],
    essay: Essay,
    others: Sequence[str],
) -> ShownReason:
    ids = [str(key) for key in reason["evidence"] if key in evidence]
    supports: bool | None = reason["for"]
    clues = [evidence[key] for key in ids]
    text = sentence(str(reason["code"]), supports, evidence=clues, text=essay.file.text, others=others)
    seen: dict[str, str] = {}
    for key in ids:
        for letter in letters.get(key, ""):
            seen.setdefault(letter, key)
    kind = "for" if supports else "doubt" if supports is None else "against"
    return ShownReason(text, kind, _GLYPHS[kind], tuple(sorted(seen.items())))


_GLYPHS = {"for": "check", "doubt": "warning", "against": "cross"}


def _other_texts(student: Student, others: Sequence[Essay]) -> list[ShownReason]:
    if not others:
        return [ShownReason(sentence("no_other_text", supports=True), "for", "check")]
    said = f"{sentence('already_matched', supports=True)}:"
    return [ShownReason(said, "version", "duplicate", other=other) for other in others]


def search_class(batch: Batch, query: str) -> list[Student]:
    """Students of the class whose name or e-mail has `query`; accents are ignored. One statement."""
    if batch.school_class_id is None or not query.strip():
        return []
    return _fitting(Student.objects.in_class(batch.school_class_id).by_name(), query)


_ELSEWHERE = 20
"""Students of other classes shown for one search."""


def search_elsewhere(batch: Batch, query: str, viewer: User) -> list[tuple[Student, str]]:
    """Students of the class's owner in other classes that `viewer` may see, each with a class. Two statements."""
    if batch.school_class_id is None or not query.strip():
        return []
    classes = SchoolClass.objects.visible_to(viewer).filter(archived_at=None).exclude(pk=batch.school_class_id)
    enrolments = Enrolment.objects.filter(school_class__in=classes, left_at=None)
    enrolments = enrolments.exclude(student__in=Student.objects.in_class(batch.school_class_id).values("pk"))
    owner = batch.school_class.owner_id if batch.school_class else batch.owner_id
    rows = enrolments.filter(student__created_by_id=owner).order_by("-school_class_id")
    designations = dict(rows.values_list("student_id", "school_class__designation"))
    found = _fitting(Student.objects.filter(pk__in=designations).by_name(), query) if designations else []
    return [(student, designations[student.pk]) for student in found[:_ELSEWHERE]]


def _fitting(students: Iterable[Student], query: str) -> list[Student]:
    """First those with a name that begins with `query`, among them first those with the very accents."""
    wanted, folded = query.strip().casefold(), fold(query)

    def haystack(student: Student) -> str:
        return f"{student.given_name} {student.family_name} {student.preferred_name} {student.email or ''}".casefold()

    found = [s for s in students if wanted in haystack(s) or (folded and folded in fold(haystack(s)))]

    def place(student: Student) -> tuple[bool, bool]:
        words = haystack(student).split()
        begins = any(word.startswith(wanted) or (folded and fold(word).startswith(folded)) for word in words)
        return not begins, wanted not in haystack(student)

    return sorted(found, key=place)
