"""Swedish order of names, and finding a name whatever its accents. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

# å ä ö come after z; their kin from the neighbours sort with them. What follows z in ASCII is { | }.
_LETTERS = str.maketrans(
    {"å": "{", "ä": "|", "æ": "|", "ö": "}", "ø": "}", "ü": "y", "ı": "i", "ł": "l", "đ": "d", "ð": "d"}
)
_PARTICLES = frozenset(["af", "av", "de", "den", "der", "du", "la", "van", "von", "zu"])


def sort_key(name: str) -> str:
    """`af Ekenäs` sorts under e; é sorts as e, å ä ö last; hyphens count as spaces."""
    words = name.casefold().replace("-", " ").split()
    while len(words) > 1 and words[0] in _PARTICLES:
        words = words[1:]
    return plain(" ".join(words))


def plain(text: str) -> str:
    """Lower case without accents, but å ä ö kept apart: they are letters of their own."""
    swapped = unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    return "".join(c for c in unicodedata.normalize("NFKD", swapped) if not unicodedata.combining(c))


def name_key(given_name: str, family_name: str) -> tuple[str, str, str, str]:
    """A student's place in a list; one who has only a first name sorts by it."""
    return sort_key(family_name or given_name), sort_key(given_name), family_name, given_name


def by_surname(rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Students (as `classes.reads.roster_rows`) in Swedish order."""
    return sorted(rows, key=lambda row: name_key(row["given_name"], row["family_name"]))


def matching(rows: Iterable[Mapping[str, Any]], search: str) -> list[Mapping[str, Any]]:
    """Those rows whose names, address or other spellings hold every word of `search`, exact accents first.

    Keeps the order otherwise.
    """
    wanted = search.casefold().split()
    found = []
    for row in rows:
        fields = (row[field] or "" for field in ("given_name", "family_name", "preferred_name", "email"))
        text = " ".join((*fields, *row.get("spellings", ())))
        exact = all(word in text.casefold() for word in wanted)
        if exact or all(_bare(word) in _bare(text) for word in wanted):
            found.append((not exact, row))
    return [row for _near, row in sorted(found, key=lambda pair: pair[0])]


def _bare(text: str) -> str:
    """Without any accents: `Öberg` is found by `oberg`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("ı", "i").replace("ł", "l"))
    return "".join(c for c in decomposed if not unicodedata.combining(c))
