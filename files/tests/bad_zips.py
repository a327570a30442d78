"""Bad docx and odt files: what is wrong with the zip around the document or with the XML inside it."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
from collections.abc import Iterator

from files.tests.documents import (
    DTD,
    ODF,
    ODT_TYPE,
    SENTENCE,
    TYPES,
    XML,
    BadFile,
    W,
    odt,
    ole,
    overlapping_zip,
    par,
    patched,
    word,
    zipped,
)

GOOD = word(par(SENTENCE))
GOOD_ODT = odt(f"<text:p>{SENTENCE}</text:p>")
LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY a{i} '&a{i - 1 if i else ''};&a{i - 1 if i else ''};'>" for i in range(30))
    + "]>"
)
VBA = '<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
PLAIN_WORD: dict[str, bytes | str] = {"[Content_Types].xml": TYPES, "word/document.xml": "<a/>"}


def document(prolog: str, body: str, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A docx whose main part begins with `prolog`."""
    part = f"{prolog}<w:document {W}><w:body>{body}</w:body></w:document>"
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": part}, method=method)


def main_part(content: bytes | str) -> bytes:
    """A docx whose main part is exactly `content`."""
    return zipped({"[Content_Types].xml": TYPES, "word/document.xml": content})


def odt_part(content: bytes | str, *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An odt whose content is exactly `content`."""
    return zipped({"mimetype": ODT_TYPE, "content.xml": content}, method=method)


def in_directory(data: bytes, *, at: int, change: bytes, last: bool = True) -> bytes:
    """`data` with bytes of a directory entry replaced: `at` counts from its signature."""
    changed = bytearray(data)
    start = (data.rfind if last else data.find)(b"PK\x01\x02") + at
    changed[start : start + len(change)] = change
    return bytes(changed)


def at_end(data: bytes, *, at: int, change: bytes) -> bytes:
    """`data` with bytes of the end record replaced."""
    start = data.rfind(b"PK\x05\x06") + at
    return data[:start] + change + data[start + len(change) :]


def flagged(data: bytes, *, bits: int) -> bytes:
    """General purpose bits set in the local and the central header of the first entry."""
    changed = bytearray(data)
    changed[6] |= bits
    changed[data.find(b"PK\x01\x02") + 8] |= bits
    return bytes(changed)


def packed_by(data: bytes, method: int) -> bytes:
    """The last entry claims to be packed by `method`."""
    return in_directory(data, at=10, change=struct.pack("<H", method))


def with_special(mode: int) -> bytes:
    """A docx with an entry that is no file."""
    out = io.BytesIO(GOOD)
    with zipfile.ZipFile(out, "a") as archive:
        entry = zipfile.ZipInfo("word/media/passwd")
        entry.external_attr = (mode | 0o777) << 16
        entry.create_system = 3
        archive.writestr(entry, "/etc/passwd")
    return out.getvalue()


def twice(name: str, good: bytes) -> bytes:
    """The archive with a second entry of the name."""
    import warnings

    out = io.BytesIO(good)
    with zipfile.ZipFile(out, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(name, "<other/>")
    return out.getvalue()


def quoted_overlap() -> bytes:
    """The first entry's packed bytes reach over the second entry whole."""
    data = zipped(PLAIN_WORD, method=zipfile.ZIP_STORED)
    end = data.find(b"PK\x01\x02")
    start = 30 + len("[Content_Types].xml")
    size = struct.pack("<LL", end - start, end - start)
    return in_directory(data, at=20, change=size, last=False)


def bad_zips() -> Iterator[BadFile]:
    """Every bad docx and odt."""
    yield from _damaged()
    yield from _not_allowed()
    yield from _bombs()
    yield from _bad_xml()
    yield from _unsafe_xml()
    yield from _without_text()


def _damaged() -> Iterator[BadFile]:
    for kind, good in (("docx", GOOD), ("odt", GOOD_ODT)):
        name = f"a.{kind}"
        for percent in (10, 50, 90):
            yield BadFile("cut off", f"{kind} {percent} %", name, good[: len(good) * percent // 100], "corrupt")
        yield BadFile("without its last byte", kind, name, good[:-1], "corrupt")
        yield BadFile("something behind it", kind, name, good + b"MZ\x90 program", "corrupt")
        yield BadFile("two directories", kind, name, good + good[good.rfind(b"PK\x05\x06") :], "corrupt")
        yield BadFile("wrong checksum", kind, name, in_directory(good, at=16, change=b"\x01\x02\x03\x04"), "corrupt")
        small, large = struct.pack("<L", 100), struct.pack("<L", 900_000)
        yield BadFile("wrong size", f"{kind}, too small", name, in_directory(good, at=24, change=small), "corrupt")
        yield BadFile("wrong size", f"{kind}, too large", name, in_directory(good, at=24, change=large), "corrupt")
        yield BadFile("no end record", kind, name, good.replace(b"PK\x05\x06", b"XX\x05\x06"), "corrupt")
        yield BadFile("wrong count of entries", kind, name, at_end(good, at=8, change=b"\x63\x00\x63\x00"), "corrupt")
        yield BadFile("directory elsewhere", kind, name, at_end(good, at=16, change=b"\xff\xff\x00\x00"), "corrupt")
    yield BadFile("damaged stream", "docx", "a.docx", patched(GOOD, GOOD[200:240], b"\xff" * 40), "corrupt")
    broken = patched(GOOD, b"word/document.xml", b"word/documenu.xml")
    yield BadFile("two names for one entry", "docx", "a.docx", broken, "corrupt")
    broken = GOOD[:2] + b"\x00\x00" + GOOD[4:]
    yield BadFile("no local header", "docx", "a.docx", b"PK\x03\x04" + b"\x00" * 26 + broken[30:], "corrupt")
    yield BadFile("same part twice", "docx", "a.docx", twice("word/document.xml", GOOD), "corrupt")
    yield BadFile("same part twice", "odt", "a.odt", twice("content.xml", GOOD_ODT), "corrupt")
    yield BadFile("same part in capitals", "docx", "a.docx", twice("WORD/Document.xml", GOOD), "corrupt")


def _not_allowed() -> Iterator[BadFile]:
    yield BadFile("password", "docx", "a.docx", ole("EncryptedPackage"), "password_protected")
    locked = odt("", manifest="<m><manifest:encryption-data/></m>")
    yield BadFile("password", "odt", "a.odt", locked, "password_protected")
    for kind, good in (("docx", GOOD), ("odt", GOOD_ODT)):
        yield BadFile("locked entry", kind, f"a.{kind}", flagged(good, bits=1), "password_protected")
        yield BadFile("strongly locked entry", kind, f"a.{kind}", flagged(good, bits=0x41), "password_protected")
    yield BadFile("entry locked by AES", "docx", "a.docx", packed_by(flagged(GOOD, bits=1), 99), "password_protected")
    for label, method in (("deflate64", 9), ("bzip2", 12), ("lzma", 14), ("zstandard", 93), ("ppmd", 98)):
        yield BadFile("packed in another way", label, "a.docx", packed_by(GOOD, method), "unsupported_compression")
    yield BadFile("packed in another way", "odt", "a.odt", packed_by(GOOD_ODT, 14), "unsupported_compression")
    for label, mode in (("link", stat.S_IFLNK), ("pipe", stat.S_IFIFO), ("socket", stat.S_IFSOCK)):
        yield BadFile("an entry that is no file", label, "a.docx", with_special(mode), "unsupported_entry")
    yield BadFile("an entry that is a device", "disk", "a.docx", with_special(stat.S_IFBLK), "unsupported_entry")
    yield BadFile("an entry that is a device", "terminal", "a.docx", with_special(stat.S_IFCHR), "unsupported_entry")
    project = zipped({**PLAIN_WORD, "word/vbaProject.bin": "x"})
    yield BadFile("macros", "docm", "a.docm", project, "macro_file")
    yield BadFile("macros", "dotm", "a.dotm", project, "macro_file")
    yield BadFile("macros under another name", "docx", "a.docx", project, "macro_file")
    hidden = zipped({**PLAIN_WORD, "word/VBAPROJECT.BIN": "x"})
    yield BadFile("macros under another name", "in capitals", "a.docx", hidden, "macro_file")
    declared = zipped({**PLAIN_WORD, "[Content_Types].xml": TYPES.replace(".main", ".macroEnabled.main")})
    yield BadFile("macros only declared", "docx", "a.docx", declared, "macro_file")
    declared = zipped({**PLAIN_WORD, "word/x.bin": "x", "[Content_Types].xml": TYPES.replace("</Types>", VBA)})
    yield BadFile("macros in a part of another name", "docx", "a.docx", declared, "macro_file")
    for part in ("Basic/Standard/Module1.xml", "Scripts/python/x.py", "Dialogs/Standard/Dialog1.xml"):
        script = zipped({"mimetype": ODT_TYPE, "content.xml": "<a/>", part: "<a/>"})
        yield BadFile("macros in odt", part.partition("/")[0], "a.odt", script, "macro_file")


def _bombs() -> Iterator[BadFile]:
    yield BadFile("flat bomb", "300 MB in a docx", "a.docx", document(XML, par("a" * 300_000_000)), "archive_too_large")
    yield BadFile("flat bomb", "60 MB in a docx", "a.docx", document(XML, par("a" * 60_000_000)), "archive_too_large")
    text = f"<text:p>{'a' * 60_000_000}</text:p>"
    yield BadFile("flat bomb", "60 MB in an odt", "a.odt", odt(text), "archive_too_large")
    filler = "<a>" + " " * 20_000_000 + "</a>"
    yield BadFile(
        "bomb in another part", "docx", "a.docx", word(par(SENTENCE), customXml__item1=filler), "archive_too_large"
    )
    lying = in_directory(document(XML, par("a" * 60_000_000)), at=24, change=struct.pack("<L", 5000))
    yield BadFile("bomb that lies about its size", "docx", "a.docx", lying, "corrupt")
    many: dict[str, bytes | str] = {f"x/{i}": bytes(990_000) for i in range(520)}
    yield BadFile("bomb in small parts", "docx", "a.docx", zipped({**PLAIN_WORD, **many}), "archive_too_large")
    many = {f"Pictures/{i}": bytes(990_000) for i in range(520)}
    parts = {"mimetype": ODT_TYPE, "content.xml": "<a/>", **many}
    yield BadFile("bomb in small parts", "odt", "a.odt", zipped(parts), "archive_too_large")
    filled: dict[str, bytes | str] = {**PLAIN_WORD, "word/document.xml": "x" * 999}
    for copies in (1, 50, 1900):
        overlap = overlapping_zip(filled, copies=copies)
        yield BadFile("entries over each other", f"{copies} times", "a.docx", overlap, "archive_overlap")
    yield BadFile("entry over its neighbour", "docx", "a.docx", quoted_overlap(), "archive_overlap")
    for count in (2001, 100_000):
        crowd = zipped({**PLAIN_WORD, **{f"x{i}": "" for i in range(count)}}, method=zipfile.ZIP_STORED)
        yield BadFile("too many entries", str(count), "a.docx", crowd, "too_many_entries")


def _bad_xml() -> Iterator[BadFile]:
    broken: dict[str, bytes | str] = {
        "cut off": f"{XML}<w:document {W}><w:body><w:p>",
        "wrong nesting": f"{XML}<w:document {W}><w:body><w:p></w:body></w:p></w:document>",
        "two roots": f"{XML}<w:document {W}/><w:document {W}/>",
        "nothing": "",
        "no XML": "Det här är ingen XML",
        "zeros": bytes(500),
        "wrong bytes": XML.encode() + f"<w:document {W}><w:body>".encode() + b"\xc3\x28</w:body></w:document>",
        "unknown name space": "<w:document><w:body/></w:document>",
        "unknown entity": f"{XML}<w:document {W}><w:body>&hej;</w:body></w:document>",
    }
    for label, part in broken.items():
        yield BadFile("broken XML", label, "a.docx", main_part(part), "corrupt")
    yield BadFile("broken XML", "odt", "a.odt", odt_part("<office:document-content>"), "corrupt")
    yield BadFile("XML of no known encoding", "docx", "a.docx", main_part(b"<?xml version='1.0' encoding='x-y'?><a/>"), "corrupt")  # fmt: skip  # noqa: E501
    yield BadFile("XML of another kind", "html in a docx", "a.docx", main_part("<html/>"), "corrupt")
    yield BadFile("XML of another kind", "odt without a body", "a.odt", odt_part(f"<a {ODF}/>"), "corrupt")
    yield BadFile("no content", "odt", "a.odt", zipped({"mimetype": ODT_TYPE, "meta.xml": "<a/>"}), "corrupt")
    yield BadFile("no content", "docx", "a.docx", zipped({"[Content_Types].xml": TYPES}), "corrupt")
    broken_header = word(par(SENTENCE), word__header1="<w:hdr>")
    yield BadFile("broken XML", "in a page header", "a.docx", broken_header, "corrupt")
    for label, tag in (("unknown", "w:x"), ("tables", "w:tbl"), ("content controls", "w:sdt")):
        deep = document(XML, f"<{tag}>" * 5000 + f"</{tag}>" * 5000)
        yield BadFile("nested too deep", f"docx, {label}", "a.docx", deep, "too_complex")
    deep = odt("<text:section>" * 5000 + "</text:section>" * 5000)
    yield BadFile("nested too deep", "odt", "a.odt", deep, "too_complex")
    crowd = document(XML, "<w:p/>" * 2_100_000, method=zipfile.ZIP_STORED)
    yield BadFile("too many elements", "docx", "a.docx", crowd, "too_complex")
    content = odt_part(f"<a {ODF}>" + "<b/>" * 2_100_000 + "</a>", method=zipfile.ZIP_STORED)
    yield BadFile("too many elements", "odt", "a.odt", content, "too_complex")


def _unsafe_xml() -> Iterator[BadFile]:
    yield BadFile("outer entity", "docx", "a.docx", document(XML + DTD, "&y;"), "unsafe_xml")
    yield BadFile("outer entity", "odt", "a.odt", odt_part(f"{DTD}<a>&y;</a>"), "unsafe_xml")
    yield BadFile("billion laughs", "docx", "a.docx", document(XML + LAUGHS, "&a29;"), "unsafe_xml")
    yield BadFile("billion laughs", "odt", "a.odt", odt_part(f"{LAUGHS}<a>&a29;</a>"), "unsafe_xml")
    yield BadFile("document type alone", "docx", "a.docx", document("<!doctype html>", ""), "unsafe_xml")
    for part in ("_rels/.rels", "docProps/core.xml", "word/styles.xml", "customXml/item1.xml", "word/vmlDrawing1.vml"):
        for encoding in ("utf-8", "cp037", "utf-7"):
            hidden = f"<?xml version='1.0' encoding='{encoding}'?>{DTD}<a>&y;</a>".encode(encoding)
            if encoding == "utf-7":
                hidden = hidden.replace(b"<!", b"+ADwAIQ-").replace(b"+ADw-?xml", b"<?xml", 1)
            parts: dict[str, bytes | str] = {**PLAIN_WORD, part: hidden}
            code = "corrupt" if encoding == "cp037" else "unsafe_xml"
            yield BadFile("outer entity in another part", f"{part} {encoding}", "a.docx", zipped(parts), code)
    parameter = '<!DOCTYPE x [<!ENTITY % y SYSTEM "http://127.0.0.1/x.dtd"> %y;]>'
    yield BadFile("parameter entity", "docx", "a.docx", document(XML + parameter, ""), "unsafe_xml")
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7"):
        declared = f"<?xml version='1.0' encoding='{encoding}'?>{DTD}<w:document {W}>&y;</w:document>"
        hidden = main_part(declared.encode(encoding))
        if encoding == "utf-7":
            head, _sign, rest = declared.partition("?>")
            hidden = main_part(f"{head}?>".encode() + rest.encode("utf-7").replace(b"<", b"+ADw-"))
        yield BadFile("entity in another encoding", encoding, "a.docx", hidden, "unsafe_xml")
    for part in ("word/styles.xml", "word/header1.xml", "word/_rels/document.xml.rels", "customXml/item1.xml",
                 "docProps/core.xml", "word/comments.xml", "[Content_Types].xml", "word/theme/theme1.xml"):  # fmt: skip
        parts = {**PLAIN_WORD, "word/document.xml": f"<w:document {W}/>"}
        parts[part] = f"{XML}{DTD}{TYPES.removeprefix(XML) if part == '[Content_Types].xml' else '<a/>'}"
        yield BadFile("entity in another part", part, "a.docx", zipped(parts), "unsafe_xml")
    for part in ("styles.xml", "meta.xml", "settings.xml", "META-INF/manifest.xml"):
        parts = {"mimetype": ODT_TYPE, "content.xml": f"<a {ODF}/>", part: f"{DTD}<a/>"}
        yield BadFile("entity in another part", f"odt, {part}", "a.odt", zipped(parts), "unsafe_xml")


def _without_text() -> Iterator[BadFile]:
    picture = "<w:p><w:r><w:drawing><wp:inline xmlns:wp='wp'/></w:drawing></w:r></w:p>"
    deleted = "<w:p><w:del><w:r><w:delText>borta</w:delText></w:r></w:del></w:p>"
    yield BadFile("no text", "docx", "a.docx", word(par("")), "no_text")
    yield BadFile("no text", "docx with a picture", "a.docx", word(picture, word__media__image1="x"), "no_text")
    yield BadFile("no text", "docx, all of it deleted", "a.docx", word(deleted), "no_text")
    yield BadFile("no text", "docx of blanks", "a.docx", word(par("\u00a0 \u200b") * 9), "no_text")
    yield BadFile("no text", "odt", "a.odt", odt("<text:p/>"), "no_text")
    yield BadFile("no text", "odt with a picture", "a.odt", odt("<text:p><draw:frame/></text:p>"), "no_text")
