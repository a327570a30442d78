"""Housekeeping of rows that belong to no domain."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from huleedu.common.models import IdempotencyKey


@shared_task
def purge_idempotency_keys() -> None:
    """Forget answers older than `settings.IDEMPOTENCY_KEY_LIFETIME`."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - settings.IDEMPOTENCY_KEY_LIFETIME).delete()
