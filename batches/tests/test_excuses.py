"""Who has not handed in: not expected and expected again, the reminder, the sheet; and texts on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from batches import actions
from batches.actions.doubts import doubt_matches
from batches.models import Batch, Essay, EssayStudentAssociation, Excuse
from batches.overview import read_overview
from batches.state import batch_state, who_has_not_handed_in
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.pages import url
from classes import actions as class_actions
from classes.models import Enrolment, SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

Browser = Callable[[User | None], Client]


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Hugo Dahl", "Bo Ek"])


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass, students: list[Student]) -> Batch:
    """Emil has handed in, Hugo and Bo have not."""
    batch = make_batch(teacher, owned_class)
    make_essays(batch, 1, students=students, certainty="certain")
    return batch


def n_missing(batch: Batch) -> int:
    """What lists of batches count."""
    counted: Any = Batch.objects.with_missing().get(pk=batch.pk)
    return int(counted.n_missing)


def test_the_addresses_to_copy_are_told_by_name_and_cannot_be_changed(
    batch: Batch, teacher: User, client_for: Callable[..., Client]
) -> None:
    page = client_for(teacher).get(f"/batches/{batch.public_id}/").content.decode()
    assert '<textarea id="missing-emails" aria-label="E-mail addresses" readonly hidden>' in page


def test_an_excused_student_is_missed_nowhere(
    batch: Batch, students: list[Student], teacher: User, colleague: User
) -> None:
    actions.excuse_student(batch, student=students[1], actor=colleague)
    actions.excuse_student(batch, student=students[1], actor=teacher)
    assert Excuse.objects.get().excused_by == colleague
    found = who_has_not_handed_in(batch)
    assert ([s.name for s in found.missing], [s.name for s in found.excused]) == (["Bo Ek"], ["Hugo Dahl"])
    assert n_missing(batch) == 1
    make_batch(teacher, batch.school_class, title="Another")
    (row,) = [row for row in read_overview(teacher).missing if row.batch == batch]
    assert (row.not_handed_in.missing, row.not_handed_in.students) == ((("Bo", "Ek"),), 2)
    assert batch_state(batch)["excused"] == [str(students[1].public_id)]
    assert OutboxEvent.objects.filter(event_type="batch.expectation.changed").count() == 1
    actions.expect_student(batch, student=students[1], actor=teacher)
    assert len(who_has_not_handed_in(batch).missing) == 2


def test_who_has_left_the_class_is_shown_and_not_counted(
    batch: Batch, students: list[Student], teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    """Hugo left after the batch was made; Saga long before it, and Emil, who has left too, has handed in."""
    hugo, saga = students[1], make_students(owned_class, ["Saga Ny"])[0]
    for student in (students[0], hugo, saga):
        class_actions.remove_student(owned_class, student=student, actor=teacher)
    Enrolment.objects.filter(student=saga).update(left_at=batch.created_at - timedelta(days=1))
    other = class_actions.create_class(teacher, designation="9A", courses=[], actor=teacher)
    class_actions.enrol_student(other, student=hugo, actor=teacher)
    found = who_has_not_handed_in(batch)
    assert ([s.name for s in found.missing], [s.name for s in found.left]) == (["Bo Ek"], ["Hugo Dahl"])
    state = batch_state(batch)
    assert (state["not_handed_in"], state["left_class"]) == ([str(students[2].public_id)], [str(hugo.public_id)])
    assert n_missing(batch) == 1
    browser = client_for(teacher)
    page = browser.get(url("missing", batch)).content.decode()
    assert "left the class" in page[page.index("Hugo Dahl") :][:400]
    copied = page[page.index('id="copy-names"') : page.index("<table")]
    assert "Bo Ek" in copied
    assert "Hugo Dahl" not in copied
    assert str(hugo.email) not in copied
    for name in ("Saga Ny", "Emil Berg"):
        assert name not in page
    excused = browser.post(url("excuse", batch, student_id=hugo.public_id))
    assert excused.status_code == 404
    lines = browser.get(url("missing", batch) + "?format=csv").content.decode().splitlines()
    assert [line.split(";")[-1] for line in lines if line.startswith("Dahl;Hugo;")] == ["left the class"]
    assert "Dahl;Hugo;" in browser.get(url("export", batch) + "?format=csv").content.decode()


def test_only_students_of_the_class_are_excused(batch: Batch, teacher: User, stranger: User) -> None:
    other = Student.objects.create(created_by=stranger, given_name="Nobody")
    with pytest.raises(ActionError, match="not_found"):
        actions.excuse_student(batch, student=other, actor=teacher)


def test_an_archived_batch_is_left_as_it_is(
    batch: Batch, students: list[Student], teacher: User, client_for: Browser
) -> None:
    """A lock forbids no decision; the archive forbids every one."""
    essay, other = make_essays(batch, 2, students=students, certainty="certain")
    actions.decide_student(essay, student=students[0], version=None, actor=teacher)
    actions.excuse_student(batch, student=students[1], actor=teacher)
    Batch.objects.filter(pk=batch.pk).update(status="archived", locked_at=timezone.now(), lock_reason="teacher")
    before = list(EssayStudentAssociation.objects.order_by("pk").values())
    new = {"given_name": "Nya", "family_name": "Elev"}
    for change in (
        lambda: actions.decide_student(other, student=students[1], version=None, actor=teacher),
        lambda: actions.decide_new_student(other, values=new, version=None, actor=teacher),
        lambda: actions.clear_decision(essay, version=None, actor=teacher),
        lambda: actions.confirm_matches(batch, actor=teacher),
        lambda: doubt_matches(batch, essay_ids=[other.public_id], actor=teacher),
        lambda: actions.undo_decisions(batch, actor=teacher),
        lambda: actions.count_version(other, instead_of=essay.public_id, actor=teacher),
        lambda: actions.excuse_student(batch, student=students[2], actor=teacher),
        lambda: actions.expect_student(batch, student=students[1], actor=teacher),
    ):
        with pytest.raises(ActionError, match="illegal_transition"):
            change()
    assert list(EssayStudentAssociation.objects.order_by("pk").values()) == before
    assert Excuse.objects.get().student == students[1]
    assert not Student.objects.filter(given_name="Nya").exists()
    browser = client_for(teacher)
    for text in (essay, other):
        page = browser.get(url("review-text", batch, text_id=text.public_id)).content.decode()
        assert "can only be read" in page
        for control in ('name="decision"', 'name="student"', 'id="undo"', 'id="confirm-certain"', 'id="search-words"'):
            assert control not in page
    missing = browser.get(url("missing", batch)).content.decode()
    assert "/excuse/" not in missing
    assert "/expect/" not in missing


def test_the_page(batch: Batch, students: list[Student], teacher: User, reader: User, client_for: Browser) -> None:
    browser = client_for(teacher)
    excuse = url("excuse", batch, student_id=students[1].public_id)
    assert browser.post(excuse).status_code == 302
    page = browser.get(url("missing", batch)).content.decode()
    assert "Expect again" in page
    assert "Hugo Dahl;" not in browser.get(url("missing", batch) + "?format=csv").content.decode()
    assert "not expected" in browser.get(url("missing", batch) + "?format=csv").content.decode()
    assert "Expect again" not in client_for(reader).get(url("missing", batch)).content.decode()
    browser.post(url("expect", batch, student_id=students[1].public_id))
    assert not Excuse.objects.exists()


def test_the_reminder_is_in_both_languages_and_names_nobody(batch: Batch, teacher: User, client_for: Browser) -> None:
    page = client_for(teacher).get(url("missing", batch)).content.decode()
    sent = page[page.index('id="reminder-title"') :]
    assert 'lang="sv"' in sent
    assert "I have not got your text for “The library” yet." in sent
    for name in ("Hugo", "Bo Ek"):
        assert name not in sent


def test_api(batch: Batch, students: list[Student], teacher: User, api: Callable[..., APIClient]) -> None:
    path = f"/api/v1/batches/{batch.public_id}/excuses/{students[2].public_id}/"
    assert api(teacher).put(path).status_code == 204
    state = api(teacher).get(f"/api/v1/batches/{batch.public_id}/state/").json()
    assert state["excused"] == [str(students[2].public_id)]
    assert api(teacher).delete(path).status_code == 204
    assert not Excuse.objects.exists()


def test_texts_on_paper(batch: Batch, students: list[Student], teacher: User, client_for: Browser) -> None:
    essay = Essay.objects.get()
    actions.decide_student(essay, student=students[0], version=None, actor=teacher)
    browser = client_for(teacher)
    page = browser.get(url("print", batch)).content.decode()
    assert "Emil Berg" in page
    assert "Some words." in page
    assert "Emil Berg" not in browser.get(url("print", batch) + "?names=numbers").content.decode()


def test_figures_stand_beside_the_text(
    batch: Batch, teacher: User, client_for: Browser, django_assert_max_num_queries: Any
) -> None:
    essay = Essay.objects.get()
    make_essays(batch, 3)
    figures = {"words": 812, "sentences": 3, "lix": 41.5, "lexical_variety": 0.5, "paragraphs": 1, "reading_minutes": 1}
    Essay.objects.filter(pk=essay.pk).update(results={"nlp": figures})
    browser = client_for(teacher)
    assert "LIX" not in browser.get(url("texts", batch)).content.decode()
    Batch.objects.update(generation=1)
    with django_assert_max_num_queries(17):
        page = browser.get(url("texts", batch)).content.decode()
    assert "41.5" in page
    assert "41.5" in browser.get(url("text", batch, text_id=essay.public_id)).content.decode()
    Essay.objects.filter(pk=essay.pk).update(results={"nlp": {"error": "broken"}})
    assert "could not be assessed" in browser.get(url("texts", batch)).content.decode()


def test_namesakes_without_a_text_are_told_apart(batch: Batch, owned_class: SchoolClass, owner: Client) -> None:
    twin, unknown = make_students(owned_class, ["Hugo Dahl", "Bo Ek"])
    Student.objects.filter(pk=twin.pk).update(email="hugo.dahl2@elev.example")
    Student.objects.filter(pk=unknown.pk).update(email=None)
    aside = owner.get(url("detail", batch)).content.decode()
    assert "<li>Hugo Dahl, hugo.dahl2@elev.example</li>" in aside
    assert "<li>Hugo Dahl</li>" not in aside
    assert "<li>Bo Ek, 2 of 2</li>" in aside
    page = owner.get(url("missing", batch)).content.decode()
    assert '<th scope="row">Bo Ek, 2 of 2</th>' in page
    assert "\nHugo Dahl, hugo.dahl2@elev.example\n" in page.split('id="copy-names"')[1]
