"""A session that ends while a page is open, and what then happens to it.

The page asks for a sign-in, and what was typed is sent; nobody reads or uses what another person left open.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Locator, Page, WebSocketRoute, expect

from batches.samples import class_list
from e2e.conftest import DEMO_TEACHER, TEACHER, Stack, open_review

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]


@pytest.fixture
def page(open_page: OpenPage, sign_in: SignIn) -> Page:
    """The teacher's browser; contact is lost with the session."""
    made = open_page(expected="WebSocket|ERR_FAILED|status of (4|503)")
    sign_in(made)
    return made


@pytest.fixture
def end_session(open_page: OpenPage) -> Callable[[Page], None]:
    """Signs out in another browser with the same session. The page keeps its cookie, which is worth nothing now."""

    def run(page: Page) -> None:
        other = open_page(storage_state=page.context.storage_state())
        other.goto("/account/")
        other.locator(".account-menu summary").click()
        other.get_by_role("button", name="Sign out", exact=True).click()
        expect(other).to_have_url(re.compile("/sign-in/"))

    return run


@pytest.fixture
def empty_class(stack: Stack, request: pytest.FixtureRequest) -> str:
    """The address of a class with nobody in it."""
    body = {"designation": request.node.name.removeprefix("test_")[:40], "courses": ["ENG6"]}
    return f"/classes/{stack.call('/api/v1/classes/', method='POST', body=body, token=stack.token())['id']}/"


def sign_in_again(page: Page) -> None:
    """In the dialog, which comes by itself."""
    dialog = page.get_by_role("dialog", name="You are signed out")
    expect(dialog.get_by_label("Password")).to_be_focused()
    dialog.get_by_label("Password").fill(TEACHER[1])
    dialog.get_by_label("Password").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-live-state]")).to_have_text("Live")


NAMED = "Object.keys(sessionStorage).filter((key) => key.startsWith('refused:')).length"
"""How many batches' refused files the tab knows by name."""
REFUSE = "sessionStorage.setItem(`refused:${document.body.dataset.user}:some-batch`, '[]')"


def test_names_of_refused_files_end_with_the_session(page: Page, end_session: Callable[[Page], None]) -> None:
    """Also in a tab in which nobody signed out."""
    page.evaluate(REFUSE)
    page.reload()
    assert page.evaluate(NAMED) == 1
    end_session(page)
    page.goto("/classes/")
    expect(page).to_have_url(re.compile("/sign-in/"))
    assert page.evaluate(NAMED) == 0


def test_signing_out_ends_them_in_a_tab_that_is_not_loaded_again(page: Page) -> None:
    page.evaluate(REFUSE)
    assert page.evaluate(NAMED) == 1
    other = page.context.new_page()
    other.goto("/account/")
    other.locator(".account-menu summary").click()
    other.get_by_role("button", name="Sign out", exact=True).click()
    expect(other).to_have_url(re.compile("/sign-in/"))
    page.wait_for_function(f"() => {NAMED} === 0")


def test_in_the_panel_of_a_student(page: Page, empty_class: str, end_session: Callable[[Page], None]) -> None:
    page.goto(empty_class)
    page.get_by_role("link", name="Add student").first.click()
    page.get_by_label("First name").fill("Maja")
    page.get_by_label("Surname").fill("Norén")
    end_session(page)
    sign_in_again(page)
    expect(page.get_by_label("Surname")).to_have_value("Norén")
    page.locator("#panel").get_by_role("button", name="Add student").click()
    expect(page.locator("#roster tbody tr")).to_have_count(1)
    expect(page.locator("#roster")).to_contain_text("Norén")


def test_a_form_stays_where_the_server_is_away(page: Page, empty_class: str) -> None:
    """That is asked before it is sent, so that no page of the server's takes its place."""
    page.goto(f"{empty_class}import/")
    page.locator("textarea[name=text]").fill(class_list())
    page.route("**/account/", lambda route: route.fulfill(status=503, body="away"))
    page.get_by_role("button", name="Check the list").click()
    expect(page.locator("#messages")).to_contain_text("Something went wrong on our side")
    expect(page.locator("textarea[name=text]")).to_have_value(class_list())
    page.unroute("**/account/")
    page.get_by_role("button", name="Check the list").click()
    expect(page).to_have_url(re.compile("/check/"))


def test_in_the_panel_where_nothing_told_of_it(
    page: Page, empty_class: str, end_session: Callable[[Page], None]
) -> None:
    """Without a socket the server's answer is what tells: the same is sent once more, once."""
    page.route_web_socket("**/ws/", lambda socket: None)
    page.goto(empty_class)
    page.get_by_role("link", name="Add student").first.click()
    page.get_by_label("First name").fill("Maja")
    end_session(page)
    page.locator("#panel").get_by_role("button", name="Add student").click()
    dialog = page.get_by_role("dialog", name="You are signed out")
    dialog.get_by_label("Password").fill(TEACHER[1])
    dialog.get_by_label("Password").press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#roster tbody tr")).to_have_count(1)


def test_in_a_new_batch(page: Page, end_session: Callable[[Page], None]) -> None:
    page.goto("/batches/new/")
    page.locator("input[name=title]").fill("Typed before the session ended")
    end_session(page)
    sign_in_again(page)
    page.get_by_role("button", name="Make batch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Typed before the session ended")


def test_in_an_import(page: Page, empty_class: str, end_session: Callable[[Page], None]) -> None:
    page.goto(f"{empty_class}import/")
    page.locator("textarea[name=text]").fill(class_list())
    end_session(page)
    sign_in_again(page)
    page.get_by_role("button", name="Check the list").click()
    expect(page).to_have_url(re.compile("/check/"))
    end_session(page)
    sign_in_again(page)
    page.get_by_role("button", name=re.compile(r"^Import \d")).click()
    expect(page).to_have_url(re.compile("/done/"))


def test_while_the_dialog_is_put_off(page: Page, empty_class: str, end_session: Callable[[Page], None]) -> None:
    """Who stays on the page is asked again by the form, and nothing that was typed is lost."""
    page.goto(f"{empty_class}import/")
    page.locator("textarea[name=text]").fill(class_list())
    end_session(page)
    dialog = page.get_by_role("dialog", name="You are signed out")
    dialog.get_by_role("button", name="Stay on this page").click()
    expect(dialog).to_be_hidden()
    page.get_by_role("button", name="Check the list").click()
    sign_in_again(page)
    expect(page).to_have_url(re.compile("/check/"))


def stays_open(socket: WebSocketRoute) -> None:
    """A socket that does not tell the page that its session has ended."""
    server = socket.connect_to_server()
    socket.on_message(server.send)
    server.on_message(socket.send)
    server.on_close(lambda code, reason: None)


def test_a_plain_form_where_nothing_told_of_it(
    page: Page, empty_class: str, end_session: Callable[[Page], None]
) -> None:
    """As in the seconds after a session has run out: nothing that was typed goes to an ended one."""
    page.route_web_socket("**/ws/", stays_open)
    page.goto(f"{empty_class}import/")
    page.locator("textarea[name=text]").fill(class_list())
    end_session(page)
    page.get_by_role("button", name="Check the list").click()
    sign_in_again(page)
    expect(page).to_have_url(re.compile("/check/"))


# --- others at the same browser ---------------------------------------------------------------------------------------


def other_tab(page: Page, who: tuple[str, str]) -> Page:
    """Where the session has ended, somebody signs in by the form."""
    page.context.clear_cookies(name="sessionid")
    other = page.context.new_page()
    other.goto("/sign-in/?next=/account/")
    other.locator("input[name=email]").fill(who[0])
    other.locator("input[name=password]").fill(who[1])
    other.locator("input[name=password]").press("Enter")
    expect(other).to_have_url(re.compile("/account/"))
    return other


def sign_out(page: Page) -> None:
    """By the menu."""
    page.locator(".account-menu summary").click()
    page.locator(".account-menu").locator("form[action='/sign-out/'] button").click()
    expect(page).to_have_url(re.compile("/sign-in/"))


def dialog_of(page: Page, *, says_other: bool) -> Locator:
    """The dialog over a page of which nothing can be read."""
    dialog = page.get_by_role("dialog", name="You are signed out")
    expect(dialog).to_be_visible()
    told = dialog.get_by_role("alert")
    expect(told).to_contain_text("Somebody else is signed in") if says_other else expect(told).to_be_empty()
    expect(page.get_by_role("heading", level=1)).to_be_hidden()
    expect(dialog.get_by_role("button", name="Stay on this page")).to_be_hidden()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    return dialog


ASLEEP = "window.BroadcastChannel = class { addEventListener() {} postMessage() {} }"
"""A tab that hears nothing of the others."""
N_WAITING = "() => window.waiting.list().length"


def n_confirmed(stack: Stack, batch: str) -> int:
    """Of the batch, as the server knows it."""
    return int(stack.call(f"/api/v1{batch}state/", token=stack.token())["counts"]["confirmed"])


def test_nobody_decides_as_somebody_else(page: Page, stack: Stack, small_batch: str) -> None:
    """Neither a decision that waited nor one made now goes to the server; both do once the person is back."""
    page.add_init_script(ASLEEP)
    open_review(page, small_batch)
    page.route("**/decide/", lambda route: route.abort())
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.waiting.list().length === 1")
    other = other_tab(page, DEMO_TEACHER)
    page.unroute("**/decide/")
    page.evaluate("() => document.dispatchEvent(new CustomEvent('contact'))")
    dialog = dialog_of(page, says_other=True)
    assert page.evaluate(N_WAITING) == 1
    dialog.get_by_label("Password").fill(TEACHER[1])
    dialog.get_by_label("Password").press("Enter")
    dialog_of(page, says_other=True)
    sign_out(other)
    assert n_confirmed(stack, small_batch) == 0
    dialog.get_by_label("Password").fill(TEACHER[1])
    dialog.get_by_label("Password").press("Enter")
    expect(dialog).to_be_hidden()
    page.wait_for_function("() => window.waiting.list().length === 0")
    assert n_confirmed(stack, small_batch) == 1


def test_a_form_is_not_sent_as_somebody_else(page: Page, empty_class: str) -> None:
    page.add_init_script(ASLEEP)
    page.goto(f"{empty_class}import/")
    page.locator("textarea[name=text]").fill(class_list())
    other = other_tab(page, DEMO_TEACHER)
    page.get_by_role("button", name="Check the list").click()
    dialog_of(page, says_other=True)
    sign_out(other)
    other_tab(page, TEACHER)
    page.evaluate("() => page.lookAgain()")  # as it does where it hears of it
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page).to_have_url(re.compile("/check/"))


def test_files_are_not_sent_as_somebody_else(page: Page, stack: Stack) -> None:
    page.add_init_script(ASLEEP)
    address = stack.make_batch("Sent by one person", None, [])
    page.goto(address)
    other = other_tab(page, DEMO_TEACHER)
    letter: FilePayload = {
        "name": "letter.txt",
        "mimeType": "text/plain",
        "buffer": b"The sea is grey today, and nobody is out. " * 3,
    }
    page.locator("#dropzone input[type=file]").first.set_input_files([letter])
    dialog = dialog_of(page, says_other=True)
    assert stack.call(f"/api/v1{address}state/", token=stack.token())["counts"]["files"] == 0
    sign_out(other)
    dialog.get_by_label("Password").fill(TEACHER[1])
    dialog.get_by_label("Password").press("Enter")
    expect(page.locator("#file-rows tr")).to_have_count(1)
    expect(page.locator("#sending-rows tr")).to_have_count(0)


def test_a_decision_outlives_cleared_cookies(page: Page, stack: Stack, small_batch: str) -> None:
    open_review(page, small_batch)
    page.route("**/decide/", lambda route: route.abort())
    page.keyboard.press("Enter")
    page.wait_for_function("() => window.waiting.list().length === 1")
    page.context.clear_cookies()
    page.unroute("**/decide/")
    page.evaluate("() => document.dispatchEvent(new CustomEvent('contact'))")
    sign_in_again(page)
    page.wait_for_function("() => window.waiting.list().length === 0")
    assert n_confirmed(stack, small_batch) == 1


def test_signing_out_leaves_no_tab_to_the_next_person(page: Page, empty_class: str) -> None:
    """What is unsaved waits, unseen, for the person who typed it, wherever they sign in again."""
    page.goto(f"{empty_class}import/")
    page.locator("textarea[name=text]").fill(class_list())
    reading, other = page.context.new_page(), page.context.new_page()
    reading.goto("/classes/")
    other.goto("/account/")
    sign_out(other)
    expect(reading).to_have_url(re.compile("/sign-in/"))
    dialog_of(page, says_other=False)
    colleague = other_tab(page, DEMO_TEACHER)
    dialog_of(page, says_other=True)
    sign_out(colleague)
    dialog_of(page, says_other=False)
    other_tab(page, TEACHER)
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("textarea[name=text]")).to_have_value(class_list())
    page.get_by_role("button", name="Check the list").click()
    expect(page).to_have_url(re.compile("/check/"))
