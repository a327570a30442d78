"""Taking texts out of the certain ones, to be looked at one by one."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from batches.actions.locks import lock_unarchived
from batches.actions.versions import settle_versions
from batches.events import EssayMatchSuggested
from batches.models import Batch, EssayStudentAssociation
from huleedu.common.actions import action
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation


@action
def doubt_matches(batch: Batch, *, essay_ids: Iterable[uuid.UUID], actor: User) -> int:
    """Let the certain matches of these texts wait as unsure ones; returns how many. The suggested student stays.

    Whoever unticks a text wants to read it first. It is no decision, so matching again may find it certain again.
    Raises ActionError `illegal_transition` for an archived batch.
    """
    batch = lock_unarchived(batch)
    rows = Association.objects.filter(
        essay__batch=batch,
        essay__public_id__in=list(essay_ids),
        essay__removed_at=None,
        status=Association.Status.UNDECIDED,
        certainty=Association.Certainty.CERTAIN,
    )
    doubted = list(rows.select_related("essay").order_by("essay_id").select_for_update(no_key=True, of=("self",)))
    for association in doubted:
        association.certainty = Association.Certainty.UNSURE
        association.save(update_fields=["certainty", "updated_at"])
    if doubted:
        settle_versions(batch)
        keys = tuple(association.essay.public_id for association in doubted)
        publish(EssayMatchSuggested(batch_id=batch.public_id, essay_ids=keys), audience=batch.audience())
    return len(doubted)
