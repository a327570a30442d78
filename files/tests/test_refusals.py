"""What must not be read, each with its own code, through the real sandbox with its real limits."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from files.extraction.errors import CODES
from files.extraction.limits import Limits
from files.problems import MESSAGES
from files.sandbox import ReadResult, read_file
from files.tests.documents import (
    ODF,
    ODT_TYPE,
    OLE,
    SENTENCE,
    TYPES,
    XML,
    W,
    flate_bomb_pdf,
    looping_page_tree,
    odt,
    one_page_pdf,
    overlapping_zip,
    par,
    patched,
    pdf,
    pdf_stream,
    pdf_with_pages,
    self_drawing_pdf,
    word,
    zipped,
)

GOOD = word(par(SENTENCE))
GOOD_ODT = odt(f"<text:p>{SENTENCE}</text:p>")
GOOD_PDF = pdf([SENTENCE])
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40
DTD = '<!DOCTYPE x [<!ENTITY y SYSTEM "file:///etc/passwd">]>'
LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY a{i} '&a{i - 1 if i else ''};&a{i - 1 if i else ''};'>" for i in range(30))
    + "]>"
)


def _document(prolog: str, body: str) -> bytes:
    return zipped(
        {
            "[Content_Types].xml": TYPES,
            "word/document.xml": f"{prolog}<w:document {W}><w:body>{body}</w:body></w:document>",
        }
    )


def _flags(data: bytes, *, bits: int) -> bytes:
    """Set general purpose bits in the local and the central header of the first entry."""
    changed = bytearray(data)
    changed[6] |= bits
    changed[data.find(b"PK\x01\x02") + 8] |= bits
    return bytes(changed)


def _lying_size(data: bytes) -> bytes:
    """The directory claims that the last part unpacks to 100 bytes."""
    changed = bytearray(data)
    at = data.rfind(b"PK\x01\x02") + 24
    changed[at : at + 4] = struct.pack("<L", 100)
    return bytes(changed)


def _bad_checksum(data: bytes) -> bytes:
    changed = bytearray(data)
    changed[data.rfind(b"PK\x01\x02") + 16] ^= 0xFF
    return bytes(changed)


def _with_link() -> bytes:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as archive:
        link = zipfile.ZipInfo("word/media/passwd")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return out.getvalue()


def _twice(name: str) -> bytes:
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(name, "<other/>")
    return out.getvalue()


def _other_case() -> bytes:
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": "<a/>", "WORD/Document.xml": "<b/>"})


def _utf7(document: str) -> bytes:
    hidden = (
        f"<?xml version='1.0' encoding='UTF-7'?>+ADwAIQ-DOCTYPE x +AFs +ADwAIQ-ENTITY y 'z' +AD4AXQA+-<w:document {W}/>"
    )
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": hidden + document})


def _ole(stream: str) -> bytes:
    return OLE + b"\x00" * 504 + stream.encode("utf-16-le") + b"\x00" * 512


def _rtf(inside: str) -> bytes:
    return b"{\\rtf1 " + inside.encode() + b"}"


BAD: dict[str, tuple[str, Callable[[], bytes], str | set[str]]] = {
    # name: (file name, bytes, code or codes)
    "nothing": ("a.docx", lambda: b"", "empty_file"),
    "nothing, pdf": ("a.pdf", lambda: b"", "empty_file"),
    "blanks": ("a.txt", lambda: b"  \r\n\t", "empty_file"),
    "one byte too many": ("a.txt", lambda: b"a" * 25_000_001, "file_too_large"),
    "too long": ("a.txt", lambda: b"ord " * 500_001, "too_long"),
    "too long, docx": (
        "a.docx",
        lambda: word("".join(par(" ".join(str(i * k) for k in range(200))) for i in range(2000))),
        "too_long",
    ),
    # type by content
    "picture named docx": ("a.docx", lambda: PNG, "type_mismatch"),
    "picture": ("a.png", lambda: PNG, "unsupported_type"),
    "program named txt": ("a.txt", lambda: b"MZ\x90\x00\x03" + b"\x00" * 100, "type_mismatch"),
    "docx named pdf": ("a.pdf", lambda: GOOD, "type_mismatch"),
    "pdf named docx": ("a.docx", lambda: GOOD_PDF, "type_mismatch"),
    "odt named docx": ("a.docx", lambda: GOOD_ODT, "type_mismatch"),
    "rtf named docx": ("a.docx", lambda: _rtf("hej"), "type_mismatch"),
    "text named docx": ("a.docx", lambda: SENTENCE.encode(), "type_mismatch"),
    "html named pdf": ("a.pdf", lambda: b"<html><body>hej</body></html>", "type_mismatch"),
    "docx behind exe": ("a.docx.exe", lambda: GOOD, "type_mismatch"),
    "docx named jpg": ("a.jpg", lambda: GOOD, "type_mismatch"),
    "pdf behind five hundred bytes": ("a.pdf", lambda: b"x" * 500 + GOOD_PDF, "type_mismatch"),
    "pdf and zip in one": ("a.pdf", lambda: GOOD_PDF + GOOD, "type_mismatch"),
    "html": ("a.html", lambda: b"<html>hej</html>", "unsupported_type"),
    "unknown ending": ("a.xyz", lambda: b"hej", "unsupported_type"),
    "spreadsheet": (
        "a.xlsx",
        lambda: zipped({"[Content_Types].xml": TYPES, "xl/workbook.xml": "<a/>"}),
        "unsupported_type",
    ),
    "spreadsheet named docx": (
        "a.docx",
        lambda: zipped({"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<a/>"}),
        "type_mismatch",
    ),
    "zip named docx": ("a.docx", lambda: zipped({"a.txt": "hej"}), "type_mismatch"),
    "presentation": (
        "a.odp",
        lambda: odt("", mimetype=b"application/vnd.oasis.opendocument.presentation"),
        "unsupported_type",
    ),
    "old Word": ("a.doc", lambda: _ole("WordDocument"), "unsupported_type"),
    "old Word named docx": ("a.docx", lambda: _ole("WordDocument"), "type_mismatch"),
    "random bytes named txt": ("a.txt", lambda: bytes(range(256)) * 40, "binary_text"),
    "random bytes named docx": ("a.docx", lambda: bytes(range(256)) * 40, "corrupt"),
    "code no one told": ("a.txt", lambda: ("Привет как дела " * 9).encode("cp1251"), "encoding_unknown"),
    # locked
    "docx with password": ("a.docx", lambda: _ole("EncryptedPackage"), "password_protected"),
    "zip entry with password": ("a.docx", lambda: _flags(GOOD, bits=1), "password_protected"),
    "odt with password": (
        "a.odt",
        lambda: odt("", manifest="<m><manifest:encryption-data/></m>"),
        "password_protected",
    ),
    "pdf with user password": ("a.pdf", lambda: pdf([SENTENCE], user="hemligt", owner="x"), "password_protected"),
    "pdf for holders of certificates": (
        "a.pdf",
        lambda: patched(GOOD_PDF, b"/Root", b"/Encrypt << /Filter /Adobe.PubSec /V 4 >> /Root"),
        "password_protected",
    ),
    # macros
    "docm": (
        "a.docm",
        lambda: zipped({"[Content_Types].xml": TYPES, "word/document.xml": "<a/>", "word/vbaProject.bin": "x"}),
        "macro_file",
    ),
    "docm named docx": (
        "a.docx",
        lambda: zipped({"[Content_Types].xml": TYPES, "word/document.xml": "<a/>", "word/VbaProject.bin": "x"}),
        "macro_file",
    ),
    "docm without its project": (
        "a.docx",
        lambda: zipped(
            {"[Content_Types].xml": TYPES.replace(".main", ".macroEnabled.main"), "word/document.xml": "<a/>"}
        ),
        "macro_file",
    ),
    "odt with Basic": (
        "a.odt",
        lambda: zipped({"mimetype": ODT_TYPE, "content.xml": "<a/>", "Basic/Standard/Module1.xml": "<a/>"}),
        "macro_file",
    ),
    "odt with Python": (
        "a.odt",
        lambda: zipped({"mimetype": ODT_TYPE, "content.xml": "<a/>", "Scripts/python/x.py": ""}),
        "macro_file",
    ),
    # damaged
    "docx cut in half": ("a.docx", lambda: GOOD[: len(GOOD) // 2], "corrupt"),
    "docx without its last byte": ("a.docx", lambda: GOOD[:-1], "corrupt"),
    "docx with something behind": ("a.docx", lambda: GOOD + b"MZ\x90 program", "corrupt"),
    "two directories": ("a.docx", lambda: GOOD + GOOD[GOOD.rfind(b"PK\x05\x06") :], "corrupt"),
    "wrong checksum": ("a.docx", lambda: _bad_checksum(GOOD), "corrupt"),
    "wrong size": ("a.docx", lambda: _lying_size(GOOD), "corrupt"),
    "damaged stream": ("a.docx", lambda: patched(GOOD, GOOD[200:240], b"\xff" * 40), "corrupt"),
    "same part twice": ("a.docx", lambda: _twice("word/document.xml"), "corrupt"),
    "same part in capitals": ("a.docx", _other_case, "corrupt"),
    "xml cut off": ("a.docx", lambda: _document(XML, "<w:p>"), "corrupt"),
    "xml of another kind": (
        "a.docx",
        lambda: zipped({"[Content_Types].xml": TYPES, "word/document.xml": "<html/>"}),
        "corrupt",
    ),
    "xml of no encoding": ("a.docx", lambda: _document("<?xml version='1.0' encoding='nonsense'?>", ""), "corrupt"),
    "odt without content": ("a.odt", lambda: zipped({"mimetype": ODT_TYPE, "meta.xml": "<a/>"}), "corrupt"),
    "odt without a body": ("a.odt", lambda: zipped({"mimetype": ODT_TYPE, "content.xml": f"<a {ODF}/>"}), "corrupt"),
    "odt cut in half": ("a.odt", lambda: GOOD_ODT[: len(GOOD_ODT) // 2], "corrupt"),
    "pdf of nothing": ("a.pdf", lambda: b"%PDF-1.4\n", "corrupt"),
    "pdf of noise": ("a.pdf", lambda: b"%PDF-1.4\n" + bytes(range(256)) * 40, "corrupt"),
    "rtf cut off": ("a.rtf", lambda: b"{\\rtf1 hej du", "corrupt"),
    # no text
    "docx without text": ("a.docx", lambda: word(par("")), "no_text"),
    "odt without text": ("a.odt", lambda: odt("<text:p/>"), "no_text"),
    "rtf without text": ("a.rtf", lambda: _rtf(""), "no_text"),
    "pdf of pictures": ("a.pdf", lambda: one_page_pdf(pdf_stream(b"0 0 100 100 re f")), "no_text"),
    # hostile xml
    "outer entity": ("a.docx", lambda: _document(XML + DTD, "&y;"), "unsafe_xml"),
    "billion laughs": ("a.docx", lambda: _document(XML + LAUGHS, "&a29;"), "unsafe_xml"),
    "document type alone": ("a.docx", lambda: _document("<!doctype html>", ""), "unsafe_xml"),
    "entity in UTF-16": (
        "a.docx",
        lambda: zipped({"[Content_Types].xml": TYPES, "word/document.xml": f"{DTD}<a>&y;</a>".encode("utf-16")}),
        "unsafe_xml",
    ),
    "entity in UTF-7": ("a.docx", lambda: _utf7(""), {"unsafe_xml", "corrupt"}),
    "entity in the styles": ("a.docx", lambda: word(par(SENTENCE), word__styles=f"{DTD}<a/>"), "unsafe_xml"),
    "entity in the relations": (
        "a.docx",
        lambda: zipped(
            {"[Content_Types].xml": TYPES, "_rels/.rels": f"{DTD}<a/>", "word/document.xml": f"<w:document {W}/>"}
        ),
        "unsafe_xml",
    ),
    "entity in custom xml": ("a.docx", lambda: word(par(SENTENCE), customXml__item1=f"{DTD}<a/>"), "unsafe_xml"),
    "entity in odt": ("a.odt", lambda: zipped({"mimetype": ODT_TYPE, "content.xml": f"{DTD}<a>&y;</a>"}), "unsafe_xml"),
    "entity in odt's meta": (
        "a.odt",
        lambda: zipped({"mimetype": ODT_TYPE, "content.xml": f"<a {ODF}/>", "meta.xml": f"{DTD}<a/>"}),
        "unsafe_xml",
    ),
    "nested too deep": ("a.docx", lambda: _document(XML, "<w:x>" * 5000 + "</w:x>" * 5000), "too_complex"),
    "braces too deep": ("a.rtf", lambda: _rtf("{" * 100_000 + "}" * 100_000), "too_complex"),
    "too many words": ("a.rtf", lambda: _rtf("\\b" * 1_100_000), "too_complex"),
    # bombs
    "60 MB of one letter": ("a.docx", lambda: _document(XML, par("a" * 60_000_000)), "archive_too_large"),
    "ratio": (
        "a.docx",
        lambda: word(par(SENTENCE), customXml__item1="<a>" + " " * 20_000_000 + "</a>"),
        "archive_too_large",
    ),
    "part too large": (
        "a.docx",
        lambda: zipped(
            {"[Content_Types].xml": TYPES, "word/document.xml": b"x" * 51_000_000}, method=zipfile.ZIP_STORED
        )[:24_000_000],
        "corrupt",
    ),
    "sum too large": (
        "a.docx",
        lambda: zipped(
            {
                "[Content_Types].xml": TYPES,
                "word/document.xml": "<a/>",
                **{f"x/{i}": bytes(990_000) for i in range(520)},
            }
        ),
        "archive_too_large",
    ),
    "overlap": (
        "a.docx",
        lambda: overlapping_zip({"[Content_Types].xml": TYPES, "word/document.xml": "x" * 999}, copies=50),
        "archive_overlap",
    ),
    "too many entries": (
        "a.docx",
        lambda: zipped({"[Content_Types].xml": TYPES, **{f"x{i}": "" for i in range(2001)}}),
        "too_many_entries",
    ),
    "link out": ("a.docx", _with_link, "unsupported_entry"),
    "packed with bzip2": (
        "a.docx",
        lambda: zipped({"[Content_Types].xml": TYPES, "word/document.xml": "<a/>"}, method=zipfile.ZIP_BZIP2),
        "unsupported_compression",
    ),
    "too many pages": ("a.pdf", lambda: pdf_with_pages(301), "too_many_pages"),
    "ten thousand pages": ("a.pdf", lambda: pdf_with_pages(10_000), "too_many_pages"),
    "deflated twice": ("a.pdf", lambda: flate_bomb_pdf(200_000_000), {"archive_too_large", "out_of_memory"}),
    "page tree in a loop": ("a.pdf", looping_page_tree, {"too_complex", "corrupt", "no_text"}),
    "form that draws itself": ("a.pdf", self_drawing_pdf, {"too_complex", "corrupt", "parse_timeout", "no_text"}),
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_bad_file_is_refused_with_its_own_code(case: str, tmp_path: Path) -> None:
    name, make, code = BAD[case]
    path = tmp_path / "blob.bin"
    path.write_bytes(make())
    result = read_file(path, name=name, limits=Limits())
    assert result.problem in ({code} if isinstance(code, str) else code)
    assert result.status == _status(result)
    assert result.seconds <= 21
    assert result.max_rss_mb <= 768


def _status(result: ReadResult) -> str:
    """The kind of end that goes with the problem."""
    if result.problem == "no_text":
        return "no_text"
    return "failed" if result.problem in ("out_of_memory", "parse_timeout") else "rejected"


def test_every_code_has_a_message() -> None:
    assert set(MESSAGES) == CODES | {"short_text"}


def test_nothing_is_read_from_outside(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text("kanariefågel")
    entity = f'<!DOCTYPE x [<!ENTITY y SYSTEM "file://{canary}">]>'
    remote = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r9" '
        f'Type="http://x/attachedTemplate" Target="file://{canary}" TargetMode="External"/></Relationships>'
    )
    path = tmp_path / "blob.bin"
    path.write_bytes(_document(XML + entity, par("&y;")))
    assert read_file(path, name="a.docx").document is None
    path.write_bytes(
        zipped(
            {
                "[Content_Types].xml": TYPES,
                "word/document.xml": f"<w:document {W}><w:body>{par('hej')}</w:body></w:document>",
                "word/_rels/document.xml.rels": remote,
            }
        )
    )
    result = read_file(path, name="a.docx")
    assert (result.status, result.document and result.document.text) == ("read", "hej")
