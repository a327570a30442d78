"""Text that a docx holds in another format (`altChunk`): a web page, as web tools that "export to Word" make it."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser

from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.pages import read_page
from files.extraction.rtf import read_rtf
from files.extraction.txt import decode

_MOST_PARTS = 50
"""Of a web archive that are looked at."""


def chunk_text(content: bytes, *, name: str, limits: Limits) -> str:
    """The text of the chunk stored under `name`; empty for what is not read, such as a document within the document.

    Raises ExtractionError as the readers do.
    """
    ending = name.rpartition(".")[2]
    if ending in ("html", "htm", "xhtml"):
        return read_page(content, limits=limits).text
    if ending in ("mht", "mhtml"):
        return "\n".join(read_page(page, limits=limits).text for page in _pages(content))
    if ending == "rtf":
        return read_rtf(content, limits=limits).text
    return decode(content) if ending == "txt" else ""


def _pages(archive: bytes) -> Iterator[bytes]:
    """The web pages of a web archive (RFC 2557), as UTF-8."""
    try:
        message: Message = BytesParser().parsebytes(archive)
        for part, _number in zip(message.walk(), range(_MOST_PARTS), strict=False):
            payload = part.get_payload(decode=True)
            if part.get_content_type() == "text/html" and isinstance(payload, bytes):
                yield payload.decode(part.get_content_charset("utf-8"), "replace").encode()
    except (LookupError, ValueError) as error:
        raise ExtractionError("corrupt") from error
