"""The same change for several students of a class at once, as one transaction with one event."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classes.actions.locks import lock_class, tell_changed
from classes.models import Enrolment, SchoolClass
from huleedu.common.actions import action
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@action
def remove_students(school_class: SchoolClass, *, student_ids: Collection[UUID], actor: User) -> int:
    """Mark those of `student_ids` who are in the class as having left; returns how many. Texts and history stay."""
    school_class = lock_class(school_class)
    n = sum(_leave(enrolment) for enrolment in _present(school_class, student_ids))
    if n:
        tell_changed(school_class)
    return n


@action
def move_students(school_class: SchoolClass, *, student_ids: Collection[UUID], to: SchoolClass, actor: User) -> int:
    """Put those of `student_ids` who are in the class into another of the same owner; returns how many.

    Raises ActionError `not_found` for a class of another owner: a student is a teacher's own.
    """
    locked = {one.pk: lock_class(one) for one in sorted((school_class, to), key=lambda one: one.pk)}
    school_class, to = locked[school_class.pk], locked[to.pk]
    if school_class.owner_id != to.owner_id or school_class.pk == to.pk:
        raise ActionError("not_found", _("Choose another class of the same owner."), field="to")
    n = 0
    for enrolment in _present(school_class, student_ids):
        there, created = Enrolment.objects.get_or_create(school_class=to, student_id=enrolment.student_id)
        if not created and there.left_at is not None:
            there.left_at = None
            there.save(update_fields=["left_at"])
        n += _leave(enrolment)
    if n:
        tell_changed(school_class)
        tell_changed(to)
    return n


def _present(school_class: SchoolClass, student_ids: Collection[UUID]) -> QuerySet[Enrolment]:
    rows = Enrolment.objects.filter(school_class=school_class, student__public_id__in=student_ids, left_at=None)
    return rows.order_by("pk")


def _leave(enrolment: Enrolment) -> int:
    enrolment.left_at = timezone.now()
    enrolment.save(update_fields=["left_at"])
    return 1
