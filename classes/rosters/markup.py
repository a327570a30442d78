"""Tables in markup: the HTML and XML that school systems save as `.xls`, and OpenDocument sheets. Pure.

Read by the parser of the standard library that takes anything for HTML: no entities of a document's own, no nesting
that costs more than its length.
"""

from __future__ import annotations

import io
import re
import zipfile
from html.parser import HTMLParser

from classes.rosters.archives import checked_entries, read_entry
from classes.rosters.grid import MAX_CELLS, MAX_LINES, Grid, Record, RosterError, Sheet, fullest, how_full
from classes.rosters.text_lists import find_encoding
from huleedu.common.text import clean_line

_BEGINS = re.compile(
    rb"^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|meta|table|style|\?xml|\?mso|workbook)", re.IGNORECASE
)
_MAX_TAGS = 300_000
"""What 5,000 students in ten columns need, three tags a cell: more takes time."""
_ROWS = frozenset(["tr", "row", "ss:row", "table:table-row"])
_CELLS = frozenset(["td", "th", "cell", "ss:cell", "table:table-cell", "table:covered-table-cell"])
_TABLES = frozenset(["table", "worksheet", "ss:worksheet", "table:table"])
_NOT_SHOWN = frozenset(["style", "script", "head", "styles", "office:annotation"])
_SPACES = frozenset(["br", "p", "div", "text:p", "text:s", "text:tab", "text:line-break"])


def read_markup(data: bytes) -> Grid | None:
    """The table of a page or an XML workbook; None where it is neither. Raises RosterError."""
    if not _BEGINS.match(data[:500]):
        return None
    encoding = find_encoding(data)
    tables = _parsed(data.decode(encoding, "replace"))
    if not tables:
        raise RosterError("unsupported_type")
    if all(table.name for table in tables):
        return fullest(encoding, tables)
    return Grid(encoding, None, max(tables, key=lambda table: how_full(table.records)).records)


def read_ods(data: bytes) -> Grid:
    """The sheets of an OpenDocument workbook, the one read that holds the list. Raises RosterError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entry = next(one for one in checked_entries(archive) if one.filename == "content.xml")
            text = read_entry(archive, entry).decode("utf-8")
    except RosterError:
        raise
    except Exception as error:  # zipfile raises many kinds for a broken archive
        raise RosterError("corrupt") from error
    return fullest("ods", _parsed(text))


def _parsed(text: str) -> list[Sheet]:
    if text.count("<") > _MAX_TAGS:
        raise RosterError("too_many_rows")
    parser = _Tables()
    parser.feed(text)
    parser.close()
    tables = zip(parser.names, parser.tables, strict=True)
    return [Sheet(clean_line(name), tuple(records)) for name, records in tables if records]


class _Tables(HTMLParser):
    """Every table of a document as rows of cells. Cells that span or repeat stand once, and empty after that."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[Record]] = [[]]
        self.names = [""]
        """Of each table; only those of workbooks have one."""
        self._line = 0
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._repeat = self._again = 1
        self._is_copied = False
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        values = {name: value or "" for name, value in attrs}
        if tag in _NOT_SHOWN:
            self._hidden += 1
        elif tag in _TABLES and tag != "table":
            self._begin_table(values.get("table:name") or values.get("ss:name") or "")
        elif tag == "table":
            if self._row is None and self.tables[-1]:
                self._begin_table("")
        elif tag in _ROWS:
            self._end_row()
            self._line = max(self._line + 1, min(_number(values, "ss:index"), MAX_LINES))
            self._row, self._again = [], _number(values, "table:number-rows-repeated")
        elif tag in _CELLS and self._row is not None:
            self._end_cell()
            place = min(_number(values, "ss:index") - 1, MAX_CELLS)
            self._row += [""] * (place - len(self._row))
            spans = ("table:number-columns-repeated", "colspan", "ss:mergeacross")
            wide = [_number(values, name) + (name == "ss:mergeacross") for name in spans if name in values]
            self._cell, self._repeat = [], min(max([1, *wide]), MAX_CELLS)
            self._is_copied = "table:number-columns-repeated" in values
        elif tag in _SPACES and self._cell:
            self._cell.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A cell, a row or a space without anything in it."""
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        """End a row or a cell."""
        if tag in _NOT_SHOWN:
            self._hidden = max(self._hidden - 1, 0)
        elif tag in _ROWS or tag in _TABLES:
            self._end_row()
        elif tag in _CELLS:
            self._end_cell()

    def handle_data(self, data: str) -> None:
        """Text counts within a cell."""
        if self._cell is not None and not self._hidden:
            self._cell.append(data)

    def close(self) -> None:
        """Also a table that was cut off."""
        super().close()
        self._end_row()

    def _begin_table(self, name: str) -> None:
        self.tables.append([])
        self.names.append(name)
        self._line = 0

    def _end_cell(self) -> None:
        if self._row is None or self._cell is None:
            return
        value = " ".join("".join(self._cell).split())
        rest = value if self._is_copied else ""
        self._row += [value, *[rest] * (self._repeat - 1)][: MAX_CELLS - len(self._row)]
        self._cell = None

    def _end_row(self) -> None:
        if self._row is None:
            return
        self._end_cell()
        while self._row and not self._row[-1]:
            self._row.pop()
        if self._row:
            self.tables[-1].append(Record(self._line, tuple(self._row)))
        if len(self.tables[-1]) > MAX_LINES:
            raise RosterError("too_many_rows")
        self._line += max(min(self._again, MAX_LINES) - 1, 0)
        self._row = None


def _number(values: dict[str, str], name: str) -> int:
    value = values.get(name, "")
    return int(value) if value.isdecimal() and len(value) < 8 else 0
