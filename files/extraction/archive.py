"""Opening a zip container (docx, odt) only after its directory was checked; reading parts with counted bytes."""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from itertools import pairwise

from lxml import etree

from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits

_LOCAL_HEADER = 30
"""Bytes of a local file header before its name (APPNOTE 4.3.7)."""
_END_RECORD = 22
"""Bytes of the end of central directory record before its comment (APPNOTE 4.3.16)."""
_END_RECORD64, _LOCATOR64 = 56, 20
"""Bytes of the wide end record and of what points at it (APPNOTE 4.3.14, 4.3.15)."""
_SMALL = 1_000_000
"""Below this many unpacked bytes any ratio is fine: an empty template compresses well."""
_MAX_TAGS = 2_000_000
"""Tags of one part: more than three hundred pages of a talkative writer, and half of what fits into the memory."""
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_SPECIAL = (stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK)
"""Links, devices, pipes: nothing a document is made of."""
_DOCTYPE = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_HIDDEN = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]{0,200}encoding\s*=\s*['\"](?!utf-?8|utf-?16|us-ascii|iso-8859-|windows-125)|\x4c\x6f\xa7\x94",
    re.IGNORECASE,
)
"""How XML begins in which `<!DOCTYPE` need not be seen: in UTF-7, or in EBCDIC, whose `<?xm` stands last."""
_XML_ENDINGS = (".xml", ".rels", ".rdf", ".vml")
"""Not a picture's `.svg`: drawing programs write a document type into it, and nobody here parses it."""
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, ValueError, OverflowError)


class Container:
    """A checked zip. Raises ExtractionError at once for a bomb, an overlap, an encrypted or unreadable one.

    `parts` maps names to entries. Part names of Office files know no case, and some writers use backslashes: they are
    folded here, so that `Word\\Document.xml` is `word/document.xml`.
    """

    def __init__(self, data: bytes, *, limits: Limits) -> None:
        self.limits = limits
        self._left = limits.max_unpacked
        declared = _check_end(data)
        if declared > limits.max_entries:
            raise ExtractionError("too_many_entries")
        try:
            self.zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self.zip.infolist()
        except _BAD_ZIP as error:
            raise ExtractionError("corrupt") from error
        if len(entries) > limits.max_entries:
            raise ExtractionError("too_many_entries")
        if len(entries) != declared:
            raise ExtractionError("corrupt")
        if sum(entry.file_size for entry in entries) > limits.max_unpacked:
            raise ExtractionError("archive_too_large")
        for entry in entries:
            self._check_entry(entry)
        self._check_spans(data, entries)
        self.parts = {_part_name(entry): entry for entry in entries}
        if len(self.parts) < len(entries):
            # Which of the two counts differs from program to program.
            raise ExtractionError("corrupt")

    def _check_entry(self, entry: zipfile.ZipInfo) -> None:
        if entry.flag_bits & 0x1:
            raise ExtractionError("password_protected")
        if entry.compress_type not in _COMPRESSIONS:
            raise ExtractionError("unsupported_compression")
        if stat.S_IFMT(entry.external_attr >> 16) in _SPECIAL:
            raise ExtractionError("unsupported_entry")
        if entry.file_size > _SMALL and entry.file_size > self.limits.max_ratio * max(1, entry.compress_size):
            raise ExtractionError("archive_too_large")

    def _check_spans(self, data: bytes, entries: list[zipfile.ZipInfo]) -> None:
        """No two entries share bytes. Python's zipfile finds that only from 3.11.8, 3.12.2 and 3.13 on."""
        spans = []
        for entry in entries:
            start = entry.header_offset
            header = data[start : start + _LOCAL_HEADER]
            if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
                raise ExtractionError("corrupt")
            name, extra = struct.unpack("<HH", header[26:30])
            spans.append((start, start + _LOCAL_HEADER + name + extra + entry.compress_size))
        directory = self.zip.start_dir
        for (_start, end), (following, _end) in pairwise([*sorted(spans), (directory, directory)]):
            if following < end:
                raise ExtractionError("corrupt" if end > len(data) else "archive_overlap")

    def read(self, name: str) -> bytes | None:
        """The bytes of a part, counted while unpacking (sizes in headers lie); None where there is no such part."""
        entry = self.parts.get(name)
        if entry is None:
            return None
        allowed = min(self.limits.max_part, self._left)
        try:
            with self.zip.open(entry) as part:
                content = part.read(allowed + 1)
        except (*_BAD_ZIP, EOFError, OSError) as error:
            raise ExtractionError("corrupt") from error
        if len(content) > allowed:
            raise ExtractionError("archive_too_large")
        if len(content) != entry.file_size:
            raise ExtractionError("corrupt")
        self._left -= len(content)
        return content

    def xml(self, name: str) -> etree._Element | None:
        """A part as XML without DTD, entities, network or external files; None where there is no such part."""
        content = self.read(name)
        return None if content is None else parse_xml(content)

    def check_all_xml(self) -> None:
        """Refuse a document type declaration in any part, also in those that are never parsed here."""
        for name in self.parts:
            if name.endswith(_XML_ENDINGS):
                content = self.read(name) or b""
                _refuse_doctype(content)
                if _HIDDEN.match(content):
                    parse_xml(content)


def _part_name(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/").lstrip("/").casefold()


def _check_end(data: bytes) -> int:
    """The number of entries by the end record; nothing but padding may follow it.

    What stands there is another file to another program. Raises ExtractionError `corrupt`.
    """
    start = data.rfind(b"PK\x05\x06")
    record = data[start : start + _END_RECORD]
    if start < 0 or len(record) < _END_RECORD:
        raise ExtractionError("corrupt")
    here, entries, size, offset, comment = struct.unpack("<HHLLH", record[8:])
    end = start + _END_RECORD + comment
    wide = start - _LOCATOR64 - _END_RECORD64
    if (0xFFFF in (here, entries) or 0xFFFFFFFF in (size, offset)) and data[:start].rfind(b"PK\x06\x06") == wide:
        here, entries = struct.unpack_from("<QQ", data, wide + 24)
    if here != entries or end > len(data) or data[end:].strip(b"\x00\r\n "):
        raise ExtractionError("corrupt")
    return int(entries)


def _refuse_doctype(content: bytes) -> None:
    seen = content.replace(b"\x00", b"") if content.startswith(_WIDE) else content
    # One sign is found fifty times as fast as the expression, and most parts have none.
    if b"!" in seen and _DOCTYPE.search(seen):
        raise ExtractionError("unsafe_xml")


def parse_xml(content: bytes) -> etree._Element:
    """Raises ExtractionError `unsafe_xml` for any document type declaration, `too_complex` for absurd depth or size."""
    _refuse_doctype(content)
    if content.count(b"<") > _MAX_TAGS:
        raise ExtractionError("too_complex")
    # A comment in the midst of a text must not cut it off.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root: etree._Element = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        message = str(error).lower()
        if "memory" in message:
            raise MemoryError from error
        deep = "depth" in message or "huge" in message or "limit" in message
        raise ExtractionError("too_complex" if deep else "corrupt") from error
    except (ValueError, LookupError) as error:
        raise ExtractionError("corrupt") from error
    if root.getroottree().docinfo.internalDTD is not None:
        # Written in an encoding that hides the declaration from the search above, such as UTF-7.
        raise ExtractionError("unsafe_xml")
    return root
