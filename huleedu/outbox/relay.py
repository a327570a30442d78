"""From waiting events to what each person is told: the second half of the outbox.

An event is relayed once it stands in the history of everyone in its audience, under a sequence number of that person's
own without gaps. Sockets are told after that commit; a socket that missed a frame sees it by the number (see
`huleedu.realtime.consumers`), so a lost push costs a moment and never an event.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import structlog
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, OperationalError, connection, transaction
from django.db.models import Min, QuerySet
from django.utils import timezone

from huleedu.observability import metrics
from huleedu.outbox.models import Delivery, DeliveryCursor, OutboxEvent
from huleedu.realtime.delivery import Frame, send_frames

logger = structlog.get_logger(__name__)


class TurnTakenError(OperationalError):
    """Another relay has worked for longer than one waits for a lock, or the database is away: no event's fault."""


PAGE = 200
"""Events relayed in one transaction."""
_LOCK = 0x48_55_4C_45
"""Key of the advisory lock that makes one relay work at a time, which is what keeps the order."""

Told = dict[int, list[Frame]]
"""User primary key to that person's new frames, in order."""


def relay_waiting() -> int:
    """Relay until nothing waits; returns how many events were. Other relays wait for this one, a page at a time."""
    relayed = 0
    while True:
        told, count = _relay_page()
        send_frames(told)
        relayed += count
        if count < PAGE:
            return relayed


def _relay_page() -> tuple[Told, int]:
    try:
        with transaction.atomic():
            take_turn()
            events = list(_waiting()[:PAGE])
            return _deliver(events), len(events)
    except TurnTakenError:
        return {}, 0
    except DatabaseError:
        logger.warning("relay_page_failed", exc_info=True)
        return _relay_singly()


def _relay_singly() -> tuple[Told, int]:
    """One event a transaction, so that the one which cannot be relayed does not hold up the others.

    Events of its aggregate wait behind it (their order is kept) until it succeeds or is given up as a dead letter.
    """
    told: Told = defaultdict(list)
    stuck: set[str] = set()
    count = 0
    for pk, aggregate in list(_waiting().values_list("pk", "aggregate")[:PAGE]):
        if aggregate in stuck:
            continue
        try:
            with transaction.atomic():
                take_turn()
                events = list(_waiting().filter(pk=pk))
                for user_pk, frames in _deliver(events).items():
                    told[user_pk] += frames
        except TurnTakenError:
            break
        except DatabaseError as error:
            stuck.add(aggregate)
            _note_failure(pk, error)
        else:
            count += len(events)
    # A page with a stuck event never counts as full: the next beat goes on.
    return told, min(count, PAGE - 1)


def take_turn() -> None:
    """Wait until no other relay works; the turn lasts until the transaction ends. Raises TurnTakenError."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    except OperationalError as error:
        logger.warning("relay_turn_taken")
        raise TurnTakenError from error.__cause__


def _waiting() -> QuerySet[OutboxEvent]:
    return OutboxEvent.objects.filter(relayed_at=None, dead_at=None).order_by("pk")


def _deliver(events: Sequence[OutboxEvent]) -> Told:
    """Write the deliveries of `events` and mark them relayed. Six statements, however many events and people."""
    people = {user_pk for event in events for user_pk in event.audience}
    present = set(get_user_model().objects.filter(pk__in=people, is_active=True).values_list("pk", flat=True))
    DeliveryCursor.objects.bulk_create([DeliveryCursor(user_id=pk) for pk in sorted(present)], ignore_conflicts=True)
    cursors = {
        cursor.user_id: cursor
        for cursor in DeliveryCursor.objects.select_for_update().filter(user_id__in=present).order_by("user_id")
    }
    deliveries = []
    for event in events:
        for user_pk in event.audience:
            if user_pk in cursors:
                cursors[user_pk].last_seq += 1
                deliveries.append(Delivery(user_id=user_pk, seq=cursors[user_pk].last_seq, event=event))
    Delivery.objects.bulk_create(deliveries)
    DeliveryCursor.objects.bulk_update(list(cursors.values()), ["last_seq"])
    OutboxEvent.objects.filter(pk__in=[event.pk for event in events]).update(relayed_at=timezone.now())
    told: Told = defaultdict(list)
    for delivery in deliveries:
        told[delivery.user_id].append(delivery.frame())
    return told


def _note_failure(pk: int, error: DatabaseError) -> None:
    event = OutboxEvent.objects.get(pk=pk)
    event.attempts += 1
    event.last_error = type(error).__qualname__
    if event.attempts >= settings.OUTBOX_MAX_ATTEMPTS:
        event.dead_at = timezone.now()
        logger.error("event_given_up", event_id=str(event.event_id), event_type=event.event_type)
    event.save(update_fields=["attempts", "last_error", "dead_at"])


def dead_letters() -> QuerySet[OutboxEvent]:
    """Events that were given up and that nobody has put aside."""
    return OutboxEvent.objects.filter(dead_at__isnull=False, put_aside_at=None)


def oldest_waiting_seconds() -> float:
    """Age of the oldest event that still waits, in seconds; 0 where none does."""
    oldest = _waiting().aggregate(oldest=Min("created_at"))["oldest"]
    return (timezone.now() - oldest).total_seconds() if oldest else 0.0


def measure() -> None:
    """Set the gauges of the outbox. Three statements."""
    metrics.OUTBOX_WAITING.set(_waiting().count())
    metrics.OUTBOX_AGE.set(oldest_waiting_seconds())
    metrics.OUTBOX_DEAD.set(dead_letters().count())
