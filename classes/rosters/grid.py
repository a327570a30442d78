"""A list as cells: what every way of reading gives, and how a draft keeps it. Pure; knows nothing of names."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

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
    """Something to tell about a line; `column` is the field it is about, `file` the file inside an archive."""

    line: int
    code: str
    column: str | None = None
    item: int = 0
    file: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole list. `encoding` is `xlsx` or `xls` for workbooks; only of text can it be read another way."""

    encoding: str
    delimiter: str | None
    records: tuple[Record, ...]
    sheet: str = ""
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

    def map_cells(self, change: Callable[[str], str]) -> Grid:
        """The same list with every cell changed."""
        records = tuple(Record(r.line, tuple(change(cell) for cell in r.cells), r.item) for r in self.records)
        return replace(self, records=records)

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
            "source": self.source,
            "file": self.file,
            "problems": [[p.line, p.code, p.column, p.item, p.file] for p in self.problems],
            "records": [[record.line, record.cells, record.item] for record in self.records],
        }
        return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def load_grid(content: bytes) -> Grid:
    """What `Grid.dump` kept."""
    data = json.loads(content.decode("utf-8", "surrogatepass"))
    records = tuple(Record(line, tuple(cells), item) for line, cells, item in data.pop("records"))
    problems = tuple(Problem(*values) for values in data.pop("problems"))
    return Grid(records=records, problems=problems, **data)


def checked_records(rows: Iterable[tuple[int, list[str]]]) -> tuple[Record, ...]:
    """Lines and cells as records. Raises RosterError `too_many_rows`."""
    records: list[Record] = []
    for line, cells in rows:
        records.append(Record(line, tuple(cells[:MAX_CELLS])))
        if len(records) > MAX_LINES:
            raise RosterError("too_many_rows")
    return tuple(records)
