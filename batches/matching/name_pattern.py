"""Where in the file names of a batch the writers' names stand, learnt from one file name that a person marked. Pure.

A pattern counts the pieces of a name from its start, from its end, or both; it holds no words. Pieces that most files
of the batch have (`uppsats`, `ENG6`) may be left out of the count, since they stand now here, now there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Any, Literal

from files.evidence import Evidence

Part = Literal["given", "family"]
Order = Literal["given_first", "family_first", ""]
Fit = Literal["exactly", "among", ""]
"""Whether words are one student's name, hold it among others, or neither."""
Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+(?:['’´`][^\W_]+)*")
SEPARATORS: Mapping[str, re.Pattern[str]] = {
    "dash": re.compile(r"\s[-–—]+\s"),
    "bracket": re.compile(r"[()\[\]{}]"),
    "comma": re.compile(r"[,;+&]"),
    "underscore": re.compile(r"_"),
    "hyphen": re.compile(r"[-–—]"),
    "stop": re.compile(r"\."),
    "word": re.compile(r""),
}
"""What parts pieces, the coarsest first; `word`: each word is a piece."""
_COMMON_FROM = 3
"""Files that must hold a word before it may count as common."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a file name, with its place in it (code points)."""

    start: int
    end: int
    text: str


def words_of(name: str) -> tuple[Word, ...]:
    """The words of a file name without its ending; `EmilBerg` is two."""
    path = PurePosixPath(name)
    stem = path.stem if path.suffix[1:].isalnum() else name
    return tuple(word for match in _WORD.finditer(stem) for word in _humps(match))


def _humps(match: re.Match[str]) -> Iterator[Word]:
    text, start = match[0], 0
    edges = [n for n, (one, other) in enumerate(pairwise(text), 1) if one.islower() and other.isupper()]
    for edge in (*edges, len(text)):
        yield Word(match.start() + start, match.start() + edge, text[start:edge])
        start = edge


@dataclass(frozen=True, slots=True)
class NamePattern:
    """Which pieces are the name: `count` of them after the first `before` or before the last `after`.

    With `before` and `after` but no `count`, all between them.
    """

    separator: str
    before: int | None
    after: int | None
    count: int | None
    without_common: bool
    order: Order = ""

    def as_json(self) -> dict[str, Any]:
        """As the batch keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> NamePattern:
        """The inverse of `as_json`; raises TypeError on another shape."""
        return cls(**value)


def common_words(names: Iterable[str]) -> frozenset[str]:
    """Words, in lower case, that more than half of the file names hold."""
    each = [{word.text.casefold() for word in words_of(name)} for name in names]
    counted = Counter(word for words in each for word in words)
    return frozenset(word for word, n in counted.items() if n >= _COMMON_FROM and 2 * n > len(each))


def read_name(pattern: NamePattern, name: str, common: frozenset[str]) -> Span | None:
    """Where the pattern finds the writer's name in `name`; None where it finds none."""
    words = words_of(name)
    found = _find(pattern, name, words, common)
    return (words[found[0]].start, words[found[1]].end) if found else None


def _find(pattern: NamePattern, name: str, words: Sequence[Word], common: frozenset[str]) -> Span | None:
    """First and last word of the name."""
    pieces = _pieces(name, words, pattern.separator)
    if pattern.without_common:
        pieces = [piece for piece in pieces if not _is_common(words, piece, common)]
    start, end = _bounds(pattern, len(pieces))
    if not 0 <= start < end <= len(pieces):
        return None
    chosen = pieces[start:end]
    first, last = chosen[0][0], chosen[-1][1]
    whole = sum(end - start + 1 for start, end in chosen) == last - first + 1
    lettered = any(c.isalpha() for word in words[first : last + 1] for c in word.text)
    return (first, last) if whole and lettered else None


def _bounds(pattern: NamePattern, n: int) -> Span:
    if pattern.count is None:
        return pattern.before or 0, n - (pattern.after or 0)
    if pattern.before is not None:
        return pattern.before, pattern.before + pattern.count
    end = n - (pattern.after or 0)
    return end - pattern.count, end


def _pieces(name: str, words: Sequence[Word], separator: str) -> list[Span]:
    """First and last word of each piece."""
    pattern = SEPARATORS[separator]
    pieces: list[Span] = []
    for index, word in enumerate(words):
        if pieces and not pattern.search(name[words[index - 1].end : word.start]):
            pieces[-1] = (pieces[-1][0], index)
        else:
            pieces.append((index, index))
    return pieces


def _is_common(words: Sequence[Word], piece: Span, common: frozenset[str]) -> bool:
    return all(word.text.casefold() in common for word in words[piece[0] : piece[1] + 1])


def derive_pattern(
    name: str, marks: Mapping[int, Part], names: Sequence[str], fits: Callable[[str], Fit]
) -> NamePattern | None:
    """The pattern that reads the marked words in `name` and, of all such, fits most of the batch's `names`.

    `marks` says of words by their index that they are the given or the family name; all from the first to the last
    belong to the name. `fits` says how a reading fits a student. None where no pattern reads the marked words.
    """
    words = words_of(name)
    if not marks or not all(0 <= index < len(words) for index in marks):
        return None
    wanted = (min(marks), max(marks))
    common = common_words(names)
    best: tuple[int, int, int] = (-1, -1, -1)
    chosen: NamePattern | None = None
    for pattern in _candidates(name, words, wanted, common, order=_order(marks)):
        spans = [(other, read_name(pattern, other, common)) for other in names]
        read = [other[span[0] : span[1]] for other, span in spans if span]
        fitting = [fit for fit in map(fits, read) if fit]
        score = (len(fitting), fitting.count("exactly"), len(read))
        if score > best:
            best, chosen = score, pattern
    return chosen


def _candidates(
    name: str, words: Sequence[Word], wanted: Span, common: frozenset[str], *, order: Order
) -> Iterator[NamePattern]:
    """Every pattern that reads `wanted`, the sturdiest first: coarse pieces, then counted from the nearer end."""
    for separator in SEPARATORS:
        for without_common in (False, True):
            pieces = _pieces(name, words, separator)
            if without_common:
                pieces = [piece for piece in pieces if not _is_common(words, piece, common)]
            firsts, lasts = [first for first, _last in pieces], [last for _first, last in pieces]
            if wanted[0] not in firsts or wanted[1] not in lasts:
                continue
            before, end = firsts.index(wanted[0]), lasts.index(wanted[1]) + 1
            count, after = end - before, len(pieces) - end
            from_start = NamePattern(separator, before, None, count, without_common, order)
            from_end = NamePattern(separator, None, after, count, without_common, order)
            between = NamePattern(separator, before, after, None, without_common, order)
            ends = (from_start, from_end) if before <= after else (from_end, from_start)
            for pattern in (*ends, between):
                if _find(pattern, name, words, common) == wanted:
                    yield pattern


def _order(marks: Mapping[int, Part]) -> Order:
    given = [index for index, part in marks.items() if part == "given"]
    family = [index for index, part in marks.items() if part == "family"]
    if not given or not family:
        return ""
    return "given_first" if min(given) < min(family) else "family_first"


def narrow(evidence: Sequence[Evidence], name: str, span: Span) -> tuple[Evidence, ...]:
    """The evidence with the file name's cut to `span`; of the rest of the name numbers and codes stay.

    They may be the student's in another system. What a platform wrote into the name goes unless it is in the span.
    """
    whole = next((item for item in evidence if item.place == "file_name" and item.field == "name"), None)
    if whole is None or name[whole.start : whole.end] != whole.text:
        return tuple(evidence)
    start, end = span
    kept: list[Evidence] = []
    for item in evidence:
        if item is whole:
            kept.append(Evidence(item.id, "file_name", "name", start, end, name[start:end]))
        elif item.field != "name" or item.place == "email" or (start <= item.start and item.end <= end):
            kept.append(item)
    codes = [w for w in words_of(name) if (w.end <= start or end <= w.start) and any(c.isdigit() for c in w.text)]
    kept += [Evidence(f"n{n}", "file_name", "name", w.start, w.end, w.text) for n, w in enumerate(codes, 1)]
    return tuple(kept)
