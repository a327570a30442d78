"""A zip as a teacher drops it: its directory, entry by entry, and one entry's bytes. One bad entry spoils no other.

Not `zipfile`: that gives up on the whole archive where one name or one extra field is broken, and whether it notices
entries that lie over each other depends on its version. What is read here is the directory (APPNOTE 4.3.12 to 4.3.16),
checked against each local header; unpacking is zlib's and bz2's, with counted bytes.
"""

from __future__ import annotations

import bz2
import stat
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.zip_names import RawName, decode_names, path_problem

_LOCAL, _LOCAL_SIZE = b"PK\x03\x04", 30
_CENTRAL, _CENTRAL_SIZE = b"PK\x01\x02", 46
_END, _END_SIZE = b"PK\x05\x06", 22
_END64, _END64_SIZE, _LOCATOR64_SIZE = b"PK\x06\x06", 56, 20
_ZIP64_EXTRA = 0x0001
_FULL16, _FULL32 = 0xFFFF, 0xFFFFFFFF
_STORED, _DEFLATED, _BZIP2 = 0, 8, 12
_ENCRYPTED, _STRONG, _UTF8, _HIDDEN = 1 << 0, 1 << 6, 1 << 11, 1 << 13
_AES = 99
_SMALL = 1_000_000
"""Unpacked bytes below which any ratio is fine."""
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zipx", ".jar")
_PADDING = b"\x00\r\n "
_OTHER_FILES = (b"%PDF", b"{\\rtf", b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"<")


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One file of a zip. `offset` and `length` are the bytes of the archive to hand to `unpack`."""

    index: int
    path: str
    size: int
    """Unpacked bytes, as the directory says; `unpack` accepts no other number."""
    method: int
    crc: int
    offset: int
    length: int
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Record:
    """An entry of the directory as it stands there."""

    raw: RawName
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    offset: int
    mode: int
    is_folder: bool
    is_broken: bool


def read_directory(data: bytes, *, limits: Limits) -> list[ZipEntry]:
    """The entries in their order, folders left out, each with its `problem` if it is not to be unpacked.

    Raises ExtractionError where the archive as a whole is to be refused.
    """
    if len(data) > limits.max_zip_bytes:
        raise ExtractionError("file_too_large")
    if not data:
        raise ExtractionError("empty_file")
    if data.startswith(_OTHER_FILES):
        # A zip behind a PDF or a program: what it is depends on who opens it.
        raise ExtractionError("type_mismatch")
    directory, end, shift = _find_directory(data, limits=limits)
    records = _records(data, directory, end, limits=limits)
    paths = decode_names([record.raw for record in records])
    spans = [_span(data, record, shift=shift, directory=directory) for record in records]
    overlapping = _overlapping(spans)
    entries = []
    for index, (record, path, span) in enumerate(zip(records, paths, spans, strict=True)):
        if record.is_folder:
            continue
        problem = "archive_overlap" if index in overlapping else _problem(record, path, span, limits=limits)
        start, length = (span.start, span.end - span.start) if span else (0, 0)
        entry = ZipEntry(index, path, record.size, record.method, record.crc, start, length, problem)
        entries.append(entry)
    if sum(entry.size for entry in entries if entry.problem is None) > limits.max_unpacked:
        raise ExtractionError("archive_too_large")
    return entries


def _find_directory(data: bytes, *, limits: Limits) -> tuple[int, int, int]:
    """Where the directory begins and ends, and by how much all offsets are to be shifted."""
    at = _end_record(data)
    disk, first_disk, here, total, size, offset = struct.unpack_from("<HHHHLL", data, at + 4)
    end = at
    if _FULL16 in (here, total) or _FULL32 in (size, offset):
        end = at - _LOCATOR64_SIZE - _END64_SIZE
        if end >= 0 and data[end : end + 4] == _END64:
            disk, first_disk, here, total, size, offset = struct.unpack_from("<LLQQQQ", data, end + 16)
        else:
            end = at
    if disk or first_disk or here != total:
        raise ExtractionError("corrupt")
    if total > limits.max_entries:
        raise ExtractionError("too_many_entries")
    start = end - size
    shift = start - offset
    if start < 0 or shift < 0 or data.find(_END, 0, shift) >= 0:
        # What stands in front with a directory of its own is another zip, whose files would be lost.
        raise ExtractionError("corrupt")
    return start, end, shift


def _end_record(data: bytes) -> int:
    """Where the one end record stands. Two that both fit are two archives to two programs: neither is opened."""
    found = []
    at = data.rfind(_END)
    while at >= 0 and len(data) - at <= _END_SIZE + _FULL16 + 1000:
        if at + _END_SIZE <= len(data):
            comment = int.from_bytes(data[at + 20 : at + 22], "little")
            end = at + _END_SIZE + comment
            if end <= len(data) and not data[end:].strip(_PADDING):
                found.append(at)
        at = data.rfind(_END, 0, at)
    if len(found) != 1:
        raise ExtractionError("corrupt")
    return found[0]


def _records(data: bytes, position: int, end: int, *, limits: Limits) -> list[_Record]:
    records: list[_Record] = []
    while position + _CENTRAL_SIZE <= end and data[position : position + 4] == _CENTRAL:
        if len(records) == limits.max_entries:
            raise ExtractionError("too_many_entries")
        lengths = struct.unpack_from("<HHH", data, position + 28)
        after = position + _CENTRAL_SIZE + sum(lengths)
        if after > end:
            raise ExtractionError("corrupt")
        records.append(_record(data, position, *lengths[:2]))
        position = after
    if data[position:end].strip(_PADDING) and data[position : position + 4] != b"PK\x05\x05":
        raise ExtractionError("corrupt")
    return records


def _record(data: bytes, position: int, name_length: int, extra_length: int) -> _Record:
    flags, method = struct.unpack_from("<HH", data, position + 8)
    crc, packed, size = struct.unpack_from("<LLL", data, position + 16)
    attributes, offset = struct.unpack_from("<LL", data, position + 38)
    begin = position + _CENTRAL_SIZE
    name = data[begin : begin + name_length]
    extra = data[begin + name_length : begin + name_length + extra_length]
    numbers = _zip64(extra, size=size, packed=packed, offset=offset)
    size, packed, offset = numbers or (size, packed, offset)
    mode = attributes >> 16
    is_folder = name.endswith((b"/", b"\\")) or (size == 0 and (stat.S_ISDIR(mode) or bool(attributes & 0x10)))
    return _Record(
        raw=RawName(name, is_utf8=bool(flags & _UTF8), extra=extra),
        flags=flags,
        method=method,
        crc=crc,
        packed=packed,
        size=size,
        offset=offset,
        mode=mode,
        is_folder=is_folder and size == 0,
        is_broken=numbers is None,
    )


def _zip64(extra: bytes, *, size: int, packed: int, offset: int) -> tuple[int, int, int] | None:
    """The three numbers, those that are full taken from the extra field; None where they are missing there."""
    full = [number == _FULL32 for number in (size, packed, offset)]
    if not any(full):
        return size, packed, offset
    position = 0
    while position + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, position)
        if kind == _ZIP64_EXTRA and length >= 8 * sum(full) and position + 4 + length <= len(extra):
            wide = iter(struct.unpack_from(f"<{sum(full)}Q", extra, position + 4))
            size, packed, offset = (
                next(wide) if is_full else old for is_full, old in zip(full, (size, packed, offset), strict=True)
            )
            return size, packed, offset
        position += 4 + length
    return None


@dataclass(frozen=True, slots=True)
class _Span:
    """From an entry's local header to its last packed byte. `agrees`: the header says what the directory says."""

    start: int
    end: int
    agrees: bool


def _span(data: bytes, record: _Record, *, shift: int, directory: int) -> _Span | None:
    """None where there is no local header, or the bytes do not end before the directory."""
    start = record.offset + shift
    if record.is_broken or not 0 <= start <= directory - _LOCAL_SIZE or data[start : start + 4] != _LOCAL:
        return None
    flags, method = struct.unpack_from("<HH", data, start + 6)
    name_length, extra_length = struct.unpack_from("<HH", data, start + 26)
    name = data[start + _LOCAL_SIZE : start + _LOCAL_SIZE + name_length]
    end = start + _LOCAL_SIZE + name_length + extra_length + record.packed
    agrees = name == record.raw.data and method == record.method and not (flags ^ record.flags) & _ENCRYPTED
    return _Span(start, end, agrees) if end <= directory else None


def _overlapping(spans: list[_Span | None]) -> set[int]:
    """The entries to blame for bytes that two of them claim. The rest share no byte.

    One whose header does not agree takes none that agrees with it. Raises ExtractionError where most entries share
    bytes: no program writes so, a bomb does.
    """
    known = {index: span for index, span in enumerate(spans) if span is not None}
    sharing = _sharing(known)
    if 2 * len(sharing) > len(known) and len(sharing) > 2:
        raise ExtractionError("archive_overlap")
    agreeing = {index: span for index, span in known.items() if span.agrees}
    return _sharing(agreeing) | (sharing - agreeing.keys())


def _sharing(spans: Mapping[int, _Span]) -> set[int]:
    """Those that reach over the beginning of another one, or begin where another does."""
    found: set[int] = set()
    ordered = sorted(spans, key=lambda index: spans[index].start)
    for index, following in pairwise(ordered):
        if spans[following].start < spans[index].end:
            found.add(index)
        if spans[following].start == spans[index].start:
            found.add(following)
    return found


def _problem(record: _Record, path: str, span: _Span | None, *, limits: Limits) -> str | None:
    """Why the entry is not to be unpacked."""
    unsafe = path_problem(path)
    if unsafe:
        return unsafe
    if record.mode and stat.S_IFMT(record.mode) not in (0, stat.S_IFREG):
        return "unsupported_entry"
    if record.flags & (_ENCRYPTED | _STRONG | _HIDDEN) or record.method == _AES:
        return "password_protected"
    if record.method not in (_STORED, _DEFLATED, _BZIP2):
        return "unsupported_compression"
    if span is None or not span.agrees:
        return "corrupt"
    if record.size > _SMALL and record.size > limits.max_ratio * max(1, record.packed):
        return "archive_too_large"
    if record.size > limits.max_bytes:
        return "file_too_large"
    if path.casefold().endswith(_ARCHIVES):
        return "nested_archive"
    return None


def unpack(data: bytes, entry: ZipEntry, *, limits: Limits) -> bytes:
    """The bytes of the entry whose local header `data` begins with. Raises ExtractionError, mostly `corrupt`.

    Never makes more than the size the directory states, which is within the limits.
    """
    if entry.size > limits.max_bytes or len(data) != entry.length or data[:4] != _LOCAL:
        raise ExtractionError("corrupt")
    name_length, extra_length = struct.unpack_from("<HH", data, 26)
    packed = data[_LOCAL_SIZE + name_length + extra_length :]
    try:
        content = _inflate(packed, entry)
    except (zlib.error, OSError, ValueError, EOFError) as error:
        raise ExtractionError("corrupt") from error
    if len(content) != entry.size or zlib.crc32(content) != entry.crc:
        raise ExtractionError("corrupt")
    return content


def _inflate(packed: bytes, entry: ZipEntry) -> bytes:
    """At most one byte more than stated; that one is enough to see the lie."""
    if entry.method == _STORED:
        return packed
    if entry.method == _BZIP2:
        return bz2.BZ2Decompressor().decompress(packed, entry.size + 1)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    content = inflater.decompress(packed, entry.size + 1)
    if not inflater.eof and len(content) <= entry.size:
        content += inflater.decompress(inflater.unconsumed_tail, 1)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("the stream does not end where the entry does")
    return content
