"""Plain text: byte order mark, then strict UTF-8, then UTF-16, then cp1252. Never a replacement character."""

from __future__ import annotations

from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.text import Draft

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_BINARY = frozenset(range(32)) - {9, 10, 12, 13, 26}
_UNDEFINED = frozenset(b"\x81\x8d\x8f\x90\x9d")
"""Bytes that cp1252 does not define."""


def decode(data: bytes) -> str:
    """The text. Raises ExtractionError `binary_text` or `encoding_unknown`."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _strict(data, encoding)
    try:
        text = data.decode("utf-8")
        if "\x00" not in text:
            return _refuse_binary(text)
    except UnicodeDecodeError:
        pass
    wide = _utf16_without_mark(data)
    if wide is not None:
        return wide
    if b"\x00" in data or sum(byte in _BINARY for byte in data[:4096]) > len(data[:4096]) // 50:
        raise ExtractionError("binary_text")
    if any(byte in _UNDEFINED for byte in data):
        raise ExtractionError("encoding_unknown")
    return data.decode("cp1252")


def _strict(data: bytes, encoding: str) -> str:
    try:
        return _refuse_binary(data.decode(encoding))
    except UnicodeDecodeError as error:
        raise ExtractionError("encoding_unknown") from error


def _refuse_binary(text: str) -> str:
    controls = sum(ord(character) in _BINARY for character in text[:4096])
    if controls > max(2, len(text[:4096]) // 50):
        raise ExtractionError("binary_text")
    return text


def _utf16_without_mark(data: bytes) -> str | None:
    """Text of a European language in UTF-16 has a NUL in nearly every other byte."""
    head = data[:2000]
    half = max(1, len(head) // 2)
    for offset, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        if head[offset::2].count(0) > 0.7 * half and head[1 - offset :: 2].count(0) < 0.1 * half:
            return _strict(data[: len(data) // 2 * 2], encoding)
    return None


def read_txt(data: bytes, *, limits: Limits) -> Document:
    """The document; every line is a paragraph."""
    draft = Draft(limits)
    draft.add(decode(data))
    return draft.finish("txt")
