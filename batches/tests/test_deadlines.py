"""What a date does with a batch: a reminder, and a confirmation only where the teacher asked for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from batches import actions
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from batches.tasks import keep_deadlines
from batches.tests.making import make_batch, make_essays, make_students, upload
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Ada Berg", "Bo Ek", "Eva Lind"])


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass, students: list[Student]) -> Batch:
    """Due in an hour: one certain text, one unsure, one that fits nobody."""
    batch = make_batch(teacher, owned_class)
    make_essays(batch, 1, students=students[:1], certainty="certain")
    make_essays(batch, 1, students=students[1:2], certainty="unsure")
    make_essays(batch, 1)
    changes = {"review_by": timezone.now() + timedelta(hours=1), "auto_confirm": True}
    return actions.update_batch(batch, changes=changes, actor=teacher)


def come(batch: Batch) -> datetime:
    """Let the time to review by have come."""
    past = timezone.now() - timedelta(seconds=1)
    Batch.objects.filter(pk=batch.pk).update(review_by=past)
    return past


def match_statuses(batch: Batch) -> list[str]:
    rows = EssayStudentAssociation.objects.filter(essay__batch=batch).order_by("essay_id")
    return list(rows.values_list("status", flat=True))


def test_a_reminder_goes_out_once_before_the_time(batch: Batch, colleague: User, reader: User, teacher: User) -> None:
    assert keep_deadlines() == {"reminded": 1, "confirmed": 0}
    assert keep_deadlines() == {"reminded": 0, "confirmed": 0}
    event = OutboxEvent.objects.get(event_type="batch.deadline.near")
    assert event.public == {"batch_id": str(batch.public_id)}
    assert set(event.audience) == {teacher.pk, colleague.pk, reader.pk}
    actions.update_batch(batch, changes={"review_by": timezone.now() + timedelta(hours=2)}, actor=teacher)
    assert keep_deadlines()["reminded"] == 1


@pytest.mark.parametrize("why_not", ["far", "past", "nothing undecided", "cancelled", "never"])
def test_no_reminder_where_there_is_nothing_to_remind_of(
    batch: Batch, teacher: User, settings: Any, why_not: str
) -> None:
    if why_not == "far":
        Batch.objects.update(review_by=timezone.now() + timedelta(hours=25))
    elif why_not == "past":
        come(batch)
        Batch.objects.update(auto_confirm=False)
    elif why_not == "nothing undecided":
        Essay.objects.update(removed_at=timezone.now())
    elif why_not == "cancelled":
        actions.cancel_batch(batch, actor=teacher)
    else:
        settings.REVIEW_REMINDER_HOURS = 0
    assert keep_deadlines()["reminded"] == 0


def test_only_the_certain_ones_are_confirmed_and_only_once(batch: Batch, teacher: User) -> None:
    assert keep_deadlines()["confirmed"] == 0
    come(batch)
    assert keep_deadlines()["confirmed"] == 1
    assert match_statuses(batch) == ["confirmed", "undecided", "undecided"]
    match = EssayStudentAssociation.objects.get(status="confirmed")
    assert (match.method, match.decided_by, match.version) == ("deadline", None, 1)
    decision = Decision.objects.get()
    assert (decision.actor, decision.after["method"]) == (None, "deadline")
    batch.refresh_from_db()
    assert (batch.auto_confirm, batch.status) == (False, "collecting")
    EssayStudentAssociation.objects.filter(certainty="unsure").update(certainty="certain")
    assert keep_deadlines()["confirmed"] == 0
    event = OutboxEvent.objects.get(event_type="essay.student.association.updated")
    assert event.payload["updated_by_user_id"] == str(teacher.public_id)


def test_what_the_date_confirmed_is_undone_as_one_step(batch: Batch, teacher: User) -> None:
    come(batch)
    keep_deadlines()
    actions.undo_decisions(batch, group=Decision.objects.get().group, actor=teacher)
    assert match_statuses(batch) == ["undecided"] * 3


@pytest.mark.parametrize("taken_back", ["lock", "start", "click", "flag", "no time"])
def test_a_lock_or_a_click_takes_it_back(batch: Batch, teacher: User, settings: Any, taken_back: str) -> None:
    if taken_back == "lock":
        actions.lock_batch(batch, actor=teacher)
        actions.unlock_batch(batch, actor=teacher)
    elif taken_back == "start":
        actions.start_batch(batch, actor=teacher)
    elif taken_back == "click":
        actions.update_batch(batch, changes={"auto_confirm": False}, actor=teacher)
    elif taken_back == "no time":
        actions.update_batch(batch, changes={"review_by": None}, actor=teacher)
    else:
        settings.ENABLE_AUTO_CONFIRM = False
    come(batch)
    assert keep_deadlines()["confirmed"] == 0
    assert match_statuses(batch) == ["undecided"] * 3


def test_it_waits_for_files_that_are_being_read(batch: Batch, teacher: User) -> None:
    """One more text may turn a certain match into a conflict."""
    actions.add_files(batch, uploads=[upload("late.txt")], actor=teacher)
    come(batch)
    assert keep_deadlines()["confirmed"] == 0
    batch.refresh_from_db()
    assert batch.auto_confirm


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"auto_confirm": True}, "review_by"),
        (
            {"auto_confirm": True, "review_by": datetime(2020, 1, 1, tzinfo=timezone.get_default_timezone())},
            "review_by",
        ),
    ],
)
def test_it_takes_a_time_ahead(teacher: User, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ActionError) as changed:
        actions.update_batch(make_batch(teacher), changes=changes, actor=teacher)
    with pytest.raises(ActionError) as made:
        actions.create_batch(teacher, title="Late", actor=teacher, **changes)
    assert (changed.value.code, changed.value.field) == ("validation_error", field)
    assert (made.value.code, made.value.field) == ("validation_error", field)


def test_a_locked_batch_takes_none(batch: Batch, teacher: User) -> None:
    actions.lock_batch(batch, actor=teacher)
    with pytest.raises(ActionError) as caught:
        actions.update_batch(batch, changes={"auto_confirm": True}, actor=teacher)
    assert caught.value.code == "batch_locked"


@pytest.mark.django_db(transaction=True)
def test_a_person_who_decides_at_the_same_moment_wins(
    batch: Batch, teacher: User, students: list[Student], race: Any
) -> None:
    now = come(batch) + timedelta(seconds=1)
    essay = Essay.objects.filter(batch=batch).earliest("pk")
    person, _clock = race(
        partial(actions.decide_student, essay, student=students[2], version=1, actor=teacher),
        partial(actions.confirm_at_deadline, batch, now=now),
    )
    assert not isinstance(person, str)
    match = EssayStudentAssociation.objects.get(essay=essay)
    assert (match.status, match.student, match.method) == ("confirmed", students[2], "person")


@pytest.mark.django_db(transaction=True)
def test_two_beats_at_once_confirm_once(batch: Batch, race: Any) -> None:
    now = come(batch) + timedelta(seconds=1)
    outcomes = race(*[partial(actions.confirm_at_deadline, batch, now=now)] * 2)
    assert sorted(outcomes, key=str) == [1, None]
    assert Decision.objects.count() == 1
