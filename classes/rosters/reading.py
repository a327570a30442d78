"""From bytes or pasted text to a grid, whatever kind of list it is. Pure."""

from __future__ import annotations

import io
import zipfile

from classes.rosters.grid import MAX_BYTES, Grid, RosterError
from classes.rosters.markup import read_markup, read_ods
from classes.rosters.school_data import read_zip
from classes.rosters.text_lists import read_text, read_text_file
from classes.rosters.workbooks import read_xls, read_xlsx

_ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
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
    b"BEGIN:VCARD",
    b"[{",
    b'{"',
)


def read_grid(data: bytes | str) -> Grid:
    """The cells of a list. Raises RosterError."""
    if isinstance(data, str):
        return read_text(data, encoding="utf-8", source="paste")
    if not data.strip():
        raise RosterError("empty_file")
    if len(data) > MAX_BYTES:
        raise RosterError("too_many_rows")
    if data.startswith(_ZIP):
        return _from_zip(data)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return read_xls(data)
    if data.startswith(_NOT_LISTS):
        raise RosterError("unsupported_type")
    return read_markup(data) or read_text_file(data)


def _from_zip(data: bytes) -> Grid:
    if _holds(data, "xl/workbook.xml"):
        return read_xlsx(data)
    if _holds(data, "content.xml"):
        return read_ods(data)
    found = read_zip(data)
    if isinstance(found, Grid):
        return found
    if len(found) > MAX_BYTES:
        raise RosterError("too_many_rows")
    if found.startswith(_ZIP) and not (_holds(found, "xl/workbook.xml") or _holds(found, "content.xml")):
        raise RosterError("unsupported_type")  # no zips in zips
    return read_grid(found)


def _holds(data: bytes, name: str) -> bool:
    """Whether the zip has an entry of that name. Raises RosterError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return name in archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise RosterError("corrupt") from error
