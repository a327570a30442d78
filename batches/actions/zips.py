"""Opening a zip of essays: its entries become files of the batch, one transaction each.

Called by the worker that has the zip's lease (`batches.unpacking`), so the actor is the machine. Each step begins by
making sure of that lease and of the batch's lock; whoever has lost the lease adds nothing.
"""

from __future__ import annotations

import uuid

from django.conf import settings

from batches.actions.files import add_entry_row, count_texts
from batches.actions.matching import tell_if_all_read
from batches.actions.reading import tell_read
from batches.models import Batch, BatchFile
from files import zip_actions
from files.archives import Listed, Listing
from files.models import EssayFile
from files.storage import Blob
from huleedu.common.actions import action


@action
def begin_entries(
    zip_pk: int, *, lease_token: uuid.UUID, listing: Listing, actor: None = None
) -> tuple[Listed, ...] | None:
    """Check that the whole zip may come in, and say who made it. Returns the entries that are still to be added.

    None when there is nothing to do: another worker has the zip, its batch is locked, or it was refused just now.
    """
    batch = _lock_batch(zip_pk)
    file = zip_actions.hold_zip(zip_pk, lease_token=lease_token)
    if batch is None or file is None or _put_back(batch, file):
        return None
    there = set(file.entries.values_list("archive_index", flat=True))
    wanted = tuple(
        listed for listed in listing.files if not listed.is_system and listed.entry.index not in there
    )  # fmt: skip
    texts = [listed for listed in wanted if listed.status != "ignored"]
    size = sum(listed.entry.size for listed in texts if listed.status == "accepted")
    problem = listing.problem or _no_room(batch, files=len(texts), size=size)
    if problem:
        _end(batch, file, problem=problem)
        return None
    zips = batch.processing_metadata.setdefault("zips", {})
    zips[str(file.public_id)] = zip_actions.about_zip(listing)
    most = max(zips.values(), key=lambda one: int(one["files"]))
    batch.processing_metadata["source"] = most["source"]
    batch.save(update_fields=["processing_metadata", "updated_at"])
    return wanted


@action
def add_entry(
    zip_pk: int,
    *,
    lease_token: uuid.UUID,
    listed: Listed,
    blob: Blob | None,
    problem: str | None,
    actor: None = None,
) -> EssayFile | None:
    """Add one entry as a file of the batch and queue its reading. None when opening is to stop here."""
    batch = _lock_batch(zip_pk)
    file = zip_actions.hold_zip(zip_pk, lease_token=lease_token)
    if batch is None or file is None or _put_back(batch, file):
        return None
    if file.entries.filter(archive_index=listed.entry.index).exists():
        return None
    full = _no_room(batch, files=1, size=blob.size if blob else 0) if listed.status != "ignored" else None
    if full:
        _end(batch, file, problem=full)
        return None
    return add_entry_row(batch, file, listed=listed, blob=blob, problem=problem)


@action
def end_entries(zip_pk: int, *, lease_token: uuid.UUID, problem: str | None = None, actor: None = None) -> str | None:
    """All entries are there. Returns the zip's status; None when another worker has it, or it was deleted."""
    batch = _lock_batch(zip_pk)
    file = zip_actions.hold_zip(zip_pk, lease_token=lease_token)
    if batch is None or file is None:
        return None
    _end(batch, file, problem=problem)
    return file.status


def _lock_batch(zip_pk: int) -> Batch | None:
    """None where the batch, or the zip alone, was deleted for good while it was being opened."""
    rows = Batch.objects.filter(pk__in=BatchFile.objects.filter(file_id=zip_pk).values("batch_id"))
    return rows.select_for_update(no_key=True).first()


def _put_back(batch: Batch, file: EssayFile) -> bool:
    """A locked batch takes in no files: the zip waits until it is open again. A removed one ends where it is."""
    removed = batch.batch_files.filter(file=file, removed_at__isnull=False).exists()
    if removed or batch.is_locked:
        zip_actions.put_zip_back(file)
        tell_read(file)
    return removed or batch.is_locked


def _end(batch: Batch, file: EssayFile, *, problem: str | None) -> None:
    zip_actions.end_zip(file, problem=problem)
    tell_read(file)
    tell_if_all_read(batch)


def _no_room(batch: Batch, *, files: int, size: int) -> str | None:
    """The code for a zip with more texts than a batch holds, or more bytes than the teacher has room for."""
    if count_texts(batch) + files > settings.MAX_FILES_PER_BATCH:
        return "too_many_entries"
    if EssayFile.objects.bytes_of(batch.owner_id) + size > settings.TEACHER_QUOTA_BYTES:
        return "archive_too_large"
    return None
