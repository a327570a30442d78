"""Telling a name that signs from a name that is spoken of. Pure.

`Elsa Holm, NA24B` signs; `Intervju med Elsa Holm` and `Elsa Holm gick hem` speak of somebody. Only words that bind a
name into a phrase and the shape of the line are looked at, in Swedish and English.
"""

from __future__ import annotations

import re

_ABOUT = frozenset(
    "med om till för åt mot hos kring angående tack kära käre hej hejsan hallå with about to for of on dear hi hello "
    "thanks meeting versus vs".split()
)
"""Words that a name after them is the object of."""
_SIGNS = frozenset("av by från from namn name elev student skribent writer författare author".split())
_WORD = re.compile(r"[^\W\d_]+")
_LAST_WORD = re.compile(r"([^\W\d_]+)[\s_\-]*$")
_SEPARATED_BEFORE = re.compile(r"(?:^|[,;:|/()\[\]<>\"“”–—•*\t\-]|\S*\d\S*)\s*$")
_SEPARATED_AFTER = re.compile(r"^\s*(?:$|[,;:|/()\[\]<>\"“”–—•*\t.\-]|\S*\d|\S+[ ]\S*\d)")
_LINES = frozenset({"first_line", "sign_off"})
_SENTENCE = 3
"""So many words in lower case beside a name are a sentence."""


def is_spoken_of(text: str, start: int, end: int, place: str) -> bool:
    """Whether the name at `start:end` of `text` is part of a phrase."""
    before, after = text[:start], text[end:]
    last = _LAST_WORD.search(before)
    if last and last[1].casefold() in _ABOUT:
        return True
    if place not in _LINES:
        return False
    if text[start].isupper():
        lower = [word for word in _WORD.findall(f"{before} {after}") if word[0].islower() and len(word) > 2]
        if len(lower) >= _SENTENCE:
            return True
    signed = (last is not None and last[1].casefold() in _SIGNS) or _SEPARATED_BEFORE.search(before)
    return not (signed and _SEPARATED_AFTER.match(after))
