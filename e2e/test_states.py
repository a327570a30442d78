"""Every state a screen can be in, open to everyone too."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.utils.translation import gettext as _
from django.utils.translation import override
from playwright.sync_api import Page, expect

from batches.samples import class_list
from e2e.conftest import ARTIFACTS, Stack
from e2e.looks import EVERY, SOME, Windows, in_the_way, speaking

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
Look = Callable[..., None]
EXPECTED = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket|status of (400|409|422)|htmx:(afterRequest|sendError)"


@pytest.fixture(
    params=[
        pytest.param(("en", SOME), id=pytest.HIDDEN_PARAM),
        pytest.param(("en", EVERY), id="en-every", marks=pytest.mark.campaign),
        pytest.param(("sv", EVERY), id="sv-every", marks=pytest.mark.campaign),
    ]
)
def windows(request: pytest.FixtureRequest, stack: Stack) -> Iterator[Windows]:
    """How the page is looked at, while pages and test speak a language."""
    language, looks = request.param
    with speaking(stack, language), override(language):
        yield looks[language]


@pytest.fixture
def page(open_page: OpenPage, sign_in: SignIn, windows: object) -> Page:
    """The teacher's browser, in which nothing moves."""
    made = open_page(expected=EXPECTED, reduced_motion="reduce")
    sign_in(made)
    return made


@pytest.fixture
def open_to_everyone(page: Page, windows: Windows, request: pytest.FixtureRequest) -> Look:
    """Looks at the page as it stands, and keeps a picture of it.

    What floats over the page makes what it covers smaller, until the page is scrolled or the menu shut.
    """

    def look(*, floats: bool = False) -> None:
        wrong = in_the_way(page, windows, but=("target-size",) if floats else ())
        ARTIFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTIFACTS / f"state-{request.node.name.removeprefix('test_')}.png")
        assert not wrong, "\n".join(wrong)

    return look


def live(page: Page, address: str) -> None:
    """Open a page and wait for contact."""
    page.goto(address)
    expect(page.locator("[data-live-state]")).to_have_text(_("Live"))


# --- contact ---------------------------------------------------------------------------------------------------------


def test_without_contact(page: Page, small_batch: str, open_to_everyone: Look) -> None:
    """Reconnecting, offline, and a decision that waits."""
    live(page, f"{small_batch}review/")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    expect(page.locator("[data-live-state]")).to_have_text(_("Reconnecting…"))
    page.keyboard.press("Enter")
    expect(page.locator("#queue")).to_contain_text(_("Waiting to be sent"))
    open_to_everyone()


def test_signed_out(page: Page, small_batch: str, open_to_everyone: Look) -> None:
    """The dialog over the page."""
    live(page, f"{small_batch}review/")
    page.context.clear_cookies(name="sessionid")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name=_("You are signed out"))
    expect(dialog.get_by_label(_("Password"))).to_be_focused()
    open_to_everyone()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_updated_meanwhile(page: Page, stack: Stack, small_batch: str, open_to_everyone: Look) -> None:
    """What is in use is not replaced: decided elsewhere, the open text is held still."""
    live(page, f"{small_batch}review/")
    action = page.locator("#decide").get_attribute("action") or ""
    text = action.split("/")[-3]
    student = page.locator("#decide input[name=student]").first.get_attribute("value")
    essay = stack.call(f"/api/v1/essays/{text}/", token=stack.token())
    body = {"student_id": student, "version": essay["version"]}
    stack.call(f"/api/v1/essays/{text}/association/", method="PUT", body=body, token=stack.token())
    expect(page.locator("#meanwhile")).to_contain_text(_("just now"))
    open_to_everyone()


# --- forms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/classes/new/", "/batches/new/"], ids=["class", "batch"])
def test_errors(page: Page, address: str, open_to_everyone: Look) -> None:
    """Beside the fields, with what was typed."""
    page.goto(address)
    form = page.locator("main form", has=page.locator("input[type=text], input:not([type])")).first
    field = form.locator("input[type=text], input:not([type])").first
    field.fill(" ")
    form.evaluate("form => { form.noValidate = true; }")
    form.locator("button.button-primary, button.button").first.click()
    expect(page.locator(".error").first).to_be_visible()
    assert page.locator("[aria-invalid=true]").count() >= 1
    open_to_everyone()


def test_two_edits(page: Page, stack: Stack, open_to_everyone: Look) -> None:
    """Somebody saved first: both are shown, and nothing is overwritten."""
    batch = stack.make_batch("Two edits", None, [])
    page.goto(f"{batch}rename/")
    token = stack.token()
    version = stack.call(f"/api/v1{batch}", token=token)["version"]
    body = {"title": "Two edits, theirs", "version": version}
    stack.call(f"/api/v1{batch}", method="PATCH", body=body, token=token)
    page.locator("input[name=title]").fill("Two edits, mine")
    page.get_by_role("button", name=_("Save")).click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("Two edits, theirs")
    expect(told).to_contain_text("Two edits, mine")
    open_to_everyone()
    page.get_by_role("button", name=_("Use mine")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Two edits, mine")


# --- dialogs, menus and lists ----------------------------------------------------------------------------------------


def test_keys(page: Page, small_batch: str, open_to_everyone: Look) -> None:
    """All keys."""
    live(page, f"{small_batch}review/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name=_("Keys"))).to_be_visible()
    open_to_everyone()


def test_not_in_this_class(page: Page, small_batch: str, open_to_everyone: Look) -> None:
    """The three ways, with the fields of a new student."""
    live(page, f"{small_batch}review/")
    page.keyboard.press("x")
    page.keyboard.press("2")
    expect(page.get_by_label(_("First name"))).to_be_focused()
    open_to_everyone()


def test_certain_ones(page: Page, small_batch: str, open_to_everyone: Look) -> None:
    """The list before they are confirmed."""
    live(page, f"{small_batch}review/")
    page.keyboard.press("Shift+Enter")
    expect(page.locator("#confirm-ticked")).to_be_focused()
    open_to_everyone()


@pytest.mark.parametrize(
    "menu", [".account-menu", "#batch-head .actions .menu", ".title-menu"], ids=["account", "batch", "title"]
)
def test_menu(page: Page, small_batch: str, menu: str, open_to_everyone: Look) -> None:
    """Open."""
    live(page, small_batch)
    page.locator(f"{menu} > summary").click()
    expect(page.locator(menu)).to_have_attribute("open", "")
    open_to_everyone(floats=True)


def test_class_with_nobody(page: Page, stack: Stack, open_to_everyone: Look) -> None:
    """Empty: what belongs here, and the way to it."""
    body = {"designation": "Nobody", "courses": ["ENG6"]}
    made = stack.call("/api/v1/classes/", method="POST", body=body, token=stack.token())["id"]
    page.goto(f"/classes/{made}/")
    expect(page.locator("#roster .empty")).to_be_visible()
    open_to_everyone()


def test_everything_empty(open_page: OpenPage, page: Page, open_to_everyone: Look) -> None:
    """Lists that find nothing."""
    nobody = "00000000-0000-4000-8000-000000000000"
    for address in ("/batches/?year=1999/00", "/classes/?course=SV3", f"/privacy/log/?class={nobody}"):
        page.goto(address)
        expect(page.locator("main .empty").first).to_be_visible()
        open_to_everyone()


def test_addresses_of_the_ticked(page: Page, stack: Stack, open_to_everyone: Look) -> None:
    """The list for a letter to several students."""
    made = stack.make_class("Letters", class_list())
    live(page, f"/classes/{made}/")
    for tick in page.locator("#roster tbody input[type=checkbox]").all()[:3]:
        tick.check()
    open_to_everyone(floats=True)
    page.locator("[name=do][value=emails]").click()
    expect(page.get_by_label(_("Of the ticked students"))).to_be_visible()
    open_to_everyone()
