"""A batch that was cancelled before all was matched comes to rest, and one that is opened again is matched again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from batches import actions, tasks
from batches.invariants import broken_invariants
from batches.models import Batch, Essay
from batches.state import count_batch
from batches.tests.making import make_batch, make_stored
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.outbox.models import OutboxEvent


def unmatched(batch: Batch, count: int = 2) -> Batch:
    """With texts that have been read and not yet matched."""
    make_stored(batch, count)
    Essay.objects.filter(batch=batch).update(matched_at=None)
    return batch


@pytest.mark.parametrize("archived", [False, True])
@pytest.mark.parametrize("task", [tasks.match_essays, tasks.rematch_essays])
def test_what_was_handed_in_before_a_cancel_is_still_matched(
    teacher: User, owned_class: SchoolClass, task: Callable[[int], int], archived: bool
) -> None:
    batch = unmatched(make_batch(teacher, owned_class))
    actions.cancel_batch(batch, actor=teacher)
    if archived:
        actions.archive_batch(batch, actor=teacher)
    assert count_batch(batch).reading == 2
    task(batch.pk)
    assert count_batch(batch).reading == 0, "read and matched"
    matched = list(Essay.objects.filter(batch=batch).values_list("matched_at", flat=True))
    task(batch.pk)
    assert list(Essay.objects.filter(batch=batch).values_list("matched_at", flat=True)) == matched, "and only once"
    assert not OutboxEvent.objects.filter(event_type="batch.review.needed").exists(), "nobody is asked to review it"
    assert list(broken_invariants()) == []


def test_a_cancelled_batch_whose_message_was_lost_is_swept(
    teacher: User, owned_class: SchoolClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued: list[int] = []
    monkeypatch.setattr(tasks.match_essays, "delay", queued.append)
    cancelled, locked = (unmatched(make_batch(teacher, owned_class)) for _number in range(2))
    actions.cancel_batch(cancelled, actor=teacher)
    Batch.objects.filter(pk=locked.pk).update(status="ready", locked_at=timezone.now(), lock_reason="teacher")
    EssayFile.objects.update(updated_at=timezone.now() - timedelta(minutes=5))
    assert tasks.sweep_stuck()["batches"] == 1
    assert queued == [cancelled.pk]


@pytest.mark.parametrize("back", ["unlock", "reopen"])
def test_an_opened_batch_is_matched_again(
    teacher: User, owned_class: SchoolClass, monkeypatch: pytest.MonkeyPatch, back: str
) -> None:
    """The class may have changed while no machine touched the matches."""
    queued: list[int] = []
    monkeypatch.setattr(tasks.rematch_essays, "delay_on_commit", queued.append)
    batch = make_batch(teacher, owned_class)
    unlocks = back == "unlock"
    (actions.lock_batch if unlocks else actions.cancel_batch)(batch, actor=teacher)
    assert queued == []
    (actions.unlock_batch if unlocks else actions.reopen_batch)(batch, actor=teacher)
    assert queued == [batch.pk]
