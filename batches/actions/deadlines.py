"""What the clock does with a batch, and nothing else ever follows from a date.

It reminds of `review_by` before it and, only where the teacher asked for that, confirms the certain matches then.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from batches.actions.certain import certain_matches
from batches.actions.locks import lock_row, reading_count, tell_status
from batches.actions.versions import settle_versions
from batches.events import BatchDeadlineNear, EssayStudentAssociationUpdatedV1
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from huleedu.common.actions import action
from huleedu.outbox.publish import publish

Association = EssayStudentAssociation


@action
def remind_of_deadline(batch: Batch, *, now: datetime, actor: None = None) -> bool:
    """Tell the batch's people once that `review_by` is near. False where that is done or no longer so."""
    batch = lock_row(batch)
    if not Batch.objects.to_remind(now).filter(pk=batch.pk).exists():
        return False
    batch.reminded_at = now
    batch.save(update_fields=["reminded_at", "updated_at"])
    publish(BatchDeadlineNear(batch_id=batch.public_id), audience=batch.audience())
    return True


@action
def confirm_at_deadline(batch: Batch, *, now: datetime, actor: None = None) -> int | None:
    """Confirm the certain matches of a batch whose `review_by` has come, as one decision; returns how many.

    None, and nothing happens, where it is not time, files are still being read, or the teacher has taken it back (a
    lock does too). Done once: `auto_confirm` is off afterwards.
    """
    batch = lock_row(batch)
    if not Batch.objects.to_auto_confirm(now).filter(pk=batch.pk).exists() or reading_count(batch):
        return None
    certain = Essay.objects.live().filter(
        batch=batch, association__status="undecided", association__certainty="certain"
    )
    rows = Association.objects.filter(essay__in=certain, student__isnull=False).select_related("essay", "student")
    locked = list(rows.select_for_update(no_key=True, of=("self",)).order_by("essay_id"))
    associations = certain_matches(batch, locked)
    _confirm(batch, associations)
    batch.auto_confirm = False
    batch.version += 1
    batch.save(update_fields=["auto_confirm", "version", "updated_at"])
    tell_status(batch)
    return len(associations)


def _confirm(batch: Batch, associations: Sequence[Association]) -> None:
    """As when a person confirms, but for the version: that counts people's decisions, so a person's always wins."""
    group, audience = uuid.uuid4(), batch.audience()
    for association in associations:
        before = association.snapshot()
        association.status, association.method = Association.Status.CONFIRMED, Association.Method.DEADLINE
        association.decided_at, association.is_new = timezone.now(), False
        association.save(update_fields=["status", "method", "decided_at", "is_new", "updated_at"])
        Decision.objects.create(
            essay=association.essay,
            group=group,
            before=before,
            after=association.snapshot(),
            version_after=association.version,
        )
        event = EssayStudentAssociationUpdatedV1(
            essay_id=association.essay.public_id,
            student_id=association.student.public_id if association.student else None,
            batch_id=batch.public_id,
            updated_by_user_id=batch.owner.public_id,
            version=association.version,
        )
        publish(event, audience=audience)
    if associations:
        settle_versions(batch)
