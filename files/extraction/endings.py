"""What a file's name promises. Imports no parser: web processes ask too."""

from __future__ import annotations

from pathlib import PurePosixPath

KNOWN = frozenset({"docx", "odt", "fodt", "pdf", "rtf", "txt"})
OTHER = frozenset(
    "doc docm dot dotm exe com scr bat cmd js vbs ps1 sh jar html htm svg xml zip 7z rar gz tar jpg jpeg png gif heic "
    "bmp tif tiff webp mp3 mp4 mov wav xls xlsx xlsm ods csv ppt pptx pptm odp epub pages key".split()
)
"""Endings that promise something else than an essay we read. Any other unknown one is part of the name (`essay.v2`)."""


def ending(name: str) -> str:
    """`docx` of `Essay.DOCX`; empty where what follows the last dot is none, as in `kap 3.2` or `anna.larsson`."""
    suffix = PurePosixPath(name).suffix[1:].strip().casefold()
    return suffix if suffix.isascii() and suffix.isalnum() and len(suffix) <= 5 and not suffix.isdigit() else ""
