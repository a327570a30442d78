"""What was found in an essay file: the text, and every place where its writer may be named.

Pure data, shared by reading (which makes it) and matching (which weighs it). Nothing here decides anything.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

Place = Literal[
    "file_name",
    "folder",
    "sidecar",
    "first_line",
    "label",
    "page_header",
    "table",
    "sign_off",
    "property",
    "email",
    "body",
]
PLACES: tuple[str, ...] = get_args(Place)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One span in which the writer may be named.

    `field` names the string the offsets run in: `name`, `path`, `text`, `header:<n>`, `property:<name>` or
    `sidecar:<name>`. `start` and `end` count code points of that string's NFC form; `text` is the span itself.
    """

    id: str
    place: Place
    field: str
    start: int
    end: int
    text: str

    def as_json(self) -> dict[str, Any]:
        """The shape stored in the database and shown by the API."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Evidence:
        """The inverse of `as_json`; raises KeyError or TypeError on another shape."""
        return cls(**{key: value[key] for key in ("id", "place", "field", "start", "end", "text")})


@dataclass(frozen=True, slots=True)
class Document:
    """What reading a file gives. All strings are NFC and free of NUL, lone surrogates and invisible characters."""

    detected_type: str
    text: str
    headers: tuple[str, ...] = ()
    """Page headers and footers, in the order met, each once."""
    properties: tuple[tuple[str, str], ...] = ()
    """Document properties that may name a person, e.g. `("author", "…")`."""
    tables: tuple[tuple[int, int], ...] = ()
    """Spans of `text` that came out of a table, one per cell."""
    warning: str | None = None
    personnummer_removed: int = 0
