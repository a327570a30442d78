"""The whole job without a mouse, and the focus in sight at each step."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from batches.samples import class_list
from e2e.conftest import TEACHER

pytestmark = pytest.mark.e2e

MOST_TABS = 60


def tab_to(page: Page, name: str) -> None:
    """Press Tab until the element with this accessible name has the focus, which must be in sight and outlined."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        said = page.evaluate(
            """() => { const e = document.activeElement;
            if (e === document.body) return '';
            return [e.labels?.[0]?.innerText, e.getAttribute('aria-label'), e.innerText, e.value]
              .filter(Boolean).join(' | '); }"""
        )
        if re.search(name, said or ""):
            in_sight = page.evaluate(
                """() => { const e = document.activeElement, box = (e.closest('label') ?? e).getBoundingClientRect();
                const outlined = (other) => other && getComputedStyle(other).outlineStyle !== 'none';
                return box.bottom > 0 && box.top < innerHeight
                  && (outlined(e) || outlined(e.closest('.candidate')) || outlined(e.closest('label'))); }"""
            )
            assert in_sight, f"{name} has the focus, which cannot be seen"
            return
    pytest.fail(f"{name} is not reached by Tab on {page.url}")


def test_from_sign_in_to_sign_out_by_keys_alone(open_page: Callable[..., Page], essays: Path) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto("/sign-in/")
    tab_to(page, "E-mail|E-post")
    page.keyboard.type(TEACHER[0])
    tab_to(page, "Password|Lösenord")
    page.keyboard.type(TEACHER[1])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/overview/"))
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    import_a_list(page)
    address = make_batch_and_send(page, essays)
    review(page)
    page.goto(f"{address}missing/")
    tab_to(page, "Copy names")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_focused()
    export_a_student(page)
    tab_to(page, "^Account of|ML|KS")
    page.keyboard.press("Enter")
    tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/sign-in/"))


def import_a_list(page: Page) -> None:
    """A class with a pasted list."""
    page.goto("/classes/new/")
    tab_to(page, "^Name$")
    page.keyboard.type("KB25D")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/import/"))
    page.locator("textarea[name=text]").focus()
    page.keyboard.insert_text(class_list())
    tab_to(page, "Check the list")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/check/"))
    tab_to(page, r"^Import \d")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/done/"))


def make_batch_and_send(page: Page, essays: Path) -> str:
    """A batch with all sample texts; its address."""
    page.goto("/batches/new/")
    tab_to(page, "^Title")
    page.keyboard.type("By keys alone")
    tab_to(page, "^Class( |$)")
    page.keyboard.type("KB25D")
    tab_to(page, "Make batch")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keys alone")
    address = page.url
    tab_to(page, "Choose folder")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(essays / "essays")
    expect(page.locator("#counts")).to_contain_text("30 of 30 files read", timeout=60_000)
    expect(page.locator("#batch-head")).to_contain_text("Review matches", timeout=60_000)
    return address


def review(page: Page) -> None:
    """All four states: the certain ones, the unsure one, the conflict, the one without a match; then one undone."""
    tab_to(page, "Review matches")
    page.keyboard.press("Enter")
    expect(page.locator("#decide")).to_be_visible()
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#confirm-ticked")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("27 confirmed.")
    keys = {"unsure": ["Enter"], "conflict": ["1", "Enter"], "no match": ["x", "Enter"]}
    for n in (28, 29, 30):
        current = page.locator(".queue-item[aria-current] .visually-hidden")
        expect(current).to_have_text(re.compile("|".join(keys)))  # the next text is open
        state = current.inner_text().strip(" :")
        for key in keys.pop(state):
            page.keyboard.press(key)
        expect(page.locator("#review-progress")).to_contain_text(f"{n} of 30")
        assert page.evaluate("() => document.activeElement !== document.body")
    assert keys == {}
    expect(page.locator("#done")).to_contain_text("All 30 texts are done.")
    page.keyboard.press("u")
    expect(page.locator("#review-progress")).to_contain_text("29 of 30")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#done")).to_contain_text("All 30 texts are done.")


def export_a_student(page: Page) -> None:
    """Everything that is kept of the first one in the list of the class."""
    page.goto("/privacy/students/")
    tab_to(page, "Find a student")
    page.keyboard.type("Ahlqvist")
    page.keyboard.press("Enter")
    expect(page.locator("tbody")).to_contain_text("Nils Ahlqvist")
    tab_to(page, "Nils Ahlqvist")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Nils Ahlqvist")
    tab_to(page, "Export everything")
    with page.expect_download(timeout=30_000) as caught:
        page.keyboard.press("Enter")
    assert caught.value.suggested_filename.endswith((".zip", ".json"))
