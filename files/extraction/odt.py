"""OpenDocument text: body, tables, frames, notes, page headers and footers."""

from __future__ import annotations

from lxml import etree

from files.evidence import Document
from files.extraction.archive import Container
from files.extraction.limits import Limits
from files.extraction.text import Draft

_GONE = {"tracked-changes", "annotation", "annotation-end", "bookmark", "sequence-decls", "forms", "title", "desc"}


def read_odt(container: Container, *, limits: Limits) -> Document:
    """The document. Deleted text of tracked changes stands in `tracked-changes` and is not read."""
    draft = Draft(limits)
    content = container.xml("content.xml")
    assert content is not None  # noqa: S101  (sniffing found the part)
    for element in content.iter("{*}text"):
        if etree.QName(element).namespace == "urn:oasis:names:tc:opendocument:xmlns:office:1.0":
            _walk(element, draft, in_table=False)
    styles = container.xml("styles.xml")
    if styles is not None:
        for master in styles.iter("{*}master-page"):
            for line in _lines(master, limits):
                draft.header(line)
    meta = container.xml("meta.xml")
    if meta is not None:
        draft.property("author", meta.findtext(".//{*}initial-creator"))
        draft.property("last_modified_by", meta.findtext(".//{http://purl.org/dc/elements/1.1/}creator"))
        draft.property("title", meta.findtext(".//{http://purl.org/dc/elements/1.1/}title"))
    return draft.finish("odt")


def _name(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _walk(element: etree._Element, draft: Draft, *, in_table: bool) -> None:
    for child in element:
        name = _name(child)
        if name in _GONE:
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


def _inline(element: etree._Element, parts: list[str], boxes: list[etree._Element]) -> None:
    parts.append(element.text or "")
    for child in element:
        name = _name(child)
        if name == "s":
            count = child.get("{urn:oasis:names:tc:opendocument:xmlns:text:1.0}c", "1")
            parts.append(" " * min(int(count) if count.isdigit() else 1, 1000))
        elif name == "tab":
            parts.append("\t")
        elif name == "line-break":
            parts.append("\n")
        elif name in ("text-box", "note-body"):
            boxes.append(child)
        elif name == "note":
            boxes.extend(body for body in child if _name(body) == "note-body")
        elif name not in _GONE:
            _inline(child, parts, boxes)
        parts.append(child.tail or "")


def _lines(root: etree._Element, limits: Limits) -> list[str]:
    part = Draft(limits)
    _walk(root, part, in_table=False)
    return [line.strip() for paragraph in part.paragraphs for line in paragraph.split("\n") if line.strip()]
