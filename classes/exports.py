"""A class list in a teacher's hands: CSV or Excel, as it can be imported again without changing anything."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator
from uuid import UUID

from django.http import FileResponse, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from classes.models import SchoolClass, Student
from classes.rosters.headings import EXTERNAL
from huleedu.common.errors import ActionError
from huleedu.common.spreadsheet import safe_cell

KINDS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_UNSAFE = re.compile(r'[\\/:*?"<>|]')


def export_class(school_class: SchoolClass, kind: str, *, only: Collection[UUID] | None = None) -> HttpResponse:
    """The class list, or `only` some of it, as `csv` or `xlsx`. One statement.

    Raises ActionError `validation_error` for another kind.
    """
    if kind not in KINDS:
        raise ActionError("validation_error", _("Choose csv or xlsx."), field="format")
    table = list(_table(school_class, only))
    content = _csv(table) if kind == "csv" else _xlsx(table)
    name = f"{_UNSAFE.sub('_', school_class.designation)} {timezone.localdate():%Y-%m-%d}.{kind}"
    stream = FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=KINDS[kind])
    response = HttpResponse(content, content_type=KINDS[kind])
    response["Content-Disposition"] = stream["Content-Disposition"]
    return response


def _table(school_class: SchoolClass, only: Collection[UUID] | None) -> Iterator[list[str]]:
    """Headings that the import knows in every language, then the students. Numbers of other systems that any has."""
    rows = Student.objects.in_class(school_class).by_name()
    students = list(rows if only is None else rows.filter(public_id__in=only))
    systems = sorted({system for student in students for system in student.external_ids} & EXTERNAL)
    yield [_("Surname"), _("First name"), _("Preferred name"), _("E-mail"), "HuleEdu-ID", *systems]
    for student in students:
        numbers = [str(student.external_ids.get(system, "")) for system in systems]
        names = [student.family_name, student.given_name, student.preferred_name, student.email or ""]
        yield [*names, str(student.public_id), *numbers]


def _csv(table: list[list[str]]) -> bytes:
    """Semicolons and a byte order mark, as a Swedish Excel opens it."""
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([safe_cell(text) for text in row] for row in table)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(table: list[list[str]]) -> bytes:
    """Every cell is text, also what looks like a number or a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Students"))
    for row in table:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value="")
            cell.value, cell.data_type = safe_cell(text), "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
