"""Where in a file its writer may be named. Finds places, decides nothing, knows no roster. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from files.evidence import Document, Evidence, Place

MAX_ITEMS = 60
FIRST_LINES = 6
"""Non-empty lines at the top that may be a heading rather than running text."""
LONGEST_NAME_LINE = 90
"""Characters; a longer line is running text."""
TOP = 1500
"""Characters of the text within which labels and tables stand."""
SIGN_OFF_LINES = 3

_WRITER = (
    "namn|för- och efternamn|förnamn och efternamn|elev|elevens namn|elevnamn|ditt namn|mitt namn|skriven av|skrivet av|"
    "skribent|författare|av|student|student name|student's name|studentens namn|name|full name|my name|written by|writer|"
    "author|by|pupil|pupil's name|inlämnad av|inlämnat av|submitted by|från|from"
)
_OTHERS = (
    "lärare|lärarens namn|undervisande lärare|handledare|examinator|mentor|rektor|teacher|instructor|tutor|supervisor|"
    "examiner|professor|to|till|kurs|course|klass|class|grupp|group|datum|date|titel|title|rubrik|uppgift|assignment|"
    "task|antal ord|word count|words|ämne|subject|skola|school|prov|exam|test|källa|source|version|betyg|grade"
)
_LABEL = re.compile(rf"^[ \t>*•\-]*(?P<label>(?:{_WRITER})(?:[ \t]*(?:och|and|&|/|,|\+)[ \t]*\w+)?)[ \t]*(?:[:：=–]|\t|[ ]-[ ])[ \t]*(?P<value>\S.*)$", re.IGNORECASE)
_BY_LINE = re.compile(r"^[ \t]*(?P<label>av|by|skriven av|written by)[ \t]+(?P<value>[^\W\d_a-zåäö].{1,80})$", re.IGNORECASE)
_OTHER_LABEL = re.compile(rf"^[ \t>*•\-]*(?:{_OTHERS})\b[^:：=\n]{{0,20}}[:：=\t]", re.IGNORECASE)
_LABEL_CELL = re.compile(rf"^(?:{_WRITER})[ \t]*[:：]?$", re.IGNORECASE)
_OTHER_CELL = re.compile(rf"^(?:{_OTHERS})[ \t]*[:：]?$", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+\-']+@[\w\-]+(?:\.[\w\-]+)+")
_WORDY = re.compile(r"[^\W\d_]{2,}")
_SENTENCE = re.compile(r"[.!?;:,]\s+\S+\s+\S+|[.!?]$")

_CLOSING = re.compile(
    r"^\W*(?:yours\b|sincerely|faithfully|kind regards|best regards|regards|best wishes|love\b|cheers|"
    r"(?:med )?(?:vänlig(?:a)? häls|bästa häls|hälsning|mvh|vänligen|kram|din\b|ert\b|er\b))",
    re.IGNORECASE,
)
_MACHINE_AUTHORS = {"windows user", "user", "admin", "administrator", "microsoft office user", "python-docx", "author", "unknown"}


@dataclass(slots=True)
class _Found:
    """Collects evidence in reading order, each span once per place."""

    items: list[Evidence]
    seen: set[tuple[str, str, int, int]]

    def add(self, place: Place, field: str, start: int, end: int, source: str) -> None:
        while start < end and source[start].isspace():
            start += 1
        while end > start and source[end - 1].isspace():
            end -= 1
        key = (place, field, start, end)
        if start < end and key not in self.seen and len(self.items) < MAX_ITEMS:
            self.seen.add(key)
            self.items.append(Evidence(f"e{len(self.items) + 1}", place, field, start, end, source[start:end]))


@dataclass(frozen=True, slots=True)
class _Line:
    start: int
    end: int
    text: str


def find_evidence(*, name: str, path: str, document: Document) -> list[Evidence]:
    """Every place where the writer's name or address may stand, in reading order: file name, folders, text, pages."""
    name, path = unicodedata.normalize("NFC", name), unicodedata.normalize("NFC", path)
    found = _Found([], set())
    stem = PurePosixPath(name).stem if PurePosixPath(name).suffix[1:].isalnum() else name
    found.add("file_name", "name", 0, len(stem), name)
    _folders(path, found)
    _emails(name, "name", found)
    lines = list(_lines(document.text))
    _labels(lines, document.text, found)
    _tables(document, found)
    _first_lines(lines, document, found)
    for index, header in enumerate(document.headers):
        _page_header(header, f"header:{index}", found)
    _sign_off(lines, document.text, found)
    _emails(document.text, "text", found)
    for key, value in document.properties:
        if key in ("author", "last_modified_by") and value.casefold() not in _MACHINE_AUTHORS:
            found.add("property", f"property:{key}", 0, len(value), value)
    return found.items


def _folders(path: str, found: _Found) -> None:
    position = 0
    for segment in path.split("/"):
        found.add("folder", "path", position, position + len(segment), path)
        position += len(segment) + 1


def _emails(source: str, field: str, found: _Found) -> None:
    for match in _EMAIL.finditer(source):
        line_start = source.rfind("\n", 0, match.start()) + 1
        line = source[line_start : source.find("\n", match.start()) if "\n" in source[match.start() :] else len(source)]
        if not _OTHER_LABEL.match(line):
            found.add("email", field, match.start(), match.end(), source)


def _lines(text: str) -> Iterator[_Line]:
    position = 0
    for line in text.split("\n"):
        if line.strip():
            yield _Line(position, position + len(line), line)
        position += len(line) + 1


def _labels(lines: list[_Line], text: str, found: _Found) -> None:
    """`Namn: …` near the top, and near the end."""
    for line in lines:
        if TOP < line.start < len(text) - TOP // 3:
            continue
        match = _LABEL.match(line.text)
        if match is None and line.start < TOP // 3:
            match = _BY_LINE.match(line.text)
        if match and len(match["value"]) <= LONGEST_NAME_LINE:
            found.add("label", "text", line.start + match.start("value"), line.end, text)


def _tables(document: Document, found: _Found) -> None:
    """Cells near the top; a cell after a label of somebody or something else is none."""
    previous = ""
    for start, end in document.tables:
        if start > TOP:
            break
        cell = document.text[start:end].strip()
        if _LABEL_CELL.match(previous):
            found.add("label", "text", start, end, document.text)
        elif (
            not _OTHER_CELL.match(previous)
            and not _OTHER_LABEL.match(cell)
            and not _LABEL_CELL.match(cell)
            and not _OTHER_CELL.match(cell)
            and len(cell) <= LONGEST_NAME_LINE
            and _WORDY.search(cell)
        ):
            found.add("table", "text", start, end, document.text)
        previous = cell


def _in_table(document: Document, line: _Line) -> bool:
    return any(start <= line.start < end for start, end in document.tables)


def _first_lines(lines: list[_Line], document: Document, found: _Found) -> None:
    for line in lines[:FIRST_LINES]:
        if len(line.text) > LONGEST_NAME_LINE or (_SENTENCE.search(line.text.strip()) and len(line.text) > 40):
            break
        if _in_table(document, line) or _LABEL.match(line.text) or _OTHER_LABEL.match(line.text):
            continue
        if _WORDY.search(line.text):
            found.add("first_line", "text", line.start, line.end, document.text)


def _page_header(header: str, field: str, found: _Found) -> None:
    match = _LABEL.match(header)
    if match:
        found.add("label", field, match.start("value"), len(header), header)
    elif not _OTHER_LABEL.match(header) and len(header) <= 2 * LONGEST_NAME_LINE and _WORDY.search(header):
        found.add("page_header", field, 0, len(header), header)
    _emails(header, field, found)


def _sign_off(lines: list[_Line], text: str, found: _Found) -> None:
    """Short lines at the very end; what follows "Yours sincerely" signs a letter in the text and names nobody real."""
    if len(lines) < 3:
        return
    for before, line in zip(lines[-SIGN_OFF_LINES - 1 :], lines[-SIGN_OFF_LINES:], strict=False):
        words = line.text.split()
        short = len(line.text.strip()) <= 60 and (len(words) <= 5 or not line.text.rstrip().endswith((".", "!", "?", "”")))
        if _CLOSING.match(before.text) or _CLOSING.match(line.text):
            continue
        if short and not _OTHER_LABEL.match(line.text) and not _LABEL.match(line.text) and _WORDY.search(line.text):
            found.add("sign_off", "text", line.start, line.end, text)
