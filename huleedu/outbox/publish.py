"""Writing an event. Only `actions.py` modules call this (import-linter sees to it)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from huleedu.common.audit import current_actor
from huleedu.common.nudging import nudge_on_commit
from huleedu.observability.request_id import correlation_id
from huleedu.outbox.events import EventData
from huleedu.outbox.models import OutboxEvent

NUDGED = "outbox-nudged"
"""Cache key that is set while a relay is on its way, so that an action with thirty events queues one relay."""


def publish(event: EventData, *, audience: Iterable[int]) -> OutboxEvent:
    """Write `event` for the users with these primary keys, in the running transaction.

    Raises RuntimeError outside one. The relay is nudged after the commit; should that fail, its beat finds the event.
    """
    return publish_all([event], audience=audience)[0]


def publish_all(events: Iterable[EventData], *, audience: Iterable[int]) -> list[OutboxEvent]:
    """As `publish`, for many events with the same audience: one INSERT and one nudge however many they are."""
    if not connection.in_atomic_block:
        raise RuntimeError("publish() outside a transaction: the event could tell of a change that never was")
    people = sorted(set(audience))
    rows = OutboxEvent.objects.bulk_create(
        OutboxEvent(
            event_type=event.event_type,
            topic=event.topic or "",
            aggregate=event.resource,
            audience=people,
            actor=current_actor(),
            payload=event.model_dump(mode="json"),
            public=event.public(),
            correlation_id=correlation_id(),
        )
        for event in events
    )
    if rows:
        nudge_on_commit(NUDGED, queue_relay)
    return rows


def queue_relay() -> None:
    """Have a worker relay what waits."""
    from huleedu.outbox.tasks import relay

    relay.delay()
