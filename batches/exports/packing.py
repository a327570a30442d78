"""A zip of files as it is given out: made on disk where it is large, without the files whose bytes are gone."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

from django.utils import timezone

from files.models import EssayFile
from files.storage import CHUNK, open_blob

Spool = tempfile.SpooledTemporaryFile[bytes]
IN_MEMORY = 10_000_000
"""Bytes; a larger zip goes to the disk."""

PACKED = frozenset({"docx", "odt", "pages", "pdf", "zip"})
"""Types of files that are packed by themselves."""


@contextmanager
def packing() -> Iterator[tuple[Spool, zipfile.ZipFile]]:
    """The zip to fill, and what it is written to: to be read from the start once the block has ended."""
    spool: Spool = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115  (the answer closes it)
    try:
        with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
            yield spool, archive
        spool.seek(0)
    except BaseException:
        spool.close()
        raise


def add_original(archive: zipfile.ZipFile, file: EssayFile, name: str) -> None:
    """The file as it was handed in, as `name`. One whose bytes are gone is left out rather than lose the others."""
    try:
        source = open_blob(file.storage_key)
    except OSError:
        return
    inside = zipfile.ZipInfo(name, date_time=timezone.localtime().timetuple()[:6])
    # What is packed by itself gets hardly smaller, and packing it takes a web thread's time.
    inside.compress_type = zipfile.ZIP_STORED if file.detected_type in PACKED else zipfile.ZIP_DEFLATED
    with source, archive.open(inside, "w") as target:
        while chunk := source.read(CHUNK):
            target.write(chunk)
