"""The text of one PDF page: what is drawn, columns one after the other, then what was typed into its fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from statistics import median
from typing import Any

from pypdf import PageObject
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, PdfObject, StreamObject, TextStringObject

from files.extraction.errors import ExtractionError

_MAX_PAGE_BYTES = 6_000_000
"""Of drawing instructions on a page: a thousand times an ordinary page, and about twenty seconds of work."""
_MAX_FIELDS = 500
"""Of a page that are looked into."""
_MAX_PARENTS = 10
"""Above a field: what it does not say itself, one of them does."""
_ROWS = 4
"""So many lines side by side are columns rather than a heading or a table of labels, if they are also long:"""
_LONG = 18
"""characters."""
_SAME = 2.0
"""Points that the places of one line or one column's lines may differ by."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """Text drawn in one go, and where: points from the left, points from the bottom."""

    x: float
    y: float
    text: str


def page_text(page: PageObject) -> str:
    """Raises ExtractionError `too_complex`, and what pypdf raises."""
    contents = page.get_contents()
    if contents is not None and len(contents.get_data()) > _MAX_PAGE_BYTES:
        raise ExtractionError("too_complex")
    _lend_resources(page)
    pieces: list[_Piece] = []

    def visit(text: str, around: list[float], matrix: list[float], _font: Any, _size: float) -> None:
        if text.strip():
            x, y = matrix[4] * around[0] + around[4], matrix[5] * around[3] + around[5]
            pieces.append(_Piece(x, y, text.strip()))

    text = page.extract_text(visitor_text=visit) or ""
    return "\n".join([_by_columns(pieces) or text, *_typed(page)])


def _lend_resources(page: PageObject) -> None:
    """A form without resources of its own uses the page's, as PDF 1.1 had it; pypdf leaves its text out."""
    resources = _resolved(page.get("/Resources"))
    forms = _resolved(resources.get("/XObject")) if isinstance(resources, DictionaryObject) else None
    for form in map(_resolved, forms.values() if isinstance(forms, DictionaryObject) else ()):
        if isinstance(form, StreamObject) and form.get("/Subtype") == "/Form" and "/Resources" not in form:
            form[NameObject("/Resources")] = resources


def _resolved(value: Any) -> PdfObject | None:
    return value.get_object() if isinstance(value, PdfObject) else None


def _typed(page: PageObject) -> list[str]:
    """What stands in the fields of a form to fill in, and in text boxes laid over the page. Comments do not count."""
    annotations = _resolved(page.get("/Annots"))
    found = []
    for annotation in map(_resolved, annotations[:_MAX_FIELDS] if isinstance(annotations, ArrayObject) else ()):
        if not isinstance(annotation, DictionaryObject):
            continue
        value: Any = None
        if annotation.get("/Subtype") == "/FreeText":
            value = _resolved(annotation.get("/Contents"))
        elif annotation.get("/Subtype") == "/Widget" and _inherited(annotation, "/FT") == "/Tx":
            value = _inherited(annotation, "/V")
        if isinstance(value, TextStringObject) and value.strip():
            found.append(str(value))
    return found


def _inherited(field: DictionaryObject, key: str) -> Any:
    above: Any = field
    for _level in range(_MAX_PARENTS):
        if not isinstance(above, DictionaryObject):
            break
        if key in above:
            return _resolved(above[key])
        above = _resolved(above.get("/Parent"))
    return None


def _by_columns(pieces: Sequence[_Piece]) -> str | None:
    """The text of a page whose two columns were drawn line by line across the gap; None for any other page."""
    beside = [index for index, (one, next_) in enumerate(pairwise(pieces)) if _is_right_of(next_, one)]
    if len(beside) < _ROWS or 3 * len(beside) < len(pieces):
        return None
    edges = Counter(round(pieces[index + 1].x / _SAME) for index in beside)
    edge, lines = max(edges.items(), key=itemgetter(1))
    is_long = all(
        median(len(pieces[index + side].text) for index in beside) >= _LONG and lines * 5 >= len(beside) * 4
        for side in (0, 1)
    )
    if not is_long:
        return None
    first, last = beside[0], beside[-1] + 2
    spacing = median(abs(pieces[one].y - pieces[other].y) for one, other in pairwise(beside))
    while last < len(pieces) and 0 < pieces[last - 1].y - pieces[last].y < 2 * spacing:
        last += 1
    middle = pieces[first:last]
    left = [piece for piece in middle if piece.x < (edge - 1) * _SAME]
    right = [piece for piece in middle if piece.x >= (edge - 1) * _SAME]
    return "\n".join(piece.text for piece in (*pieces[:first], *left, *right, *pieces[last:]))


def _is_right_of(one: _Piece, other: _Piece) -> bool:
    """Whether `one` goes on in the line of `other`, beyond its end as far as that can be told."""
    return abs(one.y - other.y) < _SAME and one.x - other.x > 4 * len(other.text)
