"""What a colleague has decided just now about other texts than the open one: told once, in passing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from batches.review.namesakes import read_shared_names
from classes.models import Student
from huleedu.accounts.models import User

Status = EssayStudentAssociation.Status

_NEWS = timedelta(seconds=60)
"""How old a decision is at most when it is told: after that the queue alone says it."""


@dataclass(frozen=True, slots=True)
class Told:
    """One step of a colleague: who, which text (None: several at once) and what it is now."""

    at: float
    """When, in seconds since 1970, so that it is told once."""
    who: str
    n: int
    essay: Essay | None
    called: str
    """Who the text was matched to, told apart from others of the same name; empty where it was not."""
    is_taken_back: bool


def read_told(batch: Batch, *, viewer: User, open_id: UUID | None, since: str) -> Told | None:
    """The latest step of somebody else after `since` (as `Told.at`), unless it is about the open text, old or undone.

    One statement; two to four where there is something to tell. The clock is nobody, and so is the viewer elsewhere.
    """
    steps = Decision.objects.filter(essay__batch=batch, created_at__gt=_after(since), actor__isnull=False)
    steps = steps.filter(undone_at=None, essay__removed_at=None).exclude(actor=viewer)
    others = steps.exclude(essay__public_id=open_id) if open_id else steps
    last = others.select_related("actor", "essay__file").order_by("-pk").first()
    if last is None or last.actor is None:
        return None
    n = others.filter(group=last.group).count()
    status, student_id = last.after["status"], last.after["student"]
    return Told(
        at=last.created_at.timestamp() + 0.001,  # floats round
        who=last.actor.name,
        n=n,
        essay=last.essay if n == 1 else None,
        called=_called(student_id, batch) if n == 1 and status == Status.CONFIRMED else "",
        is_taken_back=status == Status.UNDECIDED,
    )


def _called(student_id: int, batch: Batch) -> str:
    student = Student.objects.filter(pk=student_id).first()
    return read_shared_names(batch).called(student) if student else ""


def _after(since: str) -> datetime:
    """That time, or a minute ago where that is later or `since` is no time."""
    earliest = timezone.now() - _NEWS
    try:
        return max(earliest, datetime.fromtimestamp(float(since), tz=UTC))
    except (ValueError, OverflowError):
        return earliest
