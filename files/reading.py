"""Reading a stored file with the limits of this installation."""

from __future__ import annotations

from django.conf import settings

from files.extraction.limits import Limits
from files.models import EssayFile
from files.sandbox import ReadResult, read_file
from files.storage import blob_path


def configured_limits() -> Limits:
    """The limits of the settings `READ_*`, `MAX_FILE_BYTES` and `MAX_ZIP_BYTES`."""
    return Limits(
        max_bytes=settings.MAX_FILE_BYTES,
        max_zip_bytes=settings.MAX_ZIP_BYTES,
        max_chars=settings.READ_MAX_CHARACTERS,
        max_pages=settings.READ_MAX_PAGES,
        max_entries=settings.READ_MAX_ENTRIES,
        max_unpacked=settings.READ_MAX_UNPACKED_BYTES,
        max_ratio=settings.READ_MAX_RATIO,
        cpu_seconds=settings.READ_SECONDS,
        wall_seconds=settings.READ_SECONDS,
        memory_mb=settings.READ_MEMORY_MB,
    )


def read_stored_file(file: EssayFile) -> ReadResult:
    """Read the file's bytes in a child process. A blob that is gone gives `failed`.

    Raises OSError or ReaderUnavailableError for troubles that are not the file's and pass: it keeps its place.
    """
    try:
        with blob_path(file.storage_key) as path:
            return read_file(path, name=file.name, limits=configured_limits())
    except FileNotFoundError:
        return ReadResult("failed", "corrupt", None, None, None, seconds=0.0, max_rss_mb=0.0)
