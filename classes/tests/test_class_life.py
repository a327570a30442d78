"""A class over the years: exported, and next year's class made from this one."""

from __future__ import annotations

from typing import Any

import pytest

from classes import actions
from classes.models import Enrolment, SchoolClass, Student
from classes.tests.test_views import ClientFor, url
from huleedu.accounts.models import User


@pytest.fixture
def students(owned_class: SchoolClass, teacher: User) -> list[Student]:
    values = [{"given_name": "=Åsa", "family_name": "Öberg"}, {"given_name": "Bo", "email": "bo@elev.example"}]
    return [actions.add_student(owned_class, values=value, actor=teacher) for value in values]


def test_export_is_a_table_that_runs_nothing(
    students: list[Student], owned_class: SchoolClass, reader: User, api: Any, client_for: ClientFor
) -> None:
    path = f"/api/v1/classes/{owned_class.public_id}/export/"
    answer = api(reader).get(path)
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="SA24D 20')
    text = answer.content.decode("utf-8-sig")
    assert text.splitlines()[0] == "Surname;First name;Preferred name;E-mail;HuleEdu-ID"
    assert f"Öberg;'=Åsa;;;{students[0].public_id}" in text
    assert api(reader).get(path, {"format": "xlsx"}).content.startswith(b"PK")
    assert api(reader).get(path, {"format": "pdf"}).status_code == 400
    assert client_for(reader).get(url("export", owned_class)).content == answer.content


def test_next_years_class_has_the_students_but_no_texts(
    students: list[Student], owned_class: SchoolClass, teacher: User, api: Any, django_assert_max_num_queries: Any
) -> None:
    path = f"/api/v1/classes/{owned_class.public_id}/copy/"
    with django_assert_max_num_queries(25):
        answer = api(teacher).post(path, {"student_ids": [str(students[1].public_id)]}, format="json")
    assert answer.status_code == 201
    made = SchoolClass.objects.get(public_id=answer.json()["id"])
    assert answer.json()["courses"] == ["ENG6"]
    assert int(made.school_year[:4]) == int(owned_class.school_year[:4]) + 1
    assert list(Student.objects.in_class(made)) == [students[1]]
    assert Enrolment.objects.filter(school_class=owned_class, left_at=None).count() == 2
    assert not made.shares.exists()
    wrong = api(teacher).post(path, {"student_ids": [str(made.public_id)]}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "student_ids")


def test_the_page_of_next_years_class(
    students: list[Student], owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    client = client_for(teacher)
    page = client.get(url("copy", owned_class)).content.decode()
    assert page.count(" checked") == 3  # the course and both students
    year = actions.classes.next_school_year(owned_class.school_year)
    assert f'value="{year}" selected' in page
    sent = {
        "designation": "SA25D",
        "school_year": year,
        "courses": ["ENG7"],
        "student_ids": [str(students[0].public_id)],
    }
    answer = client.post(url("copy", owned_class), sent)
    made = SchoolClass.objects.get(designation="SA25D")
    assert answer["Location"] == url("detail", made)
    assert list(Student.objects.in_class(made)) == [students[0]]
    assert client.post(url("copy", owned_class), {"designation": ""}).status_code == 422
