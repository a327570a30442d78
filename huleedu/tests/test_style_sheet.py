"""The style sheet keeps its promises: contrast, size, no inline styles, and every glyph a template asks for exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

STATIC = Path(settings.BASE_DIR) / "huleedu" / "static"
CSS = (STATIC / "huleedu.css").read_text(encoding="utf-8")
TEMPLATES = sorted((Path(settings.BASE_DIR) / "templates").rglob("*.html"))

TEXT, GRAPHICS = 4.5, 3.0
"""What WCAG 2 asks of text, and of controls and graphics."""
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "ink-2") for ground in ("paper", "surface", "sunken")),
    *((ink, ground, TEXT) for ink in ("accent",) for ground in ("paper", "surface", "accent-soft")),
    *(("on-accent", ground, TEXT) for ground in ("accent", "accent-hover")),
    *((state, f"{state}-soft", TEXT) for state in ("certain", "unsure", "conflict", "none", "info")),
    *((state, "surface", TEXT) for state in ("certain", "unsure", "conflict")),
    *(("ink", clue, TEXT) for clue in ("clue-a", "clue-b")),
    *((line, "surface", GRAPHICS) for line in ("clue-a-line", "clue-b-line", "edge")),
    ("edge", "paper", GRAPHICS),
    *(("focus", ground, GRAPHICS) for ground in ("paper", "surface", "sunken")),
]


def palette(theme: str) -> dict[str, str]:
    """The colours of the tokens in a theme."""
    pairs = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\);", CSS)
    return {name: {"light": light, "dark": dark}[theme] for name, light, dark in pairs}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it, 0 to 1."""
    channels = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """1 to 21."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "needed"), PAIRS)
def test_every_pair_of_colours_is_readable(theme: str, ink: str, ground: str, needed: float) -> None:
    colours = palette(theme)
    assert contrast(colours[ink], colours[ground]) >= needed


def test_colours_are_written_in_the_tokens_only() -> None:
    outside = CSS.split("@layer base {", 1)[1].split("@layer print {", 1)[0]
    desk = (STATIC / "support.css").read_text(encoding="utf-8")
    assert re.findall(r"[:,\s]#(?:[0-9a-fA-F]{3,4}){1,2}\b|\b(?:rgb|hsl|oklch)a?\(", outside + desk) == []


def test_letters_and_corners_are_of_the_sizes_of_the_tokens() -> None:
    """Or 1rem, where a phone would zoom; the bar of a phone alone shrinks its words with the window."""
    outside = CSS.split("@layer base {", 1)[1].split("@layer print {", 1)[0]
    fonts = re.findall(r"font(?:-size)?: [^;]*?(?<![\d.])(?!1rem)[\d.]+(?:rem|px|pt)[^;]*", outside)
    assert fonts == ["font-size: min(.78rem, 4vw)"]
    assert re.findall(r"border-radius: [^;]*?[1-9.]\S*(?:px|%)", outside) == []


def test_it_stays_one_file_that_can_be_read() -> None:
    assert len(CSS.splitlines()) <= 900


@pytest.mark.parametrize("script", sorted(STATIC.glob("*.js")), ids=lambda path: path.name)
def test_a_script_can_be_read(script: Path) -> None:
    longest = 250 if script.name == "live.js" else 400
    assert len(script.read_text(encoding="utf-8").splitlines()) <= longest


def test_nothing_is_forced_outside_print() -> None:
    assert "!important" not in CSS.split("@layer print {", 1)[0]


def test_every_class_of_the_sheets_is_written_by_a_template_or_a_script() -> None:
    built = ("glyph-", "reason-", "state-")  # from the name of a state
    sheets = "".join(path.read_text(encoding="utf-8") for path in sorted(STATIC.glob("*.css")))
    heads = re.findall(r"([^{};]+)\{", re.sub(r'/\*.*?\*/|"[^"]*"', "", sheets, flags=re.S))
    ruled = set(re.findall(r"\.([a-z][a-z0-9-]*)", " ".join(heads)))
    sources = "".join(path.read_text(encoding="utf-8") for path in (*TEMPLATES, *sorted(STATIC.glob("*.js"))))
    written = set(re.findall(r"[a-z][a-z0-9-]*", sources))
    assert len(ruled) > 200
    assert sorted(name for name in ruled - written if not name.startswith(built)) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_holds_no_inline_style_or_script(template: Path) -> None:
    source = template.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle=|\son[a-z]+=\"|hx-on|javascript:", source)
    assert not re.search(r"<script(?![^>]*\ssrc=)", source)


def test_every_glyph_a_template_asks_for_is_in_the_sprite() -> None:
    drawn = set(re.findall(r'<symbol id="([a-z-]+)"', (STATIC / "sprite.svg").read_text(encoding="utf-8")))
    asked = {
        name
        for template in TEMPLATES
        for name in re.findall(r'_glyph\.html" with name="([a-z-]+)"', template.read_text(encoding="utf-8"))
    }
    assert asked
    assert asked <= drawn
