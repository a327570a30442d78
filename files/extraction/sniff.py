"""What kind of file it really is. The content decides; the ending only has to agree with it."""

from __future__ import annotations

from pathlib import PurePosixPath

from files.extraction.archive import Container
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"RIFF", b"\x00\x00\x00\x18ftyp", b"\x00\x00\x00 ftyp")
_OTHER = (b"MZ", b"\x7fELF", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"SQLite format 3", b"OggS", b"ID3")
_TEXT_ENDINGS = {"txt", "text", "md", ""}
_KNOWN = {"docx", "odt", "pdf", "rtf", "txt"}
_PDF_WINDOW = 1024
"""Readers accept `%PDF-` anywhere in the first kilobyte."""


def ending(name: str) -> str:
    """`docx` of `Essay.DOCX`."""
    return PurePosixPath(name).suffix[1:].casefold()


def detect_type(data: bytes, *, name: str, limits: Limits) -> tuple[str, Container | None]:
    """The type, and the checked container of a docx or odt. Raises ExtractionError for whatever is not to be read."""
    if len(data) > limits.max_bytes:
        raise ExtractionError("file_too_large")
    if not data.strip(b"\x00 \t\r\n\xef\xbb\xbf"):
        raise ExtractionError("empty_file")
    kind, container = _by_content(data, name=name, limits=limits)
    claimed = ending(name)
    wrong = claimed in _KNOWN and claimed != kind and not (kind == "txt" and claimed in _TEXT_ENDINGS)
    if wrong or (claimed in ("exe", "js", "html", "htm", "bat", "scr", "doc") and kind != claimed):
        raise ExtractionError("type_mismatch")
    return kind, container


def _by_content(data: bytes, *, name: str, limits: Limits) -> tuple[str, Container | None]:
    if data.startswith(b"PK\x03\x04") or data.startswith(b"PK\x05\x06"):
        return _zip_type(data, limits=limits)
    if data.startswith(_OLE):
        # An encrypted docx is an OLE file that holds this stream; its name stands there in UTF-16.
        encrypted = "EncryptedPackage".encode("utf-16-le") in data
        raise ExtractionError("password_protected" if encrypted else "unsupported_type")
    if b"%PDF-" in data[:_PDF_WINDOW]:
        if not data.startswith(b"%PDF-") and data[:64].lstrip()[:1] == b"<":
            raise ExtractionError("type_mismatch")
        return "pdf", None
    if data.lstrip()[:5] == b"{\\rtf":
        return "rtf", None
    if data.startswith(_IMAGES) or data.startswith(_OTHER):
        raise ExtractionError("type_mismatch" if ending(name) in _KNOWN else "unsupported_type")
    if ending(name) in _TEXT_ENDINGS:
        return "txt", None
    if ending(name) in _KNOWN:
        raise ExtractionError("corrupt" if b"\x00" in data[:4096] else "type_mismatch")
    raise ExtractionError("unsupported_type")


def _zip_type(data: bytes, *, limits: Limits) -> tuple[str, Container | None]:
    container = Container(data, limits=limits)
    names = container.names
    if "[Content_Types].xml" in names:
        if any(part.casefold().endswith("vbaproject.bin") for part in names):
            raise ExtractionError("macro_file")
        if "word/document.xml" in names:
            return "docx", container
        raise ExtractionError("unsupported_type")
    if "mimetype" in names:
        mimetype = (container.read("mimetype") or b"").strip()
        if mimetype.startswith(b"application/vnd.oasis.opendocument.text") and "content.xml" in names:
            manifest = container.read("META-INF/manifest.xml") or b""
            if b"encryption-data" in manifest:
                raise ExtractionError("password_protected")
            return "odt", container
    raise ExtractionError("unsupported_type")
