"""What kind of file it really is. The content decides; the ending only has to agree with it."""

from __future__ import annotations

from files.extraction.archive import Container
from files.extraction.endings import KNOWN, OTHER, ending
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.pages import is_text_page

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_PICTURE_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*", b"BM", b"8BPS")
_PHOTO_BRANDS = (b"heic", b"heix", b"hevc", b"heif", b"mif1", b"msf1", b"avif")
"""What a telephone's photographs call themselves behind `ftyp`."""
_BINARY_MAGIC = (
    *(
        b"RIFF",
        b"MZ",
        b"\x7fELF",
        b"Rar!",
        b"7z\xbc\xaf",
        b"\x1f\x8b",
        b"BZh",
        b"\xfd7zXZ",
        b"SQLite format 3",
        b"OggS",
        b"ID3",
    ),
)
"""Beginnings of programs, archives, sound. Some are letters too (`MZ`): they count before binary bytes."""
_TEXT_ENDINGS = frozenset({"txt", "text", "md", ""})
UNREADABLE = {
    "doc": frozenset({"doc", "dot"}),
    "picture": frozenset({"png", "jpg", "jpeg", "gif", "tif", "tiff", "bmp", "heic", "webp"}),
}
"""What students hand in that has no text for us and is kept all the same (a person can say whose it is)."""
_PDF_WINDOW = 1024
"""Readers accept `%PDF-` anywhere in the first kilobyte."""
_FLAT, _FLAT_WINDOW = b"opendocument.text", 1_000_000
"""The root of a flat OpenDocument file says what it is behind its name spaces, which a comment may precede."""
_WORD_TYPES = (b"wordprocessingml.document.main+xml", b"wordprocessingml.template.main+xml")
"""What the list of types calls the main part, wherever it lies."""
_BLANK = b"\x00 \t\r\n\xef\xbb\xbf"


def detect_type(data: bytes, *, name: str, limits: Limits) -> tuple[str, Container | None]:
    """The type, and the checked container of a docx or odt. Raises ExtractionError for whatever is not to be kept."""
    if len(data) > limits.max_bytes:
        raise ExtractionError("file_too_large")
    if not data.strip(_BLANK):
        raise ExtractionError("empty_file")
    claimed = ending(name)
    try:
        kind, container = _by_content(data, claimed=claimed, limits=limits)
    except ExtractionError as error:
        if error.code == "unsupported_type" and is_text_page(name) and not _is_binary(data):
            return "html", None
        if error.code == "unsupported_type" and claimed in KNOWN:
            raise ExtractionError("type_mismatch") from error
        raise
    fitting = UNREADABLE.get(kind, _TEXT_ENDINGS if kind == "txt" else frozenset({kind}))
    if claimed in (KNOWN | OTHER) - fitting:
        raise ExtractionError("type_mismatch")
    return kind, container


def _by_content(data: bytes, *, claimed: str, limits: Limits) -> tuple[str, Container | None]:
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_type(data, limits=limits)
    if data.startswith(_OLE):
        # An encrypted docx is an OLE file that holds this stream; its name stands there in UTF-16.
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ExtractionError("password_protected")
        if "WordDocument".encode("utf-16-le") in data:
            return "doc", None
        raise ExtractionError("unsupported_type")
    start = data[:_PDF_WINDOW].lstrip(_BLANK)
    if start.startswith(b"%PDF-"):
        if data.rfind(b"PK\x05\x06") > data.rfind(b"%%EOF") >= 0:
            # A PDF in front and a zip behind: what it is depends on who opens it.
            raise ExtractionError("type_mismatch")
        return "pdf", None
    if b"%PDF-" in start and b"endobj" in data:
        raise ExtractionError("type_mismatch")
    if start.startswith(b"{\\rtf"):
        return "rtf", None
    if claimed == "fodt" and _is_flat(data[:_FLAT_WINDOW]):
        return "fodt", None
    binary = _is_binary(data)
    if binary and _is_picture(data):
        return "picture", None
    if binary and (data.startswith(_BINARY_MAGIC) or data[4:8] == b"ftyp"):
        raise ExtractionError("unsupported_type")
    if claimed in _TEXT_ENDINGS:
        return "txt", None
    if claimed in KNOWN:
        raise ExtractionError("corrupt" if binary else "type_mismatch")
    raise ExtractionError("unsupported_type")


def _is_flat(start: bytes) -> bool:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        start = start[2:].replace(b"\x00", b"")
    return start.lstrip(_BLANK).startswith(b"<") and _FLAT in start


def _is_picture(data: bytes) -> bool:
    photo = data[4:8] == b"ftyp" and data[8:12] in _PHOTO_BRANDS
    return data.startswith(_PICTURE_MAGIC) or photo or (data.startswith(b"RIFF") and data[8:12] == b"WEBP")


def _is_binary(data: bytes) -> bool:
    return any(byte < 9 for byte in data[:512])


def _zip_type(data: bytes, *, limits: Limits) -> tuple[str, Container | None]:
    container = Container(data, limits=limits)
    parts = container.parts
    if "[content_types].xml" in parts:
        types = container.read("[content_types].xml") or b""
        programs = any(word in types.lower() for word in (b"macroenabled", b"vbaproject"))
        if programs or any(part.endswith("vbaproject.bin") for part in parts):
            raise ExtractionError("macro_file")
        named = any(part.startswith("word/document") and part.endswith(".xml") for part in parts)
        if named or any(role in types for role in _WORD_TYPES):
            return "docx", container
        raise ExtractionError("unsupported_type")
    if "mimetype" in parts:
        return _open_document_type(container)
    raise ExtractionError("unsupported_type")


def _open_document_type(container: Container) -> tuple[str, Container | None]:
    mimetype = (container.read("mimetype") or b"").strip()
    if not mimetype.startswith(b"application/vnd.oasis.opendocument.text"):
        raise ExtractionError("unsupported_type")
    if b"encryption-data" in (container.read("meta-inf/manifest.xml") or b""):
        raise ExtractionError("password_protected")
    if "content.xml" not in container.parts:
        raise ExtractionError("corrupt")
    for part in container.parts:
        folder, _slash, file = part.rpartition("/")
        # LibreOffice writes the empty library's two lists into any document; a module is a file beside them.
        listing = file in ("", "script-lb.xml", "script-lc.xml", "dialog-lb.xml", "dialog-lc.xml")
        if folder.split("/")[0] in ("basic", "scripts", "dialogs") and not listing:
            raise ExtractionError("macro_file")
    return "odt", container
