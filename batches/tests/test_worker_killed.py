"""Two real Celery workers, one killed with SIGKILL while it reads: every file still ends, and ends exactly once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.files.base import ContentFile
from django.db import connection
from redis import Redis

from batches import actions, tasks
from batches.actions.files import Upload
from batches.invariants import broken_invariants
from batches.models import Batch, Essay
from batches.tests.making import make_batch, make_students
from classes.models import SchoolClass
from files import samples
from files.models import EssayFile
from files.storage import save_blob
from huleedu.accounts.models import User
from huleedu.outbox.models import OutboxEvent
from huleedu.outbox.relay import relay_waiting

ROOT = Path(__file__).resolve().parents[2]
NAMES = [f"Alva{letter} Berg" for letter in "abcdefghij"]
LEASE = 2
PATIENCE = 180
"""Seconds; a worker starts in four on an idle machine."""


def _database_url() -> str:
    """DATABASE_URL of the test database, for another process."""
    base, _slash, _name = os.environ["DATABASE_URL"].rpartition("/")
    return f"{base}/{connection.settings_dict['NAME']}"


@pytest.fixture
def start_worker(settings: Any) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start a worker with one process on the test's database and files, in a session of its own."""
    running: list[subprocess.Popen[bytes]] = []
    broker = Redis.from_url(configured.REDIS_URL)
    broker.delete("default")
    environment = {
        **os.environ,
        "DATABASE_URL": _database_url(),
        "DATA_DIR": str(settings.DATA_DIR),
        "READ_LEASE_SECONDS": str(LEASE),
        "C_FORCE_ROOT": "1",
    }
    command = [sys.executable, "-m", "celery", "-A", "huleedu.celery", "worker", "--concurrency", "1"]

    def start() -> subprocess.Popen[bytes]:
        options = ["--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel", "ERROR"]
        running.append(subprocess.Popen([*command, *options], cwd=ROOT, env=environment, start_new_session=True))
        return running[-1]

    yield start
    for worker in running:
        _kill(worker)
    broker.delete("default")


def _kill(worker: subprocess.Popen[bytes]) -> None:
    """The worker and the processes it has started, at once and without warning."""
    if worker.poll() is None:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(timeout=10)


def _wait_for(condition: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, Counter(EssayFile.objects.values_list("status", flat=True))
        time.sleep(0.02)


def _count(*statuses: str) -> int:
    return EssayFile.objects.filter(status__in=statuses).count()


def _upload(number: int, name: str) -> Upload:
    """A file that takes a while: some twenty pages."""
    story = [f"{number}. " + "Det var en gång en fågel som flög över ån, och ingen visste vart. " * 50] * 20
    data = samples.make("pdf", title="Fågeln", paragraphs=story)
    blob = save_blob(ContentFile(data, name=f"{name}.pdf"))
    return Upload(blob=blob, name=f"{name}.pdf", path="", size=blob.size)


@pytest.mark.django_db(transaction=True)
def test_every_file_ends_exactly_once_after_a_worker_is_killed(
    teacher: User,
    owned_class: SchoolClass,
    start_worker: Callable[[], subprocess.Popen[bytes]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_students(owned_class, NAMES)
    batch = make_batch(teacher, owned_class)
    doomed = start_worker()
    uploads = [_upload(number, name) for number, name in enumerate(NAMES)]
    files = actions.add_files(batch, uploads=uploads, actor=teacher)
    _wait_for(lambda: _count("reading") > 0, seconds=PATIENCE)
    _kill(doomed)
    start_worker()
    assert _count("stored", "reading") > 0, "all was read before the worker could be killed"
    # The queue is gone as well, as if Valkey had been wiped.
    Redis.from_url(configured.REDIS_URL).delete("default", "unacked", "unacked_index")

    monkeypatch.setattr(tasks, "STUCK_AFTER", timedelta(0))
    sweeps = iter(range(10_000))

    def all_ended() -> bool:
        if next(sweeps) % 50 == 0:
            tasks.sweep_stuck()
        return _count("stored", "reading") == 0

    _wait_for(all_ended, seconds=PATIENCE)
    _wait_for(lambda: all_ended() and not Essay.objects.filter(batch=batch, matched_at=None).exists(), seconds=PATIENCE)
    _check(batch, files)


def _check(batch: Batch, files: list[EssayFile]) -> None:
    ended = EssayFile.objects.filter(pk__in=[file.pk for file in files])
    assert Counter(ended.values_list("status", flat=True)) == {"read": len(files)}
    assert max(ended.values_list("attempts", flat=True)) <= 2
    assert not ended.exclude(lease_token=None).exists()
    for file in ended:
        events = OutboxEvent.objects.filter(event_type="essay.read", payload__file_id=str(file.public_id))
        assert [event.payload["status"] for event in events].count("read") == 1
    assert Essay.objects.live().filter(batch=batch).count() == len(files)
    relay_waiting()
    assert list(broken_invariants()) == []
