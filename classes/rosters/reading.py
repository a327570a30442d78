"""From bytes or pasted text to a grid, whatever kind of list it is. Pure."""

from __future__ import annotations

import io
import zipfile

from classes.rosters.grid import MAX_BYTES, Grid, RosterError
from classes.rosters.school_data import read_zip
from classes.rosters.text_lists import read_text, read_text_file
from classes.rosters.workbooks import read_xls, read_xlsx

_NOT_LISTS = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x7fELF",
    b"Rar!",
    b"7z\xbc\xaf",
    b"\x1f\x8b",
    b"{\\rtf",
)


def read_grid(data: bytes | str) -> Grid:
    """The cells of a list. Raises RosterError."""
    if isinstance(data, str):
        return read_text(data, encoding="utf-8", source="paste")
    if not data.strip():
        raise RosterError("empty_file")
    if len(data) > MAX_BYTES:
        raise RosterError("too_many_rows")
    if data.startswith(b"PK"):
        return _from_zip(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return read_xls(data)
    if data.startswith(_NOT_LISTS):
        raise RosterError("unsupported_type")
    return read_text_file(data)


def _from_zip(data: bytes) -> Grid:
    if _is_workbook(data):
        return read_xlsx(data)
    found = read_zip(data)
    if isinstance(found, Grid):
        return found
    if len(found) > MAX_BYTES:
        raise RosterError("too_many_rows")
    if found.startswith(b"PK") and not _is_workbook(found):
        raise RosterError("unsupported_type")  # no zips in zips
    return read_grid(found)


def _is_workbook(data: bytes) -> bool:
    """Whether the zip is a workbook. Raises RosterError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RosterError("corrupt") from error
