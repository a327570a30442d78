"""Which of a student's texts counts. Settled anew by every action that moves a text, in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from auditlog.models import LogEntry
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from batches.actions.locks import lock_unarchived
from batches.events import EssayVersionCounted
from batches.models import Batch, Essay, EssayStudentAssociation
from batches.versions import Text, place_versions
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation


def settle_versions(batch: Batch) -> None:
    """Put the texts of each student in order and let exactly one count. Part of an action that has the batch locked.

    Once they have gone to assessment those that count stay, whoever turns out to have written them, until the batch is
    opened again. One statement; one or two more where something changes.
    """
    somewhere = Q(association__student__isnull=False) | Q(counts=False) | Q(replaces__isnull=False)
    rows = Essay.objects.live().filter(somewhere, batch=batch).select_related("association", "file", "batch")
    essays = list(rows.only(*_NEEDED).order_by("pk"))
    places = place_versions(map(_text, essays))
    changed = []
    for essay in essays:
        place = places[essay.pk]
        # Read with the texts, since a caller's batch may be from before it was locked.
        counts = essay.counts if essay.batch.lock_reason == Batch.LockReason.ASSESSMENT else place.counts
        if (essay.replaces_id, essay.counts) != (place.replaces, counts):
            essay.replaces_id, essay.counts = place.replaces, counts
            changed.append(essay)
    if changed:
        Essay.objects.bulk_update(changed, ["replaces", "counts"])
        log_bulk(changed, action=LogEntry.Action.UPDATE, changed=["replaces", "counts"])


_NEEDED = (
    "public_id", "batch__lock_reason", "replaces", "counts", "chosen_for", "file__name", "file__path",
    "file__created_at", "association__essay", "association__student", "association__status", "association__certainty",
)  # fmt: skip


def _text(essay: Essay) -> Text:
    match = essay.association
    confirmed = match.status == Association.Status.CONFIRMED
    certain = not match.is_decided and match.certainty == Association.Certainty.CERTAIN
    student = match.student_id if confirmed or certain else None
    return Text(
        key=essay.pk,
        student=student,
        handed_in=essay.handed_in_at,
        confirmed=confirmed,
        chosen=student is not None and essay.chosen_for_id == student,
    )


@action
def count_version(essay: Essay, *, instead_of: UUID, actor: User) -> Essay:
    """Let this one of a student's texts be the one that counts. The same again changes nothing.

    `instead_of` is the text that counted when the person chose. Raises ActionError `version_conflict` (with the essay
    as `current`) where another one counts by now, `illegal_transition` for a text that nobody has confirmed where
    another is, and `batch_locked` once the texts have gone to assessment.
    """
    batch = lock_unarchived(Batch(pk=essay.batch_id))
    found = Essay.objects.live().filter(pk=essay.pk).select_related("association").first()
    if found is None:
        raise ActionError("not_found", _("The text is not in the batch any more."))
    if found.counts:
        return found
    if batch.lock_reason == Batch.LockReason.ASSESSMENT:
        raise ActionError("batch_locked", _("Assessment has begun with the version that counts."))
    student = found.association.student_id
    versions = Essay.objects.live().filter(batch=batch, association__student=student)
    if not versions.filter(counts=True, public_id=instead_of).exists():
        message = _("Somebody else has chosen which version counts meanwhile.")
        raise ActionError("version_conflict", message, current=found)
    if not found.association.is_decided and versions.filter(association__status="confirmed").exists():
        raise ActionError("illegal_transition", _("Another text of the student is confirmed. Confirm this one first."))
    # Also what was taken out: put back, it does not count in place of this one.
    for other in Essay.objects.filter(batch=batch, chosen_for=student):
        other.chosen_for = None
        other.save(update_fields=["chosen_for", "updated_at"])
    found.chosen_for_id = student
    found.save(update_fields=["chosen_for", "updated_at"])
    settle_versions(batch)
    found.refresh_from_db(fields=["counts", "replaces"])
    publish(EssayVersionCounted(batch_id=batch.public_id, essay_id=found.public_id), audience=batch.audience())
    return found
