"""What a learning platform puts beside the texts: receipts, grade lists, metadata. Who handed in what. Pure.

Each parser takes the bytes and gives, for the platform's own number of a submission, a line that names its writer:
`Alva Berg; alvber; alva.berg@elev.example`. None raises for what the bytes hold.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import islice
from urllib.parse import unquote

from files.extraction.cleaning import clean_line, clean_text, remove_personal_numbers

MAX_BYTES = 1_000_000
"""A longer sidecar is not looked into. All that is looked into takes time in proportion to its length."""
LONGEST_LINE = 1_000
HEADING_WITHIN = 20
"""Rows of a table among which its heading stands."""
MAX_ROWS = 5_000
LONGEST = 300
"""Characters of a line that names a writer."""
SEPARATOR = "; "
"""Between name, account and address."""

_RECEIPT_NAME = re.compile(
    r"[ \t]*(?:Name|Namn|Navn|Nimi|Nom|Nombre|Naam)[ \t]*:[ \t]*(?P<name>\S.*?)[ \t]*\((?P<user>[^()]+)\)[ \t]*$"
)
_RECEIPT_FILE = re.compile(r"[ \t]*(?:Original filename|Ursprungligt filnamn|Filename|Filnamn)[ \t]*:[ \t]*\S", re.I)
_TYPED_BEGINS = re.compile(r"(?:Submission Field|Inlämningsfält|Inskickningsfält)[ \t]*:[ \t]*$")
_TYPED_ENDS = re.compile(r"(?:Comments|Kommentarer)[ \t]*:")
_NOTHING_TYPED = re.compile(r"[ \t]*(?:There is no student submission text data|Det finns inga? )")
_COLUMNS = {
    "key": {"identifier", "identifierare", "id", "display id"},
    "name": {"full name", "fullständigt namn", "namn", "student", "student name"},
    "first": {"first name", "förnamn", "given name"},
    "last": {"last name", "efternamn", "surname", "family name"},
    "account": {"sis login id", "id number", "id-nummer", "username", "användarnamn"},
    "email": {"email address", "email", "e-postadress", "e-post"},
}
_NUMBER = re.compile(r"\d+")
_INDEX = re.compile(
    r"""<a\b[^<>]{0,500}?href\s*=\s*(?P<quote>["'])(?P<target>[^"'<>]{1,1500})(?P=quote)|"""
    r"""<(?:td|th|b|strong|h[1-4]|dt|li)\b[^<>]{0,500}>(?P<text>[^<>]{1,90})</""",
    re.IGNORECASE,
)
_YAML_KEY = re.compile(r"""^(?P<quote>['"]?)(?P<key>[^\s#'"-][^'"]*?)(?P=quote):\s*$""")
_YAML_FIELD = re.compile(r"^(?P<indent>\s*)(?P<item>-\s+)?:?(?P<key>\w+):\s*(?P<value>.*)$")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a Blackboard receipt says."""

    writer: str
    has_files: bool
    text: str
    """What was typed into the platform instead of being handed in as a file; empty where there is none."""


def parse_receipt(data: bytes) -> Receipt:
    """A receipt of Blackboard; all empty where it is none. Line by line, each line cut: students can name files so."""
    lines = [line[:LONGEST_LINE] for line in decode(data).splitlines()]
    named = next(filter(None, map(_RECEIPT_NAME.match, lines)), None)
    begin = next((number for number, line in enumerate(lines, start=1) if _TYPED_BEGINS.match(line)), len(lines))
    end = next((number for number in range(begin, len(lines)) if _TYPED_ENDS.match(lines[number])), begin)
    typed = [line for line in lines[begin:end] if not _NOTHING_TYPED.match(line)]
    return Receipt(
        _line(named["name"], named["user"]) if named else "",
        has_files=any(map(_RECEIPT_FILE.match, lines)),
        text=clean_text("\n".join(typed)),
    )


def parse_table(data: bytes) -> dict[str, str]:
    """Submission number to writer of a grading worksheet (Moodle), grades.csv (Sakai) or gradebook (Canvas).

    Empty where the table is none of them.
    """
    content = decode(data)
    for delimiter in (",", ";", "\t"):
        rows = _rows(content, delimiter)
        for row in islice(rows, HEADING_WITHIN):
            columns = _columns(row)
            if "key" in columns and ("name" in columns or "last" in columns):
                return dict(_writers(islice(rows, MAX_ROWS), columns))
    return {}


def _rows(content: str, delimiter: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(io.StringIO(content), delimiter=delimiter)
    except csv.Error:
        return


def _columns(row: list[str]) -> dict[str, list[int]]:
    """Which columns of a heading say what."""
    found: dict[str, list[int]] = {}
    for index, cell in enumerate(row[:200]):
        for role, names in _COLUMNS.items():
            if cell.strip().casefold() in names:
                found.setdefault(role, []).append(index)
    return found


def _writers(rows: Iterator[list[str]], columns: dict[str, list[int]]) -> Iterator[tuple[str, str]]:
    for row in rows:

        def cells(role: str, row: list[str] = row) -> list[str]:
            return [row[index].strip() for index in columns.get(role, []) if index < len(row) and row[index].strip()]

        name = " ".join([*cells("first"), *cells("last")]) or " ".join(cells("name")[:1])
        if not name:
            continue
        writer = _line(name, *cells("account")[:1], *cells("email")[:1])
        for key in cells("key"):
            yield key, writer
            number = _NUMBER.search(key)
            if number and " " in key:
                # "Participant 12345": the word is in the platform's language.
                yield number[0], writer


def parse_index(data: bytes) -> dict[str, str]:
    """Target of each link to the writer it stands under, of the `index.html` that Brightspace lists submissions in.

    A writer is a short text without digits in a cell, a heading or bold type before the link. By one expression rather
    than as HTML: it takes time in proportion to the length, and web processes need no parser.
    """
    found: dict[str, str] = {}
    writer = ""
    for match in islice(_INDEX.finditer(decode(data)), 2 * MAX_ROWS):
        if match["target"] is not None:
            if writer:
                found.setdefault(unquote(unescape(match["target"])), writer)
        else:
            text = clean_line(unescape(match["text"]))
            if text and not _NUMBER.search(text) and not text.endswith(":"):
                writer = _line(text)
    return found


def parse_metadata(data: bytes) -> dict[str, str]:
    """Folder (or file) to writers of Gradescope's submission_metadata.yml.

    Read line by line rather than as YAML: its keys are Ruby symbols, and three fields are all that is wanted.
    """
    found: dict[str, list[str]] = {}
    folder, inside = "", -1
    for line in (long[:LONGEST_LINE] for long in decode(data).splitlines()):
        top = _YAML_KEY.match(line)
        if top:
            folder, inside = top["key"].strip(), -1
            continue
        field = _YAML_FIELD.match(line)
        if not field:
            continue
        indent = len(field["indent"])
        if field["key"] == "submitters":
            inside = indent
        elif inside >= 0 and indent <= inside and not field["item"]:
            inside = -1
        elif inside >= 0 and folder and field["key"] in ("name", "email", "sid") and field["value"].strip():
            found.setdefault(folder, []).append(_plain(field["value"].strip()))
    return {key: _line(*parts) for key, parts in found.items()}


def _plain(value: str) -> str:
    """A YAML scalar without its quotes."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        try:
            return str(json.loads(value))
        except ValueError:
            return value[1:-1]
    return value[1:-1].replace("''", "'") if len(value) > 1 and value[0] == value[-1] == "'" else value


def _line(*parts: str) -> str:
    cleaned, _removed = remove_personal_numbers(SEPARATOR.join(filter(None, map(clean_line, parts))))
    return cleaned[:LONGEST]


def decode(data: bytes) -> str:
    """As text: byte order mark, then UTF-8, then cp1252. Never raises."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
