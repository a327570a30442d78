"""Where bytes are kept: written whole or not at all, under a random key, never changed."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.temp import NamedTemporaryFile

CHUNK = 1 << 20
"""Bytes copied at a time."""
INCOMING = ".incoming-"
"""Beginning of the name of a file that is still being written."""


class BlobStorage(FileSystemStorage):
    """Files on disk that survive a power cut: temp file, fsync, rename, fsync of the folder."""

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        self._make_folder(target.parent)
        with NamedTemporaryFile(dir=target.parent, prefix=INCOMING, delete=False) as temporary:
            try:
                for chunk in content.chunks(CHUNK):
                    temporary.write(chunk)
                temporary.flush()
                os.fsync(temporary.fileno())
                Path(temporary.name).rename(target)
            except BaseException:
                Path(temporary.name).unlink(missing_ok=True)
                raise
        self._sync_folder(target.parent)
        return name

    def _make_folder(self, folder: Path) -> None:
        """Make `folder` and write down in each one above it that it is there."""
        missing = [parent for parent in (folder, *folder.parents) if not parent.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for parent in {made.parent for made in missing}:
            self._sync_folder(parent)

    def remove_incoming(self, *, before: float) -> int:
        """Remove what uploads that never ended left behind, last changed `before` (seconds since the epoch)."""
        removed = 0
        for left in Path(self.location).glob(f"*/{INCOMING}*"):
            with suppress(FileNotFoundError):
                if left.stat().st_mtime < before:
                    left.unlink()
                    removed += 1
        return removed

    @staticmethod
    def _sync_folder(folder: Path) -> None:
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that are safely stored and not yet anybody's."""

    key: uuid.UUID
    sha256: str
    size: int


def blob_name(key: uuid.UUID) -> str:
    """`ab/abcd….bin`: 256 folders keep each one small."""
    return f"{key.hex[:2]}/{key.hex}.bin"


def save_blob(content: File[Any]) -> Blob:
    """Store `content` in chunks and return its key, SHA-256 and size in bytes. Raises OSError when the disk refuses.

    Called before the transaction that makes the row: a blob without a row is swept after an hour, a row without a
    blob would be a lost essay.
    """
    key = uuid.uuid4()
    digest = hashlib.sha256()
    size = 0
    for chunk in content.chunks(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    content.seek(0)
    default_storage.save(blob_name(key), content)
    return Blob(key=key, sha256=digest.hexdigest(), size=size)


def delete_blob(key: uuid.UUID) -> None:
    """Remove a blob that never got a row. Nothing happens where it is gone already."""
    default_storage.delete(blob_name(key))


def open_blob(key: uuid.UUID) -> IO[bytes]:
    """The stored bytes, for download. Raises FileNotFoundError."""
    handle: Any = default_storage.open(blob_name(key), "rb")
    return handle  # type: ignore[no-any-return]


@contextmanager
def blob_path(key: uuid.UUID) -> Iterator[Path]:
    """A path on this machine to read the bytes from: the file itself, or a copy where the storage is elsewhere."""
    try:
        yield Path(default_storage.path(blob_name(key)))
        return
    except NotImplementedError:
        pass
    with NamedTemporaryFile(prefix="huleedu-") as copy:
        with open_blob(key) as source:
            while chunk := source.read(CHUNK):
                copy.write(chunk)
        copy.flush()
        yield Path(copy.name)


def stored_keys() -> Iterator[tuple[uuid.UUID, float]]:
    """Every stored key and when it was written, in seconds since the epoch. Anything else is passed by."""
    folders, _files = default_storage.listdir("") if default_storage.exists("") else ([], [])
    for folder in folders:
        _folders, names = default_storage.listdir(folder)
        for name in names:
            # A file may go while we look.
            with suppress(ValueError, FileNotFoundError):
                key = uuid.UUID(name.removesuffix(".bin"))
                yield key, default_storage.get_modified_time(f"{folder}/{name}").timestamp()
