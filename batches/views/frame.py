"""What stands around every page of one batch: its name, its tabs with counts, its lock, and what the person may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from batches.assessment import Assessment, read_assessment
from batches.history import Happening, when_cancelled
from batches.models import Batch
from batches.orchestrator import is_answering
from batches.platforms import platform_of
from batches.review.namesakes import SharedNames
from batches.state import Counts, HandedIn, count_batch, who_has_not_handed_in
from batches.steps import may_take
from batches.views.file_rows import sources_of
from classes.models import ClassShare
from huleedu.common.access import get_visible
from huleedu.common.requests import PageRequest

Status = Batch.Status
ASK_AGAIN_SECONDS = 15
"""How often an open page asks whether an orchestrator that was away answers again."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Which buttons the head shows. The actions check again."""

    lock: bool = False
    unlock: bool = False
    start: bool = False
    retry: bool = False
    cancel: bool = False
    reopen: bool = False
    archive: bool = False
    delete: bool = False


@dataclass(frozen=True, slots=True)
class Frame:
    """One batch as one person sees it. Made by `batch_frame`."""

    batch: Batch
    tab: str
    counts: Counts
    handed_in: HandedIn
    colleagues: tuple[str, ...]
    may_change: bool
    is_owner: bool
    orchestrator_answers: bool
    assessment: Assessment
    cancelled: Happening | None

    @property
    def can_change(self) -> bool:
        """Whether this person may change it now: a lock closes the files only, the archive everything."""
        return self.may_change and self.batch.status != Status.ARCHIVED

    @property
    def shared_names(self) -> SharedNames:
        """The names of those in the class."""
        return SharedNames({}).among(self.handed_in.in_class)

    @property
    def missing(self) -> list[str]:
        """The names of those who have no text, namesakes told apart."""
        return list(map(self.shared_names.called, self.handed_in.missing))

    @property
    def may_have(self) -> list[str]:
        """The same of those who may have one."""
        return list(map(self.shared_names.called, self.handed_in.may_have))

    @property
    def class_is_empty(self) -> bool:
        """Whether there is a class and nobody in it, so that no text finds its student."""
        expected = self.handed_in.missing or self.handed_in.may_have or self.handed_in.excused
        return bool(self.batch.school_class_id and not expected and not self.counts.confirmed + self.counts.certain)

    @property
    def locked_by(self) -> str:
        """Who closed the files, as the banner says it."""
        return self.batch.locked_by.name if self.batch.locked_by else str(_("the teacher"))

    @property
    def cancelled_by(self) -> str:
        """Who stopped the batch, as the banner says it."""
        return self.cancelled.who if self.cancelled and self.cancelled.who else str(_("the teacher"))

    @property
    def away(self) -> bool:
        """Whether an orchestrator that this batch needs does not answer."""
        needing = (Status.COLLECTING, Status.READY, Status.PROCESSING)
        return not self.orchestrator_answers and self.batch.status in needing

    @property
    def ask_again_seconds(self) -> int:
        """How often an open page asks."""
        return ASK_AGAIN_SECONDS

    @property
    def ask_again_at(self) -> datetime:
        """When the page asks anew whether an orchestrator answers that does not now."""
        return timezone.now() + timedelta(seconds=ASK_AGAIN_SECONDS)

    @property
    def files_open(self) -> bool:
        """Whether this person may add and remove files now."""
        return self.can_change and not self.files_closed_by

    @property
    def files_closed_by(self) -> str:
        """The id of the sentence on the page that says why files cannot change now; empty where they can."""
        if self.batch.is_locked:
            return "lock-reason"
        return "orchestrator-away" if self.away and settings.ENABLE_BATCH_STATE_VALIDATION else ""

    @property
    def start_hindered_by(self) -> str:
        """The id of the sentence that says why the batch cannot start now; empty where it can."""
        if self.away:
            return "orchestrator-away"
        return "still-reading" if self.counts.reading else ""

    @property
    def sources(self) -> list[str]:
        """Where its files came from, where that was recognised: a phrase for each zip."""
        return sources_of(self.batch)

    @property
    def platform(self) -> str:
        """The learning platform that takes the files back by the names it gave them; empty where there is none."""
        return platform_of(self.batch)

    @property
    def steps(self) -> Steps:
        """By state and right."""
        if not self.can_change:
            return Steps()
        batch, counts = self.batch, self.counts
        return Steps(
            lock=may_take(batch, "lock"),
            unlock=may_take(batch, "unlock") and self.is_owner,
            start=may_take(batch, "start") and counts.essays > 0,
            retry=may_take(batch, "retry"),
            cancel=may_take(batch, "cancel") and counts.files > 0,
            reopen=may_take(batch, "reopen"),
            archive=may_take(batch, "archive"),
            delete=self.is_owner and not counts.files,
        )


def batch_frame(request: PageRequest, batch_id: UUID, *, tab: str) -> Frame:
    """The frame of the page `tab` (files, review, texts, missing, history). Raises Http404 for a stranger.

    At most seven statements, one more where it was cancelled, three where files were refused, and three once assessment
    began, however large the batch.
    """
    batch = get_visible(Batch.objects.select_related("school_class", "owner", "locked_by"), request.user, batch_id)
    is_owner = batch.owner_id == request.user.pk
    counts = count_batch(batch)
    return Frame(
        batch=batch,
        tab=tab,
        counts=counts,
        handed_in=who_has_not_handed_in(batch, problems=counts.problems > 0),
        colleagues=_colleagues(batch, request),
        may_change=is_owner or Batch.objects.editable_by(request.user).filter(pk=batch.pk).exists(),
        is_owner=is_owner,
        orchestrator_answers=is_answering(),
        assessment=read_assessment(batch),
        cancelled=when_cancelled(batch) if batch.status == Status.CANCELLED else None,
    )


def _colleagues(batch: Batch, request: PageRequest) -> tuple[str, ...]:
    """The names of the others who see the batch."""
    if batch.school_class_id is None:
        return ()
    shares = ClassShare.objects.filter(school_class_id=batch.school_class_id).select_related("user").order_by("pk")
    people = [batch.owner, *(share.user for share in shares)]
    return tuple(person.name for person in people if person.pk != request.user.pk)


def frame_context(frame: Frame, **more: Any) -> dict[str, Any]:
    """The context every template of a batch expects, with `more` of the page's own."""
    return {
        "frame": frame,
        "batch": frame.batch,
        "counts": frame.counts,
        "steps": frame.steps,
        "tab": frame.tab,
        **more,
    }
