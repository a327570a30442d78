"""How fast pages are where the network and the machine are slow, and how fast the server answers. Times are printed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, Page, expect

from e2e.conftest import TEACHER, Stack
from e2e.screens import World

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
Goal = Callable[[str, str, str], None]

PHONE_NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
"""4G as browsers' own profiles have it: 150 ms, 1.6 and 0.75 Mbit/s, here in bytes a second."""
SLOWER = 4
"""Times the processor is slowed down."""
N_REQUESTS = 20
MAX_SHIFT = 0.02

OBSERVE = """
  window.seen = { paint: 0, largest: 0, shift: 0, delays: [] };
  const watch = (type, tell, more = {}) =>
    new PerformanceObserver((list) => list.getEntries().forEach(tell)).observe({ type, buffered: true, ...more });
  watch('paint', (e) => { if (e.name === 'first-contentful-paint') window.seen.paint = e.startTime; });
  watch('largest-contentful-paint', (e) => { window.seen.largest = e.startTime; });
  watch('layout-shift', (e) => { if (!e.hadRecentInput) window.seen.shift += e.value; });
  watch('event', (e) => { if (e.interactionId) window.seen.delays.push(e.duration); }, { durationThreshold: 16 });
"""
"""Runs before the page's own scripts."""


def slow(page: Page, *, network: bool) -> CDPSession:
    """A processor of a quarter of the speed and, if asked for, a network as of a phone."""
    made = page.context.new_cdp_session(page)
    if network:
        made.send("Network.enable")
        made.send("Network.emulateNetworkConditions", PHONE_NETWORK)
    made.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(OBSERVE)
    return made


@pytest.mark.parametrize("name", ["overview", "class", "batch", "review"])
def test_a_first_visit_on_a_slow_phone(
    open_page: OpenPage, sign_in: SignIn, world: World, goal: Goal, name: str
) -> None:
    """Nothing cached. What is drawn stays where it is drawn."""
    signed = open_page()
    sign_in(signed)
    page = open_page(storage_state=signed.context.storage_state())
    slow(page, network=True)
    page.goto(world.screens[name])
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    seen = page.evaluate("() => window.seen")
    said = f"{seen['paint']:.0f} ms, {seen['largest']:.0f} ms, {seen['shift']:.3f}"
    goal(f"First visit of {name}, slow: first and largest paint, shift", "1500 ms, 1800 ms, 0.02", said)
    assert seen["shift"] <= MAX_SHIFT


def test_how_late_a_slow_machine_answers_a_key(
    open_page: OpenPage, sign_in: SignIn, small_batch: str, goal: Goal
) -> None:
    """Keys of a review: to the next text, to another student, a decision, an undo."""
    page = open_page()
    sign_in(page)
    slow(page, network=False)
    page.goto(f"{small_batch}review/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    for key, says in (("Enter", "Confirmed."), ("u", "Undone."), ("Enter", "Confirmed.")):
        page.keyboard.press(key)
        expect(page.locator("#messages")).to_contain_text(says)
        page.wait_for_load_state("networkidle")
    for key in ("n", "2", "Shift+N", "1"):
        page.keyboard.press(key)
        page.wait_for_load_state("networkidle")
    page.wait_for_function("() => window.seen.delays.length > 0")
    seen = page.evaluate("() => window.seen")
    goal("Slowest answer to a key in review, slow", "200 ms", f"{max(seen['delays']):.0f} ms")
    goal("Layout shift during the same", "0.02", f"{seen['shift']:.3f}")
    assert seen["shift"] <= MAX_SHIFT


@pytest.mark.parametrize("name", ["overview", "class", "batch", "review"])
def test_how_long_the_server_takes(open_page: OpenPage, sign_in: SignIn, world: World, goal: Goal, name: str) -> None:
    """One person at a time, the answer read to its end; the page that is open is done with what it fetches itself."""
    page = open_page()
    sign_in(page)
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    took = []
    for _request in range(N_REQUESTS):
        began = time.perf_counter()
        answer = page.request.get(world.screens[name])
        took.append((time.perf_counter() - began) * 1000)
        assert answer.ok
    said = f"p50 {statistics.median(took):.0f} ms, p95 {statistics.quantiles(took, n=20)[18]:.0f} ms"
    goal(f"Server time of {name}, {N_REQUESTS} requests", "p95 200 ms", said)


def test_contact_comes_back_to_the_page_as_it_is_now(
    open_page: OpenPage, sign_in: SignIn, stack: Stack, small_batch: str, goal: Goal
) -> None:
    """What was decided meanwhile is on the page soon after contact."""
    page = open_page(expected="ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket|htmx:(afterRequest|sendError)")
    sign_in(page)
    page.goto(f"{small_batch}review/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible()
    decide_all_certain(stack, small_batch)
    before = page.locator("#review-progress").inner_text()
    page.evaluate(
        """before => new MutationObserver(() => {
          const now = document.querySelector('#review-progress').innerText;
          if (now !== before) window.correctAt ??= performance.now();
        }).observe(document.body, { childList: true, subtree: true, characterData: true })""",
        before,
    )
    page.evaluate("() => addEventListener('online', () => { window.contactAt = performance.now(); }, { once: true })")
    page.context.set_offline(False)
    page.wait_for_function("() => window.correctAt !== undefined")
    took = page.evaluate("() => window.correctAt - window.contactAt")
    goal("Correct page after contact", "2 s", f"{took / 1000:.1f} s")
    expect(page.locator("#offline")).to_be_hidden()


def decide_all_certain(stack: Stack, batch: str) -> None:
    """By the API, as another window would."""
    token = stack.token(TEACHER)
    for essay in stack.call(f"/api/v1{batch}essays/", token=token)["results"]:
        match = essay["association"]
        if match and match["certainty"] == "certain":
            body = {"student_id": match["student"]["id"], "version": essay["version"]}
            stack.call(f"/api/v1/essays/{essay['id']}/association/", method="PUT", body=body, token=token)
