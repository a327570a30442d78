"""Putting an alias where a student is named: in file names, text and what else a file says. Pure."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import Any

from batches.matching.names import fold
from classes.marks import PARTICLES, Marked, name_words
from classes.rosters.names import EMAIL, plain

_HEAD, _TAIL = 15, 5
"""Lines at the top and at the end of a text in which a single name is the writer's rather than somebody's."""
_BETWEEN = r"(?:(?![.!?]\s)[\W_])*"
"""What may stand between the words of one name: a full stop does not, where a new sentence begins."""
# A letter beside it makes another word of it; a digit, an underscore or the genitive's s does not.
_START, _END = r"(?<![^\W\d_])", r"(?=s?(?![^\W\d_]))"
_IN_A_NAME = re.compile(r"[^\S\n]*[-_,]?[^\S\n]*")
"""What stands between the words of one name in a text: not a full stop, and not the end of a line."""
_LOOSELY = re.compile(_BETWEEN)
_MOST = 8
"""Words of a whole name beyond the first. A bound, so that names that overlap cost no more than others."""
_LETTERS = re.compile(r"[^\W\d_]+")
_SHORT = 500
"""Characters of a name or a heading: only in so few it is worth trying where a word could be parted."""
_TOGETHER, _LONGEST = 4, 60
"""Words that are written together, and letters of all of them."""
_ACCOUNT = 4
"""Letters and digits of an account's name that stand for its holder: fewer are in too many words."""


class Replacing(ABC):
    """Putting `alias` where a student is named. Kinds differ in how they know that."""

    alias: str

    @abstractmethod
    def whole(self, value: str) -> str:
        """What somebody else says: whole names and addresses only."""

    @abstractmethod
    def line(self, value: str) -> str:
        """A name, a heading: whoever is named there is the student."""

    def text(self, value: str) -> str:
        """A text: whole names and addresses everywhere, single names at the top and the end only."""
        lines = self.whole(value).split("\n")
        for n, line in enumerate(lines):
            if n < _HEAD or n >= len(lines) - _TAIL:
                lines[n] = self.line(line)
        return "\n".join(lines)

    def is_name(self, value: str) -> bool:
        """Whether `value` is a name or an address of the student, and not one of another."""
        return bool(value) and self.whole(value) == self.alias

    def _lines(self, found: str) -> str:
        """The alias on every line that a name stands on."""
        return "\n".join(self.alias if line.strip() else line for line in found.split("\n"))


class Alias(Replacing):
    """An alias for everything that names one student: names, addresses, spellings.

    What is just as well the name of one of `others` (whole names of students) stays: it does not tell them apart.
    """

    def __init__(self, names: Iterable[str], alias: str, *, others: Iterable[str] = ()) -> None:
        self.alias = alias
        known = set(names)
        self._names = {name.casefold() for name in known}
        self._others = {frozenset(map(fold, re.split(r"[\W_]+", name))) for name in others}
        whole, parts = set(), set()
        for name in known:
            if "@" in name:
                whole.add(re.escape(name))
                account = name.partition("@")[0]
                parts |= {account} if len(account) >= _ACCOUNT else set()
                continue
            words = [word for word in re.split(r"[\s,]+", name) if word]
            parts |= {word for word in words if len(word) > 1 and word.casefold() not in PARTICLES}
        spelt = parts | {fold(part) for part in parts} - {""}
        single = "|".join(re.escape(part) for part in sorted(spelt, key=len, reverse=True))
        together = f"{_START}(?:{single})(?:{_BETWEEN}(?:{single})){{1,{_MOST}}}{_END}"
        self._whole = _pattern([*whole, together if single else ""])
        self._single = _pattern([f"{_START}(?:{single}){_END}" if single else ""])
        self._word = _pattern([single])

    def whole(self, value: str) -> str:
        """What somebody else says: whole names and addresses only."""
        return self._put(self._whole, value, least=2)

    def line(self, value: str) -> str:
        """A name, a heading: whoever is named there is the student."""
        return self._put(self._single, self.whole(value), least=1)

    def is_name(self, value: str) -> bool:
        """As anybody's who is named, and single names too."""
        return value.casefold() in self._names or super().is_name(value)

    def _put(self, pattern: re.Pattern[str] | None, value: str, *, least: int) -> str:
        return pattern.sub(lambda match: self._instead(match[0], least), value) if pattern else value

    def _instead(self, found: str, least: int) -> str:
        """The alias, unless `found` is the same word again and again or another's name just as well."""
        words = set(map(fold, self._word.findall(found))) if self._word else set()
        if "@" not in found and (len(words) < least or any(words <= other for other in self._others)):
            return found
        return self._lines(found)


class MarkedNames(Replacing):
    """An alias for a student whose names nobody here knows any more: only keyed hashes of their words are left.

    As with `Alias` two words of the name beside each other are the whole name, and what is just as well the name of one
    of `others` stays. Words are known one by one, so "ett rosa berg" is not Rosa Berg where it is `mentioned` only.
    """

    def __init__(self, marked: Marked, alias: str, *, others: Iterable[str] = ()) -> None:
        self.alias = alias
        self._marked = marked
        self._others = {name_words(other) for other in others}
        self._found: dict[str, tuple[str, ...]] = {}
        """Of each word that was looked at: the marked words that it is put together of."""

    def whole(self, value: str) -> str:
        """Whole names and addresses."""
        return self._put(value, least=2)

    def line(self, value: str) -> str:
        """Single names too."""
        return self._put(value, least=1)

    def mentioned(self, value: str) -> str:
        """A text that may be anybody's: addresses, and whole names written as such: with capitals, nothing between."""
        return self._put(value, least=2, strict=True)

    def _put(self, value: str, *, least: int, strict: bool = False) -> str:
        value = EMAIL.sub(lambda m: self.alias if self._marked.has("email", m[0].casefold()) else m[0], value)
        is_short = len(value) <= _SHORT
        parts, kept = [], 0
        for start, end, words in self._names(value, apart=is_short and not strict, strict=strict):
            if len(set(words)) < least or any(set(words) <= other for other in self._others):
                continue
            parts += [value[kept:start], self._lines(value[start:end])]
            kept = end
        return "".join([*parts, value[kept:]])

    def _names(self, value: str, *, apart: bool, strict: bool) -> list[tuple[int, int, tuple[str, ...]]]:
        """Where marked words stand, those beside each other as one. `apart`: also words written together.

        `strict`: only those with a capital, and beside each other only with no more between them than a name has.
        """
        names: list[tuple[int, int, tuple[str, ...]]] = []
        for match in _LETTERS.finditer(value):
            if strict and match[0][0].islower():
                continue
            words, end = self._words(match[0], apart=apart), match.end()
            if not words and match[0][-1:] in ("s", "S"):
                words, end = self._words(match[0][:-1], apart=apart), end - 1
            if not words:
                continue
            if names and _are_beside(value[names[-1][1] : match.start()], strict=strict):
                start, _end, before = names.pop()
                names.append((start, end, before + words))
            else:
                names.append((match.start(), end, words))
        return names

    def _words(self, word: str, *, apart: bool) -> tuple[str, ...]:
        folded = plain(word)
        key = f"{folded} {apart}"
        if key not in self._found:
            self._found[key] = self._split(folded, parts=_TOGETHER if apart else 1)
        return self._found[key]

    def _split(self, word: str, *, parts: int) -> tuple[str, ...]:
        if len(word) > 1 and self._marked.has("word", word):
            return (word,)
        for at in range(2, len(word) - 1) if parts > 1 and len(word) <= _LONGEST else ():
            if self._marked.has("word", word[:at]):
                rest = self._split(word[at:], parts=parts - 1)
                if rest:
                    return (word[:at], *rest)
        return ()


def everywhere(change: Callable[[str], str], value: Any) -> Any:
    """`change` made to every string in lists and dictionaries; an address that it changes is none any more."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [everywhere(change, item) for item in value]
    if isinstance(value, dict):
        changed = {key: everywhere(change, item) for key, item in value.items()}
        return {key: None if key.endswith("email") and item != value[key] else item for key, item in changed.items()}
    return value


def _are_beside(between: str, *, strict: bool) -> bool:
    """Whether two words with that between them may be one name."""
    return bool((_IN_A_NAME if strict else _LOOSELY).fullmatch(between))


def _pattern(alternatives: list[str]) -> re.Pattern[str] | None:
    used = [one for one in alternatives if one]
    return re.compile("|".join(used), re.IGNORECASE) if used else None
