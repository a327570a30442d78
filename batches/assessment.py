"""How far assessment has come, as pages word it: a line per phase that is used, and the texts that failed."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from batches.models import Batch, Essay, PhaseRun

Status = PhaseRun.Status
MAX_NAMED = 5
"""Failed texts that are named; the others are a number."""
_REASONS: dict[str, str | Promise] = {
    "no_text": _("no text inside. Reopen the batch to paste it."),
    "internal_error": _("something went wrong on our side"),
    "no_report": _("no answer in time"),
    "orchestrator_refused": _("the assessment service did not take it"),
}


@dataclass(frozen=True, slots=True)
class PhaseLine:
    """A phase in words; `why` is empty where all is well."""

    name: str
    state: str
    done: int
    total: int
    is_running: bool
    why: str | Promise


@dataclass(frozen=True, slots=True)
class FailedText:
    """A text that has no figures, by its file's name."""

    text_id: UUID
    file_name: str
    why: str | Promise


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a batch's page shows of assessment; empty before the first start and on an open batch."""

    phases: tuple[PhaseLine, ...] = ()
    failed: tuple[FailedText, ...] = ()
    n_failed: int = 0

    @property
    def n_more(self) -> int:
        """Failed texts that are not named."""
        return self.n_failed - len(self.failed)


def read_assessment(batch: Batch) -> Assessment:
    """None to three statements, however many texts there are."""
    if not batch.generation or batch.status in (Batch.Status.COLLECTING, Batch.Status.READY):
        return Assessment()
    runs = batch.phase_runs.filter(generation=batch.generation).exclude(status=Status.SKIPPED_BY_USER_CONFIG)
    phases = tuple(_line(run) for run in runs)
    if batch.status not in (Batch.Status.COMPLETED_WITH_FAILURES, Batch.Status.FAILED):
        return Assessment(phases)
    failed = Essay.objects.live().filter(batch=batch, counts=True, results__nlp__has_key="error").order_by("pk")
    named = failed.values_list("public_id", "file__name", "results__nlp__error")[: MAX_NAMED + 1]
    texts = tuple(FailedText(key, name, _reason(code)) for key, name, code in named)
    return Assessment(phases, texts[:MAX_NAMED], failed.count() if len(texts) > MAX_NAMED else len(texts))


def _line(run: PhaseRun) -> PhaseLine:
    return PhaseLine(
        name=run.get_phase_display(),
        state=run.get_status_display(),
        done=run.successful + run.failed,
        total=run.total,
        is_running=run.status in (Status.DISPATCH_INITIATED, Status.IN_PROGRESS),
        why=_reason(run.error_info) if run.error_info else "",
    )


def _reason(code: str) -> str | Promise:
    """What a downstream service wrote is for support; a teacher hears the reasons we know."""
    return _REASONS.get(code, _REASONS["internal_error"])
