"""Decisions without contact, and after the session has ended: they wait on the device and are sent."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import TEACHER, Stack
from e2e.test_review import decide_elsewhere

pytestmark = pytest.mark.e2e


def waiting(page: Page) -> Any:
    """What waits on this device."""
    return page.evaluate("() => window.waiting.list()")


def test_decisions_without_contact_wait_and_are_sent(review: Page, stack: Stack, small_batch: str) -> None:
    review.context.set_offline(True)
    banner = review.locator("#offline")
    expect(banner).to_contain_text(re.compile(r"No contact right now. You see how things were at \d\d:\d\d."))
    review.evaluate("() => window.page.everything()")  # as the page asks every ten seconds meanwhile
    review.wait_for_timeout(300)
    review.keyboard.press("Enter")
    expect(review.locator("#file-name")).to_contain_text("Axel Strömbäck")
    row = review.locator("#queue .queue-item", has_text="Emil A SA24D")
    expect(row).to_contain_text("Waiting to be sent")
    review.keyboard.press("1")
    review.keyboard.press("Enter")
    expect(review.locator("#queue .queue-item", has_text="Axel")).to_contain_text("Waiting to be sent")
    expect(banner).to_contain_text("Decisions waiting to be sent: 2.")
    kept = review.evaluate("() => JSON.stringify({ ...localStorage })")
    assert "Emil" not in kept
    assert "Axel" not in kept
    review.keyboard.press("u")
    expect(banner).to_contain_text("Decisions waiting to be sent: 1.")
    review.context.set_offline(False)
    expect(banner).to_be_hidden(timeout=20_000)
    expect(review.locator("#review-progress")).to_contain_text("1 of", timeout=20_000)
    review.wait_for_function("() => window.waiting.list().length === 0")
    expect(review.locator("#queue")).not_to_contain_text("Waiting to be sent")
    state = stack.call(f"/api/v1{small_batch}state/", token=stack.token())
    assert state["counts"]["confirmed"] == 1


def test_what_is_decided_stays_so_where_contact_is_lost_next(review: Page) -> None:
    """The texts that follow were fetched before: they list it as it was."""
    review.keyboard.press("Enter")
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    expect(review.locator("#queue")).to_contain_text("Decided")
    review.wait_for_load_state("networkidle")
    review.context.set_offline(True)
    expect(review.locator("#offline")).to_be_visible()
    review.keyboard.press("1")
    review.keyboard.press("Enter")
    expect(review.locator("#file-name")).not_to_contain_text("Axel Strömbäck")
    row = review.locator("#queue .queue-item[aria-current]")
    expect(row).to_contain_text(review.locator("#file-name").inner_text().split(".")[0])
    expect(review.locator("#review-sum")).to_contain_text("1 of")
    expect(review.locator("#queue")).to_contain_text("Decided")


def test_what_the_page_asks_by_itself_fails_without_a_word(review: Page) -> None:
    """The person has done nothing, so nothing of theirs was not changed."""
    review.route("**/nowhere/", lambda route: route.fulfill(status=503))
    with review.expect_response("**/nowhere/"):
        review.evaluate("""() => {
            const asks = document.createElement("p");
            asks.setAttribute("hx-get", "/nowhere/");
            asks.setAttribute("hx-trigger", "every 100ms");
            document.getElementById("content").append(asks);
            htmx.process(asks);
            document.addEventListener("htmx:responseError", () => { window.failed = true; });
        }""")
    review.wait_for_function("() => window.failed")
    expect(review.locator("#messages .banner")).to_have_count(0)


def test_what_waits_is_sent_after_a_reload_and_a_colleague_is_not_overwritten(review: Page, stack: Stack) -> None:
    first = review.url
    review.context.set_offline(True)
    review.keyboard.press("Enter")
    expect(review.locator("#file-name")).to_contain_text("Axel Strömbäck")
    assert len(waiting(review)) == 1
    review.goto("about:blank")
    review.context.set_offline(False)
    review.route("**/decide/", lambda route: route.abort())
    review.goto(first)
    decide_elsewhere(stack, review, nth=1)
    review.unroute("**/decide/")
    review.goto("/overview/")
    expect(review.locator("#messages")).to_contain_text("Somebody was first with a text", timeout=20_000)
    review.get_by_role("link", name="Open the text").click()
    expect(review.locator("#decided-first")).to_contain_text("Yours")
    review.wait_for_function("() => window.waiting.list().length === 0")


def test_signing_out_forgets_what_waits(review: Page) -> None:
    review.route("**/decide/", lambda route: route.abort())
    review.keyboard.press("Enter")
    expect(review.locator("#queue")).to_contain_text("Waiting to be sent")
    review.on("dialog", lambda dialog: dialog.accept())
    review.locator(".account-menu summary").click()
    review.get_by_role("button", name="Sign out").click()
    expect(review).to_have_url(re.compile("sign-in"))
    assert review.evaluate("() => Object.keys(localStorage).filter(key => key.startsWith('waiting')).length") == 0


def test_an_ended_session_asks_to_sign_in_and_goes_on(review: Page) -> None:
    review.context.clear_cookies(name="sessionid")
    review.keyboard.press("Enter")
    dialog = review.get_by_role("dialog", name="You are signed out")
    dialog.get_by_label("Password").fill("not this one")
    dialog.get_by_label("Password").press("Enter")
    expect(dialog.get_by_role("alert")).not_to_be_empty()
    dialog.get_by_label("Password").fill(TEACHER[1])
    dialog.get_by_label("Password").press("Enter")
    expect(dialog).to_be_hidden()
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    expect(review.locator("#review-progress")).to_contain_text("1 of")
