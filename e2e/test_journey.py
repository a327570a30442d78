"""The main job, as a teacher does it: from a class list and thirty badly named files to a result to hand on."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from e2e.conftest import Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]


def make_class(page: Page, name: str, essays: Path) -> None:
    """A new class with the sample list, from the file, looked at before it is saved."""
    page.goto("/classes/new/")
    page.locator("input[name=designation]").fill(name)
    page.get_by_role("button", name="Make the class").click()
    page.locator("input[type=file]").set_input_files(essays / "class-list.csv")
    page.locator("main form[enctype] button.button-primary").click()
    expect(page).to_have_url(re.compile(r"/check/"))
    page.locator(".import-bar button.button-primary").click()
    expect(page).to_have_url(re.compile(r"/done/"))


def make_batch(page: Page, title: str, class_name: str) -> str:
    """A new batch of the class; its address."""
    page.goto("/batches/new/")
    page.locator("input[name=title]").fill(title)
    page.locator("select[name=school_class]").select_option(label=_option(page, class_name))
    page.get_by_role("button", name="Make batch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    return page.url


def _option(page: Page, class_name: str) -> str:
    labels = page.locator("select[name=school_class] option").all_inner_texts()
    return next(label for label in labels if class_name in label)


def drop_files(page: Page, files: list[Path]) -> None:
    """Choose files as the drop zone's own input takes them."""
    page.locator("#files-input, .dropzone input[type=file]:not([webkitdirectory])").first.set_input_files(files)


def downloaded(page: Page, link: str) -> bytes:
    """What a link of the batch's menu gives."""
    page.locator("details.menu summary", has_text="More").click()
    with page.expect_download() as caught:
        page.get_by_role("link", name=link).click()
    download: Download = caught.value
    return Path(download.path()).read_bytes()


def test_from_a_class_list_to_the_result(open_page: OpenPage, sign_in: SignIn, essays: Path) -> None:
    page, tab = open_page(), open_page()
    sign_in(page)
    make_class(page, "SA24X", essays)
    address = make_batch(page, "The library", "SA24X")
    sign_in(tab)
    tab.goto(address)
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))

    files = sorted(path for path in (essays / "essays").rglob("*") if path.is_file())
    assert len(files) == 30
    assert {path.suffix for path in files} == {".docx", ".odt", ".pdf", ".rtf", ".txt"}
    page.locator("input[webkitdirectory]").set_input_files(essays / "essays")
    # Both pages hear of it: the one that sends, and the one that only looks on.
    for looking in (page, tab):
        expect(looking.locator("#file-rows tr")).to_have_count(30, timeout=60_000)
        expect(looking.locator("#counts, #batch-counts").first).to_contain_text("30 of 30", timeout=60_000)
        expect(looking.locator("#batch-head")).to_contain_text("Review matches", timeout=60_000)
        expect(looking.locator("#file-rows")).to_contain_text("Nils Ahlqvist", timeout=60_000)
    assert loads == [], "nothing of this may need a reload"

    chosen = review_and_correct(page, address)
    start_and_see_the_lock(page, tab, address)
    look_at_the_result(page, address, chosen=chosen)


def review_and_correct(page: Page, address: str) -> str:
    """Give the unsure one to the other of two students, who is named, then decide the rest."""
    page.goto(f"{address}review/")
    queue = page.locator("#queue")
    queue.get_by_role("link", name=re.compile("Emil A SA24D")).click()
    expect(queue.locator("[aria-current]")).to_contain_text("Emil A SA24D")
    expect(page.get_by_role("radio").nth(1)).to_be_visible()
    suggested = page.locator("#confirm").text_content() or ""
    page.keyboard.press("2")
    expect(page.locator("#confirm")).not_to_have_text(suggested)
    chosen = page.locator("#confirm > span").first.inner_text().removeprefix("Confirm ")
    page.locator("#confirm").click()
    expect(page.locator(".toast, .messages, #messages").first).to_contain_text(re.compile("Confirmed|Bekräftad"))
    page.locator("#confirm-certain").click()
    expect(page.locator("#confirm-ticked")).to_contain_text("Confirm 27")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/review/"))
    expect(page.locator("#queue")).not_to_contain_text("Confirm 27")
    for _text in range(5):
        if page.locator("#nobody").count() == 0 or "Needs you" not in page.locator("#queue").inner_text():
            break
        undecided = page.locator("#queue .queue-item[aria-current]").get_attribute("href")
        page.locator("#nobody").click()
        page.get_by_role("button", name="Leave without student").click()
        expect(page.locator(f"#queue .queue-item[aria-current][href='{undecided}']")).to_have_count(0)
    expect(page.locator("#queue")).not_to_contain_text("Needs you")
    return chosen


def start_and_see_the_lock(page: Page, tab: Page, address: str) -> None:
    """Hand it on; the page that only looks on sees the lock by itself, and a late file is refused with the reason."""
    tab.goto(address)
    page.goto(address)
    page.get_by_role("button", name="Start assessment").click()
    expect(page.locator("#batch-lock")).to_contain_text("when assessment began")
    expect(tab.locator("#batch-lock")).to_contain_text("when assessment began", timeout=20_000)


def look_at_the_result(page: Page, address: str, *, chosen: str) -> None:
    """Thirty texts, thirty files, the corrected one under the chosen student; then who has not handed in."""
    page.goto(address)
    table = downloaded(page, "Download the result as CSV").decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(table), delimiter=";"))
    assert sum(bool(row[3]) for row in rows[1:]) == 30
    assert {row[4] for row in rows[1:] if not row[3]} <= {"not handed in", "may have handed in"}
    corrected = next(row for row in rows if "Emil A SA24D.docx" in row)
    assert f"{corrected[1]} {corrected[0]}" == chosen
    page.goto(address)
    archive = zipfile.ZipFile(io.BytesIO(downloaded(page, "Download the files, named by student")))
    names = archive.namelist()
    assert len(names) == 30
    assert sum("Ahlqvist" in name for name in names) == 1
    assert archive.testzip() is None


def test_bad_files_are_named_and_the_rest_goes_on(
    open_page: OpenPage, sign_in: SignIn, stack: Stack, tmp_path: Path
) -> None:
    token = stack.token()
    batch = stack.call("/api/v1/batches/", method="POST", body={"title": "Odd files"}, token=token)
    bad = {
        "good.txt": b"A text that is long enough to be read as one, with words in it. " * 3,
        "empty.docx": b"",
        "broken.docx": b"PK\x03\x04 but no more than that",
        "picture.png": b"\x89PNG\r\n\x1a\n" + b"\0" * 200,
        "liar.pdf": b"MZ\x90 a program",
        "big.txt": b"x" * 25_000_001,
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    page = open_page()
    sign_in(page)
    page.goto(f"/batches/{batch['id']}/")
    drop_files(page, [tmp_path / name for name in bad])
    problems = page.locator("#problems")
    for name in ("empty.docx", "broken.docx", "picture.png", "liar.pdf"):
        expect(problems).to_contain_text(name, timeout=60_000)
    expect(page.locator("main")).to_contain_text("big.txt")
    expect(page.locator("#file-rows tr", has_text="good.txt")).to_contain_text("Read", timeout=30_000)
    state = stack.call(f"/api/v1/batches/{batch['id']}/state/", token=token)
    # The picture keeps a text: a teacher who opens it can still say whose it is.
    assert state["counts"]["essays"] == 2
    assert state["counts"]["reading"] == 0


def test_a_stranger_is_told_that_there_is_nothing(open_page: OpenPage, sign_in: SignIn, stack: Stack) -> None:
    mine = stack.call("/api/v1/batches/", method="POST", body={"title": "Mine"}, token=stack.token())
    page = open_page()
    sign_in(page, ("teacher@demo.example", "demo-teacher"))
    answer = page.request.get(f"/batches/{mine['id']}/")
    assert answer.status == 404
    assert "Mine" not in answer.text()


def test_it_all_works_without_script(open_page: OpenPage, sign_in: SignIn, essays: Path) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page)
    make_class(page, "SA24Y", essays)
    make_batch(page, "No script", "SA24Y")
    names = ("Axel Strömbäck.docx", "text (final).txt", "ahlqvistnils_4301_99120_library.docx")
    files = [essays / "essays" / name for name in names]
    drop_files(page, files)
    page.locator(".dropzone button, form[enctype] button").first.click()
    expect(page.locator("#file-rows tr")).to_have_count(3)  # the answer is there, and may be loaded again
    for _try in range(40):
        page.reload()
        if page.locator("#file-rows tr", has_text="Read").count() == 3:
            break
        page.wait_for_timeout(500)
    expect(page.locator("#file-rows tr", has_text="Read")).to_have_count(3)
    page.get_by_role("link", name=re.compile("Review matches")).click()
    page.locator("#nobody").click()
    expect(page.locator("#queue")).to_contain_text("Decided")
    page.locator("#confirm-certain").click()
    page.locator("#confirm-ticked").click()
    expect(page.locator("#messages")).to_contain_text("1 confirmed.")
    page.locator("#undo button").click()
    expect(page.locator("#messages")).to_contain_text("Undone.")
