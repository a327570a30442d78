"""Zips: bounded before anything is unpacked, and told apart by what they hold. Pure."""

from __future__ import annotations

import zipfile

from classes.rosters.grid import RosterError

MAX_UNPACKED = 50_000_000
"""Bytes a zip may come to when unpacked: fifty times what 5,000 students need."""
MAX_ENTRIES = 1_000
MAX_RATIO = 200
"""How many times its packed size an entry of more than a megabyte may come to; sheets of names come to about ten."""


def checked_entries(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The entries, when there are not too many and they are not too large. Raises RosterError."""
    entries = archive.infolist()
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        raise RosterError("corrupt")
    for entry in entries:
        if entry.flag_bits & 1:
            raise RosterError("password_protected")
        if entry.file_size > 1_000_000 and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise RosterError("corrupt")
    return entries


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """An entry's bytes, and no more than it says it has. Raises RosterError."""
    with archive.open(entry) as opened:
        data = opened.read(entry.file_size + 1)
    if len(data) > entry.file_size:
        raise RosterError("corrupt")
    return data
