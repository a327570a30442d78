"""Abstract models and the rows that belong to no domain."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class PublicModel(models.Model):
    """A row the outside knows by a random id: bigint keys inside, UUIDs in URLs and events."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        """The kind and id, never a name: `str()` ends up in audit rows and logs."""
        return f"{self._meta.verbose_name} {self.public_id}"


class IdempotencyKey(models.Model):
    """What an unsafe API call with an `Idempotency-Key` answered, kept `settings.IDEMPOTENCY_KEY_LIFETIME`.

    Also that the form of a page was sent (`huleedu.common.once.sent_once`): then there is no fingerprint and no answer.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of method, path, query, fields and files: the same key with another request is an error."""
    status = models.PositiveSmallIntegerField(null=True)
    """Null while the first request is still being answered."""
    body = models.JSONField(null=True)
    keeps_body = models.BooleanField(default=True)
    """False once the answer is forgotten, or is to be as soon as it is given."""
    gates = models.JSONField(default=list)
    """`[kind, model, public id]` of what the person had to have access to; a replay asks for it again."""
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_key")]

    def __str__(self) -> str:
        return f"idempotency key {self.pk}"
