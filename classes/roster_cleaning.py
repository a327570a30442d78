"""Taking personal identity numbers out of a list before it is kept as a draft. Pure."""

from __future__ import annotations

import io
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from classes.roster_reading import Grid, read_grid
from huleedu.common.text import strip_personal_numbers


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The list without the numbers, as it is kept, and how many there were."""

    data: bytes
    removed: int


def without_personal_numbers(data: bytes | str, *, encoding: str = "") -> Cleaned:
    """`data` (bytes of a file, or pasted text) to keep. `encoding` is how the teacher says the file is written.

    Nothing but the numbers goes. Of a workbook only the sheet with the list is kept, as plain cells: the others, the
    properties and the comments may hold numbers too. Raises RosterError where the list cannot be read.
    """
    if isinstance(data, str):
        text, removed = strip_personal_numbers(data)
        return Cleaned(text.encode("utf-8", "replace"), removed)
    grid = read_grid(data, encoding=encoding or None)
    if grid.encoding == "xlsx":
        return _workbook(grid)
    text, removed = strip_personal_numbers(data.decode(grid.encoding))
    cleaned = text.encode(grid.encoding)
    if not grid.encoding.startswith("utf-16"):
        # Should the encoding be wrong, the digits are the same in all others: latin-1 maps every byte to one character.
        text, more = strip_personal_numbers(cleaned.decode("latin-1"))
        cleaned, removed = text.encode("latin-1"), removed + more
    return Cleaned(cleaned, removed)


def _workbook(grid: Grid) -> Cleaned:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    removed = 0
    line = 1
    for record in grid.records:
        while line < record.line:
            sheet.append([])
            line += 1
        row = []
        for value in record.cells:
            text, count = strip_personal_numbers(value)
            removed += count
            cell = WriteOnlyCell(sheet, value="")
            cell.value, cell.data_type = text, "s"  # also what looks like a formula
            row.append(cell)
        sheet.append(row)
        line += 1
    out = io.BytesIO()
    book.save(out)
    return Cleaned(out.getvalue(), removed)
