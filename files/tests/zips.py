"""Zips made by code: as every learning platform makes them, and as nobody should."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

TEXT = "En text som är lång nog att läsas, och som ingen har skrivit under. "


def zipped(files: Mapping[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An ordinary zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, method)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Raw:
    """An entry whose every number can be a lie. None: the true one."""

    name: bytes
    data: bytes = TEXT.encode()
    method: int = 8
    flags: int = 0
    local_name: bytes | None = None
    crc: int | None = None
    size: int | None = None
    packed: int | None = None
    offset: int | None = None
    mode: int = 0o100644
    extra: bytes = b""
    descriptor: bool = False
    prefix: bytes = b""
    """Bytes before the local header that belong to nobody."""

    def stream(self) -> bytes:
        """The data as it is packed."""
        if self.method != 8:
            return self.data
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        return packer.compress(self.data) + packer.flush()


def raw_zip(
    *entries: Raw, prepended: bytes = b"", comment: bytes = b"", after: bytes = b"", total: int | None = None
) -> bytes:
    """A zip written byte by byte."""
    body, directory = bytearray(), bytearray()
    for entry in entries:
        body += entry.prefix
        stream = entry.stream()
        crc = zlib.crc32(entry.data) if entry.crc is None else entry.crc
        size = len(entry.data) if entry.size is None else entry.size
        packed = len(stream) if entry.packed is None else entry.packed
        offset = len(body) if entry.offset is None else entry.offset
        name = entry.name if entry.local_name is None else entry.local_name
        flags = entry.flags | (8 if entry.descriptor else 0)
        numbers = (0, 0, 0) if entry.descriptor else (crc, packed & 0xFFFFFFFF, size & 0xFFFFFFFF)
        body += struct.pack("<4sHHHHHLLLHH", b"PK\x03\x04", 20, flags, entry.method, 0, 33, *numbers, len(name), 0)
        body += name + stream
        if entry.descriptor:
            body += struct.pack("<4sLLL", b"PK\x07\x08", crc, packed, size)
        directory += struct.pack(
            "<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", 0x0314, 20, flags, entry.method, 0, 33, crc, packed & 0xFFFFFFFF,
            size & 0xFFFFFFFF, len(entry.name), len(entry.extra), 0, 0, 0, entry.mode << 16, offset & 0xFFFFFFFF,
        )  # fmt: skip
        directory += entry.name + entry.extra
    count = len(entries) if total is None else total
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), len(comment))
    return prepended + bytes(body + directory) + end + comment + after


def good(name: str = "Alva Berg.txt", *, text: str = TEXT) -> Raw:
    """An entry nothing is wrong with."""
    return Raw(name.encode(), (text + name).encode(), flags=0x800)


def same_header_bomb(copies: int, size: int = 5_000_000) -> bytes:
    """Many entries of the directory, one packed stream."""
    kernel = Raw(b"a0.txt", b"a" * size)
    entries = [kernel, *(replace(kernel, name=b"a%d.txt" % n, local_name=b"a0.txt") for n in range(1, copies))]
    return _sharing(entries)


def _sharing(entries: list[Raw]) -> bytes:
    first = raw_zip(entries[0])
    at = first.rfind(b"PK\x01\x02")
    body = first[:at]
    directory = b"".join(_central(entry, first[at : at + 46]) for entry in entries)
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(body), 0)
    return body + directory + end


def _central(entry: Raw, header: bytes) -> bytes:
    return header[:28] + struct.pack("<H", len(entry.name)) + header[30:] + entry.name


def quoted_overlap_bomb(copies: int) -> bytes:
    """Each stream begins with a stored block that quotes the next entry's local header, down to one kernel."""
    kernel = Raw(b"k.txt", b"a" * 900_000)
    stream = kernel.stream()
    files: list[tuple[bytes, bytes, int, int]] = [(b"k.txt", stream, zlib.crc32(kernel.data), len(kernel.data))]
    body = _local(b"k.txt", stream, zlib.crc32(kernel.data), len(kernel.data)) + stream
    plain = kernel.data
    for number in range(copies):
        head_length = len(body) - len(files[-1][1])
        quoted = body[:head_length]
        name = b"%04d.txt" % number
        stream = struct.pack("<BHH", 0, len(quoted), len(quoted) ^ 0xFFFF) + quoted + files[-1][1]
        plain = quoted + plain
        files.append((name, stream, zlib.crc32(plain), len(plain)))
        body = (
            _local(name, stream, zlib.crc32(plain), len(plain))
            + struct.pack("<BHH", 0, len(quoted), len(quoted) ^ 0xFFFF)
            + body
        )
    directory, position = b"", len(body)
    offsets, at = [], 0
    for name, _stream, _crc, _size in reversed(files):
        offsets.append(at)
        at = at + 30 + len(name) + 5
    for (name, stream, crc, size), offset in zip(reversed(files), offsets, strict=True):
        directory += struct.pack(
            "<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", 0x0314, 20, 0, 8, 0, 33, crc, len(stream), size, len(name), 0, 0, 0,
            0, 0o100644 << 16, offset,
        )  # fmt: skip
        directory += name
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, len(files), len(files), len(directory), position, 0)
    return body + directory + end


def _local(name: bytes, stream: bytes, crc: int, size: int) -> bytes:
    return struct.pack("<4sHHHHHLLLHH", b"PK\x03\x04", 20, 0, 8, 0, 33, crc, len(stream), size, len(name), 0) + name


def zip64(name: bytes, data: bytes) -> bytes:
    """One entry, every number of it and of the archive in the wide fields."""
    stream = Raw(name, data).stream()
    crc = zlib.crc32(data)
    full = 0xFFFFFFFF
    wide_local = struct.pack("<HHQQ", 1, 16, len(data), len(stream))
    body = struct.pack("<4sHHHHHLLLHH", b"PK\x03\x04", 45, 0, 8, 0, 33, crc, full, full, len(name), len(wide_local))
    body += name + wide_local + stream
    wide = struct.pack("<HHQQQ", 1, 24, len(data), len(stream), 0)
    directory = struct.pack(
        "<4sHHHHHHLLLHHHHHLL", b"PK\x01\x02", 0x032D, 45, 0, 8, 0, 33, crc, full, full, len(name), len(wide), 0, 0, 0,
        0o100644 << 16, full,
    )  # fmt: skip
    directory += name + wide
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, len(directory), len(body))
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(body) + len(directory), 1)
    end = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, full, full, 0)
    return body + directory + record + locator + end
