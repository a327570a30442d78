"""One-time passes for sockets without a session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from huleedu.accounts import actions
from huleedu.accounts.models import SocketTicket, TokenFamily, User
from huleedu.realtime import registry

TICKET = "/api/v1/ws-ticket/"
Api = Callable[..., APIClient]


def test_a_ticket_works_once(teacher: User, api: Api) -> None:
    """Through realtime's registry, as the socket does it; only a hash is stored."""
    response = api(teacher).post(TICKET)
    assert response.status_code == 201
    body = response.json()
    assert body["expires_in"] == 30
    assert set(body) == {"ticket", "expires_in"}
    assert body["ticket"] not in str(SocketTicket.objects.values_list().get())
    found = registry.redeem_ticket(body["ticket"])
    assert found is not None
    assert found[0] == teacher
    assert registry.redeem_ticket(body["ticket"]) is None
    assert not SocketTicket.objects.exists()


def test_anonymous_gets_none(db: None, api: Api) -> None:
    """401."""
    assert api().post(TICKET).status_code == 401


def test_no_ticket_is_kept_for_an_idempotency_key(teacher: User, api: Api) -> None:
    """The answer would be stored in clear."""
    from huleedu.common.models import IdempotencyKey

    api(teacher).post(TICKET, headers={"Idempotency-Key": "k"})
    assert not IdempotencyKey.objects.exists()


@pytest.mark.parametrize("reason", ["old", "inactive", "unknown", "password", "everywhere", "this"])
def test_tickets_that_do_not_hold(teacher: User, reason: str) -> None:
    """Too old, of a person turned away, never given, or ended together with everything else or its own sign-in."""
    tokens = actions.issue_tokens(teacher, actor=teacher)
    family = TokenFamily.objects.get()
    ticket = actions.issue_ticket(teacher, sign_in=str(family.pk), actor=teacher)
    if reason == "old":
        SocketTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif reason == "inactive":
        User.objects.update(is_active=False)
    elif reason == "unknown":
        ticket = "\ud800" + ticket
    elif reason == "password":
        actions.set_password(teacher, password="another-long-password", actor=teacher)
    elif reason == "this":
        actions.revoke_tokens(tokens.refresh)
    else:
        actions.sign_out_everywhere(teacher, actor=teacher)
    assert registry.redeem_ticket(ticket) is None


@pytest.mark.django_db(transaction=True)
def test_two_sockets_with_one_ticket(teacher: User) -> None:
    """Only one is let in."""
    ticket = actions.issue_ticket(teacher, sign_in=None, actor=teacher)
    barrier = threading.Barrier(4)
    results: list[Any] = []

    def redeem() -> None:
        try:
            barrier.wait(timeout=10)
            results.append(registry.redeem_ticket(ticket))
        finally:
            connection.close()

    threads = [threading.Thread(target=redeem) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert [result[0] for result in results if result is not None] == [teacher]
    assert len(results) == 4
