"""One answer per Idempotency-Key: for the same call only, to those who still may see it, and forgotten in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from batches.models import Batch
from huleedu.accounts.models import User
from huleedu.common.idempotency import forget_answers
from huleedu.common.models import IdempotencyKey

Api = Callable[..., APIClient]


def test_a_forgotten_answer_is_not_given_again_nor_the_call_made_again(
    api: Api, teacher: User, colleague: User
) -> None:
    for person in (teacher, colleague):
        api(person).post("/api/v1/batches/", {"title": "Ögla"}, HTTP_IDEMPOTENCY_KEY="k")
    forget_answers([teacher.pk])
    again = api(teacher).post("/api/v1/batches/", {"title": "Ögla"}, HTTP_IDEMPOTENCY_KEY="k")
    assert (again.status_code, again.data, again["Idempotent-Replayed"]) == (201, None, "true")
    assert Batch.objects.filter(title="Ögla").count() == 2
    assert IdempotencyKey.objects.get(user=colleague).body["title"] == "Ögla"


def test_an_answer_under_way_is_forgotten_too(api: Api, teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call read before, and answers after."""
    from batches.api import batches

    shown = batches.BatchSerializer.to_representation

    def meanwhile(self: Any, row: Any) -> Any:
        data = shown(self, row)
        IdempotencyKey.objects.filter(user=teacher).update(body=None, keeps_body=False)
        return data

    monkeypatch.setattr(batches.BatchSerializer, "to_representation", meanwhile)
    answer = api(teacher).post("/api/v1/batches/", {"title": "Ögla"}, HTTP_IDEMPOTENCY_KEY="k")
    assert answer.json()["title"] == "Ögla"
    kept = IdempotencyKey.objects.get()
    assert (kept.status, kept.body) == (201, None)
