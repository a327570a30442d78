"""Reading class lists: how they are written, what their columns are called, and what is wrong in them. Pure."""

from __future__ import annotations

import csv
import io
import json
import os
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from classes.ordering import by_surname, matching, sort_key
from classes.rosters.cleaning import cleaned
from classes.rosters.diff import diff_roster
from classes.rosters.grid import load_grid
from classes.rosters.parsing import ParsedRoster, RosterError, parse_grid, parse_roster
from classes.rosters.reading import read_grid
from huleedu.common.text import clean_line, has_personal_number, strip_personal_numbers

SHARED = Path(os.environ.get("HULEEDU_SHARED", "../shared"))
LIST = "Förnamn;Efternamn;E-post\nÅsa;Öberg;asa@elev.example\n"


def names(parsed: ParsedRoster) -> list[tuple[str, str]]:
    return [(row.given_name, row.family_name) for row in parsed.rows]


def codes(parsed: ParsedRoster) -> list[tuple[int, str]]:
    return [(problem.line, problem.code) for problem in parsed.problems]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "mac_roman", "cp850", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_line_ends(encoding: str, delimiter: str, newline: str) -> None:
    text = LIST.replace(";", delimiter).replace("\n", newline)
    parsed = parse_roster(text.encode(encoding))
    assert names(parsed) == [("Åsa", "Öberg")]
    assert parsed.rows[0].email == "asa@elev.example"
    assert parsed.delimiter == delimiter
    assert parse_roster(text).rows == parsed.rows


@pytest.mark.parametrize(
    "heading",
    [
        "Förnamn;Efternamn;E-post",
        "FORNAMN;EFTERNAMN;EPOST",
        " First name ;Last name:;Email",
        "given_name;family_name;email",
        "* Given name;Surname;School e-mail",
        "\ufeffTilltalsnamn;Efternamn;Mejl".replace("Tilltalsnamn", "Förnamn"),
        "Fo\u0308rnamn;Efternamn;E-postadress",
    ],
)
def test_headings_in_swedish_and_english(heading: str) -> None:
    parsed = parse_roster(f"{heading}\nÅsa;Öberg;asa@elev.example\n")
    assert [column.field for column in parsed.columns] == ["given_name", "family_name", "email"]
    assert names(parsed) == [("Åsa", "Öberg")]
    assert codes(parsed) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Namn;Klass\nÖberg, Åsa;SA24D\n", [("Åsa", "Öberg")]),
        ("Namn\nÅsa Öberg\n", [("Åsa", "Öberg")]),
        ("Namn;Nr\nÅsa Öberg;7\n", [("Åsa", "Öberg")]),
        ("Telefon;Namnet\n070;Åsa\n", []),
        ("Åsa;Öberg;student\nBo;Ek;student\n", [("Åsa", "Öberg"), ("Bo", "Ek")]),
        ("Åsa Öberg\nBo Ek\n", [("Åsa", "Öberg"), ("Bo", "Ek")]),
        ("Öberg, Åsa\nEk, Bo\n", [("Åsa", "Öberg"), ("Bo", "Ek")]),
        ("Öberg\tÅsa\nEk\tBo\n", [("Åsa", "Öberg"), ("Bo", "Ek")]),
        ("Åsa\tÖberg\tasa.oberg@elev.example\n", [("Åsa", "Öberg")]),
        ("Öberg\tÅsa\tasa.oberg@elev.example\n", [("Åsa", "Öberg")]),
        ("Åsa Öberg <asa@elev.example>; Bo Ek <bo@elev.example>", [("Åsa", "Öberg"), ("Bo", "Ek")]),
        ("Åsa Öberg <asa@elev.example>\n", [("Åsa", "Öberg")]),
        ("Förnamn;Efternamn;E-post\n;;asa@elev.example\n", [("", "")]),
        ("Klass SA24D\n\nFörnamn;Efternamn\nÅsa;Öberg\nAntal elever: 1\n", [("Åsa", "Öberg")]),
        ("sep=;\nFörnamn;Efternamn\nÅsa;Öberg\n", [("Åsa", "Öberg")]),
        ('Förnamn;Efternamn\n"Åsa ""Ossa""";"Öberg;\nEk"\n', [('Åsa "Ossa"', "Öberg; Ek")]),
        ("Förnamn;Efternamn\nÅsa;\n", [("Åsa", "")]),
        ("Förnamn;Efternamn\n=HYPERLINK(1);Öberg\n", [("=HYPERLINK(1)", "Öberg")]),
        ("Förnamn;Efternamn\nÅ\u200bsa;Ö\u00a0 berg\n", [("Åsa", "Ö berg")]),
        ("Elever\nFörnamn;Efternamn\nÅsa;Öberg\n", [("Åsa", "Öberg")]),
    ],
)
def test_shapes(text: str, expected: list[tuple[str, str]]) -> None:
    assert names(parse_roster(text)) == expected


@pytest.mark.parametrize(
    ("row", "code", "kept"),
    [
        ("Bo;Ek;", "missing_email", True),
        ("Bo;Ek;bo@", "bad_email", True),
        ("Bo;Ek;bo@b.c", "bad_email", True),
        ("Bo;Ek;bo@elev.example.", "bad_email", True),
        ("Bo;Ek;björn@elev.example", "bad_email", True),
        (";;bo@elev.example", "missing_name", True),
        ("\u00ad;;bo@elev.example", "missing_name", True),
        ("Bo;Ek;ASA@elev.example", "duplicate", False),
        (f"{'x' * 151};Ek;bo@elev.example", "name_too_long", True),
        ("Åsa;Öberg;bo@elev.example", "same_name", True),
        ("=Bo;Ek;bo@elev.example", "formula_like", True),
        ("Bо;Ek;bo@elev.example", "suspicious_name", True),
        ("<b>Bo;Ek;bo@elev.example", "suspicious_name", True),
        ("Bo\u202e;Ek;bo@elev.example", "suspicious_name", True),
        ("Bo;Ek;bo@elev.example;7", "extra_cells", True),
    ],
)
def test_what_is_wrong_with_a_row(row: str, code: str, *, kept: bool) -> None:
    parsed = parse_roster(LIST + row + "\n")
    assert (3, code) in codes(parsed)
    assert len(parsed.rows) == 1 + kept
    assert len(parsed.duplicates) == (not kept)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Förnamn;Efternamn;Sekretess\nBo;Ek;ja\n", "protected"),
        ("Förnamn;Efternamn;Roll\nBo;Ek;Lärare\n", "not_a_student"),
    ],
)
def test_rows_that_are_left_out(text: str, code: str) -> None:
    parsed = parse_roster(text)
    assert parsed.rows == ()
    assert codes(parsed) == [(2, code)]


@pytest.mark.parametrize("text", ["Telefon;Adress\n070;Gatan 1\n", "1;2\n3;4\n", "Klass;Roll\nSA24D;elev\n"])
def test_a_list_without_names_says_so(text: str) -> None:
    parsed = parse_roster(text)
    assert "no_name_column" in [code for _line, code in codes(parsed)]
    assert parsed.rows == ()


def _bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 60_000_000)
    return out.getvalue()


def _archive(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b" \r\n\t", "empty_file"),
        ("\ufeff \n", "empty_file"),
        (b"%PDF-1.7 and so on", "unsupported_type"),
        (b"\x89PNG\r\n\x1a\n", "unsupported_type"),
        (b"\xd0\xcf\x11\xe0old Excel", "corrupt"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "unsupported_type"),
        (bytes(range(32)) * 100, "unsupported_type"),
        ("Namn\nBo\x00 Ek\n", "unsupported_type"),
        (_archive(word=b"x"), "unsupported_type"),
        (_archive(**{"xl/workbook.xml": b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"}), "corrupt"),
        (b"PK\x03\x04 cut off", "corrupt"),
        (_bomb(), "corrupt"),
        (b"x" * 5_000_001, "too_many_rows"),
        ("Namn\n" + "Bo Ek\n" * 5_001, "too_many_rows"),
        ("Namn\n" + "\n" * 10_001 + "Bo Ek\n", "too_many_rows"),
        ('Namn\n"' + "x" * 200_000 + '"\n', "corrupt"),
        ("x" * 200_000 + "\n", "corrupt"),
    ],
)
def test_what_cannot_be_read(data: bytes | str, code: str) -> None:
    with pytest.raises(RosterError) as caught:
        parse_roster(data)
    assert caught.value.code == code


def test_five_thousand_rows_are_read() -> None:
    parsed = parse_roster("Förnamn;Efternamn\n" + "".join(f"A;B{n}\n" for n in range(5_000)))
    assert len(parsed.rows) == 5_000


def _workbook(*rows: list[Any]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("rows", ['<row r="2000000000"><c t="n"><v>1</v></c></row>', "<row/>" * 1_100_000])
def test_a_workbook_that_would_take_for_ever_is_refused(rows: str) -> None:
    """Rows that are only said to be there, and more of them than a sheet can hold."""
    whole, out = zipfile.ZipFile(io.BytesIO(_workbook(["Förnamn", "Efternamn"], ["Åsa", "Öberg"]))), io.BytesIO()
    with whole, zipfile.ZipFile(out, "w") as archive:
        for name in whole.namelist():
            kept = whole.read(name).replace(b"<dimension ", b"<unsized ")
            archive.writestr(name, kept.replace(b"</sheetData>", rows.encode() + b"</sheetData>"))
    with pytest.raises(RosterError) as caught:
        parse_roster(out.getvalue())
    assert caught.value.code == "too_many_rows"


@pytest.mark.parametrize(
    "cell", ["<" + "a@" * 60_000, "a" + "," * 120_000, "a:b" * 40_000, "a b " * 30_000, "a" + "\u0301\u0316" * 60_000]
)
def test_a_hostile_cell_takes_no_time(cell: str) -> None:
    """Each took minutes, in a web process."""
    began = time.process_time()
    parse_roster(f'Namn;E-post\nÅsa Öberg;asa@elev.example\n"{cell}";"{cell}"\n')
    assert time.process_time() - began < 5


def test_workbook() -> None:
    data = _workbook(["Klass SA24D"], [], ["Förnamn", "Efternamn", "Canvas ID"], ["Åsa", "Öberg", 4301.0])
    parsed = parse_roster(data)
    assert (parsed.source, parsed.encoding, parsed.header_line) == ("xlsx", "xlsx", 3)
    assert parsed.rows[0].external_ids == (("canvas", "4301"),)
    assert parsed.rows[0].line == 4


def test_a_stray_cell_far_away_does_no_harm() -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Förnamn", "Efternamn"])
    sheet.append(["Åsa", "Öberg"])
    sheet["XFD2"] = "far"
    sheet.cell(row=200_000, column=1).number_format = "0.00"
    out = io.BytesIO()
    book.save(out)
    parsed = parse_roster(out.getvalue())
    assert names(parsed) == [("Åsa", "Öberg")]
    assert len(parsed.columns) <= 200


@pytest.mark.parametrize(
    ("text", "left", "removed"),
    [
        ("19121212-1212", "", 1),
        ("121212-1212;Åsa;121212+1212", ";Åsa;", 2),
        ("191212121212", "", 1),
        ("1212121212", "", 1),
        ("121272-1219", "", 1),
        ("121212\u20131212 och 121212 1212", " och ", 2),
        ("20070101-9999", "", 1),
        ("12 12 12 12 12", "", 1),
        ("Åsa 12 12 12-12 12 och 121212-121Z, 2O121212-1212", "Åsa  och 121212-121Z, ", 2),
        ("12 12 12 12 13", "12 12 12 12 13", 0),
        ("08 12 12 12 13", "08 12 12 12 13", 0),
        ("070123-4567", "070123-4567", 0),
        ("1212121213", "1212121213", 0),
        ("121312-1211", "121312-1211", 0),
        ("5121212121212", "5121212121212", 0),
        ("121212\n1212", "121212\n1212", 0),
        ("Åsa Öberg, 070-123 45 67", "Åsa Öberg, 070-123 45 67", 0),
    ],
)
def test_only_personal_identity_numbers_are_removed(text: str, left: str, removed: int) -> None:
    assert strip_personal_numbers(text) == (left, removed)
    assert has_personal_number(text) == bool(removed)
    grid = read_grid(json.dumps(["Namn", text], ensure_ascii=False))
    kept = cleaned(grid)
    assert (strip_personal_numbers(repr(kept.grid))[1], kept.removed) == (0, removed)


@given(st.text())
def test_cleaning_a_line_is_idempotent(text: str) -> None:
    once = clean_line(text)
    assert clean_line(once) == once
    assert "\x00" not in once
    assert once == once.strip()


@given(st.one_of(st.binary(), st.text(), st.text(alphabet='Namn;,\t"\n@<>=sep å1-').map(lambda text: f"Namn;{text}")))
def test_nothing_but_a_roster_error_comes_out(data: bytes | str) -> None:
    try:
        parsed = parse_roster(data)
    except RosterError:
        return
    kept = load_grid(cleaned(read_grid(data)).grid.dump())
    again = parse_grid(kept)
    assert again.personnummer_removed == 0
    rows = diff_roster(parsed, known=[])
    assert len({row.key for row in rows}) == len(parsed.rows) + len(parsed.duplicates)
    for row in rows:
        assert not any(has_personal_number(row.values[name]) for name in ("given_name", "family_name", "email"))


NAME = st.text(st.characters(categories=["L", "Zs", "P"]), min_size=1).filter(lambda name: clean_line(name))


@given(st.lists(st.tuples(NAME, NAME), min_size=1, max_size=20))
def test_any_csv_with_headings_keeps_every_row(rows: list[tuple[str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([("Förnamn", "Efternamn"), *rows])
    parsed = parse_roster(out.getvalue())
    told = {line for line, why in parsed.ignored if why in ("footer", "header_repeated")}
    assert len(parsed.rows) + len(told) == len(rows)


def test_swedish_order() -> None:
    families = [
        "Öberg",
        "Zetterlund",
        "Åkerström",
        "af Ekenäs",
        "Ärlig",
        "Ek",
        "El-Sayed",
        "Édouard",
        "de la Cruz",
        "Ø",
    ]
    rows = [{"family_name": name, "given_name": "A"} for name in families]
    assert [row["family_name"] for row in by_surname(rows)] == [
        "de la Cruz", "Édouard", "Ek", "af Ekenäs", "El-Sayed", "Zetterlund", "Åkerström", "Ärlig", "Ø", "Öberg"
    ]  # fmt: skip
    assert sort_key("von") == "von"
    assert sort_key("Yıldız") == sort_key("Yildiz")


def test_one_with_only_a_first_name_sorts_by_it() -> None:
    rows = [{"family_name": "Ek", "given_name": "Bo"}, {"family_name": "", "given_name": "Anna"}]
    assert [row["given_name"] for row in by_surname(rows)] == ["Anna", "Bo"]


def test_search_ignores_accents_but_puts_exact_ones_first() -> None:
    rows: list[dict[str, Any]] = [
        {"given_name": "Linnea", "family_name": "Oberg", "preferred_name": "", "email": None},
        {"given_name": "Linnéa", "family_name": "Öberg", "preferred_name": "Linn", "email": "lo@elev.example"},
        {"given_name": "Bo", "family_name": "Ek", "preferred_name": "", "email": ""},
    ]
    assert [row["family_name"] for row in matching(rows, "öberg")] == ["Öberg", "Oberg"]
    assert [row["family_name"] for row in matching(rows, "OBERG linnea")] == ["Oberg", "Öberg"]
    assert [row["family_name"] for row in matching(rows, "lo@")] == ["Öberg"]
    assert matching(rows, "xyz") == []


# --- manage.py read_roster, and the shared lists ---------------------------------------------------------------------


def _command(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, Any]:
    call_command("read_roster", str(path), "--json", *options)
    shown: dict[str, Any] = json.loads(capsys.readouterr().out)
    return shown


def test_read_roster(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "klass lista.csv"
    path.write_text(LIST + "Bo;Ek;121212-1212\n", encoding="cp1252")
    shown = _command(path, capsys)
    assert set(shown) >= {"encoding", "delimiter", "source", "rows", "problems", "ignored", "discarded_columns"}
    assert shown["rows"][0] == {"given_name": "Åsa", "family_name": "Öberg", "email": "asa@elev.example"}
    assert (shown["encoding"], shown["personnummer_removed"]) == ("cp1252", 1)
    path.write_text("Åsa Öberg <asa@elev.example>", encoding="utf-8")
    assert _command(path, capsys, "--text")["source"] == "paste"
    path.write_bytes(b"%PDF-1.7")
    assert _command(path, capsys)["problems"] == [{"line": 0, "code": "unsupported_type"}]
    with pytest.raises(CommandError):
        call_command("read_roster", str(tmp_path / "none.csv"))
    path.write_bytes(b"\xff")
    with pytest.raises(CommandError):
        call_command("read_roster", str(path), "--text")


@pytest.mark.skipif(not SHARED.is_dir(), reason="HULEEDU_SHARED names no folder")
def test_the_corpus_rosters_are_read_whole() -> None:
    paths = sorted(SHARED.glob("corpus/*/roster.csv"))
    assert paths
    for path in paths:
        data = path.read_bytes()
        expected = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
        parsed = parse_roster(data)
        assert [(row.given_name, row.family_name, row.email or "", row.preferred_name) for row in parsed.rows] == [
            (row["given_name"], row["family_name"], row["email"], row.get("preferred_name", "")) for row in expected
        ], path
