"""Adding, changing and removing students by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from classes.actions.identity import forget_imported
from classes.actions.locks import (
    audience,
    checked_names,
    lock_class,
    lock_classes_of,
    lock_students,
    tell_changed,
    unique_addresses,
)
from classes.actions.several import leave
from classes.events import StudentCreatedV1
from classes.models import Enrolment, SchoolClass, Student
from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.common.idempotency import forget_answers
from huleedu.common.once import save_once
from huleedu.observability import metrics
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User


_TAKEN = _("Another of your students has this e-mail address.")


@action
def add_student(
    school_class: SchoolClass, *, values: Mapping[str, str | None], key: UUID | None = None, actor: User
) -> Student:
    """A new student in the class: `given_name`, `family_name`, and optionally `preferred_name` and `email`.

    A form that is sent twice, with the same `key`, adds one.

    Raises ActionError `validation_error` where both names are empty, another student has the address, or the one added
    first has left the class or is protected since.
    """
    return enter_student(lock_class(school_class), values=values, key=key, actor=actor)


def enter_student(
    school_class: SchoolClass, *, values: Mapping[str, str | None], key: UUID | None = None, actor: User
) -> Student:
    """What `add_student` does to the locked class. Part of the actions that add a student."""
    student = Student(created_by_id=school_class.owner_id, **checked_names(values))
    _refuse_nameless(student)
    with unique_addresses("validation_error", _TAKEN, field="email"):
        made = save_once(student, key, same=("created_by", "given_name", "family_name", "email"))
    if key is not None and (made is not student or made.public_id != key):
        _refuse_undoing(school_class, made, key)
    if made is not student:
        return made
    Enrolment.objects.create(school_class=school_class, student=student)
    publish(
        StudentCreatedV1(student_id=student.public_id, student_email=student.email, created_by_user_id=actor.public_id),
        audience=audience(school_class),
    )
    tell_changed(school_class)
    metrics.STUDENTS_ADDED.inc()
    return student


@action
def enrol_student(school_class: SchoolClass, *, student: Student, actor: User) -> Student:
    """Put a student of the class's owner into the class, or back into it. Raises ActionError `not_found` for others."""
    school_class = lock_class(school_class)
    locked = lock_students(pk=student.pk).get(student.pk)
    if locked is None or locked.created_by_id != school_class.owner_id:
        raise ActionError("not_found", _("There is no such student."), field="student_id")
    enrolment, created = Enrolment.objects.get_or_create(school_class=school_class, student=locked)
    if not created and enrolment.left_at is not None:
        enrolment.left_at = None
        enrolment.save(update_fields=["left_at"])
    tell_changed(school_class)
    return locked


@action
def update_student(
    student: Student, *, changes: dict[str, Any], seen: Mapping[str, str] | None = None, actor: User
) -> Student:
    """Change names or address. Raises ActionError `validation_error` naming the field.

    `seen` are the values that the person has changed: what is as it was seen is left as it is now. Raises
    `version_conflict` where somebody else has changed the same since.
    """
    locked = lock_students(pk=student.pk).get(student.pk)
    if locked is None:
        raise ActionError("not_found", _("The student is not there any more."))
    _refuse_archived(locked)
    values = checked_names(changes)
    if seen is not None:
        values = {field: value for field, value in values.items() if (value or "") != seen.get(field, "")}
        if overtaken(locked, values, seen):
            raise ActionError("version_conflict", _("Somebody has changed the student meanwhile."))
    if locked.protected_identity and values.keys() & {"family_name", "preferred_name", "email"}:
        values = _alias_only(values)
    for field, value in values.items():
        _remember(locked, field, value or "")
        setattr(locked, field, value)
    _refuse_nameless(locked)
    with unique_addresses("validation_error", _TAKEN, field="email"):
        locked.save(update_fields=[*values, "replaced", "updated_at"])
    for school_class in SchoolClass.objects.filter(enrolments__student=locked):
        tell_changed(school_class)
    return locked


def overtaken(student: Student, values: Mapping[str, str | None], seen: Mapping[str, str]) -> list[str]:
    """The fields of `values` that are neither what was `seen` nor what they are to be."""
    now = {field: getattr(student, field) or "" for field in values}
    return [field for field, value in values.items() if now[field] not in (seen.get(field, ""), value or "")]


@action
def forget_number(student: Student, *, system: str, actor: User) -> Student:
    """Forget the student's number in another system. Raises ActionError `not_found` where there is none."""
    locked = lock_students(pk=student.pk).get(student.pk)
    if locked is None or system not in locked.external_ids:
        raise ActionError("not_found", _("The number is not there any more."))
    _refuse_archived(locked)
    locked.external_ids = {key: number for key, number in locked.external_ids.items() if key != system}
    locked.save(update_fields=["external_ids", "updated_at"])
    for school_class in SchoolClass.objects.filter(enrolments__student=locked):
        tell_changed(school_class)
    return locked


@action
def remove_student(school_class: SchoolClass, *, student: Student, actor: User) -> Enrolment:
    """Mark the student as having left the class. Texts and history stay; twice changes nothing."""
    school_class = lock_class(school_class)
    enrolment = Enrolment.objects.filter(school_class=school_class, student=student).first()
    if enrolment is None:
        raise ActionError("not_found", _("The student is not in this class."))
    if enrolment.left_at is None:
        leave(school_class, [enrolment], actor=actor)
        tell_changed(school_class)
    return enrolment


@action
def delete_student(student: Student, *, actor: User) -> None:
    """Remove a student who has no texts, and whatever names them. Raises ActionError `has_texts` otherwise."""
    classes = lock_classes_of(student)
    locked = Student.objects.select_for_update().filter(pk=student.pk).first()
    if locked is None:
        raise ActionError("not_found", _("The student is not there any more."))
    associations: Any = locked.associations  # the relation batches adds from above
    if associations.exists():
        raise ActionError("has_texts", _("The student has texts. Mark the student as having left instead."))
    for school_class in classes:
        tell_changed(school_class)
    forget_answers({locked.created_by_id, *(person for school_class in classes for person in audience(school_class))})
    forget_imported(locked)
    locked.delete()


def _alias_only(values: dict[str, str | None]) -> dict[str, str | None]:
    """Of a protected student there is an alias and nothing more. Raises ActionError `validation_error`."""
    for field in ("family_name", "preferred_name", "email"):
        if values.get(field):
            message = _("A student with protected identity has an alias only. End the protection first.")
            raise ActionError("validation_error", message, field=field)
    return values


def _remember(student: Student, field: str, value: str) -> None:
    """Keep what a list had said of a field that is changed by hand, and forget it when it is so again."""
    before = getattr(student, field) or ""
    if value != before:
        student.replaced.setdefault(field, before)
    if student.replaced.get(field) == value:
        del student.replaced[field]


def _refuse_undoing(school_class: SchoolClass, made: Student, key: UUID) -> None:
    """A form that comes again brings back neither who left the class since nor the name of one protected since.

    `made` has the id `key` where it is the student added first, otherwise an id of its own.
    """
    first = Student.objects.filter(public_id=key, created_by_id=school_class.owner_id)
    is_protected = first.filter(protected_identity=True).exists()
    has_left = made.public_id == key and not Student.objects.in_class(school_class.pk).filter(pk=made.pk).exists()
    if is_protected or has_left:
        raise ActionError("validation_error", _("Somebody has changed the student meanwhile."), field="given_name")


def _refuse_archived(student: Student) -> None:
    """A student whose every class is archived is read-only as they are."""
    current = Enrolment.objects.filter(student=student, left_at=None)
    open_classes = [enrolment.school_class.archived_at is None for enrolment in current.select_related("school_class")]
    if open_classes and not any(open_classes):
        raise ActionError("illegal_transition", _("The class is archived and can only be read. Put it back first."))


def _refuse_nameless(student: Student) -> None:
    if not student.given_name and not student.family_name:
        raise ActionError("validation_error", _("Give a first name or a surname."), field="given_name")
