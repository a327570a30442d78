"""Word's docx: body, tables, headers, footers, text boxes, notes; tracked changes as the final text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from lxml import etree

from files.evidence import Document
from files.extraction.archive import Container
from files.extraction.docx_chunks import chunk_text
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.text import Draft

_DC = "{http://purl.org/dc/elements/1.1/}"
_CP = "{http://schemas.openxmlformats.org/package/2006/metadata/core-properties}"

_GONE = {"del", "moveFrom", "rPr", "pPr", "sectPr", "sdtPr", "instrText", "delText", "commentReference", "rt"}
"""Deleted text, formatting, field codes and pronunciation aids are no part of the essay."""
_OFF = {"0", "false", "off"}
_BESIDE = {"header", "footer", "footnotes", "endnotes"}
_USUAL_NAME = re.compile(r"word/(header|footer|footnotes|endnotes)[^/]*\.xml")


def read_docx(container: Container, *, limits: Limits) -> Document:
    """The document. Comments are a part of their own and never read."""
    container.check_all_xml()
    draft = Draft(limits)
    package = dict(reversed(_relations(container, "")))
    main = package.get("officeDocument", "word/document.xml")
    body = container.xml(main)
    if body is None or _name(body) != "document":
        raise ExtractionError("corrupt")
    _walk(body, draft, in_table=False)
    relations = _relations(container, main)
    for role, name in relations:
        if role == "aFChunk":
            draft.add(chunk_text(container.read(name) or b"", name=name, limits=limits))
    for name, role in sorted(_parts_beside(container, relations).items()):
        for line in _lines(container.xml(name), limits):
            if role in ("header", "footer"):
                draft.header(line)
            else:
                draft.add(line)
    _properties(container.xml(package.get("core-properties", "docprops/core.xml")), draft)
    return draft.finish("docx")


def _relations(container: Container, part: str) -> list[tuple[str, str]]:
    """Role and name of the parts that `part` (empty: the package) refers to: a writer may give them any name."""
    folder, _slash, name = part.rpartition("/")
    found = []
    root = container.xml(posixpath.join(folder, "_rels", f"{name}.rels"))
    for relation in root if root is not None else ():
        role = (relation.get("Type") or "").rpartition("/")[2]
        target = relation.get("Target") or ""
        there = posixpath.normpath(target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target))
        if there.casefold() in container.parts:
            found.append((role, there.casefold()))
    return found


def _parts_beside(container: Container, relations: list[tuple[str, str]]) -> dict[str, str]:
    """Page headers, footers and notes: name to role, by what the main part says and by what they are usually called."""
    found = {name: role for role, name in relations if role in _BESIDE}
    for name in container.parts:
        usual = _USUAL_NAME.fullmatch(name)
        if usual:
            found.setdefault(name, usual[1])
    return found


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
        elif name not in _GONE and len(child) and not _is_placeholder(child) and not _is_deleted(child):
            _walk(child, draft, in_table=in_table or name == "tbl")


def _one_branch(alternate: etree._Element) -> etree._Element:
    """Word writes a text box twice, as Choice and Fallback: the first with text is enough."""
    branches = [branch for branch in alternate if _name(branch) in ("Choice", "Fallback")]
    return next(
        (branch for branch in branches if branch.find(".//{*}t") is not None), branches[0] if branches else alternate
    )


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
        elif name == "txbxContent" or any(_name(part) == "p" for part in child):
            # A text box, or a shape with paragraphs of its own.
            boxes.append(child)
        elif name == "AlternateContent":
            _runs(_one_branch(child), parts, boxes)
        elif len(child) and not _is_placeholder(child) and not _is_hidden(child):
            _runs(child, parts, boxes)


def _is_placeholder(element: etree._Element) -> bool:
    """Whether it is a content control nobody filled in, which shows "Click here to enter text"."""
    return _name(element) == "sdt" and _is_on(element.find("{*}sdtPr/{*}showingPlcHdr"))


def _is_deleted(element: etree._Element) -> bool:
    """Whether it is a row or cell of a table that a tracked change takes out."""
    return (_name(element) == "tr" and element.find("{*}trPr/{*}del") is not None) or (
        _name(element) == "tc" and element.find("{*}tcPr/{*}cellDel") is not None
    )


def _is_hidden(run: etree._Element) -> bool:
    return _name(run) == "r" and _is_on(run.find("{*}rPr/{*}vanish"))


def _is_on(switch: etree._Element | None) -> bool:
    return switch is not None and not any(value in _OFF for value in switch.attrib.values())


def _lines(root: etree._Element | None, limits: Limits) -> Iterator[str]:
    if root is None:
        return
    part = Draft(limits)
    _walk(root, part, in_table=False)
    for paragraph in part.paragraphs:
        yield from (line.strip() for line in paragraph.split("\n") if line.strip())


def _properties(core: etree._Element | None, draft: Draft) -> None:
    if core is None:
        return
    draft.property("author", core.findtext(f"{_DC}creator"))
    draft.property("last_modified_by", core.findtext(f"{_CP}lastModifiedBy"))
    draft.property("title", core.findtext(f"{_DC}title"))
