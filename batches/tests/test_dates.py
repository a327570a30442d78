"""Dates that no task has: a year that a hand slipped on, and the ends of the calendar."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from rest_framework.test import APIClient

from batches.models import Batch
from batches.tests.making import make_batch
from batches.tests.pages import url
from huleedu.accounts.models import User

BATCHES = "/api/v1/batches/"
SAID = "The year must be between 2000 and 2099."


@pytest.mark.parametrize("year", ["0001", "0026", "1999", "2100", "9999"])
def test_a_date_of_no_task_is_refused_at_both_doors(
    teacher: User, api: Callable[[User], APIClient], client_for: Callable[[User], Client], year: str
) -> None:
    browser, batch = client_for(teacher), make_batch(teacher)
    for field, value in (("due", f"{year}-12-31"), ("review_by", f"{year}-01-01T00:00")):
        new = browser.post("/batches/new/", {"title": "Letters", field: value})
        changed = browser.post(url("rename", batch), {"title": "Letters", "version": batch.version, field: value})
        assert [answer.status_code for answer in (new, changed)] == [422, 422]
        assert SAID in new.text
        assert SAID in changed.text
    for field in ("due_at", "review_by"):
        moment = {field: f"{year}-12-31T23:59:59Z"}
        answers = [
            api(teacher).post(BATCHES, {"title": "Letters", **moment}, format="json"),
            api(teacher).patch(f"{BATCHES}{batch.public_id}/", {"version": 1, **moment}, format="json"),
        ]
        assert [(answer.status_code, SAID in str(answer.json())) for answer in answers] == [(400, True), (400, True)]
    assert [*Batch.objects.values_list("due_at", "review_by")] == [(None, None)]
