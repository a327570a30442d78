"""Reading a file: a lease, a result, a word to the teacher. Called by the worker, so the actor is the machine."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.utils import timezone

from batches.actions.locks import lock_row
from batches.actions.matching import tell_if_all_read
from batches.actions.protecting import hide_marked
from batches.actions.versions import settle_versions
from batches.events import EssayRead
from batches.models import BatchFile, Essay
from batches.queue import queue_matching
from files import actions as file_actions
from files.models import EssayFile
from files.sandbox import ReadResult
from huleedu.common.actions import action
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@action
def begin_reading(file_pk: int, *, actor: None = None) -> EssayFile | None:
    """Lease the file for this worker and tell the page. None when there is nothing to do."""
    file = file_actions.claim_file(file_pk)
    if file is not None:
        tell_read(file)
    return file


@action
def finish_reading(file_pk: int, *, lease_token: uuid.UUID, result: ReadResult, actor: None = None) -> EssayFile | None:
    """Record the result and have the batch matched. None when another worker's result counts instead."""
    row = BatchFile.objects.select_related("batch").filter(file_id=file_pk).first()
    if row is None:
        return None  # deleted for good meanwhile
    batch = lock_row(row.batch)
    file = file_actions.record_reading(file_pk, lease_token=lease_token, result=result)
    if file is None:
        return None
    hide_marked([file], batch)
    if file.status == EssayFile.Status.REJECTED:
        for essay in Essay.objects.live().filter(file=file):
            essay.removed_at = timezone.now()
            essay.save(update_fields=["removed_at", "updated_at"])
        settle_versions(batch)
        tell_if_all_read(batch)
    queue_matching(batch.pk)
    tell_read(file)
    return file


@action
def give_up_reading(
    file_pk: int, *, problem: str, from_worker: bool = False, actor: User | None = None
) -> EssayFile | None:
    """End a file that took its worker down too often, or that support gives up: `failed`, with a way to try again.

    With `from_worker` also one that a worker has: what that reads is not kept. None where there is nothing to end.
    """
    row = BatchFile.objects.select_related("batch").filter(file_id=file_pk).first()
    if row is None:
        return None
    batch = lock_row(row.batch)
    on_the_way = EssayFile.objects.filter(status__in=[*EssayFile.ON_THE_WAY])
    rows = on_the_way if from_worker else EssayFile.objects.waiting()
    file = rows.select_for_update(no_key=True).filter(pk=file_pk).first()
    if file is None:
        return None
    file_actions.fail_file(file, problem=problem)
    queue_matching(batch.pk)
    tell_read(file)
    return file


def tell_read(file: EssayFile) -> None:
    """Say how far the file has come."""
    row = BatchFile.objects.select_related("batch").get(file=file)
    essay = Essay.objects.live().filter(file=file).first()
    event = EssayRead(
        batch_id=row.batch.public_id,
        essay_id=essay.public_id if essay else None,
        file_id=file.public_id,
        status=file.status,
    )
    publish(event, audience=row.batch.audience())
