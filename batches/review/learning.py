"""What a decision can teach: the spelling in the file, offered once, beside the next text."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from batches.class_list import as_roster_student, students_of
from batches.matching.spellings import says, spelling_to_learn
from batches.models import Batch, Essay, EssayStudentAssociation
from classes.models import Student
from files.evidence import Evidence

Certainty, Status = EssayStudentAssociation.Certainty, EssayStudentAssociation.Status
MOST_TEXTS = 3
"""Texts of one batch that may say the same: versions of one student's. More say what a task or a folder is called."""


@dataclass(frozen=True, slots=True)
class Offer:
    """`Remember “Emil A B” as Emil Andersson Berg?`"""

    text_id: UUID
    student: Student
    spelling: str
    place: str


def read_offer(batch: Batch, text_id: UUID | None) -> Offer | None:
    """What the confirmed text teaches; None where nothing, and never of a protected student."""
    if text_id is None:
        return None
    rows = Essay.objects.live().filter(batch=batch, public_id=text_id, association__status=Status.CONFIRMED)
    essay = rows.select_related("file", "association__student").defer("file__text").first()
    student = essay.association.student if essay else None
    if essay is None or student is None or student.protected_identity:
        return None
    students = students_of(batch.school_class_id)
    student = students.pop(str(student.pk), None)
    if student is None:
        return None
    others = [as_roster_student(other) for other in students.values()]
    found = spelling_to_learn(essay.file.document_evidence(), as_roster_student(student), others)
    if found is None or _is_said_of_others(found, essay, student):
        return None
    return Offer(essay.public_id, student, found.text, found.place)


def _is_said_of_others(span: Evidence, essay: Essay, student: Student) -> bool:
    """Whether the words tell no student: somebody else's text has them in the same place, or many have."""
    rows = (
        Essay.objects.live().filter(batch_id=essay.batch_id).select_related("file", "association").defer("file__text")
    )
    alike = [row for row in rows if says(row.file.document_evidence(), span)]
    return len(alike) > MOST_TEXTS or any(
        row.association.student_id != student.pk
        and (row.association.is_decided or row.association.certainty == Certainty.CERTAIN)
        for row in alike
    )
