"""Moving on a batch that stands still: what the sweepers do for every batch, at once and for one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.locks import lock_row
from batches.actions.phases import put_right
from batches.models import Batch, HandOver, PhaseRun
from batches.pipeline import BUILT_IN
from batches.queue import queue_hand_over, queue_matching, queue_phases, queue_reading
from files import actions as file_actions
from files.models import EssayFile
from huleedu.common.actions import action
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User


def standing_files(batch: Batch) -> QuerySet[EssayFile]:
    """The batch's files on the way that no worker holds."""
    files = EssayFile.objects.unheld(timezone.now())
    return files.filter(batch_file__batch=batch, batch_file__removed_at=None)


@action
def move_on(batch: Batch, *, actor: User) -> Batch:
    """Let files that stand still be read anew with all their tries, match what was read, go on with the phases.

    A worker that held such a file has lost its lease: what it still finds does not count. Raises ActionError
    `illegal_transition` where nothing stands still.
    """
    batch = lock_row(batch)
    if not Batch.objects.stuck(timezone.now()).filter(pk=batch.pk).exists():
        raise ActionError("illegal_transition", _("Nothing stands still in this batch."))
    if not batch.is_locked:
        for file in standing_files(batch).select_for_update(no_key=True, of=("self",)).order_by("pk"):
            file_actions.retry_file(file)
            queue_reading()
    queue_matching(batch.pk)
    put_right(batch)
    current = batch.phase_runs.filter(generation=batch.generation, phase__in=[*BUILT_IN])
    if batch.status == Batch.Status.PROCESSING and current.exclude(status__in=PhaseRun.ENDS).exists():
        queue_phases(batch.pk, batch.generation)
    if batch.hand_overs.filter(outcome=HandOver.Outcome.WAITING).exists():
        queue_hand_over(batch.pk)
    return batch
