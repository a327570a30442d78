"""Two teachers in one review: what one decides is told to the other in passing, and rows stay where they are."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from batches.samples import sample_essays
from e2e.conftest import DEMO_TEACHER, Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
NAMELESS = ("Emil A SA24D.docx", "Axel Strömbäck.docx", "text (final).txt", "essay.pdf")


@pytest.fixture
def shared_batch(stack: Stack, request: pytest.FixtureRequest) -> str:
    """Four texts in the class that the two demo teachers share; none of them is certain there."""
    classes = stack.call("/api/v1/classes/", token=stack.token())
    shared = next(found["id"] for found in classes["results"] if found["designation"] == "NA25B")
    files = [file for file in sample_essays() if file.name in NAMELESS][:4]
    return stack.make_batch(request.node.name[:60], shared, files)


def look_at(page: Page, batch: str, nth: int) -> None:
    """Open the review at the nth text and stay."""
    page.goto(f"{batch}review/")
    page.goto(page.locator(".queue-item").nth(nth).get_attribute("href") or "")
    expect(page.locator("[data-live-state]")).to_have_text("Live")


def test_what_a_colleague_decides_is_told_in_passing(
    open_page: OpenPage, sign_in: SignIn, stack: Stack, shared_batch: str
) -> None:
    stack.call("/api/v1/me/", method="PATCH", body={"language": "en"}, token=stack.token(DEMO_TEACHER))
    mine, theirs = open_page(), open_page(width=390, height=844, has_touch=True, is_mobile=True)
    sign_in(mine)
    sign_in(theirs, DEMO_TEACHER)
    look_at(mine, shared_batch, 1)
    own_tab = mine.context.new_page()
    look_at(own_tab, shared_batch, 2)
    look_at(theirs, shared_batch, 0)
    focused = mine.evaluate("() => document.activeElement.id")

    theirs.locator("label.candidate-name").first.click()
    theirs.locator("#confirm").click()
    toast = mine.locator("#told .toast")
    expect(toast).to_contain_text(re.compile(r"Maria Lindqvist matched .+ to .+\."))
    assert mine.evaluate("() => document.activeElement.id") == focused, "nobody's focus is taken"
    stays = mine.locator("#queue ul[data-group=needs-you] .queue-item").first
    expect(stays).to_contain_text("Maria Lindqvist")
    expect(mine.locator("#queue .gone")).to_have_count(1)  # no row moves until the person goes on
    expect(theirs.locator("#messages")).to_contain_text("Confirmed.")
    assert theirs.locator("#told .toast").count() == 0

    toast.get_by_role("link", name="Show").click()
    expect(mine.locator("#decide .banner-done")).to_contain_text("Maria Lindqvist")
    look_at(mine, shared_batch, 2)
    mine.locator("label.candidate-name").first.click()
    mine.locator("#confirm").click()
    told = theirs.locator("#told .toast")
    expect(told).to_contain_text("Karin Ståhl matched")
    box, bar = told.bounding_box(), theirs.locator(".decision-bar").bounding_box()
    assert box is not None
    assert bar is not None
    assert box["y"] + box["height"] <= bar["y"], "no button is covered"
    expect(own_tab.locator("#review-progress")).to_contain_text("2 of")
    expect(own_tab.locator("#told")).not_to_contain_text("Karin Ståhl")

    # Where the person is in the list it stays as it is, and a line says by whom there is something new.
    expect(mine.locator("#messages")).to_contain_text("Confirmed.")
    mine.locator("#queue .queue-item[tabindex='0']").focus()
    theirs.locator("#undo button").click()
    updated = mine.locator("#queue .updated-note")
    expect(updated).to_have_text(re.compile(r"Updated by Maria Lindqvist\s+Show"))
    updated.get_by_role("button", name="Show").click()
    expect(mine.locator("#queue .updated-note")).to_have_count(0)


def test_rows_stay_where_they_are_while_texts_come_in(
    open_page: OpenPage, sign_in: SignIn, stack: Stack, shared_batch: str
) -> None:
    page = open_page()
    sign_in(page)
    look_at(page, shared_batch, 0)
    ids = "() => [...document.querySelectorAll('#queue ul[data-group] .queue-item')].map((row) => row.id)"
    before = page.evaluate(ids)
    first = page.locator("#queue ul[data-group] li").first
    first.evaluate("(row) => row.parentElement.append(row)")  # as where it had come in last
    moved = page.evaluate(ids)
    assert moved != before
    page.evaluate("() => document.dispatchEvent(new CustomEvent(`live:${document.body.dataset.resources}`))")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(ids) == moved
    page.reload()
    assert page.evaluate(ids) == before
    assert page.locator("#queue .queue-item[tabindex='0']").count() == 1, "Tab stops once in the list"


def test_a_lock_and_the_archive_show_up_in_an_open_review(
    open_page: OpenPage, sign_in: SignIn, stack: Stack, shared_batch: str
) -> None:
    page = open_page()
    sign_in(page)
    look_at(page, shared_batch, 0)
    page.keyboard.press("1")
    held = "() => [document.activeElement.id, document.querySelector('#decide input:checked').value]"
    before, confirm = page.evaluate(held), page.locator("#confirm")

    def step(name: str) -> None:
        stack.call(f"/api/v1{shared_batch}{name}/", method="POST", body={}, token=stack.token(DEMO_TEACHER))

    step("lock")
    expect(page.locator("#lock-reason")).to_contain_text("by Maria Lindqvist")
    expect(confirm).not_to_have_attribute("aria-disabled", "true")
    step("cancel")
    step("archive")
    expect(page.locator("#lock-reason")).to_contain_text("The batch is archived")
    expect(confirm).to_have_attribute("aria-disabled", "true")
    expect(confirm).to_have_attribute("aria-describedby", "lock-reason")
    page.keyboard.press("Enter")
    assert page.evaluate(held) == before, "nothing chosen is lost, and nobody's focus is taken"


def test_a_text_that_is_slow_to_come_shows_lines_and_decides_nothing(
    open_page: OpenPage, sign_in: SignIn, shared_batch: str
) -> None:
    page = open_page()
    sign_in(page)
    page.goto(f"{shared_batch}review/")
    waiting: list[Route] = []
    page.route("**/review/*/", lambda route: waiting.append(route))
    page.evaluate(
        """() => { window.moved = 0; new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.moved += entry.value; }).observe({type: "layout-shift"}); }"""
    )
    first = page.locator("#file-name").inner_text()
    page.locator("#queue .queue-item").nth(1).click()
    review = page.locator(".review")
    expect(review).to_have_attribute("aria-busy", "true")
    page.locator("#decide input[name=student]").first.focus()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    assert (page.locator("#file-name").inner_text(), page.evaluate("() => window.moved")) == (first, 0)
    for route in waiting:
        route.continue_()
    page.unroute("**/review/*/")
    expect(review).not_to_have_attribute("aria-busy", "true")
    assert page.locator("#file-name").inner_text() != first
    expect(page.locator("#review-progress")).to_contain_text("0 of")


def test_what_happens_is_read_out_also_where_the_clock_was_set_back(open_page: OpenPage, sign_in: SignIn) -> None:
    page = open_page()
    sign_in(page)
    page.evaluate("() => window.page.announce('first')")
    expect(page.locator("#announcer")).to_have_text("first")
    page.evaluate("() => { Date.now = () => 0; window.page.announce('second'); }")
    expect(page.locator("#announcer")).to_have_text("second")
