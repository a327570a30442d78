"""What is done with a dead letter: an event that could not be sent however often it was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.common.nudging import nudge_on_commit
from huleedu.outbox.models import OutboxEvent
from huleedu.outbox.publish import NUDGED, queue_relay
from huleedu.outbox.relay import take_turn

if TYPE_CHECKING:
    from huleedu.accounts.models import User


def why_not_again(event: OutboxEvent) -> ActionError | None:
    """Why a dead letter cannot be sent again; None where it can. Three statements.

    Events of one aggregate keep their order: none is sent after a later one was, and an earlier dead letter goes first.
    """
    if event.dead_at is None or event.put_aside_at is not None:
        return ActionError("illegal_transition", _("Only a dead letter can be sent again or put aside."))
    same = OutboxEvent.objects.filter(aggregate=event.aggregate)
    if same.filter(pk__gt=event.pk, relayed_at__isnull=False).exists():
        message = _("A later event about the same has been sent: this one would come out of order. Put it aside.")
        return ActionError("illegal_transition", message)
    if same.filter(pk__lt=event.pk, dead_at__isnull=False, put_aside_at=None).exists():
        message = _("An earlier event about the same is a dead letter too: send that one first, or put it aside.")
        return ActionError("illegal_transition", message)
    if same.filter(pk=event.pk, payload={}).exists():
        message = _("It is so old that what it said has been deleted. Put it aside.")
        return ActionError("illegal_transition", message)
    return None


@action
def send_again(event: OutboxEvent, *, actor: User) -> OutboxEvent:
    """Let a dead letter wait again, with all its tries. Raises ActionError `illegal_transition` (see `why_not_again`).

    No relay works meanwhile, so that no later event is sent between the look and the change.
    """
    take_turn()
    event = _lock(event)
    if refusal := why_not_again(event):
        raise refusal
    event.dead_at, event.attempts, event.last_error = None, 0, ""
    event.save(update_fields=["dead_at", "attempts", "last_error"])
    nudge_on_commit(NUDGED, queue_relay)
    return event


@action
def put_aside(event: OutboxEvent, *, actor: User) -> OutboxEvent:
    """Say that a dead letter will not be sent: it is kept a while, and counts as settled.

    Raises ActionError `illegal_transition` for an event that is no dead letter.
    """
    event = _lock(event)
    if event.dead_at is None or event.put_aside_at is not None:
        raise ActionError("illegal_transition", _("Only a dead letter can be sent again or put aside."))
    event.put_aside_at = timezone.now()
    event.save(update_fields=["put_aside_at"])
    return event


def _lock(event: OutboxEvent) -> OutboxEvent:
    locked = OutboxEvent.objects.select_for_update(no_key=True).filter(pk=event.pk).first()
    if locked is None:
        raise ActionError("not_found", _("The event is not there any more."))
    return locked
