"""One essay file: bytes in, a document out. Pure; runs only inside the child process of `files.sandbox`."""

from __future__ import annotations

from files.evidence import Document
from files.extraction.docx import read_docx
from files.extraction.limits import Limits
from files.extraction.odt import read_flat_odt, read_odt
from files.extraction.pages import read_page
from files.extraction.pdf import read_pdf
from files.extraction.rtf import read_rtf
from files.extraction.sniff import UNREADABLE, detect_type
from files.extraction.txt import read_txt


def read_document(data: bytes, *, name: str, limits: Limits) -> Document:
    """Find out what `data` is and read it. Raises ExtractionError with a code; the ending of `name` must agree.

    Old Word files and pictures give a document without text.
    """
    kind, container = detect_type(data, name=name, limits=limits)
    if kind in UNREADABLE:
        return Document(kind, "")
    if kind == "docx" and container is not None:
        return read_docx(container, limits=limits)
    if kind == "odt" and container is not None:
        return read_odt(container, limits=limits)
    if kind == "fodt":
        return read_flat_odt(data, limits=limits)
    if kind == "pdf":
        return read_pdf(data, limits=limits)
    if kind == "rtf":
        return read_rtf(data, limits=limits)
    if kind == "html":
        return read_page(data, limits=limits)
    return read_txt(data, limits=limits)
