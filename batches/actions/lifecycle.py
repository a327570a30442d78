"""The steps of a batch: lock, unlock, start, cancel, reopen, archive, and the pipeline's own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.locks import lock_row, refuse_while_reading
from batches.events import BatchPhaseChanged, BatchStatusChanged
from batches.models import Batch, Essay, PhaseRun
from batches.queue import queue_phases
from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Status = Batch.Status
BUILT_IN = frozenset({PhaseRun.Phase.NLP})
"""Phases this installation runs itself. The others belong to downstream services; without one they are skipped."""


@action
def lock_batch(batch: Batch, *, actor: User) -> Batch:
    """Close the files: collecting → ready. Raises ActionError `still_reading` or `illegal_transition`."""
    batch = lock_row(batch)
    batch.step_to(Status.READY)
    refuse_while_reading(batch)
    batch.locked_at, batch.lock_reason = timezone.now(), Batch.LockReason.TEACHER
    return _save(batch)


@action
def unlock_batch(batch: Batch, *, reason: str = "", actor: User) -> Batch:
    """Open the files again: ready → collecting. Raises ActionError `illegal_transition`, or `permission_denied`."""
    batch = lock_row(batch)
    if batch.owner_id != actor.pk:
        raise ActionError("permission_denied", _("Only the owner can unlock the batch."))
    if batch.status != Status.READY:
        raise ActionError("illegal_transition", _("Only a batch the teacher has locked can be unlocked."))
    return _reopen_files(batch, reason=reason)


@action
def start_batch(batch: Batch, *, actor: User) -> Batch:
    """Hand the batch on: collecting or ready → processing, files closed, the phases of a new generation queued.

    Undecided texts do not hinder it. Raises ActionError `still_reading` or `illegal_transition`.
    """
    batch = lock_row(batch)
    batch.step_to(Status.PROCESSING)
    refuse_while_reading(batch)
    batch.locked_at = batch.locked_at or timezone.now()
    batch.lock_reason = Batch.LockReason.ASSESSMENT
    batch.generation += 1
    total = Essay.objects.live().filter(batch=batch, counts=True).count()
    for phase in PhaseRun.Phase:
        built_in = phase in BUILT_IN
        PhaseRun.objects.create(
            batch=batch,
            generation=batch.generation,
            phase=phase,
            status=PhaseRun.Status.DISPATCH_INITIATED if built_in else PhaseRun.Status.SKIPPED_BY_USER_CONFIG,
            total=total if built_in else 0,
            started_at=timezone.now() if built_in else None,
            completed_at=None if built_in else timezone.now(),
        )
    queue_phases(batch.pk, batch.generation)
    return _save(batch, "generation")


@action
def complete_phase(
    batch: Batch, *, generation: int, phase: str, results: dict[uuid.UUID, dict[str, Any] | None], actor: None = None
) -> PhaseRun | None:
    """Record a phase's figures per essay (None: it failed) and, once all phases have ended, end the batch.

    None when the world moved on: another generation, or the phase has ended already.
    """
    batch = lock_row(batch)
    run = PhaseRun.objects.filter(batch=batch, generation=generation, phase=phase).first()
    if batch.status != Status.PROCESSING or batch.generation != generation or run is None or run.status in run.ENDS:
        return None
    essays = list(Essay.objects.select_for_update(no_key=True).filter(batch=batch, public_id__in=results))
    for essay in essays:
        figures = results[essay.public_id]
        if figures is not None:
            essay.results = {**essay.results, phase: figures}
    Essay.objects.bulk_update(essays, ["results"])
    run.successful = sum(figures is not None for figures in results.values())
    run.failed = len(results) - run.successful
    run.total = len(results)
    run.status = _end_of(run)
    run.completed_at = timezone.now()
    run.save(update_fields=["successful", "failed", "total", "status", "completed_at"])
    publish(BatchPhaseChanged(batch_id=batch.public_id, phase=phase, status=run.status), audience=batch.audience())
    _end_if_done(batch)
    return run


def _end_of(run: PhaseRun) -> str:
    if not run.failed:
        return PhaseRun.Status.COMPLETED_SUCCESSFULLY
    return PhaseRun.Status.COMPLETED_WITH_PARTIAL_SUCCESS if run.successful else PhaseRun.Status.FAILED


def _end_if_done(batch: Batch) -> None:
    statuses = set(batch.phase_runs.filter(generation=batch.generation).values_list("status", flat=True))
    if statuses - PhaseRun.ENDS:
        return
    if PhaseRun.Status.FAILED in statuses:
        batch.step_to(Status.FAILED)
    elif PhaseRun.Status.COMPLETED_WITH_PARTIAL_SUCCESS in statuses:
        batch.step_to(Status.COMPLETED_WITH_FAILURES)
    else:
        batch.step_to(Status.COMPLETED)
    _save(batch)


@action
def cancel_batch(batch: Batch, *, actor: User) -> Batch:
    """Stop: phases that have not ended are cancelled, files stay closed. Raises ActionError `illegal_transition`."""
    batch = lock_row(batch)
    batch.step_to(Status.CANCELLED)
    for run in batch.phase_runs.filter(generation=batch.generation).exclude(status__in=PhaseRun.ENDS):
        run.status, run.completed_at = PhaseRun.Status.CANCELLED, timezone.now()
        run.save(update_fields=["status", "completed_at"])
    if not batch.is_locked:
        batch.locked_at, batch.lock_reason = timezone.now(), Batch.LockReason.TEACHER
    return _save(batch)


@action
def reopen_batch(batch: Batch, *, actor: User) -> Batch:
    """From an end back to collecting; the lock is cleared. Raises ActionError `illegal_transition`."""
    batch = lock_row(batch)
    if batch.status not in Batch.ENDS:
        raise ActionError("illegal_transition", _("Only a batch that has come to an end can be reopened."))
    return _reopen_files(batch, reason="")


@action
def archive_batch(batch: Batch, *, actor: User) -> Batch:
    """Put an ended batch away. Raises ActionError `illegal_transition`."""
    batch = lock_row(batch)
    batch.step_to(Status.ARCHIVED)
    return _save(batch)


def _reopen_files(batch: Batch, *, reason: str) -> Batch:
    batch.step_to(Status.COLLECTING)
    batch.locked_at, batch.lock_reason = None, ""
    if reason:
        batch.processing_metadata = {**batch.processing_metadata, "unlock_reason": reason[:500]}
    return _save(batch, "processing_metadata")


def _save(batch: Batch, *more: str) -> Batch:
    batch.save(update_fields=["status", "version", "locked_at", "lock_reason", "updated_at", *more])
    event = BatchStatusChanged(batch_id=batch.public_id, status=batch.status, version=batch.version)
    publish(event, audience=batch.audience())
    return batch
