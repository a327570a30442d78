"""A class's students as matching needs them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from batches.matching import RosterStudent
from classes.models import Enrolment, Student


def students_of(school_class_pk: int | None) -> dict[str, Student]:
    """Those who have not left the class, by primary key as text. Two statements: them and their other spellings."""
    if school_class_pk is None:
        return {}
    rows = Student.objects.in_class(school_class_pk).by_name().prefetch_related("aliases")
    return {str(student.pk): student for student in rows}


def students_of_classes(school_class_pks: Iterable[int]) -> dict[int, dict[str, Student]]:
    """The same of several classes, by primary key, in as many statements."""
    rows = Enrolment.objects.filter(school_class__in=school_class_pks, left_at=None).select_related("student")
    students: dict[int, dict[str, Student]] = defaultdict(dict)
    for row in rows.prefetch_related("student__aliases").order_by("pk"):
        students[row.school_class_id][str(row.student_id)] = row.student
    return students


def rosters_of(students: Mapping[int, Mapping[str, Student]]) -> dict[int, list[RosterStudent]]:
    """By class, its students as matching takes them, and those who have left it: one statement more for these."""
    gone = Enrolment.objects.filter(school_class__in=students).exclude(left_at=None).select_related("student")
    rosters = {pk: [as_roster_student(student) for student in own.values()] for pk, own in students.items()}
    for row in gone.order_by("pk"):
        student = row.student
        rosters[row.school_class_id].append(
            RosterStudent(str(student.pk), student.given_name, student.family_name, left=True)
        )
    return rosters


def roster_of(school_class_pk: int | None, students: Mapping[str, Student]) -> list[RosterStudent]:
    """The same of one class; empty without one."""
    return rosters_of({school_class_pk: students})[school_class_pk] if school_class_pk is not None else []


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
