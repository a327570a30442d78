"""A session that ends on the server while somebody types: the page asks for a sign-in, and what was typed is sent."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from batches.samples import class_list
from e2e.conftest import TEACHER, Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]


@pytest.fixture
def page(open_page: OpenPage, sign_in: SignIn) -> Page:
    """The teacher's browser; contact is lost with the session."""
    made = open_page(expected="WebSocket|status of 4")
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
