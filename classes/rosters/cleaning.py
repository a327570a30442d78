"""What of a list may be kept as a draft: no personal identity numbers, addresses, guardians, protected people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from classes.rosters.grid import ENCODINGS, Grid, Record
from classes.rosters.headings import is_private
from classes.rosters.numbers import WORTH_A_LOOK, strip_numbers
from classes.rosters.parsing import read_layout
from classes.rosters.rows import MARKED, is_protected, says_protected


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The list as it may be kept, and how many personal identity numbers were in it, or in the sheet that is read."""

    grid: Grid
    removed: int


def cleaned(grid: Grid, *, columns: Mapping[int, str] | None = None) -> Cleaned:
    """The cells that may be kept; rows and columns stay where they are, emptied. `columns` as the teacher has them.

    Of a workbook every sheet: another may be chosen later.
    """
    grid = grid.each_sheet(lambda sheet: cleaned(sheet).grid)
    removed = 0
    records = []
    for record in grid.records:
        cells = []
        for cell in record.cells:
            left, count = _without_numbers(cell, grid) if WORTH_A_LOOK.search(cell) else (cell, 0)
            removed += count
            cells.append(left)
        records.append(Record(record.line, tuple(cells), record.item))
    grid = replace(grid, records=tuple(records), removed=grid.removed + removed, sheet=_sheet_name(grid.sheet))
    return Cleaned(_without_private(grid, columns), removed)


def _sheet_name(name: str) -> str:
    left, removed = strip_numbers(name)
    return (left.strip() or "***") if removed else name


def _without_numbers(cell: str, grid: Grid) -> tuple[str, int]:
    """Also of the cell as any other encoding has it: a dash read wrong hides a number, until it is read right."""
    cell, removed = strip_numbers(cell)
    for encoding in ENCODINGS if grid.is_text else ():
        try:
            other = cell.encode(grid.encoding).decode(encoding)
            left, count = strip_numbers(other)
            if count:
                cell, removed = left.encode(encoding).decode(grid.encoding), removed + count
        except UnicodeError:
            continue
    return cell, removed


def _without_private(grid: Grid, columns: Mapping[int, str] | None) -> Grid:
    layout, _removed = read_layout(grid, columns=columns)
    header_line = layout.header.line if layout.header else 0
    names = dict(enumerate(layout.header.cells if layout.header else ()))
    private = {index for index, name in names.items() if is_private(name) and index not in (columns or {})}
    protected = next((index for index, name in layout.mapping.items() if name == "protected"), None)
    records = []
    for record in grid.records:
        cells = record.cells
        if record.line > header_line and says_protected(cells):
            cells = (MARKED,)
        elif record.line > header_line:
            hides = protected is not None and len(cells) > protected and is_protected(cells[protected])
            cells = tuple(
                "" if index in private or (hides and index != protected) else cell for index, cell in enumerate(cells)
            )
        records.append(Record(record.line, cells, record.item))
    return replace(grid, records=tuple(records))
