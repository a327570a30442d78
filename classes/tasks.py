"""Housekeeping of class lists."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from classes.models import Leaving, RosterImport, StudentMerge

DRAFT_LIFETIME = timedelta(hours=24)
UNDO_LIFETIME = timedelta(days=30)


@shared_task
def purge_roster_imports() -> dict[str, int]:
    """Forget drafts after 24 hours, and what undo of lists, merges and leaving needs after 30 days."""
    now = timezone.now()
    drafts, _details = RosterImport.objects.filter(
        status=RosterImport.Status.PREVIEW, created_at__lt=now - DRAFT_LIFETIME
    ).delete()
    old = RosterImport.objects.exclude(status=RosterImport.Status.PREVIEW).filter(applied_at__lt=now - UNDO_LIFETIME)
    emptied = old.exclude(undo={}).update(undo={})
    merges = StudentMerge.objects.exclude(undo={}).filter(created_at__lt=now - UNDO_LIFETIME).update(undo={})
    leavings, _details = Leaving.objects.filter(created_at__lt=now - UNDO_LIFETIME).delete()
    return {"drafts": drafts, "emptied": emptied, "merges": merges, "leavings": leavings}
