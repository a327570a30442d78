"""The job in Swedish, with the words of the pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from batches.samples import class_list
from e2e.conftest import SMALL, Stack
from e2e.looks import speaking
from e2e.test_journey import drop_files

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]


@pytest.fixture
def in_swedish(open_page: OpenPage, sign_in: SignIn, stack: Stack) -> Iterator[Page]:
    """The pages of a teacher who has chosen Swedish."""
    page = open_page()
    sign_in(page)
    with speaking(stack, "sv"):
        yield page


def test_the_job_in_swedish(in_swedish: Page, essays: Path) -> None:
    page = in_swedish
    page.goto("/overview/")
    for name in ("Översikt", "Klasser", "Buntar", "Händelser"):
        expect(page.locator(".main-nav").get_by_role("link", name=re.compile(f"^{name}"))).to_be_visible()
    page.goto("/classes/new/")
    page.get_by_label("Namn", exact=True).fill("SV25D")
    page.locator("main form button.button-primary").click()
    page.get_by_label("Klistra in listan").fill(class_list())
    page.get_by_role("button", name="Kontrollera listan").click()
    page.get_by_role("button", name=re.compile(r"^Importera \d")).click()
    expect(page).to_have_url(re.compile("/done/"))

    page.locator("main").get_by_role("link", name="Ny bunt").click()
    page.get_by_label("Titel").fill("Biblioteket")
    page.get_by_role("button", name="Skapa bunten").click()
    expect(page.locator("[data-live-state]")).to_have_text("Direkt")
    names = [path for path in (essays / "essays").rglob("*") if path.name in SMALL]
    drop_files(page, names)
    expect(page.locator("#counts")).to_contain_text("8 av 8", timeout=60_000)
    expect(page.locator("#batch-head")).to_contain_text("Granska kopplingar", timeout=60_000)
    tabs = page.locator(".tabs")
    for name in ("Filer", "Granska", "Texter", "Ej inlämnat"):
        expect(tabs.get_by_role("link", name=re.compile(f"^{name}"))).to_be_visible()

    page.get_by_role("link", name="Granska kopplingar").click()
    expect(page.locator("#decide")).to_be_visible()
    expect(page.locator("#queue")).to_contain_text("osäker")
    expect(page.locator("#confirm")).to_contain_text("Bekräfta ")
    page.locator("#confirm").click()
    expect(page.locator("#messages")).to_contain_text("Bekräftad")
    page.get_by_role("button", name="Ångra").click()
    expect(page.locator("#messages")).to_contain_text("Ångrat")
