"""Lists written as text: which encoding, which delimiter, which cells. Pure."""

from __future__ import annotations

import csv
import io
import re

from classes.rosters.grid import Grid, RosterError, checked_records

DELIMITERS = (";", ",", "\t", "|")
_SWEDISH = "åäöÅÄÖéÉ"
_SEP_LINE = re.compile(r"^sep=([;,\t|:])\n?", re.IGNORECASE)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read_text_file(data: bytes) -> Grid:
    """The cells of a file of text. Raises RosterError."""
    encoding = find_encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise RosterError("corrupt") from error
    grid = read_text(text, encoding=encoding)
    if encoding == "cp1252" and grid.delimiter == "\t" and not re.search(b"[\x80-\x9f]", data):
        # Not one of the characters that Windows adds, and tabs as school systems write them rather than Excel.
        grid = Grid("iso-8859-1", grid.delimiter, grid.records)
    return grid


def find_encoding(data: bytes) -> str:
    """Byte order mark, strict UTF-8, UTF-16 without a mark, then cp1252, mac_roman or cp850 by which gives å ä ö."""
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
    windows, mac, dos = (
        sum(data.decode(name, "replace").count(c) for c in _SWEDISH) for name in ("cp1252", "mac_roman", "cp850")
    )
    if max(mac, dos) > windows:
        return "mac_roman" if mac >= dos else "cp850"
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "latin-1"
    return "cp1252"


def read_text(text: str, *, encoding: str, source: str = "") -> Grid:
    """The cells of text. Raises RosterError."""
    first = 1
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    if not text.strip():
        raise RosterError("empty_file")
    if "\x00" in text or len(_CONTROL.findall(text[:10_000])) > len(text[:10_000]) / 100:
        raise RosterError("unsupported_type")
    hint = _SEP_LINE.match(text)
    if hint:
        text, first = text[hint.end() :], 2
    try:
        delimiter = hint[1] if hint else find_delimiter(text)
        records = checked_records(_rows(text, delimiter, first=first))
    except csv.Error as error:
        raise RosterError("corrupt") from error
    return Grid(encoding, delimiter, records, source=source)


def _rows(text: str, delimiter: str | None, *, first: int) -> list[tuple[int, list[str]]]:
    """Each row with the line on which it starts: a quoted cell may hold line breaks."""
    reader = csv.reader(io.StringIO(text), delimiter=delimiter or "\x1f", quoting=csv.QUOTE_MINIMAL)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    for row in reader:
        rows.append((first + before, row))
        before = reader.line_num
    return rows


def find_delimiter(text: str) -> str | None:
    """The character that splits most lines, the header first, into the same number of cells; None: one column."""
    lines = [line for line in text[:100_000].split("\n") if line.strip()][:30]
    if not lines:
        return None
    best, score = None, 0.0
    for delimiter in DELIMITERS:
        widths = [len(next(csv.reader([line], delimiter=delimiter), [])) for line in lines]
        if max(widths) < 2:
            continue
        widths = _below_the_title(widths)
        common = max(set(widths), key=lambda width: (widths.count(width), width))
        if common < 2:
            common = widths[0]
        value = (common > 1) * widths.count(common) / len(widths) + (0.5 if delimiter != "," else 0.3) * (widths[0] > 1)
        if value > score:
            best, score = delimiter, value
    return None if best == "," and _are_names(lines) else best


def _below_the_title(widths: list[int]) -> list[int]:
    """Cells a line without the lines of one cell above a table: a title, the class, who printed it."""
    first = next(n for n, width in enumerate(widths) if width > 1)
    table = widths[first:]
    return table if len(table) > 1 and sum(width > 1 for width in table) > 0.8 * len(table) else widths


def _are_names(lines: list[str]) -> bool:
    """Whether every line is `Surname, Given name`: the comma and its space stand inside the name."""
    return all(re.fullmatch(r"[^,\d@\"<>]+, [^,\d@\"<>]+", line.strip()) for line in lines)
