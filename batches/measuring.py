"""The gauges of batches, set where they are read: the processes that do the work serve no HTTP."""

from __future__ import annotations

from django.db.models import Min
from django.utils import timezone

from batches.models import Batch, HandOver
from batches.orchestrator import is_answering
from huleedu.observability import metrics


def measure_batches() -> None:
    """Set the gauges of batches that stand still and of the hand-over. Two statements."""
    now = timezone.now()
    metrics.BATCHES_STUCK.set(Batch.objects.stuck(now).count())
    waiting = HandOver.objects.filter(outcome=HandOver.Outcome.WAITING)
    oldest = waiting.aggregate(at=Min("requested_at"))["at"]
    metrics.HANDOVERS_AGE.set((now - oldest).total_seconds() if oldest else 0)
    metrics.ORCHESTRATOR_AWAY.set(not is_answering())
