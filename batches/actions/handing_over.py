"""Handing a started batch over to a remote orchestrator, being handed one by a sister service, handing out its texts.

The wish to hand over is a row written with the start; the call follows the commit and is made again until answered.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from auditlog.models import LogEntry
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.asking import asks_before_start
from batches.actions.lifecycle import take_start
from batches.actions.locks import lock_row
from batches.models import Batch, Essay, HandOver
from batches.querysets import TOLD_STUDENT
from batches.steps import may_take
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Status = Batch.Status


@action
def end_hand_over(batch: Batch, *, generation: int, outcome: str, actor: None = None) -> bool:
    """Write down how a hand-over ended. False when it had ended before."""
    batch = lock_row(batch)
    waiting = batch.hand_overs.filter(generation=generation, outcome=HandOver.Outcome.WAITING)
    return bool(waiting.update(outcome=outcome, ended_at=timezone.now()))


def receive_hand_over(batch: Batch, *, essay_ids: Iterable[UUID], actor: User) -> Batch:
    """Start a batch that a sister service hands over; one that has started already is returned as it is.

    Raises ActionError `version_conflict` where its texts are not the batch's own, and what `start_batch` raises.
    """
    # What has started needs nobody to be asked; who starts it is decided under the lock.
    return batch if _has_started(batch) else _start_handed(batch, essay_ids=frozenset(essay_ids), actor=actor)


@asks_before_start
@action
def _start_handed(batch: Batch, *, essay_ids: frozenset[UUID], actor: User) -> Batch:
    batch = lock_row(batch)
    if _has_started(batch):
        return batch
    own = Essay.objects.handed_over().filter(batch=batch).values_list("public_id", flat=True)
    if may_take(batch, "start") and essay_ids != set(own):
        raise ActionError("version_conflict", _("The batch holds other texts than these."))
    return take_start(batch, actor=actor)


def _has_started(batch: Batch) -> bool:
    return not may_take(batch, "start") and batch.status not in (Status.CANCELLED, Status.ARCHIVED)


def hand_out_texts(batch: Batch, *, actor: None = None) -> list[dict[str, Any]]:
    """The texts that count, as `{id, text, student_id}`, for a phase that another service runs. Leaves an audit row.

    They are read when the batch's lock has been given back. Raises ActionError `illegal_transition` unless the batch
    is being assessed.
    """
    _note_handing_out(batch, actor=actor)
    texts = Essay.objects.handed_over().filter(batch=batch)
    return [
        {"id": str(key), "text": text, "student_id": str(student) if student else None}
        for key, text, student in texts.values_list("public_id", "file__text", TOLD_STUDENT)
    ]


@action
def _note_handing_out(batch: Batch, *, actor: None) -> None:
    batch = lock_row(batch)
    if batch.status != Status.PROCESSING:
        raise ActionError("illegal_transition", _("Texts are handed out only while the batch is being assessed."))
    number = Essay.objects.handed_over().filter(batch=batch).count()
    log_bulk([batch], action=LogEntry.Action.ACCESS, values={"texts": number})
