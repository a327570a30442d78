"""Bad files of every other sort: nothing in them, too much, another type than their name says, undecodable text."""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from files.tests.bad_pdfs import GOOD_PDF, bad_pdfs
from files.tests.bad_zips import GOOD, GOOD_ODT, bad_zips
from files.tests.documents import SENTENCE, BadFile, odt, ole, par, rtf, word, zipped

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00" * 40
ZEROS = b"\x00" * 40
PICTURES = {
    "png": PNG,
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + ZEROS,
    "gif": b"GIF89a\x01\x00\x01\x00" + ZEROS,
    "tif": b"II*\x00" + ZEROS,
    "bmp": b"BM\x3a\x00\x00\x00" + ZEROS,
    "heic": b"\x00\x00\x00\x18ftypheic" + ZEROS,
    "webp": b"RIFF\x24\x00\x00\x00WEBPVP8 " + ZEROS,
    "psd": b"8BPS\x00\x01" + ZEROS,
}
SOUNDS = {
    "mp3": b"ID3\x03\x00" + ZEROS,
    "mp4": b"\x00\x00\x00\x20ftypisom" + ZEROS,
    "wav": b"RIFF\x24\x00\x00\x00WAVEfmt " + ZEROS,
    "mov": b"\x00\x00\x00\x14ftypqt  " + ZEROS,
}
PROGRAMS = {"exe": b"MZ\x90\x00\x03\x00" + ZEROS, "elf": b"\x7fELF\x02\x01\x01\x00" + ZEROS}
ARCHIVES = {
    "rar": b"Rar!\x1a\x07\x01\x00" + ZEROS,
    "7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + ZEROS,
    "gz": b"\x1f\x8b\x08\x00" + ZEROS,
    "xz": b"\xfd7zXZ\x00" + ZEROS,
    "bz2": b"BZh91AY&SY\x00\x01" + ZEROS,
}
PAGES = {
    "html": b"<!DOCTYPE html><html><body><p>Hej</p></body></html>",
    "htm": b"<html><body>Hej</body></html>",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'><text>Hej</text></svg>",
    "xml": b"<?xml version='1.0'?><a>Hej</a>",
    "js": b"alert('hej')",
    "csv": b"namn;klass\r\nAlva;9A\r\n",
}
SHEET: dict[str, bytes | str] = {"[Content_Types].xml": "<a/>", "xl/workbook.xml": "<a/>"}
OFFICE = {
    "xlsx": zipped(SHEET),
    "pptx": zipped({"[Content_Types].xml": "<a/>", "ppt/presentation.xml": "<a/>"}),
    "ods": odt("", mimetype=b"application/vnd.oasis.opendocument.spreadsheet"),
    "odp": odt("", mimetype=b"application/vnd.oasis.opendocument.presentation"),
    "odg": odt("", mimetype=b"application/vnd.oasis.opendocument.graphics"),
    "epub": zipped({"mimetype": b"application/epub+zip", "META-INF/container.xml": "<a/>"}),
    "pages": zipped({"Index/Document.iwa": b"\x00", "Metadata/Properties.plist": "<a/>"}),
    "key": zipped({"Index/Presentation.iwa": b"\x00"}),
    "jar": zipped({"META-INF/MANIFEST.MF": "x"}),
    "xls": ole("Workbook"),
    "ppt": ole("PowerPoint Document"),
}
TEXTS = {"docx": GOOD, "odt": GOOD_ODT, "pdf": GOOD_PDF, "rtf": rtf(SENTENCE), "txt": SENTENCE.encode()}


def bad_files() -> Iterator[BadFile]:
    """All bad files there are."""
    yield from _empty()
    yield from _too_much()
    yield from _not_read()
    yield from _under_another_name()
    yield from _bad_text()
    yield from _bad_rtf()
    yield from bad_zips()
    yield from bad_pdfs()


def _empty() -> Iterator[BadFile]:
    for kind in TEXTS:
        yield BadFile("nothing in it", kind, f"a.{kind}", b"", "empty_file")
    for label, data in {
        "blanks": b"  \r\n\t",
        "byte order mark": b"\xef\xbb\xbf",
        "UTF-16 blanks": "\ufeff \r\n".encode("utf-16-le"),
        "zeros": bytes(5000),
        "hard blanks": "\u00a0\u00a0\n".encode(),
        "end of file": b"\x1a\x1a",
    }.items():
        yield BadFile("only blanks", label, "a.txt", data, "empty_file")
    yield BadFile("only blanks", "docx", "a.docx", b" \r\n", "empty_file")
    yield BadFile("no text", "rtf", "a.rtf", rtf(""), "no_text")
    yield BadFile("no text", "rtf with a picture", "a.rtf", rtf("{\\pict 89504e47}"), "no_text")


def _too_much() -> Iterator[BadFile]:
    yield BadFile("larger than allowed", "txt", "a.txt", b"a" * 25_000_001, "file_too_large")
    yield BadFile("larger than allowed", "pdf", "a.pdf", b"%PDF-1.4" + b"a" * 25_000_000, "file_too_large")
    yield BadFile("more text than allowed", "txt", "a.txt", b"ord " * 500_001, "too_long")
    yield BadFile("more text than allowed", "txt in one line", "a.txt", b"a" * 24_000_000, "too_long")
    numbers = [" ".join(str(i * k) for k in range(200)) for i in range(2000)]
    yield BadFile("more text than allowed", "docx", "a.docx", word("".join(map(par, numbers))), "too_long")
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in numbers)
    yield BadFile("more text than allowed", "odt", "a.odt", odt(paragraphs), "too_long")
    yield BadFile("more text than allowed", "rtf", "a.rtf", rtf("\\par ".join(numbers)), "too_long")


def _not_read() -> Iterator[BadFile]:
    for label, family in (
        ("a picture", PICTURES),
        ("sound or film", SOUNDS),
        ("a program", PROGRAMS),
        ("an archive", ARCHIVES),
        ("a web page or data", PAGES),
        ("another Office document", OFFICE),
    ):
        for kind, data in family.items():
            yield BadFile(label, kind, f"a.{kind}", data, "unsupported_type")
    yield BadFile("old Word", "doc", "a.doc", ole("WordDocument"), "unsupported_type")
    yield BadFile("old Word", "dot", "a.dot", ole("WordDocument"), "unsupported_type")
    yield BadFile("an unknown ending", "xyz", "a.xyz", b"hej", "unsupported_type")
    yield BadFile("a shortcut", "lnk", "a.lnk", b"L\x00\x00\x00\x01\x14\x02\x00" + ZEROS, "unsupported_type")
    yield BadFile("a shortcut", "gdoc", "a.gdoc", b'{"url": "https://docs.example/1"}', "unsupported_type")
    yield BadFile("a zip of nothing", "named docx", "a.docx", zipped({}), "type_mismatch")
    yield BadFile("a zip of files", "zip named docx", "a.docx", zipped({"a.txt": "hej"}), "type_mismatch")


def _under_another_name() -> Iterator[BadFile]:
    for label, family in (
        ("a picture under another name", PICTURES),
        ("a film under another name", SOUNDS),
        ("a program under another name", PROGRAMS),
        ("an archive under another name", ARCHIVES),
        ("an Office document under another name", OFFICE),
    ):
        for number, (kind, data) in enumerate(family.items()):
            claimed = ("docx", "pdf", "odt", "rtf", "txt")[number % 5]
            yield BadFile(label, f"{kind} named {claimed}", f"a.{claimed}", data, "type_mismatch")
    yield BadFile("old Word under another name", "docx", "a.docx", ole("WordDocument"), "type_mismatch")
    for kind, data in TEXTS.items():
        for claimed in ("docx", "pdf", "odt", "rtf"):
            if claimed != kind:
                yield BadFile(f"{kind} under another name", claimed, f"a.{claimed}", data, "type_mismatch")
    for claimed in ("exe", "jpg", "html", "doc", "zip"):
        yield BadFile("docx under another name", claimed, f"a.docx.{claimed}", GOOD, "type_mismatch")
    for claimed in ("pdf", "docx", "rtf"):
        yield BadFile("web page under another name", claimed, f"a.{claimed}", PAGES["html"], "type_mismatch")


def _bad_text() -> Iterator[BadFile]:
    noise = b"".join(zlib.crc32(bytes([i % 256, i // 256])).to_bytes(4, "big") for i in range(5000))
    for label, data in {
        "every byte": bytes(range(256)) * 40,
        "noise": noise,
        "zeros in it": b"hej\x00\x01" * 99,
    }.items():
        yield BadFile("no text at all", label, "a.txt", data, "binary_text")
    for kind in ("docx", "odt", "pdf", "rtf"):
        yield BadFile("noise under its name", kind, f"a.{kind}", bytes(range(256)) * 40, "corrupt")
    for encoding, text in {
        "cp1251": "Привет как дела ",
        "koi8-r": "Привет как дела ",
        "cp1253": "Καλημέρα τι κάνεις ",
        "cp1255": "שלום מה שלומך ",
        "shift-jis": "こんにちは世界 ",
        "big5": "你好世界 ",
        "gbk": "你好世界 ",
    }.items():
        data = (text * 9).encode(encoding)
        yield BadFile("a code that no one told", encoding, "a.txt", data, "encoding_unknown")
    yield BadFile("half a UTF-16 pair", "txt", "a.txt", b"\xff\xfeH\x00e\x00\x00\xd8", "encoding_unknown")
    yield BadFile("broken UTF-8 behind its mark", "txt", "a.txt", b"\xef\xbb\xbfhej \xe5\xe4\xf6", "encoding_unknown")
    yield BadFile(
        "broken UTF-32", "txt", "a.txt", b"\xff\xfe\x00\x00\x00\x00\x11\x00\xff\xff\xff\xff", "encoding_unknown"
    )


def _bad_rtf() -> Iterator[BadFile]:
    for percent in (30, 60, 95):
        good = rtf("{\\b " + SENTENCE + "}\\par " + SENTENCE)
        yield BadFile("rtf cut off", f"{percent} %", "a.rtf", good[: len(good) * percent // 100], "corrupt")
    yield BadFile("rtf cut off", "in a picture", "a.rtf", b"{\\rtf1 hej {\\pict\\bin999999 xx}", "corrupt")
    deep = {"closed": "{" * 100_000 + "}" * 100_000, "open": "{" * 100_000, "two million": "{" * 2_000_000}
    for label, inside in deep.items():
        yield BadFile("braces too deep", label, "a.rtf", rtf(inside), "too_complex")
    yield BadFile("too many words in rtf", "bold", "a.rtf", rtf("\\b" * 1_100_000), "too_complex")
    yield BadFile("too many words in rtf", "escapes", "a.rtf", rtf("\\'e5" * 2_500_000), "too_complex")
    yield BadFile("too many words in rtf", "groups", "a.rtf", rtf("{}" * 1_100_000), "too_complex")
    yield BadFile("too many words in rtf", "unicode", "a.rtf", rtf("\\u229?" * 1_100_000), "too_complex")
