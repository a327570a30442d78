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
REPORTABLE = (
    Status.IN_PROGRESS,
    Status.COMPLETED_SUCCESSFULLY,
    Status.COMPLETED_WITH_PARTIAL_SUCCESS,
    Status.FAILED,
)
"""What a downstream service may say of its phase. The other statuses are ours to give."""


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


def fill_counts(status: str, total: int, successful: int | None, failed: int | None) -> tuple[int, int] | None:
    """How many of a phase's texts went well and how many did not, where a report of `status` leaves out what is None.

    At an end what is left out is the rest, and of a failed phase no text went well. None where the counts contradict
    each other or the status.
    """
    if status == Status.FAILED:
        return (0, total) if not successful and 0 <= (failed or 0) <= total else None
    if status == Status.IN_PROGRESS:
        successful, failed = successful or 0, failed or 0
        fits = successful + failed <= total
    else:
        successful = total - (failed or 0) if successful is None else successful
        failed = total - successful if failed is None else failed
        fits = successful + failed == total and status == end_of_phase(successful, failed)
    return (successful, failed) if fits and min(successful, failed) >= 0 else None


def end_of_batch(statuses: Iterable[str]) -> str | None:
    """The step (of `batches.steps`) that ends the batch; None while a phase has still to end."""
    found = set(statuses)
    if found - PhaseRun.ENDS:
        return None
    if not found & {*BROKEN, Status.COMPLETED_WITH_PARTIAL_SUCCESS}:
        return "complete"
    return "complete_with_failures" if found & WELL else "fail"
