"""Markup in whatever a person can write or send is shown as text: on every page, and to the support staff."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from batches.samples import SampleFile
from e2e.conftest import Stack
from files.samples import make

pytestmark = pytest.mark.e2e

MARKUP = "<img src=x onerror=alert(1)>"
QUOTE = "\"'><svg onload=alert(1)>"
SUPPORT = ("support@demo.example", "demo-support")
STUDENT = "Ada"


@pytest.fixture(scope="module")
def written(stack: Stack) -> dict[str, str]:
    """A class, students and a batch whose every field holds markup; addresses and ids."""
    token = stack.token()
    listed = f"Förnamn\tEfternamn\tE-post\t{MARKUP}\n{STUDENT}\t{MARKUP}\tada@elev.example\t{QUOTE}\n{QUOTE}\tBo\t\tx\n"
    class_id = stack.make_class(f"X {MARKUP}"[:30], listed)
    document = make("docx", title=MARKUP, paragraphs=[f"{STUDENT} {MARKUP}", QUOTE] * 20, header=MARKUP, author=MARKUP)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"folder {MARKUP.replace('/', '')}/inner {MARKUP}.docx", document + b"")
    text = f"{MARKUP} {QUOTE} and a text that is long enough to be read as one, by {STUDENT}. " * 5
    files = [
        SampleFile(f"folder {MARKUP}", f"{STUDENT} {MARKUP}.docx", document),
        SampleFile("", f"{MARKUP}.txt", text.encode()),
        SampleFile("", f"{MARKUP}.zip", packed.getvalue()),
        SampleFile("", f"broken {MARKUP}.pdf", b"MZ no pdf"),
    ]
    batch = stack.make_batch(f"Title {MARKUP} {QUOTE}", class_id, files)
    students = stack.call(f"/api/v1/classes/{class_id}/students/", token=token)["results"]
    essays = stack.call(f"/api/v1{batch}essays/", token=token)["results"]
    return {"class": class_id, "batch": batch, "student": students[0]["id"], "text": essays[0]["id"]}


def nothing_ran(page: Page, where: str) -> None:
    """No element came out of what was written."""
    made = page.evaluate("() => document.querySelectorAll('img[src=\"x\"], svg[onload], [onerror]').length")
    assert made == 0, where


def test_markup_is_text_on_every_page(
    open_page: Callable[..., Page], sign_in: Callable[..., None], stack: Stack, written: dict[str, str]
) -> None:
    name = stack.call("/api/v1/me/", token=stack.token())["display_name"]
    school, batch = f"/classes/{written['class']}/", written["batch"]
    page = open_page(expected="status of 4")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog said {dialog.message}"))
    sign_in(page)
    try:
        stack.call("/api/v1/me/", method="PATCH", body={"display_name": MARKUP}, token=stack.token())
        pages = ["/overview/", "/classes/", school, f"{school}students/{written['student']}/", f"{school}settings/"]
        pages += [
            f"{school}imports/",
            "/batches/",
            "/activity/",
            "/account/",
            "/privacy/",
            "/privacy/students/?q=%3Cimg",
        ]
        pages += [
            batch,
            f"{batch}review/",
            f"{batch}review/{written['text']}/",
            f"{batch}confirm/",
        ]
        pages += [f"{batch}texts/", f"{batch}texts/{written['text']}/", f"{batch}missing/", f"{batch}history/"]
        for address in pages:
            page.goto(address)
            nothing_ran(page, address)
        page.goto(batch)
        expect(page.get_by_role("heading", level=1)).to_contain_text(MARKUP)
        expect(page.locator("#file-rows")).to_contain_text(f"{MARKUP}.txt")
        expect(page.locator("#problems")).to_contain_text(f"broken {MARKUP}.pdf")
        page.goto(f"{batch}review/{written['text']}/")
        page.locator("#search-words").fill("<img src=x>")
        expect(page.locator("#others")).to_contain_text("<img src=x>")
        nothing_ran(page, "search")
        page.goto(f"{batch}texts/{written['text']}/")
        expect(page.locator(".essay-text")).to_contain_text(MARKUP)
        page.goto(school)
        expect(page.locator("#roster")).to_contain_text(MARKUP)
        page.goto(f"{school}import/")
        page.locator("textarea[name=text]").fill(f"Förnamn\tEfternamn\n{MARKUP}\t{QUOTE}\n")
        page.locator("main form[enctype] button.button-primary").click()
        expect(page.locator("main")).to_contain_text(MARKUP)
        nothing_ran(page, "import")
    finally:
        stack.call("/api/v1/me/", method="PATCH", body={"display_name": name}, token=stack.token())


@pytest.mark.usefixtures("written")
def test_markup_is_text_to_the_support_staff(open_page: Callable[..., Page]) -> None:
    page = open_page(expected="status of 4")
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog said {dialog.message}"))
    page.goto("/sign-in/?next=/support/")
    page.locator("input[name=email]").fill(SUPPORT[0])
    page.locator("input[name=password]").fill(SUPPORT[1])
    page.locator("input[name=password]").press("Enter")
    expect(page.locator(".desk-lists")).to_be_visible()
    lists = page.evaluate("() => [...document.querySelectorAll('.desk-lists a')].map(link => link.pathname)")
    assert len(lists) >= 5
    for address in lists:
        page.goto(address)
        nothing_ran(page, address)
        first = page.locator("tbody th a").first
        if first.count():
            first.click()
            nothing_ran(page, page.url)
