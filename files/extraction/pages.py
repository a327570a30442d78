"""The page a learning platform makes of a text that was typed into it: Canvas `…_text.html`, Moodle `onlinetext.html`.

No other web page is read: what students hand in as HTML is a page saved by mistake.
"""

from __future__ import annotations

import re

from lxml import etree

from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.text import Draft
from files.extraction.txt import decode

_NAME = re.compile(r"(?:^|_)(?:onlinetext|text|submissiontext)(?:-\d+| \(\d+\))?\.html?$", re.IGNORECASE)
_BLOCKS = frozenset(
    "address article aside blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main nav "
    "ol p pre section table td th tr ul".split()
)
_SILENT = frozenset("head script style noscript template title svg math iframe object".split())
_SPACES = re.compile(r"[ \t\r\n\f]+")


def is_text_page(name: str) -> bool:
    """Whether a file so named is such a page."""
    return _NAME.search(name) is not None


def read_page(data: bytes, *, limits: Limits) -> Document:
    """Its paragraphs. Raises ExtractionError `corrupt`, `too_long` or what decoding raises."""
    source = decode(data)
    draft = Draft(limits)
    parser = etree.HTMLParser(
        encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )  # fmt: skip
    try:
        root = etree.fromstring(source.encode("utf-8", "ignore"), parser) if source.strip() else None
    except (etree.LxmlError, ValueError) as error:
        raise ExtractionError("corrupt") from error
    return draft.finish("html") if root is None else _paragraphs(root, draft)


def _paragraphs(root: etree._Element, draft: Draft) -> Document:
    line: list[str] = []
    silent = 0

    def end() -> None:
        draft.add(_SPACES.sub(" ", "".join(line)).strip())
        line.clear()

    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        if event == "start":
            silent += tag in _SILENT
            if tag in _BLOCKS and line:
                end()
            if not silent and tag:
                line.append(element.text or "")
        else:
            silent -= tag in _SILENT
            if tag in _BLOCKS and line:
                end()
            if not silent:
                line.append(element.tail or "")
    if line:
        end()
    return draft.finish("html")
