"""Writing down what matching suggests. Never touches what a person has decided."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auditlog.models import LogEntry
from django.utils import timezone

from batches.actions.locks import lock_open, lock_row
from batches.actions.versions import settle_versions
from batches.class_list import roster_of, students_of
from batches.essay_clues import clues_of, pattern_of, read_essays
from batches.events import BatchReviewNeeded, EssayMatchSuggested, ParsedStudent, StudentParsingCompletedV1
from batches.matching import Suggestion, match_essays
from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation
from batches.querysets import file_counts
from batches.queue import queue_rematch
from classes.models import Student
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation


@action
def rematch_batch(batch: Batch, *, actor: User) -> Batch:
    """Match every undecided text again, e.g. after the roster changed. Raises ActionError `batch_locked`."""
    batch = lock_open(batch)
    queue_rematch(batch.pk)
    return batch


@action
def match_batch(batch: Batch, *, again: bool = False, actor: None = None) -> int:
    """Match the whole batch as far as it is read; returns how many suggestions are new.

    Does nothing on a locked batch or, but for `again`, when every read text has been matched already. In a batch that
    was cancelled meanwhile what has begun ends: a text that was handed in before is read and matched. One statement
    reads the essays, three the roster; the writes are two bulk statements.
    """
    batch = lock_row(batch)
    essays = read_essays(batch)
    if batch.is_locked and batch.status not in Batch.CLOSED_EARLY:
        return 0
    if all(essay.matched_at for essay in essays) and (batch.is_locked or not again):
        return 0
    students = students_of(batch.school_class_id)
    clues = clues_of(essays, pattern_of(batch))
    suggestions = match_essays(clues, roster_of(batch.school_class_id, students))
    changed = _write(essays, suggestions)
    settle_versions(batch)
    audience = batch.audience()
    if changed:
        event = EssayMatchSuggested(batch_id=batch.public_id, essay_ids=tuple(e.public_id for e in changed))
        publish(event, audience=audience)
    if changed or not all(essay.matched_at for essay in essays):
        _tell_if_all_read(batch, students, audience=audience)
    return len(changed)


def _write(essays: Sequence[Essay], suggestions: dict[str, Suggestion]) -> list[Essay]:
    """Write the suggestions of texts nobody has decided; the rows are locked and looked at again before."""
    by_key = {str(essay.pk): essay for essay in essays}
    rows = Association.objects.select_for_update(no_key=True).filter(essay__in=essays).order_by("essay_id")
    changed: list[Association] = []
    for association in rows:
        suggestion = suggestions[str(association.essay_id)]
        if not association.is_decided and _take_over(association, suggestion, seen=by_key[str(association.essay_id)]):
            changed.append(association)
    fields = ["student", "certainty", "confidence", "candidates", "evidence", "is_new"]
    Association.objects.bulk_update(changed, fields, batch_size=200)
    log_bulk(changed, action=LogEntry.Action.UPDATE, changed=["student", "certainty"])
    Essay.objects.filter(pk__in=[essay.pk for essay in essays]).update(matched_at=timezone.now())
    return [by_key[str(association.essay_id)] for association in changed]


def _take_over(association: Association, suggestion: Suggestion, *, seen: Essay) -> bool:
    """Copy the suggestion onto the association; False when it says what stands there already."""
    candidates = [
        {
            "student": int(candidate.student),
            "confidence": round(candidate.confidence, 4),
            "reasons": [
                {"code": reason.code, "for": reason.supports, "evidence": list(reason.evidence)}
                for reason in candidate.reasons
            ],
        }
        for candidate in suggestion.candidates
    ]
    student_pk = int(suggestion.student) if suggestion.student else None
    same = (association.student_id, association.certainty) == (student_pk, suggestion.certainty)
    if same and association.candidates == candidates:
        return False
    association.student_id, association.certainty = student_pk, suggestion.certainty
    association.confidence = suggestion.confidence
    association.candidates = candidates
    association.evidence = [item.as_json() for item in suggestion.evidence]
    association.is_new = association.is_new or (seen.matched_at is not None and not same)
    return True


def tell_if_all_read(batch: Batch) -> None:
    """Say that the batch is read and matched where the last file to end brought no text: a zip, a refused file."""
    _tell_if_all_read(batch, students_of(batch.school_class_id), audience=batch.audience())


def _tell_if_all_read(batch: Batch, students: dict[str, Student], *, audience: list[int]) -> None:
    counts = BatchFile.objects.filter(batch=batch, removed_at=None).aggregate(**file_counts("file__"))
    if counts["reading"]:
        return
    suggested = Association.objects.filter(essay__batch=batch, essay__removed_at=None, student__isnull=False)
    found = [
        students[str(pk)]
        for pk in dict.fromkeys(suggested.values_list("student_id", flat=True).order_by("pk"))
        if str(pk) in students
    ]
    publish(
        StudentParsingCompletedV1(
            batch_id=batch.public_id,
            parsed_by_user_id=batch.owner.public_id,
            students=tuple(
                ParsedStudent(student_email=student.email, student_name=student.name)
                for student in found
                if not student.protected_identity
            ),
        ),
        audience=audience,
    )
    undecided = Essay.objects.live().filter(batch=batch).undecided().count()
    if undecided and batch.status not in Batch.CLOSED_EARLY:
        publish(BatchReviewNeeded(batch_id=batch.public_id, undecided=undecided), audience=audience)
