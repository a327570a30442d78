"""Small documents of every kind that is read, made of nothing but the standard library.

For the demo school, the browser tests and the reader's warm-up.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

KINDS = ("docx", "odt", "pdf", "rtf", "txt")

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_CORE = (
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)
_ODF = "urn:oasis:names:tc:opendocument:xmlns"
_XML = '<?xml version="1.0" encoding="UTF-8"?>'


def make(kind: str, *, title: str, paragraphs: Sequence[str], header: str = "", author: str = "") -> bytes:
    """A document with `header` as its page header (the first line in txt and pdf), then title and paragraphs."""
    makers = {"docx": _docx, "odt": _odt, "pdf": _pdf, "rtf": _rtf, "txt": _txt}
    return makers[kind](title, list(paragraphs), header, author)


def _zip(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            method = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, method)
    return out.getvalue()


def _docx(title: str, paragraphs: list[str], header: str, author: str) -> bytes:
    body = "".join(f"<w:p><w:r><w:t>{escape(line)}</w:t></w:r></w:p>" for line in (title, *paragraphs))
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/word/document.xml" ContentType='
        '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
    )
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="word/document.xml"/></Relationships>'
    )
    line = escape(header)
    return _zip(
        {
            "[Content_Types].xml": _XML + types,
            "_rels/.rels": _XML + relations,
            "word/document.xml": f"{_XML}<w:document {_W}><w:body>{body}</w:body></w:document>",
            "word/header1.xml": f"{_XML}<w:hdr {_W}><w:p><w:r><w:t>{line}</w:t></w:r></w:p></w:hdr>",
            "docProps/core.xml": f"{_XML}<cp:coreProperties {_CORE}><dc:creator>{escape(author)}</dc:creator>"
            "</cp:coreProperties>",
        }
    )


def _odt(title: str, paragraphs: list[str], header: str, author: str) -> bytes:
    body = "".join(f"<text:p>{escape(line)}</text:p>" for line in (title, *paragraphs))
    spaces = f'xmlns:office="{_ODF}:office:1.0" xmlns:text="{_ODF}:text:1.0" xmlns:style="{_ODF}:style:1.0"'
    meta = f'{spaces} xmlns:meta="{_ODF}:meta:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return _zip(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"{_XML}<office:document-content {spaces}><office:body><office:text>{body}</office:text>"
            "</office:body></office:document-content>",
            "styles.xml": f"{_XML}<office:document-styles {spaces}><office:master-styles><style:master-page>"
            f"<style:header><text:p>{escape(header)}</text:p></style:header></style:master-page>"
            "</office:master-styles></office:document-styles>",
            "meta.xml": f"{_XML}<office:document-meta {meta}><office:meta><dc:creator>{escape(author)}</dc:creator>"
            "</office:meta></office:document-meta>",
            "META-INF/manifest.xml": f'{_XML}<manifest:manifest xmlns:manifest="{_ODF}:manifest:1.0"/>',
        }
    )


def _rtf_text(text: str) -> str:
    return "".join(
        f"\\{c}" if c in "\\{}" else c if ord(c) < 128 else f"\\'{ord(c):02x}" if ord(c) < 256 else f"\\u{ord(c)}?"
        for c in text
    )


def _rtf(title: str, paragraphs: list[str], header: str, author: str) -> bytes:
    body = "".join(f"{_rtf_text(line)}\\par\n" for line in (title, *paragraphs))
    info = f"{{\\info{{\\author {_rtf_text(author)}}}}}"
    return f"{{\\rtf1\\ansi\\ansicpg1252{info}{{\\header {_rtf_text(header)}\\par}}\n{body}}}".encode("ascii")


def _txt(title: str, paragraphs: list[str], header: str, _author: str) -> bytes:
    return "\r\n".join(filter(None, (header, title, *paragraphs))).encode()


def _pdf_string(text: str) -> bytes:
    raw = text.encode("cp1252", "replace")
    return b"(" + raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"


def _wrapped(text: str, width: int = 90) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + len(word) >= width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def _pdf(title: str, paragraphs: list[str], header: str, author: str) -> bytes:
    lines = [part for line in filter(None, (header, title, *paragraphs)) for part in _wrapped(line)]
    pages = [lines[start : start + 48] for start in range(0, len(lines), 48)] or [[]]
    objects: list[bytes] = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    font = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
    objects += [font, b"<< /Author " + _pdf_string(author) + b" >>"]
    kids = []
    for page in pages:
        shown = b"".join(_pdf_string(line) + b" Tj T*\n" for line in page)
        stream = b"BT /F1 11 Tf 56 790 Td 15 TL\n" + shown + b"ET"
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(b"%d 0 R" % kid for kid in kids), len(kids))
    out, offsets = bytearray(b"%PDF-1.4\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer << /Size %d /Root 1 0 R /Info 4 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
