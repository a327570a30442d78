"""Screens as people set them: forced colours, zoom, large or wide text, no movement; and the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from batches.samples import SampleFile
from e2e.conftest import ARTIFACTS, Stack
from e2e.looks import misplaced
from e2e.screens import World

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
MAIN = (
    "overview", "classes", "class", "student", "import-check", "batch", "batch-new", "batch-missing", "review-unsure",
    "review-conflict", "review-certain", "text", "activity", "account", "privacy",
)  # fmt: skip
"""Where the work is done."""
MOST_STOPS = 200


@pytest.fixture
def window(open_page: OpenPage, sign_in: SignIn) -> Callable[..., Page]:
    """`window(width=…)`: the teacher's browser, in which nothing moves."""

    def make(**options: Any) -> Page:
        page = open_page(**{"reduced_motion": "reduce", **options})
        sign_in(page)
        return page

    return make


def keep(page: Page, name: str) -> None:
    """A picture of it, with the run."""
    ARTIFACTS.mkdir(exist_ok=True)
    page.screenshot(path=ARTIFACTS / f"{name}.png")


SPACING = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; } "
SPACING += "p { margin-block-end: 2em !important; }"
"""What WCAG 2.2 (1.4.12) lets a person ask for."""


def test_at_four_times_the_size(window: Callable[..., Page], world: World) -> None:
    """A window of 1280 by 1024 enlarged: one column of 320, and nothing is lost."""
    page = window(width=320, height=256)
    wrong: list[str] = []
    for name in MAIN:
        page.goto(world.screens[name])
        keep(page, f"zoom-{name}")
        wrong += [f"{name}: {said}" for said in misplaced(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", [360, 1360])
def test_with_text_of_twice_the_size(window: Callable[..., Page], world: World, width: int) -> None:
    """As the browser's own setting makes it."""
    page = window(width=width)
    page.context.new_cdp_session(page).send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    wrong: list[str] = []
    for name in MAIN:
        page.goto(world.screens[name])
        keep(page, f"large-{name}-{width}")
        wrong += [f"{name}: {said}" for said in misplaced(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("width", [360, 1360])
def test_with_spacing_of_ones_own(window: Callable[..., Page], world: World, width: int) -> None:
    page = window(width=width, bypass_csp=True)
    wrong: list[str] = []
    for name in MAIN:
        page.goto(world.screens[name])
        page.add_style_tag(content=SPACING)
        wrong += [f"{name}: {said}" for said in misplaced(page)]
    assert not wrong, "\n".join(wrong)


def test_in_forced_colours(window: Callable[..., Page], world: World) -> None:
    """Buttons, fields and states keep their borders and glyphs, marks their highlight, and the focus its ring."""
    page = window(forced_colors="active")
    wrong: list[str] = []
    for name in MAIN:
        page.goto(world.screens[name])
        keep(page, f"forced-{name}")
        wrong += [
            f"{name}: {said}"
            for said in page.evaluate(
                """() => [...document.querySelectorAll('.button, input:not([type=hidden]), select, textarea')]
                .filter((e) => e.checkVisibility() && !e.closest('.visually-hidden') && e.offsetWidth > 2)
                .filter((e) => !/checkbox|radio|file/.test(e.type) && getComputedStyle(e).borderTopStyle === 'none')
                .map((e) => e.outerHTML.slice(0, 120))"""
            )
        ]
        wrong += [f"{name}: {said} cannot be told apart" for said in page.evaluate(SAME_WITHOUT_COLOUR)]
    assert not wrong, "\n".join(wrong)


SAME_WITHOUT_COLOUR = """() => {
  const wrong = [], looks = (e) => {
    const s = getComputedStyle(e);
    return [s.borderTopColor, s.borderBottomColor, s.borderInlineStartColor, s.borderTopWidth, s.borderBottomWidth,
      s.borderInlineStartWidth, s.backgroundColor, s.color, s.fontWeight, s.textDecorationLine, s.outlineStyle].join();
  };
  for (const group of document.querySelectorAll('.main-nav, .tabs, .queue')) {
    const open = group.querySelector('a[aria-current]'), other = group.querySelector('a:not([aria-current])');
    if (!open?.checkVisibility() || !other) continue;
    if (looks(open) === looks(other)) wrong.push(open.outerHTML.slice(0, 120));
  }
  const candidate = (is) => document.querySelector(`.candidate:has(input${is})`);
  const chosen = candidate(':checked'), free = candidate(':not(:checked)');
  if (chosen && free && looks(chosen) === looks(free)) wrong.push('the chosen candidate');
  for (const mark of document.querySelectorAll('.essay-text mark')) {
    const [own, around] = [mark, mark.parentElement].map((e) => getComputedStyle(e).backgroundColor);
    if (own === around) wrong.push('mark');
  }
  return wrong;
}"""


def test_where_nothing_may_move(window: Callable[..., Page], world: World) -> None:
    page = window()
    moving: list[str] = []
    for name in MAIN:
        page.goto(world.screens[name])
        found = page.evaluate(
            """() => document.getAnimations().filter((a) => a.effect.getComputedTiming().duration > 1
            && a.effect.getKeyframes().some((k) => 'transform' in k || 'translate' in k))
            .map((a) => a.animationName ?? a.transitionProperty)"""
        )
        long = page.evaluate(
            """() => [...document.querySelectorAll('body *')]
            .filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0)
            .map((e) => e.className).slice(0, 3)"""
        )
        moving += [f"{name}: {said}" for said in [*found, *long]]
    assert not moving, "\n".join(moving)


STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  if (!e.dataset.stop) e.dataset.stop = String(window.stops = (window.stops ?? 0) + 1);
  const seen = e.matches('input[type=file], .visually-hidden') ? e.closest('label') ?? e.labels?.[0] ?? e : e;
  const card = e.closest('.candidate');
  const rings = [e, seen, card].filter(Boolean).some((x) => {
    const s = getComputedStyle(x);
    return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2;
  });
  const box = seen.getBoundingClientRect();
  const clipped = (x) => x && (getComputedStyle(x).clipPath !== 'none' || clipped(x.parentElement));
  if (clipped(seen)) return { stop: e.dataset.stop, rings, hidden: 5, html: `clipped ${e.outerHTML.slice(0, 120)}` };
  const bars = '.top-bar, .decision-bar, .action-bar, .main-nav';
  const at = (x, y) => {
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return false;
    const top = document.elementFromPoint(x, y);
    return top && (seen.contains(top) || top.contains(seen) && !top.matches(bars)
      || top.closest('label')?.contains(seen) || card?.contains(top));
  };
  const [dx, dy] = [Math.min(3, box.width / 3), Math.min(3, box.height / 3)];
  const points = [[box.left + dx, box.top + dy], [box.right - dx, box.top + dy], [box.left + dx, box.bottom - dy],
    [box.right - dx, box.bottom - dy], [(box.left + box.right) / 2, (box.top + box.bottom) / 2]];
  return { stop: e.dataset.stop, rings, hidden: points.filter(([x, y]) => !at(x, y)).length,
    html: e.outerHTML.replace(/\\s+/g, ' ').slice(0, 140) };
}"""


def test_names_of_one_long_word_widen_no_page(window: Callable[..., Page], stack: Stack) -> None:
    """A class, a batch, a student and a file, each without a space to break at."""
    long = [letter * 90 for letter in "KTZX"]
    school = stack.make_class(long[0], f"Emil Berg\nAlva Holm\n{long[2]} {long[2]}")
    files = [SampleFile("", f"{name}.txt", b"It was a long day. " * 20) for name in ("Emil Berg", long[3])]
    batch = stack.make_batch(long[1], school, files)
    pages = [
        "/overview/", "/batches/", "/classes/", f"/classes/{school}/", f"/classes/{school}/batches/",
        batch, f"{batch}texts/", f"{batch}missing/", f"{batch}review/", "/privacy/log/",
    ]  # fmt: skip
    wrong: list[str] = []
    for width in (390, 1360):
        page = window(width=width, height=800)
        for address in pages:
            page.goto(address)
            wrong += [f"{width} {address}: {found}" for found in misplaced(page)]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("width", "height"), [(1360, 700), (390, 700)])
def test_the_focus_is_seen_at_every_stop(window: Callable[..., Page], world: World, width: int, height: int) -> None:
    """Outlined, and neither outside the window nor below a bar (2.4.7, 2.4.11); and it goes round, without a trap."""
    page = window(width=width, height=height)
    wrong: list[str] = []
    for name in MAIN:
        page.goto(world.screens[name])
        page.evaluate("() => document.activeElement.blur()")
        seen: set[str] = set()
        for _press in range(MOST_STOPS):
            page.keyboard.press("Tab")
            stop = page.evaluate(STOP)
            if stop is None or stop["stop"] in seen:
                break
            seen.add(stop["stop"])
            if not stop["rings"]:
                wrong.append(f"{name} {width}: no ring: {stop['html']}")
            if stop["hidden"] >= 5:
                wrong.append(f"{name} {width}: hidden: {stop['html']}")
        assert len(seen) >= 8, f"{name}: {len(seen)} stops"
    assert not wrong, "\n".join(wrong)
