"""Handing work to Celery once the change that calls for it is committed. Ids only."""

from __future__ import annotations

from functools import partial

from huleedu.common.nudging import nudge_on_commit

READING = "read-files"
"""The nudge that says: a worker is about to look for a file to read."""


def queue_reading() -> None:
    """Have the workers read what waits. Which file, a worker finds out: teachers take turns."""
    from batches.tasks import ingest_next

    nudge_on_commit(READING, ingest_next.delay)


def matching_key(batch_pk: int) -> str:
    """The nudge that says: matching of this batch is on its way."""
    return f"match-batch-{batch_pk}"


def queue_matching(batch_pk: int) -> None:
    """Have a worker match what was read and not yet matched. Thirty files read in a row call for it once or twice."""
    from batches.tasks import match_essays

    nudge_on_commit(matching_key(batch_pk), partial(match_essays.delay, batch_pk))


def rematching_key(class_pk: int) -> str:
    """The nudge that says: the batches of this class are about to be matched again."""
    return f"rematch-class-{class_pk}"


def queue_rematching(class_pk: int) -> None:
    """Have a worker match the open batches of a class again, because its students changed."""
    from batches.tasks import rematch_class

    nudge_on_commit(rematching_key(class_pk), partial(rematch_class.delay, class_pk))


def queue_rematch(batch_pk: int) -> None:
    """Have a worker match every undecided text of a batch again."""
    from batches.tasks import rematch_essays

    rematch_essays.delay_on_commit(batch_pk)  # type: ignore[attr-defined]  # see huleedu.celery.Task


def queue_phases(batch_pk: int, generation: int) -> None:
    """Have a worker run the built-in phases."""
    from batches.tasks import run_phases

    run_phases.delay_on_commit(batch_pk, generation)  # type: ignore[attr-defined]  # see huleedu.celery.Task


def queue_hand_over(batch_pk: int) -> None:
    """Have a worker hand a started batch over to the remote orchestrator."""
    from batches.orchestrator.tasks import hand_over

    hand_over.delay_on_commit(batch_pk)  # type: ignore[attr-defined]  # see huleedu.celery.Task
