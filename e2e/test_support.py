"""Support's desk: usable by everyone in both languages, and a stuck batch moved on by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Stack
from e2e.looks import Language, Looks, Theme, in_the_way, looked_at, too_small
from e2e.screens import take_picture

pytestmark = pytest.mark.e2e

OpenPage = Callable[..., Page]
SUPPORT = ("support@demo.example", "demo-support")
SCREENS = {
    "support": "/support/",
    "support-batches": "/support/batches/batch/",
    "support-files": "/support/files/essayfile/",
    "support-events": "/support/outbox/outboxevent/",
    "support-imports": "/support/classes/rosterimport/",
    "support-students": "/support/classes/student/",
    "support-users": "/support/accounts/user/",
    "support-log": "/support/auditlog/logentry/",
    "support-school": "/support/accounts/school/add/",
}


def sign_in(page: Page) -> None:
    """As support staff."""
    page.goto("/sign-in/?next=/support/")
    page.locator("input[name=email]").fill(SUPPORT[0])
    page.locator("input[name=password]").fill(SUPPORT[1])
    page.locator("input[name=password]").press("Enter")
    expect(page.locator(".desk-lists")).to_be_visible()


@pytest.fixture(params=get_args(Language))
def language(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Language]:
    """The language of the desk's pages."""

    def speak(code: str) -> None:
        stack.call("/api/v1/me/", method="PATCH", body={"language": code}, token=stack.token(SUPPORT))

    speak(request.param)
    yield request.param
    speak("en")


def walk(page: Page, world_batch: str) -> Iterator[str]:
    """Every kind of page: start, lists, one batch, what an errand would do."""
    for name, address in SCREENS.items():
        page.goto(address)
        yield name
    page.goto(f"/support/batches/batch/?q={world_batch}")
    page.locator("tbody th a").click()
    expect(page.locator("#timeline")).to_be_visible()
    yield "support-batch"
    page.goto(f"/support/batches/batch/?q={world_batch}")
    page.locator("tbody .cell-check input").check()
    page.locator(".action-bar select").select_option("match_again")
    page.locator(".action-bar .button").click()
    expect(page.locator("textarea")).to_be_visible()
    yield "support-errand"


@pytest.fixture(scope="module")
def batch_id(stack: Stack) -> str:
    """A batch with two texts; the desk speaks English."""
    from batches.samples import sample_essays

    stack.call("/api/v1/me/", method="PATCH", body={"language": "en"}, token=stack.token(SUPPORT))
    address = stack.make_batch("What the desk shows", None, list(sample_essays())[:2])
    return address.strip("/").split("/")[-1]


@looked_at
def test_every_page_of_the_desk_can_be_used_by_everyone(
    open_page: OpenPage, batch_id: str, language: Language, looks: Looks
) -> None:
    page = open_page(reduced_motion="reduce")
    sign_in(page)
    wrong: list[str] = []
    for name in walk(page, batch_id):
        wrong += [f"{name} {said}" for said in in_the_way(page, looks[language])]
    assert not wrong, "\n".join(wrong)


def test_every_component_can_be_used_by_everyone_in_both_themes(open_page: OpenPage) -> None:
    page = open_page(reduced_motion="reduce")
    sign_in(page)
    wrong: list[str] = []
    for theme in get_args(Theme):
        page.goto(f"/support/design/?theme={theme}")
        for width in (1360, 390):
            wrong += [f"{theme}: {said}" for said in in_the_way(page, ((width, theme),))]
            page.set_viewport_size({"width": width, "height": 900})
            take_picture(page, f"components-{theme}")
    assert not wrong, "\n".join(wrong)


def test_pictures_of_the_desk(open_page: OpenPage, batch_id: str) -> None:
    phone = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}
    small: list[str] = []
    for options in ({}, phone):
        page = open_page(reduced_motion="reduce", **options)
        sign_in(page)
        for name in walk(page, batch_id):
            take_picture(page, name)
            if options:
                small += [f"{name}: {said}" for said in too_small(page)]
    assert not small, "\n".join(small)


def test_an_errand_by_keyboard_asks_why_and_leaves_a_trace(open_page: OpenPage, batch_id: str) -> None:
    page = open_page(expected="status of 422")
    sign_in(page)
    page.goto(f"/support/batches/batch/?q={batch_id}")
    page.locator("tbody .cell-check input").focus()
    page.keyboard.press("Space")
    page.locator(".action-bar select").select_option("match_again")
    page.locator(".action-bar .button").press("Enter")
    expect(page.locator(".lines")).to_contain_text("matched again")
    page.locator("form .button-primary").press("Enter")
    expect(page.locator("form .error")).to_be_visible()
    page.locator("textarea").fill("The class list changed while nobody looked.")
    page.locator("form .button-primary").press("Enter")
    expect(page.locator(".banner-done")).to_contain_text("Match again")
    page.locator("tbody th a").click()
    expect(page.locator("tbody")).to_contain_text("The class list changed while nobody looked.")
