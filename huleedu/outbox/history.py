"""What a person was told, for sockets that resume and for `GET /api/v1/events/`."""

from __future__ import annotations

from typing import Any

from django.db.models import Min

from huleedu.outbox.models import Delivery, DeliveryCursor

MOST = 500
"""Frames replayed at most; whoever missed more reads the pages anew (`resync`)."""


def last_seq(user_pk: int) -> int:
    """The number of the last frame delivered to the person, 0 before the first."""
    return DeliveryCursor.objects.filter(pk=user_pk).values_list("last_seq", flat=True).first() or 0


def last_actor(user_pk: int, resource: str) -> Any:
    """Whose action it was that the person was told of last about `resource`; None for the machine. One statement."""
    told = Delivery.objects.filter(user_id=user_pk, event__aggregate=resource).select_related("event__actor")
    last = told.order_by("-seq").first()
    return last.event.actor if last else None


def frames_after(user_pk: int, seq: int) -> list[dict[str, Any]] | None:
    """The frames after `seq`, in order. None where some are no longer kept, too many, or `seq` lies in the future."""
    last = last_seq(user_pk)
    if seq == last:
        return []
    kept = Delivery.objects.filter(user_id=user_pk)
    first = kept.aggregate(first=Min("seq"))["first"]
    if first is None or seq > last or seq < first - 1 or last - seq > MOST:
        return None
    rows = kept.filter(seq__gt=seq, seq__lte=last).select_related("event").order_by("seq")
    return [delivery.frame() for delivery in rows]
