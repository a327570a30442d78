"""All that has happened to a batch in one column, for support staff: ids, states and durations, no names of anything.

Events, tries to read a file, phases, hand-overs, decisions and lines of the log, newest first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from batches.history import step_words
from batches.models import Batch, BatchFile, Decision, EssayStudentAssociation, PhaseRun
from files.models import EssayFile
from huleedu.common.admin import duration
from huleedu.outbox.models import OutboxEvent

LIMIT = 300
"""Rows of each kind that are looked at."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `kind` is a word; `what` says it with states; `about` is an id; `took` is how long it took."""

    at: datetime
    kind: str
    what: str
    about: str = ""
    who: str = ""
    took: str = ""


def timeline(batch: Batch) -> list[Line]:
    """Newest first, eight statements however much has happened."""
    lines = [*_events(batch), *_tries(batch), *_phases(batch), *_hand_overs(batch), *_decisions(batch), *_log(batch)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _took(begun: datetime | None, ended: datetime | None) -> str:
    return duration((ended - begun).total_seconds()) if begun and ended else ""


def _events(batch: Batch) -> Iterator[Line]:
    for event in OutboxEvent.objects.filter(aggregate=f"batch:{batch.public_id}").order_by("-pk")[:LIMIT]:
        took = _took(event.created_at, event.relayed_at)
        yield Line(event.created_at, _("event"), f"{event.event_type}: {event_state(event)}", str(event.pk), took=took)


def event_state(event: OutboxEvent) -> str:
    """`sent`, `waiting`, or what became of a dead letter."""
    if event.relayed_at:
        return _("sent")
    if event.put_aside_at:
        return _("put aside")
    if event.dead_at:
        return _("dead letter ({error})").format(error=event.last_error)
    return _("waiting")


def _tries(batch: Batch) -> Iterator[Line]:
    """Each time a file changed its state; what a worker took, with how long it had it."""
    files = dict(BatchFile.objects.filter(batch=batch).values_list("file_id", "file__public_id"))
    entries = _entries(EssayFile, list(files)).filter(changes__has_key="status")
    states: dict[str, Any] = dict(EssayFile.Status.choices)
    begun: dict[int, datetime] = {}
    for entry in reversed(entries[: 2 * LIMIT]):
        key, (old, new) = entry.object_id or 0, (entry.changes or {})["status"]
        if entry.action == LogEntry.Action.CREATE:
            what = str(states.get(new, new))
        else:
            what = f"{states.get(old, old)} → {states.get(new, new)}"
        yield Line(entry.timestamp, _("file"), what, str(files[key]), took=_took(begun.pop(key, None), entry.timestamp))
        if new == EssayFile.Status.READING:
            begun[key] = entry.timestamp


def _phases(batch: Batch) -> Iterator[Line]:
    for run in PhaseRun.objects.filter(batch=batch).order_by("-pk")[:LIMIT]:
        name, about = run.get_phase_display(), _("run {n}").format(n=run.generation)
        if run.started_at:
            yield Line(run.started_at, _("phase"), _("{phase}: begun").format(phase=name), about)
        ended = run.completed_at if run.status in PhaseRun.ENDS else run.reported_at
        if ended and (run.status in PhaseRun.ENDS or ended != run.started_at):
            what = f"{name}: {run.get_status_display()} ({run.successful}/{run.total})"
            what = f"{what}, {run.error_info}" if run.error_info else what
            yield Line(ended, _("phase"), what, about, took=_took(run.started_at, ended))


def _hand_overs(batch: Batch) -> Iterator[Line]:
    for wish in batch.hand_overs.order_by("-pk")[:LIMIT]:
        about = _("run {n}").format(n=wish.generation)
        yield Line(
            wish.ended_at or wish.requested_at,
            _("hand-over"),
            {
                "waiting": _("waiting"), "taken": _("taken"), "refused": _("refused"), "superseded": _("overtaken"),
            }[wish.outcome],
            about,
            took=_took(wish.requested_at, wish.ended_at),
        )  # fmt: skip


def _decisions(batch: Batch) -> Iterator[Line]:
    rows = Decision.objects.filter(essay__batch=batch).select_related("essay", "actor").defer("essay__results")
    states: dict[str, Any] = dict(EssayStudentAssociation.Status.choices)
    for decision in rows.order_by("-pk")[:LIMIT]:
        before, after = (states.get(state["status"], "") for state in (decision.before, decision.after))
        who = decision.actor.email if decision.actor else ""
        about = str(decision.essay.public_id)
        yield Line(decision.created_at, _("decision"), f"{before} → {after}", about, who)
        if decision.undone_at:
            yield Line(decision.undone_at, _("decision"), _("undone"), about)


def _log(batch: Batch) -> Iterator[Line]:
    """What the log has of the batch itself, and of files that came and went."""
    for entry in _entries(Batch, [batch.pk])[:LIMIT]:
        yield Line(entry.timestamp, _("log"), batch_words(entry), str(entry.pk), _person(entry))
    rows = dict(BatchFile.objects.filter(batch=batch).values_list("pk", "file__public_id"))
    for entry in _entries(BatchFile, list(rows))[:LIMIT]:
        what = _("Added a file") if entry.action == LogEntry.Action.CREATE else _("Removed a file")
        yield Line(entry.timestamp, _("log"), what, str(rows[entry.object_id or 0]), _person(entry))


def batch_words(entry: LogEntry) -> str:
    """What was done to the batch, without its title."""
    if "title" in (entry.changes or {}) and entry.action == LogEntry.Action.UPDATE:
        return _("Renamed the batch")
    return step_words(entry) or (_("Read") if entry.action == LogEntry.Action.ACCESS else _("Changed the batch"))


def _entries(model: Any, keys: list[int]) -> Any:
    kind = ContentType.objects.get_for_model(model)
    own = LogEntry.objects.filter(content_type=kind, object_id__in=keys).select_related("actor")
    return own.order_by("-timestamp", "-pk")


def _person(entry: LogEntry) -> str:
    return entry.actor.email if entry.actor else ""
