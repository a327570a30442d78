"""Work that is interrupted at random: nothing that was decided or saved is lost, nothing is done twice.

INTERRUPTIONS is how many there are in each test, INTERRUPTIONS_SEED what they are drawn from (printed).
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from batches.samples import sample_essays
from e2e.conftest import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.campaign]

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
N_INTERRUPTIONS = int(os.environ.get("INTERRUPTIONS", "5"))
EXPECTED = r"ERR_|WebSocket|status of (409|422)|htmx:(afterRequest|sendError|swapError)|Failed to fetch"
KINDS = ("reload", "back", "offline", "closed tab")


@pytest.fixture
def chance() -> random.Random:
    """What is drawn from; a failure prints the seed, which draws the same again."""
    seed = os.environ.get("INTERRUPTIONS_SEED") or str(random.SystemRandom().randrange(10**6))
    print(f"INTERRUPTIONS_SEED={seed}")  # noqa: T201  (pytest shows it where the test fails)
    return random.Random(seed)  # noqa: S311


class Window:
    """A teacher's browser, of which the tab may be closed and opened again."""

    def __init__(self, page: Page) -> None:
        """Signed in already."""
        self.page = page

    def open(self, address: str) -> None:
        """A page with contact."""
        self.page.goto(address)
        expect(self.page.locator("[data-live-state]")).to_have_text("Live")

    def interrupt(self, kind: str, address: str) -> None:
        """And back to the page at the address, with contact."""
        if kind == "reload":
            self.page.reload()
        elif kind == "back":
            self.page.goto("/overview/")
            self.page.go_back()
        elif kind == "offline":
            self.page.context.set_offline(True)
            expect(self.page.locator("#offline")).to_be_visible()
            self.page.context.set_offline(False)
            expect(self.page.locator("#offline")).to_be_hidden()
        else:
            context = self.page.context
            self.page.close()
            self.page = context.new_page()
            self.page.set_default_timeout(20_000)
        if kind != "offline":
            self.open(address)
        self.page.on("dialog", lambda dialog: dialog.accept())


@pytest.fixture
def window(open_page: OpenPage, sign_in: SignIn) -> Window:
    """The teacher's."""
    page = open_page(expected=EXPECTED)
    sign_in(page)
    page.on("dialog", lambda dialog: dialog.accept())
    return Window(page)


def test_a_review(
    window: Window, stack: Stack, class_id: str, chance: random.Random, request: pytest.FixtureRequest
) -> None:
    """The key is pressed, and something gets in the way at once. Each text is decided, once, as it was chosen."""
    files = list(islice(sample_essays(), N_INTERRUPTIONS + 1))
    batch = stack.make_batch(request.node.name, class_id, files)
    token = stack.token()
    chosen: dict[str, str] = {}
    window.open(f"{batch}review/")
    for essay in stack.call(f"/api/v1{batch}essays/", token=token)["results"][:N_INTERRUPTIONS]:
        address = f"{batch}review/{essay['id']}/"
        window.open(address)
        page, kind = window.page, chance.choice(KINDS)
        radio = page.locator("#decide input[name=student]").first
        radio.check()
        chosen[essay["id"]] = str(radio.get_attribute("value"))
        page.wait_for_load_state("networkidle")
        if lost_first := chance.random() < 0.5:
            page.context.set_offline(True)
        page.locator("#confirm").click()
        if kind != "offline" or not lost_first:
            page.wait_for_timeout(chance.choice((0, 20, 200)))
        page.context.set_offline(False)
        window.interrupt(kind, f"{batch}review/")
        window.page.wait_for_function("() => window.waiting.list().length === 0")
    for essay in stack.call(f"/api/v1{batch}essays/", token=token)["results"]:
        if essay["id"] in chosen:
            match = essay["association"]
            assert (match["status"], match["student"]["id"]) == ("confirmed", chosen[essay["id"]])


def test_the_panel_of_a_student(window: Window, stack: Stack, chance: random.Random) -> None:
    """What was saved is kept, whatever comes after; and what was only typed survives lost contact."""
    listed = "Förnamn\tEfternamn\nMaja\tNorén\n"
    school = f"/classes/{stack.make_class('Interrupted', listed)}/"
    student = students(stack, school)[0]["id"]
    panel = f"{school}students/{student}/"
    for number in range(N_INTERRUPTIONS):
        window.open(panel)
        page, kind, said = window.page, chance.choice(KINDS), f"Mimmi {number}"
        field = page.get_by_label("Preferred name")
        field.fill(said)
        if kind == "offline":
            window.interrupt(kind, panel)
            expect(field).to_have_value(said)
        page.locator("#panel").get_by_role("button", name="Save").first.click()
        expect(page.locator("#messages")).to_contain_text("Saved")
        if kind != "offline":
            window.interrupt(kind, panel)
        expect(window.page.get_by_label("Preferred name")).to_have_value(said)
    assert [one["preferred_name"] for one in students(stack, school)] == [f"Mimmi {N_INTERRUPTIONS - 1}"]


def students(stack: Stack, school: str) -> list[dict[str, Any]]:
    """Of the class, as the API tells."""
    return list(stack.call(f"/api/v1{school}students/", token=stack.token())["results"])
