"""Who else has a batch open: by name, for those who may see it, and nobody where Valkey is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from redis import Redis

from batches.models import Batch
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.pages import url
from classes.models import SchoolClass
from huleedu.accounts.models import User
from huleedu.realtime import presence
from huleedu.realtime.presence import Look

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    made = make_batch(teacher, owned_class)
    make_essays(made, 2, students=make_students(owned_class, ["Emil Berg", "Nora Dahlgren"]), certainty="unsure")
    return made


def look(person: User, batch: Batch, at: str = "") -> None:
    presence.look(f"batch:{batch.public_id}", Look(person.pk, at), socket=uuid4().hex)


def texts(batch: Batch) -> list[str]:
    return [str(key) for key in batch.essays.order_by("pk").values_list("public_id", flat=True)]


def part(client: Client, batch: Batch) -> str:
    headers = {"HX-Request": "true", "HX-Target": "presence"}
    return client.get(url("review", batch), headers=headers).content.decode()


def test_colleagues_are_seen_by_name_at_their_text(
    client_for: ClientFor, teacher: User, colleague: User, reader: User, batch: Batch
) -> None:
    first, second = texts(batch)
    look(colleague, batch, first)
    look(colleague, batch)
    look(reader, batch, first)
    look(teacher, batch, second)
    page = client_for(teacher).get(url("review", batch)).content.decode()
    for shown in (page, part(client_for(teacher), batch)):
        assert shown.count("Colleague is here too<") == 1
        assert "Colleague, Reader is reading" not in shown
        assert "Colleague, Reader are reading" in shown
        assert "Teacher is" not in shown, "nobody is told of themselves"
        assert f'id="readers-{second}" data-part></span>' in shown
    assert "<html" not in part(client_for(teacher), batch)


def test_whoever_may_not_see_the_batch_any_more_is_not_seen_either(
    client_for: ClientFor, teacher: User, colleague: User, stranger: User, batch: Batch, owned_class: SchoolClass
) -> None:
    look(stranger, batch)
    look(colleague, batch, texts(batch)[0])
    owned_class.shares.filter(user=colleague).delete()
    shown = part(client_for(teacher), batch)
    assert "is here" not in shown
    assert "is reading" not in shown
    headers = {"HX-Request": "true", "HX-Target": "presence"}
    assert client_for(stranger).get(url("review", batch), headers=headers).status_code == 404


def test_a_text_of_another_batch_shows_nothing(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, owned_class: SchoolClass
) -> None:
    [elsewhere] = make_essays(make_batch(teacher, owned_class), 1)
    look(colleague, batch, str(elsewhere.public_id))
    shown = part(client_for(teacher), batch)
    assert "Colleague is here too" in shown
    assert "is reading" not in shown
    assert str(elsewhere.public_id) not in shown


def test_what_is_fetched_ahead_says_nobody(client_for: ClientFor, teacher: User, colleague: User, batch: Batch) -> None:
    look(colleague, batch, texts(batch)[0])
    ahead = client_for(teacher).get(url("review", batch), headers={"HuleEdu-Ahead": "1"}).content.decode()
    assert "Colleague is" not in ahead


def test_without_valkey_nobody_is_seen_and_the_page_is_there(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    look(colleague, batch)
    away = Redis.from_url("unix:///nonexistent/valkey.sock", decode_responses=True)
    monkeypatch.setattr(presence, "_valkey", lambda: away)
    answer = client_for(teacher).get(url("review", batch))
    assert answer.status_code == 200
    assert "is here" not in answer.content.decode()


def test_what_a_page_asks_for_again_costs_little(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, django_assert_max_num_queries: Any
) -> None:
    client, [essay, _other] = client_for(teacher), list(batch.essays.order_by("pk"))
    client.get(url("review", batch))
    look(colleague, batch, str(essay.public_id))
    with django_assert_max_num_queries(8):
        part(client, batch)
    headers = {"HX-Request": "true", "HX-Target": "meanwhile"}
    with django_assert_max_num_queries(4):
        client.get(url("review-text", batch, text_id=essay.public_id), {"seen": 1}, headers=headers)
