"""Not in this class, three ways; what is unticked; students of other classes; staying at the decided text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches.models import Batch, Essay
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.reviewing import match_of
from classes.actions import create_class
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Nora Dahlgren"])


def url(name: str, batch: Batch, essay: Essay | None = None) -> str:
    return reverse(f"batches:{name}", args=[batch.public_id, *([essay.public_id] if essay else [])])


def decide(client: Client, batch: Batch, essay: Essay, **data: Any) -> Any:
    return client.post(url("decide", batch, essay), {"version": 1, **data})


def test_a_new_student_is_added_to_the_class_and_confirmed(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    [essay] = make_essays(batch, 1, certainty="no_match")
    names = {"given_name": "Nya", "family_name": "Elev"}
    assert decide(client_for(teacher), batch, essay, decision="new", **names).status_code == 302
    added = Student.objects.in_class(batch.school_class_id or 0).get(given_name="Nya")
    assert (match_of(essay).student, match_of(essay).status) == (added, "confirmed")


NEW = {"decision": "new", "given_name": "Nya", "family_name": "Elev"}


def added(batch: Batch) -> int:
    return Student.objects.in_class(batch.school_class_id or 0).filter(given_name="Nya").count()


def test_a_refused_decision_adds_no_student(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    [essay] = make_essays(batch, 1, certainty="no_match")
    answer = decide(client_for(teacher), batch, essay, **NEW, version=999)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Nya Elev" in page
    assert '<input type="hidden" name="given_name" value="Nya">' in page
    assert added(batch) == 0
    assert not match_of(essay).is_decided


@pytest.mark.parametrize("version", ["", "999999999999999999999", "1" * 5000])
def test_an_unreadable_version_adds_no_student(
    client_for: ClientFor, teacher: User, batch: Batch, version: str
) -> None:
    [essay] = make_essays(batch, 1, certainty="no_match")
    assert decide(client_for(teacher), batch, essay, **NEW, version=version).status_code == 400
    assert added(batch) == 0


def test_the_same_new_student_sent_again_is_one(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    [essay] = make_essays(batch, 1, certainty="no_match")
    client = client_for(teacher)
    assert [decide(client, batch, essay, **NEW).status_code for _time in range(3)] == [302, 302, 302]
    assert added(batch) == 1
    assert match_of(essay).version == 2


def test_a_new_student_undone_stays_and_is_the_same_one_when_added_again(
    client_for: ClientFor, teacher: User, batch: Batch
) -> None:
    [essay] = make_essays(batch, 1, certainty="no_match")
    client = client_for(teacher)
    decide(client, batch, essay, **NEW)
    assert "Nya Elev stays in the class." in client.post(url("undo", batch), follow=True).content.decode()
    assert decide(client, batch, essay, **NEW).status_code == 409
    assert decide(client, batch, essay, **NEW, version=match_of(essay).version).status_code == 302
    assert added(batch) == 1
    assert match_of(essay).is_decided


def test_a_namesake_added_for_another_text_is_another_student(
    client_for: ClientFor, teacher: User, batch: Batch
) -> None:
    one, other = make_essays(batch, 2, certainty="no_match")
    decide(client_for(teacher), batch, one, **NEW)
    decide(client_for(teacher), batch, other, **NEW)
    assert added(batch) == 2
    assert match_of(one).student != match_of(other).student


def test_a_new_student_needs_a_name_and_a_class(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    [essay] = make_essays(batch, 1, certainty="no_match")
    assert decide(client_for(teacher), batch, essay, decision="new").status_code == 400
    loose = make_batch(teacher, None)
    [other] = make_essays(loose, 1, certainty="no_match")
    assert decide(client_for(teacher), loose, other, decision="new", given_name="Nya").status_code == 400
    assert not match_of(essay).is_decided
    assert not match_of(other).is_decided


def test_a_decision_sent_twice_is_one(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    for _time in range(2):
        answer = decide(client_for(teacher), batch, essay, student=str(students[1].public_id))
        assert answer.status_code == 302
    assert match_of(essay).version == 2


def test_unticked_texts_wait_one_by_one(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    first, second = make_essays(batch, 2, students=students, certainty="certain")
    ticked = f"{first.public_id}:{students[0].public_id}"
    data = {"match": [ticked], "listed": [str(first.public_id), str(second.public_id)]}
    client_for(teacher).post(url("confirm", batch), data)
    assert match_of(first).is_decided
    assert (match_of(second).status, match_of(second).certainty) == ("undecided", "unsure")
    assert match_of(second).student == students[1], "the suggestion stays"
    assert client_for(teacher).post(url("confirm", batch), {"listed": ["nonsense"]}).status_code == 400


def test_search_finds_students_of_the_teachers_other_classes(
    client_for: ClientFor, teacher: User, stranger: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    make_students(create_class(teacher, designation="NA25Q", courses=["ENG5"], actor=teacher), ["Quincy Borg"])
    make_students(create_class(stranger, designation="XX1", courses=["ENG5"], actor=stranger), ["Quinn Hidden"])
    page = client_for(teacher).post(url("review-text", batch, essay), {"q": "quin"}).content.decode()
    assert "Quincy Borg" in page
    assert "NA25Q" in page
    assert "Hidden" not in page


def test_it_stays_at_the_text_where_the_person_wants_that(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    first, _second = make_essays(batch, 2, students=students, certainty="unsure")
    User.objects.filter(pk=teacher.pk).update(go_on=False)
    answer = decide(client_for(teacher), batch, first, student=str(students[0].public_id))
    assert answer.url.startswith(url("review-text", batch, first))


def test_a_list_sent_twice_is_confirmed_once(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    essays = make_essays(batch, 2, students=students, certainty="certain")
    pairs = zip(essays, students, strict=True)
    ticked = [f"{essay.public_id}:{student.public_id}" for essay, student in pairs]
    client = client_for(teacher)
    for _time in range(2):
        page = client.post(url("confirm", batch), {"match": ticked}, follow=True).content.decode()
        assert "no longer" not in page
        assert "inte längre" not in page
    assert [match_of(essay).version for essay in essays] == [2, 2]
