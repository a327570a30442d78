"""Alive, ready, measured: what each says, to whom, and what costs a 503."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.utils import timezone

from classes.events import ClassChanged
from huleedu.accounts.models import User
from huleedu.observability import health
from huleedu.outbox.models import OutboxEvent
from huleedu.outbox.publish import publish

STRANGER = "203.0.113.9"


def broken() -> bool:
    raise DatabaseError("somebody@skola.example could not be read")


def test_alive_asks_nobody(client: Client) -> None:
    """Without the database mark any query would raise."""
    assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.django_db
def test_ready_when_everything_answers(client: Client) -> None:
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "checks": {"database": "ok", "broker": "ok", "outbox": "ok", "orchestrator": "ok"}},
    )


@pytest.mark.django_db
def test_only_the_database_costs_a_503(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "broker_ready", broken)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["checks"]["broker"]) == (
        200, "degraded", "degraded",
    )  # fmt: skip
    monkeypatch.setattr(health, "database_ready", broken)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert "skola.example" not in answer.content.decode()


@pytest.mark.django_db
def test_a_pending_migration_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda *_args: ["one"])
    assert client.get("/readyz").status_code == 503


@pytest.mark.django_db
def test_an_event_that_waits_too_long_is_degraded(client: Client, teacher: User) -> None:
    with transaction.atomic():
        publish(ClassChanged(class_id=teacher.public_id), audience=[teacher.pk])
    OutboxEvent.objects.update(created_at=timezone.now() - timedelta(minutes=5))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["outbox"]) == (200, "degraded")


@pytest.mark.django_db
def test_details_and_figures_are_for_some_addresses_only(client: Client, settings: Any) -> None:
    assert client.get("/readyz", REMOTE_ADDR=STRANGER).json() == {"status": "ok"}
    assert client.get("/metrics", REMOTE_ADDR=STRANGER).status_code == 404
    figures = client.get("/metrics")
    assert figures.status_code == 200
    assert b"huleedu_outbox_waiting" in figures.content
    settings.METRICS_ALLOW = ["203.0.113.0/24"]
    assert client.get("/metrics", REMOTE_ADDR=STRANGER).status_code == 200
    assert client.get("/metrics").status_code == 404


@pytest.mark.django_db
def test_a_proxy_on_this_machine_is_nobody_who_may_look(client: Client, settings: Any) -> None:
    """The address of who connects is the proxy's; whoever is behind it may be anybody."""
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP"):
        assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    settings.METRICS_ALLOW = ["192.0.2.7"]
    assert client.get("/metrics", headers={"X-Forwarded-For": f"192.0.2.7, {STRANGER}"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": f"{STRANGER}, 192.0.2.7"}).status_code == 200


@pytest.mark.django_db
def test_gauges_are_those_of_the_database_whoever_is_asked(client: Client, teacher: User) -> None:
    with transaction.atomic():
        publish(ClassChanged(class_id=teacher.public_id), audience=[teacher.pk])
    OutboxEvent.objects.update(dead_at=timezone.now())
    assert b"huleedu_outbox_dead 1.0" in client.get("/metrics").content
