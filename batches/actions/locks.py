"""Taking locks, refusing what a lock forbids, and taking a step of the one table of steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.events import BatchStatusChanged
from batches.models import Batch, BatchFile
from batches.querysets import file_counts
from batches.steps import STEPS, may_take
from huleedu.common.audit import is_errand
from huleedu.common.errors import ActionError
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User


def lock_row(batch: Batch) -> Batch:
    """The batch's row, locked until the transaction ends. Raises ActionError `not_found` when it is gone.

    `no_key`: rows that refer to the batch can still be inserted meanwhile.
    """
    locked = Batch.objects.select_for_update(no_key=True).filter(pk=batch.pk).first()
    if locked is None:
        raise ActionError("not_found", _("The batch is not there any more."))
    return locked


def lock_unarchived(batch: Batch) -> Batch:
    """As `lock_row`, and it may change. Raises what `refuse_if_archived` raises."""
    locked = lock_row(batch)
    refuse_if_archived(locked)
    return locked


def refuse_if_archived(batch: Batch) -> None:
    """Raises ActionError `illegal_transition` for an archived batch, which can only be read."""
    if batch.status == Batch.Status.ARCHIVED:
        raise ActionError("illegal_transition", _("The batch is archived and can only be read."))


def lock_open(batch: Batch) -> Batch:
    """As `lock_row`, and its files may change. Raises ActionError `batch_locked`, saying why it is locked."""
    locked = lock_row(batch)
    refuse_if_locked(locked)
    return locked


def refuse_if_locked(batch: Batch) -> None:
    """Raises ActionError `batch_locked` with the reason."""
    if not batch.is_locked:
        return
    if batch.lock_reason == Batch.LockReason.ASSESSMENT:
        message = _("The batch is locked because its assessment has begun. Files can no longer be added or removed.")
    else:
        message = _("The batch is locked. Unlock it to add or remove files.")
    raise ActionError("batch_locked", message)


def reading_count(batch: Batch) -> int:
    """How many files are still to be read or matched."""
    rows = BatchFile.objects.filter(batch=batch, removed_at=None).aggregate(**file_counts("file__"))
    return int(rows["reading"])


def refuse_while_reading(batch: Batch) -> None:
    """Raises ActionError `still_reading` unless everything is read and matched."""
    if reading_count(batch):
        raise ActionError("still_reading", _("Files are still being read. Try again when they are done."))


def step(batch: Batch, name: str, *, actor: User | None) -> None:
    """Take a step of `batches.steps` on a locked row, with what it does to the lock; `save_step` saves it.

    Raises ActionError `illegal_transition`, or `permission_denied` where only the owner (and support staff on an
    errand) may take it.
    """
    row = STEPS[name]
    if row.who == "owner" and not is_errand() and (actor is None or actor.pk != batch.owner_id):
        raise ActionError("permission_denied", _("Only the owner can unlock the batch."))
    if not may_take(batch, name):
        raise ActionError("illegal_transition", row.refusal)
    batch.status = row.target
    batch.version += 1
    if row.lock == "open":
        batch.locked_at, batch.lock_reason, batch.locked_by = None, "", None
    elif row.lock == "assessment" or (row.lock == "teacher" and not batch.is_locked):
        batch.lock_reason = row.lock
        # Assessment takes over a teacher's lock: files have been closed since that.
        batch.locked_at, batch.locked_by = batch.locked_at or timezone.now(), batch.locked_by or actor
        batch.auto_confirm = False


def save_step(batch: Batch, *more: str) -> Batch:
    """Save what `step` changed, and the fields `more`; tell everyone who may see the batch."""
    fields = ["status", "version", "locked_at", "lock_reason", "locked_by", "auto_confirm", "updated_at", *more]
    batch.save(update_fields=fields)
    tell_status(batch)
    return batch


def tell_status(batch: Batch) -> None:
    """Say that the batch changed."""
    event = BatchStatusChanged(batch_id=batch.public_id, status=batch.status, version=batch.version)
    publish(event, audience=batch.audience())
