"""Decisions: what is written, told and logged; and two people at once."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.db import connection
from django.test.utils import CaptureQueriesContext

from batches import actions
from batches.matching import Candidate, Suggestion
from batches.models import Batch, Decision, Essay
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.reviewing import match_of, states
from classes.actions import remove_student
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

UPDATED = "essay.student.association.updated"


def events(kind: str = UPDATED) -> list[dict[str, Any]]:
    return list(OutboxEvent.objects.filter(event_type=kind).order_by("pk").values_list("payload", flat=True))


def refusal(call: Any) -> ActionError:
    with pytest.raises(ActionError) as caught:
        call()
    return caught.value


# --- one text --------------------------------------------------------------------------------------------------------


def test_a_decision_is_written_told_and_logged(
    essay: Essay, students: list[Student], teacher: User, colleague: User, reader: User
) -> None:
    match = actions.decide_student(essay, student=students[1], version=1, actor=colleague)
    assert (match.status, match.student, match.method, match.version) == ("confirmed", students[1], "person", 2)
    stored = match_of(essay)
    assert (stored.decided_by, stored.decided_at) == (colleague, match.decided_at)
    [decision] = Decision.objects.filter(essay=essay)
    assert (decision.actor, decision.version_after) == (colleague, 2)
    assert (decision.before["student"], decision.after["student"]) == (students[0].pk, students[1].pk)
    [event] = events()
    assert event["student_id"] == str(students[1].public_id)
    assert event["updated_by_user_id"] == str(colleague.public_id)
    row = OutboxEvent.objects.get(event_type=UPDATED)
    assert row.audience == sorted([teacher.pk, colleague.pk, reader.pk])
    assert set(row.public) == {"batch_id", "essay_id", "version"}, "browsers are told no student"
    entry = LogEntry.objects.get_for_object(stored).latest("pk")
    assert entry.actor == colleague
    assert entry.changes["status"] == ["undecided", "confirmed"]


def test_nobody_of_the_class(essay: Essay, teacher: User) -> None:
    actions.decide_student(essay, student=None, version=1, actor=teacher)
    match = match_of(essay)
    assert (match.status, match.student, match.decided_by) == ("no_student", None, teacher)
    assert events()[0]["student_id"] is None


def test_the_same_again_changes_nothing(essay: Essay, students: list[Student], teacher: User, colleague: User) -> None:
    actions.decide_student(essay, student=students[0], version=1, actor=teacher)
    again = actions.decide_student(essay, student=students[0], version=1, actor=colleague)
    assert (again.version, again.decided_by) == (2, teacher)
    assert len(events()) == Decision.objects.count() == 1


def test_confirming_the_suggestion_is_a_decision(essay: Essay, students: list[Student], teacher: User) -> None:
    match = actions.decide_student(essay, student=students[0], version=1, actor=teacher)
    assert (match.status, match.version) == ("confirmed", 2)


def test_a_late_decision_is_refused_with_what_stands(
    essay: Essay, students: list[Student], teacher: User, colleague: User
) -> None:
    actions.decide_student(essay, student=students[1], version=1, actor=colleague)
    error = refusal(lambda: actions.decide_student(essay, student=students[2], version=1, actor=teacher))
    assert (error.code, error.current) == ("version_conflict", essay)
    error = refusal(lambda: actions.clear_decision(essay, version=1, actor=teacher))
    assert error.code == "version_conflict"
    assert match_of(essay).student == students[1]
    assert len(events()) == 1


def test_a_decision_taken_back_leaves_the_suggestion(essay: Essay, students: list[Student], teacher: User) -> None:
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    match = actions.clear_decision(essay, version=2, actor=teacher)
    assert (match.status, match.student, match.method) == ("undecided", students[0], "")
    assert (match.decided_by, match.decided_at, match.version) == (None, None, 3)
    assert [event["student_id"] for event in events()] == [str(students[1].public_id), None]
    assert actions.clear_decision(essay, version=1, actor=teacher).version == 3, "nothing to take back"


def test_students_of_others_are_not_found(essay: Essay, stranger: User, teacher: User, colleague: User) -> None:
    for other in (stranger, colleague):
        school_class = SchoolClass.objects.create(owner=other, designation="NA24A")
        [theirs] = make_students(school_class, ["Maja Forslund"])
        error = refusal(partial(actions.decide_student, essay, student=theirs, version=1, actor=teacher))
        assert (error.code, error.field) == ("not_found", "student_id")
    assert match_of(essay).status == "undecided"


def test_a_student_of_another_class_of_the_owner_may_have_written_it(essay: Essay, teacher: User) -> None:
    [other] = make_students(SchoolClass.objects.create(owner=teacher, designation="NA24A"), ["Maja Forslund"])
    assert actions.decide_student(essay, student=other, version=1, actor=teacher).student == other


def test_a_student_who_left_may_have_written_it(
    essay: Essay, students: list[Student], owned_class: SchoolClass, teacher: User
) -> None:
    remove_student(owned_class, student=students[2], actor=teacher)
    assert actions.decide_student(essay, student=students[2], version=1, actor=teacher).student == students[2]


def test_a_removed_text_is_not_found(essay: Essay, batch: Batch, teacher: User) -> None:
    actions.remove_file(batch, file=essay.file, actor=teacher)
    for call in (
        lambda: actions.decide_student(essay, student=None, version=1, actor=teacher),
        lambda: actions.clear_decision(essay, version=1, actor=teacher),
    ):
        assert refusal(call).code == "not_found"


def test_protected_students_are_not_told_of(essay: Essay, students: list[Student], teacher: User) -> None:
    Student.objects.filter(pk=students[1].pk).update(protected_identity=True)
    students[1].refresh_from_db()
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    assert events()[0]["student_id"] is None


def test_two_texts_by_one_student_are_both_theirs(batch: Batch, students: list[Student], teacher: User) -> None:
    essays = make_essays(batch, 2, students=[students[0], students[0]], certainty="certain")
    done = actions.confirm_matches(batch, actor=teacher)
    assert len(done.confirmed) == 2
    assert {match_of(essay).student for essay in essays} == {students[0]}


# --- several at once -------------------------------------------------------------------------------------------------


def test_confirming_all_takes_the_certain_ones(batch: Batch, students: list[Student], teacher: User) -> None:
    certain = make_essays(batch, 2, students=students, certainty="certain")
    others = [*make_essays(batch, 1, students=students, certainty="unsure"), *make_essays(batch, 1)]
    done = actions.confirm_matches(batch, actor=teacher)
    assert set(done.confirmed) == {essay.public_id for essay in certain}
    assert done.refused == ()
    assert states(certain) == ["confirmed", "confirmed"]
    assert states(others) == ["undecided", "undecided"]
    assert len(events()) == 2
    assert Decision.objects.values("group").distinct().count() == 1
    for essay in certain:
        assert LogEntry.objects.get_for_object(match_of(essay)).latest("pk").actor == teacher


def test_what_is_not_certain_is_refused_and_the_rest_goes_on(
    batch: Batch, students: list[Student], teacher: User
) -> None:
    certain, decided = make_essays(batch, 2, students=students, certainty="certain")
    [unsure] = make_essays(batch, 1, students=students, certainty="unsure")
    [elsewhere] = make_essays(make_batch(teacher), 1)
    actions.decide_student(decided, student=students[2], version=1, actor=teacher)
    unknown = uuid4()
    asked = [essay.public_id for essay in (certain, decided, unsure, elsewhere)]
    done = actions.confirm_matches(batch, essay_ids=[*asked, unknown], actor=teacher)
    assert done.confirmed == (certain.public_id,)
    assert dict(done.refused) == {
        decided.public_id: "not_certain",
        unsure.public_id: "not_certain",
        elsewhere.public_id: "not_found",
        unknown: "not_found",
    }
    assert match_of(decided).student == students[2]


def test_confirming_none_is_no_step_to_undo(batch: Batch, students: list[Student], teacher: User) -> None:
    make_essays(batch, 1, students=students, certainty="certain")
    done = actions.confirm_matches(batch, essay_ids=[], actor=teacher)
    assert (done.decision_id, done.confirmed, done.refused) == (None, (), ())


# --- at once ---------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_people_deciding_at_once_one_is_told(
    essay: Essay, students: list[Student], teacher: User, colleague: User, race: Any
) -> None:
    outcomes = race(
        partial(actions.decide_student, essay, student=students[1], version=1, actor=teacher),
        partial(actions.decide_student, essay, student=students[2], version=1, actor=colleague),
    )
    [winner] = [outcome for outcome in outcomes if outcome != "version_conflict"]
    assert outcomes.count("version_conflict") == 1
    match = match_of(essay)
    assert (match.student, match.version) == (winner.student, 2)
    assert Decision.objects.count() == len(events()) == 1


@pytest.mark.django_db(transaction=True)
def test_two_people_choosing_the_same_agree(
    essay: Essay, students: list[Student], teacher: User, colleague: User, race: Any
) -> None:
    outcomes = race(
        *[partial(actions.decide_student, essay, student=students[1], version=1, actor=a) for a in (teacher, colleague)]
    )
    assert "version_conflict" not in outcomes
    assert (match_of(essay).version, Decision.objects.count()) == (2, 1)


@pytest.mark.django_db(transaction=True)
def test_confirming_all_and_a_single_decision_at_once(
    batch: Batch, students: list[Student], teacher: User, colleague: User, race: Any
) -> None:
    essays = make_essays(batch, 3, students=students, certainty="certain")
    [done, single] = race(
        partial(actions.confirm_matches, batch, essay_ids=[e.public_id for e in essays], actor=teacher),
        partial(actions.decide_student, essays[1], student=None, version=1, actor=colleague),
    )
    match = match_of(essays[1])
    if single == "version_conflict":
        assert (match.status, len(done.confirmed)) == ("confirmed", 3)
    else:
        assert match.status == "no_student"
        assert done.refused == ((essays[1].public_id, "not_certain"),)
    assert Decision.objects.filter(essay=essays[1]).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_confirm_all_at_once_confirm_each_once(
    batch: Batch, students: list[Student], teacher: User, colleague: User, race: Any
) -> None:
    essays = make_essays(batch, 3, students=students, certainty="certain")
    outcomes = race(*[partial(actions.confirm_matches, batch, actor=actor) for actor in (teacher, colleague)])
    assert sorted(len(done.confirmed) for done in outcomes) == [0, 3]
    assert {match_of(essay).version for essay in essays} == {2}


@pytest.mark.django_db(transaction=True)
def test_two_undo_presses_undo_two_steps_or_one_never_the_same_twice(
    batch: Batch, students: list[Student], teacher: User, race: Any
) -> None:
    essays = make_essays(batch, 2, students=students, certainty="unsure")
    for essay, student in zip(essays, students, strict=False):
        actions.decide_student(essay, student=student, version=1, actor=teacher)
    outcomes = race(*[partial(actions.undo_decisions, batch, actor=teacher)] * 2)
    assert all(isinstance(outcome, list) for outcome in outcomes), outcomes
    assert states(essays) == ["undecided", "undecided"]
    assert [match_of(essay).version for essay in essays] == [3, 3]


@pytest.mark.django_db(transaction=True)
def test_undo_and_a_colleagues_decision_at_once(
    essay: Essay, batch: Batch, students: list[Student], teacher: User, colleague: User, race: Any
) -> None:
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    [undone, decided] = race(
        partial(actions.undo_decisions, batch, actor=teacher),
        partial(actions.decide_student, essay, student=students[2], version=2, actor=colleague),
    )
    assert (undone == "not_undoable") != (decided == "version_conflict")
    assert match_of(essay).version == 3


@pytest.mark.django_db(transaction=True)
def test_a_decision_wins_over_a_rematch_at_the_same_time(
    essay: Essay, batch: Batch, students: list[Student], teacher: User, race: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    suggestion = Suggestion("certain", str(students[2].pk), 0.98, (Candidate(str(students[2].pk), 0.98, ()),))
    monkeypatch.setattr("batches.actions.matching.match_essays", lambda *_: {str(essay.pk): suggestion})
    Essay.objects.filter(pk=essay.pk).update(matched_at=None)
    race(
        partial(actions.match_batch, batch, actor=None),
        partial(actions.decide_student, essay, student=students[1], version=1, actor=teacher),
    )
    match = match_of(essay)
    assert (match.status, match.student, match.decided_by) == ("confirmed", students[1], teacher)


def test_confirming_costs_three_statements_for_each_text(batch: Batch, owned_class: SchoolClass, teacher: User) -> None:
    """The match, what it was before and its line in the log; decisions and events are written together."""
    statements = []
    for number in (2, 12):
        names = [f"Given{number}x{n} Family{n}" for n in range(number)]
        essays = make_essays(batch, number, students=make_students(owned_class, names), certainty="certain")
        with CaptureQueriesContext(connection) as asked:
            actions.confirm_matches(batch, essay_ids=[essay.public_id for essay in essays], actor=teacher)
        statements.append(len(asked))
    assert statements[1] - statements[0] == 3 * 10
