"""Collecting a document's text while remembering which spans came out of a table."""

from __future__ import annotations

from dataclasses import dataclass, field

from files.evidence import Document
from files.extraction.cleaning import clean_line, clean_text, remove_personal_numbers
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits

SHORT = 50
"""Characters under which a text gets the warning `short_text`."""
_CELL = "\ue000"
_END = "\ue001"
"""Private-use marks around a cell's text; they survive cleaning and are taken out at the end."""


@dataclass(slots=True)
class Draft:
    """A document while it is being read."""

    limits: Limits
    paragraphs: list[str] = field(default_factory=list)
    headers: list[str] = field(default_factory=list)
    properties: dict[str, str] = field(default_factory=dict)
    _size: int = 0

    def add(self, paragraph: str, *, in_table: bool = False) -> None:
        """One paragraph. Raises ExtractionError `too_long` as soon as the text is."""
        self._size += len(paragraph)
        if self._size > self.limits.max_chars:
            raise ExtractionError("too_long")
        paragraph = _unmarked(paragraph)
        self.paragraphs.append(f"{_CELL}{paragraph}{_END}" if in_table and paragraph.strip() else paragraph)

    def header(self, line: str) -> None:
        """A line of a page header or footer, kept once."""
        line = clean_line(_unmarked(line))[:500]
        if line and line not in self.headers and len(self.headers) < 40:
            self.headers.append(line)

    def property(self, name: str, value: str | None) -> None:
        """A document property that may name somebody."""
        cleaned = clean_line(_unmarked(value or ""))[:300]
        if cleaned:
            self.properties[name] = cleaned

    def finish(self, kind: str) -> Document:
        """The cleaned document."""
        marked, removed = remove_personal_numbers(clean_text("\n".join(self.paragraphs)))
        text, tables = _take_marks_out(marked)
        headers = []
        for line in self.headers:
            cleaned, count = remove_personal_numbers(line)
            headers.append(cleaned)
            removed += count
        properties = {}
        for name, value in self.properties.items():
            properties[name], count = remove_personal_numbers(value)
            removed += count
        return Document(
            detected_type=kind,
            text=text,
            headers=tuple(headers),
            properties=tuple(sorted(properties.items())),
            tables=tuple(tables),
            warning="short_text" if 0 < len(text.strip()) < SHORT else None,
            personnummer_removed=removed,
        )


def _unmarked(text: str) -> str:
    return text.replace(_CELL, "").replace(_END, "")


def _take_marks_out(marked: str) -> tuple[str, list[tuple[int, int]]]:
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    position = 0
    for chunk in marked.split(_CELL):
        cell, end, rest = chunk.partition(_END)
        if end:
            spans.append((position, position + len(cell)))
        parts += [cell, rest]
        position += len(cell) + len(rest)
    return "".join(parts), spans
