"""Two teachers in one review: each sees where the other is, nothing is locked, nothing moves."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import islice

import pytest
from playwright.sync_api import Page, Route, expect

from batches.samples import sample_essays, second_batch
from e2e.conftest import Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
OWNER = ("teacher@demo.example", "demo-teacher")
NO_CONTACT = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket|htmx:(afterRequest|sendError)"


@pytest.fixture
def shared_batch(stack: Stack, request: pytest.FixtureRequest) -> str:
    """Four texts in the class that the two demo teachers share; two of them are nobody's there."""
    classes = stack.call("/api/v1/classes/", token=stack.token())
    shared = next(found["id"] for found in classes["results"] if found["designation"] == "NA25B")
    files = [*islice(sample_essays(), 2), *islice(second_batch(), 2)]
    return stack.make_batch(request.node.name[:60], shared, files)


def look_at(page: Page, batch: str) -> None:
    """Open the review and stay."""
    page.goto(f"{batch}review/")
    expect(page.locator("[data-live-state]")).not_to_be_empty()


def test_each_sees_where_the_other_is(open_page: OpenPage, sign_in: SignIn, shared_batch: str) -> None:
    mine, theirs = open_page(expected=NO_CONTACT), open_page(expected=NO_CONTACT)
    sign_in(mine)
    sign_in(theirs, OWNER)
    look_at(mine, shared_batch)
    expect(mine.locator("#here")).to_be_hidden()
    focused = mine.evaluate("() => document.activeElement.id")
    rows = mine.locator(".queue-item").all_inner_texts()
    place = mine.locator(".queue-item").nth(1).bounding_box()

    look_at(theirs, shared_batch)
    here, first = mine.locator("#here"), mine.locator(".queue-item").nth(0)
    expect(here).to_have_text(re.compile(r"Maria Lindqvist is here too"))
    expect(first).to_contain_text("Maria Lindqvist is reading")
    expect(theirs.locator("#here")).to_contain_text("Karin Ståhl")
    assert mine.evaluate("() => document.activeElement.id") == focused, "nobody's focus is taken"
    assert mine.locator(".queue-item").nth(1).bounding_box() == place, "no row moves"

    theirs.keyboard.press("n")
    expect(mine.locator(".queue-item").nth(1)).to_contain_text("Maria Lindqvist is reading")
    expect(first).not_to_contain_text("Maria")
    # Looking locks nothing: the text they read is decided here, and the pane there says so.
    mine.keyboard.press("n")
    expect(theirs.locator(".queue-item").nth(1)).to_contain_text("Karin Ståhl")
    expect(mine.locator("#here")).to_contain_text("Maria Lindqvist is here too")
    mine.keyboard.press("1")
    mine.keyboard.press("Enter")
    expect(theirs.locator("#meanwhile")).to_contain_text("Karin Ståhl")

    expect(mine.locator("#messages")).to_contain_text("Confirmed.")

    mine.context.set_offline(True)
    theirs.close()
    mine.context.set_offline(False)
    expect(here).to_be_hidden(timeout=20_000)  # contact may take a few tries
    assert len(mine.locator(".queue-item").all_inner_texts()) == len(rows)


def test_a_page_made_before_somebody_went_does_not_bring_them_back(
    open_page: OpenPage, sign_in: SignIn, shared_batch: str
) -> None:
    mine, theirs = open_page(expected="ERR_FAILED"), open_page()
    sign_in(mine)
    sign_in(theirs, OWNER)
    mine.route("**/*", lambda route: route.abort() if "huleedu-ahead" in route.request.headers else route.fallback())
    look_at(mine, shared_batch)
    look_at(theirs, shared_batch)
    here, first = mine.locator("#here"), mine.locator(".queue-item").nth(0)
    expect(first).to_contain_text("Maria Lindqvist is reading")

    held: list[Route] = []
    mine.route("**/review/*/", lambda route: held.append(route))
    with mine.expect_request("**/review/*/"):
        mine.locator(".queue-item").nth(1).click()
    made = held[0].fetch()
    assert "Maria Lindqvist" in made.text()
    theirs.close()
    expect(here).to_be_hidden()
    held[0].fulfill(response=made)
    expect(mine.locator(".queue-item").nth(1)).to_have_attribute("aria-current", "true")
    expect(here).to_be_hidden()
    expect(first).not_to_contain_text("Maria Lindqvist")
