"""Each reader against documents that hold everything it must know."""

from __future__ import annotations

import pytest

from files.evidence import Document
from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.readers import read_document
from files.tests.documents import (
    SENTENCE,
    XML,
    W,
    locked_pdf,
    odt,
    one_page_pdf,
    par,
    patched,
    pdf,
    pdf_stream,
    python_docx,
    word,
    zipped,
)


def read(data: bytes, name: str) -> Document:
    return read_document(data, name=name, limits=Limits())


def code_of(data: bytes, name: str) -> str:
    with pytest.raises(ExtractionError) as refused:
        read(data, name)
    return refused.value.code


# --- docx ------------------------------------------------------------------------------------------------------------


def test_docx_as_a_library_writes_it() -> None:
    data = python_docx(
        "Åsas essä", SENTENCE, header="Åsa Öberg\tSA24D", footer="Sida 1", author="Åsa Ö", table=["Namn", "Åsa Öberg"]
    )
    document = read(data, "Essä.DOCX")
    assert document.detected_type == "docx"
    assert document.text.split("\n")[:3] == ["Namn", "Åsa Öberg", "Åsas essä"]
    assert SENTENCE.strip() in document.text
    assert document.headers == ("Sida 1", "Åsa Öberg SA24D")
    assert dict(document.properties)["author"] == "Åsa Ö"
    assert [document.text[start:end] for start, end in document.tables] == ["Namn", "Åsa Öberg"]
    assert document.warning is None


def _run(inside: str) -> str:
    return f"<w:p><w:r>{inside}</w:r></w:p>"


_BOX = "<w:txbxContent>" + par("I rutan") + "</w:txbxContent>"
_PARTS: list[tuple[str, str, str]] = [
    ("break and tab", _run("<w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t>"), "a\nb\tc"),
    ("soft hyphen and hard one", _run("<w:t>e</w:t><w:noBreakHyphen/><w:t>post</w:t>"), "e-post"),
    ("inserted is final", f"<w:p><w:ins w:id='1'>{_run('<w:t>nytt</w:t>')[5:-6]}</w:ins></w:p>", "nytt"),
    (
        "deleted is gone",
        "<w:p><w:r><w:t>kvar</w:t></w:r><w:del><w:r><w:delText>bort</w:delText></w:r></w:del></w:p>",
        "kvar",
    ),
    ("deleted as plain text", "<w:p><w:r><w:t>kvar</w:t></w:r><w:del><w:r><w:t>bort</w:t></w:r></w:del></w:p>", "kvar"),
    ("moved counts once", f"<w:moveFrom>{par('x')}</w:moveFrom><w:moveTo>{par('flyttad')}</w:moveTo>", "flyttad"),
    (
        "comment mark",
        "<w:p><w:commentRangeStart/><w:r><w:t>ord</w:t></w:r><w:r><w:commentReference/></w:r></w:p>",
        "ord",
    ),
    ("field shows its result", _run("<w:instrText> AUTHOR </w:instrText><w:t>Alva</w:t>"), "Alva"),
    (
        "hidden text",
        "<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>dolt</w:t></w:r><w:r><w:t>synligt</w:t></w:r></w:p>",
        "synligt",
    ),
    ("shown again", "<w:p><w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:t>synligt</w:t></w:r></w:p>", "synligt"),
    ("content control", f"<w:sdt><w:sdtPr/><w:sdtContent>{par('Alva')}</w:sdtContent></w:sdt>", "Alva"),
    (
        "control nobody filled in",
        f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{par('Klicka')}</w:sdtContent></w:sdt>{par('x')}",
        "x",
    ),
    (
        "text box written twice",
        f"<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'>{_BOX}</mc:Choice><mc:Fallback>{_BOX}</mc:Fallback>"
        "</mc:AlternateContent></w:r><w:r><w:t>Utanför</w:t></w:r></w:p>",
        "Utanför\nI rutan",
    ),
    (
        "text box in the fallback only",
        f"<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'/><mc:Fallback>{_BOX}</mc:Fallback>"
        "</mc:AlternateContent></w:r></w:p>",
        "I rutan",
    ),
    (
        "old text box",
        f"<w:p><w:r><w:pict><v:shape><v:textbox>{_BOX}</v:textbox></v:shape></w:pict></w:r></w:p>",
        "I rutan",
    ),
    ("link", "<w:p><w:hyperlink><w:r><w:t>länk</w:t></w:r></w:hyperlink></w:p>", "länk"),
    ("smart tag", "<w:p><w:smartTag><w:r><w:t>Lund</w:t></w:r></w:smartTag></w:p>", "Lund"),
    ("entities", par("&lt;h1&gt; &amp; &#229;&#x1F600;"), "<h1> & å😀"),
    ("empty paragraphs", par("a") + par("") * 5 + par("b"), "a\n\nb"),
]


@pytest.mark.parametrize(("body", "text"), [case[1:] for case in _PARTS], ids=[case[0] for case in _PARTS])
def test_docx_construct(body: str, text: str) -> None:
    assert read(word(body), "essay.docx").text == text


def test_docx_notes_follow_and_comments_never() -> None:
    notes = (
        f"{XML}<w:footnotes {W}><w:footnote w:type='separator'/><w:footnote>{par('En not')}</w:footnote></w:footnotes>"
    )
    comments = f"{XML}<w:comments {W}><w:comment>{par('Bra skrivet, hälsar läraren')}</w:comment></w:comments>"
    document = read(word(par("Texten"), word__footnotes=notes, word__comments=comments), "essay.docx")
    assert document.text == "Texten\nEn not"
    assert not document.headers


def test_docx_headers_with_a_text_box_and_a_table_are_read_once_each() -> None:
    cell = f"<w:tbl><w:tr><w:tc>{par('Alva Berg')}</w:tc></w:tr></w:tbl>"
    header = f"{XML}<w:hdr {W}>{cell}{par('Klass 9A')}</w:hdr>"
    document = read(word(par("Texten"), word__header1=header, word__header2=header), "essay.docx")
    assert document.headers == ("Alva Berg", "Klass 9A")


def test_docx_with_another_name_for_the_main_part_and_folded_part_names() -> None:
    relations = (
        f'{XML}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship '
        'Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
        'Target="/word/document2.xml"/></Relationships>'
    )
    types = XML + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    document = f"{XML}<w:document {W}><w:body>{par('Hej')}</w:body></w:document>"
    data = zipped({"[Content_Types].xml": types, "_rels\\.rels": relations, "Word\\Document2.xml": document})
    assert read(data, "essay.docx").text == "Hej"


def test_docx_in_strict_form() -> None:
    strict = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'
    data = word("")
    body = f"{XML}<w:document {strict}><w:body>{par('Strikt')}</w:body></w:document>"
    types = XML + '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
    data = zipped({"[Content_Types].xml": types, "word/document.xml": body})
    assert read(data, "essay.docx").text == "Strikt"


# --- odt -------------------------------------------------------------------------------------------------------------


def test_odt_with_everything() -> None:
    body = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>borttaget</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        "<text:h>Rubrik</text:h>"
        "<table:table><table:table-row><table:table-cell><text:p>Namn</text:p></table:table-cell>"
        "<table:table-cell><text:p>Alva Berg</text:p></table:table-cell></table:table-row></table:table>"
        "<text:p>Ett<text:s text:c='2'/>ord<text:tab/>och<text:line-break/>rad\n      två<office:annotation>"
        "<text:p>Bra!</text:p></office:annotation><text:note><text:note-citation>1</text:note-citation><text:note-body>"
        "<text:p>En not</text:p></text:note-body></text:note> slut</text:p>"
        "<text:list><text:list-item><text:p>punkt</text:p></text:list-item></text:list>"
        "<text:p><draw:frame><draw:text-box><text:p>I rutan</text:p></draw:text-box></draw:frame></text:p>"
    )
    styles = (
        "<office:master-styles><style:master-page><style:header><text:p>Alva Berg NA24B</text:p></style:header>"
        "<style:footer><text:p>Sida <text:page-number>1</text:page-number></text:p></style:footer></style:master-page>"
        "</office:master-styles>"
    )
    meta = (
        "<office:meta><meta:initial-creator>Alva</meta:initial-creator><dc:creator>Läraren</dc:creator></office:meta>"
    )
    document = read(odt(body, styles=styles, meta=meta), "essay.odt")
    assert document.text == "Rubrik\nNamn\nAlva Berg\nEtt  ord\toch\nrad två slut\nEn not\npunkt\n\nI rutan"
    assert document.headers == ("Alva Berg NA24B", "Sida 1")
    assert dict(document.properties) == {"author": "Alva", "last_modified_by": "Läraren"}
    assert [document.text[slice(*span)] for span in document.tables] == ["Namn", "Alva Berg"]


def test_odt_of_a_template_is_read_and_empty_macro_lists_are_no_macros() -> None:
    data = odt("<text:p>Hej</text:p>", mimetype=b"application/vnd.oasis.opendocument.text-template")
    assert read(data, "essay.odt").text == "Hej"


# --- rtf -------------------------------------------------------------------------------------------------------------

_RTF: list[tuple[str, bytes, str]] = [
    ("escapes of cp1252", rb"{\rtf1\ansi\ansicpg1252 \'c5sa \'d6berg\par}", "Åsa Öberg"),
    ("unicode with a stand-in", rb"{\rtf1\ansi\uc1 f\u229?gel\par}", "fågel"),
    ("unicode with two stand-ins", rb"{\rtf1\ansi\uc2 f\u229\'c3\'a5gel}", "fågel"),
    ("unicode without one", rb"{\rtf1\ansi{\uc0 f\u229 gel}}", "fågel"),
    ("negative number", rb"{\rtf1 \u-3913?}", chr(0x10000 - 3913)),
    ("surrogates made whole", rb"{\rtf1 hej \u-10179?\u-8704?!}", "hej 😀!"),
    ("lone surrogate", rb"{\rtf1 hej \u-10179? du}", "hej  du"),
    ("old Mac", rb"{\rtf1\mac f\'8cgel \'9a}", "fågel ö"),
    ("old Mac by number", rb"{\rtf1\ansi\ansicpg10000 f\'8cgel}", "fågel"),
    (
        "font with another charset",
        rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}{\f1\fcharset238 Arial CE;}}\f1 \'b9 \f0 \'e5}",
        "ą å",
    ),
    ("two bytes make a letter", rb"{\rtf1\ansi{\fonttbl{\f1\fcharset128 Mincho;}}\f1 \'82\'a0}", "あ"),
    ("raw eight-bit", "{\\rtf1\\ansi Åsa på ön}".encode("cp1252"), "Åsa på ön"),
    ("signs", rb"{\rtf1 \ldblquote Hej\rdblquote\emdash \{x\}\~y\_z\-}", "“Hej”—{x}\u00a0y-z"),
    ("lines", b"{\\rtf1 en\\line tv\\'e5\\tab tre\\par fyra\r\nfem\\par}", "en\ntvå\ttre\nfyrafem"),
    ("star groups", rb"{\rtf1{\*\generator Word;}{\*\unknown bort}kvar}", "kvar"),
    ("pictures and objects", rb"{\rtf1{\pict\bin5 }}}}}}{\object{\*\objdata 0105}{\result Bild, }}kvar}", "Bild, kvar"),
    ("field", rb"{\rtf1{\field{\*\fldinst HYPERLINK x}{\fldrslt l\'e4nk}}}", "länk"),
    ("deleted", rb"{\rtf1 kvar{\deleted bort}{\v dolt\v0 synligt}}", "kvarsynligt"),
    ("comment", rb"{\rtf1 ord{\*\atnid L}{\*\atnauthor L\'e4raren}\chatn{\*\annotation bra}}", "ord"),
    ("footnote at the end", rb"{\rtf1 ord{\footnote En not} mer\par slut\par}", "ord mer\nslut\nEn not"),
    ("list numbers", rb"{\rtf1{\listtext 1.\tab}f\'f6rst\par}", "först"),
    (
        "text box",
        rb"{\rtf1 f\'f6re{\shp{\*\shpinst{\sp{\sn x}{\sv 1}}{\shptxt I rutan\par}}{\shprslt x}}\par efter\par}",
        "före\nI rutan\nefter",
    ),
    ("after the end", b"{\\rtf1 hej}skr\xe4p\x00\x00", "hej"),
]


@pytest.mark.parametrize(("data", "text"), [case[1:] for case in _RTF], ids=[case[0] for case in _RTF])
def test_rtf_construct(data: bytes, text: str) -> None:
    assert read(data, "essay.rtf").text == text.strip()


def test_rtf_headers_table_and_information() -> None:
    document = read(
        rb"{\rtf1\ansi{\info{\author \'c5sa}{\operator L\'e4raren}{\company Skolan}}"
        rb"{\header\pard Alva Berg\par NA24B\par}"
        rb"{\footerf Sida}\trowd\pard\intbl Namn\cell Alva Berg\cell\row\pard Texten\par}",
        "essay.rtf",
    )
    assert document.headers == ("Alva Berg", "NA24B", "Sida")
    assert dict(document.properties) == {"author": "Åsa", "last_modified_by": "Läraren"}
    assert document.text == "Namn\nAlva Berg\nTexten"
    assert [document.text[slice(*span)] for span in document.tables] == ["Namn", "Alva Berg"]


# --- pdf -------------------------------------------------------------------------------------------------------------


def test_pdf_of_two_pages_knows_its_running_lines() -> None:
    first = [
        "Alva Berg NA24B",
        "Min essä",
        "Fågeln flög över ån och var ett under av fri-",
        "het. Slut på sidan.",
        "Sida 1 av 2",
    ]
    second = ["Alva Berg NA24B", "Här går det vidare.", "Sida 2 av 2"]
    document = read(pdf(first, second, author="Alva B"), "essay.pdf")
    assert document.headers == ("Alva Berg NA24B",)
    assert document.text.splitlines() == [
        "Min essä",
        "Fågeln flög över ån och var ett under av frihet. Slut på sidan.",
        "Här går det vidare.",
    ]
    assert dict(document.properties)["author"] == "Alva B"


def test_pdf_with_only_an_owner_password_is_opened() -> None:
    assert "över ån" in read(locked_pdf(user="", owner="hemligt"), "essay.pdf").text


def test_pdf_ligatures_are_letters() -> None:
    content = pdf_stream(b"BT /F1 12 Tf 50 700 Td (o\xdecer \xdfickor) Tj ET")
    data = one_page_pdf(content)
    data = patched(data, b"/Encoding /WinAnsiEncoding", b"/Encoding << /Differences [222 /fi /fl] >>")
    assert read(data, "essay.pdf").text == "oficer flickor"


def test_pdf_that_starts_with_blanks_and_one_that_lost_its_table_are_read() -> None:
    good = pdf([SENTENCE])
    assert SENTENCE.strip() in read(b"\r\n\xef\xbb\xbf" + good, "essay.pdf").text
    assert SENTENCE.strip() in read(good[: good.rfind(b"xref\n")], "essay.pdf").text


# --- txt -------------------------------------------------------------------------------------------------------------

_SWEDISH = "Åsa Öberg\r\nEn fågel flög över ån, på väg till Ängö. Där är allt grönt."


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "mac_roman", "cp850"],
)
def test_txt_in_every_encoding(encoding: str) -> None:
    assert read(_SWEDISH.encode(encoding), "essay.txt").text == _SWEDISH.replace("\r\n", "\n")


def test_txt_keeps_what_other_languages_write() -> None:
    text = "Señor, ça va? Où est l'hôtel? Müller – §3, ½ liter, 20 °C"
    assert read(text.encode("cp1252"), "essay.txt").text == text
    assert read("Привет, как дела".encode(), "essay.txt").text == "Привет, как дела"


def test_txt_without_an_ending_and_with_one_that_is_none() -> None:
    for name in ("essay", "Alva Berg", "essay.", "alva.bergstrom", "kap 3.2"):
        assert read(b"Hej du", name).text == "Hej du"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("Привет, как дела, мой друг".encode("cp1251"), "encoding_unknown"),
        (b"\xff\xfeH\x00e\x00\x00\xd8", "encoding_unknown"),
        (bytes(range(256)) * 20, "binary_text"),
        (b" \r\n\t ", "empty_file"),
        ("\ufeff \n".encode("utf-16"), "empty_file"),
        (b"\x00" * 500, "empty_file"),
    ],
)
def test_txt_that_cannot_be_read(data: bytes, code: str) -> None:
    assert code_of(data, "essay.txt") == code


# --- what all have in common -----------------------------------------------------------------------------------------


def test_text_comes_out_clean_whatever_goes_in() -> None:
    dirty = "A\u030asa\u200b skrev\u202e baklänges\ufeff\u00ad och \u2028 bröt rad 20080131-1234 📚\u200d"
    for data, name in (
        (word(par(dirty)), "essay.docx"),
        (odt(f"<text:p>{dirty}</text:p>"), "essay.odt"),
        (dirty.encode(), "essay.txt"),
    ):
        document = read(data, name)
        assert document.text == "Åsa skrev baklänges och\n bröt rad [personnummer] 📚"
        assert document.personnummer_removed == 1


def test_a_single_nul_does_not_make_a_text_binary() -> None:
    assert read(b"Hej\x00 d\xc3\xa5 " + b"ord " * 100, "essay.txt").text.startswith("Hej då")


def test_numbers_in_headers_and_properties_are_removed_and_counted() -> None:
    header = f"{XML}<w:hdr {W}>{par('Alva 080131-1234')}</w:hdr>"
    core = (
        f'{XML}<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>20080131+1234</dc:creator></cp:coreProperties>'
    )
    document = read(word(par(SENTENCE), word__header1=header, docProps__core=core), "essay.docx")
    assert document.headers == ("Alva [personnummer]",)
    assert dict(document.properties) == {"author": "[personnummer]"}
    assert document.personnummer_removed == 2


def test_a_short_text_is_read_with_a_warning() -> None:
    assert read(word(par("Hej")), "essay.docx").warning == "short_text"
