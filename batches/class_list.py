"""A class's students as matching needs them."""

from __future__ import annotations

from batches.matching import RosterStudent
from classes.models import Student


def students_of(school_class_pk: int | None) -> dict[str, Student]:
    """Those who have not left the class, by primary key as text. Two statements: them and their other spellings."""
    if school_class_pk is None:
        return {}
    rows = Student.objects.in_class(school_class_pk).by_name().prefetch_related("aliases")
    return {str(student.pk): student for student in rows}


def as_roster_student(student: Student) -> RosterStudent:
    """The student with names, address, numbers and taught spellings."""
    return RosterStudent(
        key=str(student.pk),
        given_name=student.given_name,
        family_name=student.family_name,
        preferred_name=student.preferred_name,
        email=student.email or "",
        external_ids=tuple(sorted((k, str(v)) for k, v in student.external_ids.items())),
        aliases=tuple(alias.spelling for alias in student.aliases.all()),
        protected=student.protected_identity,
    )
