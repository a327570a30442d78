"""The same change for several students of a class at once, as one transaction with one event; and taking it back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classes.actions.locks import lock_class, tell_changed
from classes.models import Enrolment, Leaving, SchoolClass, Student
from huleedu.common.actions import action
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@action
def remove_students(school_class: SchoolClass, *, student_ids: Collection[UUID], actor: User) -> Leaving | None:
    """Mark those of `student_ids` who are in the class as having left. Texts and history stay.

    Returns what taking it back needs; None where nobody of them was in the class.
    """
    school_class = lock_class(school_class)
    enrolments = _present(school_class, student_ids)
    if not enrolments:
        return None
    leaving = leave(school_class, enrolments, actor=actor)
    tell_changed(school_class)
    return leaving


@action
def move_students(
    school_class: SchoolClass, *, student_ids: Collection[UUID], to: SchoolClass, actor: User
) -> Leaving | None:
    """Put those of `student_ids` who are in the class into another of the same owner; returns as `remove_students`.

    Raises ActionError `not_found` for a class of another owner: a student is a teacher's own.
    """
    locked = {one.pk: lock_class(one) for one in sorted((school_class, to), key=lambda one: one.pk)}
    school_class, to = locked[school_class.pk], locked[to.pk]
    if school_class.owner_id != to.owner_id or school_class.pk == to.pk:
        raise ActionError("not_found", _("Choose another class of the same owner."), field="to")
    enrolments = _present(school_class, student_ids)
    if not enrolments:
        return None
    before: dict[str, str | None] = {}
    for enrolment in enrolments:
        there, created = Enrolment.objects.get_or_create(school_class=to, student_id=enrolment.student_id)
        if created:
            before[str(there.pk)] = None
        elif there.left_at is not None:
            before[str(there.pk)] = there.left_at.isoformat()
            _set_left(there, None)
    leaving = leave(school_class, enrolments, to=to, there=before, actor=actor)
    tell_changed(school_class)
    tell_changed(to)
    return leaving


@action
def undo_leaving(leaving: Leaving, *, actor: User) -> int:
    """Put those back who left together, if nobody has changed that since; returns how many. A second time none.

    Who was moved leaves the other class as they came: who was new there was never in it, unless a text is theirs there.
    """
    both = filter(None, (leaving.school_class, leaving.moved_to))
    classes = [lock_class(one) for one in sorted(both, key=lambda one: one.pk)]
    locked = Leaving.objects.select_for_update(no_key=True).filter(pk=leaving.pk).first()
    if locked is None:
        raise ActionError("not_undoable", _("It is more than 30 days ago and cannot be undone."))
    if locked.undone_at is not None:
        return 0
    undo = locked.undo
    ended = Enrolment.objects.filter(pk__in=undo["left"], left_at=datetime.fromisoformat(undo["at"])).order_by("pk")
    back = [_set_left(enrolment, None) for enrolment in ended]
    students = {enrolment.student_id for enrolment in back}
    for there in Enrolment.objects.filter(pk__in=undo["there"], student__in=students, left_at=None).order_by("pk"):
        _leave_again(there, undo["there"][str(there.pk)])
    locked.undone_at = timezone.now()
    locked.save(update_fields=["undone_at", "updated_at"])
    for school_class in classes:
        tell_changed(school_class)
    return len(back)


def leave(
    school_class: SchoolClass,
    enrolments: Sequence[Enrolment],
    *,
    actor: User,
    to: SchoolClass | None = None,
    there: dict[str, str | None] | None = None,
) -> Leaving:
    """End the enrolments now; part of an action that holds the class's lock and tells."""
    now = timezone.now()
    for enrolment in enrolments:
        _set_left(enrolment, now)
    undo: dict[str, Any] = {"at": now.isoformat(), "left": [one.pk for one in enrolments], "there": there or {}}
    return Leaving.objects.create(school_class=school_class, moved_to=to, made_by=actor, undo=undo)


def _present(school_class: SchoolClass, student_ids: Collection[UUID]) -> list[Enrolment]:
    rows = Enrolment.objects.filter(school_class=school_class, student__public_id__in=student_ids, left_at=None)
    return list(rows.order_by("pk"))


def _set_left(enrolment: Enrolment, when: datetime | None) -> Enrolment:
    enrolment.left_at = when
    enrolment.save(update_fields=["left_at"])
    return enrolment


def _leave_again(there: Enrolment, before: str | None) -> None:
    if before is not None:
        _set_left(there, datetime.fromisoformat(before))
        return
    # The relation batches adds from above.
    texts = Student.objects.filter(pk=there.student_id, associations__essay__batch__school_class=there.school_class_id)
    if texts.exists():
        _set_left(there, timezone.now())
    else:
        there.delete()
