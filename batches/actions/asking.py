"""Asking the remote orchestrator around an action: never in its transaction, so that no row waits for HTTP.

The answer may be old by the time the action writes. That loses nothing: our own lock is looked at under the row's lock,
and what the orchestrator gets at the start is read after the files are closed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.models import Batch, HandOver
from batches.orchestrator import is_remote, orchestrator
from batches.queue import queue_hand_over
from batches.steps import may_take
from huleedu.common.errors import ActionError

P = ParamSpec("P")
R = TypeVar("R")


def asks_before_files_change(
    function: Callable[Concatenate[Batch, P], R],
) -> Callable[Concatenate[Batch, P], R]:
    """With ENABLE_BATCH_STATE_VALIDATION: refuse where the orchestrator holds the batch locked or does not answer.

    Raises ActionError `batch_locked` or `orchestrator_unavailable`.
    """

    @wraps(function)
    def run(batch: Batch, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if settings.ENABLE_BATCH_STATE_VALIDATION and not batch.is_locked and orchestrator().is_locked(batch.public_id):
            raise ActionError("batch_locked", _("The assessment service holds the batch locked."))
        return function(batch, *args, **kwargs)

    return run


def asks_before_start(function: Callable[Concatenate[Batch, P], R]) -> Callable[Concatenate[Batch, P], R]:
    """Refuse where nobody would take the batch over now, so that it stays open.

    Raises ActionError `orchestrator_unavailable`, or `batch_locked` where the orchestrator answers 409.
    """

    @wraps(function)
    def run(batch: Batch, /, *args: P.args, **kwargs: P.kwargs) -> R:
        if may_take(batch, "start") or may_take(batch, "retry"):
            orchestrator().is_locked(batch.public_id)  # what it knows of an earlier run does not hinder a new one
        return function(batch, *args, **kwargs)

    return run


def ask_to_take_over(batch: Batch) -> None:
    """Have the batch's generation handed over once this is committed. Part of the actions that set phases going.

    The wish is a row, so that neither a lost message nor an orchestrator that is away loses it.
    """
    if not is_remote():
        return
    wish = {"outcome": HandOver.Outcome.WAITING, "requested_at": timezone.now(), "ended_at": None}
    HandOver.objects.update_or_create(batch=batch, generation=batch.generation, defaults=wish)
    queue_hand_over(batch.pk)
