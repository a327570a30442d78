"""What workers do with a remote orchestrator: hand started batches over to it, and look whether it is there."""

from __future__ import annotations

import structlog
from celery import shared_task

from batches import actions
from batches.models import Batch, Essay, HandOver
from batches.orchestrator import HandedEssay, HandOverRefused, Work, is_remote, orchestrator, probe_orchestrator
from batches.querysets import TOLD_STUDENT
from huleedu.common.errors import ActionError

logger = structlog.get_logger(__name__)

Outcome = HandOver.Outcome
REFUSED = "orchestrator_refused"
"""`error_info` of the phases of a batch that the orchestrator would not take."""


@shared_task(expires=60)  # `watch_orchestrator` finds it again
def hand_over(batch_pk: int) -> str | None:
    """Hand a started batch over. Returns the outcome; None where nothing waits, or nobody answers: it waits on."""
    waiting = HandOver.objects.filter(batch_id=batch_pk, outcome=Outcome.WAITING).select_related("batch__owner")
    wish = waiting.order_by("-generation").first()
    if wish is None:
        return None
    batch = wish.batch
    outcome = _offer(batch) if _is_current(wish) else Outcome.SUPERSEDED
    if outcome is None or not actions.end_hand_over(batch, generation=wish.generation, outcome=outcome, actor=None):
        return None
    if outcome == Outcome.REFUSED:
        actions.refuse_phases(batch, generation=wish.generation, error_info=REFUSED, actor=None)
    return outcome


def _is_current(wish: HandOver) -> bool:
    """Not cancelled, reopened or started anew since."""
    over = (Batch.Status.COLLECTING, Batch.Status.READY, Batch.Status.CANCELLED)
    return wish.generation == wish.batch.generation and wish.batch.status not in over


def _offer(batch: Batch) -> Outcome | None:
    try:
        orchestrator().hand_over(work_of(batch))
    except HandOverRefused as refusal:
        logger.error("hand_over_refused", batch=str(batch.public_id), status=refusal.status)
        return Outcome.REFUSED
    except ActionError:
        return None
    return Outcome.TAKEN


def work_of(batch: Batch) -> Work:
    """What is handed over of a batch. One statement; files are closed, so its texts stay these."""
    essays = Essay.objects.handed_over().filter(batch=batch).values_list("public_id", TOLD_STUDENT)
    return Work(
        batch_id=batch.public_id,
        user_id=batch.owner.public_id,
        course_code=batch.course_code,
        generation=batch.generation,
        essays=tuple(HandedEssay(essay_id=key, student_id=student) for key, student in essays),
    )


@shared_task
def watch_orchestrator() -> dict[str, int] | None:
    """Look whether the orchestrator is there, and if so hand over again what it has not taken. None without one."""
    waiting = HandOver.objects.filter(outcome=Outcome.WAITING)
    if not is_remote():
        # Those that wait for one that is configured no more.
        for pk in waiting.order_by("requested_at").values_list("batch_id", flat=True)[:100]:
            hand_over.delay(pk)
        return None
    found = probe_orchestrator()
    pks = list(waiting.order_by("requested_at").values_list("batch_id", flat=True)[:100])
    for pk in pks if found else ():
        hand_over.delay(pk)
    return {"found": int(found), "waiting": len(pks)}
