"""Recognising a protected student in lists and files although nothing here names them: keyed hashes of what they say.

A mark is an HMAC with a key made of the server's secret and the student's id: without the secret nobody can try names
against it, and the same name gives another mark for another student (docs/adr/0021-marks-of-protected-students.md).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from classes.rosters.names import plain
from classes.rosters.rows import RosterRow

PARTICLES = frozenset(["af", "av", "von", "van", "der", "den", "de", "la", "du", "da", "di", "dos", "el", "al", "bin"])
_ACCOUNT = re.compile(r"[^\W\d_]{4,}")
"""What of an account stands for its holder: fewer letters are in too many words."""


def name_key(name: str) -> str:
    """A whole name without case, accents and order: lists say it either way round."""
    return " ".join(sorted(filter(None, map(plain, name.replace("-", " ").split()))))


def name_words(name: str) -> frozenset[str]:
    """The words of a name that tell who it is: without particles and initials."""
    return frozenset(word for word in name_key(name).split() if len(word) > 1 and word not in PARTICLES)


class Marker:
    """The marks of one student under one secret."""

    def __init__(self, student: UUID, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), f"classes.marks:{student}".encode(), hashlib.sha256)

    def mark(self, kind: str, value: str) -> str:
        """`email:0f…`, 128 bits of the hash; nothing of nothing."""
        if not value:
            return ""
        return f"{kind}:{hmac.digest(self._key, f'{kind}:{value}'.encode(), hashlib.sha256).hex()[:32]}"

    def marks(self, *, emails: Iterable[str], names: Iterable[str], numbers: Mapping[str, str]) -> list[str]:
        """What is kept of a student whose name, addresses and numbers are about to be forgotten."""
        found = {self.mark("email", email.casefold()) for email in emails}
        found |= {self.mark("name", name_key(name)) for name in names}
        said = {*names, *(" ".join(_ACCOUNT.findall(email.partition("@")[0])) for email in emails)}
        found |= {self.mark("word", word) for name in said for word in name_words(name)}
        found |= {self.mark("number", f"{system}={number}") for system, number in numbers.items()}
        return sorted(found - {""})


@dataclass(frozen=True, slots=True)
class Marked:
    """A protected student: under each secret of the server a marker, and the marks that were kept."""

    markers: Sequence[Marker]
    marks: frozenset[str]

    def has(self, kind: str, value: str) -> bool:
        """Whether a mark was kept of `value`."""
        return any(marker.mark(kind, value) in self.marks for marker in self.markers)

    def is_meant(self, row: RosterRow, *, by_name: bool) -> bool:
        """Whether a row is about the student: by address or number; by name where no address says otherwise."""
        has_email = any(mark.startswith("email:") for mark in self.marks)
        name = name_key(f"{row.given_name} {row.family_name}") if by_name and not (row.email and has_email) else ""
        return any(
            marker.mark("email", (row.email or "").casefold()) in self.marks
            or marker.mark("name", name) in self.marks
            or any(marker.mark("number", "=".join(item)) in self.marks for item in row.external_ids)
            for marker in self.markers
        )


def marked(kept: Iterable[tuple[UUID, Sequence[str]]], secrets: Iterable[object]) -> list[Marked]:
    """Of each student's id and marks, as they are recognised under each secret of the server."""
    known = list(map(str, secrets))
    return [Marked([Marker(key, secret) for secret in known], frozenset(marks)) for key, marks in kept]


def rows_of_marked(
    rows: Sequence[RosterRow], marked: Sequence[Marked], *, others: Iterable[str]
) -> set[tuple[int, int]]:
    """Line and item of the rows about protected students.

    `others` are the whole names of the unprotected in the class: as many rows with such a name and no address are
    theirs.
    """
    namesakes = Counter(map(name_key, others))
    found = set()
    for row in rows:
        key = name_key(f"{row.given_name} {row.family_name}")
        if any(one.is_meant(row, by_name=namesakes[key] <= 0) for one in marked):
            found.add((row.line, row.item))
        elif not row.email:
            namesakes[key] -= 1
    return found
