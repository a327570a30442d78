"""What of old events is kept."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from classes.events import ClassChanged
from huleedu.accounts.models import User
from huleedu.outbox import tasks
from huleedu.outbox.models import OutboxEvent
from huleedu.outbox.publish import publish


def test_an_old_dead_letter_stays_without_what_it_held(teacher: User) -> None:
    with transaction.atomic():
        publish(ClassChanged(class_id=teacher.public_id), audience=[teacher.pk])
        publish(ClassChanged(class_id=teacher.public_id), audience=[teacher.pk])
    old, fresh = OutboxEvent.objects.order_by("pk")
    held = fresh.payload
    assert held
    OutboxEvent.objects.filter(pk=fresh.pk).update(dead_at=timezone.now())
    late = timezone.now() - settings.OUTBOX_RETENTION - timedelta(minutes=1)
    OutboxEvent.objects.filter(pk=old.pk).update(dead_at=late)
    tasks.purge()
    assert list(OutboxEvent.objects.order_by("pk").values_list("payload", flat=True)) == [{}, held]
