"""Lists of two hundred kinds that no reader was written for: exports of school systems, what people paste, bad habits.

`data/roster_kinds.json` holds each as it is pasted (`pasted`) or as the bytes of a file (`bytes`, a character each),
with the students, the problems (a missing address apart) and the number of personal identity numbers.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from classes.rosters.cleaning import cleaned
from classes.rosters.grid import RosterError, load_grid
from classes.rosters.headings import field_of, is_private
from classes.rosters.parsing import ParsedRoster, parse_grid, parse_roster
from classes.rosters.reading import read_grid

KINDS: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "roster_kinds.json").read_text("utf-8"))
PEOPLE = [
    ("Anna", "Berg", "anna.berg@elev.example"),
    ("Bo", "Ek", "bo.ek@elev.example"),
    ("Åsa", "Öberg", "asa.oberg@elev.example"),
]
HEADINGS = ("Förnamn", "Efternamn", "E-post")


def people(parsed: ParsedRoster) -> list[tuple[str, str, str | None]]:
    return [(row.given_name, row.family_name, row.email) for row in parsed.rows]


def content(kind: dict[str, Any]) -> bytes | str:
    pasted: str | None = kind.get("pasted")
    return kind["bytes"].encode("latin-1") if pasted is None else pasted


@pytest.mark.parametrize("name", KINDS)
def test_kind(name: str) -> None:
    kind = KINDS[name]
    parsed = parse_roster(content(kind))
    assert [list(person) for person in people(parsed)] == kind["rows"]
    assert sorted({problem.code for problem in parsed.problems} - {"missing_email"}) == kind.get("codes", [])
    assert parsed.personnummer_removed == kind.get("removed", 0)


@pytest.mark.parametrize("name", KINDS)
def test_a_draft_of_the_kind_gives_the_same_and_no_number(name: str) -> None:
    grid = read_grid(content(KINDS[name]))
    kept = cleaned(grid).grid.dump()
    again = parse_grid(load_grid(kept))
    assert [list(person) for person in people(again)] == KINDS[name]["rows"]
    text = re.sub(r"\W", "", kept.decode())
    assert "0701012387" not in text
    assert "0701022394" not in text
    assert not any(row.personnummer_removed for row in [again])


# --- workbooks and pages ---------------------------------------------------------------------------------------------


def workbook(rows: list[list[Any]], change: Callable[[Any, Any], Any] = lambda _book, _sheet: None) -> bytes:
    book = Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(row)
    change(book, sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def rewritten(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with its first sheet changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name.endswith("sheet1.xml") else old.read(name))
    return out.getvalue()


def _hidden(book: Any, _sheet: Any) -> None:
    other = book.create_sheet("Förra året")
    other.append(list(HEADINGS))
    for n in range(20):
        other.append([f"Gammal{n}", "Elev", f"g{n}@elev.example"])
    other.sheet_state = "hidden"


LIST: list[list[Any]] = [list(HEADINGS), *map(list, PEOPLE)]
EVERYTHING = b'<dimension ref="A1:XFD1048576"/>'
SIZE = rb'<dimension ref="[^"]*" ?/>'
WORKBOOKS: dict[str, bytes] = {
    "a hidden sheet with more": workbook(LIST, _hidden),
    "a merged title": workbook([["Klasslista SA24D"], *LIST], lambda _book, sheet: sheet.merge_cells("A1:C1")),
    "a size of one cell": rewritten(workbook(LIST), lambda xml: re.sub(SIZE, b'<dimension ref="A1"/>', xml)),
    "no size": rewritten(workbook(LIST), lambda xml: re.sub(SIZE, b"", xml)),
    "a size of everything": rewritten(workbook(LIST), lambda xml: re.sub(SIZE, EVERYTHING, xml)),
    "a size of nonsense": rewritten(workbook(LIST), lambda xml: re.sub(SIZE, b'<dimension ref="x"/>', xml)),
    "two rows of headings": workbook(
        [["Elev", "", "", "Vårdnadshavare", ""], [*HEADINGS, "Namn", "E-post"]]
        + [[*person, "Eva", "eva@hem.example"] for person in PEOPLE]
    ),
    "a report": workbook(
        [["Rapport"], ["Utskriven 2026-08-20"], [], ["Efternamn", "Förnamn", "Personnr", "E-postadress (elev)"]]
        + [[family, given, "20070101-2387", mail] for given, family, mail in PEOPLE]
        + [[], ["Antal elever", 3]]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WORKBOOKS)
def test_workbook(name: str) -> None:
    parsed = parse_roster(WORKBOOKS[name])
    assert people(parsed) == PEOPLE
    assert not parsed.problems


def ods(rows: list[list[str]]) -> bytes:
    cells = ["".join(f"<table:table-cell><text:p>{value}</text:p></table:table-cell>" for value in row) for row in rows]
    empty = '<table:table-cell table:number-columns-repeated="16000"/>'
    table = "".join(f"<table:table-row>{row}{empty}</table:table-row>" for row in cells)
    rest = f'<table:table-row table:number-rows-repeated="1048000">{empty}</table:table-row>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", f"<office:body><table:table>{table}{rest}</table:table></office:body>")
    return out.getvalue()


def page(rows: list[list[str]], *, end: str = "</td>") -> str:
    body = "".join("<tr>" + "".join(f"<td>{value}{end}" for value in row) for row in rows)
    return f"<html><head><style>td {{}}</style></head><body><h1>Klasslista</h1><table>{body}</table></body></html>"


def xml(rows: list[list[str]]) -> str:
    cell = '<Cell ss:Index="{n}"><Data ss:Type="String">{value}</Data></Cell>'
    body = "".join(
        "<Row>" + "".join(cell.format(n=2 * n + 1, value=value) for n, value in enumerate(row)) + "</Row>"
        for row in rows
    )
    return f'<?xml version="1.0"?><Workbook xmlns:ss="x"><Worksheet><Table>{body}</Table></Worksheet></Workbook>'


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (ods(LIST), "ods"),
        (page(LIST).encode(), "utf-8"),
        (page(LIST, end="").encode("cp1252"), "cp1252"),
        (xml(LIST).encode("utf-8-sig"), "utf-8-sig"),
        (page([["F&ouml;rnamn", "Efternamn", "E-post"], *LIST[1:]]).encode(), "utf-8"),
    ],
    ids=["ods", "html", "html without ends", "xml of Excel 2003", "entities"],
)
def test_markup(data: bytes, encoding: str) -> None:
    parsed = parse_roster(data)
    assert people(parsed) == PEOPLE
    assert (parsed.encoding, parsed.header_line, [row.line for row in parsed.rows]) == (encoding, 1, [2, 3, 4])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"<html><body>hej</body></html>", "unsupported_type"),
        (b"<table>" + b"<tr><td>" * 200_000, "too_many_rows"),
        (b"<table>" + b"<tr><td>x" * 12_000, "too_many_rows"),
        (b"<table>" * 50_000, "unsupported_type"),
        (b'[{"givenName": "Anna"}]', "unsupported_type"),
        (b"BEGIN:VCARD\nN:Berg;Anna\nEND:VCARD\n", "unsupported_type"),
        (ods([]), "empty_file"),
        (ods(LIST).replace(b"office:body", b"office:bod"), "corrupt"),
    ],
    ids=["no table", "tags", "rows", "nested", "json", "vcard", "empty ods", "cut ods"],
)
def test_what_holds_no_list(data: bytes, code: str) -> None:
    with pytest.raises(RosterError) as caught:
        parse_roster(data)
    assert caught.value.code == code


def test_a_cell_that_spans_the_sheet_costs_nothing() -> None:
    wide = f"<table><tr><td colspan='99999999'>Namn</td></tr><tr><td>{'Anna Berg'}</td></tr></table>"
    assert people(parse_roster(wide.encode())) == [("Anna", "Berg", None)]


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("E-post (elev)", "email"), ("E-post (vårdnadshavare)", None), ("E-post (mentor)", None),
        ("Elevens förnamn", "given_name"), ("Student Last Name", "family_name"), ("Legal First Name", "given_name"),
        ("Namn (efternamn, förnamn)", "full_name"), ("Last name, First name", "full_name"),
        ("Sekretess J/N", "protected"), ("Identitetsskydd", "protected"), ("Lösenordsskydd", None),
        ("Skyddsombud", None), ("Förälders e-post", None), ("Mors e-post", None), ("Vh1 e-post", None),
    ],
)  # fmt: skip
def test_headings(heading: str, field: str | None) -> None:
    assert field_of(heading) == field
    if field is None and "ombud" not in heading and "mentor" not in heading:
        assert is_private(heading)


@pytest.mark.parametrize(
    "written",
    [
        "20070102_2394",
        "2007-01-02/2394",
        "20070102\u200b2394",
        "20070102\u00ad-2394",
        "2\u2060007010\u202e2-2394",
        "2\u200b0\u200b0\u200b7\u200b0\u200b1\u200b0\u200b2\u200b2\u200b3\u200b9\u200b4",
        "20070102\n2394",
        "２００７０１０２－２３９４",
        "2 0 0 7 0 1 0 2 2 3 9 4",
    ],
)
def test_no_shape_of_a_number_is_shown_or_kept(written: str) -> None:
    grid = read_grid(f'Förnamn;Efternamn\nAnna;Berg\nBo;"Ek {written}"\n')
    parsed = parse_grid(grid)
    assert [(row.given_name, row.family_name) for row in parsed.rows] == [("Anna", "Berg"), ("Bo", "Ek")]
    assert parsed.personnummer_removed == 1
    kept = cleaned(grid)
    assert kept.removed == 1
    assert sum(c.isdecimal() for record in kept.grid.records for cell in record.cells for c in cell) == 0


def test_no_sheet_is_named_by_a_number() -> None:
    def rename(_book: Any, sheet: Any) -> None:
        sheet.title = "20070102-2394"

    grid = cleaned(read_grid(workbook([["Förnamn", "Efternamn"], ["Anna", "Berg"]], rename))).grid
    assert grid.sheets == ("***",)
