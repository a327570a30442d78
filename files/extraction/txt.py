"""Plain text: byte order mark, UTF-16, strict UTF-8, then an old eight-bit code. Never a replacement character."""

from __future__ import annotations

import codecs
import re

from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.text import Draft

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_BINARY = frozenset(range(32)) - {9, 10, 12, 13, 26}
_OLD = ("cp1252", "mac_roman", "cp850")
"""In the order in which they are believed when they explain the bytes equally well."""
_SWEDISH = "åäöÅÄÖé"
_NEIGHBOURS = _SWEDISH + "æøÆØüÜßëïçèêáóíñ"
"""Letters by which an older code than Windows' proves itself."""
_ESCAPED = re.compile("[\udc80-\udcff]")
"""A byte that is no UTF-8, as Python carries it along."""
_CUT = re.compile("[\udcc2-\udcf4][\udc80-\udcbf]{0,2}$")
"""The first bytes of a letter whose last ones are missing."""
_WRONG = re.compile(
    r"(?<=[^\W\d_])(?:[^\x00-\x7f\w\s’´–—…·\u00ad]|[ŒœŠšŽžŸƒ])(?=[^\W\d_])|(?<=[^\W\d_])[À-ÖØ-Þ](?=[a-zà-öø-ÿ])|[\x80-\x9f]"
)
"""Signs, capitals and controls that have no business inside a word: they come from reading with the wrong code."""


def decode(data: bytes) -> str:
    """The text. Raises ExtractionError `binary_text` or `encoding_unknown`."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            # An odd last byte is a line end that some tool added.
            return _strict(data[: len(data) // 2 * 2] if encoding == "utf-16" else data, encoding)
    wide = _utf16_without_mark(data)
    if wide is not None:
        return wide
    content = data.removeprefix(codecs.BOM_UTF8)
    try:
        # Halves of a pair that stand alone (CESU-8) are put together when the text is cleaned.
        return _once(_refuse_binary(content.decode("utf-8", "surrogatepass")))
    except UnicodeDecodeError:
        pass
    head = content[:4096]
    if b"\x00" in head or sum(byte in _BINARY for byte in head) > len(head) // 50:
        raise ExtractionError("binary_text")
    mended = _mostly_utf8(content)
    if mended is None and content is not data:
        raise ExtractionError("encoding_unknown")
    return mended if mended is not None else _eight_bit(content)


def _once(text: str) -> str:
    """The text; where it was put into UTF-8 twice (`Ã¥` throughout), once."""
    for encoding in ("cp1252", "latin-1") if not text.isascii() else ():
        try:
            return text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
    return text


def _mostly_utf8(data: bytes) -> str | None:
    """UTF-8 with fewer bytes of Windows' code in it than letters of its own, or cut off within one; else None."""
    text = data.decode("utf-8", "surrogateescape")
    foreign = len(_ESCAPED.findall(text))
    own = sum(character > "\x7f" for character in text) - foreign
    if own <= foreign:
        return None
    cut = _CUT.sub("", text)
    return _ESCAPED.sub(lambda byte: bytes([ord(byte[0]) - 0xDC00]).decode("cp1252", "ignore"), cut)


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


def _eight_bit(data: bytes) -> str:
    """Windows' code unless the old Mac's or DOS's fits the letters better. Raises `encoding_unknown` if none does."""
    head = data[:200_000]
    high = sum(byte > 127 for byte in head)
    readings = []
    for order, encoding in enumerate(_OLD):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        sample = text[: len(head)]
        wrong = len(_WRONG.findall(sample))
        if order and 4 * sum(map(sample.count, _NEIGHBOURS)) < high:
            continue
        readings.append((wrong - sum(map(sample.count, _SWEDISH)), order, wrong, text))
    if not readings:
        raise ExtractionError("encoding_unknown")
    _score, _order, wrong, text = min(readings)
    if wrong > high // 4 or (high > 8 and high > 0.4 * len(head.translate(None, b" \t\r\n"))):
        # Hardly a language that these codes can write.
        raise ExtractionError("encoding_unknown")
    return text


def read_txt(data: bytes, *, limits: Limits) -> Document:
    """The document; every line is a paragraph. Raises ExtractionError `empty_file` for nothing but white space."""
    text = decode(data)
    if not text.strip("\ufeff\x00 \t\r\n\x0c\x1a\u00a0"):
        raise ExtractionError("empty_file")
    draft = Draft(limits)
    draft.add(text)
    return draft.finish("txt")
