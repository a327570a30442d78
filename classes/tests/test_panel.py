"""The student panel: who changed last, two who change the same, one who is in another class already, numbers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from batches.models import EssayStudentAssociation
from batches.tests.making import make_batch, make_essays, make_students
from classes import actions
from classes.actions.identity import hide_identity
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def student(owned_class: SchoolClass) -> Student:
    return make_students(owned_class, ["Emil Berg"])[0]


@pytest.fixture
def address(owned_class: SchoolClass, student: Student) -> str:
    return f"/classes/{owned_class.public_id}/students/{student.public_id}/"


def typed(student: Student, **changes: str) -> dict[str, str]:
    """What the form of the panel sends when it was opened now and `changes` are typed."""
    names = ("given_name", "family_name", "preferred_name", "email")
    values = {name: getattr(student, name) or "" for name in names}
    return {f"was.{name}": value for name, value in values.items()} | values | changes


def test_the_last_change_is_told_without_values(
    student: Student, address: str, owned_class: SchoolClass, teacher: User, colleague: User, reader: User,
    client_for: ClientFor,
) -> None:  # fmt: skip
    actions.update_student(student, changes={"email": "emil@elev.example"}, actor=colleague)
    page = client_for(teacher).get(address).content.decode()
    assert f"Last changed by {colleague.name}," in page
    assert ": school e-mail." in page
    assert "Last changed" not in client_for(reader).get(address).content.decode()
    actions.teach_alias(student, spelling="Emil B", actor=teacher)
    assert ": also written as." in client_for(teacher).get(address).content.decode()
    actions.remove_student(owned_class, student=student, actor=teacher)
    page = client_for(teacher).get(address).content.decode()
    assert ": left the class." in page
    assert "Left the class" in page
    actions.enrol_student(owned_class, student=student, actor=teacher)
    assert ": back in the class." in client_for(teacher).get(address).content.decode()


def test_what_nobody_else_has_changed_is_saved(
    student: Student, address: str, teacher: User, colleague: User, client_for: ClientFor
) -> None:
    mine = typed(student, preferred_name="Emmo")
    actions.update_student(student, changes={"email": "emil@elev.example"}, actor=colleague)
    assert client_for(teacher).post(address, mine).status_code == 302
    student.refresh_from_db()
    assert (student.preferred_name, student.email) == ("Emmo", "emil@elev.example")


@pytest.mark.parametrize(("keep", "email"), [("theirs", "theirs@elev.example"), ("mine", "mine@elev.example")])
def test_two_who_change_the_same_see_both_and_choose(
    keep: str, email: str, student: Student, address: str, teacher: User, colleague: User, client_for: ClientFor
) -> None:
    mine = typed(student, email="mine@elev.example", preferred_name="Emmo")
    actions.update_student(student, changes={"email": "theirs@elev.example"}, actor=colleague)
    answer = client_for(teacher).post(address, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    for words in ("theirs@elev.example", "mine@elev.example", "Keep theirs", "Use mine", colleague.name):
        assert words in page
    student.refresh_from_db()
    assert (student.email, student.preferred_name) == ("theirs@elev.example", "")
    again = typed(student, email="mine@elev.example", preferred_name="Emmo") | {"overtaken": "email", "keep": keep}
    assert client_for(teacher).post(address, again).status_code == 302
    student.refresh_from_db()
    assert (student.email, student.preferred_name) == (email, "Emmo")


def test_what_is_not_sent_stays(student: Student, address: str, teacher: User, client_for: ClientFor) -> None:
    actions.update_student(student, changes={"email": "emil@elev.example", "preferred_name": "Emmo"}, actor=teacher)
    sent = ({"given_name": "Emilio"}, {"preferred_name": ""}, {"was.given_name": "Emilio", "given_name": "Emil"})
    for values in sent:
        assert client_for(teacher).post(address, values).status_code == 302
    student.refresh_from_db()
    assert (student.name, student.preferred_name, student.email) == ("Emil Berg", "", "emil@elev.example")
    hide_identity(student, alias="Kim")
    client_for(teacher).post(address, {"given_name": "Emil"})
    student.refresh_from_db()
    assert student.given_name == "Kim"


def test_a_page_from_before_the_protection_brings_no_name_back(
    student: Student, address: str, teacher: User, client_for: ClientFor
) -> None:
    mine = typed(student, given_name="Emmo", email="emil@elev.example")
    hide_identity(student, alias="Kim")
    page = client_for(teacher).post(address, mine, follow=True).content.decode()
    assert "nothing was saved" in page
    assert not any(word in page for word in ("Emil", "Emmo", "Berg", "emil@elev.example"))
    student.refresh_from_db()
    assert (student.given_name, student.email) == ("Kim", None)
    new = typed(student, given_name="Kimmo") | {"was.protected": "yes"}
    client_for(teacher).post(address, new)
    student.refresh_from_db()
    assert student.given_name == "Kimmo"


def test_the_same_address_in_another_class_is_asked_about(
    owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    other = actions.create_class(teacher, designation="ES24B", courses=[], actor=teacher)
    values: dict[str, Any] = {"given_name": "Lo", "family_name": "Ek", "email": "lo@elev.example"}
    lo = actions.add_student(other, values=values, actor=teacher)
    browser, add = client_for(teacher), f"/classes/{owned_class.public_id}/students/new/"
    answer = browser.post(add, values)
    assert answer.status_code == 422
    assert "Same person as Lo Ek in ES24B?" in answer.content.decode()
    page = browser.post(add, values | {"same": "no"}).content.decode()
    assert "Same person" not in page
    assert "Another of your students has this e-mail address." in page
    assert browser.post(add, values | {"same": str(lo.public_id)}).status_code == 302
    assert Student.objects.in_class(owned_class).get() == lo
    assert Student.objects.count() == 1
    assert "Same person" not in browser.post(add, values).content.decode()
    assert browser.post(add, values | {"same": "x"}).status_code == 404


def test_a_number_is_forgotten(
    student: Student, address: str, teacher: User, reader: User, client_for: ClientFor
) -> None:
    student.external_ids = {"canvas": "4301", "sis": "77"}
    student.save()
    browser = client_for(teacher)
    assert "Canvas number 4301" in browser.get(address).content.decode()
    assert client_for(reader).post(f"{address}numbers/forget/", {"system": "canvas"}).status_code == 403
    assert browser.post(f"{address}numbers/forget/", {"system": "canvas"}).status_code == 302
    student.refresh_from_db()
    assert student.external_ids == {"sis": "77"}
    with pytest.raises(ActionError, match="not_found"):
        actions.forget_number(student, system="canvas", actor=teacher)


def test_found_by_another_spelling(
    student: Student, owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    actions.teach_alias(student, spelling="Millan", actor=teacher)
    found = client_for(teacher).post(f"/classes/{owned_class.public_id}/", {"search": "millan"}).content.decode()
    assert "Berg" in found


def test_the_place_in_the_list_is_kept(student: Student, address: str, teacher: User, client_for: ClientFor) -> None:
    page = client_for(teacher).get(f"{address}?sort=-first").content.decode()
    assert f"{address}?sort=-first" in page
    answer = client_for(teacher).post(f"{address}?sort=-first", typed(student, given_name="Emmo"))
    assert answer["Location"] == f"{address}?sort=-first"


def test_no_id_stands_twice_beside_an_empty_class(teacher: User, colleague: User, client_for: ClientFor) -> None:
    """Two forms with a key: the one to import, and a new student's."""
    empty = actions.create_class(teacher, designation="TE25A", actor=teacher)
    page = client_for(teacher).get(f"/classes/{empty.public_id}/students/new/").content.decode()
    ids = re.findall(r' id="([^"]+)"', page)
    assert page.count('name="key"') == 2
    assert len(ids) == len(set(ids))


def test_the_panel_says_how_many_texts_there_are_of_those_one_may_see(
    student: Student, address: str, owned_class: SchoolClass, teacher: User, colleague: User, client_for: ClientFor
) -> None:
    assert "Texts, and everything else that is kept" in client_for(teacher).get(address).content.decode()
    shared, own = make_batch(teacher, owned_class), make_batch(teacher)
    for batch in (shared, shared, own):
        make_essays(batch, 1, students=[student], certainty="certain")
    EssayStudentAssociation.objects.update(student=student, status="confirmed", decided_at=timezone.now())
    make_essays(shared, 1, students=[student], certainty="certain")
    told = {teacher: "3 texts in 2 batches, and everything else", colleague: "2 texts in 1 batch, and everything else"}
    for person, words in told.items():
        assert words in client_for(person).get(address).content.decode()


def test_the_tab_counts_the_batches_of_the_class(
    address: str, owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    make_batch(teacher, owned_class)
    make_batch(teacher, owned_class)
    make_batch(teacher)
    page = client_for(teacher).get(address).content.decode()
    assert re.search(r'/batches/">Batches <span class="count">2</span>', page)


def test_what_is_wrong_is_said_beside_the_field_not_by_the_browser(
    owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    target = f"/classes/{owned_class.public_id}/students/new/"
    answer = client_for(teacher).post(target, {"given_name": "Emil", "email": "emil"})
    page = answer.content.decode()
    assert (answer.status_code, 'id="id_email_error"' in page) == (422, True)
    assert re.search(r'<form id="student-form"[^>]* novalidate', page)
