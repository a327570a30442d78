"""Who gets in at the API's door, how often, and once per Idempotency-Key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from batches.models import Batch
from batches.tests.calling import assert_problem, text_file, url
from batches.tests.making import make_batch
from huleedu.accounts.models import User


@pytest.fixture
def batch(teacher: User) -> Batch:
    return make_batch(teacher)


@pytest.fixture
def call(api: Callable[[User], APIClient], teacher: User) -> APIClient:
    return api(teacher)


def test_without_signing_in_it_is_401_with_a_challenge(api: Callable[..., APIClient], batch: Batch) -> None:
    answer = api().get("/api/v1/batches/")
    assert_problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["detail"] == "Sign in, or send a valid token."


def test_a_session_needs_its_csrf_token(teacher: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(teacher)
    answer = browser.post("/api/v1/batches/", {"title": "x"}, content_type="application/json")
    assert_problem(answer, 403, "permission_denied")
    assert browser.get("/api/v1/batches/").status_code == 200


def test_an_idempotency_key_answers_once(call: APIClient, batch: Batch) -> None:
    headers: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "one"}
    first = call.post("/api/v1/batches/", {"title": "x"}, **headers)
    again = call.post("/api/v1/batches/", {"title": "x"}, **headers)
    assert (again.status_code, again.json(), again["Idempotent-Replayed"]) == (201, first.json(), "true")
    assert Batch.objects.filter(title="x").count() == 1
    assert_problem(call.post("/api/v1/batches/", {"title": "y"}, **headers), 422, "idempotency_key_reused")
    call.post("/api/v1/batches/", {"title": ""}, HTTP_IDEMPOTENCY_KEY="two")
    assert call.post("/api/v1/batches/", {"title": "z"}, HTTP_IDEMPOTENCY_KEY="two").status_code == 201


def test_an_idempotent_upload_is_added_once(call: APIClient, batch: Batch) -> None:
    for _time in range(2):
        answer = call.post(
            url(batch, "files"), {"files": [text_file("a.txt")]}, format="multipart", HTTP_IDEMPOTENCY_KEY="up"
        )
        assert answer.status_code == 202
    assert call.get(url(batch, "files")).json()["count"] == 1


def test_too_many_calls_are_429_with_a_time(call: APIClient, settings: Any) -> None:
    settings.API_RATES = {**settings.API_RATES, "read": "2/m"}
    codes = [call.get("/api/v1/batches/").status_code for _number in range(3)]
    assert codes == [200, 200, 429]
    answer = call.get("/api/v1/batches/")
    assert_problem(answer, 429, "throttled")
    assert int(answer["Retry-After"]) > 0
