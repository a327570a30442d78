"""Names that every system takes, and answers that a browser saves."""

from __future__ import annotations

import io
import tempfile
from pathlib import PurePosixPath

from django.http import FileResponse, HttpResponse
from django.utils import timezone

from batches.models import Batch
from huleedu.common.text import clean_line

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "zip": "application/zip",
}
_UNSAFE = str.maketrans(dict.fromkeys('\\/:*?"<>|', "_"))
_LONGEST = 120
"""Characters of a name within the zip; Windows takes 260 with all folders."""
_RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
"""Names that Windows keeps for devices."""


def attachment(content: bytes, batch: Batch, what: str, kind: str) -> HttpResponse:
    """`content` as a download named after the batch, what it is and today's date (RFC 6266)."""
    named = stream(io.BytesIO(content), batch, what, kind)
    response = HttpResponse(content, content_type=KINDS[kind])
    response["Content-Disposition"] = named["Content-Disposition"]
    return response


def stream(
    content: io.BytesIO | tempfile.SpooledTemporaryFile[bytes], batch: Batch, what: str, kind: str
) -> FileResponse:
    """As `attachment`, for what may be large."""
    name = f"{safe_name(batch.title)}, {what} {timezone.localdate():%Y-%m-%d}.{kind}"
    return FileResponse(content, as_attachment=True, filename=name, content_type=KINDS[kind])


def safe_name(name: str) -> str:
    """A file name for any system: nothing that leads out of the folder, hides, or names a device. Letters stay."""
    clean = clean_line(name).translate(_UNSAFE).lstrip(". ").rstrip(". ")
    path = PurePosixPath(clean or "_")
    stem, ending = path.stem[:_LONGEST], path.suffix[:20]
    return f"_{stem}{ending}" if stem.casefold() in _RESERVED else f"{stem}{ending}"


def unique(name: str, taken: set[str]) -> str:
    """`name`, with a number where it is taken already, also by another case; adds it to `taken`."""
    path, number, result = PurePosixPath(name), 1, name
    while result.casefold() in taken:
        number += 1
        result = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
    taken.add(result.casefold())
    return result
