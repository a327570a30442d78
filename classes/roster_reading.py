"""From bytes or pasted text to a grid of cells with line numbers. Pure; knows nothing of names."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import openpyxl

from huleedu.common.text import clean_line as normal

MAX_BYTES = 5_000_000
MAX_UNPACKED = 50_000_000
"""Bytes a workbook may come to when unpacked: fifty times what 5,000 students need."""
MAX_ROWS = 5_000
_MAX_LINES = 2 * MAX_ROWS
_MAX_CELLS = 200
"""Cells of a row that are looked at. A stray cell at the far edge of a sheet makes rows of sixteen thousand."""
DELIMITERS = (";", ",", "\t", "|")
_SWEDISH = "åäöÅÄÖéÉ"
_SEP_LINE = re.compile(r"^sep=([;,\t|:])\n?", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")


class RosterError(Exception):
    """The list cannot be read at all. `code`: empty_file, corrupt, unsupported_type, too_many_rows, no_name_column."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Record:
    """One row: the physical line it starts on, its cells, and whether invisible characters were taken out."""

    line: int
    cells: tuple[str, ...]
    had_invisible: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A whole list."""

    encoding: str
    delimiter: str | None
    records: tuple[Record, ...]


def read_grid(data: bytes | str, *, file_name: str = "", encoding: str | None = None) -> Grid:
    """The cells of a CSV, XLSX or pasted list. Raises RosterError."""
    if isinstance(data, str):
        return _from_text(data, encoding="utf-8")
    if not data.strip():
        raise RosterError("empty_file")
    if len(data) > MAX_BYTES:
        raise RosterError("too_many_rows")
    if data.startswith(b"PK\x03\x04"):
        return _from_xlsx(data)
    if data.startswith(b"\xd0\xcf\x11\xe0") or data.startswith((b"%PDF", b"\x89PNG")):
        raise RosterError("unsupported_type")
    used = encoding or _find_encoding(data)
    try:
        text = data.decode(used)
    except (UnicodeDecodeError, LookupError) as error:
        raise RosterError("corrupt") from error
    return _from_text(text, encoding=used)


def _find_encoding(data: bytes) -> str:
    """Byte order mark, strict UTF-8, UTF-16 without a mark, then cp1252 or mac_roman by which gives å ä ö."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if data[:1] == b"\xff" else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if b"\x00" not in data:
            return "utf-8"
    head = data[:2000]
    if head[1::2].count(0) > 0.7 * len(head) / 2:
        return "utf-16-le"
    if head[::2].count(0) > 0.7 * len(head) / 2:
        return "utf-16-be"
    windows, mac = (sum(data.decode(name, "replace").count(c) for c in _SWEDISH) for name in ("cp1252", "mac_roman"))
    if mac > windows:
        return "mac_roman"
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def _from_text(text: str, *, encoding: str) -> Grid:
    first = 1
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if not text.strip():
        raise RosterError("empty_file")
    if "\x00" in text or len(_CONTROL.findall(text[:10_000])) > len(text[:10_000]) / 100:
        raise RosterError("unsupported_type")
    hint = _SEP_LINE.match(text)
    if hint:
        text, first = text[hint.end() :], 2
    records: list[Record] = []
    before = 0
    try:
        delimiter = hint[1] if hint else _find_delimiter(text)
        reader = csv.reader(io.StringIO(text), delimiter=delimiter or "\x1f", quoting=csv.QUOTE_MINIMAL)
        for row in reader:
            records.append(_record(first + before, row))
            before = reader.line_num
            if len(records) > _MAX_LINES:
                raise RosterError("too_many_rows")
    except csv.Error as error:
        raise RosterError("corrupt") from error
    return Grid(encoding, delimiter, tuple(records))


def _record(line: int, row: list[str]) -> Record:
    row = row[:_MAX_CELLS]
    return Record(line, tuple(normal(cell) for cell in row), any(_INVISIBLE.search(cell) for cell in row))


def _find_delimiter(text: str) -> str | None:
    """The character that splits most lines, the header first, into the same number of cells; None: one column."""
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:30]
    if not lines:
        return None
    best, score = None, 0.0
    for delimiter in DELIMITERS:
        counts = [next(csv.reader([line], delimiter=delimiter), []) for line in lines]
        widths = [len(cells) for cells in counts]
        if max(widths) < 2:
            continue
        common = max(set(widths), key=lambda width: (widths.count(width), width))
        if common < 2:
            common = widths[0]
        value = (common > 1) * widths.count(common) / len(widths) + (0.5 if delimiter != "," else 0.3) * (widths[0] > 1)
        if value > score:
            best, score = delimiter, value
    return best


def _from_xlsx(data: bytes) -> Grid:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED or len(entries) > 1000:
                raise RosterError("corrupt")
            if "xl/workbook.xml" not in archive.namelist():
                raise RosterError("unsupported_type")
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheets = [_sheet(sheet.iter_rows(max_col=_MAX_CELLS, values_only=True)) for sheet in book.worksheets[:20]]
    except RosterError:
        raise
    except Exception as error:  # openpyxl raises many kinds for a broken workbook
        raise RosterError("corrupt") from error
    records = max(sheets, key=_filled, default=[])
    if not records:
        raise RosterError("empty_file")
    return Grid("xlsx", None, tuple(records))


def _filled(records: list[Record]) -> tuple[int, int]:
    """The sheet with most addresses, then most rows, holds the list."""
    addresses = sum(any("@" in cell for cell in record.cells) for record in records)
    return addresses, len(records)


def _sheet(rows: Iterable[tuple[Any, ...]]) -> list[Record]:
    records = []
    for number, row in enumerate(rows, start=1):
        if number > _MAX_LINES:
            if not any(row):
                continue  # a workbook may say that it has a million rows when one far down was coloured
            raise RosterError("too_many_rows")
        cells = [_cell(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        records.append(_record(number, cells))
    while records and not any(records[-1].cells):
        records.pop()
    return records


def _cell(value: object) -> str:
    """Numbers as they are shown: 4301, not 4301.0."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
