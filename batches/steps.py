"""The one table of what a batch can do: each step, from which states, by whom, and what it does to the lock. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from batches.models import Batch

Status = Batch.Status
Who = Literal["owner", "editor", "machine"]
"""`editor`: the owner, or a colleague who may change the class."""
Lock = Literal["keep", "open", "teacher", "assessment"]
"""What a step does to the lock: leaves it, clears it, or closes the files for that reason."""

ENDS = Batch.ENDS


_OTHERWISE = _("The batch cannot do that in its present state.")


@dataclass(frozen=True, slots=True)
class Step:
    """One row of the table. `refusal` is what a person hears who takes it from another state."""

    sources: frozenset[str]
    target: str
    who: Who
    lock: Lock
    refusal: str | Promise = _OTHERWISE


STEPS: dict[str, Step] = {
    "lock": Step(frozenset({Status.COLLECTING}), Status.READY, "editor", "teacher"),
    "unlock": Step(
        frozenset({Status.READY}), Status.COLLECTING, "owner", "open",
        _("Only a batch the teacher has locked can be unlocked."),
    ),
    "start": Step(frozenset({Status.COLLECTING, Status.READY}), Status.PROCESSING, "editor", "assessment"),
    "complete": Step(frozenset({Status.PROCESSING}), Status.COMPLETED, "machine", "keep"),
    "complete_with_failures": Step(
        frozenset({Status.PROCESSING}), Status.COMPLETED_WITH_FAILURES, "machine", "keep"
    ),
    "fail": Step(frozenset({Status.PROCESSING}), Status.FAILED, "machine", "keep"),
    "retry": Step(
        frozenset({Status.COMPLETED_WITH_FAILURES, Status.FAILED}), Status.PROCESSING, "editor", "assessment",
        _("Only what has failed can be tried again."),
    ),
    "cancel": Step(
        frozenset({Status.COLLECTING, Status.READY, Status.PROCESSING}), Status.CANCELLED, "editor", "teacher"
    ),
    "reopen": Step(
        ENDS, Status.COLLECTING, "editor", "open", _("Only a batch that has come to an end can be reopened.")
    ),
    "archive": Step(ENDS, Status.ARCHIVED, "editor", "keep"),
}  # fmt: skip


def may_take(batch: Batch, name: str) -> bool:
    """Whether the batch's state allows the step. Who takes it is another question."""
    return batch.status in STEPS[name].sources


def way_out(batch: Batch) -> tuple[str, Who] | None:
    """The step that leads out of the lock, and who may take it. None for an open batch and an archived one."""
    if not batch.is_locked:
        return None
    for name in ("unlock", "reopen", "cancel"):
        if may_take(batch, name):
            return name, STEPS[name].who
    return None
