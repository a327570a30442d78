"""From whom no text is expected. A lock does not forbid it, since it changes no text; the archive does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from batches.actions.locks import lock_unarchived
from batches.events import BatchExpectationChanged
from batches.models import Batch, Excuse
from classes.actions.identity import lock_student
from classes.models import Student
from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@action
def excuse_student(batch: Batch, *, student: Student, actor: User) -> None:
    """Expect no text from the student.

    Raises ActionError `not_found` for one outside the class, and `illegal_transition` for an archived batch.
    """
    lock_student(student)
    batch = lock_unarchived(batch)
    if not batch.school_class_id or not Student.objects.in_class(batch.school_class_id).filter(pk=student.pk).exists():
        raise ActionError("not_found", _("The student is not in the batch's class."))
    _row, created = Excuse.objects.get_or_create(batch=batch, student=student, defaults={"excused_by": actor})
    if created:
        _tell(batch, student)


@action
def expect_student(batch: Batch, *, student: Student, actor: User) -> None:
    """Expect a text from the student again. Raises ActionError `illegal_transition` for an archived batch."""
    batch = lock_unarchived(batch)
    row = Excuse.objects.filter(batch=batch, student=student).first()
    if row is not None:
        row.delete()
        _tell(batch, student)


def _tell(batch: Batch, student: Student) -> None:
    event = BatchExpectationChanged(batch_id=batch.public_id, student_id=student.public_id)
    publish(event, audience=batch.audience())
