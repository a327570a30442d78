"""Which files of a batch hold the same. Part of the actions that add files, take them out and put them back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F, QuerySet

from batches.models import Batch
from files.models import EssayFile

if TYPE_CHECKING:
    from batches.actions.files import Upload


def by_content(batch: Batch) -> dict[str, list[EssayFile]]:
    """SHA-256 to the batch's live files that have it, first one that is no copy. Without one (a zip that was taken out
    leaves its copies) it is not there.
    """
    files = EssayFile.objects.filter(batch_file__batch=batch, batch_file__removed_at=None).exclude(sha256="")
    known: dict[str, list[EssayFile]] = {}
    rows = files.only("sha256", "name", "path", "storage_key", "duplicate_of")
    for file in rows.order_by(F("duplicate_of").asc(nulls_first=True), "pk"):
        if file.duplicate_of_id is None or file.sha256 in known:
            known.setdefault(file.sha256, []).append(file)
    return known


def same_content(batch: Batch, file: EssayFile) -> QuerySet[EssayFile]:
    """The batch's other live files with the content of `file`, without copies."""
    live = EssayFile.objects.filter(batch_file__batch=batch, batch_file__removed_at=None, duplicate_of=None)
    return live.filter(sha256=file.sha256).exclude(sha256="").exclude(pk=file.pk).order_by("pk")


def too_large_files(batch: Batch) -> dict[tuple[str, str, int], EssayFile]:
    """Folder, name and size to the file that was too large to keep."""
    files = EssayFile.objects.filter(batch_file__batch=batch, batch_file__removed_at=None, problem="file_too_large")
    return {
        (file.path, file.name, file.size): file
        for file in files.filter(sha256="").only("path", "name", "size", "storage_key")
    }


def already_there(
    upload: Upload, known: dict[str, list[EssayFile]], too_large: dict[tuple[str, str, int], EssayFile]
) -> EssayFile | None:
    """The file of the same name and folder that holds what is uploaded."""
    if upload.blob is None:
        return too_large.get((upload.path, upload.name, upload.size))
    same = known.get(upload.blob.sha256, [])
    return next((file for file in same if (file.name, file.path) == (upload.name, upload.path)), None)
