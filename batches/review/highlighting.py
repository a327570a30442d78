"""Marking clues in what a file says. Pure but for the escaped HTML that comes out.

Clues may overlap and touch; a part that several cover carries all their letters. Offsets count code points.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

LONG_LINE = 110
"""Characters; a longer line is a paragraph of running text and gets room after it."""
AT_ONCE = 1_200
"""Characters that are drawn at once; a paragraph that begins later is drawn when it is scrolled to."""
PIECE = 20_000
"""Characters of a text that come at a time, some eight kilobytes compressed; the whole of nearly every essay."""
_FULL = 0.75
"""A line at least so long, measured by the text's longest ones, was broken by the page and not by its writer."""
_FEWEST_LINES = 6
"""Fewer lines say nothing of the width of a page."""


@dataclass(frozen=True, slots=True)
class Clue:
    """A span to mark. `letters` is `A`, `B` or `AB`; `text` is what should stand there."""

    id: str
    letters: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of the source: without letters it is plain. `ids` are the clues that cover it."""

    text: str
    letters: str = ""
    ids: tuple[str, ...] = ()


def cut(source: str, clues: Iterable[Clue]) -> list[Segment]:
    """The source in pieces, in order and complete: joined they are the source again.

    A clue that no longer fits the source (the text was replaced after matching) is left out.
    """
    fitting = [clue for clue in clues if _fits(clue, source)]
    edges = sorted({0, len(source), *(c.start for c in fitting), *(c.end for c in fitting)})
    segments: list[Segment] = []
    for start, end in pairwise(edges):
        covering = [clue for clue in fitting if clue.start <= start and end <= clue.end]
        letters = "".join(sorted({letter for clue in covering for letter in clue.letters}))
        piece = Segment(source[start:end], letters, tuple(clue.id for clue in covering))
        if segments and letters and segments[-1].letters == letters:
            segments[-1] = _joined(segments[-1], piece)
        else:
            segments.append(piece)
    return segments


def _fits(clue: Clue, source: str) -> bool:
    return 0 <= clue.start < clue.end <= len(source) and source[clue.start : clue.end] == clue.text


def _joined(one: Segment, other: Segment) -> Segment:
    return Segment(one.text + other.text, one.letters, tuple(dict.fromkeys((*one.ids, *other.ids))))


def lines(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """The segments line by line, without the line breaks."""
    line: list[Segment] = []
    for segment in segments:
        first, *rest = segment.text.split("\n")
        line.append(replace(segment, text=first))
        for piece in rest:
            yield line
            line = [replace(segment, text=piece)]
    yield line


def line_html(source: str, clues: Iterable[Clue]) -> SafeString:
    """One line, e.g. a file name, with its clues marked."""
    return mark_safe(_html(cut(source, clues), set()))  # noqa: S308  (escaped piece by piece)


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text as paragraphs, and where the text goes on; None at its end."""

    html: SafeString
    rest_at: int | None


def piece_html(source: str, clues: Iterable[Clue], *, start: int = 0, most: int = PIECE) -> Piece:
    """What of a text comes at a time: from `start`, `most` characters at most, to the end of a paragraph or word."""
    flowing, clues = unwrapped(source), list(clues)
    end = _end_of_piece(flowing, start, most)
    html = _paragraphs(
        _between(cut(source, clues), flowing, start, end), {clue.id for clue in clues if clue.start < start}, start
    )
    return Piece(html, end if end < len(source) else None)


def _end_of_piece(flowing: str, start: int, most: int) -> int:
    """Behind the last line break of the second half, otherwise behind its last space, otherwise where it is full."""
    full, half = start + most, start + most // 2
    if full >= len(flowing):
        return len(flowing)
    return flowing.rfind("\n", half, full) + 1 or flowing.rfind(" ", half, full) + 1 or full


def text_html(source: str, clues: Iterable[Clue]) -> SafeString:
    """A whole text as paragraphs, one per line that is not blank, with its clues marked."""
    return piece_html(source, clues, most=len(source)).html


def _paragraphs(segments: Iterable[Segment], seen: set[str], at: int) -> SafeString:
    """`at`: the characters before them. What comes after the first `AT_ONCE` of a text is `later`."""
    paragraphs = []
    for line in lines(segments):
        written = "".join(segment.text for segment in line)
        if written.strip():
            kinds = ["paragraph"] * (len(written) > LONG_LINE) + ["later"] * (at >= AT_ONCE)
            named = f' class="{" ".join(kinds)}"' if kinds else ""
            paragraphs.append(f"<p{named}>{_html(line, seen)}</p>")
        at += len(written) + 1
    return mark_safe("".join(paragraphs))  # noqa: S308  (escaped piece by piece)


def unwrapped(source: str) -> str:
    """The text with the line breaks of its page (as in PDF) as spaces, so that every character keeps its place.

    Only where most lines are about as long as the longest: poems, lists and dialogue are left as they are.
    """
    rows = source.split("\n")
    lengths = sorted(len(row) for row in rows if row.strip())
    if len(lengths) < _FEWEST_LINES:
        return source
    width = lengths[len(lengths) * 9 // 10]
    if width > LONG_LINE or lengths[len(lengths) // 2] < _FULL * width:
        return source
    flowing = [row + (" " if len(row) >= _FULL * width and after.strip() else "\n") for row, after in pairwise(rows)]
    return "".join(flowing) + rows[-1]


def _between(segments: Iterable[Segment], flowing: str, start: int, end: int) -> Iterator[Segment]:
    """The segments from `start` to `end`, as the text flows."""
    at = 0
    for segment in segments:
        after = at + len(segment.text)
        if start < after and at < end:
            yield replace(segment, text=flowing[max(at, start) : min(after, end)])
        at = after


def _html(segments: Iterable[Segment], seen: set[str]) -> str:
    """`seen` holds the clues that have their anchor already: an id stands once in a page."""
    return "".join(_mark(segment, seen) if segment.letters else escape(segment.text) for segment in segments)


def _mark(segment: Segment, seen: set[str]) -> str:
    if not segment.text:
        return ""
    new = [key for key in segment.ids if key not in seen]
    seen.update(new)
    anchors = "".join(f'<span id="clue-{escape(key)}"></span>' for key in new)
    kinds = " ".join(f"clue-{letter.lower()}" for letter in segment.letters)
    hidden = f'<span class="visually-hidden"> {escape(_("clue"))} </span>'
    return (
        f'{anchors}<mark class="{escape(kinds)}" data-clues="{escape(" ".join(segment.ids))}">'
        f"{escape(segment.text)}<sup>{hidden}{escape(segment.letters)}</sup></mark>"
    )
