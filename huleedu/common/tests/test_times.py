"""Times of the API are RFC 3339 in UTC, wherever the school is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from batches.models import Batch
from huleedu.accounts.models import User


@pytest.mark.django_db
def test_the_api_answers_in_utc(teacher: User, api: Callable[[User | None], APIClient]) -> None:
    due = {"title": "Saga", "due_at": "2026-07-01T12:00:00+02:00"}
    made = api(teacher).post("/api/v1/batches/", due, format="json").json()
    assert made["due_at"] == "2026-07-01T10:00:00Z"
    assert made["created_at"].endswith("Z")
    assert Batch.objects.get().due_at == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.django_db
def test_a_time_without_a_zone_is_utc_too(teacher: User, api: Callable[[User | None], APIClient]) -> None:
    made = api(teacher).post("/api/v1/batches/", {"title": "Saga", "due_at": "2026-07-01T12:00:00"}, format="json")
    assert made.json()["due_at"] == "2026-07-01T12:00:00Z"
