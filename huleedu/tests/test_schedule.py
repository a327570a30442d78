"""What comes round by itself: tasks that exist, and none that nobody calls."""

from __future__ import annotations

import pytest

from huleedu.celery import SCHEDULE, app
from huleedu.valkey import broker_url


@pytest.mark.parametrize("name", SCHEDULE)
def test_every_task_of_the_schedule_exists(name: str) -> None:
    app.loader.import_default_modules()
    assert SCHEDULE[name]["task"] in app.tasks


@pytest.mark.parametrize(
    ("address", "spelt"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
    ],
)
def test_the_broker_is_the_same_server(address: str, spelt: str) -> None:
    assert broker_url(address) == spelt


@pytest.mark.parametrize("name", SCHEDULE)
def test_a_round_that_nobody_took_is_forgotten_when_the_next_one_comes(name: str) -> None:
    assert app.conf.beat_schedule[name]["options"]["expires"] == SCHEDULE[name]["schedule"]


@pytest.mark.parametrize(
    "name",
    [
        "batches.tasks.ingest_next", "batches.tasks.match_essays", "batches.tasks.run_phases",
        "batches.tasks.send_letter", "batches.orchestrator.tasks.hand_over", "huleedu.outbox.tasks.relay",
    ],
)  # fmt: skip
def test_messages_that_a_sweep_sends_again_do_not_pile_up(name: str) -> None:
    app.loader.import_default_modules()
    assert app.tasks[name].expires == 60
