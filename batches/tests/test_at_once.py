"""Limits and answers that hold where several calls come at the same moment, and what is told under a fresh lock."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from batches import actions
from batches.models import Batch
from batches.tests.making import make_batch, make_essays, make_students, upload
from classes import actions as class_actions
from classes.models import ClassShare, SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import School, User
from huleedu.common import api as common_api
from huleedu.common.errors import ActionError
from huleedu.common.models import IdempotencyKey
from huleedu.common.throttling import seconds_until_sign_in
from huleedu.outbox.models import OutboxEvent

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_room_of_one_teacher_is_asked_for_by_one_batch_at_a_time(teacher: User, race: Any, settings: Any) -> None:
    batches = [make_batch(teacher, title=f"Batch {number}") for number in range(4)]
    uploads = [upload(f"{number}.txt") for number in range(4)]
    settings.TEACHER_QUOTA_BYTES = uploads[0].size + 1
    calls = [
        lambda batch=batch, one=one: len(actions.add_files(batch, uploads=[one], actor=teacher))
        for batch, one in zip(batches, uploads, strict=True)
    ]
    assert sorted(race(*calls), key=str) == [1, *["quota_exceeded"] * 3]
    assert EssayFile.objects.bytes_of(teacher) <= settings.TEACHER_QUOTA_BYTES


def test_tries_to_sign_in_at_the_same_moment_are_each_counted(
    db: None, race: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_RATES = {**settings.API_RATES, "sign_in": "5/h"}
    monkeypatch.setattr("huleedu.common.throttling.CountingThrottle.timer", staticmethod(lambda: 7200.5))

    def attempt() -> bool:
        return seconds_until_sign_in(RequestFactory().post("/", {"username": "a@skola.example"})) is None

    assert sum(race(*[attempt] * 20)) == 5
    assert seconds_until_sign_in(RequestFactory().post("/", {"username": "a@skola.example"})) == 3600


def test_one_of_several_takes_a_call_over_that_has_died(teacher: User, race: Any) -> None:
    request = RequestFactory().post("/api/v1/batches/", {})
    request.user, request.data = teacher, {}  # type: ignore[attr-defined]
    record = IdempotencyKey.objects.create(
        user=teacher,
        key="k",
        fingerprint=common_api._fingerprint(request),  # type: ignore[arg-type]
    )
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    outcomes = race(*[lambda: common_api._claim(request, "k").pk] * 4)  # type: ignore[arg-type]
    assert sorted(outcomes, key=str) == [record.pk, *["idempotency_key_reused"] * 3]


def test_matching_again_tells_nothing_where_nothing_changed(
    teacher: User, owned_class: SchoolClass, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = make_batch(teacher, owned_class)
    make_essays(batch, 2)
    OutboxEvent.objects.all().delete()
    assert actions.match_batch(batch, again=True, actor=None) == 0
    assert not OutboxEvent.objects.exists()
    make_essays(batch, 1)[0].__class__.objects.filter(batch=batch).update(matched_at=None)
    actions.match_batch(batch, actor=None)
    assert OutboxEvent.objects.filter(event_type__icontains="parsing.completed").count() == 1


def test_a_class_is_shared_within_the_school(owned_class: SchoolClass, teacher: User, stranger: User) -> None:
    for user in (teacher, stranger):
        user.school = School.objects.create(name=f"School {user.pk}")
        user.save()
    messages = set()
    for email in (stranger.email, "nobody@skola.example"):
        with pytest.raises(ActionError) as refused:
            class_actions.share_class(owned_class, email=email, can_change=False, actor=teacher)
        messages.add((refused.value.code, str(refused.value.message)))
    assert len(messages) == 1
    assert not ClassShare.objects.filter(user=stranger).exists()


def test_texts_are_handed_out_without_the_lock(teacher: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher, owned_class)
    make_essays(batch, 2)
    Batch.objects.update(status="processing", locked_at=timezone.now(), lock_reason="assessment")
    held: list[bool] = []

    def look(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if '"text"' in sql:
            held.append(connection.in_atomic_block)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(look):
        assert len(actions.hand_out_texts(batch, actor=None)) == 2
    assert held == [False]


def test_undo_tells_who_may_see_the_batch_now(teacher: User, colleague: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher)
    stale = Batch.objects.get(pk=batch.pk)
    Batch.objects.filter(pk=batch.pk).update(school_class=owned_class)
    batch.refresh_from_db()
    (student,) = make_students(owned_class, ["Alva Holm"])
    (essay,) = make_essays(batch, 1)
    actions.decide_student(essay, student=student, version=None, actor=teacher)
    OutboxEvent.objects.all().delete()
    actions.undo_decisions(stale, actor=teacher)
    assert all(colleague.pk in event.audience for event in OutboxEvent.objects.all())
    assert OutboxEvent.objects.exists()
