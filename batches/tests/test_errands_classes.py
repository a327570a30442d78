"""Errands about classes and students: two who are one, and a class that gets a new owner."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from batches import actions
from batches.actions.transferring import read_transfer
from batches.invariants import broken_invariants
from batches.models import Batch, Essay
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.test_desk import WHY, look
from batches.tests.test_errands import STUDENTS, messages, trace
from batches.tests.test_errands_promised import confirm
from classes import actions as class_actions
from classes.models import RosterImport, SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import School, User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

CLASSES = "/support/classes/schoolclass/"


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


# --- a new owner -----------------------------------------------------------------------------------------------------


def test_a_class_gets_a_new_owner_with_all_that_is_in_it(
    owned_class: SchoolClass, desk: Client, teacher: User, colleague: User, support: User,
    client_for: Callable[..., Client],
) -> None:  # fmt: skip
    students = make_students(owned_class, ["Siri Hemlig", "Bo Ek"])
    batch = make_batch(teacher, owned_class)
    essays = make_essays(batch, 2, students=students, certainty="certain")
    actions.decide_student(essays[0], student=students[0], version=None, actor=teacher)
    actions.excuse_student(batch, student=students[1], actor=teacher)
    class_actions.preview_roster(owned_class, data="Lo Ek\n", actor=teacher)
    asked = look(desk, CLASSES, "transfer", owned_class)
    assert "The new owner" in asked
    assert colleague.email in asked
    assert f">{teacher.email}<" not in asked
    page = answer(desk, CLASSES, "transfer", owned_class, chosen=colleague)
    assert f"Goes to {colleague.email}, with 2 students and 1 batch. Who has it now no longer sees it" in page
    latest = OutboxEvent.objects.latest("pk").pk
    assert confirm(desk, CLASSES, page) == ["Done: Give the class a new owner (1)"]
    owned_class.refresh_from_db()
    batch.refresh_from_db()
    assert (owned_class.owner, batch.owner) == (colleague, colleague)
    assert not owned_class.shares.filter(user=colleague).exists()
    assert not RosterImport.objects.exists()
    assert {*Student.objects.values_list("created_by", flat=True)} == {colleague.pk}
    assert {*EssayFile.objects.values_list("owner", flat=True)} == {colleague.pk}
    assert list(broken_invariants(blobs=False)) == []
    told = dict(OutboxEvent.objects.filter(pk__gt=latest).values_list("event_type", "audience"))
    assert set(told) == {"class.changed", "batch.status.changed"}
    assert {teacher.pk, colleague.pk} <= set(told["class.changed"]), "the page of who had it looks again, and is gone"
    assert teacher.pk not in told["batch.status.changed"]
    for trail in (owned_class, teacher):
        assert trace(trail) == [(support, {"support": "transfer", "reason": WHY})]
    history = client_for(colleague).get(f"/classes/{owned_class.public_id}/history/").content.decode()
    assert f"Support: Give the class a new owner. Reason: {WHY}" in history
    assert f"Reason: {WHY}" in client_for(teacher).get("/privacy/log/").content.decode()
    for address in (f"/classes/{owned_class.public_id}/", f"/batches/{batch.public_id}/"):
        assert client_for(teacher).get(address).status_code == 404
        assert client_for(colleague).get(address).status_code == 200
    actions.decide_student(essays[1], student=students[1], version=None, actor=colleague)


def test_classes_that_share_a_student_go_together(
    owned_class: SchoolClass, desk: Client, teacher: User, stranger: User
) -> None:
    """By who is or was in both, and by whom a text names; what is tied since the look is not taken along unseen."""
    (student,) = make_students(owned_class, ["Siri Berg"])
    last_year, other, apart = (
        class_actions.create_class(teacher, designation=name, actor=teacher) for name in ("SA23D", "NA24", "EK24")
    )
    class_actions.enrol_student(last_year, student=student, actor=teacher)
    class_actions.remove_student(last_year, student=student, actor=teacher)
    class_actions.archive_class(last_year, actor=teacher)
    (text,) = make_essays(make_batch(teacher, other), 1)
    make_students(apart, ["My Ahl"])
    page = answer(desk, CLASSES, "transfer", owned_class, chosen=stranger)
    assert f"1 class that shares students with it goes along: {last_year.public_id}." in page
    actions.decide_student(text, student=student, version=None, actor=teacher)
    (said,) = confirm(desk, CLASSES, page)
    assert said.endswith("By now something else would go along. Look at it again.")
    actions.undo_decisions(text.batch, actor=teacher)
    assert read_transfer(owned_class, to=stranger).classes == {owned_class.pk, last_year.pk, other.pk}, (
        "it could be decided again"
    )
    page = answer(desk, CLASSES, "transfer", owned_class, chosen=stranger)
    assert confirm(desk, CLASSES, page) == ["Done: Give the class a new owner (1)"]
    assert [*SchoolClass.objects.filter(owner=teacher)] == [apart]
    assert list(broken_invariants(blobs=False)) == []


def test_students_of_one_address_become_one(
    owned_class: SchoolClass, desk: Client, teacher: User, stranger: User, support: User
) -> None:
    """Within what is one teacher's an address is one person. It can be undone as any merge can."""
    student, apart = make_students(owned_class, ["Siri Berg", "Bo Ek"])
    own_class = SchoolClass.objects.create(owner=stranger, designation="NA24")
    (kept,) = make_students(own_class, ["Siri Alma Berg"])
    Student.objects.filter(pk=kept.pk).update(email=str(student.email).upper())
    batches = [make_batch(teacher, owned_class), make_batch(stranger, own_class)]
    for batch, who, by in zip(batches, (student, kept), (teacher, stranger), strict=True):
        (text,) = make_essays(batch, 1)
        actions.decide_student(text, student=who, version=None, actor=by)
    page = answer(desk, CLASSES, "transfer", owned_class, chosen=stranger)
    assert "1 student has the same e-mail address as one of the new owner&#x27;s: the two become one." in page
    assert confirm(desk, CLASSES, page) == ["Done: Give the class a new owner (1)"]
    assert {*Student.objects.all()} == {kept, apart}
    assert {*Student.objects.in_class(owned_class)} == {kept, apart}
    assert Essay.objects.filter(association__student=kept).count() == 2
    assert list(broken_invariants(blobs=False)) == []
    again = actions.unmerge_students(kept.merges.get(), actor=stranger)
    assert (again, again.created_by, again.email) == (student, stranger, None)
    assert Essay.objects.get(association__student=student).batch == batches[0]
    assert list(broken_invariants(blobs=False)) == []


def test_what_cannot_be_given(
    owned_class: SchoolClass, desk: Client, teacher: User, stranger: User, settings: Any
) -> None:
    """To another school, with a text in a batch without a class, where there is no room."""
    (student,) = make_students(owned_class, ["Siri Berg"])

    def told() -> str:
        page = answer(desk, CLASSES, "transfer", owned_class, chosen=stranger)
        assert "What will happen" not in page
        return page

    (loose,) = make_essays(make_batch(teacher), 1)
    actions.decide_student(loose, student=student, version=None, actor=teacher)
    assert "Texts of its students are in batches without a class." in told()
    Batch.objects.update(school_class=owned_class)
    settings.TEACHER_QUOTA_BYTES = 10
    assert "The owner of the class has no room left for the files." in told()
    settings.TEACHER_QUOTA_BYTES = 10**9
    User.objects.filter(pk=stranger.pk).update(school=School.objects.create(name="Ekskolan"))
    assert 'aria-invalid="true"' in told(), "it is none of the choices"
    User.objects.exclude(pk=teacher.pk).update(is_active=False, school=None)
    User.objects.filter(role="support").update(is_active=True)
    chosen = {"action": "transfer", "_selected_action": owned_class.pk}
    assert messages(desk.post(CLASSES, chosen, follow=True)) == ["There is no other teacher at the owner's school."]
    assert SchoolClass.objects.get(pk=owned_class.pk).owner == teacher


@pytest.mark.django_db(transaction=True)
def test_a_class_that_changes_hands_while_a_student_comes_in(
    race: Any, owned_class: SchoolClass, teacher: User, stranger: User, support: User
) -> None:
    """Into another class of the owner until now: both never happen."""
    (student,) = make_students(owned_class, ["Siri Berg"])
    other = class_actions.create_class(teacher, designation="NA24", actor=teacher)
    going = read_transfer(owned_class, to=stranger)
    outcomes = race(
        lambda: actions.transfer_class(going, actor=support),
        lambda: class_actions.enrol_student(other, student=student, actor=teacher).pk,
    )
    assert outcomes in ([None, "not_found"], ["version_conflict", student.pk])
    assert list(broken_invariants(blobs=False)) == []
    with pytest.raises(ActionError):
        actions.transfer_class(going, actor=support)
