"""Comparing names as people write them with the names of a roster. Pure.

A roster name is never parsed in the void: a string is searched for what a known student could have written. Tokens are
compared folded (å→a, ø→o …); how exactly they agree is kept as a tie-break, since Åberg and Öberg are two people.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

_WORD = re.compile(r"[^\W\d_]+(?:['’`´][^\W\d_]+)*\.?")
_SPECIAL = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "ß": "ss", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "œ": "oe"})
_SPELLED = str.maketrans({"å": "aa", "ä": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "æ": "ae"})
PARTICLES = frozenset("von van af av de del della der den di da do dos das la le el al bin ibn abu mac mc o y".split())
TYPO_LENGTH = 6
"""Letters a name must have before one slip is forgiven; two slips from twice that."""
SHORT = 3
"""A name of so few letters stands in too many words: it must be a word of its own."""


@lru_cache(maxsize=65536)
def fold(text: str) -> str:
    """Lower case without marks: `Åkerström` → `akerstrom`."""
    lowered = unicodedata.normalize("NFC", text).casefold().translate(_SPECIAL)
    return "".join(c for c in unicodedata.normalize("NFKD", lowered) if c.isalpha())


@lru_cache(maxsize=65536)
def spelled(text: str) -> str:
    """As `fold`, with å ä ö written aa ae oe."""
    return fold(unicodedata.normalize("NFC", text).casefold().translate(_SPELLED))


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a string, with its place (code points)."""

    start: int
    end: int
    text: str

    @property
    def is_initial(self) -> bool:
        """`A` or `A.`"""
        return len(self.text.rstrip(".")) == 1 and self.text[0].isupper()


def tokens(text: str) -> list[Token]:
    """The words of `text`; CamelCase is split, also after an initial (`NNyström`); underscores and digits separate."""
    found = []
    for match in _WORD.finditer(text):
        word, start = match[0], 0
        for index in range(1, len(word) + 1):
            if index == len(word) or _begins_word(word, index):
                found.append(Token(match.start() + start, match.start() + index, word[start:index]))
                start = index
    return found


def _begins_word(word: str, index: int) -> bool:
    """Whether a capital at `index` begins a word of its own: `AnnaBerg`, `ABerg`, but not in `ANNA` or `O'Brien`."""
    if not word[index].isupper():
        return False
    return word[index - 1].islower() or (word[index - 1].isupper() and word[index + 1 : index + 2].islower())


@dataclass(frozen=True, slots=True)
class Name:
    """A roster student's name, ready to be searched for."""

    given: tuple[str, ...]
    """Words of the given name."""
    family: tuple[str, ...]
    """Words of the family name without particles."""
    preferred: tuple[str, ...]
    joined: tuple[str, ...]
    """The folded concatenations an LMS makes of it, e.g. `akerstromlindannakarin`."""

    @property
    def key(self) -> tuple[str, str]:
        """Equal for namesakes."""
        return "".join(map(fold, self.given)), "".join(map(fold, self.family))


def words(name: str) -> tuple[str, ...]:
    """`Anna-Karin` → `("Anna", "Karin")`."""
    return tuple(token.text.rstrip(".") for token in tokens(name))


def make_name(given: str, family: str, preferred: str) -> Name:
    """Prepare a roster name. A family name of particles only keeps them."""
    family_words = tuple(word for word in words(family) if fold(word) not in PARTICLES) or words(family)
    all_family = "".join(words(family))
    first = "".join(words(given))
    joined = []
    if given and family:
        for one in dict.fromkeys((first, "".join(words(preferred)))):
            for other in dict.fromkeys((all_family, "".join(family_words))):
                if one and other:
                    joined += [f(other + one) for f in (fold, spelled)] + [f(one + other) for f in (fold, spelled)]
    return Name(words(given), family_words, words(preferred), tuple(dict.fromkeys(joined)))


@dataclass(frozen=True, slots=True)
class Part:
    """How a part of a name was found: in which tokens, how exactly (1 to the letter, less folded or with a slip)."""

    used: frozenset[int]
    exactness: float


def _same(written: str, known: str, *, slips: bool) -> float:
    """1.0 to the letter, 0.95 folded, 0.9 in the genitive, 0.8 with a slip of the pen, 0 otherwise."""
    plain = written.rstrip(".")
    if unicodedata.normalize("NFC", plain).casefold() == unicodedata.normalize("NFC", known).casefold():
        return 1.0
    one, other = fold(plain), fold(known)
    if one in (other, spelled(known)):
        return 0.95
    if len(other) > SHORT and one == f"{other}s":
        return 0.9
    longest = min(len(one), len(other))
    if slips and longest >= TYPO_LENGTH and one[:1] == other[:1]:
        allowed = 2 if longest >= 2 * TYPO_LENGTH else 1
        if DamerauLevenshtein.distance(one, other, score_cutoff=allowed) <= allowed:
            return 0.8
    return 0.0


def find_part(
    written: list[Token], name: tuple[str, ...], *, free: frozenset[int] = frozenset(), slips: bool = False
) -> Part | None:
    """All words of `name` in order, next to each other or as one word; tokens in `free` are taken already."""
    if not name:
        return None
    best: Part | None = None
    whole = "".join(name)
    for index in range(len(written)):
        span = range(index, index + len(name))
        if span.stop <= len(written) and not free.intersection(span):
            grades = [_same(written[i].text, word, slips=slips) for i, word in zip(span, name, strict=True)]
            if min(grades) > 0:
                best = _better(best, Part(frozenset(span), min(grades)))
        if len(name) > 1 and index not in free:
            grade = _same(written[index].text, whole, slips=slips)
            if grade:
                best = _better(best, Part(frozenset({index}), min(grade, 0.97)))
    return best


def find_word(written: list[Token], name: tuple[str, ...], *, free: frozenset[int] = frozenset()) -> Part | None:
    """Any single word of `name` long enough to mean something."""
    best: Part | None = None
    for index, token in enumerate(written):
        if index in free:
            continue
        for word in name:
            grade = _same(token.text, word, slips=False) if len(word) > 1 else 0.0
            if grade:
                best = _better(best, Part(frozenset({index}), grade))
    return best


def find_initial(written: list[Token], name: tuple[str, ...], *, beside: frozenset[int]) -> Part | None:
    """A single capital letter next to the tokens `beside`, the first of one of the words of `name`."""
    near = {i + step for i in beside for step in (-1, 1)} - beside
    for index in sorted(near):
        if 0 <= index < len(written) and written[index].is_initial:
            letter = fold(written[index].text)
            if any(fold(word)[:1] == letter for word in name):
                return Part(frozenset({index}), 0.9)
    return None


def find_joined(written: list[Token], name: Name) -> Part | None:
    """An LMS's concatenation of the whole name as one word, or as the beginning of one where letters follow."""
    for index, token in enumerate(written):
        folded = fold(token.text)
        if folded in name.joined:
            return Part(frozenset({index}), 0.95)
    # CamelCase splitting may have cut it: put neighbours together again.
    for index in range(len(written) - 1):
        if written[index].end == written[index + 1].start:
            folded = fold(written[index].text + written[index + 1].text)
            if folded in name.joined:
                return Part(frozenset({index, index + 1}), 0.95)
    return None


def _better(one: Part | None, other: Part) -> Part:
    return other if one is None or other.exactness > one.exactness else one


def repair(text: str) -> str:
    """Undo UTF-8 read as cp437, cp850 or cp1252 (`├Ñ`, `Ã¥`); the text itself where that gives nothing."""
    for encoding in ("cp437", "cp850", "cp1252"):
        try:
            fixed = text.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if fixed != text:
            return unicodedata.normalize("NFC", fixed)
    return text
