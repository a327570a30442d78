"""Sending files when something gets in the way: cancelled, cut off, left and taken up again; and a dropped batch."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from batches.samples import canvas_zip
from e2e.conftest import Stack

pytestmark = pytest.mark.e2e

SignIn = Callable[..., None]
OpenPage = Callable[..., Page]
NO_CONTACT = r"ERR_(INTERNET_DISCONNECTED|FAILED|FILE_NOT_FOUND)|WebSocket|status of 502|htmx:(afterRequest|sendError)"
N_FILES = 8
SIXTY_TIMES_FASTER = """
  const { set } = Object.getOwnPropertyDescriptor(XMLHttpRequest.prototype, 'timeout');
  Object.defineProperty(XMLHttpRequest.prototype, 'timeout', { set(ms) { set.call(this, ms / 60); } });
"""
"""How long a page waits for an answer: before its own scripts."""
SHORT_WAITS = """
  const wait = window.setTimeout;
  window.setTimeout = (work, ms, ...rest) => wait(work, ms >= 1_000 ? ms / 60 : ms, ...rest);
"""
UNSENT = "const unsent = Object.keys(localStorage).find((key) => key.startsWith('unsent:'))"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Eight short texts."""
    made = tmp_path / "Letters"
    made.mkdir()
    for number in range(N_FILES):
        text = f"Letter number {number}. The sea outside our house is grey in the morning and green at noon.\n"
        (made / f"letter {number}.txt").write_text(text * 3, encoding="utf-8")
    return made


@pytest.fixture
def page(open_page: OpenPage, sign_in: SignIn, stack: Stack, request: pytest.FixtureRequest) -> Page:
    """An empty batch, open."""
    address = stack.make_batch(request.node.name[:60], None, [])
    made = open_page(expected=NO_CONTACT)
    sign_in(made)
    made.goto(address)
    expect(made.locator("[data-live-state]")).to_have_text("Live")
    return made


def choose(page: Page, folder: Path) -> None:
    """The folder, as the button takes it."""
    page.locator("input[webkitdirectory]").set_input_files(folder)


def n_files(stack: Stack, page: Page) -> int:
    """How many the server has of the open batch."""
    batch = page.url.split("/batches/")[1].strip("/")
    return int(stack.call(f"/api/v1/batches/{batch}/state/", token=stack.token())["counts"]["files"])


def test_sending_goes_on_after_lost_contact_without_doubling(page: Page, stack: Stack, folder: Path) -> None:
    n_sent = 0

    def cut_off(route: Route) -> None:
        nonlocal n_sent
        n_sent += 1
        if n_sent == 3:
            page.context.set_offline(True)
            route.abort()
        else:
            route.continue_()

    page.route("**/upload/", cut_off)
    choose(page, folder)
    expect(page.locator("#sending-rows")).to_contain_text("No contact. Sending goes on by itself.")
    expect(page.locator("#offline")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator("#file-rows tr")).to_have_count(N_FILES, timeout=30_000)
    expect(page.locator("#sending-state")).to_contain_text(f"{N_FILES} of {N_FILES} sent", timeout=20_000)
    assert n_files(stack, page) == N_FILES


def test_a_network_that_falls_silent_is_no_contact(page: Page, stack: Stack, folder: Path) -> None:
    """Neither an error nor the browser's own word for it: nothing comes any more."""
    page.add_init_script(SIXTY_TIMES_FASTER)
    page.reload()
    page.route("**/upload/", lambda route: None)
    choose(page, folder)
    expect(page.locator("#sending-rows")).to_contain_text("No contact. Sending goes on by itself.")
    page.unroute("**/upload/")
    expect(page.locator("#file-rows tr")).to_have_count(N_FILES, timeout=20_000)
    assert n_files(stack, page) == N_FILES


def test_a_server_that_restarts_behind_a_proxy_is_waited_for(page: Page, stack: Stack, folder: Path) -> None:
    """However long that takes: longer than a file is tried again at once."""
    answers: list[int] = []

    def away(route: Route) -> None:
        answers.append(502)
        route.fulfill(status=502, body="Bad gateway") if len(answers) <= 6 * N_FILES else route.continue_()

    page.add_init_script(SHORT_WAITS)
    page.reload()
    page.route("**/upload/", away)
    choose(page, folder)
    expect(page.locator("#file-rows tr")).to_have_count(N_FILES, timeout=20_000)
    expect(page.locator("#sending-rows tr")).to_have_count(0)
    assert n_files(stack, page) == N_FILES


def test_a_file_is_cancelled_and_sent_after_all(page: Page, stack: Stack, folder: Path) -> None:
    held: list[Route] = []
    page.route("**/upload/", lambda route: held.append(route))
    choose(page, folder)
    expect(page.locator("#sending-rows tr")).to_have_count(N_FILES)
    row = page.locator("#sending-rows tr").first
    row.get_by_role("button", name="Cancel").click()
    expect(row).to_contain_text("Cancelled")
    page.get_by_role("button", name="Stop sending").click()
    expect(page.locator("#sending-rows")).not_to_contain_text("Waiting to be sent")
    assert n_files(stack, page) == 0
    page.unroute("**/upload/")
    row.get_by_role("button", name="Send again").click()
    expect(page.locator("#file-rows tr")).to_have_count(1)


def test_after_a_reload_the_same_folder_is_taken_up_again(page: Page, stack: Stack, folder: Path) -> None:
    n_sent = 0

    def after_three(route: Route) -> None:
        nonlocal n_sent
        n_sent += 1
        if n_sent <= 3:
            route.continue_()

    page.route("**/upload/", after_three)
    choose(page, folder)
    expect(page.locator("#file-rows tr")).to_have_count(3)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute("**/upload/")
    left = N_FILES - 3
    expect(page.locator("#sending-state")).to_have_text(
        f"Files that had not been sent: {left}. Choose the same folder again; those already here are skipped."
    )
    choose(page, folder)
    expect(page.locator("#file-rows tr")).to_have_count(N_FILES, timeout=20_000)
    expect(page.locator("#sending-rows")).to_contain_text("Already here")
    assert n_files(stack, page) == N_FILES


def test_a_file_that_is_too_large_stays_in_the_list(page: Page, folder: Path) -> None:
    (folder / "with pictures.docx").write_bytes(b"x" * 25_000_001)
    choose(page, folder)
    expect(page.locator("#sending-state")).to_contain_text(f"{N_FILES} of {N_FILES} sent", timeout=20_000)
    expect(page.locator("#file-rows tr")).to_have_count(N_FILES + 1)
    page.reload()
    expect(page.locator("#sending-state")).to_be_empty()
    expect(page.locator("#file-rows tr", has_text="with pictures.docx")).to_contain_text("Too large")
    expect(page.locator("#problems")).to_contain_text("The file is 26 MB. The limit is 25 MB.")


def test_a_file_that_a_lock_refuses_keeps_its_row_until_it_is_dismissed(
    open_page: OpenPage, sign_in: SignIn, stack: Stack, folder: Path
) -> None:
    address = stack.make_batch("Late letters", None, [])
    page = open_page(expected="409")
    sign_in(page)
    page.goto(address)
    stack.call(f"/api/v1{address}lock/", method="POST", body={}, token=stack.token())
    choose(page, folder)
    rows = page.locator("#sending-rows tr")
    late = rows.filter(has_text="letter 3.txt arrived after the batch was locked and was not added.")
    expect(late).to_have_count(1)
    expect(rows.filter(has_text="Not sent")).to_have_count(N_FILES)
    page.evaluate(f"{UNSENT}; localStorage.setItem(unsent, {N_FILES + 2})")  # two more were never sent
    page.reload()
    expect(rows).to_have_count(N_FILES)
    late.get_by_role("button", name="Dismiss").click()
    expect(rows.get_by_role("button", name="Dismiss").and_(page.locator(":focus"))).to_have_count(1)
    assert page.evaluate(f"{UNSENT}; localStorage.getItem(unsent)") == str(N_FILES + 1)
    page.reload()
    expect(rows).to_have_count(N_FILES - 1)
    expect(late).to_have_count(0)


def test_a_file_that_is_gone_says_so(page: Page, stack: Stack, folder: Path) -> None:
    """To the page it looks like a lost network; the others go on."""
    held: list[Route] = []
    is_held = True
    page.route("**/upload/", lambda route: held.append(route) if is_held else route.continue_())
    choose(page, folder)
    page.wait_for_function("() => document.querySelectorAll('#sending-rows progress').length === 3")
    (folder / "letter 5.txt").unlink()
    is_held = False
    for route in held:
        route.continue_()
    expect(page.locator("#sending-rows")).to_contain_text("The file cannot be read on this device", timeout=20_000)
    expect(page.locator("#sending-rows tr")).to_contain_text(["letter 5.txt"])
    expect(page.locator("#file-rows tr")).to_have_count(N_FILES - 1, timeout=20_000)
    expect(page.locator("#sending-state")).to_contain_text(f"{N_FILES - 1} of {N_FILES - 1} sent")


UNREADABLE = """() => {
  DataTransferItem.prototype.webkitGetAsEntry = function () {
    const made = this.getAsFile(), isBad = made.name === 'far away.txt';
    const file = (done, failed) => (isBad ? failed(new DOMException('', 'NotReadableError')) : done(made));
    return { isFile: true, name: made.name, fullPath: `/${made.name}`, file };
  };
}"""
"""As of a file whose content is in another place, which a browser without a real drag cannot have."""


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """Let go of files somewhere on the page."""
    page.evaluate(
        """(files) => {
          const data = new DataTransfer();
          for (const [name, content] of files) {
            data.items.add(new File([Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0))], name));
          }
          for (const type of ["dragover", "drop"]) {
            document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
          }
        }""",
        [[name, base64.b64encode(content).decode()] for name, content in files],
    )


def test_what_cannot_be_read_on_the_device_keeps_nothing_else_from_being_sent(page: Page) -> None:
    page.evaluate(UNREADABLE)
    drop(page, ("near.txt", b"A letter about the sea."), ("far away.txt", b""), ("nearer.txt", b"And about the river."))
    expect(page.locator("#file-rows tr")).to_have_count(2)
    expect(page.locator("#sending-rows tr")).to_have_count(1)
    expect(page.locator("#sending-rows")).to_contain_text("The file cannot be read on this device")


@pytest.fixture
def new_batch(open_page: OpenPage, sign_in: SignIn, class_id: str) -> Page:
    """The page of a new batch, which may be refused."""
    made = open_page(expected="status of (422|503)")
    sign_in(made)
    made.goto(f"/batches/new/?class={class_id}")
    return made


def test_drops_soon_after_each_other_make_one_batch(new_batch: Page) -> None:
    page, title = new_batch, new_batch.locator("[name=title]")
    page.route("**/batches/new/", lambda route: route.fulfill(status=503, body="Later."))
    title.fill("First thoughts")
    drop(page, ("letter.txt", b"A letter about the sea."))
    expect(page.locator("#messages")).to_contain_text("nothing was changed")
    expect(title).to_have_value("First thoughts")
    page.unroute("**/batches/new/")
    title.fill("")
    drop(page, (f"{'long ' * 50}.zip", b"no zip at all"))
    drop(page, ("another.txt", b"A letter about the river."))
    expect(page.locator("#file-rows tr")).to_have_count(2)
    expect(page.get_by_role("heading", level=1)).to_have_text(("long " * 40).strip())
    page.go_back()
    expect(page).to_have_url(re.compile(r"/overview/$"))


def test_a_batch_that_is_being_made_is_made_once_and_takes_its_files(new_batch: Page) -> None:
    """Also where its form is sent meanwhile."""
    page = new_batch
    held: list[Route] = []
    page.route("**/batches/new/", lambda route: held.append(route))
    page.locator("[name=title]").fill("Slow")
    drop(page, ("letter.txt", b"A letter about the sea."))
    page.wait_for_function("() => document.getElementById('new-batch').inert")
    page.keyboard.press("Enter")
    held[0].continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("Slow")
    expect(page.locator("#file-rows tr")).to_have_count(1)
    assert len(held) == 1


def test_a_dropped_zip_named_by_a_personal_identity_number_names_the_batch_without_it(new_batch: Page) -> None:
    drop(new_batch, ("Saga 20060102_2387.zip", b"no zip at all"))
    expect(new_batch.get_by_role("heading", level=1)).to_have_text("Saga [personnummer]")


def test_a_batch_that_is_refused_is_asked_for_once(new_batch: Page) -> None:
    asked: list[str] = []
    new_batch.on("request", lambda request: asked.append(request.method) if request.method == "POST" else None)
    new_batch.locator("[name=title]").fill("Thoughts")
    new_batch.locator("[name=due_0], [name=due]").first.evaluate(
        "field => { field.type = 'text'; field.value = 'never'; }"
    )
    drop(new_batch, ("letter.txt", b"A letter about the sea."))
    expect(new_batch.locator(".error-summary")).to_be_visible()
    new_batch.wait_for_load_state("networkidle")
    assert asked == ["POST"]
    expect(new_batch.locator("[name=title]")).to_have_value("Thoughts")


def test_a_zip_dropped_on_new_batch_makes_the_batch(new_batch: Page, stack: Stack) -> None:
    zipped = canvas_zip()
    drop(new_batch, (zipped.name, zipped.content))
    expect(new_batch.get_by_role("heading", level=1)).to_have_text(zipped.name.removesuffix(".zip"))
    expect(new_batch.locator("#file-rows tr")).to_have_count(31, timeout=60_000)
    expect(new_batch.locator("#counts")).to_contain_text("30 of 30 files read", timeout=60_000)
    assert n_files(stack, new_batch) == 31
