"""A list as cells: what every way of reading gives, and how a draft keeps it. Pure; knows nothing of names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

MAX_BYTES = 5_000_000
MAX_ROWS = 5_000
MAX_LINES = 2 * MAX_ROWS
MAX_CELLS = 200
"""Cells of a row that are looked at. A stray cell at the far edge of a sheet makes rows of sixteen thousand."""
ENCODINGS = ("utf-8", "cp1252", "mac_roman", "cp850", "latin-1", "utf-16-le", "utf-16-be")
"""What a teacher may say that a file is written in."""


class RosterError(Exception):
    """The list cannot be read at all. `code`: empty_file, corrupt, unsupported_type, too_many_rows, …"""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the physical line it starts on, and its cells. `item` counts several people on one line from 1.

    `is_odd`: invisible characters were taken out of the cells.
    """

    line: int
    cells: tuple[str, ...]
    item: int = 0
    is_odd: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to tell about a line; `column` is the field it is about, `file` the file inside an archive, `value`
    what stands in the list and is not taken.
    """

    line: int
    code: str
    column: str | None = None
    item: int = 0
    file: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet of a workbook: its name, which is the file's own, and its rows."""

    name: str
    records: tuple[Record, ...]
    removed: int = 0
    """Personal identity numbers that were in it."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole list. `encoding` is `xlsx` or `xls` for workbooks; only of text can it be read another way."""

    encoding: str
    delimiter: str | None
    records: tuple[Record, ...]
    sheet: str = ""
    others: tuple[Sheet, ...] = ()
    """The workbook's other sheets that hold rows, in its order."""
    place: int = 0
    """Where the sheet that is read stands among them."""
    removed: int = 0
    """Personal identity numbers that were in the sheet that is read, once it is cleaned."""
    source: str = ""
    """Set where the way of reading settles it: a pasted list, or the archives of school systems."""
    file: str = ""
    problems: tuple[Problem, ...] = ()
    """Found while files of an archive were put together."""

    @property
    def is_sheet(self) -> bool:
        """Whether it comes from a workbook."""
        return self.encoding in ("xlsx", "xls", "ods")

    @property
    def is_text(self) -> bool:
        """Whether it may be read in another encoding."""
        return not self.is_sheet and not self.source

    @property
    def sheets(self) -> tuple[str, ...]:
        """The names of the sheets that hold rows, in the workbook's order; of what is no workbook none."""
        return tuple(sheet.name for sheet in self._all_sheets()) if self.sheet else ()

    def choose(self, name: str) -> Grid:
        """The same workbook with another sheet read. Raises RosterError `no_such_sheet`."""
        if name not in self.sheets:
            raise RosterError("no_such_sheet")
        place, left = self.sheets.index(name), self._all_sheets()
        chosen = left.pop(place)
        return replace(self._alone(chosen), others=tuple(left), place=place)

    def each_sheet(self, change: Callable[[Grid], Grid]) -> Grid:
        """The workbook with every sheet but the one that is read changed, each as a list of its own."""
        if not self.others:
            return self
        lists = [change(self._alone(one)) for one in self.others]
        return replace(self, others=tuple(Sheet(one.sheet, one.records, one.removed) for one in lists))

    def _alone(self, sheet: Sheet) -> Grid:
        return replace(self, sheet=sheet.name, records=sheet.records, removed=sheet.removed, others=(), place=0)

    def _all_sheets(self) -> list[Sheet]:
        sheets = list(self.others)
        sheets.insert(self.place, Sheet(self.sheet, self.records, self.removed))
        return sheets

    def map_cells(self, change: Callable[[str], str]) -> Grid:
        """The same list with every cell changed."""
        records = tuple(Record(r.line, tuple(change(cell) for cell in r.cells), r.item) for r in self.records)
        return replace(self.each_sheet(lambda sheet: sheet.map_cells(change)), records=records)

    def read_as(self, encoding: str) -> Grid:
        """The cells as another encoding has them. Raises RosterError `corrupt` where that cannot be."""
        if not encoding or not self.is_text or encoding == self.encoding:
            return self
        try:
            grid = self.map_cells(lambda cell: cell.encode(self.encoding).decode(encoding))
        except (UnicodeError, LookupError) as error:
            raise RosterError("corrupt") from error
        if any("\x00" in cell for record in grid.records for cell in record.cells):
            raise RosterError("corrupt")
        return replace(grid, encoding=encoding)

    def dump(self) -> bytes:
        """As a draft keeps it."""
        data = {
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
            "place": self.place,
            "others": [[sheet.name, _dumped(sheet.records), sheet.removed] for sheet in self.others],
            "removed": self.removed,
            "source": self.source,
            "file": self.file,
            "problems": [[p.line, p.code, p.column, p.item, p.file] for p in self.problems],
            "records": _dumped(self.records),
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def load_grid(content: bytes) -> Grid:
    """What `Grid.dump` kept."""
    data = json.loads(content.decode("utf-8", "surrogatepass"))
    records = _loaded(data.pop("records"))
    problems = tuple(Problem(*values) for values in data.pop("problems"))
    others = tuple(Sheet(name, _loaded(rows), removed) for name, rows, removed in data.pop("others", ()))
    return Grid(records=records, problems=problems, others=others, **data)


def _dumped(records: Iterable[Record]) -> list[list[Any]]:
    return [[record.line, record.cells, record.item] for record in records]


def _loaded(rows: list[list[Any]]) -> tuple[Record, ...]:
    return tuple(Record(line, tuple(cells), item) for line, cells, item in rows)


def fullest(encoding: str, sheets: Iterable[Sheet]) -> Grid:
    """A workbook with the sheet read that holds most addresses, then most rows. Raises RosterError `empty_file`.

    Of the other sheets as many are kept as one list may have lines, in the workbook's order.
    """
    filled = [sheet for sheet in sheets if any(any(record.cells) for record in sheet.records)]
    if not filled:
        raise RosterError("empty_file")
    chosen = max(filled, key=lambda sheet: how_full(sheet.records))
    kept: list[Sheet] = []
    room, place = MAX_LINES, 0
    for sheet in filled:
        if sheet is chosen:
            place = len(kept)
        elif len(sheet.records) <= room:
            room -= len(sheet.records)
            kept.append(sheet)
    return Grid(encoding, None, chosen.records, sheet=chosen.name, others=tuple(kept), place=place)


def how_full(records: Iterable[Record]) -> tuple[int, int]:
    """Rows with an address, and rows with anything: the list has most."""
    filled = [record.cells for record in records if any(record.cells)]
    return sum(any("@" in cell for cell in cells) for cells in filled), len(filled)


def checked_records(rows: Iterable[tuple[int, list[str]]]) -> tuple[Record, ...]:
    """Lines and cells as records. Raises RosterError `too_many_rows`."""
    records: list[Record] = []
    for line, cells in rows:
        records.append(Record(line, tuple(cells[:MAX_CELLS])))
        if len(records) > MAX_LINES:
            raise RosterError("too_many_rows")
    return tuple(records)
