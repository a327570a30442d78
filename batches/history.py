"""What has happened to a batch, newest first: decisions on its texts, its files, its own steps.

Decisions come from their own rows; files and steps from the audit log, which knows the person but masks names, so file
names are joined here, where the reader's access has been checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Window
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from batches.models import Batch, BatchFile, Decision, Essay, EssayStudentAssociation
from classes.models import Student
from huleedu.common.audit import errand_of

LIMIT = 300
"""Rows of each kind that are looked at."""
_MATCH = EssayStudentAssociation.Status


@dataclass(frozen=True, slots=True)
class Happening:
    """One line of the history. `who` is empty for the machine, `file_name` where it is about no single file."""

    at: datetime
    who: str
    what: str
    file_name: str = ""
    undone: datetime | None = None
    removed: UUID | None = None
    """The file, where it was taken out and can be put back."""


def happenings(batch: Batch) -> list[Happening]:
    """Newest first. At most seven statements however much has happened."""
    rows = [*_decisions(batch), *_versions(batch), *_files(batch), *_steps(batch)]
    return sorted(rows, key=lambda row: row.at, reverse=True)


def when_cancelled(batch: Batch) -> Happening | None:
    """Who stopped the batch last, and when. One statement."""
    steps = _log(LogEntry.objects.get_for_object(batch).filter(changes__status__1=Batch.Status.CANCELLED))
    entry = steps.first()
    return Happening(at=entry.timestamp, who=_person(entry), what=step_words(entry)) if entry else None


def _decisions(batch: Batch) -> Iterator[Happening]:
    """What was decided in one step is one line."""
    rows = Decision.objects.filter(essay__batch=batch).select_related("actor", "essay__file").order_by("-pk")
    rows = rows.annotate(n_together=Window(Count("pk"), partition_by="group"))
    decisions: list[Any] = list(rows.defer("essay__file__text", "essay__file__evidence", "essay__results")[:LIMIT])
    keys = {state["student"] for row in decisions for state in (row.before, row.after) if state["student"]}
    students = Student.objects.in_bulk(sorted(keys))
    for row in {row.group: row for row in decisions}.values():
        several = row.n_together > 1
        yield Happening(
            at=row.created_at,
            who=row.actor.name if row.actor else "",
            what=_group_words(row) if several else _decision_words(row, students),
            file_name="" if several else row.essay.file.name,
            undone=row.undone_at,
        )


def _group_words(row: Any) -> str:
    """Several at once are only ever confirmed."""
    if row.after["method"] == EssayStudentAssociation.Method.DEADLINE:
        said = ngettext("{n} match was confirmed by itself", "{n} matches were confirmed by themselves", row.n_together)
    else:
        said = ngettext("Confirmed {n} match", "Confirmed {n} matches", row.n_together)
    return said.format(n=row.n_together)


def _decision_words(row: Decision, students: dict[int, Student]) -> str:
    before, after = row.before, row.after
    new = _name(after["student"], students)
    if after["status"] == _MATCH.NO_STUDENT:
        return _("Decided: not in this class")
    if after["status"] == _MATCH.UNDECIDED:
        return _("Undid the decision")
    if after["method"] == EssayStudentAssociation.Method.DEADLINE:
        return _("Confirmed by itself: {name}").format(name=new)
    if before["status"] == _MATCH.CONFIRMED:
        return _("Changed from {old} to {new}").format(old=_name(before["student"], students), new=new)
    return _("Confirmed: {name}").format(name=new)


def _name(key: int | None, students: dict[int, Student]) -> str:
    student = students.get(key) if key else None
    return student.name if student else _("a student who is no longer here")


def _files(batch: Batch) -> Iterator[Happening]:
    """Files added in the same minute by the same person are one line; a removed file has its own."""
    known = BatchFile.objects.filter(batch=batch).values_list("pk", "file__name", "file__public_id", "removed_at")
    names = {pk: name for pk, name, _id, _at in known}
    removed = {pk: public_id for pk, _name, public_id, at in known if at is not None}
    kind = ContentType.objects.get_for_model(BatchFile)
    own = BatchFile.objects.filter(batch=batch).values("pk")
    entries = list(_log(LogEntry.objects.filter(content_type=kind, object_id__in=own)))
    added = [entry for entry in entries if entry.action == LogEntry.Action.CREATE]
    for _minute_and_actor, group in groupby(
        added, key=lambda e: (e.timestamp.replace(second=0, microsecond=0), e.actor_id)
    ):
        rows = list(group)
        what = ngettext("Added {n} file", "Added {n} files", len(rows)).format(n=len(rows))
        name = names.get(rows[0].object_id or 0, "") if len(rows) == 1 else ""
        yield Happening(at=rows[0].timestamp, who=_person(rows[0]), what=what, file_name=name)
    for entry in entries:
        if "removed_at" in _changes(entry) and entry.action == LogEntry.Action.UPDATE:
            key, back = entry.object_id or 0, _changes(entry)["removed_at"][1] in (None, "None")
            yield Happening(
                at=entry.timestamp,
                who=_person(entry),
                what=_("Put a file back") if back else _("Removed a file"),
                file_name=names.get(key, ""),
                removed=None if back else removed.pop(key, None),
            )


def _versions(batch: Batch) -> Iterator[Happening]:
    """Which of a student's texts a person let count."""
    kind, own = ContentType.objects.get_for_model(Essay), Essay.objects.filter(batch=batch)
    chosen = LogEntry.objects.filter(content_type=kind, object_id__in=own.values("pk"), changes__has_key="chosen_for")
    entries = [entry for entry in _log(chosen) if _changes(entry)["chosen_for"][1] not in (None, "None")]
    names = dict(own.values_list("pk", "file__name")) if entries else {}
    for entry in entries:
        what = _("Chose which version counts")
        yield Happening(
            at=entry.timestamp, who=_person(entry), what=what, file_name=names.get(entry.object_id or 0, "")
        )


def _steps(batch: Batch) -> Iterator[Happening]:
    unlocks = _reasons(batch, "unlocks")
    reopenings = _reasons(batch, "reopenings")
    for entry in _log(LogEntry.objects.get_for_object(batch)):
        what = step_words(entry)
        old, new = _changes(entry).get("status") or ("", "")
        reasons = unlocks if old == Batch.Status.READY else reopenings
        if new == Batch.Status.COLLECTING and old != "None" and reasons:
            # Both newest first. The reason is kept with the batch, since the audit log holds nobody's words.
            reason = reasons.pop()
            what = ": ".join((what, reason)) if what and reason else what
        if what:
            yield Happening(at=entry.timestamp, who=_person(entry), what=what)


def _reasons(batch: Batch, steps: str) -> list[str]:
    return [taken["reason"] for taken in batch.processing_metadata.get(steps, [])]


def step_words(entry: LogEntry) -> str:
    """What a change of a batch was; empty for one that nobody needs to read about."""
    changes = _changes(entry)
    if errand := errand_of(entry):
        return errand
    if entry.action == LogEntry.Action.CREATE:
        return _("Made the batch")
    if entry.action == LogEntry.Action.DELETE:
        return _("Deleted the batch")
    if "status" in changes:
        old, new = changes["status"]
        return str(_STEPS.get((old, new)) or _STEPS.get(("", new)) or "")
    if "title" in changes:
        old, new = changes["title"]
        return _("Renamed the batch from {old} to {new}").format(old=old, new=new)
    if "school_class" in changes:
        return _("Changed the class")
    if "auto_confirm" in changes:
        on = str(changes["auto_confirm"][1]) == "True"
        return _("Turned automatic confirmation on") if on else _("Turned automatic confirmation off")
    if "review_by" in changes:
        return _("Changed the time to review by")
    return _("Changed the due date") if "due_at" in changes else ""


_STEPS = {
    ("ready", "collecting"): gettext_lazy("Unlocked the batch"),
    ("", "collecting"): gettext_lazy("Reopened the batch"),
    ("", "ready"): gettext_lazy("Locked the batch"),
    ("completed_with_failures", "processing"): gettext_lazy("Tried again what failed"),
    ("failed", "processing"): gettext_lazy("Tried again what failed"),
    ("", "processing"): gettext_lazy("Started assessment"),
    ("", "completed"): gettext_lazy("Assessment done"),
    ("", "completed_with_failures"): gettext_lazy("Assessment done, with problems"),
    ("", "failed"): gettext_lazy("Assessment failed"),
    ("", "cancelled"): gettext_lazy("Cancelled the batch"),
    ("", "archived"): gettext_lazy("Archived the batch"),
}


def _log(entries: Any) -> Any:
    return entries.select_related("actor").order_by("-timestamp", "-pk")[:LIMIT]


def _changes(entry: LogEntry) -> dict[str, Any]:
    return entry.changes or {}


def _person(entry: LogEntry) -> str:
    return entry.actor.name if entry.actor else ""
