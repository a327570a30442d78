"""Who measures texts, and when that is given up."""

from __future__ import annotations

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from batches import tasks


def test_two_workers_do_not_measure_the_same_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweeper calls every quarter of a minute while the first one still works."""
    runs: list[int] = []

    def once_more(batch_pk: int, generation: int) -> None:
        runs.append(batch_pk)
        tasks.run_phases(batch_pk, generation)

    monkeypatch.setattr(tasks, "_run_phases", once_more)
    tasks.run_phases(1, 1)
    tasks.run_phases(1, 1)
    assert runs == [1, 1]


def test_the_end_of_a_workers_time_is_no_fault_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(_text: str) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(tasks, "measure_text", late)
    with pytest.raises(SoftTimeLimitExceeded):
        tasks._measured("Det var en gång.")
