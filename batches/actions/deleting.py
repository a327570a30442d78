"""Deleting for good: what was taken out of its batch long ago, and an archived batch with all that is in it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from batches.actions.locks import lock_row
from batches.models import Batch
from files.models import EssayFile, EssayFileQuerySet
from files.storage import delete_blob
from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.common.idempotency import forget_answers

if TYPE_CHECKING:
    from huleedu.accounts.models import User

logger = structlog.get_logger(__name__)

_IN_HAND = Q(status=EssayFile.Status.READING, lease_until__gte=Now())
"""A worker has it and is going to write to it."""


@action
def delete_batch(batch: Batch, *, actor: User) -> int:
    """Delete an empty batch, or an archived one with its files, texts, matches and decisions. Returns how many files.

    Raises ActionError `has_texts` for one with files that is not archived, `still_reading` while a worker has one.
    """
    batch = lock_row(batch)
    files = EssayFile.objects.filter(batch_file__batch=batch)
    if batch.status != Batch.Status.ARCHIVED and files.exists():
        raise ActionError("has_texts", _("The batch has texts. Archive it first; an archived batch can be deleted."))
    if files.filter(_IN_HAND).exists():
        raise ActionError("still_reading", _("Files are still being read. Try again when they are done."))
    audience = batch.audience()
    number = _delete(files)
    if number:
        forget_answers(audience)
    batch.delete()
    logger.info("batch_deleted", files=number)
    return number


@action
def purge_removed_files(batch: Batch, *, before: datetime, actor: None = None) -> int:
    """Delete those of a batch's files that were taken out `before`, with their texts. Returns how many.

    One that a worker has in hand waits for the next time.
    """
    batch = lock_row(batch)
    return _delete(EssayFile.objects.filter(~_IN_HAND, batch_file__batch=batch, batch_file__removed_at__lt=before))


def _delete(files: EssayFileQuerySet) -> int:
    """The rows now, the bytes after the commit: no row is ever without its bytes. No two rows share bytes."""
    rows = list(files.select_for_update(of=("self",)).only("pk", "storage_key").order_by("pk"))
    keys = [file.storage_key for file in rows]
    EssayFile.objects.filter(pk__in=[file.pk for file in rows]).delete()
    # A lambda and no partial: Django asks a robust callback that fails for its __qualname__.
    transaction.on_commit(lambda: _delete_blobs(keys), robust=True)
    return len(rows)


def _delete_blobs(keys: Iterable[UUID]) -> None:
    """What is left where this ends early belongs to no row, and goes with the next sweep of such blobs."""
    for key in keys:
        delete_blob(key)
