"""PDF by pypdf, whose own limits refuse most bombs; the child process stops the rest."""

from __future__ import annotations

import io
import logging
import re
from collections import Counter

from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, LimitReachedError, PyPdfError

from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.text import Draft

logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]\n(?=[a-zåäöéü])")
_PAGE_NUMBER = re.compile(r"^[\W_]*(?:sida|page|s\.)?[\W_]*\d{1,3}(?:\s*(?:av|of|/|\()\s*\d{1,3}\)?)?[\W_]*$", re.IGNORECASE)
_EDGE_LINES = 2
"""Lines at the top and at the bottom of a page that may be a header or footer."""


def read_pdf(data: bytes, *, limits: Limits) -> Document:
    """The document. A file with only an owner password is opened; one with a user password is refused."""
    try:
        return _read(data, limits)
    except ExtractionError:
        raise
    except FileNotDecryptedError as error:
        raise ExtractionError("password_protected") from error
    except LimitReachedError as error:
        raise ExtractionError("archive_too_large") from error
    except RecursionError as error:
        raise ExtractionError("too_complex") from error
    except MemoryError:
        raise
    except (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, OSError, ArithmeticError) as error:
        raise ExtractionError("corrupt") from error


def _read(data: bytes, limits: Limits) -> Document:
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ExtractionError("password_protected")
    if len(reader.pages) > limits.max_pages:
        raise ExtractionError("too_many_pages")
    draft = Draft(limits)
    pages = []
    size = 0
    for page in reader.pages:
        text = (page.extract_text() or "").translate(_LIGATURES)
        size += len(text)
        if size > limits.max_chars:
            raise ExtractionError("too_long")
        pages.append(text.splitlines())
    for lines in _without_running_lines(pages, draft):
        draft.add(_HYPHEN.sub("", "\n".join(lines)))
    information = reader.metadata or {}
    draft.property("author", _string(information.get("/Author")))
    draft.property("title", _string(information.get("/Title")))
    return draft.finish("pdf")


def _string(value: object) -> str:
    return str(value) if value is not None else ""


def _without_running_lines(pages: list[list[str]], draft: Draft) -> list[list[str]]:
    """Take out lines that stand at the edge of several pages (but for digits): they are the header and the footer."""
    edges = Counter(key for lines in pages for key in {_key(lines[index]) for index in _edges(lines)})
    needed = max(2, (len(pages) + 1) // 2)
    running = {key for key, count in edges.items() if count >= needed}
    kept = []
    for lines in pages:
        dropped = set()
        for index in _edges(lines):
            number = _PAGE_NUMBER.match(lines[index])
            if number or _key(lines[index]) in running:
                dropped.add(index)
                if not number:
                    draft.header(lines[index])
        kept.append([line for index, line in enumerate(lines) if index not in dropped])
    return kept


def _edges(lines: list[str]) -> list[int]:
    """Indexes of the first and last filled lines."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return filled[:_EDGE_LINES] + filled[max(_EDGE_LINES, len(filled) - _EDGE_LINES) :]


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split())).casefold()
