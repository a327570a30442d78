"""Receiving files at either door: check the names and sizes, store the bytes, then add the rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from batches import actions
from batches.actions.files import Upload
from batches.models import Batch
from files.actions import UNNAMED, size_limit, split_path
from files.models import EssayFile
from files.storage import delete_blob, save_blob
from files.zip_detection import is_zip
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User

MAX_DIGITS = 11
"""Of a file's size in bytes, as a browser tells it: just below 100 GB, more than any document."""


def receive_files(
    batch: Batch,
    *,
    files: Sequence[UploadedFile],
    paths: Sequence[str] = (),
    replaced: EssayFile | None = None,
    dropped: bool = False,
    actor: User,
) -> list[EssayFile]:
    """Store `files` and add them to the batch. `paths` holds a dropped folder's relative path per file, same order.

    A file that is too large gets a row that says so and the others go on; where all are too large, raises ActionError
    `file_too_large`. Raises also `validation_error`, and what `actions.add_files` raises; then nothing is kept.

    `dropped`: by a person on a page, whose list holds everything that was dropped. A file that is there already (same
    folder, name and bytes) is answered with its row and gets no second one: a teacher who drops a folder again, or a
    browser that sends again, means the same files. One that is too large has its row also where all are.
    """
    if not files:
        raise ActionError("validation_error", _("Choose at least one file."), field="files")
    if paths and len(paths) != len(files):
        raise ActionError("validation_error", _("Give one path for each file."), field="paths")
    too_large = [file for file in files if (file.size or 0) > _limit(file)]
    if len(too_large) == len(files) and not dropped:
        raise _too_large(too_large[0])
    if batch.is_locked or len(files) > settings.MAX_FILES_PER_BATCH:
        # Refused under the lock as well; asked here first so that no bytes are written in vain.
        return actions.add_files(batch, uploads=[_refused(file, "") for file in files], actor=actor)
    uploads: list[Upload] = []
    try:
        for index, file in enumerate(files):
            uploads.append(_store(file, paths[index] if paths else ""))
        added = actions.add_files(batch, uploads=uploads, replaced=replaced, skip_known=dropped, actor=actor)
    except BaseException:
        _discard(uploads)
        raise
    kept = {file.storage_key for file in added}
    _discard([upload for upload in uploads if upload.blob and upload.blob.key not in kept])
    return added


def note_too_large(batch: Batch, *, paths: Sequence[str], sizes: Sequence[str], actor: User) -> list[EssayFile]:
    """Rows of files that a browser did not send, since it knew them to be too large: name with folders, and bytes.

    One that is there already is answered with its row. Raises ActionError `validation_error` about `too_large` where a
    size is no number, within the limit or past belief, about `paths` where a name is missing, and what
    `actions.add_files` raises.
    """
    if len(paths) != len(sizes):
        raise ActionError("validation_error", _("Give one path for each file."), field="paths")
    uploads: list[Upload] = []
    for path, size in zip(paths, sizes, strict=True):
        folder, name = split_path(path)
        if name == UNNAMED and UNNAMED not in path:
            raise ActionError("validation_error", _("Give one path for each file."), field="paths")
        zipped = name.lower().endswith(".zip")
        n_bytes = int(size) if size.isascii() and size.isdigit() and len(size) <= MAX_DIGITS else 0
        if n_bytes <= size_limit(is_zip=zipped):
            raise ActionError(
                "validation_error", _("That is not the size of a file that is too large."), field="too_large"
            )
        uploads.append(Upload(blob=None, name=name, path=folder, size=n_bytes, is_zip=zipped))
    return actions.add_files(batch, uploads=uploads, skip_known=True, actor=actor)


def _discard(uploads: Sequence[Upload]) -> None:
    for upload in uploads:
        if upload.blob is not None:
            delete_blob(upload.blob.key)


def _store(file: UploadedFile, path: str) -> Upload:
    if (file.size or 0) > _limit(file):
        return _refused(file, path)
    folder, name = split_path(path or file.name or "")
    blob = save_blob(file)
    return Upload(blob=blob, name=name, path=folder, size=blob.size, is_zip=_is_zip(file))


def _refused(file: UploadedFile, path: str) -> Upload:
    folder, name = split_path(path or file.name or "")
    return Upload(blob=None, name=name, path=folder, size=file.size or 0, is_zip=_is_zip(file))


def _limit(file: UploadedFile) -> int:
    """Bytes the file may have."""
    return size_limit(is_zip=_is_zip(file))


def _is_zip(file: UploadedFile) -> bool:
    return is_zip(split_path(file.name or "")[1], file)


def _too_large(file: UploadedFile) -> ActionError:
    _folder, name = split_path(file.name or "")
    megabytes = _limit(file) // 1_000_000
    message = _("{name} is too large: at most {limit} MB. Pictures in the document are often the cause.")
    return ActionError("file_too_large", message.format(name=name, limit=megabytes), field="files")
