"""Workbooks: xlsx, and xls as Excel 97 to 2003 wrote it. Hostile input: bounded before anything is opened. Pure."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import openpyxl
import xlrd

from classes.rosters.archives import checked_entries, read_entry
from classes.rosters.grid import MAX_CELLS, MAX_LINES, Grid, Record, RosterError, Sheet, fullest

_MAX_SHEETS = 20
_MAX_PASSED = 1_100_000
"""Rows of a whole workbook that are looked at. One sheet has a million where somebody coloured the last one."""
_MAX_TAGS = 1_000_000
"""Tags of a whole workbook, twice what 5,000 students in ten columns need: reading them takes time, not room."""


def read_xlsx(data: bytes) -> Grid:
    """The sheets of an xlsx workbook, the one read that holds the list. Raises RosterError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            if sum(read_entry(archive, entry).count(b"<") for entry in checked_entries(archive)) > _MAX_TAGS:
                raise RosterError("too_many_rows")
        passed = iter(range(_MAX_PASSED))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions: only cells are read
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
            sheets = [Sheet(sheet.title, _records(_xlsx_rows(sheet), passed)) for sheet in shown[:_MAX_SHEETS]]
    except RosterError:
        raise
    except Exception as error:  # openpyxl raises many kinds for a broken workbook
        raise RosterError("corrupt") from error
    return fullest("xlsx", sheets)


def read_xls(data: bytes) -> Grid:
    """The sheets of an xls workbook, the one read that holds the list. Raises RosterError."""
    try:
        # Rows as long as what is in them: a stray cell at the edge must not fill a sheet of sixteen million.
        book = xlrd.open_workbook(file_contents=data, logfile=io.StringIO(), on_demand=True, ragged_rows=True)
        passed = iter(range(_MAX_PASSED))
        sheets = [
            Sheet(sheet.name, _records(_xls_rows(sheet, book.datemode), passed))
            for sheet in _shown([book.sheet_by_index(n) for n in range(min(book.nsheets, _MAX_SHEETS))])
        ]
    except RosterError:
        raise
    except xlrd.XLRDError as error:
        told = str(error).lower()
        code = "unsupported_type" if "can't find workbook" in told else "corrupt"
        raise RosterError("password_protected" if "encrypted" in told else code) from error
    except Exception as error:  # as above
        raise RosterError("corrupt") from error
    return fullest("xls", sheets)


def _xlsx_rows(sheet: Any) -> Iterable[Sequence[Any]]:
    sheet.reset_dimensions()  # what the sheet says of its size may be wrong
    rows: Iterable[Sequence[Any]] = sheet.iter_rows(max_col=MAX_CELLS, values_only=True)
    return rows


def _shown(sheets: list[Any]) -> list[Any]:
    """Those that are not hidden; all where all are."""
    return [sheet for sheet in sheets if not sheet.visibility] or sheets


def _xls_rows(sheet: Any, datemode: int) -> Iterable[Sequence[Any]]:
    for number in range(sheet.nrows):
        yield [_xls_value(cell, datemode) for cell in sheet.row(number)[:MAX_CELLS]]


def _xls_value(cell: Any, datemode: int) -> object:
    if cell.ctype == xlrd.XL_CELL_DATE:
        return xlrd.xldate_as_datetime(cell.value, datemode)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    return None if cell.ctype == xlrd.XL_CELL_ERROR else cell.value


def _records(rows: Iterable[Sequence[Any]], passed: Iterator[int]) -> tuple[Record, ...]:
    """The rows of one sheet. `passed` counts those of all; when it ends, raises RosterError `too_many_rows`."""
    records = []
    for number, row in enumerate(rows, start=1):
        if next(passed, None) is None:
            raise RosterError("too_many_rows")
        if number > MAX_LINES:
            if not any(row):
                continue  # a workbook may say that it has a million rows when one far down was coloured
            raise RosterError("too_many_rows")
        cells = [_cell(value) for value in row]
        while cells and not cells[-1]:
            cells.pop()
        records.append(Record(number, tuple(cells)))
    while records and not records[-1].cells:
        records.pop()
    return tuple(records)


def _cell(value: object) -> str:
    """Numbers as they are shown: 4301, not 4301.0; a day without midnight."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return str(value.date())
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else str(value)
