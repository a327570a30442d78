"""Match review where a text is long, and where a page is narrow."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from batches.samples import SampleFile
from e2e.conftest import Stack, open_review

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]


def test_a_long_text_comes_while_one_scrolls(open_page: OpenPage, sign_in: SignIn, stack: Stack) -> None:
    text = "\n".join(f"Line {number}. " + "This is what the line says. " * 8 for number in range(240))
    batch = stack.make_batch("A long text", None, [SampleFile("", "long.txt", text.encode())])
    page = open_page()
    sign_in(page)
    open_review(page, batch)
    last = page.get_by_text(re.compile(r"^Line 239\."))
    expect(last).to_have_count(0)
    for _piece in range(2):
        with page.expect_response("**/review/*/?from=*"):
            page.locator("#text").evaluate("(pane) => pane.scrollTo(0, pane.scrollHeight)")
    expect(last).to_have_count(1)
    expect(page.locator("#rest")).to_have_count(0)


def test_on_a_phone_buttons_take_the_place_of_keys(open_page: OpenPage, sign_in: SignIn, small_batch: str) -> None:
    page = open_page(width=390, height=844, has_touch=True, is_mobile=True)
    sign_in(page)
    page.goto(f"{small_batch}review/")
    expect(page.locator("#text")).to_be_hidden()
    page.locator("#queue .queue-item").first.click()
    expect(page.locator("#file-name")).to_contain_text("Emil A")
    for button in page.locator(".decision-bar > .button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= 48
        assert box["y"] + box["height"] <= 844, "the buttons stay in sight"
    assert page.locator(".key:visible").count() == 0
    page.get_by_role("button", name="Search the class").click()
    expect(page.locator("#search-words")).to_be_focused()
    page.locator("#confirm").click()
    expect(page.locator("#messages")).to_contain_text("Confirmed.")
    expect(page.locator("#file-name")).to_contain_text("Axel Strömbäck")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
