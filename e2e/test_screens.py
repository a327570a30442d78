"""Every screen, in both languages and themes: open to everyone, as wide as a phone, and within its budget."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import get_args
from urllib.parse import urlsplit

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.utils.translation import override
from playwright.sync_api import Page, Response, expect

from e2e.conftest import ROOT, Stack
from e2e.looks import Language, Looks, in_the_way, looked_at, misbuilt, misplaced_with_longer_words, speaking, too_small
from e2e.screens import World, changed, take_picture
from huleedu.common.error_pages import error_page, later_page

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]

KILOBYTE = 1000
BUDGET = {"script": 60 * KILOBYTE, "stylesheet": 25 * KILOBYTE, "document": 40 * KILOBYTE}
"""Bytes of a page, compressed, by kind."""
SAME = 0.001
"""Part of a picture's pixels that may change without a look at it."""
REQUESTS = 10
"""Of a first page with an empty cache, the socket among them."""


@pytest.fixture
def signed_in(open_page: OpenPage, sign_in: SignIn) -> Page:
    """The teacher's browser; a page that is not there may say so in the console."""
    page = open_page(expected=r"status of (404|429)", reduced_motion="reduce")
    sign_in(page)
    return page


def walk(page: Page, world: World) -> Iterator[str]:
    """Open each screen in turn."""
    for name, address in world.screens.items():
        answer = page.goto(address)
        assert answer is not None
        assert answer.status < 500, name
        yield name


@looked_at
@pytest.mark.parametrize("language", get_args(Language))
def test_every_screen_can_be_used_by_everyone(
    signed_in: Page, world: World, stack: Stack, language: Language, looks: Looks
) -> None:
    wrong: list[str] = []
    with speaking(stack, language):
        for name in walk(signed_in, world):
            found = [*misbuilt(signed_in, language), *in_the_way(signed_in, looks[language])]
            if language == "sv":
                found += misplaced_with_longer_words(signed_in)
            wrong += [f"{name} {language}: {said}" for said in found]
    assert not wrong, "\n".join(wrong)


def test_pictures_of_every_screen(
    signed_in: Page, world: World, open_page: OpenPage, sign_in: SignIn, goal: Callable[..., None]
) -> None:
    """Kept with the run, and for the documentation; on a phone everything is large enough to touch.

    How many differ from the documentation's is printed only: typefaces and dates differ from machine to machine.
    """
    phone = open_page(
        width=390, height=844, has_touch=True, is_mobile=True, expected=r"status of 404", reduced_motion="reduce"
    )
    for page in (open_page(), phone):
        page.goto("/sign-in/")
        take_picture(page, "sign-in")
    sign_in(phone)
    small: list[str] = []
    share: dict[str, float] = {}
    for page in (signed_in, phone):
        for name in walk(page, world):
            if name != "not-found":
                expect(page.locator("[data-live-state]")).to_have_text("Live")
            picture = take_picture(page, name)
            share[picture.stem] = changed(picture)
            if page is phone:
                small += [f"{name}: {said}" for said in too_small(page)]
    most = sorted((name for name in share if share[name] > SAME), key=lambda name: -share[name])
    said = ", ".join(f"{name} {share[name]:.1%}" for name in most[:5])
    goal(f"Pictures that differ from the docs' by more than {SAME:.1%}", "as approved", f"{len(most)} ({said})")
    assert not small, "\n".join(small)


@looked_at
@pytest.mark.parametrize("language", get_args(Language))
def test_the_way_in_can_be_used_by_everyone(open_page: OpenPage, language: Language, looks: Looks) -> None:
    page = open_page(expected=r"status of 422", reduced_motion="reduce", locale=language)
    wrong: list[str] = []
    for address in ("/sign-in/", "/sign-in/reset/", "/sign-in/reset/sent/"):
        page.goto(address)
        found = [*misbuilt(page, language), *in_the_way(page, looks[language])]
        wrong += [f"{address}: {said}" for said in found]
    page.goto("/sign-in/")
    page.locator("input[name=email]").fill("nobody@demo.example")
    page.locator("input[name=password]").fill("wrong")
    page.locator("input[name=password]").press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    wrong += in_the_way(page, looks[language])
    assert not wrong, "\n".join(wrong)


ERRORS: dict[str, Callable[[HttpRequest], HttpResponse]] = {
    "error-400": lambda request: error_page(request, 400),
    "error-403": lambda request: error_page(request, 403),
    "error-form": lambda request: error_page(request, 403, name="403_csrf"),
    "error-404": lambda request: error_page(request, 404),
    "error-429": lambda request: later_page(request, 429, seconds=90, message="Too many."),
    "error-500": lambda request: error_page(request, 500, reference="A1B2C3"),
    "error-503": lambda request: later_page(request, 503, seconds=15),
}


@looked_at
@pytest.mark.parametrize("language", get_args(Language))
def test_pages_about_errors_can_be_used_by_everyone(open_page: OpenPage, language: Language, looks: Looks) -> None:
    """Made here as the server makes them: most cannot be had from a server that works."""
    page = open_page()
    wrong: list[str] = []
    for name, make in ERRORS.items():
        request = RequestFactory().post("/") if name == "error-503" else RequestFactory().get("/")
        with override(language):
            page.set_content(make(request).content.decode())
        found = [*misbuilt(page, language), *in_the_way(page, looks["en"])]
        wrong += [f"{name}: {said}" for said in found]
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


def test_the_docs_hold_no_more_than_three_megabytes_of_pictures() -> None:
    sizes = [picture.stat().st_size for picture in (ROOT / "docs" / "screenshots").iterdir()]
    assert len(sizes) >= 40
    assert sum(sizes) <= 3_000_000
