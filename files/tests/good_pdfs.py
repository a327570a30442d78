"""Good but unusual PDF files."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import reportlab
from pypdf import PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from files.tests.documents import SENTENCE, GoodFile, locked_pdf, one_page_pdf, patched, pdf, pdf_stream

NAME = "Åsa Öberg-Ängström"
STORY = "En fågel flög över ån till Ängö, och ingen visste vart."
BOTH = f"{NAME}\n{STORY}"
TEXTS = ["", "Fågeln bodde vid ån.", "Ön låg långt ute.", "Där fanns ingen väg.", "Till slut blev det höst."]
PLAIN = pdf([NAME, STORY])


def good_pdfs() -> Iterator[GoodFile]:
    """Every good PDF."""
    for kind, data in (*_written(), *_encoded(), *_dressed()):
        yield GoodFile(f"pdf: {kind}", "a.pdf", data, BOTH)
    for algorithm in ("RC4-40", "RC4-128", "AES-128", "AES-256"):
        locked = locked_pdf(user="", owner="hemligt", algorithm=algorithm)
        yield GoodFile(f"pdf: only an owner's password, {algorithm}", "a.pdf", locked, SENTENCE.strip())
    yield from _laid_out()


def drawn(draw: Callable[[Canvas], None], **options: int) -> bytes:
    """A PDF of what `draw` draws."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, **options)
    draw(canvas)
    canvas.save()
    return out.getvalue()


def rewritten(change: Callable[[PdfWriter], None]) -> bytes:
    """The plain PDF after `change`."""
    writer = PdfWriter(clone_from=io.BytesIO(PLAIN))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _lines(canvas: Canvas, lines: Sequence[str], *, x: float = 56, y: float = 780) -> None:
    for number, line in enumerate(lines):
        canvas.drawString(x, y - 15 * number, line)


def _truetype(canvas: Canvas) -> None:
    fonts = Path(reportlab.__file__).parent / "fonts"
    pdfmetrics.registerFont(TTFont("Vera", str(fonts / "Vera.ttf")))
    canvas.setFont("Vera", 11)
    _lines(canvas, BOTH.split("\n"))


def _in_a_form(canvas: Canvas) -> None:
    canvas.beginForm("essay")
    _lines(canvas, BOTH.split("\n"))
    canvas.endForm()
    canvas.doForm("essay")


def _turned(canvas: Canvas) -> None:
    canvas.setPageRotation(90)
    _lines(canvas, BOTH.split("\n"))


def _linked(canvas: Canvas) -> None:
    _lines(canvas, BOTH.split("\n"))
    canvas.linkURL("https://www.example.org/", (50, 700, 100, 720))
    canvas.bookmarkPage("start")
    canvas.addOutlineEntry("Start", "start")


def _written() -> Iterator[tuple[str, bytes]]:
    yield "letter by letter drawn as text", PLAIN
    yield "TrueType with a map to Unicode", drawn(_truetype)
    yield "packed streams", drawn(lambda canvas: _lines(canvas, BOTH.split("\n")), pageCompression=1)
    yield "in a form", drawn(_in_a_form)
    yield "turned", drawn(_turned)
    plain = b"BT /F1 12 Tf 50 700 Td (" + BOTH.encode("cp1252").replace(b"\n", b") Tj 0 -15 Td (") + b") Tj ET"
    form = pdf_stream(plain, extra=b"/Type /XObject /Subtype /Form /BBox [0 0 595 842]")
    yield (
        "in a form without a font of its own",
        one_page_pdf(pdf_stream(b"/X Do"), resources=b"/XObject << /X 6 0 R >>", extra=[form]),
    )
    for label, matrix in (("upwards", b"0 1 -1 0"), ("upside down", b"-1 0 0 -1")):
        yield f"written {label}", one_page_pdf(pdf_stream(plain.replace(b"50 700 Td", matrix + b" 400 300 Tm")))
    yield "links and bookmarks", drawn(_linked)
    yield "blanks before it", b"\r\n\xef\xbb\xbf" + PLAIN
    yield "no table of objects", PLAIN[: PLAIN.rfind(b"xref\n")]
    yield "no end", PLAIN[: PLAIN.rfind(b"startxref")]
    yield "a table that points elsewhere", PLAIN[: PLAIN.rfind(b"startxref")] + b"startxref\n7\n%%EOF\n"
    yield "an endless chain of tables", patched(PLAIN, b"/Root", b"/Prev 9 /Root")
    yield "blanks behind it", PLAIN + b"\r\n" * 300
    yield "deep brackets beside its pages", patched(PLAIN, b"/Root", b"/X " + b"[" * 400 + b"]" * 400 + b" /Root")


def _encoded() -> Iterator[tuple[str, bytes]]:
    for encoding, name in (("cp1252", b"/WinAnsiEncoding"), ("mac_roman", b"/MacRomanEncoding")):
        shown = b") Tj T* (".join(line.encode(encoding) for line in BOTH.split("\n"))
        content = pdf_stream(b"BT /F1 12 Tf 50 700 Td 15 TL (" + shown + b") Tj ET")
        yield f"letters of {encoding}", patched(one_page_pdf(content), b"/WinAnsiEncoding", name)
    kerned = b"".join(
        b"[" + b" 20 ".join(b"(" + letter.encode("cp1252") + b")" for letter in line) + b"] TJ T*\n"
        for line in BOTH.split("\n")
    )
    yield "kerned letters", one_page_pdf(pdf_stream(b"BT /F1 12 Tf 50 700 Td 15 TL " + kerned + b" ET"))
    glyphs: dict[str, str | int | None] = {
        "Å": "\x17A",
        "å": "\x17a",
        "Ä": "\x7fA",
        "ä": "\x7fa",
        "Ö": "\x7fO",
        "ö": "\x7fo",
    }
    lines = [line.translate(str.maketrans(glyphs)).encode("latin-1") for line in BOTH.split("\n")]
    content = pdf_stream(b"BT /F1 12 Tf 50 700 Td 15 TL (" + b") Tj T* (".join(lines) + b") Tj ET")
    dots = b"<< /Differences [23 /ring 127 /dieresis] >>"
    yield "TeX's dots beside the letters", patched(one_page_pdf(content), b"/WinAnsiEncoding", dots)
    gaps = b"".join(
        b"[" + b" -300 ".join(b"(" + word.encode("cp1252") + b")" for word in line.split()) + b"] TJ T*\n"
        for line in BOTH.split("\n")
    )
    yield "gaps in place of blanks", one_page_pdf(pdf_stream(b"BT /F1 12 Tf 50 700 Td 15 TL " + gaps + b" ET"))
    hexadecimal = b" Tj T* ".join(b"<" + line.encode("cp1252").hex().encode() + b">" for line in BOTH.split("\n"))
    yield "strings in hexadecimal", one_page_pdf(pdf_stream(b"BT /F1 12 Tf 50 700 Td 15 TL " + hexadecimal + b" Tj ET"))
    plain = b"BT /F1 12 Tf 50 700 Td 15 TL (" + BOTH.encode("cp1252").replace(b"\n", b") Tj T* (") + b") Tj ET"
    yield (
        "packed twice",
        one_page_pdf(pdf_stream(zlib.compress(zlib.compress(plain)), extra=b"/Filter [/FlateDecode /FlateDecode]")),
    )
    yield "in hexadecimal", one_page_pdf(pdf_stream(plain.hex().encode() + b">", extra=b"/Filter /ASCIIHexDecode"))
    yield "a length that lies", patched(one_page_pdf(pdf_stream(plain)), b"/Length %d" % len(plain), b"/Length 5")


def _dressed() -> Iterator[tuple[str, bytes]]:
    script = b"/OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> /Type /Catalog"
    yield "JavaScript", patched(PLAIN, b"/Type /Catalog", script)
    yield "a file inside", rewritten(_attach)
    yield "objects shared", rewritten(_share)
    yield (
        "an action at opening",
        patched(PLAIN, b"/Type /Catalog", b"/OpenAction << /S /Launch /F (x) >> /Type /Catalog"),
    )
    yield "two hundred pages", _many(200)


def _attach(writer: PdfWriter) -> None:
    writer.add_attachment("x.exe", b"MZ")


def _share(writer: PdfWriter) -> None:
    writer.compress_identical_objects()


def _many(count: int) -> bytes:
    return pdf([NAME, STORY], *([f"{SENTENCE} {number}"] for number in range(count - 1)))


def _filled_in() -> bytes:
    """A form whose text stands in its fields, one of which says what it is in its parent."""
    parent = b"<< /FT /Tx /T (essay) /V (" + STORY.encode("cp1252") + b") /Kids [8 0 R] >>"
    field = b"<< /Type /Annot /Subtype /Widget /FT /Tx /T (name) /V (" + NAME.encode("cp1252") + b") /Rect [0 0 9 9] >>"
    return patched(one_page_pdf(pdf_stream(b""), extra=[field, parent, b"<< /Subtype /Widget /Parent 7 0 R >>"]),
                   b"/Type /Page ", b"/Annots [6 0 R 8 0 R] /Type /Page ")  # fmt: skip


def _laid_out() -> Iterator[GoodFile]:
    ligatures = one_page_pdf(pdf_stream(b"BT /F1 12 Tf 50 700 Td (o\xdecer \xdfickor) Tj ET"))
    ligatures = patched(ligatures, b"/Encoding /WinAnsiEncoding", b"/Encoding << /Differences [222 /fi /fl] >>")
    yield GoodFile("pdf: ligatures", "a.pdf", ligatures, "oficer flickor")
    hyphen = pdf([NAME, "Det var ett under av fri-", "het och SVT-", "Nyheter."])
    yield GoodFile("pdf: hyphens", "a.pdf", hyphen, f"{NAME}\nett under av frihet och SVT-")

    def columns(canvas: Canvas) -> None:
        _lines(canvas, ["Första spalten börjar", "och går vidare ned-", "åt till sitt slut."])
        _lines(canvas, ["Andra spalten börjar", "där den första slutar."], x=320)

    whole = "Första spalten börjar och går vidare nedåt till sitt slut. Andra spalten börjar där den första slutar."
    yield GoodFile("pdf: two columns", "a.pdf", drawn(columns), whole)

    def across(canvas: Canvas) -> None:
        _lines(canvas, ["Rubrik"])
        for number in range(6):
            _lines(canvas, [f"den vänstra spaltens rad {number}"], y=750 - 15 * number)
            _lines(canvas, [f"den högra spaltens rad {number}"], x=320, y=750 - 15 * number)

    sides = [" ".join(f"den {side} spaltens rad {number}" for number in range(6)) for side in ("vänstra", "högra")]
    yield GoodFile("pdf: two columns drawn across", "a.pdf", drawn(across), "\n".join(sides))
    yield GoodFile("pdf: filled in", "a.pdf", _filled_in(), BOTH)
    pages = [[f"{NAME} NA24B", TEXTS[number], f"Sida {number} av 3"] for number in (1, 2, 3)]
    texts = "\n".join(page[1] for page in pages)
    yield GoodFile("pdf: running lines", "a.pdf", pdf(*pages), texts, (f"{NAME} NA24B",), absent=("av 3",))
    pages = [[TEXTS[n], "Och en rad till.", f"{NAME} – {n}"] for n in (1, 2, 3, 4)]
    texts = "\n".join(page[0] for page in pages)
    yield GoodFile("pdf: a footer with a name and a number", "a.pdf", pdf(*pages), texts, (f"{NAME} – 1",))
