"""A batch gets its class later: matched again, one owner with its class, refused once texts are decided."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from batches import actions, tasks
from batches.invariants import broken_invariants
from batches.models import Batch, Decision, Essay, EssayStudentAssociation, Excuse
from batches.state import count_batch
from batches.tests.calling import assert_problem
from batches.tests.making import make_batch, make_essays, make_students
from classes.actions import remove_student
from classes.models import ClassCourse, ClassShare, SchoolClass, Student, StudentMerge
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def batch(teacher: User) -> Batch:
    """Made without a class, with one text whose label names Emil."""
    made = make_batch(teacher)
    make_essays(made, 1)
    clue = {"id": "e1", "place": "label", "field": "text", "start": 0, "end": 9, "text": "Emil Berg"}
    EssayFile.objects.update(evidence=[clue])
    return made


@pytest.fixture
def other_class(teacher: User) -> SchoolClass:
    return SchoolClass.objects.create(owner=teacher, designation="NA25B")


def choose(batch: Batch, school_class: SchoolClass | None, actor: User, **more: Any) -> Batch:
    return actions.update_batch(batch, changes={"school_class": school_class}, actor=actor, **more)


def refusal(call: Callable[[], Any]) -> str:
    with pytest.raises(ActionError) as caught:
        call()
    return caught.value.code


def test_a_class_chosen_later_brings_course_and_matches(
    batch: Batch, owned_class: SchoolClass, teacher: User, reader: User,
    django_capture_on_commit_callbacks: Callable[..., Any], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    [student] = make_students(owned_class, ["Emil Berg"])
    queued: list[int] = []
    monkeypatch.setattr(tasks.rematch_essays, "delay_on_commit", queued.append)
    changed = choose(batch, owned_class, teacher)
    assert (changed.school_class, changed.course_code, changed.version) == (owned_class, "ENG6", batch.version + 1)
    assert queued == [batch.pk]
    tasks.rematch_essays(batch.pk)
    essay = Essay.objects.select_related("association__student").get(batch=batch)
    assert (essay.association.student, essay.association.certainty) == (student, "certain")
    assert Batch.objects.visible_to(reader).filter(pk=batch.pk).exists(), "shared as the class is"
    assert choose(batch, owned_class, teacher).version == changed.version + 1
    assert queued == [batch.pk], "the same class again matches nothing"


def test_a_course_that_the_new_class_reads_stays(
    batch: Batch, owned_class: SchoolClass, other_class: SchoolClass, teacher: User
) -> None:
    for code in ("ENG5", "ENG6"):
        ClassCourse.objects.create(school_class=other_class, code=code)
    choose(batch, owned_class, teacher)
    assert choose(batch, other_class, teacher).course_code == "ENG6"
    assert choose(batch, None, teacher).course_code == ""
    assert choose(batch, other_class, teacher).course_code == "", "which of two, nobody has said"


def test_decided_texts_hold_the_class(
    batch: Batch, owned_class: SchoolClass, other_class: SchoolClass, teacher: User
) -> None:
    essay = Essay.objects.get(batch=batch)
    actions.decide_student(essay, student=None, version=None, actor=teacher)
    choose(batch, owned_class, teacher)
    assert refusal(lambda: choose(batch, other_class, teacher)) == "has_decisions"
    assert refusal(lambda: choose(batch, None, teacher)) == "has_decisions"
    assert Batch.objects.get(pk=batch.pk).school_class == owned_class
    actions.clear_decision(essay, version=None, actor=teacher)
    assert choose(batch, other_class, teacher).school_class == other_class


def test_a_locked_batch_keeps_its_class(batch: Batch, owned_class: SchoolClass, teacher: User) -> None:
    actions.lock_batch(batch, actor=teacher)
    assert refusal(lambda: choose(batch, owned_class, teacher)) == "batch_locked"
    stale = lambda: choose(batch, owned_class, teacher, version=batch.version)  # noqa: E731
    assert refusal(stale) == "version_conflict"


def test_in_a_colleagues_class_it_is_the_colleagues(
    owned_class: SchoolClass, teacher: User, colleague: User, settings: Any
) -> None:
    own = make_batch(colleague)
    [essay] = make_essays(own, 1)
    settings.TEACHER_QUOTA_BYTES = 50
    assert refusal(lambda: choose(own, owned_class, colleague)) == "quota_exceeded"
    settings.TEACHER_QUOTA_BYTES = 100
    assert choose(own, owned_class, colleague).owner == teacher
    assert EssayFile.objects.get(pk=essay.file_id).owner == teacher
    assert Batch.objects.editable_by(colleague).filter(pk=own.pk).exists()


def test_nobody_but_the_owner_hands_it_to_another(
    batch: Batch, owned_class: SchoolClass, teacher: User, colleague: User
) -> None:
    choose(batch, owned_class, teacher)
    theirs = SchoolClass.objects.create(owner=colleague, designation="TE25A")
    assert refusal(lambda: choose(batch, theirs, colleague)) == "permission_denied"
    essay = Essay.objects.get(batch=batch)
    actions.decide_student(essay, student=None, version=None, actor=teacher)
    ClassShare.objects.create(school_class=theirs, user=teacher, can_change=True)
    assert refusal(lambda: choose(batch, theirs, teacher)) == "has_decisions"


@pytest.mark.django_db(transaction=True)
def test_a_decision_and_another_class_at_once(
    batch: Batch, owned_class: SchoolClass, other_class: SchoolClass, teacher: User, race: Callable[..., list[Any]]
) -> None:
    choose(batch, owned_class, teacher)
    essay = Essay.objects.get(batch=batch)
    outcomes = race(
        lambda: actions.decide_student(essay, student=None, version=None, actor=teacher),
        lambda: choose(batch, other_class, teacher),
    )
    found = Batch.objects.get(pk=batch.pk)
    assert Essay.objects.get(pk=essay.pk).association.is_decided
    decided_first = outcomes[1] == "has_decisions"
    assert found.school_class == (owned_class if decided_first else other_class)


# --- doors -----------------------------------------------------------------------------------------------------------


def test_the_api_changes_the_class(
    batch: Batch, owned_class: SchoolClass, teacher: User, stranger: User, api: Callable[..., APIClient]
) -> None:
    path = f"/api/v1/batches/{batch.public_id}/"
    foreign = SchoolClass.objects.create(owner=stranger, designation="XX1")
    assert_problem(api(teacher).patch(path, {"class_id": str(foreign.public_id)}), 400, "validation_error")
    answer = api(teacher).patch(path, {"class_id": str(owned_class.public_id), "title": "New", "version": 1}).json()
    assert (answer["class_id"], answer["title"]) == (str(owned_class.public_id), "New")
    essay = Essay.objects.get(batch=batch)
    actions.decide_student(essay, student=None, version=None, actor=teacher)
    refused = api(teacher).patch(path, {"class_id": None}, format="json")
    assert assert_problem(refused, 409, "has_decisions")["errors"][0]["field"] == "class_id"


def test_the_page_offers_own_and_editable_classes(
    client_for: ClientFor, batch: Batch, owned_class: SchoolClass, teacher: User, stranger: User
) -> None:
    SchoolClass.objects.create(owner=stranger, designation="XX1")
    address = reverse("batches:class", args=[batch.public_id])
    client = client_for(teacher)
    assert address in client.get(reverse("batches:detail", args=[batch.public_id])).content.decode()
    page = client.get(address).content.decode()
    assert f'value="{owned_class.public_id}" selected' in page, "the only one"
    assert "XX1" not in page
    data = {"school_class": owned_class.public_id, "version": batch.version}
    assert client.post(address, data).status_code == 302
    assert Batch.objects.get(pk=batch.pk).school_class == owned_class
    assert "Changed the class" in client.get(reverse("batches:history", args=[batch.public_id])).content.decode()
    late = client.post(address, {**data, "school_class": ""})
    assert (late.status_code, "Somebody else changed the batch meanwhile." in late.content.decode()) == (409, True)


def test_the_page_says_why_it_refuses(
    client_for: ClientFor, batch: Batch, owned_class: SchoolClass, other_class: SchoolClass, teacher: User
) -> None:
    choose(batch, owned_class, teacher)
    actions.decide_student(Essay.objects.get(batch=batch), student=None, version=None, actor=teacher)
    address = reverse("batches:class", args=[batch.public_id])
    client = client_for(teacher)
    version = Batch.objects.get(pk=batch.pk).version
    answer = client.post(address, {"school_class": other_class.public_id, "version": version})
    assert (answer.status_code, "Texts of the batch have been decided already." in answer.content.decode()) == (
        409,
        True,
    )
    tasks.rematch_essays(batch.pk)
    actions.lock_batch(batch, actor=teacher)
    assert "its class cannot be changed" in client.get(address).content.decode()


def test_a_new_batch_has_the_only_class_or_the_one_it_came_from(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    client, address = client_for(teacher), reverse("batches:new")
    assert f'value="{owned_class.public_id}" selected' in client.get(address).content.decode()
    other = SchoolClass.objects.create(owner=teacher, designation="NA25B")
    assert "selected>Without class" in client.get(address).content.decode().replace('value="" ', "")
    page = client.get(address, {"class": str(other.public_id)}).content.decode()
    assert f'value="{other.public_id}" selected' in page


# --- nothing of the class before stays -------------------------------------------------------------------------------


@pytest.fixture
def theirs(teacher: User, colleague: User) -> SchoolClass:
    """A colleague's class that the teacher may change."""
    made = SchoolClass.objects.create(owner=colleague, designation="TE25A")
    ClassShare.objects.create(school_class=made, user=teacher, can_change=True)
    return made


@pytest.fixture
def suggested(owned_class: SchoolClass, teacher: User) -> Batch:
    """With two certain texts, one unsure, and all of the owned class."""
    students = make_students(owned_class, ["Emil Berg", "Nora Ek", "Isak Dal"])
    made = make_batch(teacher, owned_class)
    make_essays(made, 2, students=students[:2], certainty="certain")
    make_essays(made, 1, students=students[2:], certainty="unsure")
    return made


def matches_of(batch: Batch) -> list[EssayStudentAssociation]:
    return list(EssayStudentAssociation.objects.filter(essay__batch=batch).order_by("essay_id"))


@pytest.mark.parametrize("where", ["own", "none", "another teacher's"])
def test_the_suggestions_of_the_class_before_are_gone_at_once(
    suggested: Batch, other_class: SchoolClass, theirs: SchoolClass, teacher: User, where: str
) -> None:
    choose(suggested, {"own": other_class, "none": None, "another teacher's": theirs}[where], teacher)
    for match in matches_of(suggested):
        assert (match.student, match.certainty, match.confidence) == (None, "no_match", 0.0)
        assert (match.candidates, match.evidence) == ([], [])
    counts = count_batch(suggested)
    assert (counts.reading, counts.certain, counts.suggested) == (3, 0, 0), "until matching has run"
    assert actions.confirm_matches(suggested, actor=teacher).confirmed == ()
    assert refusal(lambda: actions.lock_batch(suggested, actor=teacher)) == "still_reading"
    assert refusal(lambda: actions.start_batch(suggested, actor=teacher)) == "still_reading"
    tasks.rematch_essays(suggested.pk)
    assert count_batch(suggested).reading == 0
    assert list(broken_invariants(blobs=False)) == []


@pytest.mark.parametrize("how", ["all", "chosen", "seen", "deadline"])
def test_a_suggestion_from_outside_the_class_is_not_certain(
    suggested: Batch, owned_class: SchoolClass, stranger: User, teacher: User, how: str
) -> None:
    first, second, _unsure = matches_of(suggested)
    assert first.student
    assert second.student
    remove_student(owned_class, student=first.student, actor=teacher)
    Student.objects.filter(pk=second.student.pk).update(created_by=stranger)
    if how == "deadline":
        past = timezone.now() - timedelta(seconds=1)
        Batch.objects.filter(pk=suggested.pk).update(auto_confirm=True, review_by=past)
        assert actions.confirm_at_deadline(suggested, now=timezone.now(), actor=None) == 0
    else:
        keys = [first.essay.public_id, second.essay.public_id]
        named = {match.essay.public_id: match.student.public_id for match in (first, second) if match.student}
        ways: dict[str, dict[str, Any]] = {"all": {}, "chosen": {"essay_ids": keys}, "seen": {"seen": named}}
        done = actions.confirm_matches(suggested, actor=teacher, **ways[how])
        assert done.refused == tuple((key, "not_certain") for key in keys)
    assert {match.status for match in matches_of(suggested)} == {"undecided"}


def test_another_teacher_gets_no_student_with_the_batch(
    suggested: Batch, theirs: SchoolClass, owned_class: SchoolClass, teacher: User, colleague: User,
    client_for: ClientFor,
) -> None:  # fmt: skip
    """Not with a removed text, not by undo, not in the history, not as one who is excused."""
    removed, live, _unsure = matches_of(suggested)
    actions.confirm_matches(suggested, essay_ids=[removed.essay.public_id, live.essay.public_id], actor=teacher)
    actions.clear_decision(live.essay, version=None, actor=teacher)
    actions.remove_file(suggested, file=removed.essay.file, actor=teacher)
    assert live.student
    Essay.objects.filter(batch=suggested).update(chosen_for=live.student)
    actions.excuse_student(suggested, student=live.student, actor=teacher)
    moved = choose(suggested, theirs, teacher)
    assert moved.owner == colleague
    assert {match.student for match in matches_of(suggested)} == {None}
    assert not Essay.objects.filter(batch=suggested).exclude(chosen_for=None).exists()
    assert not Excuse.objects.filter(batch=suggested).exists()
    assert not Decision.objects.filter(essay__batch=suggested).exclude(before__student=None, after__student=None)
    assert refusal(lambda: actions.undo_decisions(suggested, actor=teacher)) == "not_undoable"
    page = client_for(colleague).get(reverse("batches:history", args=[suggested.public_id])).content.decode()
    assert "Confirmed" in page
    assert not any(name in page for name in ("Emil", "Nora", "Isak"))
    assert list(broken_invariants(blobs=False)) == []


def test_two_students_again_name_nobody_in_a_batch_that_was_handed_over(
    suggested: Batch, theirs: SchoolClass, teacher: User
) -> None:
    _first, live, unsure = matches_of(suggested)
    assert live.student
    assert unsure.student
    actions.decide_student(live.essay, student=live.student, version=None, actor=teacher)
    actions.clear_decision(live.essay, version=None, actor=teacher)
    actions.merge_students(live.student, into=unsure.student, actor=teacher)
    choose(suggested, theirs, teacher)
    actions.unmerge_students(StudentMerge.objects.get(), actor=teacher)
    assert not Decision.objects.filter(essay__batch=suggested).exclude(before__student=None, after__student=None)
    assert list(broken_invariants(blobs=False)) == []
