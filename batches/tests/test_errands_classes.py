"""Errands about classes and students: two who are one, and a class that gets a new owner."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from batches import actions
from batches.models import Essay
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.test_desk import WHY, look
from batches.tests.test_errands import STUDENTS, messages, trace
from batches.tests.test_errands_promised import confirm
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User


@pytest.fixture
def desk(support: User, client_for: Callable[..., Client]) -> Client:
    return client_for(support)


def answer(desk: Client, address: str, did: str, *rows: Any, chosen: Any) -> str:
    """The page before, once the question is answered."""
    asked = {"action": did, "_selected_action": [row.pk for row in rows], "answer": chosen.public_id}
    return str(desk.post(address, asked).content.decode())


def test_two_students_are_merged(
    owned_class: SchoolClass, desk: Client, teacher: User, support: User, client_for: Callable[..., Client]
) -> None:
    kept, other = make_students(owned_class, ["Siri Berg", "Siri Hemlig"])
    essays = make_essays(make_batch(teacher, owned_class), 2)
    for essay in essays:
        actions.decide_student(essay, student=other, version=None, actor=teacher)
    asked = look(desk, STUDENTS, "merge", kept, other)
    assert "The student to keep" in asked
    assert f"S*** H*** ({str(other.public_id)[:8]}), 2 texts" in asked
    assert "Hemlig" not in asked
    page = answer(desk, STUDENTS, "merge", kept, other, chosen=kept)
    assert f"Becomes one with student {kept.public_id}. It gets: 2 texts. The e-mail address of this one" in page
    assert "This one is kept." in page
    assert Student.objects.count() == 2
    assert confirm(desk, STUDENTS, page) == ["Done: Merge two students (1)"]
    assert list(Student.objects.all()) == [kept]
    assert Essay.objects.filter(association__student=kept).count() == 2
    assert trace(kept) == [(support, {"support": "merge", "reason": WHY, "part": str(other.public_id)})]
    history = client_for(teacher).get(f"/classes/{owned_class.public_id}/history/").content.decode()
    assert f"Support: Merge two students. Reason: {WHY}" in history
    actions.unmerge_students(kept.merges.get(), actor=teacher)
    assert Essay.objects.filter(association__student=other).count() == 2


def test_who_cannot_be_merged(owned_class: SchoolClass, desk: Client, teacher: User, stranger: User) -> None:
    """One alone, three, students of two teachers, a protected one, an answer that is none of the choices."""
    one, two, three = make_students(owned_class, ["Siri Berg", "Bo Ek", "My Ahl"])
    (foreign,) = make_students(SchoolClass.objects.create(owner=stranger, designation="NA24"), ["Siri Berg"])
    for rows in ([one], [one, two, three]):
        chosen = {"action": "merge", "_selected_action": [row.pk for row in rows]}
        assert messages(desk.post(STUDENTS, chosen, follow=True)) == ["Choose the two students in the list."]
    assert "Merge" not in desk.get(f"{STUDENTS}{one.pk}/change/").content.decode()
    page = answer(desk, STUDENTS, "merge", one, foreign, chosen=foreign)
    assert "Choose another student of the same teacher." in page
    assert "What will happen" not in page
    actions.protect_student(two, alias="Student 2", actor=teacher)
    page = answer(desk, STUDENTS, "merge", one, two, chosen=one)
    assert "These two cannot be merged." in page
    assert not re.search("What will happen|[Pp]rotected", page)
    assert 'aria-invalid="true"' in answer(desk, STUDENTS, "merge", one, two, chosen=three)
    forged = {"action": "merge", "_selected_action": one.pk, "confirmed": "1", "reason": WHY, f"seen-{one.pk}": "x"}
    (said,) = messages(desk.post(STUDENTS, forged, follow=True))
    assert said.endswith("The student is not there any more.")
    assert Student.objects.count() == 4
