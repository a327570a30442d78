"""The steps people take with a batch: lock, unlock, start, cancel, reopen, archive. `batches.steps` is the table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from batches.actions.asking import ask_to_take_over, asks_before_start
from batches.actions.locks import lock_row, refuse_while_reading, save_step, step
from batches.actions.phases import begin_phases, cancel_phases
from batches.actions.versions import settle_versions
from batches.models import Batch
from batches.queue import queue_rematch
from huleedu.common.actions import action
from huleedu.common.audit import kept_reason

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@action
def lock_batch(batch: Batch, *, actor: User) -> Batch:
    """Close the files: collecting → ready. Raises ActionError `still_reading` or `illegal_transition`."""
    batch = lock_row(batch)
    step(batch, "lock", actor=actor)
    refuse_while_reading(batch)
    return save_step(batch)


@action
def unlock_batch(batch: Batch, *, reason: str = "", actor: User) -> Batch:
    """Open the files again: ready → collecting. Raises ActionError `illegal_transition`, or `permission_denied`.

    Undecided texts are matched again, since the class may have changed while no machine touched the matches.
    The reason stays with the batch, one for each time it was unlocked; its history shows them.
    """
    batch = lock_row(batch)
    step(batch, "unlock", actor=actor)
    _keep_reason(batch, "unlocks", reason)
    queue_rematch(batch.pk)
    return save_step(batch, "processing_metadata")


def _keep_reason(batch: Batch, steps: str, reason: str) -> None:
    """One entry for each time the step was taken, with a reason or without; the history reads them beside the log."""
    taken = {"at": timezone.now().isoformat(), "reason": kept_reason(reason)[:500]}
    metadata = batch.processing_metadata
    batch.processing_metadata = {**metadata, steps: [*metadata.get(steps, []), taken]}


@asks_before_start
@action
def start_batch(batch: Batch, *, actor: User) -> Batch:
    """Hand the batch on: collecting or ready → processing, files closed, the phases of a new generation begun.

    Undecided texts do not hinder it. Raises ActionError `still_reading` or `illegal_transition`; where a remote
    orchestrator does not answer `orchestrator_unavailable`, and the batch stays as it is (ADR 17).
    """
    return take_start(lock_row(batch), actor=actor)


def take_start(batch: Batch, *, actor: User) -> Batch:
    """What `start_batch` does with the locked row. Part of the actions that start a batch."""
    step(batch, "start", actor=actor)
    refuse_while_reading(batch)
    batch.generation += 1
    begin_phases(batch)
    ask_to_take_over(batch)
    return save_step(batch, "generation")


@action
def cancel_batch(batch: Batch, *, actor: User) -> Batch:
    """Stop: phases that have not ended are cancelled, files stay closed. Raises ActionError `illegal_transition`."""
    batch = lock_row(batch)
    step(batch, "cancel", actor=actor)
    cancel_phases(batch)
    return save_step(batch)


@action
def reopen_batch(batch: Batch, *, reason: str = "", actor: User) -> Batch:
    """From an end back to collecting; the lock is cleared. Raises ActionError `illegal_transition`.

    The reason, where one is given, stays with the batch. Which texts count is settled anew, and undecided ones are
    matched again, as after `unlock_batch`.
    """
    batch = lock_row(batch)
    step(batch, "reopen", actor=actor)
    _keep_reason(batch, "reopenings", reason)
    batch = save_step(batch, "processing_metadata")
    settle_versions(batch)
    queue_rematch(batch.pk)
    return batch


@action
def archive_batch(batch: Batch, *, actor: User) -> Batch:
    """Put an ended batch away. Raises ActionError `illegal_transition`."""
    batch = lock_row(batch)
    step(batch, "archive", actor=actor)
    return save_step(batch)
