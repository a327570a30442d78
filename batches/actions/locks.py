"""Taking locks and refusing what a lock forbids."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from batches.models import Batch, BatchFile
from batches.querysets import file_counts
from huleedu.common.errors import ActionError


def lock_row(batch: Batch) -> Batch:
    """The batch's row, locked until the transaction ends. Raises ActionError `not_found` when it is gone.

    `no_key`: rows that refer to the batch can still be inserted meanwhile.
    """
    locked = Batch.objects.select_for_update(no_key=True).filter(pk=batch.pk).first()
    if locked is None:
        raise ActionError("not_found", _("The batch is not there any more."))
    return locked


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


def refuse_while_reading(batch: Batch) -> None:
    """Raises ActionError `still_reading` unless everything is read and matched."""
    reading = BatchFile.objects.filter(batch=batch, removed_at=None).aggregate(**file_counts("file__"))["reading"]
    if reading:
        raise ActionError("still_reading", _("Files are still being read. Try again when they are done."))
