"""Taking a merge of two students back: everything where it was, or a reason why not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from batches import actions
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from batches.tests.making import make_essays, make_students
from classes import actions as class_actions
from classes.models import Enrolment, SchoolClass, Student, StudentAlias, StudentMerge
from classes.tasks import purge_roster_imports
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError


@pytest.fixture
def pair(owned_class: SchoolClass, teacher: User) -> tuple[Student, Student]:
    one, other = make_students(owned_class, ["Emil Berg", "Emil Andersson Berg"])
    Student.objects.filter(pk=one.pk).update(external_ids={"canvas": "1", "login": "emibe"}, preferred_name="Emmi")
    Student.objects.filter(pk=other.pk).update(external_ids={"canvas": "2"}, email=None)
    second = class_actions.create_class(teacher, designation="NA25B", actor=teacher)
    class_actions.enrol_student(second, student=one, actor=teacher)
    class_actions.remove_student(owned_class, student=other, actor=teacher)
    for student, spelling in ((one, "E Berg"), (one, "Emmi B"), (other, "emmi b")):
        StudentAlias.objects.create(student=student, spelling=spelling)
    one.refresh_from_db()
    other.refresh_from_db()
    return one, other


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def snapshot() -> Any:
    """Everything that a merge changes, but for rows' own keys and counters that only go up."""
    students = Student.objects.order_by("pk").values(
        "pk", "public_id", "created_at", "given_name", "family_name", "preferred_name", "email", "external_ids"
    )
    return (
        list(students),
        sorted(StudentAlias.objects.values_list("student_id", "spelling")),
        sorted(Enrolment.objects.values_list("student_id", "school_class_id", "created_at", "left_at"), key=str),
        list(EssayStudentAssociation.objects.order_by("pk").values("pk", "student_id", "status", "candidates")),
        list(Decision.objects.order_by("pk").values("pk", "before", "after", "undone_at")),
        list(Essay.objects.order_by("pk").values("pk", "counts", "replaces_id", "chosen_for_id")),
    )


def merged(pair: tuple[Student, Student], teacher: User) -> StudentMerge:
    actions.merge_students(pair[0], into=pair[1], actor=teacher)
    return StudentMerge.objects.get()


def test_undo_puts_everything_back(pair: tuple[Student, Student], batch: Batch, teacher: User) -> None:
    one, other = pair
    decided, suggested, own = make_essays(batch, 3, students=[one, one, other], certainty="certain")
    actions.decide_student(decided, student=one, version=None, actor=teacher)
    actions.decide_student(own, student=other, version=None, actor=teacher)
    before = snapshot()
    merge = merged(pair, teacher)
    assert not Student.objects.filter(pk=one.pk).exists()
    back = actions.read_unmerge(merge, user=teacher)
    assert (back.name, back.texts, back.class_names, back.spellings, back.obstacle) == (
        "Emil Berg", [batch.title], ["NA25B", "SA24D"] if "SA24D" in back.class_names else back.class_names, 2, "",
    )  # fmt: skip
    again = actions.unmerge_students(merge, actor=teacher)
    assert (again.pk, again.public_id) == (one.pk, one.public_id)
    assert snapshot() == before
    assert EssayStudentAssociation.objects.get(essay=suggested).student_id == one.pk
    merge.refresh_from_db()
    assert (merge.undo, merge.undone_at is not None) == ({}, True)
    actions.undo_decisions(batch, actor=teacher)
    assert EssayStudentAssociation.objects.filter(status="undecided").count() == 2


def refused(merge: StudentMerge, teacher: User) -> str:
    before = snapshot()
    with pytest.raises(ActionError) as error:
        actions.unmerge_students(merge, actor=teacher)
    assert error.value.code == "not_undoable"
    assert snapshot() == before
    assert actions.read_unmerge(StudentMerge.objects.get(pk=merge.pk), user=teacher).obstacle == str(
        error.value.message
    )
    return str(error.value.message)


def test_a_text_that_was_decided_again(pair: tuple[Student, Student], batch: Batch, teacher: User) -> None:
    one, other = pair
    (essay,) = make_essays(batch, 1, students=[one], certainty="certain")
    actions.decide_student(essay, student=one, version=None, actor=teacher)
    merge = merged(pair, teacher)
    actions.decide_student(essay, student=None, version=None, actor=teacher)
    assert "decided since" in refused(merge, teacher)
    assert Student.objects.filter(pk=other.pk).exists()


def test_undoing_what_was_decided_since_lets_it_be_undone(
    pair: tuple[Student, Student], batch: Batch, teacher: User
) -> None:
    one, other = pair
    third = make_students(SchoolClass.objects.get(designation="SA24D"), ["Klara Ek"])[0]
    (essay,) = make_essays(batch, 1, students=[one], certainty="certain")
    actions.decide_student(essay, student=one, version=None, actor=teacher)
    merge = merged(pair, teacher)
    for student in (third, None):
        actions.decide_student(essay, student=student, version=None, actor=teacher)
        assert "Undo that first" in refused(merge, teacher)
        actions.undo_decisions(batch, actor=teacher)
        assert actions.read_unmerge(StudentMerge.objects.get(pk=merge.pk), user=teacher).obstacle == ""
    actions.unmerge_students(merge, actor=teacher)
    association = EssayStudentAssociation.objects.get(essay=essay)
    assert (association.student_id, association.status) == (one.pk, "confirmed")
    assert Student.objects.filter(pk=other.pk).exists()


def test_a_suggestion_that_was_confirmed_since(pair: tuple[Student, Student], batch: Batch, teacher: User) -> None:
    """The person confirmed the one who was kept: that is not moved behind their back."""
    one, other = pair
    (essay,) = make_essays(batch, 1, students=[one], certainty="certain")
    merge = merged(pair, teacher)
    actions.decide_student(essay, student=other, version=None, actor=teacher)
    assert "decided since" in refused(merge, teacher)
    actions.clear_decision(essay, version=None, actor=teacher)
    actions.unmerge_students(merge, actor=teacher)
    assert EssayStudentAssociation.objects.get(essay=essay).student_id == one.pk


def test_a_merge_of_who_was_merged_before(
    pair: tuple[Student, Student], owned_class: SchoolClass, batch: Batch, teacher: User
) -> None:
    """The earlier merge waits, and is there again with the student: both are taken back, the latest first."""
    one, other = pair
    third = make_students(owned_class, ["Emil B"])[0]
    StudentAlias.objects.create(student=third, spelling="e berg")
    second_class = SchoolClass.objects.get(designation="NA25B")
    class_actions.enrol_student(second_class, student=third, actor=teacher)
    essays = make_essays(batch, 3, students=[one, other, third], certainty="certain")
    for essay, student in zip(essays, (one, other, third), strict=True):
        actions.decide_student(essay, student=student, version=None, actor=teacher)
    before = snapshot()
    first = merged(pair, teacher)
    between = snapshot()
    actions.merge_students(other, into=third, actor=teacher)
    second = StudentMerge.objects.latest("pk")
    assert [merge.pk for merge in third.merges.all()] == [second.pk, first.pk]
    first.refresh_from_db()
    assert "merged with another since" in refused(first, teacher)
    actions.unmerge_students(second, actor=teacher)
    assert snapshot() == between
    first.refresh_from_db()
    assert first.kept_id == other.pk
    actions.unmerge_students(first, actor=teacher)
    assert snapshot() == before


def test_an_address_that_changed_or_is_taken(
    pair: tuple[Student, Student], owned_class: SchoolClass, teacher: User
) -> None:
    one, other = pair
    email = one.email
    merge = merged(pair, teacher)
    class_actions.update_student(other, changes={"email": "emil@elev.example"}, actor=teacher)
    assert "have been changed since" in refused(merge, teacher)
    Student.objects.filter(pk=other.pk).update(email=None)
    class_actions.add_student(owned_class, values={"given_name": "Eva", "email": email}, actor=teacher)
    StudentMerge.objects.update(undo=merge.undo | {"into": {}})
    merge.refresh_from_db()
    assert "has got the e-mail address" in refused(merge, teacher)


def test_too_late_done_already_and_protected(pair: tuple[Student, Student], teacher: User) -> None:
    merge = merged(pair, teacher)
    actions.unmerge_students(merge, actor=teacher)
    assert "undone already" in refused(merge, teacher)
    again = pair[0]
    again.refresh_from_db()
    actions.merge_students(again, into=pair[1], actor=teacher)
    second = StudentMerge.objects.latest("pk")
    StudentMerge.objects.filter(pk=second.pk).update(created_at=timezone.now() - timedelta(days=31))
    assert purge_roster_imports()["merges"] == 1
    assert "30 days" in refused(second, teacher)
    actions.protect_student(pair[1], alias="Kim", actor=teacher)
    assert "protected identity" in refused(second, teacher)


def test_protecting_forgets_what_a_merge_had_moved(pair: tuple[Student, Student], teacher: User) -> None:
    merge = merged(pair, teacher)
    assert "Emmi" in str(merge.undo)
    actions.protect_student(pair[1], alias="Kim", actor=teacher)
    merge.refresh_from_db()
    assert merge.undo == {}


def test_through_the_doors(
    pair: tuple[Student, Student], owned_class: SchoolClass, batch: Batch, teacher: User, api: Any, client_for: Any
) -> None:
    one, other = pair
    class_actions.enrol_student(owned_class, student=other, actor=teacher)
    (essay,) = make_essays(batch, 1, students=[one], certainty="certain")
    actions.decide_student(essay, student=one, version=None, actor=teacher)
    client = client_for(teacher)
    page = reverse("batches:student-merge", args=[owned_class.public_id, one.public_id])
    shown = client.get(page, {"into": str(other.public_id)}).content.decode()
    for word in (batch.title, "NA25B", "E Berg", "login emibe", one.email or "", "You can undo it"):
        assert word in shown
    assert client.get(page, {"into": "x"}).status_code == 422
    client.post(page, {"into": str(other.public_id)})
    merges = api(teacher).get(f"/api/v1/students/{other.public_id}/merges/").json()
    assert [(row["name"], row["texts"], row["obstacle"]) for row in merges] == [("Emil Berg", [batch.title], "")]
    panel = client.get(reverse("classes:student", args=[owned_class.public_id, other.public_id])).content.decode()
    undo = reverse("batches:student-unmerge", args=[owned_class.public_id, other.public_id, merges[0]["id"]])
    assert undo in panel
    assert batch.title in client.get(undo).content.decode()
    assert client.post(undo)["Location"] == reverse("classes:student", args=[owned_class.public_id, one.public_id])
    assert client.post(undo).status_code == 409
    api(teacher).post(f"/api/v1/students/{one.public_id}/merge/", {"into": str(other.public_id)}, format="json")
    (newest, _old) = api(teacher).get(f"/api/v1/students/{other.public_id}/merges/").json()
    path = f"/api/v1/students/{other.public_id}/merges/{newest['id']}/undo/"
    assert api(teacher).post(path).json()["id"] == str(one.public_id)
    assert api(teacher).post(path).status_code == 409
