"""Bad PDF files: loops, bombs, damage, locks."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator, Sequence

from files.tests.documents import (
    SENTENCE,
    BadFile,
    flate_bomb_pdf,
    locked_pdf,
    looping_page_tree,
    one_page_pdf,
    par,
    patched,
    pdf,
    pdf_stream,
    pdf_with_pages,
    raw_pdf,
    self_drawing_pdf,
    word,
)

GOOD_PDF = pdf([SENTENCE])
CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"


def bad_pdfs() -> Iterator[BadFile]:
    """Every bad PDF."""
    for kind, variant, data, code in (*_locked(), *_damaged(), *_loops(), *_bombs(), *_large(), *_without_text()):
        yield BadFile(kind, variant, "a.pdf", data, code)


_Case = tuple[str, str, bytes, str]


def _locked() -> Iterator[_Case]:
    for algorithm in ("RC4-40", "RC4-128", "AES-128", "AES-256"):
        locked = locked_pdf(user="hemligt", owner="x", algorithm=algorithm)
        yield "pdf with a password", algorithm, locked, "password_protected"
    public_key = patched(GOOD_PDF, b"/Root", b"/Encrypt << /Filter /Adobe.PubSec /V 4 >> /Root")
    yield "pdf for holders of a certificate", "", public_key, "password_protected"
    unknown = patched(GOOD_PDF, b"/Root", b"/Encrypt << /Filter /Standard /V 9 /R 9 /O (x) /U (x) /P -4 >> /Root")
    yield "pdf locked in an unknown way", "", unknown, "password_protected"


def _damaged() -> Iterator[_Case]:
    yield "pdf of nothing", "", b"%PDF-1.4\n", "corrupt"
    yield "pdf of noise", "", b"%PDF-1.4\n" + bytes(range(256)) * 40, "corrupt"
    yield "pdf of noise", "with an end", b"%PDF-1.7\n" + bytes(range(256)) * 40 + b"\n%%EOF", "corrupt"
    yield "pdf cut off before its pages", "", GOOD_PDF[:200], "corrupt"
    yield "pdf without a catalog", "", raw_pdf([b"<< /Type /Nothing >>"]), "corrupt"
    yield "pdf without pages", "", raw_pdf([b"<< /Type /Catalog >>"]), "corrupt"
    yield (
        "pdf without pages",
        "none in its tree",
        raw_pdf([CATALOG, b"<< /Type /Pages /Kids [] /Count 0 >>"]),
        "corrupt",
    )
    yield "pdf whose root is a number", "", raw_pdf([b"42"]), "corrupt"
    yield "pdf whose pages are a string", "", raw_pdf([CATALOG, b"(pages)"]), "corrupt"
    strange = one_page_pdf(pdf_stream(b"x" * 500, extra=b"/Filter /JBIG2Decode"))
    yield "page packed as a picture", "", strange, "corrupt"
    prefix = b"x" * 500 + GOOD_PDF
    yield "pdf behind other bytes", "", prefix, "type_mismatch"
    yield "pdf and zip in one", "", GOOD_PDF + word(par(SENTENCE)), "type_mismatch"
    html = b"<html><body><script>x</script>" + GOOD_PDF
    yield "web page and pdf in one", "", html, "type_mismatch"


def _loops() -> Iterator[_Case]:
    yield "page tree in a loop", "child of itself", looping_page_tree(), "corrupt"
    circle = [CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"]
    yield "page tree in a loop", "of two", raw_pdf(circle), "corrupt"
    deep = [CATALOG]
    deep += [b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 3) for number in range(3000)]
    deep.append(b"<< /Type /Page /MediaBox [0 0 9 9] >>")
    yield "page tree too deep", "", raw_pdf(deep), "too_complex"
    yield "page of too many instructions", "", _shown([b"(a) Tj"] * 1_000_000), "too_complex"
    # Brackets beside the pages, or forms that only draw each other: there is nothing to be seen in them.
    yield "trailer of brackets", "arrays", _trailer(b"[" * 50_000 + b"]" * 50_000), "no_text"
    yield "trailer of brackets", "dictionaries", _trailer(b"<</A " * 20_000 + b">>" * 20_000), "no_text"
    yield "page of brackets", "", one_page_pdf(pdf_stream(b"[" * 100_000 + b"]" * 100_000)), "too_complex"
    yield "form that draws itself", "twice", self_drawing_pdf(), "no_text"


def _trailer(value: bytes) -> bytes:
    return raw_pdf([CATALOG, PAGES, b"<< /Type /Page >>"], trailer=b"/Root 1 0 R /X " + value)


def _bombs() -> Iterator[_Case]:
    blanks = b" " * 200_000_000
    once = zlib.compress(blanks, 9)
    yield "deflate bomb", "once", _filtered(once, b"/FlateDecode"), "archive_too_large"
    yield "deflate bomb", "twice", flate_bomb_pdf(200_000_000), "archive_too_large"
    thrice = zlib.compress(zlib.compress(zlib.compress(b" " * 300_000_000, 9), 9), 9)
    yield "deflate bomb", "thrice", _filtered(thrice, b"/FlateDecode", times=3), "archive_too_large"
    run = zlib.compress(b"\x81 " * 1_500_000, 9)
    yield "run-length bomb", "", _filtered(run, b"/FlateDecode /RunLengthDecode"), "archive_too_large"
    text = base64.a85encode(zlib.compress(blanks, 9)) + b"~>"
    yield "bomb in ASCII85", "", _filtered(text, b"/ASCII85Decode /FlateDecode"), "archive_too_large"
    digits = zlib.compress(b" " * 100_000_000, 9).hex().encode() + b">"
    yield "bomb in hexadecimal", "", _filtered(digits, b"/ASCIIHexDecode /FlateDecode"), "archive_too_large"
    objects = zlib.compress(b"1 0 " + b" " * 200_000_000, 9)
    stream = pdf_stream(objects, extra=b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    yield "object stream bomb", "", one_page_pdf(stream), "archive_too_large"


def _filtered(content: bytes, filters: bytes, *, times: int = 1) -> bytes:
    return one_page_pdf(pdf_stream(content, extra=b"/Filter [%s]" % b" ".join([filters] * times)))


def _large() -> Iterator[_Case]:
    for count in (301, 10_000):
        yield "too many pages", str(count), pdf_with_pages(count), "too_many_pages"
    kids = b"3 0 R " * 400
    lie = [CATALOG, b"<< /Type /Pages /Kids [%s] /Count 2 >>" % kids, b"<< /Type /Page /Parent 2 0 R >>"]
    yield "more pages than it says", "", raw_pdf(lie), "too_many_pages"
    boast = [CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 99999999 >>", b"<< /Type /Page /Parent 2 0 R >>"]
    yield "fewer pages than it says", "", raw_pdf(boast), "too_many_pages"
    yield "more text than allowed", "pdf", _shown([b"(" + b"ord " * 600_000 + b") Tj"]), "too_long"


def _shown(operators: Sequence[bytes]) -> bytes:
    content = zlib.compress(b"BT /F1 9 Tf 9 700 Td " + b"\n".join(operators) + b" ET", 1)
    return one_page_pdf(pdf_stream(content, extra=b"/Filter /FlateDecode"))


def _without_text() -> Iterator[_Case]:
    for label, glyphs in (("blanks too", SENTENCE * 3), ("its å ä ö", "\x01\x02\x03 fgel " * 9)):
        shifted = "".join(chr(max(1, ord(c) - 29)) if label == "blanks too" else c for c in glyphs if c < "\x7f")
        shown = "".join(f"{ord(c):02x}" for c in shifted if label != "blanks too" or c > "\x1f").encode()
        glyph_text = pdf_stream(b"BT /F1 12 Tf 50 700 Td <" + shown + b"> Tj ET")
        yield "letters nobody told", label, one_page_pdf(glyph_text), "no_text"
    yield "no text", "pdf of lines", one_page_pdf(pdf_stream(b"0 0 100 100 re f")), "no_text"
    yield "no text", "pdf of an empty page", pdf([]), "no_text"
    image = pdf_stream(b"\x00" * 300, extra=b"/Type /XObject /Subtype /Image /Width 10 /Height 10 "
                       b"/ColorSpace /DeviceRGB /BitsPerComponent 8")  # fmt: skip
    scan = one_page_pdf(pdf_stream(b"500 0 0 700 0 0 cm /Im Do"), resources=b"/XObject << /Im 6 0 R >>", extra=[image])
    yield "no text", "pdf of a scan", scan, "no_text"
    huge = pdf_stream(b"", extra=b"/Type /XObject /Subtype /Image /Width 99999 /Height 99999 /ColorSpace /DeviceRGB "
                      b"/BitsPerComponent 8")  # fmt: skip
    flood = one_page_pdf(pdf_stream(b"/Im Do"), resources=b"/XObject << /Im 6 0 R >>", extra=[huge])
    yield "no text", "pdf of a picture beyond measure", flood, "no_text"
