"""A worker's way through a zip of essays: list it, then add entry after entry, bytes first.

May end anywhere and begin again: what is there already is not added twice, and what is missing is added.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from django.core.files.base import ContentFile

from batches import actions
from files.archives import Listed, Listing
from files.extraction.errors import ExtractionError
from files.models import EssayFile
from files.reading import configured_limits
from files.storage import Blob, blob_path, delete_blob, save_blob
from files.unpacking import list_zip, unpack_entry


def open_zip(file: EssayFile, *, lease_token: uuid.UUID) -> str | None:
    """Open the zip this worker has claimed. Returns its status, None when somebody else is at it or it waits again.

    Raises OSError or ReaderUnavailableError for troubles that pass: the zip keeps its place and is opened later.
    """
    try:
        with blob_path(file.storage_key) as path:
            listing = list_zip(path, name=file.name, limits=configured_limits()).listing
            if not _add_entries(file, path, listing, lease_token=lease_token):
                file.refresh_from_db(fields=["status"])
                return EssayFile.Status.REJECTED if file.status == EssayFile.Status.REJECTED else None
    except FileNotFoundError:
        return actions.end_entries(file.pk, lease_token=lease_token, problem="corrupt", actor=None)
    return actions.end_entries(file.pk, lease_token=lease_token, actor=None)


def _add_entries(file: EssayFile, path: Path, listing: Listing, *, lease_token: uuid.UUID) -> bool:
    """Whether all of them are there now."""
    wanted = actions.begin_entries(file.pk, lease_token=lease_token, listing=listing, actor=None)
    if wanted is None:
        return False
    for listed in wanted:
        blob, problem = _store(path, listed)
        added = actions.add_entry(
            file.pk, lease_token=lease_token, listed=listed, blob=blob, problem=problem, actor=None
        )  # fmt: skip
        if added is None:
            if blob is not None:
                delete_blob(blob.key)
            return False
    return True


def _store(path: Path, listed: Listed) -> tuple[Blob | None, str | None]:
    """The entry's bytes, stored, or why there are none."""
    if listed.status != "accepted":
        return None, listed.problem
    try:
        content = unpack_entry(path, listed.entry, limits=configured_limits())
    except ExtractionError as error:
        return None, error.code
    return save_blob(ContentFile(content, name="entry")), None
