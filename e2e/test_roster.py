"""A class list, as a teacher brings it in: paste, mend a row, import, take it back, import again."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from classes.tests.test_sheets import workbook
from e2e.conftest import Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
REFUSED = r"status of (409|422)"
LIST = (
    "Förnamn\tEfternamn\tE-post\nÅsa\tÖberg\tasa.oberg@elev.example\n"
    "\t\tnameless@elev.example\nBo\tEk\tbo.ek@elev.example\n"
)


def paste(page: Page, text: str) -> None:
    """Paste into the first step of the import, from the page of the class."""
    page.get_by_role("link", name="Import list").first.click()
    page.locator("textarea[name=text]").fill(text)
    page.get_by_role("button", name="Check the list").click()
    expect(page).to_have_url(re.compile(r"/check/"))


def mend(page: Page) -> None:
    """Give the row without a name one, and keep that."""
    page.get_by_label("First name, line 3").fill("Suriya")
    page.get_by_role("button", name="Save corrections").click()
    expect(page.locator(".import-bar button.button-primary")).to_have_text("Import 3 new")


def names(page: Page) -> list[str]:
    """Surnames (or the only names) in the class, as they stand on its page."""
    page.get_by_role("link", name="To the class").click()
    return page.locator("#roster tbody th").all_inner_texts()


def test_paste_mend_import_undo_and_import_again(sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page)
    page.goto("/classes/new/")
    page.locator("input[name=designation]").fill("Lists")
    page.get_by_role("button", name="Make the class").click()
    expect(page).to_have_url(re.compile(r"/import/$"))
    page.goto(re.sub(r"import/$", "", page.url))
    paste(page, LIST)
    expect(page.locator(".row-problem")).to_contain_text("Line 3 has no name.")
    expect(page.locator(".import-bar button.button-primary")).to_have_text("Import 2 new")
    mend(page)
    page.locator(".import-bar button.button-primary").click()
    expect(page.locator(".banner-done")).to_contain_text("3 new students")
    page.get_by_role("link", name="Undo the whole import").click()
    expect(page.locator("main")).to_contain_text("3 students are taken away")
    page.get_by_role("button", name="Undo the import").click()
    expect(page.locator("main")).to_contain_text("This import was undone.")
    assert names(page) == []
    paste(page, LIST)
    mend(page)
    page.locator(".import-bar button.button-primary").click()
    expect(page.locator(".banner-done")).to_contain_text("3 new students")
    assert names(page) == ["Ek", "Suriya", "Öberg"]


def start(page: Page, class_id: str) -> None:
    """The first step of the import."""
    page.goto(f"/classes/{class_id}/import/")


def give_file(page: Page, name: str, content: bytes) -> None:
    """Choose a file in the first step, and go on."""
    file: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator("input[name=file]").set_input_files(file)
    page.get_by_role("button", name="Check the list").click()


def give_text(page: Page, text: str) -> None:
    """Paste in the first step, and go on."""
    page.locator("textarea[name=text]").fill(text)
    page.get_by_role("button", name="Check the list").click()


def test_a_workbook_with_three_sheets(stack: Stack, sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page)
    start(page, stack.make_class("Sheets", "Förnamn\tEfternamn\nLo\tDahl\n"))
    give_file(page, "classes.xlsx", workbook())
    which = page.get_by_role("group", name="Which sheet holds the class list?")
    expect(which.get_by_role("button", pressed=True)).to_have_text("SA24D")
    which.get_by_role("button", name="NA24A").click()
    expect(which.get_by_role("button", pressed=True)).to_have_text("NA24A")
    page.get_by_role("button", name="Check the list").click()
    expect(page.locator(".banner-done")).to_contain_text("1 personal identity number was found and removed.")
    expect(page.locator(".banner-done")).to_contain_text("sheet NA24A, 1 row.")
    page.get_by_role("button", name="Another sheet or other columns").click()
    which.get_by_role("button", name="SA24D").click()
    page.get_by_role("button", name="Check the list").click()
    expect(page.locator("#content .banner").first).to_contain_text("sheet SA24D, 2 rows.")
    page.get_by_role("button", name="Import 2 new").click()
    expect(page.locator(".banner-done")).to_contain_text("2 new students")


def test_what_is_no_list_is_refused_where_it_was_given(stack: Stack, sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page(expected=REFUSED)
    sign_in(page)
    class_id = stack.make_class("No lists", "Förnamn\tEfternamn\nLo\tDahl\n")
    start(page, class_id)
    page.get_by_role("button", name="Check the list").click()
    expect(page.locator("#id_text_error")).to_have_text("Paste a list, or choose a file.")
    expect(page.locator(".error-summary")).to_be_focused()
    give_file(page, "list.xlsx", b"PK\x03\x04" + bytes(range(256)) * 20)
    expect(page.locator("#id_file_error")).to_contain_text("cannot be read")
    give_file(page, "list.pdf", b"%PDF-1.7 not a list")
    expect(page.locator("#id_file_error")).to_contain_text("this kind of list")
    many = "Förnamn\tEfternamn\n" + "".join(f"Emil{n}\tBerg{n}\n" for n in range(5_001))
    give_file(page, "many.csv", many.encode())
    expect(page.locator("#id_file_error")).to_contain_text("5,000")
    expect(page).to_have_url(re.compile(r"/import/$"))


def test_one_column_only(stack: Stack, sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page(expected=REFUSED)
    sign_in(page)
    class_id = stack.make_class("One column", "Förnamn\tEfternamn\nLo\tDahl\n")
    start(page, class_id)
    give_text(page, "Points\n12\n14\n9\n")
    expect(page.locator(".banner-warning")).to_contain_text("No column with names was found.")
    expect(page.locator(".mapping")).to_contain_text("12")
    start(page, class_id)
    give_text(page, "Emil Berg\nÅsa Öberg\n")
    expect(page.locator(".import-bar button.button-primary")).to_have_text("Import 2 new")


def test_the_order_of_whole_names_is_chosen_from_two_of_them(
    stack: Stack, sign_in: SignIn, open_page: OpenPage
) -> None:
    page = open_page()
    sign_in(page)
    start(page, stack.make_class("Orders", "Förnamn\tEfternamn\nLo\tDahl\n"))
    give_text(page, "Berg Emil berg.emil@elev.example\nÖberg Åsa oberg.asa@elev.example\n")
    page.get_by_role("button", name="Change the columns").click()
    order = page.get_by_role("group", name="How are the names written?")
    expect(order.get_by_label("First name first")).to_be_checked()
    expect(order).to_contain_text("“Berg Emil” is first name Emil, surname Berg.")
    order.get_by_label("Surname first").check()
    page.get_by_role("button", name="Check the list").click()
    expect(page.locator("tbody tr", has_text="Öberg").locator("td").nth(2)).to_have_text("Åsa")
    page.get_by_role("button", name="Back to columns").click()
    expect(order.get_by_label("Surname first")).to_be_checked()


def test_the_same_list_once_more(stack: Stack, sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page)
    listed = "Förnamn\tEfternamn\tE-post\nLo\tDahl\tlo.dahl@elev.example\n"
    start(page, stack.make_class("Same list", listed))
    give_text(page, listed)
    expect(page.locator(".empty")).to_have_text("Nothing differs: Same list is as in the list.")
    expect(page.locator("#import-apply")).to_have_count(0)
    page.get_by_role("link", name="Back to the class").click()
    expect(page.locator("#roster tbody tr")).to_have_count(1)


def test_the_class_changes_while_its_list_is_checked(stack: Stack, sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page(expected=REFUSED)
    sign_in(page)
    own = uuid4().hex[:8]
    class_id = stack.make_class("Meanwhile", f"Förnamn\tEfternamn\tE-post\nLo\tDahl\tlo.{own}@elev.example\n")
    start(page, class_id)
    give_text(page, f"Förnamn\tEfternamn\tE-post\nLo\tDahl\tlo.{own}@elev.example\nMy\tLund\tmy.{own}@elev.example\n")
    expect(page.locator("#import-apply")).to_have_text("Import 1 new")
    new = {"given_name": "My", "family_name": "Lund", "email": f"my.{own}@elev.example"}
    stack.call(f"/api/v1/classes/{class_id}/students/", method="POST", body=new, token=stack.token())
    page.locator("#import-apply").click()
    expect(page.locator(".error-summary")).to_contain_text("The class has changed meanwhile.")
    expect(page.locator(".empty")).to_contain_text("Nothing differs")
    page.get_by_role("link", name="Back to the class").click()
    expect(page.locator("#roster tbody tr")).to_have_count(2)


def test_ticks_and_corrections_outlive_another_page(stack: Stack, sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page)
    start(page, stack.make_class("Pages", "Förnamn\tEfternamn\nLo\tDahl\n"))
    many = "".join(f"Emil{n:03}\tBerg{n:03}\n" for n in range(150))
    give_text(page, f"Förnamn\tEfternamn\tE-post\n\t\t{uuid4().hex}@elev.example\n{many}")
    page.get_by_label("First name, line 2").fill("Suriya")
    page.get_by_label("Import Emil000 Berg000").uncheck()
    page.get_by_role("navigation", name="Pages").get_by_role("button", name="Next").click()
    expect(page).to_have_url(re.compile(r"page=2"))
    page.get_by_label("Import Emil149 Berg149").uncheck()
    tabs = page.get_by_role("navigation", name="Rows")
    tabs.get_by_role("button", name="New").click()
    expect(tabs.locator("[aria-current=page]")).to_have_text("151 New")
    expect(page.get_by_label("Import Emil000 Berg000")).not_to_be_checked()
    page.get_by_label("Import Emil001 Berg001").uncheck()
    page.get_by_role("button", name="Back to columns").click()
    page.get_by_role("button", name="Check the list").click()
    page.get_by_role("button", name="Import 148 new").click()
    expect(page.locator(".banner-done")).to_contain_text("148 new students")


def test_enter_in_a_cell_saves_and_stays(stack: Stack, sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page()
    sign_in(page)
    start(page, stack.make_class("Enter", "Förnamn\tEfternamn\nLo\tDahl\n"))
    give_text(page, LIST.replace("elev.", f"elev.{uuid4().hex}."))
    page.get_by_role("button", name="Problems").click()
    page.get_by_label("First name, line 3").fill("Suriya")
    page.get_by_label("First name, line 3").press("Enter")
    expect(page.locator("#import-apply")).to_have_text("Import 3 new")
    expect(page).to_have_url(re.compile(r"show=problem"))


def drop(page: Page, *paths: Path) -> None:
    """Let go of files or folders over the page, as a hand does."""
    held = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    browser = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        browser.send("Input.dispatchDragEvent", {"type": kind, "x": 300, "y": 300, "data": held})


def test_what_is_dropped_and_is_no_list_is_told_and_nothing_is_lost(
    stack: Stack, sign_in: SignIn, open_page: OpenPage, tmp_path: Path
) -> None:
    page = open_page(expected=REFUSED)
    sign_in(page)
    start(page, stack.make_class("Drops", "Förnamn\tEfternamn\nLo\tDahl\n"))
    page.locator("textarea[name=text]").fill("Bo Ek\n")
    one, two, folder = (tmp_path / name for name in ("one.csv", "two.csv", "folder"))
    one.write_text("My Ahl\n")
    two.write_text("Lo Ahl\n")
    folder.mkdir()
    drop(page, folder)
    expect(page.get_by_role("alert")).to_have_text("That is a folder. Drop the file with the list.")
    drop(page, one, two)
    expect(page.get_by_role("alert")).to_have_text("One list is read at a time. Drop one file.")
    expect(page.locator("textarea[name=text]")).to_have_value("Bo Ek\n")
    drop(page, one)
    expect(page.locator("#id_text_error")).to_contain_text("You gave a pasted list and a file")
    expect(page.locator("textarea[name=text]")).to_have_value("Bo Ek\n")
    page.locator("textarea[name=text]").fill("")
    drop(page, one)
    expect(page.locator("#import-apply")).to_have_text("Import 1 new")


def test_a_pasted_list_is_there_again_after_a_broken_page(stack: Stack, sign_in: SignIn, open_page: OpenPage) -> None:
    page = open_page(expected="status of 503")
    sign_in(page)
    start(page, stack.make_class("Away", "Förnamn\tEfternamn\nLo\tDahl\n"))

    def away(route: Route) -> None:
        route.fulfill(status=503, body="away") if route.request.method == "POST" else route.continue_()

    page.route("**/import/", away)
    give_text(page, "Bo Ek\n")
    expect(page.locator("body")).to_have_text("away")
    page.go_back()
    expect(page.locator("textarea[name=text]")).to_have_value("Bo Ek\n")
