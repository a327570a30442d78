"""Good but unusual files: every construct and every writer's habit that must not cost a student the text."""

from __future__ import annotations

import base64
import posixpath
import zipfile
from collections.abc import Iterator

from files.tests.documents import (
    MC,
    ODF,
    ODT_TYPE,
    TYPES,
    XML,
    GoodFile,
    W,
    odt,
    par,
    python_docx,
    rtf,
    wide_end,
    word,
    zipped,
)
from files.tests.good_pdfs import good_pdfs

NAME = "Åsa Öberg-Ängström"
STORY = "En fågel flög över ån till Ängö, och ingen visste vart."
BOTH = f"{NAME}\n{STORY}"
STRICT = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def good_files() -> Iterator[GoodFile]:
    """All good files there are."""
    yield from _word_constructs()
    yield from _word_writers()
    yield from _open_document()
    yield from _rich_text()
    yield from _plain_text()
    yield from good_pdfs()


def run(inside: str) -> str:
    """A run's XML around `inside`."""
    return f"<w:r>{inside}</w:r>"


def text(of: str) -> str:
    """A run of text."""
    return run(f"<w:t xml:space='preserve'>{of}</w:t>")


def _word_constructs() -> Iterator[GoodFile]:
    box = f"<w:txbxContent>{par(NAME)}</w:txbxContent>"
    shape = f"<mc:Choice Requires='wps'><w:drawing><wps:txbx>{box}</wps:txbx></w:drawing></mc:Choice>"
    alternate = f"<mc:AlternateContent>{shape}<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent>"
    control = "<w:sdt><w:sdtPr><w:alias w:val='Namn'/></w:sdtPr><w:sdtContent>{}</w:sdtContent></w:sdt>"
    cell = "<w:tc>{}</w:tc>"
    table = f"<w:tbl><w:tr>{cell.format(par('Namn'))}{cell.format(par(NAME))}</w:tr></w:tbl>"
    nested = f"<w:tbl><w:tr><w:tc>{table}{par('')}</w:tc></w:tr></w:tbl>"
    field = (
        run("<w:fldChar w:fldCharType='begin'/>") + run("<w:instrText> AUTHOR \\* MERGEFORMAT </w:instrText>")
        + run("<w:fldChar w:fldCharType='separate'/>") + text(NAME) + run("<w:fldChar w:fldCharType='end'/>")
    )  # fmt: skip
    link = f"<w:hyperlink r:id='r1' xmlns:r='{RELATIONS}'>{text(NAME)}</w:hyperlink>"
    change = (
        f"<w:p><w:ins w:author='Läraren'>{text(NAME)}</w:ins><w:del w:author='Läraren'>"
        f"{run('<w:delText>Bo Ek</w:delText>')}</w:del></w:p>"
    )
    pieces = "".join(f"<w:r w:rsidR='00{i}'><w:t>{letter}</w:t></w:r>" for i, letter in enumerate("Åsa")) + text(
        " Öberg-Ängström"
    )
    hebrew = f"<w:p><w:pPr><w:bidi/></w:pPr><w:r><w:rPr><w:rtl/></w:rPr><w:t>שלום עולם</w:t></w:r></w:p>{par(NAME)}"
    break_line = f"<w:p>{text(NAME)}{run('<w:br/>')}{text(STORY)}</w:p>"
    spaces = f"{par(NAME)}{par('') * 30}{par(STORY)}"
    arrow = run("<w:softHyphen/><w:sym w:font='Wingdings' w:char='F0E0'/>")
    symbol = f"<w:p>{text(NAME)}{arrow}</w:p>"
    moved = f"<w:moveFrom>{par('Bo Ek')}</w:moveFrom><w:moveTo>{par(NAME)}</w:moveTo>"
    mark = run("<w:commentReference w:id='0'/>")
    comment = f"<w:p><w:commentRangeStart w:id='0'/>{text(NAME)}<w:commentRangeEnd w:id='0'/>{mark}</w:p>"
    math = "<w:p><m:oMath xmlns:m='m'><m:r><m:t>x=1</m:t></m:r></m:oMath></w:p>"
    smart = f"<w:p><w:smartTag w:element='PersonName'><w:smartTag>{text(NAME)}</w:smartTag></w:smartTag></w:p>"
    custom = f"<w:customXml w:element='namn'>{par(NAME)}</w:customXml>"
    deleted = (
        f"<w:tbl><w:tr><w:trPr><w:del w:id='1'/></w:trPr><w:tc>{par('Bo Ek')}</w:tc></w:tr><w:tr><w:tc><w:tcPr>"
        f"<w:cellDel w:id='2'/></w:tcPr>{par('Bo Ek')}</w:tc><w:tc>{par(NAME)}</w:tc></w:tr></w:tbl>"
    )
    shape_text = f"<a:txBody xmlns:a='a'><a:p><a:r><a:t>{NAME}</a:t></a:r></a:p><a:p/></a:txBody>"
    filled = control.format(par(NAME)).replace("<w:alias", "<w:showingPlcHdr w:val='0'/><w:alias")
    bodies = {
        "text box": f"<w:p>{run(alternate)}</w:p>",
        "content control around a paragraph": control.format(par(NAME)),
        "content control in a line": f"<w:p>{control.format(text(NAME))}</w:p>",
        "content control around a cell": f"<w:tbl><w:tr>{control.format(cell.format(par(NAME)))}</w:tr></w:tbl>",
        "nested table": nested,
        "field": f"<w:p>{field}</w:p>",
        "simple field": f"<w:p><w:fldSimple w:instr='AUTHOR'>{text(NAME)}</w:fldSimple></w:p>",
        "hyperlink": f"<w:p>{link}</w:p>",
        "tracked changes": change,
        "name in pieces": f"<w:p>{pieces}</w:p>",
        "right to left": hebrew,
        "line break": break_line,
        "empty paragraphs": spaces,
        "symbols": symbol,
        "moved text": moved,
        "comment": comment,
        "mathematics": f"{par(NAME)}{math}",
        "smart tags": smart,
        "custom XML": custom,
        "comment of the file within a name": f"<w:p>{text('Åsa <!-- Bo Ek -->Öberg<?x Bo Ek?>-Ängström')}</w:p>",
        "deleted rows and cells": deleted,
        "content control filled in": filled,
        "shape with paragraphs": f"<w:p>{text('Hej')}{run(f'<w:drawing>{shape_text}</w:drawing>')}{text('då')}</w:p>",
        "group of text boxes": f"<w:p>{run(f'<w:drawing><x>{box}</x><x>{box}</x></w:drawing>')}</w:p>",
        "decomposed letters": par("A\u030asa O\u0308berg-A\u0308ngstro\u0308m"),
        "characters by number": par("&#197;sa &#xD6;berg-&#196;ngstr&#246;m"),
    }
    for kind, body in bodies.items():
        yield GoodFile(f"docx: {kind}", "a.docx", word(body + par(STORY)), BOTH, absent=("Bo Ek", "AUTHOR"))
    notes = f"{XML}<w:footnotes {W}><w:footnote w:id='2'>{par(NAME)}</w:footnote></w:footnotes>"
    yield GoodFile("docx: footnote", "a.docx", word(par(STORY), word__footnotes=notes), BOTH)
    notes = notes.replace("footnote", "endnote")
    yield GoodFile("docx: endnote", "a.docx", word(par(STORY), word__endnotes=notes), BOTH)
    comments = f"{XML}<w:comments {W}><w:comment>{par('Bo Ek, läraren')}</w:comment></w:comments>"
    yield GoodFile("docx: comments", "a.docx", word(par(BOTH), word__comments=comments), BOTH, absent=("Bo Ek",))
    for part, tag in (("header1", "hdr"), ("footer3", "ftr")):
        content = f"{XML}<w:{tag} {W} {MC}><w:tbl><w:tr><w:tc>{par(NAME)}</w:tc></w:tr></w:tbl></w:{tag}>"
        data = word(par(STORY), **{f"word__{part}": content})
        yield GoodFile(f"docx: name in a table in {part}", "a.docx", data, STORY, headers=(NAME,))
        content = f"{XML}<w:{tag} {W} {MC}><w:p>{run(alternate)}</w:p></w:{tag}>"
        data = word(par(STORY), **{f"word__{part}": content})
        yield GoodFile(f"docx: name in a text box in {part}", "a.docx", data, STORY, headers=(NAME,))


def _word_writers() -> Iterator[GoodFile]:
    yield GoodFile("docx: by a library", "a.docx", python_docx(NAME, STORY, header="Klass 9A"), BOTH, ("Klass 9A",))
    body = par(NAME) + par(STORY)
    document = f"{XML}<w:document {W}><w:body>{body}</w:body></w:document>"
    plain: dict[str, bytes | str] = {"[Content_Types].xml": TYPES, "word/document.xml": document}
    yield GoodFile("docx: stored, not packed", "a.docx", zipped(plain, method=zipfile.ZIP_STORED), BOTH)
    yield GoodFile("docx: parts in another order", "a.docx", zipped(dict(reversed(plain.items()))), BOTH)
    strict = f"{XML}<w:document {STRICT} w:conformance='strict'><w:body>{body}</w:body></w:document>"
    yield GoodFile("docx: strict", "a.docx", zipped({**plain, "word/document.xml": strict}), BOTH)
    other = (
        f"{XML}<x:document {W.replace('xmlns:w', 'xmlns:x')}><x:body>{body.replace('w:', 'x:')}</x:body></x:document>"
    )
    yield GoodFile("docx: other prefix", "a.docx", zipped({**plain, "word/document.xml": other}), BOTH)
    for encoding in ("utf-16", "utf-8-sig", "iso-8859-1"):
        declared = document.replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding)
        yield GoodFile(f"docx: in {encoding}", "a.docx", zipped({**plain, "word/document.xml": declared}), BOTH)
    role = f"{RELATIONS}/officeDocument"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
        f'Type="{role}" Target="{{}}"/></Relationships>'
    )
    for target in ("/word/document2.xml", "word/document22.xml", "./word/document2.xml", "text/essay.xml"):
        parts: dict[str, bytes | str] = {
            "[Content_Types].xml": TYPES.replace("/word/document.xml", f"/{target.lstrip('./')}"),
            "_rels/.rels": relations.format(target),
            target.lstrip("./"): plain["word/document.xml"],
        }
        yield GoodFile(f"docx: main part at {target}", "a.docx", zipped(parts), BOTH)
    for target in ("sidhuvud.xml", "../parts/top.xml", "/parts/top.xml"):
        part = posixpath.normpath(posixpath.join("word", target)).lstrip("/")
        referred = relations.format(target).replace(role, f"{RELATIONS}/header")
        header = f"{XML}<w:hdr {W}>{par('Klass 9A')}</w:hdr>"
        parts = {**plain, "word/_rels/document.xml.rels": referred, part: header}
        yield GoodFile(f"docx: page header at {target}", "a.docx", zipped(parts), BOTH, ("Klass 9A",))
    page = f"<html><body><p>{NAME}</p><p>{STORY}</p></body></html>"
    archive = f"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\nContent-Type: text/html; charset=utf-8\nContent-Transfer-Encoding: base64\n\n{base64.b64encode(page.encode()).decode()}\n--x--\n"  # noqa: E501
    held = document.replace(body, "<w:altChunk/>")
    for ending, chunk in {"html": page, "mht": archive, "txt": BOTH, "rtf": rtf(_escaped(BOTH)).decode()}.items():
        referred = relations.format(f"chunk.{ending}").replace(role, f"{RELATIONS}/aFChunk")
        parts = {
            **plain,
            "word/document.xml": held,
            "word/_rels/document.xml.rels": referred,
            f"word/chunk.{ending}": chunk,
        }
        yield GoodFile(f"docx: its text a chunk of {ending}", "a.docx", zipped(parts), BOTH)
    wide = zipped(plain)
    yield GoodFile("docx: wide end record", "a.docx", wide_end(wide), BOTH)
    drawn = {**plain, "word/media/image1.svg": "<!DOCTYPE svg><svg/>"}
    yield GoodFile("docx: drawing with a document type", "a.docx", zipped(drawn), BOTH)
    parts = {name.replace("/", "\\"): content for name, content in plain.items()}
    yield GoodFile("docx: backslashes in part names", "a.docx", zipped(parts), BOTH)
    extra: dict[str, bytes | str] = {
        "customXml/item1.xml": "<a/>",
        "docProps/app.xml": "<a/>",
        "word/people.xml": "<a/>",
        "word/fonts/font1.odttf": bytes(100),
        "word/media/image1.png": b"\x89PNG" + bytes(9000),
        "word/embeddings/sheet.xlsx": zipped({"x": "y"}),
    }
    yield GoodFile("docx: pictures, fonts, an embedded sheet", "a.docx", zipped({**plain, **extra}), BOTH)
    yield GoodFile("docx: folders as entries", "a.docx", zipped({"word/": "", **plain}), BOTH)
    yield GoodFile("docx: ending in capitals", "ESSÄ.DOCX", zipped(plain), BOTH)
    yield GoodFile("docx: ending with a blank", "essä.docx ", zipped(plain), BOTH)
    yield GoodFile("docx: without an ending", "essä", zipped(plain), BOTH)
    yield GoodFile("docx: template", "essä.dotx", zipped(plain), BOTH)
    yield GoodFile("docx: padding behind it", "a.docx", zipped(plain) + bytes(512), BOTH)
    cells = "".join(f"<w:tr>{'<w:tc><w:p/></w:tc>' * 100}</w:tr>" for _row in range(500))
    crowd = document.replace("</w:body>", f"<w:tbl>{cells}</w:tbl></w:body>")
    data = zipped({**plain, "word/document.xml": crowd}, method=zipfile.ZIP_STORED)
    yield GoodFile("docx: fifty thousand cells", "a.docx", data, BOTH)


def _open_document() -> Iterator[GoodFile]:
    box = f"<draw:frame><draw:text-box><text:p>{NAME}</text:p></draw:text-box></draw:frame>"
    change = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>Bo Ek</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
    )
    cell = f"<table:table-cell><text:p>{NAME}</text:p></table:table-cell>"
    nested = "<table:table><table:table-row><table:table-cell>{}</table:table-cell></table:table-row></table:table>"
    note = f"<text:note><text:note-body><text:p>{NAME}</text:p></text:note-body></text:note>"
    bodies = {
        "text box": f"<text:p>{box}</text:p>",
        "text box on the page": box,
        "shape in a line": f"<text:p>Hej<draw:custom-shape><text:p>{NAME}</text:p></draw:custom-shape>då</text:p>",
        "tracked changes": f"{change}<text:p>{NAME}</text:p>",
        "table": f"<table:table><table:table-row>{cell}</table:table-row></table:table>",
        "nested table": nested.format(nested.format(f"<text:p>{NAME}</text:p>")),
        "footnote": f"<text:p>Ett ord{note}</text:p>",
        "comment": f"<text:p>{NAME}<office:annotation><text:p>Bo Ek</text:p></office:annotation></text:p>",
        "spans": "<text:p><text:span>Å</text:span>sa <text:span>Öberg-<text:span>Ängström</text:span></text:span>"
        "</text:p>",
        "link": f"<text:p><text:a>{NAME}</text:a></text:p>",
        "field": f"<text:p><text:author-name>{NAME}</text:author-name></text:p>",
        "section": f"<text:section><text:section><text:p>{NAME}</text:p></text:section></text:section>",
        "list": f"<text:list><text:list-item><text:list><text:list-item><text:p>{NAME}</text:p></text:list-item></text:list></text:list-item></text:list>",  # noqa: E501
        "heading": f"<text:h>{NAME}</text:h>",
        "pronunciation": f"<text:p><text:ruby><text:ruby-base>{NAME}</text:ruby-base>"
        "<text:ruby-text>Bo Ek</text:ruby-text></text:ruby></text:p>",
        "comment of the file within a name": "<text:p>Åsa Öberg<!-- Bo Ek -->-Ängström</text:p>",
    }
    for kind, body in bodies.items():
        yield GoodFile(f"odt: {kind}", "a.odt", odt(f"{body}<text:p>{STORY}</text:p>"), BOTH, absent=("Bo Ek",))
    styles = f"<office:master-styles><style:master-page><style:header><text:p>{NAME}</text:p></style:header></style:master-page></office:master-styles>"  # noqa: E501
    yield GoodFile(
        "odt: name in the page header", "a.odt", odt(f"<text:p>{STORY}</text:p>", styles=styles), STORY, (NAME,)
    )
    plain = f"<text:p>{NAME}</text:p><text:p>{STORY}</text:p>"
    template = odt(plain, mimetype=ODT_TYPE + b"-template")
    yield GoodFile("odt: template", "a.ott", template, BOTH)
    yield GoodFile("odt: line end in its type", "a.odt", odt(plain, mimetype=ODT_TYPE + b"\n"), BOTH)
    flat = f"{XML}<office:document {ODF} office:mimetype='{ODT_TYPE.decode()}'><office:body><office:text>{plain}</office:text></office:body></office:document>"  # noqa: E501
    yield GoodFile("odt: flat", "a.fodt", flat.encode(), BOTH)
    yield GoodFile("odt: flat, UTF-16", "a.fodt", flat.replace("UTF-8", "UTF-16").encode("utf-16"), BOTH)
    late = flat.replace("<office:document ", f"<!--{'x' * 20_000}--><office:document ")
    yield GoodFile("odt: flat, behind a long comment", "a.fodt", late.encode(), BOTH)


def _rich_text() -> Iterator[GoodFile]:
    name = r"\'c5sa \'d6berg-\'c4ngstr\'f6m"
    story = r"En f\'e5gel fl\'f6g \'f6ver \'e5n till \'c4ng\'f6, och ingen visste vart."
    mac = "".join(f"\\'{byte:02x}" if byte > 127 else chr(byte) for byte in BOTH.encode("mac_roman")).replace(
        "\n", "\\par "
    )
    unicode = _escaped(BOTH)
    for kind, data in {
        "cp1252": rtf(f"{name}\\par {story}\\par"),
        "the old Mac": f"{{\\rtf1\\mac {mac}}}".encode(),
        "the old Mac by number": f"{{\\rtf1\\ansi\\ansicpg10000\\cocoartf2639 {mac}}}".encode(),
        "unicode": rtf(unicode),
        "raw letters": rtf(BOTH.replace("\n", "\\par ").encode("cp1252")),
        "TextEdit's line ends": rtf(f"{name}\\\n{story}\\\n"),
        "10 MB object": rtf(f"{name}\\par {{\\object{{\\*\\objdata {'0a' * 5_000_000}}}}}{story}\\par"),
        "10 MB picture": rtf(f"{name}\\par {{\\pict\\pngblip {'0a' * 5_000_000}}}{story}\\par"),
        "binary picture": rtf(f"{name}\\par ".encode() + b"{\\pict\\bin9 {{{}}}\\\\x}" + story.encode()),
        "deleted text": rtf(f"{name}{{\\deleted Bo Ek}}\\par {story}"),
        "comment": rtf(f"{name}{{\\*\\annotation Bo Ek}}\\par {story}"),
        "field": rtf(f"{{\\field{{\\*\\fldinst AUTHOR}}{{\\fldrslt {name}}}}}\\par {story}"),
        "table": rtf(f"\\trowd\\intbl {name}\\cell\\row\\pard {story}\\par"),
        "text box": rtf(f"{{\\shp{{\\*\\shpinst{{\\shptxt {name}\\par}}}}}}\\par {story}"),
        "footnote": rtf(f"{story}{{\\footnote {name}}}\\par"),
        "nested groups": rtf("{" * 90 + name + "}" * 90 + f"\\par {story}"),
        "an object's picture of itself": rtf(f"{{\\object{{\\*\\objdata 0a0a}}{{\\result {name}}}}}\\par {story}"),
        "said twice": rtf(f"{{\\upr{{Bo Ek}}{{\\*\\ud{{{_escaped(NAME)}}}}}}}\\par {story}"),
        "UTF-8 that nobody announced": rtf(BOTH.replace("\n", "\\par ")),
        "lines within words": rtf(f"{name}\\par\r\n" + story.replace("f", "f\r\n").replace("f\r\n6", "f6")),
    }.items():
        yield GoodFile(f"rtf: {kind}", "a.rtf", data, BOTH, absent=("Bo Ek", "AUTHOR", "0a0a"))
    yield GoodFile("rtf: name in the page header", "a.rtf", rtf(f"{{\\header {name}\\par}}{story}"), STORY, (NAME,))


def _escaped(text: str) -> str:
    """As RTF writes letters by number."""
    return "".join(f"\\u{ord(c)}?" if ord(c) > 127 else c for c in text).replace("\n", "\\par\n")


def _plain_text() -> Iterator[GoodFile]:
    for encoding in (
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp1252",
        "mac_roman",
        "cp850",
    ):
        yield GoodFile(f"txt: {encoding}", "a.txt", BOTH.encode(encoding), BOTH)
    decomposed = "A\u030asa O\u0308berg-A\u0308ngstro\u0308m\n" + STORY
    for kind, data in {
        "decomposed letters": decomposed.encode(),
        "Windows' line ends": BOTH.replace("\n", "\r\n").encode(),
        "the old Mac's line ends": BOTH.replace("\n", "\r").encode("mac_roman"),
        "a zero in it": BOTH.encode() + b"\x00",
        "the end mark of DOS": BOTH.encode("cp850") + b"\x1a",
        "form feeds": BOTH.replace("\n", "\n\x0c").encode(),
        "one long line": BOTH.replace("\n", " ").encode() * 300,
        "UTF-8 twice": BOTH.encode().decode("latin-1").encode(),
        "cut off within a letter": f"{BOTH} å".encode()[:-1],
        "one byte of another code": BOTH.encode() + b"\ncaf\xe9",
        "two codes put together": BOTH.encode() * 2 + BOTH.encode("cp1252"),
        "pairs in halves": BOTH.encode() + b" \xed\xa0\xbd\xed\xb8\x80",
        "UTF-16 and an odd byte": BOTH.encode("utf-16") + b"\n",
        "typographic signs": f"{BOTH} “Hej” – sa hon… 5 € ’".encode("cp1252"),
        "emoji and invisible signs": f"\u200b{BOTH}\ufeff 😀\u202e".encode(),
    }.items():
        yield GoodFile(f"txt: {kind}", "a.txt", data, BOTH.replace("\n", " ") if kind == "one long line" else BOTH)
    for name in ("essä", "essä.text", "essä.md", "kap 3.2", "asa.bergstrom", "ESSÄ.TXT"):
        yield GoodFile(f"txt: named {name}", name, BOTH.encode(), BOTH)
