"""Housekeeping of stored bytes."""

from __future__ import annotations

import time

import structlog
from celery import shared_task
from django.core.files.storage import default_storage

from files.models import EssayFile
from files.storage import BlobStorage, delete_blob, stored_keys

logger = structlog.get_logger(__name__)

ORPHAN_SECONDS = 3600
"""A blob gets its row within one request; an hour later none will come."""


@shared_task
def purge_orphan_blobs() -> int:
    """Remove blobs that never got a row, and uploads that never ended. Returns how many."""
    before = time.time() - ORPHAN_SECONDS
    old = [key for key, changed in stored_keys() if changed < before]
    removed = default_storage.remove_incoming(before=before) if isinstance(default_storage, BlobStorage) else 0
    for start in range(0, len(old), 1000):
        keys = old[start : start + 1000]
        known = set(EssayFile.objects.filter(storage_key__in=keys).values_list("storage_key", flat=True))
        for key in keys:
            if key not in known:
                delete_blob(key)
                removed += 1
    if removed:
        logger.info("orphan_blobs_removed", count=removed)
    return removed
