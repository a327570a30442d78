"""Errands do what their page has promised: on what was looked at, or not at all."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from batches import actions
from batches.models import EssayStudentAssociation
from batches.tests.desk import make_day
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.test_desk import BATCHES, WHY, do, look
from batches.tests.test_errands import IMPORTS, STUDENTS, TEXTS, messages, trace
from classes import actions as class_actions
from classes.models import RosterImport, SchoolClass, Student
from huleedu.accounts.models import User


@pytest.fixture
def desk(support: User, client_for: Callable[..., Client]) -> Client:
    return client_for(support)


def confirm(desk: Client, address: str, page: str) -> list[str]:
    """Send the form that an errand's page holds; what the page after says."""
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    sent: dict[str, Any] = {"reason": WHY}
    for name, value in hidden:
        sent.setdefault(name, []).append(value)
    return messages(desk.post(address, sent, follow=True))


def test_a_student_is_put_back_into_the_class_that_was_looked_at(
    owned_class: SchoolClass, desk: Client, teacher: User
) -> None:
    """Not into one that was left meanwhile; and not where the student is back already."""
    (student,) = make_students(owned_class, ["Siri Berg"])
    other = class_actions.create_class(teacher, designation="NA24", actor=teacher)
    class_actions.enrol_student(other, student=student, actor=teacher)
    class_actions.remove_student(owned_class, student=student, actor=teacher)
    page = look(desk, STUDENTS, "put_back", student)
    class_actions.remove_student(other, student=student, actor=teacher)
    assert confirm(desk, STUDENTS, page) == ["Done: Put the student back into the class (1)"]
    assert list(Student.objects.in_class(owned_class)) == [student]
    assert not Student.objects.in_class(other).exists()
    assert len(trace(owned_class)) == 1
    class_actions.remove_student(owned_class, student=student, actor=teacher)
    page = look(desk, STUDENTS, "put_back", student)
    class_actions.enrol_student(owned_class, student=student, actor=teacher)
    for form in (page, re.sub(r'<input type="hidden" name="seen-[^>]*>', "", page)):
        fresh = re.sub(r'name="key" value="[^"]*"', f'name="key" value="{uuid4()}"', form)
        (said,) = confirm(desk, STUDENTS, fresh)
        assert said.endswith("Somebody has changed the student meanwhile.")
    assert not Student.objects.in_class(other).exists()


def test_the_page_promises_nothing_that_the_action_refuses(
    owned_class: SchoolClass, desk: Client, teacher: User, support: User
) -> None:
    """A decision on a removed text or in an archived batch, a class in the archive, oneself."""
    make_day(teacher, owned_class)
    (student,) = make_students(owned_class, ["Bo Ek"])
    removed, archived = (make_essays(make_batch(teacher, owned_class), 1)[0] for _n in range(2))
    for text in (removed, archived):
        actions.decide_student(text, student=student, version=None, actor=teacher)
    actions.remove_file(removed.batch, file=removed.file, actor=teacher)
    actions.archive_batch(actions.cancel_batch(archived.batch, actor=teacher), actor=teacher)
    class_actions.remove_student(owned_class, student=student, actor=teacher)
    class_actions.archive_class(owned_class, actor=teacher)
    put_away = "The class is archived and can only be read. Put it back first."
    for address, did, row, why in (
        (TEXTS, "reopen", removed.association, "The text is not in the batch any more."),
        (TEXTS, "reopen", archived.association, "The batch is archived and can only be read."),
        (STUDENTS, "put_back", student, put_away),
        (IMPORTS, "undo_import", RosterImport.objects.get(), put_away),
        ("/support/accounts/user/", "deactivate", support, "Nobody shuts themselves out."),
    ):
        page = look(desk, address, did, row)
        assert why in page
        assert "What will happen" not in page, (did, why)
        assert "was left as it is: " in messages(do(desk, address, did, row))[0]
        assert f'name="action" value="{did}"' not in desk.get(f"{address}{row.pk}/change/").content.decode()


def test_a_decision_that_was_made_since_the_look_is_not_taken_back(
    owned_class: SchoolClass, desk: Client, teacher: User
) -> None:
    students, batch = make_students(owned_class, ["Siri Berg", "Bo Ek"]), make_batch(teacher, owned_class)
    (text,) = make_essays(batch, 1)
    actions.decide_student(text, student=students[0], version=None, actor=teacher)
    page = look(desk, TEXTS, "reopen", text.association)
    actions.decide_student(text, student=students[1], version=None, actor=teacher)
    (said,) = confirm(desk, TEXTS, page)
    assert said.endswith("Somebody else has decided this text meanwhile.")
    assert EssayStudentAssociation.objects.get().student == students[1]


def test_what_the_page_says_is_left_is_left(teacher: User, owned_class: SchoolClass, desk: Client) -> None:
    """Also where it could be done by the time that the form is sent."""
    other = make_batch(teacher)
    make_essays(other, 1)
    day = actions.lock_batch(make_day(teacher, owned_class), actor=teacher)
    page = look(desk, BATCHES, "unlock", day, other)
    actions.lock_batch(other, actor=teacher)
    assert confirm(desk, BATCHES, page) == ["Done: Unlock the batch (1)"]
    other.refresh_from_db()
    assert other.is_locked
