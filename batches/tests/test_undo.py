"""Undo: step by step, a person's own, refused where somebody has decided since."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.test import Client

from batches import actions
from batches.models import Batch, Decision, Essay
from batches.tests.making import make_batch, make_essays
from batches.tests.reviewing import match_of, states, url
from classes.actions import delete_student
from classes.models import Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

ClientFor = Callable[[User | None], Client]
Race = Callable[..., list[Any]]


def refusal(call: Any) -> ActionError:
    with pytest.raises(ActionError) as caught:
        call()
    return caught.value


def test_undo_goes_back_step_by_step(essay: Essay, batch: Batch, students: list[Student], teacher: User) -> None:
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    actions.decide_student(essay, student=None, version=2, actor=teacher)
    actions.clear_decision(essay, version=3, actor=teacher)
    seen = []
    for _step in range(3):
        [match] = actions.undo_decisions(batch, actor=teacher)
        seen.append((match.status, match.student))
    assert seen == [("no_student", None), ("confirmed", students[1]), ("undecided", students[0])]
    assert refusal(lambda: actions.undo_decisions(batch, actor=teacher)).code == "not_undoable"
    assert LogEntry.objects.get_for_object(match_of(essay)).latest("pk").actor == teacher


def test_undo_takes_ones_own_last_step(batch: Batch, students: list[Student], teacher: User, colleague: User) -> None:
    mine, theirs = make_essays(batch, 2, students=students, certainty="unsure")
    actions.decide_student(mine, student=students[0], version=1, actor=teacher)
    actions.decide_student(theirs, student=students[1], version=1, actor=colleague)
    actions.undo_decisions(batch, actor=teacher)
    assert states([mine, theirs]) == ["undecided", "confirmed"]


def test_undo_gives_the_earlier_decision_back_to_who_took_it(
    essay: Essay, batch: Batch, students: list[Student], teacher: User, colleague: User
) -> None:
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    when = match_of(essay).decided_at
    actions.decide_student(essay, student=students[2], version=2, actor=colleague)
    actions.undo_decisions(batch, actor=colleague)
    match = match_of(essay)
    assert (match.student, match.decided_by, match.decided_at) == (students[1], teacher, when)
    actions.undo_decisions(batch, actor=teacher)
    assert match_of(essay).status == "undecided"


def test_undo_is_refused_once_somebody_else_decided(
    essay: Essay, batch: Batch, students: list[Student], teacher: User, colleague: User
) -> None:
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    actions.decide_student(essay, student=students[2], version=2, actor=colleague)
    error = refusal(lambda: actions.undo_decisions(batch, actor=teacher))
    assert error.code == "not_undoable"
    assert "Colleague" in str(error.message)
    assert match_of(essay).student == students[2]


def test_a_group_of_which_somebody_changed_one_is_not_undone_in_part(
    batch: Batch, students: list[Student], teacher: User, colleague: User
) -> None:
    essays = make_essays(batch, 3, students=students, certainty="certain")
    actions.confirm_matches(batch, actor=teacher)
    actions.decide_student(essays[1], student=None, version=2, actor=colleague)
    assert refusal(lambda: actions.undo_decisions(batch, actor=teacher)).code == "not_undoable"
    assert states(essays) == ["confirmed", "no_student", "confirmed"]
    actions.undo_decisions(batch, actor=colleague)
    actions.undo_decisions(batch, actor=teacher)
    assert states(essays) == ["undecided"] * 3


def test_a_named_group_is_undone(batch: Batch, students: list[Student], teacher: User, colleague: User) -> None:
    essays = make_essays(batch, 2, students=students, certainty="certain")
    done = actions.confirm_matches(batch, essay_ids=[essays[0].public_id], actor=teacher)
    actions.confirm_matches(batch, essay_ids=[essays[1].public_id], actor=teacher)
    actions.undo_decisions(batch, group=done.decision_id, actor=colleague)
    assert states(essays) == ["undecided", "confirmed"]
    for group in (done.decision_id, uuid4()):
        error = refusal(partial(actions.undo_decisions, batch, group=group, actor=teacher))
        assert error.code == "not_undoable"
    other = make_batch(teacher)
    group = Decision.objects.get(essay=essays[1]).group
    assert refusal(lambda: actions.undo_decisions(other, group=group, actor=teacher)).code == "not_undoable"


def test_undo_skips_a_removed_text(batch: Batch, students: list[Student], teacher: User) -> None:
    essays = make_essays(batch, 2, students=students, certainty="certain")
    actions.confirm_matches(batch, actor=teacher)
    actions.remove_file(batch, file=essays[0].file, actor=teacher)
    assert len(actions.undo_decisions(batch, actor=teacher)) == 1
    assert states(essays) == ["confirmed", "undecided"]


def test_undo_brings_the_suggestion_of_today_back(
    essay: Essay, batch: Batch, students: list[Student], teacher: User
) -> None:
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    match = match_of(essay)
    match.candidates = [{"student": students[2].pk, "confidence": 0.98, "reasons": []}]
    match.save(update_fields=["candidates"])
    [undone] = actions.undo_decisions(batch, actor=teacher)
    assert undone.student == students[2]


def test_undo_to_a_student_deleted_since_is_refused(
    essay: Essay, batch: Batch, students: list[Student], teacher: User
) -> None:
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    actions.decide_student(essay, student=students[2], version=2, actor=teacher)
    delete_student(students[1], actor=teacher)
    assert refusal(lambda: actions.undo_decisions(batch, actor=teacher)).code == "not_undoable"
    assert match_of(essay).student == students[2]


def test_a_deleted_suggestion_is_not_confirmed(batch: Batch, students: list[Student], teacher: User) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="certain")
    actions.decide_student(essay, student=students[1], version=1, actor=teacher)
    delete_student(students[0], actor=teacher)
    match = actions.clear_decision(essay, version=2, actor=teacher)
    assert (match.status, match.student) == ("undecided", None)
    assert actions.confirm_matches(batch, actor=teacher).refused == ((essay.public_id, "not_certain"),)


def test_undo_that_is_sent_again_undoes_no_second_decision(
    batch: Batch, students: list[Student], teacher: User, client_for: ClientFor
) -> None:
    """The answer was lost on its way, or two windows show the same."""
    first, second = make_essays(batch, 2, students=students, certainty="unsure")
    for essay, student in ((first, students[0]), (second, students[1])):
        actions.decide_student(essay, student=student, version=1, actor=teacher)
    client = client_for(teacher)

    def undo() -> str:
        return client.post(url("undo", batch), {"last": last}, follow=True).text

    page = client.get(url("review", batch)).text
    [last] = re.findall(r'name="last" value="([^"]+)"', page)
    assert "Undone." in undo()
    assert "Undone." in undo()
    assert states([first, second]) == ["confirmed", "undecided"]
    [last] = re.findall(r'name="last" value="([^"]+)"', client.get(url("review", batch)).text)
    undo()
    assert states([first, second]) == ["undecided", "undecided"]
    assert re.findall(r'name="last" value="([^"]*)"', client.get(url("review", batch)).text) == [""]


@pytest.mark.django_db(transaction=True)
def test_two_presses_on_the_same_page_at_once_undo_one_decision(
    batch: Batch, students: list[Student], teacher: User, race: Race
) -> None:
    essays = make_essays(batch, 2, students=students, certainty="unsure")
    for essay, student in zip(essays, students, strict=False):
        actions.decide_student(essay, student=student, version=1, actor=teacher)
    seen = Decision.objects.latest_of(teacher, batch=batch)
    undo = partial(actions.undo_decisions, batch, seen=seen, actor=teacher)
    assert sorted(len(undone) for undone in race(undo, undo)) == [0, 1]
    assert states(essays) == ["confirmed", "undecided"]
