"""The phases after start: begun, reported on, tried again, given up. The last one to end ends the batch."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.asking import ask_to_take_over, asks_before_start
from batches.actions.locks import lock_row, save_step, step
from batches.events import BatchPhaseChanged
from batches.models import Batch, Essay, PhaseRun
from batches.pipeline import (
    BUILT_IN,
    NEEDS,
    REPORTABLE,
    RUNNING,
    end_of_batch,
    end_of_phase,
    fill_counts,
    first_status,
    next_status,
)
from batches.queue import queue_phases
from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Status = PhaseRun.Status
Results = Mapping[uuid.UUID, dict[str, Any]]
"""Per text what a phase found, or `{"error": code}`."""
NO_REPORT = "no_report"
"""`error_info` of a phase given up because nothing was heard of it."""


def begin_phases(batch: Batch) -> None:
    """Make the runs of the batch's new generation. Part of `start_batch`, which holds the lock."""
    total = Essay.objects.live().filter(batch=batch, counts=True).count()
    used = frozenset({*BUILT_IN, *settings.PIPELINE_EXTERNAL_PHASES})
    now = timezone.now()
    runs = []
    for phase in PhaseRun.Phase:
        status = first_status(phase, used)
        runs.append(
            PhaseRun(
                batch=batch,
                generation=batch.generation,
                phase=phase,
                status=status,
                total=0 if status in PhaseRun.ENDS else total,
                started_at=now if status in RUNNING else None,
                reported_at=now if status in RUNNING else None,
                completed_at=now if status in PhaseRun.ENDS else None,
            )
        )
    PhaseRun.objects.bulk_create(runs)
    _dispatch(batch, [run for run in runs if run.status in RUNNING])


def cancel_phases(batch: Batch) -> None:
    """End what has not ended. Part of `cancel_batch`, which holds the lock."""
    running = [run for run in _runs(batch).values() if run.status not in PhaseRun.ENDS]
    for run in running:
        _end(run, Status.CANCELLED)
    _save(batch, running)


@action
def report_phase(
    batch: Batch,
    *,
    phase: str,
    status: str,
    essay_counts: Mapping[str, int] | None = None,
    error_info: str = "",
    generation: int | None = None,
    actor: User | None = None,
) -> PhaseRun:
    """Take in what a downstream service says of its phase; the last phase to end ends the batch.

    Idempotent and never backwards: an end is final, while it runs fewer done texts than before are no news, and so is
    what is said of another `generation`; then the run is returned as it is. `essay_counts` holds some of `total`,
    `successful` and `failed`, all of them over the whole phase. Raises ActionError `not_found` before the batch was
    started, `illegal_transition` for a phase that no downstream service runs or that waits for another,
    `validation_error` for a status that is not a service's to give, another total than the phase has, or counts that
    contradict each other or the status.
    """
    batch = lock_row(batch)
    run = _runs(batch).get(phase)
    if run is None:
        raise ActionError("not_found", _("The batch has not been handed over for this phase."))
    if status not in REPORTABLE:
        raise ActionError("validation_error", _("There is no such status."), field="status")
    if phase in BUILT_IN or run.status == Status.SKIPPED_BY_USER_CONFIG:
        raise ActionError("illegal_transition", _("No other service runs this phase."))
    if run.status in run.ENDS or generation not in (None, run.generation):
        return run
    if run.status not in RUNNING:
        raise ActionError("illegal_transition", _("The phase waits for another one to end."))
    counts = _checked_counts(run, status, essay_counts or {})
    still = run.status == status == Status.IN_PROGRESS
    if still and sum(counts[1:]) < run.successful + run.failed:
        return run
    if still and (run.total, run.successful, run.failed) == counts:
        run.reported_at = timezone.now()
        run.save(update_fields=["reported_at"])
        return run
    run.total, run.successful, run.failed = counts
    _move(run, status, error_info=error_info)
    _save(batch, [run])
    _go_on(batch)
    return run


def _checked_counts(run: PhaseRun, status: str, given: Mapping[str, int]) -> tuple[int, int, int]:
    total = given.get("total", run.total)
    # Which texts count can have changed since the start.
    if total not in (run.total, Essay.objects.handed_over().filter(batch=run.batch_id).count()):
        raise ActionError("validation_error", _("The phase has another number of texts."), field="essay_counts.total")
    known = {"successful": run.successful, "failed": run.failed} if status == Status.IN_PROGRESS else {}
    told = {**known, **given}
    counts = fill_counts(status, total, told.get("successful"), told.get("failed"))
    if counts is None:
        raise ActionError("validation_error", _("The counts do not add up."), field="essay_counts")
    return total, *counts


@action
def refuse_phases(batch: Batch, *, generation: int, error_info: str, actor: None = None) -> None:
    """End the phases that nobody else will run, and let the batch come to its end."""
    batch = lock_row(batch)
    if batch.generation != generation:
        return
    refused = [run for phase, run in _runs(batch).items() if phase not in BUILT_IN and run.status not in run.ENDS]
    for run in refused:
        run.successful, run.failed = 0, run.total
        _end(run, Status.FAILED, error_info=error_info)
    _save(batch, refused)
    _go_on(batch)


@action
def complete_phase(
    batch: Batch, *, generation: int, phase: str, results: Results, actor: None = None
) -> PhaseRun | None:  # fmt: skip
    """Record what a built-in phase found per text and, once all phases have ended, end the batch.

    None when the world moved on: another generation, or the phase has ended already.
    """
    batch = lock_row(batch)
    run = _runs(batch).get(phase)
    if (
        batch.status != Batch.Status.PROCESSING
        or batch.generation != generation
        or run is None
        or run.status in run.ENDS
    ):
        return None
    counting = Essay.objects.select_for_update(no_key=True).live().filter(batch=batch, counts=True)
    essays = list(counting.order_by("pk"))
    for essay in essays:
        if essay.public_id in results:
            essay.results = {**essay.results, phase: results[essay.public_id]}
    Essay.objects.bulk_update(essays, ["results"])
    run.total = len(essays)
    run.failed = sum("error" in essay.results.get(phase, {"error": ""}) for essay in essays)
    run.successful = run.total - run.failed
    _move(run, end_of_phase(run.successful, run.failed))
    _save(batch, [run])
    _go_on(batch)
    return run


@asks_before_start
@action
def retry_phases(batch: Batch, *, essay: Essay | None = None, actor: User) -> Batch:
    """Try again what failed, and only that: texts and phases that ended well keep what they have.

    With `essay` only that text is tried again, in the built-in phases, and what waited for them. Raises ActionError
    `illegal_transition` unless the batch ended with failures, and for a text that has not failed.
    """
    batch = lock_row(batch)
    step(batch, "retry", actor=actor)
    again = [run for run in _runs(batch).values() if run.status in _AGAIN]
    if essay is not None:
        _forget_failure(batch, essay)
        again = [
            run for run in again if run.phase in BUILT_IN or run.status == Status.SKIPPED_DUE_TO_DEPENDENCY_FAILURE
        ]
    for run in again:
        waits = bool(NEEDS[run.phase] & {other.phase for other in again})
        run.status = Status.PENDING_DEPENDENCIES if waits else Status.DISPATCH_INITIATED
        # Texts that failed and are not tried again stay counted: the worker leaves them as they are.
        run.failed = run.failed - 1 if essay is not None and run.failed else 0
        run.error_info, run.completed_at = "", None
        run.started_at = run.reported_at = None if waits else timezone.now()
    _save(batch, again)
    _dispatch(batch, [run for run in again if run.status in RUNNING], tell=False)
    ask_to_take_over(batch)
    return save_step(batch)


def _forget_failure(batch: Batch, essay: Essay) -> None:
    """Let the text have no figures yet, so that a worker measures it."""
    locked = Essay.objects.select_for_update(no_key=True).live().filter(pk=essay.pk, batch=batch, counts=True).first()
    failed = [phase for phase in BUILT_IN if locked and "error" in locked.results.get(phase, {})]
    if locked is None or not failed:
        raise ActionError("illegal_transition", _("Only a text that could not be assessed can be tried again."))
    locked.results = {phase: found for phase, found in locked.results.items() if phase not in failed}
    locked.save(update_fields=["results", "updated_at"])


_AGAIN = frozenset({Status.FAILED, Status.COMPLETED_WITH_PARTIAL_SUCCESS, Status.SKIPPED_DUE_TO_DEPENDENCY_FAILURE})


@action
def give_up_phases(batch: Batch, *, actor: None = None) -> bool:
    """Put right a batch in assessment that no longer moves; True when something was.

    A phase of which nothing was heard for `PHASE_DEADLINE_SECONDS` has failed; phases whose needs are met begin; a
    batch whose phases have all ended (or that has none) ends.
    """
    return put_right(lock_row(batch))


def put_right(batch: Batch) -> bool:
    """What `give_up_phases` does with the locked row. Part of the actions that put a batch right."""
    if batch.status != Batch.Status.PROCESSING:
        return False
    before = {run.phase: run.status for run in _runs(batch).values()}
    late = timezone.now() - timedelta(seconds=settings.PHASE_DEADLINE_SECONDS)
    silent = [
        run for run in _runs(batch).values() if run.status in RUNNING and (run.reported_at or batch.created_at) < late
    ]
    for run in silent:
        run.failed = run.total - run.successful
        _end(run, Status.FAILED, error_info=NO_REPORT)
    _save(batch, silent)
    _go_on(batch)
    return batch.status != Batch.Status.PROCESSING or before != {r.phase: r.status for r in _runs(batch).values()}


def _runs(batch: Batch) -> dict[str, PhaseRun]:
    return {run.phase: run for run in batch.phase_runs.filter(generation=batch.generation).order_by("pk")}


def _go_on(batch: Batch) -> None:
    """After a phase ended: begin or skip those that waited for it, and end the batch after the last."""
    runs = _runs(batch)
    moved = []
    # In the order they run, so that one pass is enough.
    for phase, run in runs.items():
        if run.status != Status.PENDING_DEPENDENCIES:
            continue
        status = next_status(phase, {name: other.status for name, other in runs.items()})
        if status != run.status:
            _move(run, status)
            moved.append(run)
    _save(batch, moved)
    _dispatch(batch, [run for run in moved if run.status in RUNNING], tell=False)
    name = end_of_batch(run.status for run in runs.values())
    if name is not None and batch.status == Batch.Status.PROCESSING:
        step(batch, name, actor=None)
        save_step(batch)


def _move(run: PhaseRun, status: str, *, error_info: str = "") -> None:
    if status in PhaseRun.ENDS:
        _end(run, status, error_info=error_info)
        return
    run.status, run.error_info, run.reported_at = status, error_info[:200], timezone.now()
    run.started_at = run.started_at or run.reported_at


def _end(run: PhaseRun, status: str, *, error_info: str = "") -> None:
    run.status, run.error_info = status, error_info[:200]
    run.completed_at = run.reported_at = timezone.now()


_FIELDS = ["status", "total", "successful", "failed", "started_at", "completed_at", "reported_at", "error_info"]


def _save(batch: Batch, runs: Iterable[PhaseRun]) -> None:
    changed = list(runs)
    PhaseRun.objects.bulk_update(changed, _FIELDS)
    _tell(batch, changed)


def _dispatch(batch: Batch, runs: Iterable[PhaseRun], *, tell: bool = True) -> None:
    """Have them run: a worker takes the built-in ones, a downstream service hears of the others by the event."""
    begun = list(runs)
    if tell:
        _tell(batch, begun)
    if any(run.phase in BUILT_IN for run in begun):
        queue_phases(batch.pk, batch.generation)


def _tell(batch: Batch, runs: Iterable[PhaseRun]) -> None:
    audience = batch.audience()
    for run in runs:
        publish(BatchPhaseChanged(batch_id=batch.public_id, phase=run.phase, status=run.status), audience=audience)
