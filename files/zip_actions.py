"""Changing a zip of essays and its entries. Parts of another app's action, as in `files.actions`."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from files.actions import split_path
from files.archives import Listed, Listing
from files.extraction.cleaning import MASK
from files.models import EssayFile
from files.storage import Blob
from huleedu.common.actions import part


@part
def hold_zip(zip_pk: int, *, lease_token: uuid.UUID) -> EssayFile | None:
    """The zip's row, locked, its lease made longer; None when another worker has taken it over."""
    file = EssayFile.objects.select_for_update(no_key=True).filter(pk=zip_pk, lease_token=lease_token).first()
    if file is None or file.status != EssayFile.Status.READING:
        return None
    file.lease_until = Now() + timedelta(seconds=settings.READ_LEASE_SECONDS)
    file.save(update_fields=["lease_until", "updated_at"])
    return file


@part
def put_zip_back(file: EssayFile) -> None:
    """Let it wait again, as if nobody had taken it: its batch takes in no files now."""
    file.status = EssayFile.Status.STORED
    file.attempts = max(0, file.attempts - 1)
    file.lease_token = file.lease_until = None
    file.save(update_fields=["status", "attempts", "lease_token", "lease_until", "updated_at"])


@part
def end_zip(file: EssayFile, *, problem: str | None) -> None:
    """Opened to the end, or refused for a reason."""
    file.status = EssayFile.Status.REJECTED if problem else EssayFile.Status.READ
    file.problem = problem or ""
    file.lease_token = file.lease_until = None
    file.read_at = timezone.now()
    file.save(update_fields=["status", "problem", "lease_token", "lease_until", "read_at", "updated_at"])


@part
def register_entry(archive: EssayFile, listed: Listed, *, blob: Blob | None, problem: str | None) -> EssayFile:
    """The row of an entry: waiting to be read; refused where it has a problem; skipped where it is no text."""
    folder, name = split_path(f"{archive.name}/{listed.path}")
    status = EssayFile.Status.STORED
    if problem:
        status = EssayFile.Status.REJECTED
    elif blob is None:
        status = EssayFile.Status.SKIPPED
    return EssayFile.objects.create(
        owner_id=archive.owner_id,
        uploaded_by_id=archive.uploaded_by_id,
        archive=archive,
        archive_index=listed.entry.index,
        name=name,
        path=folder,
        size=blob.size if blob else listed.entry.size,
        status=status,
        problem=problem or "",
        sidecars=[list(pair) for pair in listed.sidecars],
        personnummer_removed=f"{folder}/{name}".count(MASK),
        **({"storage_key": blob.key, "sha256": blob.sha256} if blob else {}),
    )


def about_zip(listing: Listing) -> dict[str, object]:
    """What is said of a zip on its batch: who made it, how many of its files bear that out, what was left out."""
    return {
        "source": listing.source,
        "recognised": listing.recognised,
        "files": sum(listed.status == "accepted" for listed in listing.files),
        "system": sum(listed.is_system for listed in listing.files),
        "system_kinds": list(listing.system),
    }
