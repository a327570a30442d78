"""What tests of accounts share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from conftest import PASSWORD
from huleedu.accounts.models import User

Told = list[tuple[int, dict[str, Any]]]


@pytest.fixture
def tokens_of(api: Callable[..., APIClient]) -> Callable[[User], dict[str, Any]]:
    """`tokens_of(user)`: sign in through the API."""

    def sign_in(user: User) -> dict[str, Any]:
        response = api().post("/api/v1/auth/token/", {"email": user.email, "password": PASSWORD})
        assert response.status_code == 200
        pair: dict[str, Any] = response.json()
        return pair

    return sign_in


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What would have been sent to people's sockets: (primary key, message)."""
    messages: Told = []

    def send(user_pk: int, message: dict[str, Any]) -> bool:
        messages.append((user_pk, message))
        return True

    monkeypatch.setattr("huleedu.realtime.delivery._send", send)
    return messages
