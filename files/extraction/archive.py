"""Opening a zip container (docx, odt) only after its directory has been checked, and reading parts with counted bytes."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile

from lxml import etree

from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits

_LOCAL_HEADER = 30
"""Bytes of a local file header before its name (APPNOTE 4.3.7)."""
_SMALL = 1_000_000
"""Below this many unpacked bytes any ratio is fine: an empty template compresses well."""
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)


class Container:
    """A checked zip. Raises ExtractionError at once for a bomb, an overlap, an encrypted or unreadable one."""

    def __init__(self, data: bytes, *, limits: Limits) -> None:
        self.limits = limits
        self._left = limits.max_unpacked
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
            self.entries = self.zip.infolist()
        except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OverflowError) as error:
            raise ExtractionError("corrupt") from error
        self._check(data)
        self.names = {entry.filename: entry for entry in self.entries}

    def _check(self, data: bytes) -> None:
        limits = self.limits
        if len(self.entries) > limits.max_entries:
            raise ExtractionError("too_many_entries")
        if sum(entry.file_size for entry in self.entries) > limits.max_unpacked:
            raise ExtractionError("archive_too_large")
        for entry in self.entries:
            if entry.flag_bits & 0x1:
                raise ExtractionError("password_protected")
            if entry.compress_type not in _COMPRESSIONS:
                raise ExtractionError("unsupported_compression")
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise ExtractionError("unsupported_entry")
            if entry.file_size > _SMALL and entry.file_size > limits.max_ratio * max(1, entry.compress_size):
                raise ExtractionError("archive_too_large")
        self._check_spans(data)

    def _check_spans(self, data: bytes) -> None:
        """No two entries share bytes. Python's zipfile finds that only from 3.11.8, 3.12.2 and 3.13 on."""
        spans = []
        for entry in self.entries:
            start = entry.header_offset
            header = data[start : start + _LOCAL_HEADER]
            if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
                raise ExtractionError("corrupt")
            name, extra = struct.unpack("<HH", header[26:30])
            spans.append((start, start + _LOCAL_HEADER + name + extra + entry.compress_size))
        spans.sort()
        for (_start, end), (following, _end) in zip(spans, spans[1:], strict=False):
            if following < end:
                raise ExtractionError("archive_overlap")
        if spans and spans[-1][1] > len(data):
            raise ExtractionError("corrupt")

    def read(self, name: str) -> bytes | None:
        """The bytes of a part, counted while unpacking (sizes in headers lie); None where there is no such part."""
        entry = self.names.get(name)
        if entry is None:
            return None
        allowed = min(self.limits.max_part, self._left)
        try:
            with self.zip.open(entry) as part:
                content = part.read(allowed + 1)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, ValueError, OSError) as error:
            raise ExtractionError("corrupt") from error
        except Exception as error:
            if type(error).__module__ == "zlib":
                raise ExtractionError("corrupt") from error
            raise
        if len(content) > allowed:
            raise ExtractionError("archive_too_large")
        self._left -= len(content)
        return content

    def xml(self, name: str) -> etree._Element | None:
        """A part as XML without DTD, entities, network or external files; None where there is no such part."""
        content = self.read(name)
        return None if content is None else parse_xml(content)


def parse_xml(content: bytes) -> etree._Element:
    """Raises ExtractionError `unsafe_xml` for any document type declaration, `too_complex` for absurd nesting."""
    plain = content.replace(b"\x00", b"") if content[:2] in (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<") else content
    if _DOCTYPE.search(plain):
        raise ExtractionError("unsafe_xml")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root: etree._Element = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        deep = "depth" in str(error).lower() or "huge" in str(error).lower()
        raise ExtractionError("too_complex" if deep else "corrupt") from error
    except ValueError as error:
        raise ExtractionError("corrupt") from error
    return root
