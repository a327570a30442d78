"""What the processes really write when something fails: JSON lines that quote nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from redis import Redis

from huleedu.observability.tests.failing import QUEUE, fail

ROOT = settings.BASE_DIR
with socket.create_server(("127.0.0.1", 0)) as probe:
    METRICS_PORT: int = probe.getsockname()[1]
SECRETS = ("alva", "holm", "skola.example", "hemligt")
SERVED = """
import logging
import uvicorn
uvicorn.Config("huleedu.asgi:application", log_level="warning")
import django
django.setup()
try:
    raise ValueError("alva.holm@skola.example")
except ValueError as error:
    logging.getLogger("uvicorn.error").error("Exception in ASGI application", exc_info=error)
    logging.getLogger("django.db.backends.base").error("Error calling back in on_commit (%s).", error)
logging.getLogger("django.security.csrf").warning("Forbidden (%s): %s", "CSRF cookie not set.", "/account/email/{}/")
logging.getLogger("django.security.csrf").warning("Forbidden (%s): %s", "CSRF cookie not set.", "/sign-in/{}/x/")
""".format("hemligt" * 10, "c1abc2-" + "0123456789abcdef" * 2)


def _lines(written: str) -> list[dict[str, Any]]:
    assert not [secret for secret in SECRETS if secret in written.casefold()], written
    return [json.loads(line) for line in written.splitlines() if line.startswith("{")]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Path]:
    """A real worker for the failing task; gives the file that it writes to."""
    log = tmp_path / "worker.log"
    command = [sys.executable, "-W", "ignore", "-m", "celery", "-A", "huleedu.observability.tests.failing", "worker"]
    options = ["--concurrency", "1", "-Q", QUEUE, "--without-mingle", "--without-gossip", "--loglevel", "INFO"]
    environment = {
        **os.environ,
        "C_FORCE_ROOT": "1",
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "WORKER_METRICS_PORT": str(METRICS_PORT),
    }
    with log.open("wb") as out:
        process = subprocess.Popen([*command, *options], cwd=ROOT, env=environment, stdout=out, stderr=out)
    yield log
    process.terminate()
    process.wait(timeout=30)
    Redis.from_url(settings.REDIS_URL).delete(QUEUE)


def test_a_failed_task_is_told_by_its_name_and_error_and_quotes_nothing(worker: Path) -> None:
    sent = fail.apply_async(("hemligt",), queue=QUEUE)
    deadline = time.monotonic() + 90
    while "raised unexpected" not in worker.read_text() and time.monotonic() < deadline:
        time.sleep(0.1)
    (line,) = [line for line in _lines(worker.read_text()) if line.get("logger") == "celery.app.trace"]
    assert line["event"] == f"Task huleedu.failing[{sent.id}] raised unexpected: -"
    assert line["error"] == "ValueError"
    figures = urllib.request.urlopen(f"http://127.0.0.1:{METRICS_PORT}/metrics", timeout=10).read().decode()
    assert "# HELP" in figures, "a worker serves its counters"


def test_the_web_server_writes_as_we_do(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SERVED], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout == ""
    served, callback, *refused = _lines(ended.stderr)
    assert (served["event"], served["error"]) == ("Exception in ASGI application", "ValueError")
    assert callback["event"] == "Error calling back in on_commit (ValueError)."
    assert [line["event"] for line in refused] == [
        "Forbidden (CSRF cookie not set.): /account/email/-/",
        "Forbidden (CSRF cookie not set.): /sign-in/-/x/",
    ]
    assert "0123456789abcdef" not in ended.stderr
