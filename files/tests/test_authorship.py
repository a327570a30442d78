"""Where the writer may be named, and what must not be taken for it."""

from __future__ import annotations

import time

import pytest

from files.authorship import MAX_ITEMS, find_evidence
from files.evidence import Document

STORY = "Det var en gång en fågel som flög över ån, och ingen visste vart den var på väg.\n" * 8


def found(
    text: str = STORY,
    *,
    name: str = "essay.docx",
    path: str = "",
    headers: tuple[str, ...] = (),
    properties: tuple[tuple[str, str], ...] = (),
    cells: tuple[str, ...] = (),
) -> set[tuple[str, str]]:
    """(place, text) of all evidence; `cells` stand before `text` and are table cells."""
    tables, position = [], 0
    for cell in cells:
        tables.append((position, position + len(cell)))
        position += len(cell) + 1
    whole = "\n".join([*cells, text])
    document = Document("docx", whole, headers=headers, properties=properties, tables=tuple(tables))
    return {(item.place, item.text) for item in find_evidence(name=name, path=path, document=document)}


@pytest.mark.parametrize(
    "line",
    [
        "Namn: Alva Berg",
        "NAMN : Alva Berg",
        "Elev – Alva Berg",
        "Namn\tAlva Berg",
        "Name and class: Alva Berg",
        "Namn (för- och efternamn): Alva Berg",
        "Student's name: Alva Berg",
        "Written by: Alva Berg",
        "• Skribent: Alva Berg",
        "Klass: NA24B Datum: 2025-07-15 Elev: Alva Berg",
        "Course: English 6 | Student: Alva Berg",
        "Undervisande lärare: Berit Ek\tElev: Alva Berg\tKurs: ENG 5",
        "Namn: Alva Berg, Klass: NA24B",
        "Namn:\nAlva Berg",
    ],
)
def test_label(line: str) -> None:
    assert ("label", "Alva Berg") in found(f"{line}\n{STORY}")


@pytest.mark.parametrize("line", ["Av Alva Berg", "By Alva Berg", "skriven av Alva Berg"])
def test_a_by_line_may_be_a_book_authors_too(line: str) -> None:
    assert ("first_line", "Alva Berg") in found(f"{line}\n{STORY}")


@pytest.mark.parametrize("line", ["Opponent: Alva Berg", "Kamratrespons: Alva Berg", "Cc: alva.berg@elev.example"])
def test_a_label_of_somebody_else_or_unknown(line: str) -> None:
    assert {place for place, text in found(f"{line}\n{STORY}") if "lva" in text} <= {"body"}


@pytest.mark.parametrize(
    ("path", "name", "slot"),
    [
        ("", "Alva Berg_3217958_assignsubmission_file_essay.docx", "Alva Berg"),
        ("", "bergalva_LATE_98765_4321_essay.docx", "bergalva"),
        ("Alva Berg_3217958_assignsubmission_file", "essay.docx", "Alva Berg"),
        ("10432-99120 - Alva Berg - Oct 2, 2026 933 PM", "essay.docx", "Alva Berg"),
        ("Berg_Alva (alvber09)", "essay.docx", "Berg_Alva"),
        ("Essay 2/Berg, Alva(alvber09)/Submission attachment(s)", "essay.docx", "Berg, Alva"),
    ],
)
def test_a_learning_systems_names_hold_the_writers(path: str, name: str, slot: str) -> None:
    evidence = find_evidence(name=name, path=path, document=Document("docx", STORY))
    assert slot in [item.text for item in evidence if item.place == "folder"]


def test_an_address_in_a_sentence_is_spoken_of() -> None:
    line = "Skriv till alva.berg@elev.example om du vill vara med."
    assert ("body", "alva.berg@elev.example") in found(f"Skuggor\n{STORY}{line}\n{STORY}")
    assert ("email", "alva.berg@elev.example") in found(f"E-post: alva.berg@elev.example\n{STORY}")


@pytest.mark.parametrize(
    "line", ["Lärare: Berit Ek", "Till: Berit Ek", "Klass: 9A Lärare: Berit Ek", "av en slump blev det"]
)
def test_labels_of_others_name_nobody(line: str) -> None:
    assert not {text for place, text in found(f"{line}\n{STORY}") if place == "label"}
    assert not {text for _place, text in found(f"{line}\n{STORY}") if text == "Berit Ek"}


def test_label_at_the_end_and_not_in_the_middle() -> None:
    assert ("label", "Alva Berg") in found(f"{STORY * 6}Skriven av: Alva Berg")
    assert ("label", "Alva Berg") not in found(f"{STORY * 6}Namn: Alva Berg\n{STORY * 6}")


@pytest.mark.parametrize(
    "cells",
    [
        ("Namn", "Alva Berg", "Klass", "NA24B"),
        ("Namn", "Lärare", "Alva Berg", "Berit Ek"),
        ("Klass", "Namn", "Datum", "NA24B", "Alva Berg", "3/4"),
        ("Namn: Alva Berg", "Klass: NA24B"),
    ],
)
def test_label_in_a_table(cells: tuple[str, ...]) -> None:
    result = found(cells=cells)
    assert ("label", "Alva Berg") in result
    assert "Berit Ek" not in {text for _place, text in result}


def test_cells_without_labels_are_weaker_evidence() -> None:
    assert ("table", "Alva Berg") in found(cells=("Alva Berg", "NA24B"))


def test_first_lines_stop_where_the_text_begins() -> None:
    result = found(f"Alva Berg\nMin resa\nberit.ek@skola.example\n{STORY}Elsa Falk\n{STORY}")
    assert {text for place, text in result if place == "first_line"} == {"Alva Berg", "Min resa"}


def test_page_headers_with_and_without_a_label() -> None:
    result = found(headers=("Alva Berg NA24B", "Namn: Alva Berg", "Lärare: Berit Ek", "7"))
    assert {item for item in result if item[0] in ("page_header", "label")} == {
        ("page_header", "Alva Berg NA24B"),
        ("label", "Alva Berg"),
    }


def test_sign_off_but_not_under_a_letter_in_the_text() -> None:
    assert ("sign_off", "Alva Berg") in found(f"{STORY}\nAlva Berg")
    assert ("sign_off", "Elsa Falk") not in found(f"{STORY}\nMed vänlig hälsning\nElsa Falk")


def test_names_folders_addresses_and_properties() -> None:
    result = found(
        f"Skicka svar till alva.berg@skola.example!\n{STORY}",
        name="Alva Berg v2.docx",
        path="NA24B/Alva Berg",
        properties=(("author", "Alva"), ("last_modified_by", "Windows User"), ("title", "Elsa")),
    )
    assert result >= {
        ("file_name", "Alva Berg v2"),
        ("folder", "NA24B"),
        ("folder", "Alva Berg"),
        ("email", "alva.berg@skola.example"),
        ("property", "Alva"),
    }
    assert not {text for place, text in result if place == "property"} - {"Alva"}


def test_a_file_without_text_still_has_its_name() -> None:
    assert found("", name="Alva Berg.pdf") == {("file_name", "Alva Berg")}


def test_offsets_point_at_the_text_in_its_normal_form() -> None:
    document = Document("txt", f"Namn: Åsa Öberg 📚\n{STORY}", headers=("x Åsa",))
    items = find_evidence(name="A\u030asa.docx", path="Mapp/Åsa", document=document)
    fields = {"name": "Åsa.docx", "path": "Mapp/Åsa", "text": document.text, "header:0": "x Åsa"}
    assert items
    for item in items:
        assert fields[item.field][item.start : item.end] == item.text
    assert len({item.id for item in items}) == len(items)


@pytest.mark.parametrize(
    "hostile",
    ["a" * 2_000_000, "a@" * 1_000_000, "a@b.se " * 280_000, "Namn: " * 300_000, "a\n" * 1_000_000, "." * 2_000_000],
)
def test_evidence_takes_linear_time_and_stays_small(hostile: str) -> None:
    document = Document("txt", hostile, headers=tuple([hostile[:500]] * 40), properties=(("author", hostile[:300]),))
    began = time.process_time()
    items = find_evidence(name=hostile[:255], path=hostile[:1000], document=document)
    assert time.process_time() - began < 2
    assert len(items) <= MAX_ITEMS


@pytest.mark.parametrize(
    ("name", "path", "evidence"),
    [
        ("anon_Ek1_98765_saga.docx", "class.zip", {("file_name", "saga")}),
        ("LATE_anon_Ab3xZ_98765_saga.docx", "class.zip", {("file_name", "saga")}),
        ("saga.docx", "class.zip/Participant_12345_assignsubmission_file", {("file_name", "saga")}),
        ("saga.docx", "class.zip/Deltagare 12345_12345_assignsubmission_file", {("file_name", "saga")}),
        ("saga.docx", "Alva Berg.zip", {("file_name", "saga")}),
        ("saga.docx", "class.zip/Alva Berg", {("file_name", "saga"), ("folder", "Alva Berg")}),
    ],
)
def test_an_anonymous_download_and_the_name_of_a_zip_name_nobody(
    name: str, path: str, evidence: set[tuple[str, str]]
) -> None:
    items = find_evidence(name=name, path=path, document=Document("", ""), in_zip=True)
    assert {(item.place, item.text) for item in items} == evidence


def test_what_lay_beside_the_file_names_its_writer() -> None:
    line = "Alva Berg; alvber; alva.berg@elev.example"
    items = find_evidence(name="a.docx", path="", document=Document("", ""), sidecars=[("grades.csv", line)])
    beside = [item for item in items if item.field == "sidecar:grades.csv"]
    assert [(item.place, item.text) for item in beside] == [
        ("sidecar", "Alva Berg"),
        ("sidecar", "alvber"),
        ("email", "alva.berg@elev.example"),
    ]
    assert all(line[item.start : item.end] == item.text for item in beside)
