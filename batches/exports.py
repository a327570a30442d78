"""The result in a teacher's hands: a CSV table, or the files renamed to their students."""

from __future__ import annotations

import csv
import io
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath

from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _

from batches.models import Batch, Essay
from files.storage import CHUNK, open_blob
from huleedu.common.errors import ActionError
from huleedu.common.spreadsheet import safe_cell

_UNSAFE = str.maketrans(dict.fromkeys('\\/:*?"<>|', "_"))


def export_response(batch: Batch, kind: str) -> HttpResponseBase:
    """`csv` or `zip`; raises ActionError `validation_error` for anything else."""
    if kind == "csv":
        response = HttpResponse(_csv(batch), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="batch.csv"'
        return response
    if kind == "zip":
        return FileResponse(_zip(batch), as_attachment=True, filename="batch.zip", content_type="application/zip")
    raise ActionError("validation_error", _("Choose csv or zip."), field="format")


def _essays(batch: Batch) -> list[Essay]:
    return list(Essay.objects.live().filter(batch=batch).with_match().order_by("pk"))


def _csv(batch: Batch) -> bytes:
    """Semicolons and a byte order mark, as a Swedish Excel opens it. Undecided texts have no student."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([_("Surname"), _("First name"), _("School e-mail"), _("File"), _("State"), _("Words")])
    for essay in _essays(batch):
        match = essay.association
        student = match.student if match.is_decided else None
        row = [
            student.family_name if student else "",
            student.given_name if student else "",
            (student.email or "") if student else "",
            essay.file.name,
            match.get_status_display(),
            str(essay.file.words),
        ]
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")


def _zip(batch: Batch) -> tempfile.SpooledTemporaryFile[bytes]:
    """Each file under its student's name; undecided ones and those of nobody in a folder of their own."""
    spool: tempfile.SpooledTemporaryFile[bytes] = tempfile.SpooledTemporaryFile(max_size=10_000_000)  # noqa: SIM115
    taken: set[str] = set()
    with zipfile.ZipFile(spool, "w", zipfile.ZIP_DEFLATED) as archive:
        for essay, name in _named(batch):
            with archive.open(_unique(name, taken), "w") as target, open_blob(essay.file.storage_key) as source:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
    spool.seek(0)
    return spool


def _named(batch: Batch) -> Iterator[tuple[Essay, str]]:
    for essay in _essays(batch):
        match, original = essay.association, essay.file.name.translate(_UNSAFE)
        if match.status == match.Status.CONFIRMED and match.student:
            ending = PurePosixPath(original).suffix
            person = " ".join(filter(None, (match.student.family_name, match.student.given_name)))
            yield essay, f"{person.translate(_UNSAFE)}{ending}"
        else:
            folder = _("Not in this class") if match.is_decided else _("Undecided")
            yield essay, f"{folder}/{original}"


def _unique(name: str, taken: set[str]) -> str:
    path, number, result = PurePosixPath(name), 1, name
    while result.casefold() in taken:
        number += 1
        result = str(path.with_name(f"{path.stem} ({number}){path.suffix}"))
    taken.add(result.casefold())
    return result
