"""The names of a zip's entries: decoded, repaired, and refused where they lead out of the folder."""

from __future__ import annotations

import re
import struct
import unicodedata
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

_UNICODE_PATH = 0x7075
"""The extra field in which Info-ZIP keeps a name as UTF-8 beside the old one (APPNOTE 4.6.9)."""
_OLD_ENCODINGS = ("cp850", "cp1252")
"""What Swedish Windows writes. Letters of cp437 that Swedish has stand at the same bytes in cp850."""
_COMMON = frozenset("åäöÅÄÖéÉüÜøØæÆ")
_ESCAPED = re.compile(r"#U([0-9A-Fa-f]{4})")
"""How unzip writes a letter where the system knew none, `#U00e5`."""
LONGEST_PATH = 1_000
"""Characters; no platform and no disk makes longer ones."""
_DRIVE = re.compile(r"^[A-Za-z]:")
_SYSTEM = re.compile(
    r"(?:^|/)(?:__MACOSX(?:/|$)|\._[^/]*$|\.DS_Store$|\.Spotlight-V100|\.Trashes|\.fseventsd|Thumbs\.db$|ehthumbs\.db$|"
    r"desktop\.ini$|~\$[^/]*$|\.~lock\.[^/]*$|\.git(?:/|$)|\.gitkeep$|\.localized$|Icon\r$|~WRL\d+\.tmp$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RawName:
    """A name as it stands in the directory."""

    data: bytes
    is_utf8: bool
    """Whether the entry says so (bit 11)."""
    extra: bytes = b""


def decode_names(names: Sequence[RawName]) -> list[str]:
    """Each name as text: NFC, `/` between folders, mojibake undone. Never raises.

    Names without a promise are UTF-8 if they can be; the others of one zip were written by one program, so the old
    encoding is chosen for all of them together, by how many letters it makes.
    """
    found = [_promised(name) for name in names]
    old = [name.data for name, text in zip(names, found, strict=True) if text is None]
    encoding = max(_OLD_ENCODINGS, key=lambda tried: sum(_score(data, tried) for data in old))
    texts = [
        name.data.decode(encoding, "replace") if text is None else text
        for name, text in zip(names, found, strict=True)
    ]  # fmt: skip
    return [tidy(text) for text in texts]


def _promised(name: RawName) -> str | None:
    """The name where its encoding is certain: said so, in the extra field, or UTF-8 to the letter."""
    from_extra = _unicode_path(name)
    if from_extra is not None:
        return from_extra
    try:
        return name.data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _unicode_path(name: RawName) -> str | None:
    position = 0
    while position + 4 <= len(name.extra):
        kind, size = struct.unpack_from("<HH", name.extra, position)
        body = name.extra[position + 4 : position + 4 + size]
        position += 4 + size
        if kind == _UNICODE_PATH and len(body) > 5 and body[0] == 1:
            if struct.unpack_from("<L", body, 1)[0] != zlib.crc32(name.data):
                return None
            try:
                return body[5:].decode("utf-8")
            except UnicodeDecodeError:
                return None
    return None


def _score(data: bytes, encoding: str) -> int:
    """How much `data` looks like a name when read so: letters for, signs against."""
    text = data.decode(encoding, "replace")
    return sum(3 if c in _COMMON else 1 if c.isalpha() else -2 for c in text if ord(c) > 127)


def tidy(text: str) -> str:
    """One form for names as they come: slashes forward, mojibake undone, escapes resolved, NFC."""
    slashed = repair(text).replace("\\", "/")
    escaped = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), slashed) if "#U" in slashed else slashed
    whole = escaped.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return unicodedata.normalize("NFC", whole)


def repair(text: str) -> str:
    """Undo UTF-8 that was read as cp437, cp850 or cp1252 (`├Ñ`, `Ã¥`); the text itself where that gives nothing."""
    if text.isascii():
        return text
    composed = unicodedata.normalize("NFC", text)
    for encoding in ("cp437", "cp850", "cp1252"):
        try:
            fixed = composed.encode(encoding).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if fixed != composed:
            return fixed
    return text


def path_problem(path: str) -> str | None:
    """`unsafe_path` for a path that leads out of the folder, `bad_name` for one without a usable name, else None."""
    parts = path.split("/")
    if path.startswith("/") or _DRIVE.match(path) or ".." in (part.strip() for part in parts):
        return "unsafe_path"
    if (
        len(path) > LONGEST_PATH
        or "\x00" in path
        or not parts[-1].strip(" .")
        or not any(c.isprintable() and not c.isspace() for c in parts[-1])
    ):
        return "bad_name"
    return None


def is_system_file(path: str) -> bool:
    """Whether an operating system or a program put the file there, not a person."""
    return _SYSTEM.search(path) is not None


def system_kind(path: str) -> str:
    """What to call a system file without quoting anybody's file name: `__MACOSX`, `.DS_Store`, `~$…`."""
    name = path.rsplit("/", 1)[-1]
    if "__macosx" in path.casefold():
        return "__MACOSX"
    for beginning in ("._", "~$", ".~lock."):
        if name.startswith(beginning):
            return f"{beginning}…"
    return "~WRL….tmp" if name.startswith("~WRL") else name


def distinct(paths: Sequence[str]) -> list[str]:
    """The paths, a second one that no disk could hold beside the first (case, normal form) shown as `a (2).docx`."""
    taken: set[str] = set()
    result = []
    for path in paths:
        folder, slash, name = path.rpartition("/")
        stem, dot, ending = name.rpartition(".")
        if not stem:
            stem, dot, ending = name, "", ""
        chosen, number = path, 1
        while _key(chosen) in taken:
            number += 1
            chosen = f"{folder}{slash}{stem} ({number}){dot}{ending}"
        taken.add(_key(chosen))
        result.append(chosen)
    return result


def _key(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())
