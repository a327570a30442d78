"""Match review in the browser: by keys alone, undone, asked, searched, and beside a colleague."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from e2e.conftest import Stack, open_review

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
GLANCE_MS = 300
"""After which what came unasked counts as seen (review.js)."""
HEAR_NOTHING = """() => document.addEventListener(`live:${document.body.dataset.resources}`,
  (event) => event.stopImmediatePropagation(), true)"""
"""The page is told of nothing that happens."""
PRESS_AT_ONCE = """(button) => new MutationObserver((_changes, observer) => {
  const here = document.querySelector(button);
  if (here) { observer.disconnect(); here.click(); }
}).observe(document.body, { childList: true, subtree: true })"""
"""Clicks as soon as there is something to click, as on what stood in its place."""


def file_name(page: Page) -> str:
    """Of the open text, with its clues."""
    return page.locator("#file-name").inner_text()


def focus_is_kept(page: Page) -> bool:
    """The focus is never lost to the page itself."""
    return bool(page.evaluate("() => document.activeElement !== document.body"))


def test_a_decision_opens_the_next_text_and_says_so(review: Page) -> None:
    expect(review.locator("#file-name")).to_contain_text("Emil A")
    expect(review.locator("#decide input:checked")).to_be_focused()
    review.keyboard.press("Enter")
    expect(review.locator("#file-name")).to_contain_text("Axel Strömbäck")
    expect(review.get_by_role("radio").first).to_be_focused()
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    said = review.locator("#announcer")
    expect(said).to_contain_text(re.compile(r"Confirmed\. \d left\. .*Axel Strömbäck\.docx, conflict: "))
    expect(review.locator("#confirm")).to_have_attribute("aria-disabled", "true")
    review.keyboard.press("Enter")
    assert "Axel" in file_name(review), "nothing is chosen, so nothing is decided"
    review.keyboard.press("n")
    expect(review.locator("#file-name")).not_to_contain_text("Axel Strömbäck")
    review.keyboard.press("Shift+N")
    expect(review.locator("#file-name")).to_contain_text("Axel Strömbäck")
    review.go_back()
    expect(review.locator("#file-name")).not_to_contain_text("Axel Strömbäck")
    assert focus_is_kept(review)
    review.locator("#queue .queue-item[tabindex='0']").press("End")
    expect(review.locator("#queue .queue-item").last).to_be_focused()


def test_shift_and_enter_decide_nothing_before_the_keys_are_there(review: Page) -> None:
    """On a slow network: nothing has the focus yet, and who puts it there is not taken for Enter."""
    held: list[Route] = []
    review.route("**/review-keys*.js", lambda route: held.append(route))
    review.reload(wait_until="commit")
    review.wait_for_function("() => window.review && document.querySelector('#decide input:checked')")
    assert review.evaluate("() => document.activeElement === document.body")
    review.locator("#decide input:checked").focus()
    review.keyboard.press("Shift+Enter")
    review.evaluate("() => document.activeElement.blur()")
    held[0].continue_()
    expect(review.locator("#decide input:checked")).to_be_focused()
    expect(review.locator("#review-progress")).to_contain_text("0 of")
    review.keyboard.press("Shift+Enter")
    expect(review).to_have_url(re.compile("/confirm/$"))


def hears_of_nothing(socket: WebSocketRoute) -> None:
    """Contact, but no word of what happens."""
    server = socket.connect_to_server()
    server.on_message(lambda frame: None if '"resource"' in str(frame) else socket.send(frame))
    socket.on_message(server.send)


def test_a_text_fetched_ahead_lists_what_was_decided_since(review: Page) -> None:
    review.route_web_socket("**/ws/", hears_of_nothing)
    open_review(review, re.sub(r"review/.*", "", review.url))
    review.keyboard.press("Enter")
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    review.wait_for_load_state("networkidle")
    review.keyboard.press("n")
    expect(review.locator("#file-name")).not_to_contain_text("Axel")
    expect(review.locator("#review-progress")).to_contain_text("1 of")


def test_any_number_of_decisions_is_undone(review: Page) -> None:
    first = file_name(review)
    review.keyboard.press("Enter")
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    review.keyboard.press("1")
    review.keyboard.press("Enter")
    expect(review.locator("#queue")).to_contain_text("Decided")
    expect(review.locator("#review-progress")).to_contain_text("2 of")
    review.keyboard.press("u")
    expect(review.locator("#file-name")).to_contain_text("Axel Strömbäck")
    expect(review.locator("#messages")).to_contain_text("Undone.")
    review.keyboard.press("u")
    expect(review.locator("#file-name")).to_contain_text(first[:6])
    expect(review.locator("#review-progress")).to_contain_text("0 of")
    review.keyboard.press("u")
    expect(review.locator("#messages")).to_contain_text("There is nothing to undo.")


def test_keys_pressed_while_an_undo_is_on_its_way_are_for_its_text(review: Page) -> None:
    first = file_name(review)
    review.keyboard.press("Enter")
    expect(review.locator("#review-progress")).to_contain_text("1 of")
    for key in ("u", "2", "Enter"):
        review.keyboard.press(key)
    expect(review.locator("#review-progress")).to_contain_text("1 of")
    expect(review.locator("#queue")).to_contain_text(first.split(" ")[0])
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    expect(review.locator("#file-name")).to_contain_text("Axel Strömbäck")


def test_a_key_that_is_held_takes_back_one_decision(review: Page) -> None:
    review.keyboard.press("Enter")
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    review.keyboard.press("1")
    review.keyboard.press("Enter")
    expect(review.locator("#review-progress")).to_contain_text("2 of")
    undone: list[str] = []
    review.on("request", lambda request: undone.append(request.url) if request.url.endswith("/undo/") else None)
    for _time in range(4):
        review.keyboard.down("u")
    review.keyboard.up("u")
    expect(review.locator("#messages")).to_contain_text("Undone.")
    review.wait_for_load_state("networkidle")
    assert len(undone) == 1
    expect(review.locator("#review-progress")).to_contain_text("1 of")


def test_a_link_is_followed_while_an_undo_is_on_its_way(review: Page, small_batch: str) -> None:
    review.keyboard.press("Enter")
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    held: list[Route] = []
    review.route("**/undo/", lambda route: held.append(route))
    review.keyboard.press("u")
    review.locator("#review-head h1 a").focus()
    review.keyboard.press("Enter")
    expect(review.locator("#files, #file-rows").first).to_be_visible()
    assert review.url.endswith(small_batch)


def test_the_certain_ones_are_listed_first_and_what_is_unticked_waits(review: Page) -> None:
    button = review.locator("#confirm-ticked")
    for key in ("Shift+Enter", "Escape", "Shift+Enter"):
        review.keyboard.press(key)
        expect(button if key == "Shift+Enter" else review.locator("#decide input:checked")).to_be_focused()
    n = int(re.sub(r"\D", "", button.inner_text()))
    assert n >= 2
    name = review.locator("tbody td a").first.inner_text()
    review.locator("tbody input[type=checkbox]").first.uncheck()
    expect(button).to_contain_text(f"Confirm {n - 1}")
    review.route("**/confirm/", lambda route: route.fulfill(status=422, body="Not just now."))
    button.press("Enter")
    expect(review.locator("#messages")).to_contain_text("nothing was changed")
    expect(button).to_contain_text(f"Confirm {n - 1}")
    review.unroute("**/confirm/")
    button.press("Enter")
    expect(review.locator("#messages")).to_contain_text(f"{n - 1} confirmed.")
    expect(review.locator("#queue .queue-item", has_text=name)).to_contain_text("possible student")
    expect(review.locator("#confirm-certain")).to_have_count(0)
    assert focus_is_kept(review)


def test_not_in_this_class_asks_which_way(review: Page) -> None:
    first = file_name(review)
    review.keyboard.press("x")
    dialog = review.get_by_role("dialog", name="Not in this class")
    expect(dialog.get_by_role("button", name="Leave without student")).to_be_focused()
    review.keyboard.press("Escape")
    assert file_name(review) == first
    review.keyboard.press("x")
    review.keyboard.press("Enter")
    expect(review.locator("#file-name")).not_to_contain_text(first[:6])
    expect(review.locator("#messages")).to_contain_text("Decided: not in this class.")
    review.keyboard.press("x")
    review.keyboard.press("2")
    expect(review.get_by_label("First name")).to_be_focused()
    review.keyboard.type("Nya")
    review.keyboard.press("Tab")
    review.keyboard.type("Elev")
    review.keyboard.press("Enter")
    expect(review.locator("#queue")).to_contain_text("Nya Elev")
    review.keyboard.press("x")
    review.keyboard.press("3")
    expect(review.locator("#search-words")).to_be_focused()


def test_search_covers_the_class_then_other_classes(review: Page, stack: Stack) -> None:
    stack.make_class("NA25Q", "Förnamn\tEfternamn\tE-post\nQuincy\tAnnersson\tquincy@elev.example\n")
    review.keyboard.press("/")
    expect(review.locator("#search-words")).to_be_focused()
    review.keyboard.type("quincy")
    found = review.locator("#others")
    expect(found).to_contain_text("In other classes")
    expect(found).to_contain_text("NA25Q")
    review.keyboard.press("Enter")
    expect(found.get_by_role("radio", name="Quincy Annersson")).to_be_focused()
    expect(review.locator("#confirm")).to_contain_text("Confirm Quincy Annersson")
    review.keyboard.press("/")
    review.keyboard.press("Escape")
    expect(review.locator("#search-words")).to_have_value("quincy")
    review.keyboard.press("Enter")
    expect(review.locator("#messages")).to_contain_text("Confirmed.")


def test_keys_are_moved_to_alt_or_turned_off(review: Page, stack: Stack) -> None:
    first = file_name(review)
    try:
        review.keyboard.press("?")
        keys = review.get_by_role("dialog", name="Keys")
        with review.expect_response("**/api/v1/me/"):
            keys.get_by_label("with Alt").check()
        review.keyboard.press("Escape")
        expect(keys).to_be_hidden()
        expect(review.locator("#nobody")).to_have_attribute("aria-keyshortcuts", "Alt+x")
        review.locator("#candidates").focus()
        review.keyboard.press("n")
        assert file_name(review) == first
        review.keyboard.press("Alt+n")
        expect(review.locator("#file-name")).not_to_contain_text(first[:6])
        review.reload()
        review.keyboard.press("Alt+?")
        with review.expect_response("**/api/v1/me/"):
            keys.get_by_label("off", exact=True).check()
        review.keyboard.press("Escape")
        review.keyboard.press("x")
        expect(review.locator("#not-in-class")).to_be_hidden()
        expect(review.locator("#nobody")).not_to_have_attribute("aria-keyshortcuts", re.compile("."))
        expect(review.locator("#nobody .key")).to_be_hidden()
        review.get_by_role("radio").first.check()
        expect(review.locator("#confirm .key:visible")).to_have_text(["Enter"])
    finally:
        stack.call("/api/v1/me/", method="PATCH", body={"shortcuts": "on"}, token=stack.token())


def test_it_stays_at_a_decided_text_where_going_on_is_off(review: Page, stack: Stack, small_batch: str) -> None:
    try:
        stack.call("/api/v1/me/", method="PATCH", body={"go_on": False}, token=stack.token())
        open_review(review, small_batch)
        name = file_name(review)
        review.keyboard.press("Enter")
        expect(review.locator("#messages")).to_contain_text("Confirmed.")
        expect(review.locator("#decide .banner-done")).to_be_visible()
        expect(review.locator("#confirm")).to_have_attribute("aria-disabled", "true")
        expect(review.locator("#confirm")).to_contain_text("Confirmed")
        assert file_name(review) == name
        review.keyboard.press("n")
        expect(review.locator("#file-name")).not_to_contain_text(name[:6])
    finally:
        stack.call("/api/v1/me/", method="PATCH", body={"go_on": True}, token=stack.token())


# --- two at once -----------------------------------------------------------------------------------------------------


def text_id(page: Page) -> str:
    """The open text, by the form that decides about it."""
    action = page.locator("#decide").get_attribute("action") or ""
    return action.split("/")[-3]


def decide_elsewhere(stack: Stack, page: Page, *, nth: int = 0) -> None:
    """What the same teacher does in another place: choose the nth student."""
    student = page.locator("#decide input[name=student]").nth(nth).get_attribute("value")
    body = {"student_id": student, "version": None}
    essay = stack.call(f"/api/v1/essays/{text_id(page)}/", token=stack.token())
    body["version"] = essay["version"]
    stack.call(f"/api/v1/essays/{text_id(page)}/association/", method="PUT", body=body, token=stack.token())


def test_what_is_decided_elsewhere_holds_the_open_text_still(review: Page, stack: Stack) -> None:
    decide_elsewhere(stack, review, nth=1)
    told = review.locator("#meanwhile")
    expect(told).to_contain_text("just now")
    expect(review.locator("#decide .decision-bar")).to_have_attribute("inert", "")
    assert focus_is_kept(review)
    name = file_name(review)
    told.get_by_role("link", name="Change").click()
    expect(review.locator("#decide .banner-done")).to_be_visible()
    assert file_name(review) == name
    expect(review.locator("#decide .decision-bar")).not_to_have_attribute("inert", "")


def test_a_late_decision_sees_both_and_overwrites_nothing(review: Page, stack: Stack) -> None:
    name = file_name(review)
    review.evaluate(HEAR_NOTHING)
    decide_elsewhere(stack, review, nth=1)
    review.evaluate(PRESS_AT_ONCE, "[form=use-mine]")
    review.keyboard.press("Enter")
    expect(review.locator("#decided-first")).to_contain_text("Somebody was first.")
    expect(review.locator("#messages")).to_contain_text("What you pressed before this was here decided nothing.")
    assert file_name(review) == name
    expect(review.get_by_role("link", name="Keep theirs")).to_be_focused()
    review.wait_for_timeout(GLANCE_MS)  # sooner it can only have been meant for what stood there before
    review.get_by_role("button", name="Use mine").click()
    expect(review.locator("#messages")).to_contain_text("Confirmed.")


FAST = {
    # keys, from which text on: how many are decided, and what is said
    "the list of certain ones": (["Shift+Enter", "Enter"], 0, 5, "5 confirmed."),
    "decide later": (["n", "Enter"], 3, 0, "What you pressed before this was here decided nothing."),
    "two further on": (["n", "n", "1", "Enter"], 3, 0, "What you pressed before this was here decided nothing."),
    "again and again": (["Enter", "Enter", "Enter"], 3, 1, "What you pressed before this was here decided nothing."),
}


@pytest.mark.parametrize("case", FAST)
def test_fast_keys_decide_about_no_text_that_was_not_there(
    review: Page, stack: Stack, small_batch: str, case: str
) -> None:
    """The server takes its time, and a student is chosen for every text that comes."""
    keys, nth, n_decided, says = FAST[case]
    review.route("**/*", lambda route: route.abort() if "huleedu-ahead" in route.request.headers else route.fallback())
    review.goto(review.locator("#queue .queue-item").nth(nth).get_attribute("href") or "")
    first = text_id(review)
    held: list[Route] = []
    review.route(re.compile("/(confirm|decide|review/[^/]+)/$"), lambda route: held.append(route))
    for key in keys:
        review.keyboard.press(key)
    review.unroute(re.compile("/(confirm|decide|review/[^/]+)/$"))
    for route in held:
        route.fallback()
    expect(review.locator("#messages")).to_contain_text(says)
    review.wait_for_load_state("networkidle")
    essays = stack.call(f"/api/v1{small_batch}essays/", token=stack.token())["results"]
    decided = [essay["id"] for essay in essays if essay["association"]["status"] == "confirmed"]
    assert len(decided) == n_decided
    assert (first in decided) == (keys[0] == "Enter")


def test_a_double_click_decides_once(review: Page) -> None:
    """The next text, with a student chosen, stands there before the second click."""
    review.goto(review.locator("#queue .queue-item").nth(3).get_attribute("href") or "")
    review.wait_for_load_state("networkidle")
    sent: list[str] = []
    review.on("request", lambda request: sent.append(request.url) if request.url.endswith("/decide/") else None)
    review.locator("#confirm").dblclick()
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
    review.wait_for_load_state("networkidle")
    assert len(sent) == 1


def test_a_list_that_was_searched_without_script_goes_on_with_it(review: Page) -> None:
    """The form was sent before the scripts were there."""
    n = review.locator("#queue .queue-item").count()
    with review.expect_navigation():
        review.evaluate(
            """() => { const form = document.createElement('form');
            form.method = 'post';
            for (const [name, value] of [['find', 'docx'], ['csrfmiddlewaretoken', page.token()]]) {
              const field = form.appendChild(document.createElement('input'));
              [field.name, field.value] = [name, value];
            }
            document.body.append(form);
            form.submit(); }"""
        )
    expect(review.locator("[data-live-state]")).to_have_text("Live")
    expect(review.locator("#queue a.queue-item")).to_have_count(n)  # those that do not fit are there, and hidden
    fitting = review.locator("#queue .queue-item:visible")
    assert 1 < fitting.count() < n
    name = fitting.nth(1).locator(".queue-name").inner_text().removesuffix(".docx")
    fitting.nth(1).click()
    expect(review.locator("#file-name")).to_contain_text(name)
    review.locator("#next").click()
    expect(review.locator("#file-name")).not_to_contain_text(name)
    assert fitting.count() < n
    expect(review.locator("#queue-find [name=find]")).to_have_value("docx")
    review.keyboard.press("1")
    review.keyboard.press("Enter")
    expect(review.locator("#messages")).to_contain_text("Confirmed.")
