"""A workbook with several sheets: the fullest is read, another can be chosen, and nothing of any is kept too long."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from openpyxl import Workbook

from classes import actions
from classes.actions.identity import hide_identity
from classes.models import RosterImport, SchoolClass
from classes.rosters.grid import MAX_LINES, Sheet, fullest, load_grid
from classes.rosters.parsing import parse_roster
from classes.rosters.reading import read_grid
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

ClientFor = Callable[[User | None], Client]
SHEETS: dict[str, list[list[str]]] = {
    "Info": [["Höstterminen"], ["Mentor", "Karin"]],
    "SA24D": [
        ["Förnamn", "Efternamn", "E-post"],
        ["Åsa", "Öberg", "asa@elev.example"],
        ["Bo", "Ek", "bo@elev.example"],
    ],
    "NA24A": [["Förnamn", "Efternamn", "Personnummer"], ["Lo", "Dahl", "19121212-1212"]],
    "Tom": [],
}


def workbook(sheets: dict[str, list[list[str]]] = SHEETS) -> bytes:
    book = Workbook()
    for name, rows in sheets.items():
        sheet: Any = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book.worksheets[0])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def names(draft: RosterImport) -> list[str]:
    return [row.values["given_name"] for row in actions.read_preview(draft).rows]


def test_the_fullest_sheet_is_read_and_those_with_rows_are_named() -> None:
    parsed = parse_roster(workbook())
    assert (parsed.sheet, parsed.sheets) == ("SA24D", ("Info", "SA24D", "NA24A"))
    assert parse_roster("Åsa Öberg\nBo Ek\n").sheets == ()


def test_sheets_of_open_document_and_xml_workbooks() -> None:
    rows = "<table:table-row><table:table-cell><text:p>{}</text:p></table:table-cell></table:table-row>"
    tables = "".join(
        f'<table:table table:name="{name}">{"".join(rows.format(one) for one in people)}</table:table>'
        for name, people in (("Ett", ["Åsa Öberg"]), ("Två", ["Bo Ek", "Lo Dahl"]))
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", f"<office:document-content>{tables}</office:document-content>")
    grid = read_grid(out.getvalue())
    assert (grid.sheets, grid.sheet) == (("Ett", "Två"), "Två")
    xml = tables.replace("table:table-row", "Row").replace("table:table-cell", "Cell").replace("text:p", "Data")
    xml = xml.replace("table:table table:name", "Worksheet ss:Name").replace("</table:table", "</Worksheet")
    grid = read_grid(f'<?xml version="1.0"?><Workbook>{xml}</Workbook>'.encode())
    assert (grid.sheets, grid.sheet) == (("Ett", "Två"), "Två")


def test_another_sheet_can_be_chosen_and_back(owned_class: SchoolClass, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data=workbook(), file_name="a.xlsx", actor=teacher)
    assert names(draft) == ["Åsa", "Bo"]
    actions.revise_import(draft, changes={"columns": {"0": "family_name"}}, actor=teacher)
    draft = actions.revise_import(draft, changes={"sheet": "NA24A"}, actor=teacher)
    preview = actions.build_preview(draft)
    assert (preview["sheet"], preview["sheets"]) == ("NA24A", ["Info", "SA24D", "NA24A"])
    assert (names(draft), preview["personnummer_removed"]) == (["Lo"], 1)
    draft = actions.revise_import(draft, changes={"sheet": "SA24D"}, actor=teacher)
    assert names(draft) == ["Åsa", "Bo"]
    assert actions.build_preview(draft)["sheets"] == ["Info", "SA24D", "NA24A"]
    with pytest.raises(ActionError) as refused:
        actions.revise_import(draft, changes={"sheet": "Annat"}, actor=teacher)
    assert (refused.value.code, refused.value.field) == ("validation_error", "sheet")


def test_no_sheet_keeps_a_personal_identity_number_and_applying_forgets_all(
    owned_class: SchoolClass, teacher: User
) -> None:
    draft = actions.preview_roster(owned_class, data=workbook(), file_name="a.xlsx", actor=teacher)
    assert b"121212" not in bytes(draft.content)
    assert draft.result["personnummer_removed"] == 0
    draft = actions.apply_import(draft, actor=teacher)
    draft.refresh_from_db()
    kept = str({**draft.__dict__, "content": bytes(draft.content)})
    assert not any(name in kept for name in ("NA24A", "Info", "Dahl"))


def test_a_protected_student_is_left_out_of_every_sheet(owned_class: SchoolClass, teacher: User) -> None:
    values: dict[str, str | None] = {"given_name": "Lo", "family_name": "Dahl"}
    student = actions.add_student(owned_class, values=values, actor=teacher)
    hide_identity(student, alias="Kim")
    draft = actions.preview_roster(owned_class, data=workbook(), file_name="a.xlsx", actor=teacher)
    assert "Dahl" not in bytes(draft.content).decode()
    draft = actions.revise_import(draft, changes={"sheet": "NA24A"}, actor=teacher)
    assert [row.action for row in actions.read_preview(draft).rows if row.line] == []


def test_no_more_is_kept_than_one_list_may_have() -> None:
    def sheet(name: str, n: int) -> Sheet:
        record = read_grid("Åsa Öberg").records[0]
        return Sheet(name, (record,) * n)

    grid = fullest("xlsx", [sheet("a", 6_000), sheet("b", 6_000), sheet("c", MAX_LINES), sheet("d", 3_000)])
    assert (grid.sheet, grid.sheets) == ("c", ("a", "c", "d"))
    assert load_grid(grid.dump()) == grid


def test_the_page_asks_which_sheet(owned_class: SchoolClass, teacher: User, client_for: ClientFor) -> None:
    browser = client_for(teacher)
    file = io.BytesIO(workbook())
    file.name = "a.xlsx"
    answer = browser.post(f"/classes/{owned_class.public_id}/import/", {"text": "", "file": file})
    assert answer["Location"].endswith("/columns/")
    page = browser.get(answer["Location"]).content.decode()
    assert "Which sheet holds the class list?" in page
    assert 'value="SA24D" aria-pressed="true"' in page
    assert browser.post(answer["Location"], {"sheet": "NA24A"})["Location"] == answer["Location"]
    page = browser.get(answer["Location"]).content.decode()
    assert 'value="NA24A" aria-pressed="true"' in page
    assert "Dahl" in page
    assert "sheet NA24A" in browser.get(answer["Location"].replace("columns", "check")).content.decode()
    told = browser.post(answer["Location"], {"sheet": "x"})
    assert (told.status_code, "no such sheet" in told.content.decode()) == (422, True)


def test_a_sheet_is_not_imported_before_it_is_chosen(
    owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    browser, here = client_for(teacher), f"/classes/{owned_class.public_id}/import/"
    file = io.BytesIO(workbook())
    file.name = "a.xlsx"
    asked = browser.post(here, {"text": "", "file": file})["Location"]
    for step in ("check", "apply"):
        assert browser.post(asked.replace("columns", step))["Location"] == asked
    htmx = browser.post(asked.replace("columns", "apply"), headers={"HX-Request": "true"})
    assert htmx["HX-Redirect"] == asked
    assert RosterImport.objects.get().status == RosterImport.Status.PREVIEW
    browser.post(asked, {"sheet": "SA24D"})
    assert browser.post(asked.replace("columns", "apply"))["Location"].endswith("/done/")


@pytest.mark.parametrize("field", ["encoding", "order"])
@pytest.mark.parametrize("listed", ["Åsa Öberg\nBo Ek\n", "Förnamn\tEfternamn\nÅsa\tÖberg\n"])
def test_a_way_to_read_that_is_none_is_told(
    field: str, listed: str, owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    draft = actions.preview_roster(owned_class, data=listed, actor=teacher)
    answer = client_for(teacher).post(
        f"/classes/{owned_class.public_id}/import/{draft.public_id}/columns/",
        {"order": "given", "columns.0": "given_name", "columns.1": "family_name"} | {field: "bogus"},
    )
    assert (answer.status_code, "bogus is not one of" in answer.content.decode()) == (422, True)


def test_the_api_refuses_a_way_to_read_that_is_none(owned_class: SchoolClass, teacher: User, api: Any) -> None:
    draft = actions.preview_roster(owned_class, data="Åsa Öberg\n", actor=teacher)
    path = f"/api/v1/classes/{owned_class.public_id}/roster-imports/{draft.public_id}/"
    for values in ({"name_order": "x"}, {"sheet": "x"}, {"encoding": "x"}, {"surname_first": "x"}):
        assert api(teacher).patch(path, values, format="json").status_code == 400
    assert api(teacher).patch(path, {"surname_first": True}, format="json").status_code == 200
