"""Documents made by code: good ones with every construct a reader must know, and hostile ones. No binaries in git."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import NamedTuple

import docx
from docx.document import Document as WordDocument
from pypdf import PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MC = (
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
TYPES = (
    f'{XML}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType='
    '"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "draw", "style", "meta")
)
ODT_TYPE = b"application/vnd.oasis.opendocument.text"
SENTENCE = "Det var en gång en fågel som flög över ån och såg hela världen ligga där nere, grön och öppen. "
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DTD = '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>'


class BadFile(NamedTuple):
    """A file that is not to be read: the kind of badness, which of its kind, name, bytes, and the code that says so."""

    kind: str
    variant: str
    name: str
    data: bytes
    code: str


class GoodFile(NamedTuple):
    """A file that is to be read: what is unusual about it, name, bytes, and what its text must hold, line by line."""

    kind: str
    name: str
    data: bytes
    text: str
    headers: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def zipped(parts: dict[str, bytes | str], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of `parts` in that order."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content, method)
    return out.getvalue()


def word(body: str, **parts: bytes | str) -> bytes:
    """A docx around the XML of `body`; `parts` by name with `__` for `/` and `_` kept, e.g. `word__header1`."""
    document = f"{XML}<w:document {W} {MC}><w:body>{body}</w:body></w:document>"
    extra = {f"{name.replace('__', '/')}.xml": content for name, content in parts.items()}
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": document, **extra})


def par(text: str, *, inside: str = "") -> str:
    """A paragraph's XML; `inside` is XML before the text."""
    return f"<w:p>{inside}<w:r><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"


def python_docx(
    *paragraphs: str, header: str = "", footer: str = "", author: str = "", table: Sequence[str] = ()
) -> bytes:
    """A docx as a library writes it, with its styles, theme and empty parts."""
    document: WordDocument = docx.Document()
    if table:
        row = document.add_table(rows=1, cols=len(table)).rows[0]
        for cell, text in zip(row.cells, table, strict=True):
            cell.text = text
    for text in paragraphs:
        document.add_paragraph(text)
    section = document.sections[0]
    section.header.paragraphs[0].text = header
    section.footer.paragraphs[0].text = footer
    document.core_properties.author = author
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def odt(body: str, *, mimetype: bytes = ODT_TYPE, manifest: str = "<manifest/>", **parts: str) -> bytes:
    """An odt around the XML of `body`; `styles` and `meta` are the XML inside those parts' roots."""
    content: dict[str, bytes | str] = {
        "mimetype": mimetype,
        "content.xml": f"{XML}<office:document-content {ODF}><office:body><office:text>{body}</office:text>"
        "</office:body></office:document-content>",
        "META-INF/manifest.xml": manifest,
    }
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    for name, inside in parts.items():
        content[f"{name}.xml"] = f"{XML}<office:document-{name} {ODF} {dc}>{inside}</office:document-{name}>"
    return zipped(content)


def pdf(*pages: Sequence[str], author: str = "") -> bytes:
    """A PDF with one line of text per string."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    canvas.setAuthor(author)
    for lines in pages:
        text = canvas.beginText(56, 780)
        for line in lines:
            text.textLine(line)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def locked_pdf(*, user: str, owner: str, algorithm: str = "AES-256") -> bytes:
    """A PDF under two passwords; the user's may be empty."""
    writer = PdfWriter(clone_from=io.BytesIO(pdf([SENTENCE])))
    writer.encrypt(user, owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def raw_pdf(objects: Sequence[bytes], *, trailer: bytes = b"/Root 1 0 R") -> bytes:
    """A PDF of hand-written objects, numbered from 1."""
    out, offsets = bytearray(b"%PDF-1.5\n"), []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out + b"trailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))


def pdf_stream(content: bytes, *, extra: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), extra, content)


def one_page_pdf(content: bytes, *, resources: bytes = b"", extra: Sequence[bytes] = ()) -> bytes:
    """A page whose content stream (object 4) is the object `content`; `extra` objects come from 6 on."""
    return raw_pdf(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> %s >> >>" % resources,
            content,
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            *extra,
        ]
    )


def pdf_with_pages(count: int) -> bytes:
    """A PDF of `count` pages that are one and the same object."""
    kids = b"3 0 R " * count
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>"
    return raw_pdf(
        [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count), page]
    )


def self_drawing_pdf() -> bytes:
    """A form that draws itself twice: 2^depth of work for whoever follows."""
    form = pdf_stream(
        b"/X1 Do /X1 Do",
        extra=b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X1 6 0 R >> >>",
    )
    return one_page_pdf(pdf_stream(b"/X1 Do"), resources=b"/XObject << /X1 6 0 R >>", extra=[form])


def looping_page_tree() -> bytes:
    """A page tree whose node is its own child."""
    return raw_pdf([b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"])


def flate_bomb_pdf(size: int) -> bytes:
    """A content stream of `size` bytes, deflated twice."""
    packed = zlib.compress(zlib.compress(b" " * size, 9), 9)
    return one_page_pdf(pdf_stream(packed, extra=b"/Filter [/FlateDecode /FlateDecode]"))


def overlapping_zip(parts: dict[str, bytes | str], *, copies: int) -> bytes:
    """A zip with `copies` more directory entries that all point at the last part's bytes."""
    data = zipped(parts)
    end = data.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack("<HLL", data[end + 10 : end + 20])
    directory = data[start : start + size]
    last = directory.rfind(b"PK\x01\x02")
    entry = bytearray(directory[last:])
    name_length = struct.unpack("<H", entry[28:30])[0]
    extra = bytearray()
    for index in range(copies):
        copy = bytearray(entry)
        copy[46 : 46 + name_length] = f"{index:0{name_length}d}".encode()[-name_length:]
        extra += copy
    total = count + copies
    tail = b"PK\x05\x06" + struct.pack("<HHHHLLH", 0, 0, total, total, size + len(extra), start, 0)
    return data[:start] + directory + bytes(extra) + tail


def wide_end(data: bytes) -> bytes:
    """The zip with its numbers in a wide end record, as some writers make it whatever the size."""
    end = data.rfind(b"PK\x05\x06")
    count, size, start = struct.unpack("<HLL", data[end + 10 : end + 20])
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, start)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1)
    full = struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return data[:end] + record + locator + full


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    """`data` with the first `old` replaced; fails where there is none."""
    assert old in data
    return data.replace(old, new, 1)


def ole(stream: str) -> bytes:
    """A file of the old Office container that holds a stream of the name."""
    return OLE + b"\x00" * 504 + stream.encode("utf-16-le") + b"\x00" * 512


def rtf(inside: str | bytes) -> bytes:
    """An RTF around `inside`."""
    return b"{\\rtf1\\ansi " + (inside if isinstance(inside, bytes) else inside.encode()) + b"}"
