"""Rich text. striprtf finds the text; headers, author and embedded objects are taken out by a small group scanner."""

from __future__ import annotations

import re

from striprtf.striprtf import rtf_to_text

from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.text import Draft

_TOKEN = re.compile(r"\\bin(\d+) ?|\\[\\{}]|\\'[0-9a-fA-F]{2}|\\[a-zA-Z]+-?\d* ?|\\\*|[{}]")
_DROPPED = ("pict", "object", "objdata", "fldinst", "themedata", "datastore", "colorschememapping", "annotation", "listtable")
_HEADERS = ("header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf")
_MAX_DEPTH = 500
_MAX_TOKENS = 2_000_000


def read_rtf(data: bytes, *, limits: Limits) -> Document:
    """The document. Raises ExtractionError `too_complex` for absurd nesting, `corrupt` where striprtf gives up."""
    source = data.decode("latin-1")
    groups = _groups(source)
    draft = Draft(limits)
    prefix = _font_table(source)
    kept: list[str] = []
    position = 0
    for start, end, word in groups:
        if start < position:
            continue
        kept.append(source[position:start])
        position = end
        if word in _HEADERS:
            for line in _text(f"{{\\rtf1\\ansi{prefix} {source[start + 1 : end - 1]}}}").splitlines():
                draft.header(line)
        elif word == "info":
            _properties(source[start:end], draft)
    kept.append(source[position:])
    for paragraph in _text("".join(kept)).split("\n"):
        cells = paragraph.split("|")
        if len(cells) > 2 and not cells[-1].strip():
            for cell in cells[:-1]:
                draft.add(cell, in_table=True)
        else:
            draft.add(paragraph)
    return draft.finish("rtf")


def _text(source: str) -> str:
    try:
        return str(rtf_to_text(source, encoding="cp1252", errors="strict"))
    except UnicodeDecodeError:
        return str(rtf_to_text(source, encoding="cp1252", errors="ignore"))
    except (ValueError, IndexError, KeyError, RecursionError, OverflowError, LookupError) as error:
        raise ExtractionError("corrupt") from error


def _font_table(source: str) -> str:
    """Character set control of the whole file, so that a header's escapes are read alike."""
    found = re.search(r"\\ansicpg\d+", source[:2000])
    return found[0] if found else ""


def _groups(source: str) -> list[tuple[int, int, str]]:
    """`(start, end, first control word)` of the groups that are headers, information or not text."""
    found: list[tuple[int, int, str]] = []
    stack: list[tuple[int, str]] = []
    position = tokens = 0
    while (match := _TOKEN.search(source, position)) is not None:
        tokens += 1
        if tokens > _MAX_TOKENS or len(stack) > _MAX_DEPTH:
            raise ExtractionError("too_complex")
        token, position = match[0], match.end()
        if match[1]:
            position += int(match[1])
        elif token == "{":
            stack.append((match.start(), ""))
        elif token == "}":
            if not stack:
                continue
            start, word = stack.pop()
            if word in _HEADERS or word in _DROPPED or word == "info":
                found.append((start, match.end(), word))
        elif stack and token[1:2].isalpha() and not stack[-1][1]:
            stack[-1] = (stack[-1][0], token[1:].strip().rstrip("0123456789-"))
    return sorted(found)


def _properties(info: str, draft: Draft) -> None:
    for name, word in (("author", "author"), ("last_modified_by", "operator"), ("title", "title")):
        match = re.search(r"\{\\" + word + r"\b ?((?:[^{}\\]|\\.)*)\}", info)
        if match:
            draft.property(name, _text("{\\rtf1\\ansi " + match[1] + "}"))
