"""The page of a class: ticking many, the panel beside the list, and two people at one student."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Dialog, Page, Route, expect

from e2e.conftest import DEMO_TEACHER, Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
LISTED = "".join(
    f"{given}\t{family}\t{given.lower()}.{{}}@elev.example\n"
    for given, family in (("Emil", "Berg"), ("Bo", "Ek"), ("Lo", "Dahl"), ("My", "Lund"))
)
REFUSED = r"status of (409|422)"


@pytest.fixture
def class_id(stack: Stack, request: pytest.FixtureRequest) -> str:
    """A class of four, of this test and run alone: an address that is known already is the same student."""
    name = re.sub(r"[^a-z]", "", request.node.name.removeprefix("test_"))[:40]
    return stack.make_class(name, "Förnamn\tEfternamn\tE-post\n" + LISTED.replace("{}", uuid4().hex[:8]))


@pytest.fixture
def page(open_page: OpenPage, sign_in: SignIn, class_id: str) -> Page:
    """The page of the class."""
    made = open_page(expected=REFUSED)
    sign_in(made)
    made.goto(f"/classes/{class_id}/")
    expect(made.locator("#roster tbody tr")).to_have_count(4)
    expect(made.locator("[data-live-state]")).not_to_be_empty()  # every script is there
    return made


def rows(page: Page) -> list[str]:
    """Surnames, as they stand."""
    return page.locator("#roster tbody th").all_inner_texts()


def emil(stack: Stack, class_id: str) -> dict[str, Any]:
    """Emil, as the API tells of him."""
    found = stack.call(f"/api/v1/classes/{class_id}/students/?search=Emil", token=stack.token())["results"]
    return dict(found[0])


def open_emil(page: Page) -> None:
    """The panel of Emil Berg."""
    page.get_by_role("link", name="Berg").click()
    expect(page.locator("#panel-title")).to_have_text("Emil Berg")
    expect(page.locator(".htmx-settling, .htmx-request")).to_have_count(0)


def test_a_list_that_takes_long_is_busy(page: Page, class_id: str) -> None:
    held: list[Route] = []
    page.route(f"**/classes/{class_id}/**", lambda route: held.append(route))
    page.evaluate(f"document.dispatchEvent(new CustomEvent('live:class:{class_id}'))")
    expect(page.locator("#roster[aria-busy=true]")).to_have_count(1)
    for route in held:
        route.continue_()
    expect(page.locator("#roster:not([aria-busy])")).to_have_count(1)


def test_ticking_all_but_one_and_taking_back_that_they_left(page: Page) -> None:
    page.locator("#choose-all").check()
    expect(page.locator("#n-ticked")).to_have_text("Ticked: 4")
    page.get_by_role("checkbox", name="Emil Berg").uncheck()
    expect(page.locator("#n-ticked")).to_have_text("Ticked: 3")
    assert page.locator("#choose-all").evaluate("(box) => box.indeterminate")
    page.get_by_role("button", name="Mark as left").click()
    expect(page.locator(".banner-done")).to_contain_text("3 students have left the class. Texts are kept.")
    assert rows(page) == ["Berg"]
    page.get_by_role("button", name=re.compile("^Undo")).click()
    expect(page.locator("#roster tbody tr")).to_have_count(4)
    page.get_by_role("checkbox", name="Emil Berg").click()
    page.get_by_role("checkbox", name="Bo Ek").click()
    page.get_by_role("checkbox", name="My Lund").click(modifiers=["Shift"])
    expect(page.locator("#n-ticked")).to_have_text("Ticked: 3")


def test_what_is_unsaved_is_asked_about_once_and_escape_leads_back_to_the_row(page: Page) -> None:
    asked: list[str] = []
    leave = False

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept() if leave else dialog.dismiss()

    page.on("dialog", answer)
    open_emil(page)
    page.get_by_label("Preferred name").fill("Emmo")
    with page.expect_event("dialog"):
        page.keyboard.press("Escape")
    expect(page.get_by_label("Preferred name")).to_have_value("Emmo")
    leave = True
    with page.expect_event("dialog"):
        page.keyboard.press("Escape")
    expect(page.locator("#panel > .panel")).to_have_count(0)
    assert len(asked) == 2
    expect(page.get_by_role("link", name="Berg")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-title")).to_have_text("Emil Berg")
    page.get_by_label("Preferred name").fill("Emmo")
    page.keyboard.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Saved.")
    expect(page.locator("tr.chosen")).to_contain_text("“Emmo”")
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Berg")).to_be_focused()
    assert len(asked) == 2, "what is saved is not asked about"


def test_what_was_refused_is_unsaved(page: Page, class_id: str) -> None:
    """The fields come back as they were typed: that is not how the student is."""
    open_emil(page)
    taken = page.locator("#roster").get_by_text("bo.").first.inner_text()
    page.get_by_label("School e-mail").fill(taken)
    page.keyboard.press("Enter")
    expect(page.locator("#panel [aria-invalid=true]")).to_have_value(taken)
    expect(page.locator(".htmx-settling, .htmx-request")).to_have_count(0)
    with page.expect_event("dialog") as asked:
        page.once("dialog", lambda dialog: dialog.dismiss())
        page.keyboard.press("Escape")
    assert "not saved" in asked.value.message
    expect(page.get_by_label("School e-mail")).to_have_value(taken)
    page.once("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Escape")
    expect(page.locator("#panel > .panel")).to_have_count(0)


def test_one_after_the_other_is_added(page: Page) -> None:
    page.get_by_role("link", name="Add student").click()
    first, last = page.get_by_label("First name"), page.get_by_label("Surname")
    for given, family in (("Åsa", "Öberg"), ("Nil", "Alm")):
        expect(first).to_be_focused()
        page.keyboard.type(given)
        last.fill(family)
        page.get_by_role("button", name="Save and add another").click()
        expect(page.get_by_role("link", name=family)).to_be_visible()
        expect(first).to_have_value("")
    expect(first).to_be_focused()
    assert rows(page) == ["Alm", "Berg", "Dahl", "Ek", "Lund", "Öberg"]


def test_a_style_that_something_else_sets_is_not_copied(page: Page, open_page: OpenPage) -> None:
    """As extensions do, and Playwright itself for pictures: htmx would copy it as an attribute, which CSP forbids."""
    open_emil(page)
    page.evaluate("() => document.querySelectorAll('input').forEach((one) => { one.style.caretColor = 'red'; })")
    page.get_by_label("Preferred name").fill("Emmo")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("tr.chosen")).to_contain_text("“Emmo”")


def test_who_else_has_the_student_open(
    page: Page, stack: Stack, class_id: str, open_page: OpenPage, sign_in: SignIn
) -> None:
    body = {"email": DEMO_TEACHER[0], "can_change": True}
    stack.call(f"/api/v1/classes/{class_id}/shares/", method="POST", body=body, token=stack.token())
    theirs = open_page()
    sign_in(theirs, DEMO_TEACHER)
    address = f"/classes/{class_id}/students/{emil(stack, class_id)['id']}/"
    theirs.goto(address)
    expect(theirs.locator("[data-live-state]")).not_to_be_empty()
    open_emil(page)
    here = page.locator("#student-here")
    expect(here).to_have_text("Maria Lindqvist has this student open too.")
    expect(theirs.locator("#student-here")).to_contain_text("Karin Ståhl")
    page.get_by_label("Preferred name").fill("E")
    theirs.keyboard.press("Escape")
    expect(here).to_be_empty()
    expect(page.get_by_label("Preferred name")).to_be_focused()
    expect(page.get_by_label("Preferred name")).to_have_value("E")


@pytest.mark.parametrize(("keep", "left"), [("Keep theirs", "Emi"), ("Use mine", "Emmo")])
def test_two_people_change_one_field(page: Page, stack: Stack, class_id: str, keep: str, left: str) -> None:
    open_emil(page)
    other = {"preferred_name": "Emi"}
    student = f"/api/v1/students/{emil(stack, class_id)['id']}/"
    stack.call(student, method="PATCH", body=other, token=stack.token())
    page.get_by_label("Preferred name").fill("Emmo")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#panel table tbody tr")).to_have_text(re.compile(r"Preferred name\s*Emi\s*Emmo"))
    assert stack.call(student, token=stack.token())["preferred_name"] == "Emi", "nothing is overwritten unasked"
    page.get_by_role("button", name=keep).click()
    expect(page.get_by_label("Preferred name")).to_have_value(left)
    assert stack.call(student, token=stack.token())["preferred_name"] == left


def test_one_who_is_in_another_class_already(page: Page, stack: Stack, class_id: str, open_page: OpenPage) -> None:
    address = emil(stack, class_id)["email"]
    other = stack.make_class("Their other class", "Förnamn\tEfternamn\nKim\tHolm\n")
    page.goto(f"/classes/{other}/students/new/")
    page.get_by_label("First name").fill("Emil")
    page.get_by_label("School e-mail").fill(address)
    page.get_by_role("button", name="Add student").click()
    asking = page.locator(".banner-asking")
    expect(asking).to_contain_text("Same person as Emil Berg in ")
    page.get_by_role("button", name="No, different person").click()
    expect(page.locator("#id_email_error")).to_be_visible()
    expect(asking).to_have_count(0)
    assert rows(page) == ["Holm"]
    page.get_by_role("button", name="Add student").click()
    page.get_by_role("button", name="Yes, link").click()
    expect(page.get_by_role("link", name="Berg")).to_be_visible()
    expect(page.locator("#content")).to_be_focused()
    assert emil(stack, other)["id"] == emil(stack, class_id)["id"]


def test_what_is_typed_in_another_form_of_the_page_is_asked_about(page: Page) -> None:
    """It would go with the page: stay keeps it, leave lets it go."""
    page.goto("/account/")
    name = page.locator("form[action='/account/'] input[type=text]").first
    before, typed = name.input_value(), "Karin Typed"
    name.fill(typed)
    other = page.locator("form[action='/account/notices/'] button").last
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.dismiss() if len(asked) == 1 else dialog.accept()

    page.on("dialog", answer)
    other.click()
    expect(name).to_have_value(typed)
    other.click()
    expect(page.locator("#messages .banner")).to_have_count(1)
    expect(name).to_have_value(before)
    assert asked == ["What you have typed is not saved. Leave it?"] * 2
