"""What making two students one would move. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from batches.models import EssayStudentAssociation
from classes.models import SchoolClass, Student

Association = EssayStudentAssociation


@dataclass(frozen=True, slots=True)
class Moving:
    """What `into` would get: texts by batch, classes, spellings; and which of their own fields are filled."""

    texts: list[tuple[str, int]]
    n_texts: int
    class_names: list[str]
    spellings: list[str]
    email: str
    preferred_name: str
    numbers: dict[str, str]
    lost_email: str
    """The address that nobody has after the merge, since the student who is kept has another."""


def read_merge(student: Student, *, into: Student) -> Moving:
    """Three statements."""
    mine = Association.objects.filter(student=student, status=Association.Status.CONFIRMED)
    titles = list(mine.order_by("essay__batch_id").values_list("essay__batch__title", flat=True))
    classes = SchoolClass.objects.filter(enrolments__student=student).exclude(enrolments__student=into)
    return Moving(
        texts=[(title, titles.count(title)) for title in dict.fromkeys(titles)],
        n_texts=len(titles),
        class_names=list(classes.values_list("designation", flat=True)),
        spellings=list(student.aliases.values_list("spelling", flat=True)),
        email="" if into.email else student.email or "",
        preferred_name="" if into.preferred_name else student.preferred_name,
        numbers={name: number for name, number in student.external_ids.items() if name not in into.external_ids},
        lost_email=student.email or "" if into.email else "",
    )
