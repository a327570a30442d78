"""A stack of its own for the browser tests, and a headless Chromium in front of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from batches.samples import SampleFile, class_list, sample_essays

if TYPE_CHECKING:
    from e2e.screens import World

ROOT = Path(__file__).resolve().parents[1]
ARTIFACTS = ROOT / "test-artifacts"
"""Pictures of every screen, and of a page where its test failed. Not in git."""
CHROMIUM = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip
OF_THE_TESTS = (
    "DATABASE_URL",
    "REDIS_URL",
    "HULEEDU_TEST_VALKEY",
    "DB_POOL_MAX",
    "SECRET_KEY",
    "STATIC_ROOT",
    "DJANGO_SETTINGS_MODULE",
)
"""What the test suite set for itself; the stack under test brings its own."""
TEACHER = ("colleague@demo.example", "demo-colleague")
"""Not the demo teacher, whose class has the students of the sample list already."""
DEMO_TEACHER = ("teacher@demo.example", "demo-teacher")
NO_CONTACT = (
    r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|WebSocket|(status of|Error Code) (409|422|503)|htmx:(afterRequest|sendError)"
)
"""What the console may say of a review whose contact is cut."""


@pytest.fixture(autouse=True)
def _own_files_and_cache() -> None:
    """The product runs in another process here: none of the unit tests' settings."""


@dataclass(frozen=True)
class Stack:
    """A running copy of the product with the demo school."""

    url: str
    data: Path
    process: subprocess.Popen[bytes] | None
    imports: dict[str, str] = field(default_factory=dict)
    """The import behind each class that `make_class` made."""
    tokens: dict[tuple[str, str], tuple[float, str]] = field(default_factory=dict)
    """Whose access tokens there are, and since when (monotonic seconds)."""

    def call(self, path: str, *, method: str = "GET", body: Any = None, token: str = "") -> Any:
        """The API's answer as JSON; raises HTTPError for a refusal."""
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(  # noqa: S310  (our own stack)
            f"{self.url}{path}", data=data, headers=headers, method=method
        )
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.loads(answer.read() or b"null")

    def token(self, who: tuple[str, str] = TEACHER) -> str:
        """An access token, of which half its life is left: a password takes a quarter of a second to look at."""
        since, token = self.tokens.get(who, (0.0, ""))
        if not token or time.monotonic() - since > 300:
            body = {"email": who[0], "password": who[1]}
            token = str(self.call("/api/v1/auth/token/", method="POST", body=body)["access"])
            self.tokens[who] = time.monotonic(), token
        return token

    def make_class(self, name: str, listed: str, *, who: tuple[str, str] = TEACHER) -> str:
        """A class with a pasted list; its id."""
        token = self.token(who)
        body = {"designation": name, "courses": ["ENG6"]}
        made = str(self.call("/api/v1/classes/", method="POST", body=body, token=token)["id"])
        imports = f"/api/v1/classes/{made}/roster-imports/"
        draft = self.call(imports, method="POST", body={"text": listed}, token=token)
        self.call(f"{imports}{draft['id']}/apply/", method="POST", body={}, token=token)
        self.imports[made] = draft["id"]
        return made

    def make_batch(self, title: str, class_id: str | None, files: Sequence[SampleFile], **more: Any) -> str:
        """A batch whose files are read and matched; the address of its page."""
        who = more.get("who", TEACHER)
        token = self.token(who)
        made = self.call("/api/v1/batches/", method="POST", body={"title": title, "class_id": class_id}, token=token)
        if files:
            sent = [("files", (file.name, file.content)) for file in files]
            answer = httpx.post(
                f"{self.url}/api/v1/batches/{made['id']}/files/",
                files=sent,
                data={"paths": [file.full_path for file in files]},
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            )
            answer.raise_for_status()
        deadline = time.monotonic() + 60
        while self.call(f"/api/v1/batches/{made['id']}/state/", token=token)["counts"]["reading"]:
            if time.monotonic() > deadline:
                pytest.fail("the files were not read in a minute")
            time.sleep(0.1)
        return f"/batches/{made['id']}/"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """`manage.py up` on a free port with new data; the teacher's pages speak English.

    With E2E_URL in the environment the tests use the stack that runs there.
    """
    if running := os.environ.get("E2E_URL"):
        made = Stack(running, Path(), None)
        made.call("/api/v1/me/", method="PATCH", body={"language": "en"}, token=made.token())
        yield made
        return
    yield from own_stack()


def own_stack() -> Iterator[Stack]:
    """A new school on a free port, whose teacher's pages speak English."""
    # Not below pytest's own folder, which is closed to the user PostgreSQL runs as where this runs as root.
    data, port = Path(tempfile.mkdtemp(prefix="huleedu-e2e-", dir="/tmp")), _free_port()
    data.chmod(0o711)
    try:
        with running(data, port) as made:
            made.call("/api/v1/me/", method="PATCH", body={"language": "en"}, token=made.token())
            yield made
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def running(data: Path, port: int) -> Iterator[Stack]:
    """`manage.py up`, ready, until the block ends or somebody stops it."""
    environment = {key: value for key, value in os.environ.items() if key not in OF_THE_TESTS}
    # One address signs in again and again here.
    environment |= {"API_RATE_SIGN_IN": "", "LOG_LEVEL": "WARNING"}
    command = [sys.executable, "manage.py", "up", "--port", str(port), "--data", str(data)]
    with (data / "up.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            made = Stack(f"http://localhost:{port}", data, process)
            _wait_until_ready(made)
            yield made
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def _wait_until_ready(made: Stack) -> None:
    deadline = time.monotonic() + 180
    while made.process and time.monotonic() < deadline and made.process.poll() is None:
        with suppress(OSError):
            if made.call("/readyz")["status"] == "ok":
                return
        time.sleep(0.2)
    pytest.fail(f"the stack did not start:\n{(made.data / 'up.log').read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's or Ubuntu's Chromium; playwright's own download is not needed."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        pytest.fail("No Chromium here. Install it: apt-get install chromium-headless-shell (Ubuntu: chromium-browser)")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, headless=True, args=FLAGS)
        yield made
        made.close()


@pytest.fixture
def open_page(stack: Stack, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """`open_page()`: a page of a new, anonymous browser. The test fails on any console error of any of them."""
    contexts: list[Any] = []
    errors: list[str] = []
    allowed: list[re.Pattern[str]] = []

    def make(*, width: int = 1360, height: int = 900, expected: str = "", **options: Any) -> Page:
        if expected:
            allowed.append(re.compile(expected))
        options = {"locale": "en-GB", **options}
        context = browser.new_context(base_url=stack.url, viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for number, context in enumerate(contexts):
        if getattr(request.node, "failed", False):
            ARTIFACTS.mkdir(exist_ok=True)
            for page in context.pages:
                page.screenshot(path=ARTIFACTS / f"failed-{request.node.name}-{number}.png")
        context.close()
    assert [error for error in errors if not any(pattern.search(error) for pattern in allowed)] == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """Let `open_page` know that the test failed."""
    report = yield
    if report.when == "call" and report.failed:
        item.failed = True  # type: ignore[attr-defined]
    return report


_GOALS = pytest.StashKey[list[tuple[str, str, str]]]()


@pytest.fixture(scope="session")
def goal(request: pytest.FixtureRequest) -> Callable[[str, str, str], None]:
    """`goal(what, target, seen)`: a line of the table printed when all tests have run."""
    rows = request.config.stash.setdefault(_GOALS, [])

    def note(what: str, target: str, seen: str) -> None:
        rows.append((what, target, seen))

    return note


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The measured goals beside their targets."""
    rows = config.stash.get(_GOALS, [])
    if not rows:
        return
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    terminalreporter.section("Measured goals")
    for row in [("What", "Target", "Seen"), *rows]:
        terminalreporter.line("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@pytest.fixture(scope="session")
def sessions() -> dict[tuple[str, str], list[Any]]:
    """The session cookie of everybody who has signed in."""
    return {}


@pytest.fixture
def sign_in(sessions: dict[tuple[str, str], list[Any]]) -> Callable[..., None]:
    """`sign_in(page)` as `TEACHER`, or as somebody else; by the form where no session of theirs is left."""

    def run(page: Page, who: tuple[str, str] = TEACHER) -> None:
        page.context.add_cookies(sessions.get(who, []))
        page.goto("/overview/")
        if "/sign-in/" in page.url:
            page.locator("input[name=email]").fill(who[0])
            page.locator("input[name=password]").fill(who[1])
            page.locator("input[name=password]").press("Enter")
        expect(page).to_have_url(re.compile(r"/overview/$"))
        sessions[who] = [cookie for cookie in page.context.cookies() if cookie["name"] == "sessionid"]

    return run


@pytest.fixture(scope="session")
def essays(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `class-list.csv` and `essays/`: thirty files of five formats."""
    folder = tmp_path_factory.mktemp("essays")
    (folder / "class-list.csv").write_text(class_list(), encoding="utf-8-sig")
    for file in sample_essays():
        target = folder / "essays" / file.full_path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    return folder


SMALL = (
    "Emil A SA24D.docx", "Axel Strömbäck.docx", "text (final).txt", "ahlqvistnils_4301_99120_library.docx",
    "essay.pdf", "Document (3).odt", "Argumentative text.txt",
)  # fmt: skip
"""One unsure, one conflict, one without a match, and certain ones."""


@pytest.fixture(scope="session")
def class_id(stack: Stack) -> str:
    """The sample class, of `TEACHER`."""
    return stack.make_class("SA24D", class_list())


@pytest.fixture(scope="session")
def world(stack: Stack) -> World:
    """What every screen shows. Whoever looks at it leaves it as it is."""
    from e2e.screens import make_world

    return make_world(stack)


@pytest.fixture
def small_batch(stack: Stack, class_id: str, request: pytest.FixtureRequest) -> str:
    """The address of a batch with a few texts of each kind, read and matched."""
    files = [file for file in sample_essays() if file.name in SMALL]
    return stack.make_batch(request.node.name[:60], class_id, files)


@pytest.fixture
def review(open_page: Callable[..., Page], sign_in: Callable[..., None], small_batch: str) -> Page:
    """The review of a small batch, at its first undecided text, with what comes next fetched."""
    page = open_page(expected=NO_CONTACT)
    sign_in(page)
    open_review(page, small_batch)
    return page


def open_review(page: Page, batch: str) -> None:
    """Open it and wait until the next texts are there too."""
    page.goto(f"{batch}review/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.wait_for_load_state("networkidle")
