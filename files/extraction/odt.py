"""OpenDocument text: body, tables, frames, notes, page headers and footers."""

from __future__ import annotations

import re

from lxml import etree

from files.evidence import Document
from files.extraction.archive import Container, parse_xml
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.text import Draft

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_GONE = {
    "tracked-changes",
    "annotation",
    "annotation-end",
    "bookmark",
    "sequence-decls",
    "forms",
    "desc",
    "note-citation",
    "ruby-text",
}
_SPACES = re.compile(r"[ \t\r\n]+")


def read_odt(container: Container, *, limits: Limits) -> Document:
    """The document. Deleted text of tracked changes stands in `tracked-changes` and is not read."""
    container.check_all_xml()
    content = container.xml("content.xml")
    return _document(content, container.xml("styles.xml"), container.xml("meta.xml"), limits)


def read_flat_odt(data: bytes, *, limits: Limits) -> Document:
    """The same in one XML file, `.fodt`. Raises ExtractionError `macro_file` where it holds a program."""
    if len(data) > limits.max_part:
        raise ExtractionError("archive_too_large")
    root = parse_xml(data)
    if root.find(".//{*}scripts//{*}module") is not None:
        raise ExtractionError("macro_file")
    return _document(root, root, root, limits)


def _document(
    content: etree._Element | None, styles: etree._Element | None, meta: etree._Element | None, limits: Limits
) -> Document:
    draft = Draft(limits)
    body = content.find("{*}body/{*}text") if content is not None else None
    if body is None:
        raise ExtractionError("corrupt")
    _walk(body, draft, in_table=False)
    if styles is not None:
        for master in styles.iter("{*}master-page"):
            for line in _lines(master, limits):
                draft.header(line)
    if meta is not None:
        draft.property("author", meta.findtext(".//{*}initial-creator"))
        draft.property("last_modified_by", meta.findtext(".//{*}meta/{http://purl.org/dc/elements/1.1/}creator"))
        draft.property("title", meta.findtext(".//{*}meta/{http://purl.org/dc/elements/1.1/}title"))
    return draft.finish("odt")


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _walk(element: etree._Element, draft: Draft, *, in_table: bool) -> None:
    for child in element:
        name = _name(child)
        if _is_gone(child):
            continue
        if name in ("p", "h"):
            parts: list[str] = []
            boxes: list[etree._Element] = []
            _inline(child, parts, boxes)
            draft.add("".join(parts), in_table=in_table)
            for box in boxes:
                _walk(box, draft, in_table=in_table)
        elif len(child):
            _walk(child, draft, in_table=in_table or name == "table")


def _is_gone(element: etree._Element) -> bool:
    """Comments, deleted text, and the description of a picture (whose `title` is not the text field of that name)."""
    name = _name(element)
    return name in _GONE or (name == "title" and not element.tag.startswith(_TEXT))


def _plain(text: str | None) -> str:
    """White space as ODF means it: any run of it is one space, whatever the file's own line breaks."""
    return _SPACES.sub(" ", text or "")


def _inline(element: etree._Element, parts: list[str], boxes: list[etree._Element]) -> None:
    parts.append(_plain(element.text))
    for child in element:
        name = _name(child)
        if name == "s":
            count = child.get(f"{_TEXT}c", "1")
            parts.append(" " * (min(int(count), 1000) if count.isdecimal() and len(count) < 9 else 1))
        elif name == "tab":
            parts.append("\t")
        elif name == "line-break":
            parts.append("\n")
        elif name in ("text-box", "note-body"):
            boxes.append(child)
        elif name == "note":
            boxes.extend(body for body in child if _name(body) == "note-body")
        elif _is_gone(child):
            pass
        elif any(_name(part) in ("p", "h", "list") for part in child):
            # A shape that hangs on the paragraph and has paragraphs of its own.
            boxes.append(child)
        else:
            _inline(child, parts, boxes)
        parts.append(_plain(child.tail))


def _lines(root: etree._Element, limits: Limits) -> list[str]:
    part = Draft(limits)
    _walk(root, part, in_table=False)
    return [line.strip() for paragraph in part.paragraphs for line in paragraph.split("\n") if line.strip()]
