"""Word's docx: body, tables, headers, footers, text boxes, notes; tracked changes as the final text."""

from __future__ import annotations

from lxml import etree

from files.evidence import Document
from files.extraction.archive import Container
from files.extraction.limits import Limits
from files.extraction.text import Draft

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_CP = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"

_GONE = {"del", "moveFrom", "rPr", "pPr", "sectPr", "instrText", "delText", "commentReference", "fldSimpleInstr"}
"""Deleted text, formatting and field codes are no part of the essay."""


def read_docx(container: Container, *, limits: Limits) -> Document:
    """The document. Comments are a part of their own and never read."""
    draft = Draft(limits)
    body = container.xml("word/document.xml")
    assert body is not None  # noqa: S101  (sniffing found the part)
    _walk(body, draft, in_table=False)
    for name in sorted(container.names):
        folder, _slash, part = name.rpartition("/")
        if folder != "word" or not part.endswith(".xml"):
            continue
        if part.startswith(("header", "footer")):
            for line in _lines(container.xml(name), limits):
                draft.header(line)
        elif part.startswith(("footnotes", "endnotes")):
            for line in _lines(container.xml(name), limits):
                draft.add(line)
    _properties(container.xml("docProps/core.xml"), draft)
    return draft.finish("docx")


def _name(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _walk(element: etree._Element, draft: Draft, *, in_table: bool) -> None:
    """Paragraphs in document order; a text box's paragraphs follow the one it hangs on."""
    for child in element:
        name = _name(child)
        if name == "p":
            text, boxes = _paragraph(child)
            draft.add(text, in_table=in_table)
            for box in boxes:
                _walk(box, draft, in_table=in_table)
        elif name == "AlternateContent":
            _walk(_one_branch(child), draft, in_table=in_table)
        elif name not in _GONE and len(child):
            _walk(child, draft, in_table=in_table or name == "tbl")


def _one_branch(alternate: etree._Element) -> etree._Element:
    """Word writes a text box twice, as Choice and Fallback: the first is enough."""
    choice = alternate.find(f"{_MC}Choice")
    return choice if choice is not None else alternate


def _paragraph(paragraph: etree._Element) -> tuple[str, list[etree._Element]]:
    parts: list[str] = []
    boxes: list[etree._Element] = []
    _runs(paragraph, parts, boxes)
    return "".join(parts), boxes


def _runs(element: etree._Element, parts: list[str], boxes: list[etree._Element]) -> None:
    for child in element:
        name = _name(child)
        if name in _GONE:
            continue
        if name == "t":
            parts.append(child.text or "")
        elif name in ("tab", "ptab"):
            parts.append("\t")
        elif name in ("br", "cr"):
            parts.append("\n")
        elif name == "noBreakHyphen":
            parts.append("-")
        elif name == "txbxContent":
            boxes.append(child)
        elif name == "AlternateContent":
            _runs(_one_branch(child), parts, boxes)
        elif len(child):
            _runs(child, parts, boxes)


def _lines(root: etree._Element | None, limits: Limits) -> list[str]:
    if root is None:
        return []
    part = Draft(limits)
    _walk(root, part, in_table=False)
    return [line.strip() for paragraph in part.paragraphs for line in paragraph.split("\n") if line.strip()]


def _properties(core: etree._Element | None, draft: Draft) -> None:
    if core is None:
        return
    draft.property("author", core.findtext(f"{_DC}creator"))
    draft.property("last_modified_by", core.findtext(f"{_CP}lastModifiedBy"))
    draft.property("title", core.findtext(f"{_DC}title"))
