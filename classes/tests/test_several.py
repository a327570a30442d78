"""The class page: what is done with ticked students, what is known of each, how the list is sorted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from classes import actions
from classes.models import Enrolment, SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def students(owned_class: SchoolClass, teacher: User) -> list[Student]:
    people = [("Emil", "Berg", "emil@elev.example"), ("Åsa", "Ek", None), ("Bo", "Dahl", "bo@elev.example")]
    return [
        actions.add_student(
            owned_class, values={"given_name": given, "family_name": family, "email": email}, actor=teacher
        )
        for given, family, email in people
    ]


def present(school_class: SchoolClass) -> set[str]:
    return set(Student.objects.in_class(school_class).values_list("given_name", flat=True))


def test_several_leave_at_once(students: list[Student], owned_class: SchoolClass, teacher: User) -> None:
    OutboxEvent.objects.all().delete()
    ids = [students[0].public_id, students[1].public_id]
    leaving = actions.remove_students(owned_class, student_ids=ids, actor=teacher)
    assert leaving is not None
    assert leaving.n_students == 2
    assert present(owned_class) == {"Bo"}
    assert OutboxEvent.objects.filter(event_type="class.changed").count() == 1
    assert actions.remove_students(owned_class, student_ids=ids, actor=teacher) is None


def test_several_move(students: list[Student], owned_class: SchoolClass, teacher: User, stranger: User) -> None:
    other = actions.create_class(teacher, designation="SA24E", courses=[], actor=teacher)
    ids = [student.public_id for student in students[:2]]
    assert actions.move_students(owned_class, student_ids=ids, to=other, actor=teacher) is not None
    assert (present(owned_class), present(other)) == ({"Bo"}, {"Emil", "Åsa"})
    assert actions.move_students(other, student_ids=ids, to=owned_class, actor=teacher) is not None
    assert present(owned_class) == {"Bo", "Emil", "Åsa"}
    assert Enrolment.objects.count() == 5
    foreign = actions.create_class(stranger, designation="NA24A", courses=[], actor=stranger)
    for to in (foreign, owned_class):
        with pytest.raises(ActionError, match="not_found"):
            actions.move_students(owned_class, student_ids=ids, to=to, actor=teacher)


def test_the_bar_of_the_page(
    students: list[Student], owned_class: SchoolClass, teacher: User, reader: User, client_for: ClientFor
) -> None:
    browser, path = client_for(teacher), f"/classes/{owned_class.public_id}/students/several/"
    ticked = [str(student.public_id) for student in students[:2]]
    page = browser.post(path, {"do": "emails", "student": ticked}).content.decode()
    assert "emil@elev.example" in page
    assert "bo@elev.example" not in page
    assert "1 student has no address." in page
    table = browser.post(path, {"do": "export", "student": ticked}).content.decode("utf-8-sig")
    assert "Berg;Emil" in table
    assert "Dahl" not in table
    other = actions.create_class(teacher, designation="SA24E", courses=[], actor=teacher)
    for unknown in ({"do": "bogus"}, {"do": ""}, {}):
        assert browser.post(path, {**unknown, "student": ticked}).status_code == 400
    assert present(owned_class) == {"Emil", "Åsa", "Bo"}
    assert browser.post(path, {"do": "move", "to": str(other.public_id), "student": ticked}).status_code == 302
    assert present(other) == {"Emil", "Åsa"}
    assert browser.post(path, {"do": "left", "student": [str(students[2].public_id)]}).status_code == 302
    assert present(owned_class) == set()
    assert browser.post(path, {"do": "left"}).status_code == 302
    assert browser.post(path, {"do": "left", "student": "x"}).status_code == 400
    assert client_for(reader).post(path, {"do": "emails", "student": ticked}).status_code == 403


def test_sorting_is_in_the_address(
    students: list[Student], owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    browser, path = client_for(teacher), f"/classes/{owned_class.public_id}/"

    def order(sort: str) -> list[str]:
        page = browser.get(path + sort).content.decode()
        return sorted(("Emil", "Åsa", "Bo"), key=lambda name: page.index(f'aria-label="{name} '))

    assert order("") == ["Emil", "Bo", "Åsa"]
    assert order("?sort=-surname") == ["Åsa", "Bo", "Emil"]
    assert order("?sort=first") == ["Bo", "Emil", "Åsa"]
    assert order("?sort=email") == ["Bo", "Emil", "Åsa"]
    assert order("?sort=nonsense") == ["Emil", "Bo", "Åsa"]
    assert 'aria-sort="descending"' in browser.get(path + "?sort=-first").content.decode()


def test_spellings_stand_in_the_list_and_changes_in_the_history(
    students: list[Student], owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    actions.teach_alias(students[0], spelling="Emil B", actor=teacher)
    browser = client_for(teacher)
    assert "Emil B" in browser.get(f"/classes/{owned_class.public_id}/").content.decode()
    history: Any = browser.get(f"/classes/{owned_class.public_id}/history/").content.decode()
    for words in ("Remembered a spelling", "Added a student", "Put into the class"):
        assert words in history
    assert "The class has no batch yet." in browser.get(f"/classes/{owned_class.public_id}/batches/").content.decode()
