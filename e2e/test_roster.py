"""A class list, as a teacher brings it in: paste, mend a row, import, take it back, import again."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.e2e

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


def test_paste_mend_import_undo_and_import_again(sign_in: Callable[..., None], open_page: Callable[..., Page]) -> None:
    page = open_page()
    sign_in(page)
    page.goto("/classes/new/")
    page.locator("input[name=designation]").fill("Lists")
    page.get_by_role("button", name="Make the class").click()
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
