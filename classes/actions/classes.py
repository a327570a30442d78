"""Making, changing, sharing, archiving and deleting classes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from auditlog.models import LogEntry
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classes.actions.locks import audience, lock_class, tell_changed
from classes.events import ClassChanged, ClassCreatedV1
from classes.models import (
    ClassCourse,
    ClassShare,
    CourseCode,
    Enrolment,
    SchoolClass,
    Student,
    current_school_year,
    next_school_year,
)
from huleedu.accounts.models import User as UserModel
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError, refuse_personal_number
from huleedu.common.once import save_once
from huleedu.common.text import clean_line
from huleedu.observability import metrics
from huleedu.outbox.publish import publish
from huleedu.realtime.delivery import recheck_user

if TYPE_CHECKING:
    from huleedu.accounts.models import User

_SAME = ("owner", "designation", "school_year")
"""What of a class is the same where its form is sent twice."""
_SCHOOL_YEAR = re.compile(r"([0-9]{4})/([0-9]{2})")


@action
def create_class(
    owner: User,
    *,
    designation: str,
    courses: Iterable[str] = (),
    school_year: str = "",
    auto_confirm: bool = False,
    key: UUID | None = None,
    actor: User,
) -> SchoolClass:
    """A new class of `owner`; one where the form is sent twice, with the same `key`, name and year.

    Raises ActionError `validation_error` naming the field.
    """
    school_class = SchoolClass(
        owner=owner,
        designation=_checked_designation(designation),
        school_year=_checked_year(school_year) if school_year else current_school_year(),
        auto_confirm=auto_confirm,
    )
    made = save_once(school_class, key, same=_SAME)
    if made is school_class:
        _set_courses(made, courses)
        _tell_made(made)
    return made


def _tell_made(school_class: SchoolClass) -> None:
    owner = school_class.owner
    event = ClassCreatedV1(
        class_id=school_class.public_id, teacher_user_id=owner.public_id, class_designation=school_class.designation
    )
    publish(event, audience=[owner.pk])
    metrics.CLASSES_CREATED.inc()


@action
def copy_class(
    school_class: SchoolClass,
    *,
    designation: str = "",
    school_year: str = "",
    courses: Iterable[str] | None = None,
    student_ids: Iterable[UUID] | None = None,
    key: UUID | None = None,
    actor: User,
) -> SchoolClass:
    """A class of the next school year with the same students (or those of `student_ids`). Texts are never copied.

    A form that is sent twice, with the same `key`, makes one.

    Raises ActionError `validation_error` naming the field, also for a student who is not in the class.
    """
    old = lock_class(school_class, archived_too=True)
    students = Student.objects.in_class(old)
    if student_ids is not None:
        wanted = set(student_ids)
        students = students.filter(public_id__in=wanted)
        if len(students) < len(wanted):
            raise ActionError("validation_error", _("There is no such student in the class."), field="student_ids")
    copied = SchoolClass(
        owner_id=old.owner_id,
        designation=_checked_designation(designation or old.designation),
        school_year=_checked_year(school_year or next_school_year(old.school_year)),
        auto_confirm=old.auto_confirm,
    )
    made = save_once(copied, key, same=_SAME)
    if made is not copied:
        return made
    _set_courses(made, [course.code for course in old.courses.all()] if courses is None else courses)
    enrolments = Enrolment.objects.bulk_create(Enrolment(school_class=made, student=student) for student in students)
    log_bulk(enrolments, action=LogEntry.Action.CREATE, values={"school_class": made.pk})
    _tell_made(made)
    return made


@action
def update_class(
    school_class: SchoolClass, *, changes: dict[str, Any], seen: Mapping[str, Any] | None = None, actor: User
) -> SchoolClass:
    """Change `designation`, `school_year`, `auto_confirm` or `courses`. Raises ActionError `validation_error` naming
    the field.

    `seen` are the values that the person has changed, as `settings_of` gives them: what is as it was seen is left as it
    is now. Raises `version_conflict` where somebody else has changed the same since.
    """
    school_class = lock_class(school_class)
    if seen is not None:
        now = settings_of(school_class)
        changes = {field: value for field, value in changes.items() if value != seen[field]}
        if any(now[field] not in (seen[field], value) for field, value in changes.items()):
            raise ActionError("version_conflict", _("Somebody else changed the class meanwhile."), current=school_class)
    if "designation" in changes:
        school_class.designation = _checked_designation(changes["designation"])
    if "school_year" in changes:
        school_class.school_year = _checked_year(changes["school_year"])
    school_class.auto_confirm = changes.get("auto_confirm", school_class.auto_confirm)
    school_class.save(update_fields=["designation", "school_year", "auto_confirm", "updated_at"])
    if "courses" in changes:
        _set_courses(school_class, changes["courses"])
    tell_changed(school_class)
    return school_class


def settings_of(school_class: SchoolClass) -> dict[str, Any]:
    """What `update_class` changes, as it is now; the courses by their codes, in order. One statement."""
    return {
        "designation": school_class.designation,
        "courses": [course.code for course in school_class.courses.all()],
        "school_year": school_class.school_year,
        "auto_confirm": school_class.auto_confirm,
    }


@action
def archive_class(school_class: SchoolClass, *, actor: User) -> SchoolClass:
    """Put the class away: read-only, out of the lists. Doing it twice changes nothing."""
    return _set_archived(school_class, archived=True)


@action
def restore_class(school_class: SchoolClass, *, actor: User) -> SchoolClass:
    """Take an archived class back."""
    return _set_archived(school_class, archived=False)


def _set_archived(school_class: SchoolClass, *, archived: bool) -> SchoolClass:
    school_class = lock_class(school_class, archived_too=True)
    if (school_class.archived_at is not None) != archived:
        school_class.archived_at = timezone.now() if archived else None
        school_class.save(update_fields=["archived_at", "updated_at"])
        tell_changed(school_class)
    return school_class


@action
def delete_class(school_class: SchoolClass, *, actor: User) -> None:
    """Remove a class that no batch refers to. Raises ActionError `has_texts` otherwise: archive it instead.

    Its students stay: they may be in other classes.
    """
    school_class = lock_class(school_class, archived_too=True)
    batches: Any = school_class.batches  # the relation batches adds from above
    if batches.exists():
        raise ActionError("has_texts", _("The class has batches with texts. Archive it instead."))
    tell_changed(school_class)
    school_class.delete()


@action
def share_class(school_class: SchoolClass, *, email: str, can_change: bool, actor: User) -> ClassShare:
    """Let a colleague of the owner's school read, or also change, the class and its batches.

    Any other address is a `validation_error`, which does not tell whether somebody elsewhere has it.
    """
    school_class = lock_class(school_class)
    user = UserModel.objects.filter(email__iexact=email.strip(), is_active=True, role=UserModel.Role.TEACHER).first()
    if user is not None and user.pk == school_class.owner_id:
        raise ActionError("validation_error", _("This is your own address: the class is yours already."), field="email")
    if user is None or user.school_id != school_class.owner.school_id:
        raise ActionError("validation_error", _("No colleague here has this e-mail address."), field="email")
    share, _created = ClassShare.objects.get_or_create(school_class=school_class, user=user)
    if share.can_change != can_change:
        share.can_change = can_change
        share.save(update_fields=["can_change"])
    tell_changed(school_class)
    return share


@action
def remove_share(school_class: SchoolClass, *, share: ClassShare, actor: User) -> None:
    """Take a colleague's access back; their open pages are told to look again."""
    school_class = lock_class(school_class, archived_too=True)
    everyone = audience(school_class)
    user_pk = share.user_id
    share.delete()
    publish(ClassChanged(class_id=school_class.public_id), audience=everyone)
    recheck_user(user_pk)


def _checked_designation(value: str) -> str:
    cleaned = clean_line(value or "")
    if not cleaned:
        raise ActionError("validation_error", _("Give the class a name."), field="designation")
    refuse_personal_number(cleaned, field="designation")
    if len(cleaned) > 100:
        raise ActionError("validation_error", _("The name is too long: at most 100 characters."), field="designation")
    return cleaned


def _checked_year(value: str) -> str:
    match = _SCHOOL_YEAR.fullmatch(value)
    if not match or (int(match[1]) + 1) % 100 != int(match[2]):
        raise ActionError("validation_error", _("Write the school year like 2026/27."), field="school_year")
    return value


def _set_courses(school_class: SchoolClass, courses: Iterable[str]) -> None:
    wanted = set(courses)
    if wanted - set(CourseCode.values):
        raise ActionError("validation_error", _("There is no such course."), field="courses")
    existing = {course.code: course for course in school_class.courses.all()}
    for code in sorted(wanted - existing.keys()):
        ClassCourse.objects.create(school_class=school_class, code=code)
    for code in sorted(existing.keys() - wanted):
        existing[code].delete()
