"""The rules of the phases after start: which need which, which statuses follow which, how a batch ends. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from batches.models import PhaseRun

Phase = PhaseRun.Phase
Status = PhaseRun.Status

BUILT_IN = frozenset({Phase.NLP})
"""Phases this installation runs itself. A downstream service takes over the others; without one they are skipped."""
NEEDS: dict[str, frozenset[str]] = {
    Phase.SPELLCHECK: frozenset(),
    Phase.NLP: frozenset(),
    Phase.CJ_ASSESSMENT: frozenset({Phase.SPELLCHECK}),
    Phase.AI_FEEDBACK: frozenset({Phase.SPELLCHECK, Phase.NLP}),
}
"""What must have ended well (or be unused) before a phase begins."""
BROKEN = frozenset({Status.FAILED, Status.CANCELLED, Status.SKIPPED_DUE_TO_DEPENDENCY_FAILURE})
"""Ends that let no dependent phase begin."""
WELL = frozenset({Status.COMPLETED_SUCCESSFULLY, Status.COMPLETED_WITH_PARTIAL_SUCCESS})
RUNNING = frozenset({Status.DISPATCH_INITIATED, Status.IN_PROGRESS})
_RANK: dict[str, int] = {
    Status.REQUESTED_BY_USER: 0,
    Status.PENDING_DEPENDENCIES: 1,
    Status.DISPATCH_INITIATED: 2,
    Status.IN_PROGRESS: 3,
    **dict.fromkeys(PhaseRun.ENDS, 4),
}


def is_forward(old: str, new: str) -> bool:
    """Whether a report of `new` says more than `old`: an end is final, and nothing goes back."""
    return old not in PhaseRun.ENDS and _RANK[new] >= _RANK[old]


def first_status(phase: str, used: frozenset[str]) -> str:
    """Where a phase stands when the batch starts, `used` being the phases somebody runs."""
    if phase not in used:
        return Status.SKIPPED_BY_USER_CONFIG
    return Status.PENDING_DEPENDENCIES if NEEDS[phase] & used else Status.DISPATCH_INITIATED


def next_status(phase: str, statuses: Mapping[str, str]) -> str:
    """Where a phase that waits for others stands now that these have `statuses`."""
    needed = {statuses[name] for name in NEEDS[phase] if name in statuses}
    if needed & BROKEN:
        return Status.SKIPPED_DUE_TO_DEPENDENCY_FAILURE
    return Status.DISPATCH_INITIATED if needed <= PhaseRun.ENDS else Status.PENDING_DEPENDENCIES


def end_of_phase(successful: int, failed: int) -> str:
    """How a phase ended, by its texts. One of no texts has ended well."""
    if not failed:
        return Status.COMPLETED_SUCCESSFULLY
    return Status.COMPLETED_WITH_PARTIAL_SUCCESS if successful else Status.FAILED


def end_of_batch(statuses: Iterable[str]) -> str | None:
    """The step (of `batches.steps`) that ends the batch; None while a phase has still to end."""
    found = set(statuses)
    if found - PhaseRun.ENDS:
        return None
    if not found & {*BROKEN, Status.COMPLETED_WITH_PARTIAL_SUCCESS}:
        return "complete"
    return "complete_with_failures" if found & WELL else "fail"
