"""Lists written as text: which encoding, which delimiter, which cells. Pure."""

from __future__ import annotations

import csv
import html
import io
import re
from typing import Literal

from classes.rosters.grid import Grid, RosterError, checked_records
from classes.rosters.headings import field_of

DELIMITERS = (";", ",", "\t", "|")
_MIXED = "mixed"
_SWEDISH = "åäöÅÄÖéÉ"
_SEP_LINE = re.compile(r"^sep=([;,\t|:])\n?", re.IGNORECASE)
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{2,5}|#x[\dA-Fa-f]{2,4});")
_WIDE = re.compile(r"[ \u00a0]{2,}")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def read_text_file(data: bytes) -> Grid:
    """The cells of a file of text. Raises RosterError."""
    encoding = find_encoding(data)
    try:
        text = _by_lines(data) if encoding == _MIXED else data.decode(encoding)
    except UnicodeDecodeError as error:
        raise RosterError("corrupt") from error
    encoding = "utf-8" if encoding == _MIXED else encoding
    grid = read_text(text, encoding=encoding)
    if encoding == "cp1252" and grid.delimiter == "\t" and not re.search(b"[\x80-\x9f]", data):
        # Not one of the characters that Windows adds, and tabs as school systems write them rather than Excel.
        grid = Grid("iso-8859-1", grid.delimiter, grid.records)
    return grid


def find_encoding(data: bytes) -> str:
    """Byte order mark, strict UTF-8, UTF-16 without a mark, then cp1252, mac_roman or cp850 by which gives å ä ö."""
    if data.startswith(b"\xef\xbb\xbf"):
        return "utf-8-sig" if _is_utf8(data) else _MIXED
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return "utf-32-le" if data[:1] == b"\xff" else "utf-32-be"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16-le" if data[:1] == b"\xff" else "utf-16-be"
    if b"\x00" not in data and _is_utf8(data):
        return "utf-8"
    head = data[:2000]
    if head[1::2].count(0) > 0.7 * len(head) / 2:
        return "utf-16-le"
    if head[::2].count(0) > 0.7 * len(head) / 2:
        return "utf-16-be"
    if any(not line.isascii() and _is_utf8(line) for line in data.splitlines()):
        return _MIXED  # that would be nonsense in any other encoding
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


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _by_lines(data: bytes) -> str:
    """Lists put together from two files: UTF-8, but for the lines that are not."""
    lines = data.removeprefix(b"\xef\xbb\xbf").splitlines(keepends=True)
    return "".join(line.decode("utf-8" if _is_utf8(line) else "cp1252", "replace") for line in lines)


def read_text(text: str, *, encoding: str, source: str = "") -> Grid:
    """The cells of text. Raises RosterError."""
    first = 1
    text = _ENTITY.sub(_letter, _LINE_ENDS.sub("\n", repaired(text)).removeprefix("\ufeff"))
    if not text.strip():
        raise RosterError("empty_file")
    if "\x00" in text or len(_CONTROL.findall(text[:10_000])) > len(text[:10_000]) / 100:
        raise RosterError("unsupported_type")
    hint = _SEP_LINE.match(text)
    if hint:
        text, first = text[hint.end() :], 2
    try:
        delimiter = hint[1] if hint else find_delimiter(text)
        rows = _rows(text, delimiter, first=first)
        if delimiter is None and (inner := _unwrapped(rows)):
            delimiter = find_delimiter("\n".join(line for _number, line in inner))
            rows = [(number, next(csv.reader([line], delimiter=delimiter or "\x1f"), [])) for number, line in inner]
        elif delimiter is None:
            rows = _by_spaces(rows)
        records = checked_records(row for row in rows if not _is_ruler(row[1]))
    except csv.Error as error:
        raise RosterError("corrupt") from error
    return Grid(encoding, delimiter, records, source=source)


def _letter(match: re.Match[str]) -> str:
    """`&ouml;` as the letter it stands for; what may be markup stays as it is."""
    letter = html.unescape(match[0])
    return letter if letter.isalpha() else match[0]


# UTF-8 read as Windows or Latin text, perhaps by a program long before us: an Ã or Â, and what no word goes on with.
_HIGH = "\x80-\xbf€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MISREAD = re.compile(f"[ÃÂ][{_HIGH}]")
_TO_REPAIR = re.compile(f"[ÂÃÄÅ][{_HIGH}]|â€[{_HIGH}]")


def repaired(text: str) -> str:
    """`Ã–berg` as `Öberg`, throughout a text that has such; any other text as it is."""
    text = text.removeprefix("ï»¿")
    return _TO_REPAIR.sub(_as_utf8, text) if _MISREAD.search(text) else text


def _as_utf8(match: re.Match[str]) -> str:
    bytes_read = b"".join(c.encode("cp1252") if c.encode("cp1252", "ignore") else c.encode("latin-1") for c in match[0])
    return bytes_read.decode("utf-8", "ignore") or match[0]


def _unwrapped(rows: list[tuple[int, list[str]]]) -> list[tuple[int, str]]:
    """The lines of a list each of whose lines stands in quotation marks as a whole; nothing of other lists."""
    lines = [(number, cells[0]) for number, cells in rows if cells]
    wrapped = lines and all(len(cells) == 1 and re.search("[;,\t]", cells[0]) for _number, cells in rows if cells)
    return lines if wrapped and field_of(re.split("[;,\t]", lines[0][1])[0]) else []


def _by_spaces(rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Columns set apart by spaces, as in what is copied from a PDF: where the first line has headings so."""
    head = next((_WIDE.split(cells[0].strip()) for _number, cells in rows if cells and cells[0].strip()), [])
    if len(head) < 2 or sum(field_of(cell) is not None for cell in head) < 2:
        return rows
    return [(number, _WIDE.split(cells[0].strip()) if cells else []) for number, cells in rows]


def _is_ruler(cells: list[str]) -> bool:
    """The line below the headings of a Markdown table."""
    filled = [cell.strip() for cell in cells if cell.strip()]
    return len(filled) > 1 and all(re.fullmatch(r":?-{2,}:?", cell) for cell in filled)


def _rows(text: str, delimiter: str | None, *, first: int) -> list[tuple[int, list[str]]]:
    """Each row with the line on which it starts: a quoted cell may hold line breaks."""
    rows = _quoted_rows(text, delimiter, first=first, quoting=csv.QUOTE_MINIMAL)
    if text.count('"') % 2 and any("\n" in cell for _line, cells in rows for cell in cells):
        # A mark that nothing closes swallows the lines below it.
        unquoted = _quoted_rows(text, delimiter, first=first, quoting=csv.QUOTE_NONE)
        return [(line, [cell.replace('"', "") for cell in cells]) for line, cells in unquoted]
    return rows


def _quoted_rows(
    text: str, delimiter: str | None, *, first: int, quoting: Literal[0, 3]
) -> list[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text), delimiter=delimiter or "\x1f", quoting=quoting, skipinitialspace=True)
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
    if all("\t" in line for line in lines):
        return "\t"  # however many, and whatever else: `Berg, Emil` and an address
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
    titled = len(lines) > 1 and field_of(lines[0]) == "full_name"
    return None if best == "," and _are_names(lines[1:] if titled else lines) else best


def _below_the_title(widths: list[int]) -> list[int]:
    """Cells a line without the lines of one cell above a table: a title, the class, who printed it."""
    first = next(n for n, width in enumerate(widths) if width > 1)
    table = widths[first:]
    return table if len(table) > 1 and sum(width > 1 for width in table) > 0.6 * len(table) else widths


def _are_names(lines: list[str]) -> bool:
    """Whether every line is `Surname, Given name`: the comma and its space stand inside the name."""
    return all(re.fullmatch(r"(?:\d{1,4}[.):]?\s+)?[^,\d@\"<>]+, [^,\d@\"<>]+", line.strip()) for line in lines)
