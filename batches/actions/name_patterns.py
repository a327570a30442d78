"""Saying where the names stand in a batch's file names, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from batches.actions.locks import lock_open, tell_status
from batches.matching.name_pattern import NamePattern
from batches.models import Batch
from batches.queue import queue_rematch
from huleedu.common.actions import action
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@action
def set_name_pattern(batch: Batch, *, pattern: NamePattern, version: int | None = None, actor: User) -> Batch:
    """Read names by `pattern` from now on; undecided texts are matched again.

    Raises ActionError `batch_locked`, and `version_conflict` where the batch changed since `version`.
    """
    return _keep(batch, pattern, version)


@action
def clear_name_pattern(batch: Batch, *, actor: User) -> Batch:
    """Read names as before; undecided texts are matched again. Raises ActionError `batch_locked`."""
    return _keep(batch, None, None)


def _keep(batch: Batch, pattern: NamePattern | None, version: int | None) -> Batch:
    batch = lock_open(batch)
    if version is not None and version != batch.version:
        raise ActionError("version_conflict", _("Somebody else changed the batch meanwhile."), current=batch)
    wanted = pattern.as_json() if pattern else None
    if batch.processing_metadata.get("name_pattern") == wanted:
        return batch
    others = {key: value for key, value in batch.processing_metadata.items() if key != "name_pattern"}
    batch.processing_metadata = {**others, "name_pattern": wanted} if wanted else others
    batch.version += 1
    batch.save(update_fields=["processing_metadata", "version", "updated_at"])
    queue_rematch(batch.pk)
    tell_status(batch)
    return batch
