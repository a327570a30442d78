"""How long a batch's files page takes while a remote orchestrator is dead, slow or there. `make bench-orchestrator`.

Needs the servers that the test suite starts: runs as one test, so that nothing is left behind.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from batches import orchestrator
from batches.tests.calling import send, text_file
from batches.tests.making import make_batch, make_essays
from batches.tests.standing_in import standing_in
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

PAGES = 60
FILES = 30


def _pages(client: Client, address: str) -> tuple[list[float], list[float]]:
    """Milliseconds of each of PAGES renderings: by the clock, and of those on this core."""
    taken, worked = [], []
    for _page in range(PAGES):
        began, began_cpu = time.perf_counter(), time.process_time()
        answer = client.get(address)
        taken.append(1_000 * (time.perf_counter() - began))
        worked.append(1_000 * (time.process_time() - began_cpu))
        assert answer.status_code == 200  # noqa: S101
    return taken, worked


def _say(what: str, times: tuple[list[float], list[float]]) -> None:
    clock, core = ([statistics.median(part), statistics.quantiles(part, n=20)[-1]] for part in times)
    by_clock, by_core = f"{clock[0]:4.0f} ms, p95 {clock[1]:4.0f} ms", f"{core[0]:4.0f} ms, p95 {core[1]:4.0f} ms"
    print(f"{what:<32} median {by_clock}; on this core {by_core}")  # noqa: T201


@pytest.mark.django_db
def test_bench(settings: Any) -> None:
    """Print the files page's times, and how long an upload waits for each answer until the breaker opens."""
    teacher = User.objects.create_user("bench@skola.example", "a-long-enough-password", language="en")
    batch = make_batch(teacher)
    make_essays(batch, FILES)
    client, api = Client(), APIClient()
    client.force_login(teacher)
    api.force_authenticate(teacher)
    address = f"/batches/{batch.public_id}/"
    print()  # noqa: T201
    _pages(client, address)  # warm templates
    _say("no remote", _pages(client, address))
    settings.ENABLE_BATCH_STATE_VALIDATION = True
    for answer in ("open", "slow", 500):
        orchestrator._remote.cache_clear()
        with standing_in() as remote:
            settings.BATCH_ORCHESTRATOR_URL, remote.answer = remote.url, answer
            waited = []
            for number in range(5):
                began = time.perf_counter()
                send(api, batch, [text_file(f"{answer}-{number}.txt")])
                waited.append(1_000 * (time.perf_counter() - began))
            print(f"uploads in turn, remote {answer}: " + ", ".join(f"{ms:.0f}" for ms in waited) + " ms")  # noqa: T201
            calls = len(remote.calls)
            _say(f"page, remote {answer}", _pages(client, address))
            print(f"calls made by these pages: {len(remote.calls) - calls}")  # noqa: T201
    orchestrator._remote.cache_clear()
    settings.BATCH_ORCHESTRATOR_URL = "http://127.0.0.1:1"
    for _time in range(3):
        try:
            orchestrator.orchestrator().is_locked(batch.public_id)
        except ActionError:
            continue
    _say("page, remote refuses connections", _pages(client, address))
    orchestrator._remote.cache_clear()
