"""Two students who are one person."""

from __future__ import annotations

from auditlog.models import LogEntry

from classes.models import Enrolment, SchoolClass, Student
from huleedu.common.actions import part
from huleedu.common.audit import log_bulk


@part
def merge_student(student: Student, *, into: Student) -> list[SchoolClass]:
    """Give `into` the classes, spellings, numbers and what else it lacks of `student`, who is then gone.

    The caller holds both locks and has moved what it knows of. Returns the classes that changed.
    """
    classes = list(SchoolClass.objects.filter(enrolments__student__in=[student, into]).distinct())
    _move_enrolments(student, into)
    known = {alias.spelling.casefold() for alias in into.aliases.all()}
    for alias in student.aliases.all():
        if alias.spelling.casefold() not in known:
            alias.student = into
            alias.save(update_fields=["student", "updated_at"])
    email = student.email
    student.delete()
    into.email = into.email or email
    into.preferred_name = into.preferred_name or student.preferred_name
    into.external_ids = {**student.external_ids, **into.external_ids}
    into.save()
    return classes


def _move_enrolments(student: Student, into: Student) -> None:
    """Where both are in a class, the student has left it only if both have."""
    kept = {enrolment.school_class_id: enrolment for enrolment in Enrolment.objects.filter(student=into)}
    moved, changed = [], []
    for enrolment in Enrolment.objects.filter(student=student):
        own = kept.get(enrolment.school_class_id)
        if own is None:
            enrolment.student = into
            moved.append(enrolment)
        elif own.left_at is not None and (enrolment.left_at is None or enrolment.left_at > own.left_at):
            own.left_at = enrolment.left_at
            changed.append(own)
    Enrolment.objects.bulk_update(moved, ["student"])
    Enrolment.objects.bulk_update(changed, ["left_at"])
    log_bulk([*moved, *changed], action=LogEntry.Action.UPDATE, changed=["student", "left_at"])
