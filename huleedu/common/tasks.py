"""Housekeeping of rows that belong to no domain."""

from __future__ import annotations

from datetime import timedelta

from auditlog.models import LogEntry
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from huleedu.common.models import IdempotencyKey


@shared_task
def purge_idempotency_keys() -> None:
    """Forget answers older than `settings.IDEMPOTENCY_KEY_LIFETIME`."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - settings.IDEMPOTENCY_KEY_LIFETIME).delete()


AT_ONCE = 50_000
"""Rows of the log that one round deletes at most."""


@shared_task
def purge_audit_log() -> int:
    """Forget who read and changed what, after `settings.AUDIT_LOG_MONTHS`. Returns how many rows."""
    late = timezone.now() - timedelta(days=settings.AUDIT_LOG_MONTHS * 365 / 12)
    old = LogEntry.objects.filter(timestamp__lt=late).order_by("pk").values("pk")[:AT_ONCE]
    deleted, _by_model = LogEntry.objects.filter(pk__in=old).delete()
    return int(deleted)
