"""A class list from anywhere: bytes or pasted text in, rows and problems out. Pure.

Personal identity numbers are taken out before anything else sees the cells, and only counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from classes.rosters.columns import NAMING, Layout, find_header, find_layout
from classes.rosters.grid import MAX_ROWS, Grid, Problem, Record, RosterError
from classes.rosters.headings import UNLISTED
from classes.rosters.names import INVISIBLE
from classes.rosters.numbers import strip_numbers
from classes.rosters.pasted import in_one_column, split_people
from classes.rosters.reading import read_grid
from classes.rosters.rows import RosterRow, Rows
from huleedu.common.text import clean_line

__all__ = ["Column", "ParsedRoster", "Problem", "RosterError", "RosterRow", "parse_grid", "parse_roster", "read_layout"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list, with up to three samples."""

    index: int
    header: str
    samples: tuple[str, ...]
    field: str | None


@dataclass(frozen=True, slots=True)
class ParsedRoster:
    """What a list holds."""

    encoding: str
    delimiter: str | None
    source: str
    sheet: str
    sheets: tuple[str, ...]
    """Of a workbook the names of all sheets that hold rows, in its order; `sheet` is the one that was read."""
    header_line: int
    columns: tuple[Column, ...]
    rows: tuple[RosterRow, ...]
    duplicates: tuple[RosterRow, ...]
    """Rows that are not kept because an earlier one has the address: the preview lets people mend them."""
    problems: tuple[Problem, ...]
    ignored: tuple[tuple[int, str], ...]
    discarded_columns: tuple[str, ...]
    personnummer_removed: int
    is_text: bool
    """Whether it may be read in another encoding."""
    surname_first: bool | None
    """How names in one column are read; None where there is no such column."""
    order_examples: tuple[tuple[str, str], ...]
    """Up to two of those names, each with its address or nothing, in which the order makes a difference."""


def parse_roster(
    data: bytes | str,
    *,
    encoding: str | None = None,
    columns: Mapping[int, str] | None = None,
    surname_first: bool | None = None,
) -> ParsedRoster:
    """Read a class list. `encoding`, `columns` (index to field) and `surname_first` override what would be found.

    Raises RosterError where there is nothing to read; a list without a name column gives that as a problem.
    """
    return parse_grid(read_grid(data).read_as(encoding or ""), columns=columns, surname_first=surname_first)


def parse_grid(
    grid: Grid, *, columns: Mapping[int, str] | None = None, surname_first: bool | None = None
) -> ParsedRoster:
    """The same of a list whose cells are known. Raises RosterError `too_many_rows`."""
    layout, removed = read_layout(grid, columns=columns)
    rows = Rows(layout, grid, surname_first=surname_first)
    if NAMING & set(layout.mapping.values()):
        for record in layout.body:
            rows.read(record)
    else:
        rows.tell(layout.header.line if layout.header else 1, "no_name_column")
    if len(rows.kept) > MAX_ROWS:
        raise RosterError("too_many_rows")
    shown = _columns(layout)
    return ParsedRoster(
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        source=layout.source.name,
        sheet=grid.sheet,
        sheets=grid.sheets,
        header_line=layout.header.line if layout.header else 0,
        columns=shown,
        rows=tuple(rows.kept),
        duplicates=tuple(rows.duplicates),
        problems=(*grid.problems, *rows.problems),
        ignored=tuple(_above(layout, grid) + rows.ignored),
        discarded_columns=_discarded(layout, shown),
        personnummer_removed=removed,
        is_text=grid.is_text,
        surname_first=rows.surname_first if "full_name" in layout.mapping.values() else None,
        order_examples=rows.order_examples(),
    )


def split_records(grid: Grid) -> tuple[Record, ...]:
    """The rows of a list, one for each person: several on one line are parted where no headings stand above."""
    if find_header(_cleaned(grid)[0]) is not None:
        return grid.records
    layout, _removed = read_layout(grid)
    return (*layout.above, *layout.body)


def read_layout(grid: Grid, *, columns: Mapping[int, str] | None = None) -> tuple[Layout, int]:
    """How the list is laid out, without personal identity numbers, and how many of these there were."""
    records, removed = _cleaned(grid)
    if find_header(records) is None:
        records = in_one_column(records)
        records = split_people(records, is_one_column=grid.source == "paste" or grid.delimiter is None)
    return find_layout(grid, records, columns), removed


def _cleaned(grid: Grid) -> tuple[tuple[Record, ...], int]:
    removed = 0
    records = []
    first = next((record.cells for record in grid.records if any(record.cells)), ())
    is_quoted = all(_unquoted(cell) != cell for cell in first if cell)
    for record in grid.records:
        cells = []
        for cell in record.cells:
            left, count = strip_numbers(cell)
            removed += count
            cells.append(_unquoted(clean_line(left)) if is_quoted else clean_line(left))
        is_odd = any(not cell.isascii() and INVISIBLE.search(cell) for cell in record.cells)
        records.append(Record(record.line, tuple(cells), record.item, is_odd))
    return tuple(records), removed


def _unquoted(cell: str) -> str:
    """`'Anna'` without its quotation marks, in a list whose headings have them too."""
    return cell[1:-1].strip() if len(cell) > 2 and cell[0] == cell[-1] == "'" else cell


def _above(layout: Layout, grid: Grid) -> list[tuple[int, str]]:
    """Lines above the headings of text. The title rows of a sheet belong to its looks."""
    if grid.is_sheet:
        return []
    return [(record.line, "preamble") for record in layout.above if any(record.cells)]


def _columns(layout: Layout) -> tuple[Column, ...]:
    header = layout.header.cells if layout.header else ()
    width = max([len(header), *(len(record.cells) for record in layout.body[:50])], default=0)
    shown = []
    for index in range(width):
        cells = [record.cells[index] for record in layout.body if len(record.cells) > index and record.cells[index]]
        title = header[index] if len(header) > index else ""
        field = layout.mapping.get(index)
        shown.append(Column(index, title, tuple(cells[:3]), None if field == UNLISTED else field))
    return tuple(shown)


def _discarded(layout: Layout, shown: tuple[Column, ...]) -> tuple[str, ...]:
    """Headings of the columns of which nothing is kept: a role only tells who is a student."""
    if layout.header is None:
        return ()
    unlisted = {index for index, name in layout.mapping.items() if name == UNLISTED}
    return tuple(
        column.header
        for column in shown
        if column.header and column.index not in unlisted and column.field in (None, "role")
    )
