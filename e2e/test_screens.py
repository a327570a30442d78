"""Every screen: no serious accessibility violation in either theme, no wider than a phone, within its budget."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Response, expect

from e2e.conftest import ROOT, Stack
from e2e.screens import World, make_world, take_picture

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]

KILOBYTE = 1000
BUDGET = {"script": 60 * KILOBYTE, "stylesheet": 25 * KILOBYTE, "document": 40 * KILOBYTE}
"""Bytes of a page, compressed, by kind."""
REQUESTS = 10
"""Of a first page with an empty cache, the socket among them."""
TOUCH = 44
"""Pixels of what is pressed on a phone, but for links within a sentence."""


@pytest.fixture(scope="module")
def world(stack: Stack) -> World:
    """What the screens show."""
    return make_world(stack)


@pytest.fixture
def signed_in(open_page: OpenPage, sign_in: SignIn) -> Page:
    """The teacher's browser; a page that is not there may say so in the console."""
    page = open_page(expected=r"status of (404|429)")
    sign_in(page)
    return page


TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def serious(page: Page, *rules: str) -> list[str]:
    """Violations that keep people out (of all rules, or of some), with the element."""
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": TAGS}
    found = Axe().run(page, options={"resultTypes": ["violations"], "runOnly": only}).response["violations"]
    return [
        f"{rule['id']}: {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found
        if rule["impact"] in ("serious", "critical")
        for node in rule["nodes"][:3]
    ]


def too_wide(page: Page) -> Any:
    """What sticks out sideways."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
        [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
        .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
    )


def too_small(page: Page) -> Any:
    """Buttons, fields and menus that a finger would miss."""
    return page.evaluate(
        """target => [...document.querySelectorAll(".button, summary, .tabs a, .main-nav a, select, [type=text]")]
        .filter(e => e.checkVisibility() && getComputedStyle(e).clipPath === "none")
        .filter(e => e.getBoundingClientRect().height < target - 0.5)
        .slice(0, 3).map(e => `${e.getBoundingClientRect().height} ${e.outerHTML.slice(0, 120)}`)""",
        TOUCH,
    )


Theme = Literal["light", "dark"]
LOOKS: tuple[tuple[int, Theme, tuple[str, ...]], ...] = (
    (1360, "light", ()),
    (1360, "dark", ("color-contrast",)),
    (360, "dark", ()),
    (360, "light", ("color-contrast",)),
)
"""Widths, themes and rules: all of them once per width; the theme changes colours only."""


def walk(page: Page, world: World) -> Iterator[str]:
    """Open each screen in turn."""
    for name, address in world.screens.items():
        page.goto(address)
        assert "Something went wrong on our side" not in page.title(), name
        yield name


def test_every_screen_can_be_used_by_everyone(signed_in: Page, world: World) -> None:
    wrong: list[str] = []
    for name in walk(signed_in, world):
        for width, theme, rules in LOOKS:
            signed_in.set_viewport_size({"width": width, "height": 900})
            signed_in.emulate_media(color_scheme=theme, reduced_motion="reduce")
            wrong += [f"{name} {width} {theme}: {said}" for said in serious(signed_in, *rules)]
        wrong += [f"{name} is wider than the window: {said}" for said in too_wide(signed_in)]
    assert not wrong, "\n".join(wrong)


def test_pictures_of_every_screen(signed_in: Page, world: World, open_page: OpenPage, sign_in: SignIn) -> None:
    """Kept with the run, and for the documentation; on a phone everything is large enough to touch."""
    phone = open_page(width=390, height=844, has_touch=True, is_mobile=True, expected=r"status of 404")
    sign_in(phone)
    small: list[str] = []
    for page in (signed_in, phone):
        page.emulate_media(reduced_motion="reduce")
        for name in walk(page, world):
            if name != "not-found":
                expect(page.locator("[data-live-state]")).to_have_text("Live")
            take_picture(page, name)
            if page is phone:
                small += [f"{name}: {said}" for said in too_small(page)]
    assert not small, "\n".join(small)


def test_the_way_in_can_be_used_by_everyone(open_page: OpenPage) -> None:
    page = open_page(expected=r"status of 422")
    wrong: list[str] = []
    for address in ("/sign-in/", "/sign-in/reset/"):
        page.goto(address)
        for theme in get_args(Theme):
            page.emulate_media(color_scheme=theme)
            wrong += serious(page)
    page.goto("/sign-in/")
    take_picture(page, "sign-in")
    page.locator("input[name=email]").fill("nobody@demo.example")
    page.locator("input[name=password]").fill("wrong")
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    wrong += serious(page)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", ["overview", "class", "batch", "review-unsure", "review-certain", "batch-new"])
def test_a_page_stays_within_its_budget(
    open_page: OpenPage, sign_in: SignIn, world: World, goal: Callable[..., None], name: str
) -> None:
    signed = open_page()
    sign_in(signed)
    page = open_page(storage_state=signed.context.storage_state())
    answers: list[Response] = []
    sockets: list[str] = []
    page.on("response", lambda answer: answers.append(answer))
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(world.screens[name])
    page.wait_for_load_state("load")
    first = [answer for answer in answers if answer.request.resource_type not in ("fetch", "xhr")]
    weight = dict.fromkeys(BUDGET, 0)
    for answer in first:
        if answer.request.resource_type in weight:
            weight[answer.request.resource_type] += len(gzip.compress(answer.body()))
    hosts = {urlsplit(answer.url).netloc for answer in answers} | {urlsplit(url).netloc for url in sockets}
    seen = ", ".join(f"{kind} {size / KILOBYTE:.1f}" for kind, size in weight.items())
    n = len(first) + len(sockets)
    goal(f"Weight of {name}, kB", "script 60, stylesheet 25, document 40; 10 requests", f"{seen}; {n} requests")
    assert hosts == {urlsplit(page.url).netloc}
    assert all(weight[kind] <= limit for kind, limit in BUDGET.items()), weight
    assert n <= REQUESTS, [answer.url for answer in first]


def test_text_at_twice_the_size_and_long_words_still_fit(signed_in: Page, world: World) -> None:
    signed_in.set_viewport_size({"width": 360, "height": 900})
    wrong: list[str] = []
    for name in ("overview", "class", "batch", "review-unsure", "account"):
        signed_in.goto(world.screens[name])
        signed_in.evaluate("() => { document.documentElement.style.fontSize = '200%'; }")
        wrong += [f"{name}: {said}" for said in too_wide(signed_in)]
    assert wrong == []


def test_the_docs_hold_no_more_than_three_megabytes_of_pictures() -> None:
    sizes = [picture.stat().st_size for picture in (ROOT / "docs" / "screenshots").iterdir()]
    assert len(sizes) >= 40
    assert sum(sizes) <= 3_000_000
