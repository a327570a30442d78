"""Giving a batch its class after it was made. Part of `update_batch`, which holds the batch's lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auditlog.models import LogEntry
from django.conf import settings
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from batches.actions.locks import refuse_if_locked
from batches.models import Batch, EssayStudentAssociation
from batches.queue import queue_rematch
from classes.actions.locks import lock_class
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User


def change_class(batch: Batch, school_class: SchoolClass | None, *, actor: User) -> list[str]:
    """Set another class, its course and, in a colleague's class, its owner; returns the fields for the caller to save.

    Undecided texts are matched again. Raises ActionError `batch_locked`; `has_decisions` where texts were decided for
    the class that it had or by another owner's students; `permission_denied` where somebody else would hand the batch
    to another owner; `quota_exceeded` where that owner has no room for its files.
    """
    if batch.school_class_id == (school_class.pk if school_class else None):
        return []
    refuse_if_locked(batch)
    if school_class is not None:
        school_class = lock_class(school_class)
    owner = school_class.owner if school_class else batch.owner
    if batch.school_class_id is not None or owner != batch.owner:
        _refuse_decided(batch)
    if owner != batch.owner:
        _hand_over(batch, owner, actor=actor)
    batch.school_class = school_class
    codes = list(school_class.courses.values_list("code", flat=True)) if school_class else []
    if batch.course_code not in codes:
        batch.course_code = codes[0] if len(codes) == 1 else ""
    queue_rematch(batch.pk)
    return ["school_class", "course_code", "owner"]


def _refuse_decided(batch: Batch) -> None:
    matches = EssayStudentAssociation.objects.filter(essay__batch=batch, essay__removed_at=None)
    if matches.exclude(status=EssayStudentAssociation.Status.UNDECIDED).exists():
        message = _("Texts of the batch have been decided already. Take those decisions back to change its class.")
        raise ActionError("has_decisions", message, field="class_id")


def _hand_over(batch: Batch, owner: User, *, actor: User) -> None:
    """As a new one, a batch in a colleague's class is the colleague's, and so are its files."""
    if batch.owner_id != actor.pk:
        raise ActionError("permission_denied", _("Only the owner can move the batch to another teacher's class."))
    files = EssayFile.objects.filter(batch_file__batch=batch)
    size = files.exclude(sha256="").aggregate(size=Sum("size"))["size"] or 0
    if EssayFile.objects.bytes_of(owner) + size > settings.TEACHER_QUOTA_BYTES:
        raise ActionError("quota_exceeded", _("The owner of the class has no room left for the files."))
    log_bulk(list(files.only("public_id")), action=LogEntry.Action.UPDATE, values={"owner": owner.pk})
    EssayFile.objects.filter(batch_file__batch=batch).update(owner=owner)
    batch.owner = owner
