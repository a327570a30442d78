"""Putting an alias where a student is named: in file names, text and what else a file says. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from batches.matching.names import fold

_HEAD, _TAIL = 15, 5
"""Lines at the top and at the end of a text in which a single name is the writer's rather than somebody's."""
_BETWEEN = r"[\W_]*"
_PARTICLES = frozenset(["af", "av", "von", "van", "der", "den", "de", "la", "du", "da", "di", "dos", "el", "al", "bin"])


class Alias:
    """An alias for everything that names one student: names, addresses, spellings."""

    def __init__(self, names: Iterable[str], alias: str) -> None:
        self.alias = alias
        whole, parts = set(), set()
        for name in names:
            words = [word for word in re.split(r"[\s,]+", name) if word]
            if "@" in name:
                whole.add(re.escape(name))
                continue
            parts |= {word for word in words if len(word) > 1 and word.casefold() not in _PARTICLES}
        spelt = parts | {fold(part) for part in parts} - {""}
        single = [re.escape(part) for part in sorted(spelt, key=len, reverse=True)]
        anyone = "|".join(single)
        self._whole = _pattern([*whole, f"(?<![^\\W_])(?:{anyone})(?:{_BETWEEN}(?:{anyone}))+" if single else ""])
        # A letter or digit beside it makes another word of it; an underscore does not.
        self._single = _pattern([f"(?<![^\\W_])(?:{anyone})(?![^\\W_])" if single else ""])

    def line(self, value: str) -> str:
        """A name, a heading: whoever is named there is the student."""
        return self._put(self._single, self._put(self._whole, value))

    def text(self, value: str) -> str:
        """A text: whole names and addresses everywhere, single names at the top and the end only."""
        lines = self._put(self._whole, value).split("\n")
        for n, line in enumerate(lines):
            if n < _HEAD or n >= len(lines) - _TAIL:
                lines[n] = self.line(line)
        return "\n".join(lines)

    def value(self, value: Any) -> Any:
        """The same of lists and dictionaries."""
        if isinstance(value, str):
            return self.line(value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {key: self._of_key(key, item) for key, item in value.items()}
        return value

    def _of_key(self, key: str, value: Any) -> Any:
        changed = self.value(value)
        return None if key.endswith("email") and changed != value else changed

    def _put(self, pattern: re.Pattern[str] | None, value: str) -> str:
        return pattern.sub(lambda _match: self.alias, value) if pattern else value


def _pattern(alternatives: list[str]) -> re.Pattern[str] | None:
    used = [one for one in alternatives if one]
    return re.compile("|".join(used), re.IGNORECASE) if used else None
