"""Opening a zip of essays in a process that may be killed: its list first, then one entry at a time.

The zip's bytes are as hostile as any file's: they are looked at in the same child, with the same limits, as
`files.sandbox` reads a document. Nothing comes back but a list and one entry's bytes.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from files.archives import Listed, Listing
from files.extraction.errors import CODES, ExtractionError
from files.extraction.limits import Limits
from files.extraction.zips import ZipEntry
from files.sandbox import ask

SOURCES = frozenset("canvas moodle blackboard brightspace google teams itslearning sakai gradescope plain".split())
"""The contract's words for who made a zip."""
_STATUSES = frozenset({"accepted", "ignored", "rejected"})


@dataclass(frozen=True, slots=True)
class OpenedZip:
    """A zip's files and what listing them cost. `listing.problem` says why there are none."""

    listing: Listing
    seconds: float
    max_rss_mb: float


def list_zip(path: Path, *, name: str, limits: Limits) -> OpenedZip:
    """List the zip at `path`, whose name was `name`. Never raises for what it holds.

    Raises ReaderUnavailableError where no reader process can be had.
    """
    answer = ask(path, job={"kind": "list"}, name=name, limits=limits)
    try:
        listing = _listing(answer, limits)
    except (KeyError, TypeError, ValueError):
        # Only a zip that took its reader over could answer so.
        listing = _refused("corrupt")
    return OpenedZip(listing, float(answer.get("seconds", 0.0)), float(answer.get("max_rss_mb", 0.0)))


def unpack_entry(path: Path, entry: ZipEntry, *, limits: Limits) -> bytes:
    """The bytes of one entry of the zip at `path`. Raises ExtractionError, or ReaderUnavailableError."""
    answer = ask(path, job={"kind": "entry", "entry": asdict(entry)}, name="", limits=limits)
    if answer.get("status") != "read":
        problem = answer.get("problem")
        raise ExtractionError(problem if problem in CODES else "corrupt")
    try:
        content = base64.b64decode(answer["content"], validate=True)
    except (KeyError, TypeError, binascii.Error) as error:
        raise ExtractionError("corrupt") from error
    if len(content) > limits.max_bytes:
        raise ExtractionError("file_too_large")
    return content


def _refused(problem: str) -> Listing:
    return Listing("plain", recognised=0, files=(), problem=problem)


def _listing(answer: dict[str, Any], limits: Limits) -> Listing:
    """Raises KeyError, TypeError or ValueError for an answer of another shape."""
    fields = answer.get("listing")
    if fields is None:
        problem = answer["problem"]
        return _refused(problem if problem in CODES else "corrupt")
    files = tuple(_listed(item) for item in fields["files"])
    if fields["source"] not in SOURCES or fields["problem"] not in CODES | {None} or len(files) > limits.max_entries:
        raise ValueError
    return Listing(
        fields["source"],
        recognised=int(fields["recognised"]),
        files=files,
        system=tuple(map(str, fields["system"])),
        problem=fields["problem"],
    )


def _listed(item: dict[str, Any]) -> Listed:
    if item["status"] not in _STATUSES or item["problem"] not in CODES | {None}:
        raise ValueError
    entry = item["entry"]
    numbers = {key: int(entry[key]) for key in ("index", "size", "method", "crc", "offset", "length")}
    if min(numbers.values()) < 0:
        raise ValueError
    return Listed(
        ZipEntry(path=str(entry["path"]), problem=None, **numbers),
        str(item["path"]),
        item["status"],
        problem=item["problem"],
        is_system=bool(item["is_system"]),
        sidecars=tuple((str(name), str(line)) for name, line in item["sidecars"]),
    )
