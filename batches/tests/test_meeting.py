"""A student is changed, hidden, merged, deleted and used at once: one lock order, so nothing crosses or breaks.

Nothing is tried twice here: what these races show must hold without that.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from batches import actions
from batches.invariants import broken_invariants
from batches.models import Batch, EssayStudentAssociation
from batches.tests.making import make_batch, make_stored, make_students
from classes import actions as class_actions
from classes.actions import applying
from classes.actions.identity import show_identity
from classes.models import Enrolment, RosterImport, SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.relay import relay_waiting

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "5"))
Race = Callable[..., list[Any]]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("huleedu.common.actions.TRIES", 1)
    yield
    relay_waiting()
    assert list(broken_invariants()) == []


def done(call: Callable[..., Any], *args: Any, **kwargs: Any) -> Callable[[], str]:
    """The call, answering `done`: an unforeseen error leaves None in the race's outcomes."""

    def run() -> str:
        call(*args, **kwargs)
        return "done"

    return run


def class_of(teacher: User, count: int = 8) -> tuple[SchoolClass, list[Student]]:
    school_class = SchoolClass.objects.create(owner=teacher, designation="NA25")
    return school_class, make_students(school_class, [f"Old{number} Ek{number}" for number in range(count)])


def list_about(school_class: SchoolClass, students: list[Student], actor: User) -> RosterImport:
    """A draft that renames everybody, the last first: rows come in another order than keys."""
    lines = [f"Zeb{number};Qvarn{number};{student.email}" for number, student in enumerate(students)]
    text = "\n".join(["Förnamn;Efternamn;E-post", *reversed(lines)])
    return class_actions.preview_roster(school_class, data=text, actor=actor)


def protecting(students: list[Student], actor: User) -> list[Callable[[], str]]:
    return [
        done(actions.protect_student, student, alias=f"Elev {number}", actor=actor)
        for number, student in enumerate(students)
    ]


@pytest.mark.parametrize("step", ["apply", "undo"])
def test_a_list_against_protection(teacher: User, race: Race, step: str) -> None:
    """Whichever comes first: nobody hidden has a name again."""
    for _number in range(ROUNDS):
        school_class, students = class_of(teacher)
        draft = list_about(school_class, students, teacher)
        if step == "undo":
            class_actions.apply_import(draft, actor=teacher)
        call = class_actions.apply_import if step == "apply" else class_actions.undo_import
        outcomes = race(done(call, draft, actor=teacher), *protecting(students[:3], teacher))
        assert outcomes[1:] == ["done"] * 3
        assert outcomes[0] in ("done", "not_found")  # protection drops lists on their way in
        hidden = Student.objects.filter(pk__in=[student.pk for student in students[:3]])
        assert set(hidden.values_list("given_name", "family_name", "email")) == {
            (f"Elev {number}", "", None) for number in range(3)
        }


def test_undoing_a_list_against_everything(teacher: User, race: Race) -> None:
    other = SchoolClass.objects.create(owner=teacher, designation="NA26")
    for _number in range(ROUNDS):
        school_class = SchoolClass.objects.create(owner=teacher, designation="NA25")
        lines = "\n".join(f"Rac{n};Ing;rac{n}-{uuid.uuid4().hex[:6]}@elev.example" for n in range(7))
        draft = class_actions.preview_roster(
            school_class, data=f"Förnamn;Efternamn;E-post\n{lines}", actor=teacher
        )  # fmt: skip
        class_actions.apply_import(draft, actor=teacher)
        students = list(Student.objects.in_class(school_class).order_by("pk"))
        batch = make_batch(teacher, school_class)
        [essay] = make_stored(batch, 1)
        outcomes = race(
            done(class_actions.undo_import, draft, actor=teacher),
            done(actions.decide_student, essay, student=students[0], version=1, actor=teacher),
            done(actions.merge_students, students[1], into=students[2], actor=teacher),
            done(class_actions.delete_student, students[3], actor=teacher),
            done(class_actions.enrol_student, other, student=students[4], actor=teacher),
            done(actions.excuse_student, batch, student=students[5], actor=teacher),
            done(actions.protect_student, students[6], alias="Elev", actor=teacher),
        )
        assert outcomes[0] == "done"
        assert set(outcomes) <= {"done", "not_found", "validation_error"}
        kept = Student.objects.filter(pk=students[0].pk).exists()
        assert kept == (outcomes[1] == "done")


@pytest.mark.parametrize("use", ["decide", "enrol", "excuse"])
def test_deleting_a_student_against_using_them(teacher: User, race: Race, use: str) -> None:
    other = SchoolClass.objects.create(owner=teacher, designation="NA26")
    for _number in range(ROUNDS):
        school_class, [student] = class_of(teacher, 1)
        batch = make_batch(teacher, school_class)
        [essay] = make_stored(batch, 1)
        using = {
            "decide": done(actions.decide_student, essay, student=student, version=1, actor=teacher),
            "enrol": done(class_actions.enrol_student, other, student=student, actor=teacher),
            "excuse": done(actions.excuse_student, batch, student=student, actor=teacher),
        }
        deleted, used = race(done(class_actions.delete_student, student, actor=teacher), using[use])
        assert (deleted, used) in (("done", "not_found"), ("done", "done"), ("has_texts", "done"))
        assert Student.objects.filter(pk=student.pk).exists() == (deleted != "done")


@pytest.mark.parametrize("use", ["decide", "enrol", "excuse", "merge", "protect"])
def test_a_student_who_was_deleted_meanwhile(teacher: User, use: str) -> None:
    school_class, [student, other] = class_of(teacher, 2)
    batch = make_batch(teacher, school_class)
    [essay] = make_stored(batch, 1)
    class_actions.delete_student(Student(pk=student.pk), actor=teacher)
    calls: dict[str, Callable[[], Any]] = {
        "decide": partial(actions.decide_student, essay, student=student, version=1, actor=teacher),
        "enrol": partial(class_actions.enrol_student, school_class, student=student, actor=teacher),
        "excuse": partial(actions.excuse_student, batch, student=student, actor=teacher),
        "merge": partial(actions.merge_students, other, into=student, actor=teacher),
        "protect": partial(actions.protect_student, student, alias="Kim", actor=teacher),
    }
    with pytest.raises(ActionError) as refused:
        calls[use]()
    assert refused.value.code == ("validation_error" if use == "merge" else "not_found")


def test_undoing_a_decision_against_deleting_who_was_chosen_before(teacher: User, race: Race) -> None:
    for _number in range(ROUNDS):
        school_class, [first, second] = class_of(teacher, 2)
        batch = make_batch(teacher, school_class)
        [essay] = make_stored(batch, 1)
        for student in (first, second):
            actions.decide_student(essay, student=student, version=None, actor=teacher)
        outcomes = race(
            done(class_actions.delete_student, first, actor=teacher), done(actions.undo_decisions, batch, actor=teacher)
        )
        assert outcomes in (["done", "not_undoable"], ["has_texts", "done"])
        match = EssayStudentAssociation.objects.get(essay=essay)
        assert match.student_id == (first if outcomes[1] == "done" else second).pk


def test_undoing_a_decision_against_merging(teacher: User, race: Race) -> None:
    for _number in range(ROUNDS):
        school_class, [first, second] = class_of(teacher, 2)
        batch = make_batch(teacher, school_class)
        [essay] = make_stored(batch, 1)
        for student in (first, second):
            actions.decide_student(essay, student=student, version=None, actor=teacher)
        outcomes = race(
            done(actions.merge_students, first, into=second, actor=teacher),
            done(actions.undo_decisions, batch, actor=teacher),
        )
        assert outcomes == ["done", "done"]
        assert EssayStudentAssociation.objects.get(essay=essay).student_id == second.pk


def test_merges_in_a_circle(teacher: User, race: Race) -> None:
    for _number in range(ROUNDS):
        school_class, students = class_of(teacher, 4)
        batch: Batch = make_batch(teacher, school_class)
        essays = make_stored(batch, 4)
        for essay, student in zip(essays, students, strict=True):
            actions.decide_student(essay, student=student, version=None, actor=teacher)
        pairs = zip(students, [*students[1:], students[0]], strict=True)
        outcomes = race(*(done(actions.merge_students, one, into=other, actor=teacher) for one, other in pairs))
        assert set(outcomes) <= {"done", "validation_error"}
        left = Student.objects.in_class(school_class).count()
        assert left == 4 - outcomes.count("done") >= 1


def test_a_batch_that_gets_a_class_against_merging_in_it(teacher: User, race: Race) -> None:
    for _number in range(ROUNDS):
        school_class, [one, other] = class_of(teacher, 2)
        batch = make_batch(teacher, school_class)
        elsewhere = SchoolClass.objects.create(owner=teacher, designation="NA26")
        class_actions.enrol_student(elsewhere, student=one, actor=teacher)
        make_stored(batch, 1)
        EssayStudentAssociation.objects.filter(essay__batch=batch).update(student=one, certainty="unsure")
        outcomes = race(
            done(actions.merge_students, one, into=other, actor=teacher),
            done(actions.update_batch, batch, changes={"school_class": elsewhere}, actor=teacher),
        )
        assert outcomes == ["done", "done"]


def test_an_address_that_somebody_gets_as_protection_ends(teacher: User, race: Race) -> None:
    for _number in range(ROUNDS):
        school_class, [student] = class_of(teacher, 1)
        actions.protect_student(student, alias="Kim", actor=teacher)
        values: dict[str, str | None] = {"given_name": "R", "email": f"{uuid.uuid4().hex[:8]}@elev.example"}
        outcomes = race(
            done(show_identity, student, values=values, actor=teacher),
            done(class_actions.add_student, school_class, values=values, actor=teacher),
        )
        assert sorted(outcomes) == ["done", "validation_error"]


def test_an_address_that_somebody_gets_as_a_merge_is_undone(teacher: User, race: Race) -> None:
    for _number in range(ROUNDS):
        school_class, [one, other] = class_of(teacher, 2)
        email = one.email
        actions.merge_students(one, into=other, actor=teacher)
        merge = other.merges.get()
        outcomes = race(
            done(actions.unmerge_students, merge, actor=teacher),
            done(class_actions.add_student, school_class, values={"given_name": "N", "email": email}, actor=teacher),
        )
        assert outcomes in (["done", "validation_error"], ["not_undoable", "done"])


def test_a_list_waits_and_then_sees_what_stands(teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hidden between the comparison and the lock, through another class that the list's class knows nothing of."""
    school_class, students = class_of(teacher, 2)
    _elsewhere, [known] = class_of(teacher, 1)
    draft = list_about(school_class, [*students, known], teacher)
    compare = applying.compare

    def hide_meanwhile(*args: Any) -> Any:
        rows = compare(*args)
        Student.objects.filter(pk=known.pk).update(
            given_name="Elev", family_name="", email=None, protected_identity=True
        )  # fmt: skip
        return rows

    monkeypatch.setattr(applying, "compare", hide_meanwhile)
    with pytest.raises(ActionError) as refused:
        class_actions.apply_import(draft, actor=teacher)
    assert refused.value.code == "version_conflict"
    assert not Enrolment.objects.filter(school_class=school_class, student=known).exists()
    assert Student.objects.get(pk=students[0].pk).given_name == "Old0"
