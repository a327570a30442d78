"""How much work a batch is, and how long things take. Counts are held; times belong to the machine and are printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from batches.samples import sample_essays
from e2e.conftest import Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
Goal = Callable[[str, str, str], None]
MAX_KEYS, MAX_CLICKS = 10, 9


@pytest.fixture
def batch(stack: Stack, class_id: str, request: pytest.FixtureRequest) -> str:
    """Thirty texts: 27 certain, one unsure, one conflict, one without a match."""
    return stack.make_batch(request.node.name[:60], class_id, list(sample_essays()))


@pytest.fixture
def page(open_page: OpenPage, sign_in: SignIn, batch: str) -> Page:
    """The page of the batch, with live contact."""
    made = open_page()
    sign_in(made)
    made.goto(batch)
    expect(made.locator("[data-live-state]")).to_have_text("Live")
    return made


def all_done(page: Page) -> None:
    """Thirty of thirty."""
    expect(page.locator("#done")).to_contain_text("All 30 texts are done.")


def test_thirty_texts_by_keyboard(page: Page, goal: Goal) -> None:
    pressed: list[str] = []
    opened: list[float] = []

    def press(key: str) -> None:
        pressed.append(key)
        page.keyboard.press(key)

    def decide(*keys: str) -> None:
        name = page.locator("#file-name").inner_text()
        page.wait_for_load_state("networkidle")
        page.evaluate("() => { window.pressedAt = performance.now(); }")
        for key in keys:
            press(key)
        page.wait_for_function("name => document.querySelector('#file-name')?.innerText !== name", arg=name, polling=10)
        opened.append(float(page.evaluate("() => performance.now() - window.pressedAt")))

    began = time.monotonic()
    page.get_by_role("link", name="Review matches").focus()
    press("Enter")
    expect(page.locator("#decide input:checked")).to_be_focused()
    press("Shift+Enter")
    expect(page.locator("#confirm-ticked")).to_be_focused()
    press("Enter")
    expect(page.locator("#messages")).to_contain_text("27 confirmed.")
    expect(page.locator("#decide input:checked")).to_be_focused()
    decide("Enter")
    decide("1", "Enter")
    press("2")
    press("Enter")
    all_done(page)
    goal("Keys for 30 texts, 3 of them doubtful", f"at most {MAX_KEYS}", f"{len(pressed)} keys: {' '.join(pressed)}")
    goal("The same, time", "60 s", f"{time.monotonic() - began:.1f} s (by machine)")
    goal("Next text after a decision", "p50 120 ms", f"{statistics.median(opened):.0f} ms")
    assert len(pressed) <= MAX_KEYS


def test_thirty_texts_by_mouse(page: Page, goal: Goal) -> None:
    clicks = 0

    def click(place: str) -> None:
        nonlocal clicks
        clicks += 1
        page.locator(place).first.click()

    click("#batch-head a.button-primary")
    click("#confirm-certain")
    click("#confirm-ticked")
    expect(page.locator("#messages")).to_contain_text("27 confirmed.")
    click("#confirm")
    expect(page.locator("#review-progress")).to_contain_text("28 of 30")
    click("#decide .candidate label")
    click("#confirm")
    expect(page.locator("#review-progress")).to_contain_text("29 of 30")
    click("#decide .candidate label")
    click("#confirm")
    all_done(page)
    goal("Clicks for the same", f"at most {MAX_CLICKS}", f"{clicks} clicks")
    assert clicks <= MAX_CLICKS


def test_how_long_things_take(
    page: Page, open_page: OpenPage, sign_in: SignIn, stack: Stack, essays: Path, class_id: str, goal: Goal
) -> None:
    paints = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"
    page.goto("/overview/")
    page.goto("/overview/")
    page.wait_for_timeout(300)
    goal("First useful content of the overview, warm", "600 ms", f"{page.evaluate(paints):.0f} ms")

    address = stack.make_batch("Thirty at once", class_id, [])
    other = open_page()
    sign_in(other)
    for looking in (page, other):
        looking.goto(address)
        expect(looking.locator("[data-live-state]")).to_have_text("Live")
    page.evaluate(
        """() => document.querySelector('input[webkitdirectory]').addEventListener('change', () => {
          const began = performance.now(), rows = document.querySelector('#files');
          const seen = () => document.querySelectorAll('#sending-rows tr, #file-rows tr').length;
          new MutationObserver(() => { if (seen() >= 30) window.listed ??= performance.now() - began; })
            .observe(rows, { childList: true, subtree: true });
        }, { capture: true })"""
    )
    began = time.monotonic()
    page.locator("input[webkitdirectory]").set_input_files(essays / "essays")
    page.wait_for_function("() => window.listed !== undefined")
    goal("30 files dropped to all rows listed", "300 ms", f"{page.evaluate('() => window.listed'):.0f} ms")
    expect(page.locator("#counts")).to_contain_text("30 of 30 files read", timeout=60_000)
    expect(page.locator("#batch-head")).to_contain_text("Review matches", timeout=60_000)
    goal("30 files sent, read and matched", "15 s", f"{time.monotonic() - began:.1f} s")

    other.goto(f"{address}review/")
    expect(other.locator("[data-live-state]")).to_have_text("Live")
    other.wait_for_load_state("networkidle")
    took = seen_after(other, stack, address, decisions=20)
    said = f"p50 {statistics.median(took):.0f} ms, p95 {statistics.quantiles(took, n=20)[18]:.0f} ms"
    goal("A decision seen in another window, after commit", "p50 300 ms, p95 1 s", said)


def seen_after(page: Page, stack: Stack, address: str, *, decisions: int) -> list[float]:
    """Milliseconds from the server's answer to a decision until the page shows it, for so many decisions."""
    page.evaluate(
        """() => new MutationObserver(() => {
          const says = document.querySelector('#review-progress').innerText;
          if (says !== window.said) Object.assign(window, { said: says, seenAt: Date.now() });
        }).observe(document.body, { childList: true, subtree: true })"""
    )
    restart = "() => { window.seenAt = 0; window.said = document.querySelector('#review-progress').innerText; }"
    token = stack.token()
    essays = stack.call(f"/api/v1{address}essays/", token=token)["results"]
    certain = [essay for essay in essays if essay["association"]["certainty"] == "certain"]
    took = []
    for essay in certain[:decisions]:
        page.evaluate(restart)
        body = {"student_id": essay["association"]["student"]["id"], "version": essay["version"]}
        stack.call(f"/api/v1/essays/{essay['id']}/association/", method="PUT", body=body, token=token)
        answered = time.time() * 1000
        page.wait_for_function("() => window.seenAt > 0")
        took.append(max(0.0, float(page.evaluate("() => window.seenAt")) - answered))
    return took
