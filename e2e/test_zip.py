"""A zip as Canvas hands it out, dropped on a batch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from batches.samples import canvas_zip
from e2e.test_journey import drop_files, make_batch, make_class

pytestmark = pytest.mark.e2e


def test_thirty_texts_come_out_of_a_zip(
    open_page: Callable[..., Page], sign_in: Callable[..., None], essays: Path, tmp_path: Path
) -> None:
    page = open_page()
    sign_in(page)
    make_class(page, "SA24Z", essays)
    address = make_batch(page, "The library, zipped", "SA24Z")
    zipped = canvas_zip()
    path = tmp_path / zipped.name
    path.write_bytes(zipped.content)
    expect(page.locator("#dropzone")).to_contain_text("Drop files, folders or zip files here")
    drop_files(page, [path])
    # Without a reload: the zip's own row, then one for each text, and who made the zip.
    expect(page.locator("#file-rows tr")).to_have_count(31, timeout=60_000)
    counts = page.locator("#counts")
    head = page.locator("#batch-head")
    expect(head).to_contain_text("Canvas zip recognised, 28 of 30 files carry a Canvas number", timeout=60_000)
    # The zip that was opened is not one more file beside what came out of it.
    expect(counts).to_contain_text("30 of 30 files read", timeout=60_000)
    expect(counts).to_contain_text("and 1 zip opened")
    row = page.locator("#file-rows tr", has_text=zipped.name).first
    expect(page.locator("#file-rows")).to_contain_text("30 files came out of it.")
    expect(page.locator("#file-rows")).to_contain_text("Nils Ahlqvist", timeout=60_000)
    expect(page.locator("#batch-tabs")).to_contain_text("Texts 30")
    expect(row).to_be_visible()

    page.goto(f"{address}texts/")
    expect(page.locator("main")).to_contain_text("Anna-Karin Åkerström Lind")
