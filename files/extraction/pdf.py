"""PDF by pypdf, whose own limits refuse most bombs; what it cannot open, pdfium may."""

from __future__ import annotations

import io
import logging
import re
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator

import pypdfium2
from pypdf import PdfReader
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError
from pypdf.generic import DictionaryObject

from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.pdf_page import page_text
from files.extraction.text import Draft

logging.getLogger("pypdf").setLevel(logging.CRITICAL)

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "ft", "ﬆ": "st"})
_ACCENTED = re.compile(r"([¨˚])([AOUEIYaoueiy])")
"""TeX draws `ö` as two glyphs, the dots first."""
_ACCENTS = {"¨": "\u0308", "˚": "\u030a"}
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010\ufffe]\n(?=[a-zåäöéü])")
_PAGE_NUMBER = re.compile(
    r"^[\W_]*(?:sida|page|s\.)?[\W_]*\d{1,3}(?:\s*(?:av|of|/|\()\s*\d{1,3}\)?)?[\W_]*$", re.IGNORECASE
)
_LONGEST_PAGE_NUMBER = 40
_FOREIGN = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")
"""Glyphs of a font that does not say which letters they are."""
_FEW = 5
"""Of those may be bullets and arrows."""
_LONGEST_WORDS = 30
"""Characters of a word on average beyond which even the blanks are such glyphs."""
_EDGE_LINES = 2
"""Lines at the top and at the bottom of a page that may be a header or footer."""


def read_pdf(data: bytes, *, limits: Limits) -> Document:
    """The document. A file with only an owner password is opened; one with a user password is refused."""
    try:
        return _by_pypdf(data, limits)
    except (ExtractionError, MemoryError):
        raise
    except (FileNotDecryptedError, DependencyError) as error:
        # The one thing that is lacking and may be had: some way to unlock, or else to unpack.
        raise ExtractionError("password_protected" if b"/Encrypt" in data else "corrupt") from error
    except LimitReachedError as error:
        raise ExtractionError("archive_too_large" if _is_bomb(error) else "too_complex") from error
    except RecursionError as error:
        raise ExtractionError("too_complex") from error
    except Exception as error:
        # A damaged PDF can raise anything in pypdf; a way to encrypt that it does not know comes as one of them.
        if isinstance(error, NotImplementedError) and b"/Encrypt" in data:
            raise ExtractionError("password_protected") from error
        return _document(_pages_by_pdfium(data, limits), {}, limits)


def _is_bomb(error: LimitReachedError) -> bool:
    """Whether unpacking hit its limit; the others are about nesting and numbers."""
    modules = {frame.f_globals.get("__name__", "") for frame, _line in traceback.walk_tb(error.__traceback__)}
    return any(module.startswith(("pypdf.filters", "pypdf._codecs")) for module in modules)


def _by_pypdf(data: bytes, limits: Limits) -> Document:
    reader = PdfReader(io.BytesIO(data), strict=False)
    if reader.is_encrypted and not reader.decrypt(""):
        raise ExtractionError("password_protected")
    pages = reader.root_object["/Pages"].get_object()
    declared = pages.get("/Count") if isinstance(pages, DictionaryObject) else None
    if (isinstance(declared, int) and declared > limits.max_pages) or len(reader.pages) > limits.max_pages:
        raise ExtractionError("too_many_pages")
    if not reader.pages:
        raise ExtractionError("corrupt")
    information = reader.metadata
    named = {"author": information.author or "", "title": information.title or ""} if information else {}
    return _document(map(page_text, reader.pages), named, limits)


def _pages_by_pdfium(data: bytes, limits: Limits) -> Iterator[str]:
    """The second opinion: pdfium rebuilds what a badly written file lacks. Raises `corrupt` if it cannot."""
    try:
        document = pypdfium2.PdfDocument(data)
        if len(document) > limits.max_pages:
            raise ExtractionError("too_many_pages")
        if len(document) == 0:
            raise ExtractionError("corrupt")
        for page in document:
            yield page.get_textpage().get_text_bounded().replace("\ufffe", "-")
    except pypdfium2.PdfiumError as error:
        raise ExtractionError("corrupt") from error


def _document(texts: Iterable[str], information: dict[str, str], limits: Limits) -> Document:
    draft = Draft(limits)
    pages = []
    size = 0
    for text in texts:
        size += len(text)
        if size > limits.max_chars:
            raise ExtractionError("too_long")
        pages.append(_ACCENTED.sub(lambda pair: pair[2] + _ACCENTS[pair[1]], text.translate(_LIGATURES)))
    if _is_unreadable("".join(pages)):
        raise ExtractionError("no_text")
    for lines in _without_running_lines([page.splitlines() for page in pages], draft):
        draft.add(_HYPHEN.sub("", "\n".join(lines)))
    for name, value in information.items():
        draft.property(name, value)
    return draft.finish("pdf")


def _is_unreadable(text: str) -> bool:
    """Whether it is drawn with glyphs that nobody can tell the letters of: a text without its å ä ö is none."""
    words = text.split()
    size = sum(map(len, words))
    foreign = len(_FOREIGN.findall(text))
    unspaced = size > 100 and text.isascii() and size > _LONGEST_WORDS * len(words)
    return unspaced or (foreign > _FEW and 33 * foreign > size)


def _without_running_lines(pages: list[list[str]], draft: Draft) -> list[list[str]]:
    """Take out lines that stand at the edge of several pages (but for digits): they are the header and the footer."""
    edges = Counter(key for lines in pages for key in {_key(lines[index]) for index in _margins(lines)})
    needed = max(2, (len(pages) + 1) // 2)
    running = {key for key, count in edges.items() if count >= needed}
    kept = []
    for lines in pages:
        dropped = {index for index in _edges(lines) if _is_page_number(lines[index])}
        for index in _margins(lines):
            if index not in dropped and _key(lines[index]) in running:
                dropped.add(index)
                draft.header(lines[index])
        kept.append([line for index, line in enumerate(lines) if index not in dropped])
    return kept


def _is_page_number(line: str) -> bool:
    return len(line) <= _LONGEST_PAGE_NUMBER and _PAGE_NUMBER.match(line) is not None


def _edges(lines: list[str], most: int = _EDGE_LINES) -> list[int]:
    """Indexes of the first and last filled lines."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return filled[:most] + filled[max(most, len(filled) - most) :] if most else []


def _margins(lines: list[str]) -> list[int]:
    """Indexes of the lines that may run over several pages: never more than two thirds of a page that has few."""
    return _edges(lines, min(_EDGE_LINES, sum(map(bool, map(str.strip, lines))) // 3))


def _key(line: str) -> str:
    return re.sub(r"\d+", "#", " ".join(line.split())).casefold()
