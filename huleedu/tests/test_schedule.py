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
