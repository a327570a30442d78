"""Events become frames: once each, in order, without gaps, also beside a second relay."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from classes.events import ClassChanged
from huleedu.accounts.models import User
from huleedu.outbox import history, relay
from huleedu.outbox.models import Delivery, OutboxEvent
from huleedu.outbox.publish import publish
from huleedu.outbox.tasks import purge


def tell(*people: User, key: uuid.UUID | None = None) -> OutboxEvent:
    with transaction.atomic():
        return publish(ClassChanged(class_id=key or uuid.uuid4()), audience=[person.pk for person in people])


def seqs(person: User) -> list[int]:
    return list(Delivery.objects.filter(user=person).order_by("seq").values_list("seq", flat=True))


@pytest.mark.django_db(transaction=True)
def test_an_event_outside_a_transaction_is_refused(teacher: User) -> None:
    with pytest.raises(RuntimeError):
        publish(ClassChanged(class_id=uuid.uuid4()), audience=[teacher.pk])


def test_a_rolled_back_change_tells_nobody(teacher: User) -> None:
    with transaction.atomic():
        publish(ClassChanged(class_id=uuid.uuid4()), audience=[teacher.pk])
        transaction.set_rollback(True)
    assert relay.relay_waiting() == 0


def test_each_person_gets_a_sequence_of_their_own(teacher: User, colleague: User, stranger: User) -> None:
    for _number in range(3):
        tell(teacher)
    tell(teacher, colleague)
    assert relay.relay_waiting() == 4
    assert seqs(teacher) == [1, 2, 3, 4]
    assert seqs(colleague) == [1]
    assert seqs(stranger) == []
    assert relay.relay_waiting() == 0


def test_frames_carry_ids_only_and_keep_their_event_id(teacher: User) -> None:
    event = tell(teacher)
    relay.relay_waiting()
    (frame,) = history.frames_after(teacher.pk, 0) or []
    assert set(frame) == {"type", "seq", "event_id", "resource", "data", "at"}
    assert frame["event_id"] == str(event.event_id)
    assert frame["data"] == event.public


def test_more_than_a_page_is_relayed_in_order(teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "PAGE", 5)
    events = [tell(teacher) for _number in range(12)]
    assert relay.relay_waiting() == 12
    told = [frame["event_id"] for frame in history.frames_after(teacher.pk, 0) or []]
    assert told == [str(event.event_id) for event in events]


def test_a_page_costs_the_same_for_one_event_and_for_a_hundred(
    teacher: User, colleague: User, django_assert_num_queries: Any
) -> None:
    tell(teacher, colleague)
    relay.relay_waiting()
    tell(teacher)
    with django_assert_num_queries(10):
        relay.relay_waiting()
    for _number in range(100):
        tell(teacher, colleague)
    with django_assert_num_queries(10):
        relay.relay_waiting()


def test_somebody_who_left_is_not_told(teacher: User, colleague: User) -> None:
    tell(teacher, colleague)
    colleague.is_active = False
    colleague.save()
    OutboxEvent.objects.update(audience=[teacher.pk, colleague.pk, 10**9])
    assert relay.relay_waiting() == 1
    assert seqs(teacher) == [1]
    assert seqs(colleague) == []


def test_a_poisoned_event_holds_up_its_aggregate_only_and_is_given_up(
    teacher: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import DataError

    settings.OUTBOX_MAX_ATTEMPTS = 2
    key = uuid.uuid4()
    poisoned, behind, other = tell(teacher, key=key), tell(teacher, key=key), tell(teacher)
    deliver = relay._deliver

    def fail(events: Any) -> Any:
        if any(event.pk == poisoned.pk for event in events):
            raise DataError("no")
        return deliver(events)

    monkeypatch.setattr(relay, "_deliver", fail)
    relay.relay_waiting()
    assert set(OutboxEvent.objects.exclude(relayed_at=None)) == {other}
    relay.relay_waiting()
    poisoned.refresh_from_db()
    assert (poisoned.attempts, poisoned.last_error, poisoned.dead_at is not None) == (2, "DataError", True)
    relay.relay_waiting()
    behind.refresh_from_db()
    assert behind.relayed_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_relays_at_once_tell_everything_once(teacher: User, race: Any) -> None:
    for _number in range(30):
        tell(teacher)
    counts = race(relay.relay_waiting, relay.relay_waiting)
    assert sum(counts) == 30
    assert seqs(teacher) == list(range(1, 31))
    assert Delivery.objects.values("event").distinct().count() == 30


def test_thirty_events_of_one_action_queue_one_relay(
    teacher: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    from huleedu.outbox import tasks

    cache.clear()
    queued: list[int] = []
    monkeypatch.setattr(tasks.relay, "delay", lambda: queued.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        for _number in range(30):
            tell(teacher)
    assert len(queued) == 1


def test_a_broker_that_is_away_fails_no_request(
    teacher: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    from huleedu.outbox import tasks

    def away() -> None:
        raise ConnectionError

    cache.clear()
    monkeypatch.setattr(tasks.relay, "delay", away)
    with django_capture_on_commit_callbacks(execute=True):
        event = tell(teacher)
    assert OutboxEvent.objects.filter(pk=event.pk).exists()


@pytest.mark.parametrize(("after", "expected"), [(0, [1, 2, 3]), (2, [3]), (3, []), (4, None), (10**9, None)], ids=str)
def test_history_replays_or_says_that_it_cannot(teacher: User, after: int, expected: list[int] | None) -> None:
    for _number in range(3):
        tell(teacher)
    relay.relay_waiting()
    frames = history.frames_after(teacher.pk, after)
    assert (None if frames is None else [frame["seq"] for frame in frames]) == expected


def test_what_was_purged_cannot_be_replayed(teacher: User, settings: Any) -> None:
    first = tell(teacher)
    relay.relay_waiting()
    OutboxEvent.objects.filter(pk=first.pk).update(
        relayed_at=timezone.now() - settings.OUTBOX_RETENTION - timedelta(minutes=1)
    )
    tell(teacher)
    relay.relay_waiting()
    assert purge() == 1
    assert history.frames_after(teacher.pk, 0) is None
    assert [frame["seq"] for frame in history.frames_after(teacher.pk, 1) or []] == [2]
    assert history.last_seq(teacher.pk) == 2


def test_events_over_the_api(teacher: User, stranger: User, api: Any) -> None:
    tell(teacher)
    relay.relay_waiting()
    answer = api(teacher).get("/api/v1/events/?after=0").json()
    assert (len(answer["results"]), answer["last_seq"], answer["resync"]) == (1, 1, False)
    assert api(stranger).get("/api/v1/events/?after=0").json() == {"results": [], "last_seq": 0, "resync": False}
    assert api(teacher).get("/api/v1/events/?after=99").json()["resync"] is True
    assert api(teacher).get("/api/v1/events/?after=x").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_a_turn_that_does_not_come_is_no_events_failure(teacher: User, settings: Any) -> None:
    settings.OUTBOX_MAX_ATTEMPTS = 1
    event = tell(teacher)
    is_held, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            relay.take_turn()
            is_held.set()
            may_end.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    is_held.wait(20)
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    try:
        assert relay.relay_waiting() == 0
        assert relay._relay_singly() == ({}, 0)
    finally:
        may_end.set()
        other.join()
        with connection.cursor() as cursor:
            cursor.execute("RESET lock_timeout")
    event.refresh_from_db()
    assert (event.attempts, event.dead_at) == (0, None)
    assert relay.relay_waiting() == 1
