"""The line that stands in place of a live update: by whom it was, told to those who may see the thing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from batches import actions
from batches.events import EssayRead
from batches.models import Essay
from batches.tests.making import make_batch, make_essays, make_students
from classes.models import SchoolClass
from huleedu.accounts.models import User
from huleedu.outbox import history
from huleedu.outbox.publish import publish
from huleedu.outbox.relay import relay_waiting

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def essay(teacher: User, owned_class: SchoolClass) -> Essay:
    students = make_students(owned_class, ["Emil Berg"])
    [made] = make_essays(make_batch(teacher, owned_class), 1, students=students, certainty="unsure")
    return made


def said(client: Client, essay: Essay) -> str:
    answer: Any = client.get(f"/updated/batch/{essay.batch.public_id}/")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    return str(answer.text)


def test_the_line_names_the_colleague_who_did_it_and_nobody_else(
    client_for: ClientFor,
    teacher: User,
    colleague: User,
    essay: Essay,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client, student = client_for(teacher), essay.association.student
    assert said(client, essay) == "", "nothing has happened"
    actions.decide_student(essay, student=student, version=None, actor=colleague)
    relay_waiting()
    with django_assert_num_queries(4):  # session, person, access, event
        assert said(client, essay) == f"Updated by {colleague.name}"
    assert said(client_for(colleague), essay) == "", "their own other window"
    frames = history.frames_after(teacher.pk, 0) or []
    assert frames
    assert colleague.name not in str(frames), "no live message holds a name"

    actions.clear_decision(essay, version=None, actor=teacher)
    relay_waiting()
    assert said(client, essay) == ""
    assert said(client_for(colleague), essay) == f"Updated by {teacher.name}"


def test_the_machine_has_no_name(client_for: ClientFor, teacher: User, colleague: User, essay: Essay) -> None:
    actions.decide_student(essay, student=essay.association.student, version=None, actor=colleague)
    batch = essay.batch
    read = EssayRead(
        batch_id=batch.public_id, essay_id=essay.public_id, file_id=essay.file.public_id, status=essay.file.status
    )
    with transaction.atomic():
        publish(read, audience=[teacher.pk])
    relay_waiting()
    assert said(client_for(teacher), essay) == ""
