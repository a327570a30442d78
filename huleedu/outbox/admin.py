"""Support staff's view of events: states and ages, never their contents."""

from __future__ import annotations

from django.contrib import admin

from huleedu.common.admin import ReadOnlyAdmin
from huleedu.outbox.models import OutboxEvent


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Events by sequence. The payload may hold personal data and is not shown."""

    list_display = ("id", "event_type", "aggregate", "created_at", "relayed_at", "attempts", "last_error", "dead_at")
    list_filter = (
        "event_type",
        ("relayed_at", admin.EmptyFieldListFilter),
        ("dead_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("event_id", "aggregate")
    fields = (
        "id", "event_id", "event_type", "topic", "aggregate", "public", "correlation_id", "created_at", "relayed_at",
        "attempts", "last_error", "dead_at",
    )  # fmt: skip
