"""What can be seen of a page: rules of accessibility, and what sticks out, is cut off, hidden or too small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from typing import Any, Literal, get_args

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from e2e.conftest import Stack

Theme = Literal["light", "dark"]
Language = Literal["en", "sv"]
Windows = tuple[tuple[int, Theme], ...]
"""Widths in pixels, with the colours in each."""
Looks = dict[Language, Windows]
SOME: Looks = {"en": ((1360, "light"), (360, "dark")), "sv": ((360, "light"),)}
"""Each language, width and theme once: a theme changes colours only, words change none."""
EVERY: Looks = dict.fromkeys(get_args(Language), tuple(product((1360, 360), get_args(Theme))))
looked_at = pytest.mark.parametrize(
    "looks", [pytest.param(SOME, id="some"), pytest.param(EVERY, id="every", marks=pytest.mark.campaign)]
)
"""Some in CI, every one as a campaign."""

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
REASONS: dict[str, str] = {}
"""Rules that may be broken moderately, and why."""
TOUCH = 44
"""Pixels of what is pressed on a phone, but for links within a sentence.

    Links of the support desk, whose tables are dense, are for a pointer.
    """

_SCRIPT = Axe().axe_script


def violations(page: Page, *, but: tuple[str, ...] = ()) -> list[str]:
    """What keeps people out or holds them up, with the element. `but`: rules left out."""
    if page.evaluate("() => typeof axe === 'undefined'"):
        page.evaluate(_SCRIPT)
    options = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": TAGS}}
    found = page.evaluate("options => axe.run(options)", options)
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:160]} {node.get('failureSummary', '')[:200]}"
        for rule in found["violations"]
        if rule["id"] not in but
        if rule["impact"] in ("serious", "critical") or (rule["impact"] == "moderate" and rule["id"] not in REASONS)
        for node in rule["nodes"][:3]
    ]


def misbuilt(page: Page, language: Language) -> Any:
    """What is wrong with the landmarks, the headings, the title and the language."""
    return page.evaluate(
        """language => {
        const all = (found) => [...document.querySelectorAll(found)].filter((e) => e.checkVisibility());
        const levels = all('h1, h2, h3, h4, h5, h6').map((e) => Number(e.tagName[1])), wrong = [];
        if (document.documentElement.lang !== language) wrong.push(`lang is ${document.documentElement.lang}`);
        if (!/., HuleEdu$/.test(document.title)) wrong.push(`title is ${document.title}`);
        if (levels.filter((level) => level === 1).length !== 1) wrong.push(`h1: ${all('h1').length}`);
        if (all('main').length !== 1) wrong.push('main is not one');
        if (!all('body > header').length) wrong.push('no header');
        if (levels.some((level, i) => i && level > levels[i - 1] + 1)) wrong.push(`headings: ${levels}`);
        return wrong; }""",
        language,
    )


def too_wide(page: Page) -> Any:
    """What sticks out sideways."""
    return page.evaluate(
        """() => {
        if (document.documentElement.scrollWidth <= innerWidth) return [];
        const fixed = (e) => e && (getComputedStyle(e).position === 'fixed' || fixed(e.parentElement));
        const hidden = (e) => e && (getComputedStyle(e).clipPath !== 'none' || hidden(e.parentElement));
        const out = (e) => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1 && !fixed(e);
        const all = [...document.querySelectorAll('body *')].filter((e) => out(e) && ![...e.children].some(out));
        const seen = all.filter((e) => !hidden(e));
        return (seen.length ? seen : all.length ? all : [document.body]).slice(0, 3)
          .map((e) => `sticks out: ${e.outerHTML.replace(/\\s+/g, ' ').slice(0, 120)}`); }"""
    )


def too_small(page: Page, target: int = TOUCH) -> Any:
    """What is pressed and that a finger, or with `target` a pointer, would miss, but for links within a sentence."""
    return page.evaluate(
        """target => {
        const PRESSED = 'a[href], button, summary, .tick, select, textarea, [type=text], [type=email], [type=search]';
        const words = (e) => e.textContent.replace(/[^\\p{L}\\p{N}]/gu, '').length;
        const inSentence = (e) => !e.closest('.crumbs, th') && getComputedStyle(e).display.startsWith('inline')
          && words(e.parentElement) > [...e.parentElement.children].reduce((sum, c) => sum + words(c), 0);
        const clipped = (e) => e && (getComputedStyle(e).clipPath !== 'none' || clipped(e.parentElement));
        const box = (e) => e.getBoundingClientRect();
        return [...document.querySelectorAll(PRESSED)]
          .filter((e) => e.checkVisibility() && e.getClientRects().length && !inSentence(e) && !clipped(e))
          .filter((e) => box(e).height < (e.matches('.desk a') ? 24 : target) - 0.5 || box(e).width < 24)
          .slice(0, 3).map((e) => `${box(e).width} by ${box(e).height}: ${e.outerHTML.slice(0, 120)}`); }""",
        target,
    )


def cut_off(page: Page) -> Any:
    """Words that are not all there, but for what scrolls and names that end in "…", whose title has the rest."""
    return page.evaluate(
        """() => {
        const scrolls = (e) => e && (/auto|scroll/.test(getComputedStyle(e).overflowX) || scrolls(e.parentElement));
        const aside = '.visually-hidden, .skip-link, .new-batch, .essay-text, svg, option';
        const shown = (e) => e.checkVisibility() && !e.closest(aside);
        const own = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
        const wrong = [];
        for (const e of document.querySelectorAll('body *')) {
          if (!shown(e) || !own(e)) continue;
          const style = getComputedStyle(e);
          if (style.display === 'inline' || style.clipPath !== 'none' || e.matches('textarea')) continue;
          const wide = e.scrollWidth > e.clientWidth + 1, high = e.scrollHeight > e.clientHeight + 2;
          const clips = style.overflowX !== 'visible';
          if (style.textOverflow === 'ellipsis') continue;
          if ((wide && !scrolls(e)) || (high && clips && style.overflowY === 'hidden')) {
            wrong.push(`cut off: ${e.outerHTML.replace(/\\s+/g, ' ').slice(0, 160)}`);
          }
        }
        return wrong.slice(0, 3); }"""
    )


def overlapping(page: Page) -> Any:
    """Lines of text that lie over each other, but for what floats over the page by design."""
    return page.evaluate(
        """() => {
        const floats = (e) => e && (/fixed|sticky/.test(getComputedStyle(e).position) || floats(e.parentElement));
        const clipping = (e) => !e || getComputedStyle(e).overflowX !== 'visible' ? e : clipping(e.parentElement);
        const aside = '.visually-hidden, .skip-link, .new-batch, .menu > :not(summary), svg, option, dialog, .essay, '
          + '.queue';
        const lines = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node && lines.length < 600; node = walker.nextNode()) {
          const e = node.parentElement;
          if (!node.data.trim() || !e.checkVisibility() || e.closest(aside) || floats(e)) continue;
          const range = document.createRange();
          range.selectNodeContents(node);
          const pane = clipping(e)?.getBoundingClientRect();
          for (const r of range.getClientRects()) {
            const right = Math.min(r.right, pane?.right ?? r.right), left = Math.max(r.left, pane?.left ?? r.left);
            if (right - left > 2) lines.push([{ ...r.toJSON(), left, right }, e, node.data.trim().slice(0, 30)]);
          }
        }
        const wrong = [];
        for (let i = 0; i < lines.length; i += 1) for (let j = i + 1; j < lines.length; j += 1) {
          const [a, one, said] = lines[i], [b, other, also] = lines[j];
          if (one.contains(other) || other.contains(one)) continue;
          const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (wide > 3 && high > Math.min(a.height, b.height) * 0.45) wrong.push(`over each other: ${said} / ${also}`);
        }
        return wrong.slice(0, 3); }"""
    )


def misplaced(page: Page) -> list[str]:
    """All that is wrong with where things are."""
    return [*too_wide(page), *cut_off(page), *overlapping(page)]


LONGER = """() => {
  const longer = (word) => (word.length < 2 ? word : word + "ōn".repeat(9).slice(0, Math.ceil(word.length * 0.4)));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), nodes = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) nodes.push(node);
  for (const node of nodes) {
    if (node.parentElement.closest("script, style, template, time, .essay-text, textarea, [translate=no]")) continue;
    node.data = node.data.replace(/\\p{L}+/gu, longer);
  }
}"""
"""A language whose words are two fifths longer."""


def misplaced_with_longer_words(page: Page) -> list[str]:
    """The same on a narrow phone, in such a language."""
    page.set_viewport_size({"width": 360, "height": 900})
    page.evaluate(LONGER)
    wrong = [f"longer words: {said}" for said in misplaced(page)]
    page.set_viewport_size({"width": 1360, "height": 900})
    return wrong


def in_the_way(page: Page, windows: Windows, *, but: tuple[str, ...] = ()) -> list[str]:
    """What keeps people out of the page as it stands, or is wrong with where things are, in each window."""
    wrong: list[str] = []
    for width, theme in windows:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=theme)
        wrong += [f"{width} {theme}: {said}" for said in [*violations(page, but=but), *misplaced(page)]]
    page.set_viewport_size({"width": 1360, "height": 900})
    return wrong


@contextmanager
def speaking(stack: Stack, language: Language) -> Iterator[None]:
    """The teacher's pages in a language, for a while."""
    stack.call("/api/v1/me/", method="PATCH", body={"language": language}, token=stack.token())
    try:
        yield
    finally:
        stack.call("/api/v1/me/", method="PATCH", body={"language": "en"}, token=stack.token())
