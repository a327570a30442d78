"""A broker that is away costs time and fails nothing: the work is a row in PostgreSQL."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction

from batches.tasks import ingest_essay
from huleedu.accounts.models import User
from huleedu.common.nudging import nudge_on_commit
from huleedu.realtime import delivery


def away(*_args: Any, **_options: Any) -> None:
    raise ConnectionError("no broker")


@pytest.mark.django_db(transaction=True)
def test_a_change_is_kept_whatever_was_to_be_queued_after_it(teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_essay, "delay", away)
    monkeypatch.setattr(delivery, "_send", away)
    with transaction.atomic():
        teacher.display_name = "Maria"
        teacher.save()
        ingest_essay.delay_on_commit(1)
        delivery.close_user(teacher.pk)
        delivery.recheck_user(teacher.pk)
        nudge_on_commit("a-key", away)
    teacher.refresh_from_db()
    assert teacher.display_name == "Maria"


QUEUEING = """
import os, sys
os.environ.update(REDIS_URL=f"redis://127.0.0.1:{sys.argv[1]}/0", DB_POOL_MAX="0")
import django
django.setup()
from batches.tasks import run_phases
try:
    run_phases.delay(1, 1)
except Exception as error:
    print("gave up")
"""


def test_a_broker_that_takes_connections_and_is_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        began = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", QUEUEING, str(silent.getsockname()[1])],
            cwd=settings.BASE_DIR, env={**os.environ, "DJANGO_SETTINGS_MODULE": "huleedu.settings"},
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
    assert ended.stdout == "gave up\n"
    assert time.monotonic() - began < 40


def test_one_nudge_for_one_transaction(django_capture_on_commit_callbacks: Any, db: None) -> None:
    """A cache that does not answer is waited for once, not once for every file."""
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        for _file in range(30):
            nudge_on_commit("files", away)
            nudge_on_commit("others", away)
    assert len(callbacks) == 2


def test_figures_are_given_without_a_cache(client: Any, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    from redis.exceptions import ConnectionError as AwayError

    def no_cache(*_args: Any, **_options: Any) -> None:
        raise AwayError

    measured: list[int] = []
    monkeypatch.setattr("huleedu.views.cache.add", no_cache)
    monkeypatch.setattr("huleedu.views.measure_outbox", lambda: measured.append(1))
    assert client.get("/metrics").status_code == 200
    assert measured == [1]
