"""What a child does with a zip: list it, or unpack one entry. Answers are JSON, as those of reading are."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import asdict
from typing import Any

from files.archives import Listing, sort_out
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.zips import ZipEntry, read_directory, unpack
from files.sidecars import MAX_BYTES

_OTHER_KINDS = frozenset({"[content_types].xml", "mimetype"})
"""Entries that make a zip something else: a Word file, an OpenDocument file, a book."""


def warm_up() -> None:
    """List and unpack a zip with all that is looked into: a child can import nothing any more."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Öberg - Essay.txt", "text")
        archive.writestr("Berg - Essay.txt", "text")
        archive.writestr("grades.csv", "ID;Student\n1;Öberg\n")
        archive.writestr("submission_metadata.yml", 'submission_1:\n  :submitters:\n  - :name: "Öberg"\n')
        archive.writestr("E_berg_attempt_2026-01-01-10-10-10.txt", "Name: Alva Berg (berg)\n")
    for name in ("sample.zip", "drive-download-1.zip"):
        list_zip(made.getvalue(), name=name, limits=Limits())


def list_zip(data: bytes, *, name: str, limits: Limits) -> dict[str, Any]:
    """The files of the zip, sorted out. Raises ExtractionError where it is to be refused as a whole."""
    entries = read_directory(data, limits=limits)
    if any(entry.path.casefold() in _OTHER_KINDS for entry in entries):
        raise ExtractionError("type_mismatch")
    left = limits.max_unpacked

    def read(entry: ZipEntry) -> bytes:
        nonlocal left
        if entry.size > min(MAX_BYTES, left):
            return b""
        left -= entry.size
        try:
            return unpack(data[entry.offset : entry.offset + entry.length], entry, limits=limits)
        except ExtractionError:
            return b""

    return _as_json(sort_out(entries, zip_name=name, read=read))


def _as_json(listing: Listing) -> dict[str, Any]:
    """What `files.unpacking` makes a `Listing` of again."""
    return {"status": "rejected" if listing.problem else "read", "problem": listing.problem, "listing": asdict(listing)}


def unpack_entry(data: bytes, *, entry: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """The entry's bytes; `data` is its part of the archive. Raises ExtractionError."""
    content = unpack(data, ZipEntry(**entry), limits=limits)
    return {"status": "read", "problem": None, "content": base64.b64encode(content).decode("ascii")}
