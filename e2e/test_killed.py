"""The web server is killed in the middle of an upload and started again: nothing is lost, nothing is there twice."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from e2e.conftest import Stack, own_stack, running

pytestmark = [pytest.mark.e2e, pytest.mark.campaign]

N_FILES, BEFORE = 12, 4
"""Files of the folder; how many are answered before the server is killed."""


@pytest.fixture
def mine() -> Iterator[Stack]:
    """A stack that may die without harm to the other tests."""
    with contextmanager(own_stack)() as made:
        yield made


def kill_web(stack: Stack) -> None:
    """As a machine without memory left would; the supervisor then stops the rest."""
    assert stack.process is not None
    found = ["pgrep", "-P", str(stack.process.pid), "-f", "uvicorn"]
    (pid,) = subprocess.run(found, check=True, capture_output=True, text=True).stdout.split()
    os.kill(int(pid), signal.SIGKILL)
    stack.process.wait(timeout=60)


def test_sending_goes_on_where_it_was(
    mine: Stack, browser: Browser, sign_in: Callable[[Page], None], tmp_path: Path
) -> None:
    folder = tmp_path / "Letters"
    folder.mkdir()
    for number in range(N_FILES):
        (folder / f"letter {number}.txt").write_text(f"Letter {number}. The sea is grey in the morning.\n" * 4)
    batch = mine.make_batch("Letters", None, [])
    with browser.new_context(base_url=mine.url, locale="en-GB") as context:
        page = context.new_page()
        sign_in(page)
        page.goto(batch)
        expect(page.locator("[data-live-state]")).to_have_text("Live")
        n_sent = 0

        def kill_after(route: Route) -> None:
            nonlocal n_sent
            n_sent += 1
            if n_sent == BEFORE + 1:
                kill_web(mine)
            route.continue_()

        page.route("**/upload/", kill_after)
        page.locator("input[webkitdirectory]").set_input_files(folder)
        expect(page.locator("#sending-rows")).to_contain_text("No contact. Sending goes on by itself.", timeout=90_000)
        expect(page.locator("#offline")).to_contain_text("Keep this page open.", timeout=30_000)
        expect(page.locator("#offline")).not_to_contain_text("Everything you have done is saved.")
        with running(mine.data, int(mine.url.rsplit(":", 1)[1])) as again:
            expect(page.locator("#file-rows tr")).to_have_count(N_FILES, timeout=90_000)
            expect(page.locator("#sending-state")).to_have_text(f"{N_FILES} of {N_FILES} sent")
            state = again.call(f"/api/v1{batch}state/", token=again.token())
            assert state["counts"]["files"] == N_FILES
