"""Teaching how else a student is written: what is kept, what is refused, and who sees it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from batches.tests.making import make_students
from classes import actions
from classes.models import SchoolClass, Student, StudentAlias
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Andersson Berg", "Nora Dahlgren"])


def test_a_spelling_is_kept_once_and_tells_the_class(students: list[Student], teacher: User) -> None:
    first = actions.teach_alias(students[0], spelling="  Emil  A B ", place="label", actor=teacher)
    again = actions.teach_alias(students[0], spelling="emil a b", actor=teacher)
    assert (first.pk, first.spelling, first.place, first.taught_by) == (again.pk, "Emil A B", "label", teacher)
    assert list(OutboxEvent.objects.values_list("event_type", flat=True)).count("class.changed") == 1
    assert "Emil" not in str(LogEntry.objects.get_for_object(first).first().changes)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "spelling",
    ["Emil Andersson Berg", "andersson berg, emil", "Emil", "Berg", "Nora Dahlgren", "dahlgren", "Nora", "x", "12", ""],
)
def test_a_name_of_the_class_is_refused(spelling: str, students: list[Student], teacher: User) -> None:
    with pytest.raises(ActionError) as caught:
        actions.teach_alias(students[0], spelling=spelling, actor=teacher)
    assert (caught.value.code, caught.value.field) == ("validation_error", "spelling")
    assert not StudentAlias.objects.exists()


def test_what_is_another_students_spelling_already_is_refused(students: list[Student], teacher: User) -> None:
    actions.teach_alias(students[1], spelling="Noris", actor=teacher)
    with pytest.raises(ActionError) as caught:
        actions.teach_alias(students[0], spelling="noris", actor=teacher)
    assert caught.value.code == "validation_error"


def test_a_personal_number_is_not_kept(students: list[Student], teacher: User) -> None:
    with pytest.raises(ActionError) as caught:
        actions.teach_alias(students[0], spelling="Emil 20080114-2384", actor=teacher)
    assert (caught.value.code, StudentAlias.objects.count()) == ("validation_error", 0)


def test_the_panel_shows_teaches_and_forgets(
    students: list[Student], owned_class: SchoolClass, teacher: User, reader: User, client_for: ClientFor
) -> None:
    client, ids = client_for(teacher), [owned_class.public_id, students[0].public_id]
    assert client.post(reverse("classes:student-teach", args=ids), {"spelling": "Millan"}).status_code == 302
    panel = reverse("classes:student", args=ids)
    assert "Millan" in client.get(panel).content.decode()
    assert "Forget Millan" not in client_for(reader).get(panel).content.decode()
    alias = StudentAlias.objects.get()
    assert client.post(reverse("classes:student-forget", args=ids), {"alias": alias.public_id}).status_code == 302
    assert "Millan" not in client.get(panel).content.decode()
    refused = client.post(reverse("classes:student-teach", args=ids), {"spelling": "Nora"}, follow=True)
    assert "This may be another student in the class." in refused.content.decode()


def test_the_api_lists_teaches_and_forgets(
    students: list[Student], teacher: User, api: Callable[[User], APIClient]
) -> None:
    call, url = api(teacher), f"/api/v1/students/{students[0].public_id}/aliases/"
    made = call.post(url, {"spelling": "Millan"}, format="json")
    assert (made.status_code, made.json()["spelling"], made.json()["place"]) == (201, "Millan", "")
    assert [row["spelling"] for row in call.get(url).json()] == ["Millan"]
    assert call.post(url, {"spelling": "Nora"}, format="json").json()["code"] == "validation_error"
    assert call.delete(f"{url}{made.json()['id']}/").status_code == 204
    assert call.delete(f"{url}{made.json()['id']}/").status_code == 404
