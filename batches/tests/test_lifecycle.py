"""A batch is always in one honest state; every illegal step is refused with a code."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction

from batches import actions
from batches.models import Batch, PhaseRun
from batches.state import batch_state
from batches.steps import STEPS as TABLE
from batches.steps import may_take
from batches.tasks import run_phases
from batches.tests.calling import assert_problem, url
from batches.tests.making import make_batch, make_essays, upload
from classes import actions as class_actions
from classes.models import SchoolClass
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

S = Batch.Status
STEPS: dict[str, Callable[..., Any]] = {
    "lock": actions.lock_batch,
    "unlock": actions.unlock_batch,
    "start": actions.start_batch,
    "cancel": actions.cancel_batch,
    "reopen": actions.reopen_batch,
    "archive": actions.archive_batch,
    "retry": actions.retry_phases,
}
ENDS = (S.COMPLETED, S.COMPLETED_WITH_FAILURES, S.FAILED, S.CANCELLED)
LEGAL: dict[tuple[str, str], str] = {
    (S.COLLECTING, "lock"): S.READY,
    (S.COLLECTING, "start"): S.PROCESSING,
    (S.COLLECTING, "cancel"): S.CANCELLED,
    (S.READY, "unlock"): S.COLLECTING,
    (S.READY, "start"): S.PROCESSING,
    (S.READY, "cancel"): S.CANCELLED,
    (S.PROCESSING, "cancel"): S.CANCELLED,
    (S.COMPLETED_WITH_FAILURES, "retry"): S.PROCESSING,
    (S.FAILED, "retry"): S.PROCESSING,
    **{(end, "reopen"): S.COLLECTING for end in ENDS},
    **{(end, "archive"): S.ARCHIVED for end in ENDS},
}

WAY_OUT: dict[str, Any] = {
    S.COLLECTING: None,
    S.READY: {"step": "unlock", "by": "owner"},
    S.PROCESSING: {"step": "cancel", "by": "editor"},
    **{end: {"step": "reopen", "by": "editor"} for end in ENDS},
    S.ARCHIVED: None,
}


def put(batch: Batch, status: str) -> Batch:
    """Straight into a state, as if it had come there by legal steps."""
    open_ = status == S.COLLECTING
    reason = "" if open_ else "teacher" if status == S.READY else "assessment"
    Batch.objects.filter(pk=batch.pk).update(
        status=status, lock_reason=reason, locked_at=None if open_ else batch.created_at
    )
    batch.refresh_from_db()
    return batch


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", S.values)
def test_every_step_from_every_state(teacher: User, status: str, step: str) -> None:
    batch = put(make_batch(teacher), status)
    wanted = LEGAL.get((status, step))
    if wanted is None:
        with pytest.raises(ActionError) as caught:
            STEPS[step](batch, actor=teacher)
        assert caught.value.code == "illegal_transition"
        batch.refresh_from_db()
        assert batch.status == status
        return
    before = batch.version
    events = OutboxEvent.objects.filter(event_type="batch.status.changed").count()
    STEPS[step](batch, actor=teacher)
    batch.refresh_from_db()
    assert (batch.status, batch.version) == (wanted, before + 1)
    assert batch.is_locked == (wanted != S.COLLECTING)
    assert OutboxEvent.objects.filter(event_type="batch.status.changed").count() == events + 1
    entry = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(Batch)).order_by("-pk").first()
    assert entry is not None
    assert (entry.actor, entry.changes["status"]) == (teacher, [status, wanted])


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", S.values)
def test_every_step_from_every_state_by_the_api(teacher: User, api: Any, status: str, step: str) -> None:
    batch = put(make_batch(teacher), status)
    answer = api(teacher).post(url(batch, step))
    wanted = LEGAL.get((status, step))
    batch.refresh_from_db()
    if wanted is None:
        assert_problem(answer, 409, "illegal_transition")
        assert batch.status == status
        return
    assert answer.status_code == (202 if step in ("start", "retry") else 200)
    state = answer.json()
    assert (state["status"], batch.status) == (wanted, wanted)
    assert (state["locked"], state["lock_reason"]) == (wanted != S.COLLECTING, batch.lock_reason or None)
    assert state["locked_by"] == (str(teacher.public_id) if batch.locked_by else None)
    assert state["unlock"] == WAY_OUT[wanted]


@pytest.mark.parametrize("step", ["complete", "complete_with_failures", "fail"])
@pytest.mark.parametrize("status", S.values)
def test_what_the_machine_ends_is_in_assessment(teacher: User, status: str, step: str) -> None:
    assert may_take(put(make_batch(teacher), status), step) == (status == S.PROCESSING)


def test_the_table_holds_no_step_that_nobody_tests() -> None:
    assert set(TABLE) == {*STEPS, "complete", "complete_with_failures", "fail"}
    assert {row.target for row in TABLE.values()} == set(S.values)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("who", ["colleague", "reader", "stranger"])
def test_who_may_take_a_step(
    teacher: User, owned_class: SchoolClass, api: Any, request: pytest.FixtureRequest, who: str, step: str
) -> None:
    """A colleague who may change the class takes all but the owner's; one who may read takes none."""
    source = sorted(TABLE[step].sources)[0]
    batch = put(make_batch(teacher, owned_class), source)
    wanted = {"colleague": 403 if TABLE[step].who == "owner" else 200, "reader": 403, "stranger": 404}[who]
    status = api(request.getfixturevalue(who)).post(url(batch, step)).status_code
    assert status == (202 if wanted == 200 and step in ("start", "retry") else wanted)


@pytest.mark.parametrize("step", ["lock", "start"])
def test_what_is_still_being_read_hinders(teacher: User, step: str) -> None:
    batch = make_batch(teacher)
    actions.add_files(batch, uploads=[upload("a.txt")], actor=teacher)
    with pytest.raises(ActionError) as caught:
        STEPS[step](batch, actor=teacher)
    assert caught.value.code == "still_reading"


def test_undecided_texts_do_not_hinder_start(teacher: User) -> None:
    batch = make_batch(teacher)
    make_essays(batch, 2)
    assert actions.start_batch(batch, actor=teacher).status == S.PROCESSING


def test_start_runs_the_built_in_phase_and_comes_to_an_end(teacher: User) -> None:
    batch = make_batch(teacher)
    make_essays(batch, 3)
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    state = batch_state(Batch.objects.get(pk=batch.pk))
    assert (state["status"], state["locked"], state["lock_reason"]) == ("completed", True, "assessment")
    assert state["phases"]["nlp"]["essay_counts"] == {
        "total": 3, "pending_dispatch_or_processing": 0, "successful": 3, "failed": 0,
    }  # fmt: skip
    assert state["phases"]["spellcheck"]["status"] == "skipped_by_user_config"


def test_a_text_without_words_makes_the_end_partial(teacher: User) -> None:
    batch = make_batch(teacher)
    essays = make_essays(batch, 2)
    essays[0].file.text = ""
    essays[0].file.save()
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    assert batch.status == S.COMPLETED_WITH_FAILURES


def test_a_phase_of_an_earlier_generation_or_told_twice_changes_nothing(teacher: User) -> None:
    batch = make_batch(teacher)
    make_essays(batch, 1)
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    run_phases(batch.pk, 1)
    actions.reopen_batch(batch, actor=teacher)
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    assert (batch.status, batch.generation) == (S.PROCESSING, 2)
    run_phases(batch.pk, 2)
    batch.refresh_from_db()
    assert batch.status == S.COMPLETED
    assert PhaseRun.objects.filter(batch=batch, phase="nlp").count() == 2


def test_cancelling_ends_the_phases_that_run(teacher: User) -> None:
    batch = make_batch(teacher)
    make_essays(batch, 1)
    actions.start_batch(batch, actor=teacher)
    actions.cancel_batch(batch, actor=teacher)
    assert batch.phase_runs.get(phase="nlp").status == PhaseRun.Status.CANCELLED
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    assert batch.status == S.CANCELLED


def test_only_the_owner_unlocks(teacher: User, colleague: User, owned_class: Any) -> None:
    batch = make_batch(teacher, owned_class)
    actions.lock_batch(batch, actor=colleague)
    with pytest.raises(ActionError) as caught:
        actions.unlock_batch(batch, actor=colleague)
    assert caught.value.code == "permission_denied"


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "ready"},
        {"status": "processing"},
        {"lock_reason": "teacher"},
        {"locked_at": "2026-11-26T00:00:00Z"},
        {"title": ""},
    ],
)
def test_the_database_holds_no_dishonest_state(teacher: User, fields: dict[str, str]) -> None:
    batch = make_batch(teacher)
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.filter(pk=batch.pk).update(**fields)


def test_two_tabs_change_a_batch_and_the_second_is_told(teacher: User) -> None:
    batch = make_batch(teacher)
    actions.update_batch(batch, changes={"title": "First"}, version=1, actor=teacher)
    with pytest.raises(ActionError) as caught:
        actions.update_batch(batch, changes={"title": "Second"}, version=1, actor=teacher)
    assert (caught.value.code, caught.value.current.title) == ("version_conflict", "First")


@pytest.mark.django_db(transaction=True)
def test_two_people_start_at_once_and_it_starts_once(teacher: User, race: Any) -> None:
    batch = make_batch(teacher)
    make_essays(batch, 1)
    outcomes = race(*[partial(actions.start_batch, batch, actor=teacher)] * 2)
    batch.refresh_from_db()
    assert sum(outcome == "illegal_transition" for outcome in outcomes) == 1
    assert (batch.generation, batch.phase_runs.count()) == (1, 4)


def test_no_batch_begins_in_a_class_that_is_gone_or_put_away(owned_class: SchoolClass, teacher: User) -> None:
    """Another tab deleted or archived it since the form was opened."""
    stale = SchoolClass.objects.get(pk=owned_class.pk)
    class_actions.archive_class(owned_class, actor=teacher)
    with pytest.raises(ActionError) as archived:
        make_batch(teacher, stale)
    class_actions.delete_class(owned_class, actor=teacher)
    with pytest.raises(ActionError) as gone:
        make_batch(teacher, stale)
    assert (archived.value.code, gone.value.code) == ("illegal_transition", "not_found")


@pytest.mark.django_db(transaction=True)
def test_a_class_is_deleted_or_gets_a_batch_but_not_both(owned_class: SchoolClass, teacher: User, race: Any) -> None:
    deleted, made = race(
        partial(class_actions.delete_class, owned_class, actor=teacher), partial(make_batch, teacher, owned_class)
    )
    assert (deleted, isinstance(made, Batch)) in (("has_texts", True), (None, False))
