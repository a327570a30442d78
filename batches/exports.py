"""The result in a teacher's hands: a table (CSV or Excel), or the files renamed to their students."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook

from batches.models import Batch, Essay
from classes.ordering import name_key
from files.storage import CHUNK, open_blob
from huleedu.common.errors import ActionError
from huleedu.common.spreadsheet import safe_cell
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


def export_response(batch: Batch, kind: str) -> HttpResponseBase:
    """`csv`, `xlsx` or `zip`; raises ActionError `validation_error` for anything else."""
    if kind == "csv":
        return attachment(_csv(batch), batch, _("result"), kind)
    if kind == "xlsx":
        return attachment(_xlsx(batch), batch, _("result"), kind)
    if kind == "zip":
        name = _download_name(batch, _("files"), kind)
        return FileResponse(_zip(batch), as_attachment=True, filename=name, content_type=KINDS[kind])
    raise ActionError("validation_error", _("Choose csv, xlsx or zip."), field="format")


def attachment(content: bytes, batch: Batch, what: str, kind: str) -> HttpResponse:
    """`content` as a download named after the batch, what it is and today's date (RFC 6266)."""
    name = _download_name(batch, what, kind)
    stream = FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=KINDS[kind])
    response = HttpResponse(content, content_type=KINDS[kind])
    response["Content-Disposition"] = stream["Content-Disposition"]
    return response


def _download_name(batch: Batch, what: str, kind: str) -> str:
    return f"{_safe_name(batch.title)}, {what} {timezone.localdate():%Y-%m-%d}.{kind}"


def _essays(batch: Batch) -> list[Essay]:
    """By student, as the class list is sorted; texts of nobody last, in the order they came."""
    essays = list(Essay.objects.live().filter(batch=batch).with_match().order_by("pk"))
    return sorted(essays, key=_place)


def _place(essay: Essay) -> tuple[bool, tuple[str, ...]]:
    match = essay.association
    if not match.is_decided or match.student is None:
        return True, ()
    return False, name_key(match.student.given_name, match.student.family_name)


def _table(batch: Batch) -> Iterator[list[Any]]:
    """A heading, then a row for each text. Undecided texts have no student."""
    yield [_("Surname"), _("First name"), _("School e-mail"), _("File"), _("State"), _("Words")]
    for essay in _essays(batch):
        match = essay.association
        student = match.student if match.is_decided else None
        texts = [
            student.family_name if student else "",
            student.given_name if student else "",
            (student.email or "") if student else "",
            essay.file.name,
            match.get_status_display(),
        ]
        yield [*(safe_cell(text) for text in texts), essay.file.words]


def _csv(batch: Batch) -> bytes:
    """Semicolons and a byte order mark, as a Swedish Excel opens it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(_table(batch))
    return out.getvalue().encode("utf-8-sig")


def _xlsx(batch: Batch) -> bytes:
    """The same table. Texts are written as text: what looks like a formula stays as it is."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Texts"))
    for row in _table(batch):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _zip(batch: Batch) -> tempfile.SpooledTemporaryFile[bytes]:
    """Each file under its student's name; undecided ones and those of nobody in a folder of their own.

    A text that a person pasted goes in as text: it is what counts, the file could not be read. A file whose bytes are
    gone is left out rather than lose the others.
    """
    spool: tempfile.SpooledTemporaryFile[bytes] = tempfile.SpooledTemporaryFile(max_size=10_000_000)  # noqa: SIM115
    taken: set[str] = set()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        for essay, name in _named(batch):
            if essay.file.is_pasted:
                archive.writestr(_unique(f"{PurePosixPath(name).with_suffix('.txt')}", taken), essay.file.text)
                continue
            try:
                source = open_blob(essay.file.storage_key)
            except OSError:
                continue
            with source, archive.open(_unique(name, taken), "w") as target:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
    spool.seek(0)
    return spool


def _named(batch: Batch) -> Iterator[tuple[Essay, str]]:
    for essay in _essays(batch):
        match, original = essay.association, _safe_name(essay.file.name)
        if match.status == match.Status.CONFIRMED and match.student:
            ending = PurePosixPath(original).suffix
            person = " ".join(filter(None, (match.student.family_name, match.student.given_name)))
            yield essay, f"{_safe_name(person)}{ending}"
        else:
            folder = _("Not in this class") if match.is_decided else _("Undecided")
            yield essay, f"{_safe_name(folder)}/{original}"


def _safe_name(name: str) -> str:
    """A file name for any system: nothing that leads out of the folder, hides, or names a device. Letters stay."""
    clean = clean_line(name).translate(_UNSAFE).lstrip(". ").rstrip(". ")
    path = PurePosixPath(clean or "_")
    stem, ending = path.stem[:_LONGEST], path.suffix[:20]
    return f"_{stem}{ending}" if stem.casefold() in _RESERVED else f"{stem}{ending}"


def _unique(name: str, taken: set[str]) -> str:
    path, number, result = PurePosixPath(name), 1, name
    while result.casefold() in taken:
        number += 1
        result = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
    taken.add(result.casefold())
    return result
