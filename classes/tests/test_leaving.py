"""Leaving a class and being moved to another: taken back at once or from the history, by nobody else, never by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from batches.tests.making import make_batch, make_essays, make_students
from classes import actions
from classes.actions.identity import hide_identity
from classes.models import Enrolment, Leaving, SchoolClass, Student
from classes.tasks import purge_roster_imports
from classes.undoing import read_leavings
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Åsa Ek", "Bo Dahl"])


@pytest.fixture
def other(teacher: User) -> SchoolClass:
    return actions.create_class(teacher, designation="SA24E", courses=[], actor=teacher)


def present(school_class: SchoolClass) -> set[str]:
    return set(Student.objects.in_class(school_class).values_list("given_name", flat=True))


def left(school_class: SchoolClass, students: list[Student], teacher: User) -> Leaving:
    ids = [student.public_id for student in students]
    leaving = actions.remove_students(school_class, student_ids=ids, actor=teacher)
    assert leaving is not None
    return leaving


def test_who_left_together_comes_back_together_and_once(
    students: list[Student], owned_class: SchoolClass, teacher: User
) -> None:
    leaving = left(owned_class, students[:2], teacher)
    assert present(owned_class) == {"Bo"}
    assert actions.undo_leaving(leaving, actor=teacher) == 2
    assert present(owned_class) == {"Emil", "Åsa", "Bo"}
    left(owned_class, students[:1], teacher)
    assert actions.undo_leaving(leaving, actor=teacher) == 0
    assert present(owned_class) == {"Åsa", "Bo"}


def test_whoever_came_back_and_left_again_stays_away(
    students: list[Student], owned_class: SchoolClass, teacher: User
) -> None:
    leaving = left(owned_class, students[:2], teacher)
    actions.enrol_student(owned_class, student=students[0], actor=teacher)
    left(owned_class, students[:1], teacher)
    assert actions.undo_leaving(leaving, actor=teacher) == 1
    assert present(owned_class) == {"Åsa", "Bo"}


def test_undoing_a_move_leaves_the_other_class_as_it_was(
    students: list[Student], owned_class: SchoolClass, other: SchoolClass, teacher: User
) -> None:
    emil, asa, bo = students
    actions.enrol_student(other, student=emil, actor=teacher)
    actions.enrol_student(other, student=asa, actor=teacher)
    before = actions.remove_student(other, student=asa, actor=teacher).left_at
    ids = [student.public_id for student in students]
    leaving = actions.move_students(owned_class, student_ids=ids, to=other, actor=teacher)
    assert leaving is not None
    assert (present(owned_class), present(other)) == (set(), {"Emil", "Åsa", "Bo"})
    assert actions.undo_leaving(leaving, actor=teacher) == 3
    assert (present(owned_class), present(other)) == ({"Emil", "Åsa", "Bo"}, {"Emil"})
    assert Enrolment.objects.get(school_class=other, student=asa).left_at == before
    assert not Enrolment.objects.filter(school_class=other, student=bo).exists()


def test_whose_text_came_in_the_other_class_has_been_there(
    students: list[Student], owned_class: SchoolClass, other: SchoolClass, teacher: User
) -> None:
    ids = [students[0].public_id]
    leaving = actions.move_students(owned_class, student_ids=ids, to=other, actor=teacher)
    assert leaving is not None
    make_essays(make_batch(teacher, other), 1, students=students[:1], certainty="certain")
    actions.undo_leaving(leaving, actor=teacher)
    assert Enrolment.objects.get(school_class=other, student=students[0]).left_at is not None


def test_it_is_kept_for_30_days_without_names(students: list[Student], owned_class: SchoolClass, teacher: User) -> None:
    leaving = left(owned_class, students[:1], teacher)
    assert "Emil" not in str(leaving.undo)
    purge_roster_imports()
    assert [one.names for one in read_leavings(owned_class)] == [["Emil Berg"]]
    Leaving.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert read_leavings(owned_class) == []
    purge_roster_imports()
    assert not Leaving.objects.exists()
    with pytest.raises(ActionError, match="not_undoable"):
        actions.undo_leaving(leaving, actor=teacher)


def test_a_student_who_is_protected_meanwhile_comes_back_as_the_alias(
    students: list[Student], owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    leaving = left(owned_class, students[:1], teacher)
    hide_identity(Student.objects.get(pk=students[0].pk), alias="Kim")
    browser: Any = client_for(teacher)
    page = browser.get(f"/classes/{owned_class.public_id}/history/").content.decode()
    assert "Kim" in page
    assert "Emil" not in page
    actions.undo_leaving(leaving, actor=teacher)
    assert present(owned_class) == {"Kim", "Åsa", "Bo"}


def test_the_pages_offer_undo_at_once_and_in_the_history(
    students: list[Student], owned_class: SchoolClass, other: SchoolClass, teacher: User, reader: User,
    client_for: ClientFor,
) -> None:  # fmt: skip
    browser: Any = client_for(teacher)
    several = f"/classes/{owned_class.public_id}/students/several/"
    ticked = [str(student.public_id) for student in students[:2]]
    answer = browser.post(f"{several}?sort=first&page=1", {"do": "left", "student": ticked}, follow=True)
    assert "sort=first" in answer.redirect_chain[0][0]
    assert "2 students have left the class. Texts are kept." in answer.content.decode()
    undo = f"/classes/{owned_class.public_id}/left/{Leaving.objects.get().public_id}/undo/"
    assert undo in answer.content.decode()
    assert client_for(reader).post(undo).status_code == 403
    history = browser.get(f"/classes/{owned_class.public_id}/history/").content.decode()
    assert undo in history
    assert "Emil Berg, Åsa Ek" in history
    assert undo not in client_for(reader).get(f"/classes/{owned_class.public_id}/history/").content.decode()
    assert "2 students are back in the class." in browser.post(undo, follow=True).content.decode()
    assert "somebody has changed it since" in browser.post(undo, follow=True).content.decode()
    move = {"do": "move", "to": str(other.public_id), "student": ticked[:1]}
    assert "Emil Berg is now in SA24E." in browser.post(several, move, follow=True).content.decode()
    assert browser.post(undo.replace(str(owned_class.public_id), str(other.public_id))).status_code == 404


def test_the_api_takes_back_who_left(
    owned_class: SchoolClass, teacher: User, reader: User, stranger: User, api: Callable[[User], APIClient]
) -> None:
    emil, bo = make_students(owned_class, ["Emil Berg", "Bo Ek"])
    root = f"/api/v1/classes/{owned_class.public_id}/"
    client = api(teacher)
    assert client.delete(f"{root}students/{emil.public_id}/").status_code == 204
    (left,) = client.get(f"{root}left/").json()
    assert (left["students"], left["moved_to"], left["undone_at"]) == (1, None, None)
    assert emil.given_name not in str(left)
    assert api(reader).get(f"{root}left/").status_code == 403
    undo = f"{root}left/{left['id']}/undo/"
    assert api(reader).post(undo).status_code == 403
    assert api(stranger).post(undo).status_code == 404
    assert client.post(undo).json()["undone_at"]
    assert client.post(undo).status_code == 200
    assert set(Student.objects.in_class(owned_class)) == {emil, bo}
    assert client.get(f"{root}left/").json() == []
