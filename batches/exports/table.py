"""The result as a table: a row for each text, then one for each student who has not handed in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font

from batches.models import Batch, Essay
from batches.state import who_has_not_handed_in
from classes.models import Student
from classes.ordering import name_key
from huleedu.common.spreadsheet import safe_cell

_WIDTHS = (22, 18, 34, 36, 18, 9, 9, 9, 12, 9, 14, 16, 10)
"""Of the Excel columns, in characters."""
FIGURES = ("sentences", "lix", "lexical_variety", "reading_minutes", "language")
"""Which of the figures of a text the table shows, named as in `batches.text_statistics`."""


def csv_table(batch: Batch) -> bytes:
    """Semicolons and a byte order mark, as a Swedish Excel opens it; decimals as the reader's language writes them."""
    out, sign = io.StringIO(), formats.get_format("DECIMAL_SEPARATOR")
    rows = (
        [str(cell).replace(".", sign) if isinstance(cell, float) else cell for cell in row] for row in _table(batch)
    )
    csv.writer(out, delimiter=";").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def xlsx_table(batch: Batch) -> bytes:
    """The same table, its heading fixed. Texts are written as text: what looks like a formula gets an apostrophe."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Texts"))
    sheet.freeze_panes = "A2"
    for index, width in enumerate(_WIDTHS):
        sheet.column_dimensions["ABCDEFGHIJKLM"[index]].width = width
    for number, row in enumerate(_table(batch)):
        sheet.append(row if number else [_heading(sheet, text) for text in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def essays_by_student(batch: Batch) -> list[Essay]:
    """By student, as the class list is sorted; texts of nobody last, in the order they came."""
    rows = Essay.objects.live().filter(batch=batch).with_match().select_related("file__archive").order_by("pk")
    return sorted(rows.defer("file__archive__text", "file__archive__evidence"), key=_place)


def _version(essay: Essay, before: dict[int, int | None]) -> int:
    """Its place in the chain of its student's texts, 1 for the first. `before`: essay to the one it replaces."""
    number, earlier = 1, before.get(essay.pk)
    while earlier is not None and number <= len(before):
        number, earlier = number + 1, before.get(earlier)
    return number


def _heading(sheet: Any, text: str) -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    return cell


def _place(essay: Essay) -> tuple[bool, tuple[str, ...]]:
    match = essay.association
    if not match.is_decided or match.student is None:
        return True, ()
    return False, name_key(match.student.given_name, match.student.family_name)


def _table(batch: Batch) -> Iterator[list[Any]]:
    """A heading, a row for each text (undecided ones have no student), a row for each student without one."""
    yield [
        _("Surname"), _("First name"), _("School e-mail"), _("File"), _("State"), _("Version"), _("Counts"), _("Words"),
        _("Sentences"), _("LIX"), _("Lexical variety"), _("Reading minutes"), _("Language"),
    ]  # fmt: skip
    essays = essays_by_student(batch)
    before = {essay.pk: essay.replaces_id for essay in essays}
    for essay in essays:
        match, file = essay.association, essay.file
        person = _person(match.student if match.is_decided else None)
        counted = _("yes") if essay.counts else _("no")
        figures = essay.results.get("nlp") or {}
        yield [
            *person, safe_cell(file.name), match.get_status_display(), _version(essay, before), counted, file.words,
            *(figures.get(name, "") if figures.get(name) is not None else "" for name in FIGURES),
        ]  # fmt: skip
    handed_in = who_has_not_handed_in(batch)
    for students, state in (
        (handed_in.missing, _("not handed in")),
        (handed_in.may_have, _("may have handed in")),
        (handed_in.excused, _("not expected")),
        (handed_in.left, _("left the class")),
    ):
        for student in students:
            yield [*_person(student), "", state]


def _person(student: Student | None) -> list[str]:
    if student is None:
        return ["", "", ""]
    return [safe_cell(text) for text in (student.family_name, student.given_name, student.email or "")]
