"""Giving a batch its class after it was made. Part of `update_batch`, which holds the batch's lock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditlog.models import LogEntry
from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.locks import refuse_if_locked
from batches.actions.protecting import hide_marked_everywhere
from batches.actions.versions import settle_versions
from batches.models import Batch, Decision, Essay, EssayStudentAssociation, Excuse
from batches.queue import queue_rematch
from classes.actions.locks import lock_class
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation


def change_class(batch: Batch, school_class: SchoolClass | None, *, actor: User) -> list[str]:
    """Set another class, its course and, in a colleague's class, its owner; returns the fields for the caller to save.

    Nothing that named students of the class before stays; undecided texts are matched again. Raises ActionError
    `batch_locked`; `has_decisions` where texts were decided for the class that it had or by another owner's students;
    `permission_denied` where somebody else would hand the batch to another owner; `quota_exceeded` where that owner
    has no room for its files.
    """
    if batch.school_class_id == (school_class.pk if school_class else None):
        return []
    refuse_if_locked(batch)
    if school_class is not None:
        school_class = lock_class(school_class)
    owner = school_class.owner if school_class else batch.owner
    if batch.school_class_id is not None or owner != batch.owner:
        _refuse_decided(batch)
        _forget_decisions(batch)
    _forget_suggestions(batch)
    if owner != batch.owner:
        _hand_over(batch, owner, actor=actor)
    batch.school_class = school_class
    codes = list(school_class.courses.values_list("code", flat=True)) if school_class else []
    if batch.course_code not in codes:
        batch.course_code = codes[0] if len(codes) == 1 else ""
    settle_versions(batch)
    hide_marked_everywhere(batch)
    queue_rematch(batch.pk)
    return ["school_class", "course_code", "owner"]


def _refuse_decided(batch: Batch) -> None:
    matches = Association.objects.filter(essay__batch=batch, essay__removed_at=None)
    if matches.exclude(status=Association.Status.UNDECIDED).exists():
        message = _("Texts of the batch have been decided already. Undo those decisions to change its class.")
        raise ActionError("has_decisions", message, field="class_id")


def _forget_decisions(batch: Batch) -> None:
    """Those on removed texts, and whom earlier ones named: history and undo would bring the students back."""
    matches = Association.objects.select_for_update(no_key=True).filter(essay__batch=batch)
    decided = list(matches.exclude(status=Association.Status.UNDECIDED).order_by("essay_id"))
    for match in decided:
        match.status, match.student, match.method = Association.Status.UNDECIDED, None, ""
        match.decided_by, match.decided_at = None, None
    Association.objects.bulk_update(decided, ["status", "student", "method", "decided_by", "decided_at"])
    log_bulk(decided, action=LogEntry.Action.UPDATE, changed=["status", "student"])
    decisions = list(Decision.objects.filter(essay__batch=batch))
    for decision in decisions:
        decision.before["student"] = decision.after["student"] = None
        decision.undone_at = decision.undone_at or timezone.now()
    Decision.objects.bulk_update(decisions, ["before", "after", "undone_at"])
    chosen = list(Essay.objects.filter(batch=batch, chosen_for__isnull=False))
    Essay.objects.filter(pk__in=[essay.pk for essay in chosen]).update(chosen_for=None)
    log_bulk(chosen, action=LogEntry.Action.UPDATE, values={"chosen_for": None})


def _forget_suggestions(batch: Batch) -> None:
    """Until matching has run for the new class nothing is suggested, and every undecided text counts as being read."""
    matches = Association.objects.select_for_update(no_key=True).filter(essay__batch=batch)
    undecided = list(matches.filter(status=Association.Status.UNDECIDED).only("pk").order_by("essay_id"))
    Association.objects.filter(pk__in=[match.pk for match in undecided]).update(
        student=None, certainty=Association.Certainty.NO_MATCH, confidence=0.0, candidates=[], evidence=[], is_new=False
    )
    log_bulk(undecided, action=LogEntry.Action.UPDATE, changed=["student", "certainty"])
    Essay.objects.filter(association__in=undecided).update(matched_at=None)


def _hand_over(batch: Batch, owner: User, *, actor: User) -> None:
    """As a new one, a batch in a colleague's class is the colleague's, and so are its files."""
    if batch.owner_id != actor.pk:
        raise ActionError("permission_denied", _("Only the owner can move the batch to another teacher's class."))
    refuse_without_room(EssayFile.objects.filter(batch_file__batch=batch), owner)
    give_files([batch], owner)
    Excuse.objects.filter(batch=batch).delete()
    batch.owner = owner


def refuse_without_room(files: QuerySet[EssayFile], owner: User) -> None:
    """Raises ActionError `quota_exceeded` where `owner` has no room for the files of somebody else."""
    size = files.exclude(sha256="").aggregate(size=Sum("size"))["size"] or 0
    if EssayFile.objects.bytes_of(owner) + size > settings.TEACHER_QUOTA_BYTES:
        raise ActionError("quota_exceeded", _("The owner of the class has no room left for the files."))


def give_files(batches: Sequence[Batch], owner: User) -> None:
    """Let the files of locked batches be `owner`'s."""
    files = EssayFile.objects.filter(batch_file__batch__in=batches)
    log_bulk(list(files.only("public_id")), action=LogEntry.Action.UPDATE, values={"owner": owner.pk})
    files.update(owner=owner)
