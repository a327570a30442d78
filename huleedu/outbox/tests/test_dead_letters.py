"""Dead letters go again in the order of their aggregate, or are put aside."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox import actions, relay
from huleedu.outbox.models import Delivery, OutboxEvent
from huleedu.outbox.tasks import purge
from huleedu.outbox.tests.test_relay import tell


def kill(event: OutboxEvent) -> OutboxEvent:
    OutboxEvent.objects.filter(pk=event.pk).update(dead_at=timezone.now(), attempts=10, last_error="DataError")
    event.refresh_from_db()
    return event


def order(person: User) -> list[int]:
    return list(Delivery.objects.filter(user=person).order_by("seq").values_list("event_id", flat=True))


def refused(event: OutboxEvent, actor: User) -> str:
    with pytest.raises(ActionError) as error:
        actions.send_again(event, actor=actor)
    with translation.override("en"):
        return str(error.value.message)


def test_what_is_sent_again_goes_before_later_ones(teacher: User, support: User) -> None:
    key = uuid.uuid4()
    first, second = kill(tell(teacher, key=key)), tell(teacher, key=key)
    actions.send_again(first, actor=support)
    assert relay.relay_waiting() == 2
    assert order(teacher) == [first.pk, second.pk]


def test_an_overtaken_letter_is_only_put_aside(teacher: User, support: User) -> None:
    key = uuid.uuid4()
    first = kill(tell(teacher, key=key))
    tell(teacher, key=key)
    relay.relay_waiting()
    assert "out of order" in refused(first, support)
    actions.put_aside(first, actor=support)
    assert relay.dead_letters().count() == 0
    assert "Only a dead letter" in refused(first, support)
    with pytest.raises(ActionError):
        actions.put_aside(first, actor=support)


def test_of_two_the_earlier_goes_first_and_others_do_not_matter(teacher: User, support: User) -> None:
    key = uuid.uuid4()
    other, first, second = kill(tell(teacher)), kill(tell(teacher, key=key)), kill(tell(teacher, key=key))
    assert "An earlier event" in refused(second, support)
    actions.put_aside(first, actor=support)
    actions.send_again(second, actor=support)
    relay.relay_waiting()
    assert order(teacher) == [second.pk]
    assert list(relay.dead_letters()) == [other]


def test_what_waits_or_was_sent_is_no_dead_letter(teacher: User, support: User) -> None:
    event = tell(teacher)
    assert "Only a dead letter" in refused(event, support)
    with pytest.raises(IntegrityError), transaction.atomic():
        OutboxEvent.objects.filter(pk=event.pk).update(put_aside_at=timezone.now())


def test_what_was_put_aside_is_forgotten_in_time(teacher: User, support: User) -> None:
    kept, old = kill(tell(teacher)), kill(tell(teacher))
    actions.put_aside(old, actor=support)
    assert purge() == 0
    OutboxEvent.objects.filter(pk=old.pk).update(put_aside_at=timezone.now() - timedelta(days=8))
    assert purge() == 1
    assert list(OutboxEvent.objects.all()) == [kept]


def test_what_has_been_emptied_is_not_sent_again(teacher: User, support: User) -> None:
    event = kill(tell(teacher))
    OutboxEvent.objects.filter(pk=event.pk).update(dead_at=timezone.now() - timedelta(days=8))
    purge()
    assert "has been deleted" in refused(event, support)
    actions.put_aside(event, actor=support)


@pytest.mark.django_db(transaction=True)
def test_no_later_event_is_sent_while_one_is_sent_again(race: Any, teacher: User, support: User) -> None:
    """Either it goes first, or it is refused because the later one was sent: never out of order."""
    key = uuid.uuid4()
    first, second = kill(tell(teacher, key=key)), tell(teacher, key=key)
    outcomes = race(lambda: actions.send_again(first, actor=support).pk, relay.relay_waiting)
    relay.relay_waiting()
    assert order(teacher) == ([first.pk, second.pk] if outcomes[0] == first.pk else [second.pk])
    assert outcomes[0] in (first.pk, "illegal_transition")
