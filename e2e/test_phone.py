"""The whole job on a phone, by touch: what is tapped is large enough, and no page scrolls sideways."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from e2e.conftest import SMALL, TEACHER
from e2e.looks import TOUCH, too_wide

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
Goal = Callable[[str, str, str], None]
HIGH = 48
"""Pixels of the buttons that stay in sight while a text is reviewed."""


class Finger:
    """Taps, and counts. What it taps is large enough to hit, on a page no wider than the phone."""

    def __init__(self, page: Page) -> None:
        """Of one phone."""
        self.page, self.taps = page, 0

    def tap(self, place: str | Locator) -> None:
        """One tap."""
        target = self.page.locator(place) if isinstance(place, str) else place
        target.scroll_into_view_if_needed()
        box = target.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TOUCH - 0.5, f"{box} {target}"
        assert not (wide := too_wide(self.page)), f"{self.page.url}: {wide}"
        target.tap()
        self.taps += 1

    def press(self, name: str) -> None:
        """One tap on the button or link with this name."""
        named = re.compile(name)
        self.tap(self.page.get_by_role("button", name=named).or_(self.page.get_by_role("link", name=named)).first)


def loose_files(essays: Path, folder: Path) -> list[Path]:
    """What says its name without a folder, for a phone has none; with a text of one Emil, "Emil A" is the other."""
    small = [path for path in (essays / "essays").iterdir() if path.name in SMALL]
    (other,) = (essays / "essays").glob("Emil Andersson_*/essay.pdf")
    return [*small, Path(shutil.copy(other, folder / "Emil Andersson.pdf"))]


def test_from_sign_in_to_sign_out_by_touch(
    open_page: OpenPage, essays: Path, tmp_path: Path, class_id: str, goal: Goal
) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    page = open_page(width=390, height=844, has_touch=True, is_mobile=True, permissions=permissions)
    finger = Finger(page)
    page.goto("/sign-in/")
    page.locator("input[name=email]").fill(TEACHER[0])
    page.locator("input[name=password]").fill(TEACHER[1])
    finger.press("^Sign in$")
    finger.tap(".page-head .phone-only a")
    page.locator("input[name=title]").fill("By touch")
    page.locator("select[name=school_class]").select_option(class_id)
    finger.press("^Make batch$")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    with page.expect_file_chooser() as chooser:
        finger.tap(page.locator(".dropzone label", has_text="Choose files"))
    chooser.value.set_files(loose_files(essays, tmp_path))
    expect(page.locator("#counts")).to_contain_text("6 of 6", timeout=60_000)
    before = finger.taps
    review(finger)
    goal("Taps to decide all on a phone, three by hand", "9", str(finger.taps - before))
    assert finger.taps - before <= 9
    undo(finger)
    copy_the_names(finger)
    finger.tap(".account-menu > summary")
    finger.press("^Sign out$")
    expect(page).to_have_url(re.compile("/sign-in/"))
    assert not too_wide(page)
    goal("Taps from signing in to signing out", "21", str(finger.taps))
    assert finger.taps <= 21


def review(finger: Finger) -> None:
    """The certain ones at once; one unsure, one conflict and one without a match by hand."""
    page = finger.page
    finger.press("^Review matches")
    finger.tap("#confirm-certain")
    finger.tap("#confirm-ticked")
    expect(page.locator("#messages")).to_contain_text("3 confirmed.")
    if not page.locator("#decide").is_visible():
        finger.tap(page.locator("#queue .queue-item").first)
    ways = {"unsure": by_confirming, "conflict": by_choosing, "no match": by_leaving_nameless}
    for left in (3, 2, 1):
        expect(page.locator("#confirm")).to_be_visible()
        expect(page.locator(".review-place")).to_contain_text(f"of {left} left")
        page.wait_for_load_state("networkidle")  # the server's page takes the place of the one shown at once
        buttons = page.locator(".decision-bar .button:visible")
        for button in buttons.all():
            box = button.bounding_box()
            assert box is not None
            assert box["height"] >= HIGH - 0.5, box
            assert box["y"] + box["height"] <= 844, "the buttons are not in sight"
        state = page.locator("#queue .queue-item[aria-current] .visually-hidden").first.text_content() or ""
        ways.pop(state.strip(" :"))(finger)
    expect(page.locator("#done")).to_contain_text("All 6 texts are done.")


def by_confirming(finger: Finger) -> None:
    """The suggested student."""
    finger.tap("#confirm")


def by_choosing(finger: Finger) -> None:
    """The first of two."""
    finger.tap(finger.page.locator("#decide .candidate").first)
    finger.tap("#confirm")


def by_leaving_nameless(finger: Finger) -> None:
    """Nobody of the class."""
    finger.tap("#nobody")
    finger.press("^Leave without student")


def undo(finger: Finger) -> None:
    """Take the last one back, and do it again."""
    page = finger.page
    finger.tap("#undo button")
    expect(page.locator("#messages")).to_contain_text("Undone.")
    finger.tap(page.locator("#decide .candidate").first)
    finger.tap("#confirm")
    expect(page.locator("#done")).to_contain_text("All 6 texts are done.")


def copy_the_names(finger: Finger) -> None:
    """Of those who have not handed in."""
    page = finger.page
    finger.press("^Back to batch$")
    finger.tap(page.locator(".tabs").get_by_role("link", name=re.compile("^Not handed in")))
    finger.press("^Copy names$")
    page.wait_for_function("async () => (await navigator.clipboard.readText()).includes('Bo Ek')")
