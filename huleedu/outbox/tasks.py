"""The outbox's work in the background."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from huleedu.common.nudging import begin
from huleedu.outbox.models import OutboxEvent
from huleedu.outbox.publish import NUDGED
from huleedu.outbox.relay import relay_waiting


@shared_task(ignore_result=True, expires=60)  # its beat comes every five seconds
def relay() -> int:
    """Tell people what happened. Nudged by each commit, guaranteed by its beat. Returns how many events it relayed."""
    begin(NUDGED)
    return relay_waiting()


@shared_task(ignore_result=True)
def purge() -> int:
    """Forget relayed events, what people were told of them, and put-aside ones, after `settings.OUTBOX_RETENTION`.

    A dead letter stays until somebody looks at it, without what it holds: that may be names and addresses.
    """
    late = timezone.now() - settings.OUTBOX_RETENTION
    OutboxEvent.objects.filter(dead_at__lt=late).exclude(payload={}).update(payload={})
    old = OutboxEvent.objects.filter(Q(relayed_at__lt=late) | Q(put_aside_at__lt=late))
    _total, by_model = old.delete()
    return by_model.get("outbox.OutboxEvent", 0)
