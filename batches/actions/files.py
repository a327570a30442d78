"""Adding, removing and retrying a batch's files. All of it is refused once the batch is locked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.asking import asks_before_files_change
from batches.actions.copies import already_there, by_content, same_content, too_large_files
from batches.actions.locks import lock_open
from batches.actions.protecting import hide_marked
from batches.actions.versions import settle_versions
from batches.events import BatchFileAddedV1, BatchFileRemovedV1, EssayRead
from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation
from batches.queue import queue_matching, queue_reading
from files import actions as file_actions
from files import zip_actions
from files.archives import Listed
from files.evidence import Document
from files.models import ZIP, EssayFile
from files.storage import Blob
from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.outbox.publish import publish, publish_all

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@dataclass(frozen=True, slots=True)
class Upload:
    """A file whose bytes are stored, with its name and folder as received. Without a blob it was too large to keep."""

    blob: Blob | None
    name: str
    path: str
    size: int
    is_zip: bool = False


@asks_before_files_change
@action
def add_files(
    batch: Batch,
    *,
    uploads: Sequence[Upload],
    replaced: EssayFile | None = None,
    skip_known: bool = False,
    actor: User,
) -> list[EssayFile]:
    """Add stored files to an open batch and queue their reading.

    The same bytes a second time become a skipped row that points at the first; with `skip_known` they become no row
    where name and folder are the same too: the first is returned, and so is one that was too large to keep. `replaced`
    is taken out in the same step. Raises ActionError `batch_locked`, `too_many_files` or `quota_exceeded`, and then
    adds nothing.
    """
    batch = lock_open(batch)
    audience = batch.audience()
    if replaced is not None:
        _take_out(batch, replaced, audience=audience, actor=actor)
    known = by_content(batch)
    too_large = too_large_files(batch) if skip_known else {}
    there = [already_there(upload, known, too_large) if skip_known else None for upload in uploads]
    _check_room(batch, [upload for upload, file in zip(uploads, there, strict=True) if file is None])
    added = [
        file or _register(batch, upload, known=known, actor=actor) for upload, file in zip(uploads, there, strict=True)
    ]
    new = [file for file, before in zip(added, there, strict=True) if before is None]
    hide_marked(new, batch)
    events = [
        BatchFileAddedV1(
            batch_id=batch.public_id,
            file_id=file.public_id,
            file_name=file.name,
            added_by_user_id=actor.public_id,
        )
        for file in new
    ]
    publish_all(events, audience=audience)
    return added


def count_texts(batch: Batch) -> int:
    """The batch's files that count towards its limit: all but zips, whose entries do, and what was skipped."""
    rows = batch.batch_files.filter(removed_at=None).exclude(file__status=EssayFile.Status.SKIPPED)
    return rows.exclude(file__detected_type=ZIP).count()


def _check_number(batch: Batch, more: int) -> None:
    limit = settings.MAX_FILES_PER_BATCH
    if count_texts(batch) + more > limit:
        message = _("A batch holds at most {limit} files.").format(limit=limit)
        raise ActionError("too_many_files", message)


def _check_room(batch: Batch, uploads: Sequence[Upload]) -> None:
    _check_number(batch, sum(not upload.is_zip for upload in uploads))
    if not any(upload.blob for upload in uploads):
        return
    _lock_room(batch.owner_id)
    stored = EssayFile.objects.bytes_of(batch.owner_id)
    if stored + sum(upload.size for upload in uploads if upload.blob) > settings.TEACHER_QUOTA_BYTES:
        raise ActionError("quota_exceeded", _("There is no room left for more files. Remove batches you do not need."))


def _lock_room(owner_pk: int) -> None:
    """Two batches of one teacher are filled one after the other: each is counted before the next one asks for room.

    The last lock that is taken, after the batch's, and no row's: whoever has it waits for nobody who waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('room'), %s::int)", [owner_pk])


def _register(batch: Batch, upload: Upload, *, known: dict[str, list[EssayFile]], actor: User) -> EssayFile:
    file = file_actions.register_file(
        upload.blob,
        name=upload.name,
        path=upload.path,
        size=upload.size,
        is_zip=upload.is_zip,
        owner=batch.owner,
        uploaded_by=actor,
    )
    BatchFile.objects.create(batch=batch, file=file)
    if upload.blob is None:
        return file
    same = known.setdefault(file.sha256, [])
    same.append(file)
    if same[0] is not file:
        file_actions.skip_file(file, problem="duplicate", duplicate_of=same[0])
        return file
    if not file.is_zip:
        _open_essay(batch, file)
    queue_reading()
    return file


def add_entry_row(
    batch: Batch, archive: EssayFile, *, listed: Listed, blob: Blob | None, problem: str | None
) -> EssayFile:  # fmt: skip
    """A file of the batch out of a zip of it. Part of `batches.actions.zips`, which holds the locks."""
    file = zip_actions.register_entry(archive, listed, blob=blob, problem=problem)
    BatchFile.objects.create(batch=batch, file=file)
    if file.is_on_the_way:
        first = same_content(batch, file).first()
        if first is not None:
            file_actions.skip_file(file, problem="duplicate", duplicate_of=first)
        else:
            _open_essay(batch, file)
            queue_reading()
    hide_marked([file], batch)
    event = BatchFileAddedV1(
        batch_id=batch.public_id,
        file_id=file.public_id,
        file_name=file.name,
        added_by_user_id=(file.uploaded_by or batch.owner).public_id,
    )
    publish(event, audience=batch.audience())
    return file


def _open_essay(batch: Batch, file: EssayFile) -> Essay:
    essay = Essay.objects.create(batch=batch, file=file)
    EssayStudentAssociation.objects.create(essay=essay)
    return essay


@asks_before_files_change
@action
def remove_file(batch: Batch, *, file: EssayFile, actor: User) -> None:
    """Take a file and its essay out of an open batch. Raises ActionError `batch_locked` or `not_found`."""
    batch = lock_open(batch)
    _take_out(batch, file, audience=batch.audience(), actor=actor)


def _take_out(batch: Batch, file: EssayFile, *, audience: list[int], actor: User) -> None:
    row = batch.batch_files.select_for_update(no_key=True).filter(file=file, removed_at=None).first()
    if row is None:
        raise ActionError("not_found", _("The file is not in the batch any more."))
    row.removed_at = timezone.now()
    row.save(update_fields=["removed_at"])
    essay = Essay.objects.live().filter(file=file).first()
    if essay is not None:
        essay.removed_at = row.removed_at
        essay.save(update_fields=["removed_at", "updated_at"])
    publish(
        BatchFileRemovedV1(
            batch_id=batch.public_id, file_id=file.public_id, file_name=file.name, removed_by_user_id=actor.public_id
        ),
        audience=audience,
    )
    _promote_copy(batch, file)
    settle_versions(batch)


@asks_before_files_change
@action
def restore_file(batch: Batch, *, file: EssayFile, actor: User) -> EssayFile:
    """Put back a file that was taken out, with its text and what was decided of it. One that is there stays as it is.

    Where another file stands for its content by now, it comes back as a copy of that. Raises ActionError
    `batch_locked`, `not_found`, or `too_many_files`.
    """
    batch = lock_open(batch)
    row = batch.batch_files.select_for_update(no_key=True).filter(file=file).first()
    if row is None:
        raise ActionError("not_found", _("The file is not there any more."))
    removed_at = row.removed_at
    if removed_at is None:
        return file
    stand_in = _stand_in(batch, file, removed_at=removed_at)
    row.removed_at = None
    row.save(update_fields=["removed_at"])
    file = _locked_file(batch, file)
    if stand_in is not None:
        file_actions.skip_file(file, problem="duplicate", duplicate_of=stand_in)
    else:
        _bring_back(batch, file, removed_at=removed_at)
    hide_marked([file], batch)
    publish(
        BatchFileAddedV1(
            batch_id=batch.public_id, file_id=file.public_id, file_name=file.name, added_by_user_id=actor.public_id
        ),
        audience=batch.audience(),
    )
    return file


def _stand_in(batch: Batch, file: EssayFile, *, removed_at: datetime) -> EssayFile | None:
    """The file that has its content in its place. One that had been read beside it, because both were kept, has not."""
    same = same_content(batch, file)
    if _taken_out_with(file, removed_at).exists():
        same = same.filter(Q(status__in=EssayFile.ON_THE_WAY) | Q(read_at=None) | Q(read_at__gt=removed_at))
    return same.first()


def _bring_back(batch: Batch, file: EssayFile, *, removed_at: datetime) -> None:
    """The text that went with the file; a copy has none and becomes one, since what it is a copy of is not there."""
    if file.is_copy:
        file_actions.retry_file(file)
        _reopen_essay(batch, file)
    elif _taken_out_with(file, removed_at).exists():
        _reopen_essay(batch, file)
    if file.is_on_the_way:
        queue_reading()
    else:
        queue_matching(batch.pk)
    _check_number(batch, 0)


def _taken_out_with(file: EssayFile, removed_at: datetime) -> QuerySet[Essay]:
    """The text that went with the file; none where reading ended after that, and refused it."""
    return Essay.objects.filter(file=file, removed_at=removed_at).exclude(file__status=EssayFile.Status.REJECTED)


def _promote_copy(batch: Batch, file: EssayFile) -> None:
    """A copy stands in for the file it is a copy of, once that is taken out: the content was handed in all the same.

    Not where a twin that was kept beside it does, and not that of a zip: what it held is there already.
    """
    if file.is_zip:
        return
    copies = EssayFile.objects.filter(batch_file__batch=batch, batch_file__removed_at=None, duplicate_of=file)
    locked = list(copies.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if not locked:
        return
    twin = same_content(batch, file).first()
    first = twin or locked.pop(0)
    for copy in locked:
        file_actions.skip_file(copy, problem="duplicate", duplicate_of=first)
    if twin is not None:
        return
    file_actions.retry_file(first)
    _reopen_essay(batch, first)
    queue_reading()


@asks_before_files_change
@action
def retry_batch_file(batch: Batch, *, file: EssayFile, actor: User) -> EssayFile:
    """Read a file with a problem once more; or a copy, which becomes a text of its own: both are kept. One on its way
    stays as it is.

    Raises ActionError `batch_locked`, `illegal_transition`, or `too_many_files` where there is no room for both.
    """
    batch = lock_open(batch)
    file = _locked_file(batch, file)
    if file.is_on_the_way:
        return file
    if file.is_copy:
        _check_number(batch, 1)
    elif file.status not in EssayFile.PROBLEMS or not file.sha256:
        raise ActionError("illegal_transition", _("Only a file with a problem can be read again."))
    _read_again(batch, file)
    return file


@asks_before_files_change
@action
def retry_batch_files(batch: Batch, *, actor: User) -> int:
    """Read all files with a problem once more; returns how many. Raises ActionError as `retry_batch_file` does."""
    batch = lock_open(batch)
    files = EssayFile.objects.filter(batch_file__batch=batch, batch_file__removed_at=None)
    failed = files.filter(status__in=[*EssayFile.PROBLEMS]).exclude(sha256="")
    locked = list(failed.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    if not locked:
        raise ActionError("illegal_transition", _("There is no file with a problem that can be read again."))
    for file in locked:
        _read_again(batch, file)
    return len(locked)


def _read_again(batch: Batch, file: EssayFile) -> None:
    file_actions.retry_file(file)
    if not file.is_zip:
        _reopen_essay(batch, file)
    queue_reading()
    _tell(batch, file)


@asks_before_files_change
@action
def paste_text(batch: Batch, *, file: EssayFile, document: Document, actor: User) -> EssayFile:
    """Use a pasted text for a file that cannot be read. Raises ActionError `batch_locked` or `illegal_transition`."""
    batch = lock_open(batch)
    file = _locked_file(batch, file)
    if file.status not in EssayFile.PROBLEMS or file.is_zip:
        raise ActionError("illegal_transition", _("Text can be pasted only for a file that could not be read."))
    file_actions.paste_text(file, document=document)
    _reopen_essay(batch, file)
    hide_marked([file], batch)
    queue_matching(batch.pk)
    _tell(batch, file)
    return file


def _locked_file(batch: Batch, file: EssayFile) -> EssayFile:
    locked = EssayFile.objects.select_for_update(no_key=True).filter(
        pk=file.pk, batch_file__batch=batch, batch_file__removed_at=None
    )
    found = locked.first()
    if found is None:
        raise ActionError("not_found", _("The file is not in the batch any more."))
    return found


def _reopen_essay(batch: Batch, file: EssayFile) -> None:
    essay = Essay.objects.filter(file=file).first()
    if essay is None:
        _open_essay(batch, file)
        return
    essay.removed_at = essay.matched_at = None
    essay.save(update_fields=["removed_at", "matched_at", "updated_at"])
    settle_versions(batch)


def _tell(batch: Batch, file: EssayFile) -> None:
    essay = Essay.objects.live().filter(file=file).first()
    publish(
        EssayRead(
            batch_id=batch.public_id,
            essay_id=essay.public_id if essay else None,
            file_id=file.public_id,
            status=file.status,
        ),
        audience=batch.audience(),
    )
