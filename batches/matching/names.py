"""Comparing names as people write them with the names of a roster. Pure.

A roster name is never parsed in the void: a string is searched for what a known student could have written. Tokens are
compared folded (å→a, ø→o …); how exactly they agree is kept as a tie-break, since Åberg and Öberg are two people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import DamerauLevenshtein

_WORD = re.compile(r"[^\W\d_]+(?:['’`´][^\W\d_]+)*\.?")
_SPECIAL = str.maketrans({"ø": "o", "æ": "ae", "ł": "l", "ß": "ss", "đ": "d", "ð": "d", "ı": "i", "þ": "th", "œ": "oe"})
_SPELLED = str.maketrans({"å": "aa", "ä": "ae", "ö": "oe", "ø": "oe", "ü": "ue", "æ": "ae"})
PARTICLES = frozenset("von van af de del della der den di da do dos das la le el al bin ibn abu mac mc o y".split())
TYPO_LENGTH = 5
"""Letters a name must have before one slip is forgiven; two slips from twice that."""
MISPRINT = 0.84
"""How exactly a name agrees that has the same letters, two of them in each other's place."""
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
    in_code: bool = False
    """Digits stand next to it, as in `NA24B`: the name of a class or course."""
    goes_on: bool = False
    """A hyphen and a small letter follow, as after the `A` of `A-lMasri`."""

    @property
    def is_initial(self) -> bool:
        """`A` or `A.`"""
        return len(self.text.rstrip(".")) == 1 and self.text[0].isupper() and not self.goes_on


def tokens(text: str) -> list[Token]:
    """The words of `text`; CamelCase is split, also after an initial (`NNyström`); underscores and digits separate."""
    found = []
    for match in _WORD.finditer(text):
        word, start = match[0], 0
        code = text[match.start() - 1 : match.start()].isdigit() or text[match.end() : match.end() + 1].isdigit()
        goes_on = text[match.end() : match.end() + 1] == "-" and text[match.end() + 1 : match.end() + 2].islower()
        for index in range(1, len(word) + 1):
            if index == len(word) or _begins_word(word, index):
                whole = Token(match.start() + start, match.start() + index, word[start:index], code, goes_on)
                found.append(whole)
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
    solid: tuple[str, ...] = ()
    """The family name with its particles as one word, e.g. `vonPlaten`."""

    @property
    def key(self) -> tuple[str, str]:
        """Equal for namesakes."""
        return "".join(map(fold, self.given)), "".join(map(fold, self.family))


def words(name: str) -> tuple[str, ...]:
    """`Anna-Karin` → `("Anna", "Karin")`."""
    return tuple(token.text.rstrip(".") for token in tokens(name))


def make_name(given: str, family: str, preferred: str) -> Name:
    """Prepare a roster name."""
    all_given_words, all_family_words, preferred_words = words(given), words(family), words(preferred)
    family_words, given_words = _without_particles(all_family_words), _without_particles(all_given_words)
    all_family = "".join(all_family_words)
    joined = []
    if given and family:
        for one in dict.fromkeys(("".join(all_given_words), "".join(preferred_words))):
            for other in dict.fromkeys((all_family, "".join(family_words))):
                if one and other:
                    joined += [f(other + one) for f in (fold, spelled)] + [f(one + other) for f in (fold, spelled)]
    solid = (all_family,) if all_family != "".join(family_words) else ()
    return Name(given_words, family_words, preferred_words, tuple(dict.fromkeys(joined)), solid)


def _without_particles(of_name: tuple[str, ...]) -> tuple[str, ...]:
    """A name of particles only keeps them."""
    return tuple(word for word in of_name if word.casefold() not in PARTICLES) or of_name


@dataclass(frozen=True, slots=True)
class Part:
    """How a part of a name was found: in which tokens, how exactly (1 to the letter, less folded or with a slip)."""

    used: frozenset[int]
    exactness: float


def _same(written: str, known: str, *, slips: bool) -> float:
    """1.0 to the letter, 0.95 folded, 0.9 in the genitive, 0.84 or 0.8 with a slip of the pen, 0 otherwise."""
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
            # No two names differ by letters that have changed places; many do by one letter.
            return MISPRINT if sorted(one) == sorted(other) else 0.8
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
    """A single capital letter next to the tokens `beside`, perhaps among others, the first of a word of `name`.

    Only to the letter (0.9), or folded (0.8): `A.` is hardly Åsa's where she writes her surname with its marks.
    """
    best: Part | None = None
    for index, step in ((min(beside) - 1, -1), (max(beside) + 1, 1)):
        while 0 <= index < len(written) and written[index].is_initial:
            letter = written[index].text.rstrip(".").casefold()
            for word in name:
                if word[:1].casefold() == letter:
                    best = _better(best, Part(frozenset({index}), 0.9))
                elif fold(word)[:1] == fold(letter):
                    best = _better(best, Part(frozenset({index}), 0.8))
            index += step
    return best


def is_short_for(written: str, name: tuple[str, ...]) -> bool:
    """Whether `written` looks like a pet form of a word of `name`: `Jo` of `Josefin`, `Stina` of `Kristina`."""
    short = fold(written)
    return len(short) > 1 and any(
        (len(word) > SHORT and fold(word)[:2] == short[:2]) or (len(short) >= SHORT and fold(word).endswith(short))
        for word in name
    )


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
    """Undo UTF-8 read as cp437, cp850 or cp1252 (`├Ñ`, `Ã¥`), word by word; what gives nothing stays."""
    if text.isascii():
        return text
    return re.sub(r"[^\s_]+", lambda match: _repair_word(match[0]), text)


def _repair_word(word: str) -> str:
    for encoding in ("cp437", "cp850", "cp1252"):
        try:
            fixed = word.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if fixed != word and all(c.isascii() or unicodedata.name(c, "").startswith("LATIN") for c in fixed):
            return unicodedata.normalize("NFC", fixed)
    return word


class Vocabulary:
    """Which students a word may belong to: those worth comparing with a string."""

    def __init__(self, names: Mapping[str, Name]) -> None:
        self._students: dict[str, set[str]] = {}
        self._words: set[str] = set()
        self._by_letter: dict[str, list[str]] = {}
        self._seen: dict[str, frozenset[str]] = {}
        for key, name in names.items():
            for part in (name.given, name.family, name.preferred, name.solid):
                self._words.update(map(fold, part))
                for word in (*part, "".join(part)):
                    for form in {fold(word), spelled(word)} - {""}:
                        self._students.setdefault(form, set()).add(key)
            for form in name.joined:
                self._students.setdefault(form, set()).add(key)
        for form in self._students:
            self._by_letter.setdefault(form[:1], []).append(form)

    def knows(self, word: str) -> bool:
        """Whether it is somebody's name, or a part of one."""
        return fold(word) in self._words

    def is_particle(self, token: Token) -> bool:
        """`von` in `von Platen`: nobody is told apart by it. An initial is none, nor what is somebody's whole name."""
        return token.text.casefold() in PARTICLES and not token.is_initial and not self.knows(token.text)

    def students_in(self, written: list[Token]) -> list[str]:
        """Students whose names share a word with `written`, perhaps misspelt, in a fixed order."""
        found: set[str] = set()
        for index, token in enumerate(written):
            found |= self._students_of(fold(token.text))
            if index and written[index - 1].end == token.start:
                found |= self._students_of(fold(written[index - 1].text + token.text))
        return sorted(found)

    def _students_of(self, word: str) -> frozenset[str]:
        if word not in self._seen:
            found = self._students.get(word, set()) | self._students.get(word.removesuffix("s"), set())
            if len(word) >= TYPO_LENGTH:
                for form in self._by_letter.get(word[:1], ()):
                    if len(form) >= TYPO_LENGTH and DamerauLevenshtein.distance(word, form, score_cutoff=2) <= 2:
                        found |= self._students[form]
            self._seen[word] = frozenset(found)
        return self._seen[word]
