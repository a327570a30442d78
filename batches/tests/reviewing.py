"""The review as a browser without script asks for it."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from batches.models import Batch, Essay, EssayStudentAssociation


def url(name: str, batch: Batch, essay: Essay | None = None) -> str:
    return reverse(f"batches:{name}", args=[batch.public_id, *([essay.public_id] if essay else [])])


def decide(client: Client, batch: Batch, essay: Essay, **data: Any) -> Any:
    return client.post(url("decide", batch, essay), {"version": essay.association.version, **data})


def match_of(essay: Essay) -> EssayStudentAssociation:
    return EssayStudentAssociation.objects.get(essay=essay)


def states(essays: list[Essay]) -> list[str]:
    return [match_of(essay).status for essay in essays]


def ticks(essays: list[Essay]) -> list[str]:
    """As the list of certain matches sends them."""
    return [f"{essay.public_id}:{match_of(essay).student.public_id}" for essay in essays]  # type: ignore[union-attr]
