"""Events written in the transaction of the change they tell of, and what each person was told."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class OutboxEvent(models.Model):
    """One event. `id` is its sequence; `event_id` is fixed when it is written, however often it is sent."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event_type = models.CharField(max_length=64)
    topic = models.CharField(max_length=128, blank=True)
    aggregate = models.CharField(max_length=64)
    """`batch:<uuid>`: events of one aggregate are sent in order."""
    audience = ArrayField(models.BigIntegerField())
    """Primary keys of the users to tell."""
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    """Whose action it was; empty for the machine. No frame and no message of the bus carries it."""
    payload = models.JSONField()
    """The contract's data. May hold personal data: it leaves the database by the optional bus only."""
    public = models.JSONField()
    """What browsers are told: ids, states, versions."""
    correlation_id = models.UUIDField()
    created_at = models.DateTimeField(auto_now_add=True)
    relayed_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)
    """The class of the last error; never its message."""
    dead_at = models.DateTimeField(null=True)
    put_aside_at = models.DateTimeField(null=True)
    """When support staff said that this dead letter will not be sent."""

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = [
            models.CheckConstraint(
                condition=Q(put_aside_at=None) | Q(dead_at__isnull=False), name="only_dead_letters_are_put_aside"
            )
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(relayed_at=None, dead_at=None), name="outbox_waiting"),
            models.Index(fields=["relayed_at"], name="outbox_relayed"),
            models.Index(fields=["dead_at"], condition=Q(dead_at__isnull=False), name="outbox_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"


class Delivery(models.Model):
    """What one person was told, in that person's own sequence without gaps. A socket resumes from here."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seq = models.BigIntegerField()
    event = models.ForeignKey(OutboxEvent, models.CASCADE, related_name="deliveries")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "seq"], name="one_delivery_per_seq")]

    def __str__(self) -> str:
        return f"delivery {self.seq} to user {self.user_id}"

    def frame(self) -> dict[str, Any]:
        """The WebSocket frame: no more than ids, states and versions."""
        return {
            "type": self.event.event_type,
            "seq": self.seq,
            "event_id": str(self.event.event_id),
            "resource": self.event.aggregate,
            "data": self.event.public,
            "at": self.event.created_at.isoformat(),
        }


class DeliveryCursor(models.Model):
    """The last sequence number given to a person. Outlives the deliveries, which are purged."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="+")
    last_seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"user {self.user_id} at {self.last_seq}"
