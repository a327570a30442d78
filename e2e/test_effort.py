"""How many keys and clicks the daily tasks take. Counts are held."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from batches.samples import CLASS, SampleFile, canvas_zip, class_list, sample_essays
from e2e.conftest import TEACHER, Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
Goal = Callable[[str, str, str], None]
EXTRA = ("Bo Ek", "Linnea Öberg", "Yusuf Demir")


class Hand:
    """Counts what is pressed."""

    def __init__(self, page: Page) -> None:
        """Of one page."""
        self.page, self.clicks, self.keys = page, 0, 0

    def click(self, place: str | Locator) -> None:
        """One click."""
        self.clicks += 1
        (self.page.locator(place).first if isinstance(place, str) else place.first).click()

    def press(self, key: str) -> None:
        """One key."""
        self.keys += 1
        self.page.keyboard.press(key)


@pytest.fixture
def page(open_page: OpenPage, sign_in: SignIn) -> Page:
    """The teacher's browser."""
    made = open_page()
    sign_in(made)
    return made


@pytest.fixture
def clear_batch(stack: Stack, class_id: str, request: pytest.FixtureRequest) -> str:
    """Thirty texts, all certain."""
    files = list(sample_essays())[:27]
    for student in (one for one in CLASS if one.name in EXTRA):
        text = f"{student.name}\n\nThe library of our town stays open late, and this is what {student.name} likes. " * 9
        files.append(SampleFile(f"{student.name}_{len(files)}_assignsubmission_file", "letter.txt", text.encode()))
    return stack.make_batch(request.node.name[:60], class_id, files)


def test_thirty_certain_texts(page: Page, clear_batch: str, goal: Goal) -> None:
    page.goto(clear_batch)
    hand = Hand(page)
    page.get_by_role("link", name="Review matches").focus()
    hand.press("Enter")
    expect(page.locator("#confirm-certain")).to_contain_text("30")
    hand.press("Shift+Enter")
    expect(page.locator("#confirm-ticked")).to_be_focused()
    hand.press("Enter")
    expect(page.locator("#done")).to_contain_text("All 30 texts are done.")
    goal("Keys for 30 certain texts", "3", str(hand.keys))
    assert hand.keys <= 3


def test_thirty_certain_texts_by_mouse(page: Page, clear_batch: str, goal: Goal) -> None:
    page.goto(clear_batch)
    hand = Hand(page)
    hand.click("#batch-head a.button-primary")
    hand.click("#confirm-certain")
    hand.click("#confirm-ticked")
    expect(page.locator("#done")).to_contain_text("All 30 texts are done.")
    goal("Clicks for 30 certain texts", "3", str(hand.clicks))
    assert hand.clicks <= 3


def test_undo_and_correct(page: Page, small_batch: str, goal: Goal) -> None:
    """The wrong one of two students was confirmed."""
    page.goto(f"{small_batch}review/")
    page.locator("#confirm").click()
    expect(page.locator("#messages")).to_contain_text("Confirmed.")
    hand = Hand(page)
    hand.press("u")
    expect(page.locator("#messages")).to_contain_text("Undone.")
    goal("Keys to undo", "1", str(hand.keys))
    assert hand.keys <= 1
    hand.press("2")
    hand.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Confirmed.")
    goal("Keys to correct a confirmed match", "4", str(hand.keys))
    assert hand.keys <= 4
    hand = Hand(page)
    hand.click("#undo button")
    expect(page.locator("#messages")).to_contain_text("Undone.")
    goal("Clicks to undo", "1", str(hand.clicks))
    assert hand.clicks <= 1
    row = page.locator("#queue .queue-item[aria-current]").get_attribute("id")
    page.locator("#confirm").click()
    expect(page.locator("#messages")).to_contain_text("Confirmed.")
    decided = page.locator(f"#{row}")
    hand = Hand(page)
    hand.click(decided)
    expect(page.locator("#decide .banner-done")).to_be_visible()
    hand.click(page.locator("#decide .candidate:not(:has(input:checked)) label"))
    hand.click("#confirm")
    expect(page.locator("#messages")).to_contain_text("Confirmed.")
    goal("Clicks to correct a confirmed match", "3", str(hand.clicks))
    assert hand.clicks <= 3


def test_a_list_and_a_student(page: Page, stack: Stack, goal: Goal) -> None:
    made = stack.call(
        "/api/v1/classes/", method="POST", body={"designation": "Effort", "courses": ["ENG6"]}, token=stack.token()
    )["id"]
    rows = class_list().splitlines()
    numbered = [f"{rows[0]};Personnummer", *(f"{row};20080{n % 9 + 1}12-2384" for n, row in enumerate(rows[1:]))]
    page.goto(f"/classes/{made}/")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Import list"))
    page.locator("textarea[name=text]").fill("\n".join(numbered))
    hand.click(page.get_by_role("button", name="Check the list"))
    hand.click(page.get_by_role("button", name=re.compile(r"^Import \d")))
    expect(page).to_have_url(re.compile("/done/"))
    goal("Clicks to paste a list", "4", str(hand.clicks))
    assert hand.clicks <= 4
    page.goto(f"/classes/{made}/")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="Add student"))
    page.get_by_label("First name").fill("Ny")
    hand.click(page.locator("main").get_by_role("button", name="Add student"))
    expect(page.locator("#roster")).to_contain_text("Ny")
    goal("Clicks to add a student", "2", str(hand.clicks))
    assert hand.clicks <= 2


def test_names_of_those_who_have_not_handed_in(page: Page, small_batch: str, goal: Goal) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(small_batch)
    hand = Hand(page)
    hand.click(page.locator(".tabs").get_by_role("link", name=re.compile("Not handed in")))
    hand.click(page.get_by_role("button", name="Copy names"))
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('Bo Ek')")
    goal("Clicks to copy who has not handed in", "2", str(hand.clicks))
    assert hand.clicks <= 2


def test_the_same_names_by_keys(page: Page, small_batch: str, goal: Goal) -> None:
    """The way to each by Tab is not counted."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(small_batch)
    hand = Hand(page)
    page.locator(".tabs").get_by_role("link", name=re.compile("Not handed in")).focus()
    hand.press("Enter")
    expect(page).to_have_url(re.compile("/missing/"))
    page.get_by_role("button", name="Copy names").focus()
    hand.press("Enter")
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('Bo Ek')")
    goal("Keys to copy who has not handed in", "2", str(hand.keys))
    assert hand.keys <= 2


def test_a_batch_from_a_canvas_zip(page: Page, class_id: str, tmp_path: Path, goal: Goal) -> None:
    zipped = canvas_zip()
    path = tmp_path / zipped.name
    path.write_bytes(zipped.content)
    page.goto(f"/classes/{class_id}/batches/")
    hand = Hand(page)
    hand.click(page.get_by_role("link", name="New batch"))
    page.locator("input[name=title]").fill("From Canvas")
    hand.click(page.get_by_role("button", name="Make batch"))
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    began = time.monotonic()
    with page.expect_file_chooser() as chooser:
        hand.click(page.locator(".dropzone label", has_text="Choose files"))
    chooser.value.set_files(path)
    expect(page.locator("#file-rows tr")).to_have_count(31, timeout=60_000)
    goal("Clicks to a batch from a Canvas zip", "3", str(hand.clicks))
    goal("The same, from the zip chosen to all texts listed", "20 s", f"{time.monotonic() - began:.1f} s")
    assert hand.clicks <= 3


@pytest.mark.usefixtures("small_batch")
def test_from_sign_in_to_the_first_undecided_text(open_page: OpenPage, sign_in: SignIn, goal: Goal) -> None:
    page = open_page()
    sign_in(page, TEACHER)
    hand = Hand(page)
    hand.click("#needs-action .button")
    expect(page.locator("#decide")).to_be_visible()
    goal("Clicks from sign-in to the first undecided text", "1", str(hand.clicks))
    assert hand.clicks <= 1


def test_export_of_one_student(page: Page, class_id: str, goal: Goal) -> None:
    page.goto(f"/classes/{class_id}/")
    hand = Hand(page)
    hand.click("#roster tbody th a")
    hand.click(page.get_by_role("link", name="everything else that is kept"))
    with page.expect_download(timeout=30_000):
        hand.click(page.get_by_role("button", name="Export everything"))
    goal("Clicks to export one student", "4", str(hand.clicks))
    assert hand.clicks <= 4
