"""Putting an alias where a student is named: in file names, text and what else a file says. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from batches.matching.names import fold

_HEAD, _TAIL = 15, 5
"""Lines at the top and at the end of a text in which a single name is the writer's rather than somebody's."""
_BETWEEN = r"[\W_]*"
# A letter beside it makes another word of it; a digit, an underscore or the genitive's s does not.
_START, _END = r"(?<![^\W\d_])", r"(?=s?(?![^\W\d_]))"
_MOST = 8
"""Words of a whole name beyond the first. A bound, so that names that overlap cost no more than others."""
_PARTICLES = frozenset(["af", "av", "von", "van", "der", "den", "de", "la", "du", "da", "di", "dos", "el", "al", "bin"])
_ACCOUNT = 4
"""Letters and digits of an account's name that stand for its holder: fewer are in too many words."""


class Alias:
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
            parts |= {word for word in words if len(word) > 1 and word.casefold() not in _PARTICLES}
        spelt = parts | {fold(part) for part in parts} - {""}
        single = "|".join(re.escape(part) for part in sorted(spelt, key=len, reverse=True))
        together = f"{_START}(?:{single})(?:{_BETWEEN}(?:{single})){{1,{_MOST}}}{_END}"
        self._whole = _pattern([*whole, together if single else ""])
        self._single = _pattern([f"{_START}(?:{single}){_END}" if single else ""])
        self._word = _pattern([single])

    def whole(self, value: str) -> str:
        """What somebody else says: whole names and addresses only."""
        return self._put(self._whole, value)

    def line(self, value: str) -> str:
        """A name, a heading: whoever is named there is the student."""
        return self._put(self._single, self.whole(value))

    def text(self, value: str) -> str:
        """A text: whole names and addresses everywhere, single names at the top and the end only."""
        lines = self.whole(value).split("\n")
        for n, line in enumerate(lines):
            if n < _HEAD or n >= len(lines) - _TAIL:
                lines[n] = self.line(line)
        return "\n".join(lines)

    def is_name(self, value: str) -> bool:
        """Whether `value` is a name or an address of the student, and not one of another."""
        return bool(value) and (value.casefold() in self._names or self.whole(value) == self.alias)

    def _put(self, pattern: re.Pattern[str] | None, value: str) -> str:
        return pattern.sub(self._instead, value) if pattern else value

    def _instead(self, match: re.Match[str]) -> str:
        words = set(map(fold, self._word.findall(match[0]))) if self._word else set()
        shared = "@" not in match[0] and any(words <= other for other in self._others)
        if shared:
            return match[0]
        return "\n".join(self.alias if line.strip() else line for line in match[0].split("\n"))


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


def _pattern(alternatives: list[str]) -> re.Pattern[str] | None:
    used = [one for one in alternatives if one]
    return re.compile("|".join(used), re.IGNORECASE) if used else None
