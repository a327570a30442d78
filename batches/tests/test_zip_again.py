"""A zip that is opened again, by several workers, or while its batch is closed: nothing is lost and nothing doubled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from batches import actions, tasks, unpacking
from batches.models import Batch
from batches.state import batch_state, count_batch
from batches.tests.dropping import CANVAS, drop, entries, events, read_all
from batches.tests.making import make_batch, make_students
from batches.views.file_rows import file_rows
from classes.models import SchoolClass
from files.models import EssayFile
from files.storage import save_blob, stored_keys
from huleedu.accounts.models import User


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    make_students(owned_class, ["Alva Berg", "Bo Dahl", "Cia Ek", "Dan Falk"])
    return make_batch(teacher, owned_class)


@pytest.mark.parametrize("dies_at", [0, 1, 2])
@pytest.mark.parametrize("after_commit", [False, True])
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    batch: Batch, monkeypatch: pytest.MonkeyPatch, dies_at: int, after_commit: bool
) -> None:
    file = drop(batch, CANVAS)
    real, calls = actions.add_entry, []

    def dying(*args: Any, **kwargs: Any) -> EssayFile | None:
        calls.append(1)
        dies = len(calls) == dies_at + 1
        if dies and not after_commit:
            raise SystemExit
        added = real(*args, **kwargs)
        if dies:
            raise SystemExit
        return added

    monkeypatch.setattr(actions, "add_entry", dying)
    with pytest.raises(SystemExit):
        tasks.ingest_essay(file.pk)
    assert len(entries(file)) == dies_at + after_commit
    assert tasks.ingest_essay(file.pk) is None, "the lease still runs"
    EssayFile.objects.filter(pk=file.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert tasks.ingest_essay(file.pk) == "read"
    assert [entry.name for entry in entries(file)] == list(CANVAS)
    assert len(events("batch.file.added")) == 4
    known = set(EssayFile.objects.values_list("storage_key", flat=True))
    orphans = {key for key, _changed in stored_keys()} - known
    assert len(orphans) == (0 if after_commit else 1), "only the blob the killed worker had just written"
    assert tasks.ingest_essay(file.pk) is None


def test_who_has_lost_the_lease_adds_nothing(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    file = drop(batch, CANVAS)
    real = unpacking.unpack_entry
    taken: list[str | None] = []

    def slow(*args: Any, **kwargs: Any) -> bytes:
        monkeypatch.setattr(unpacking, "unpack_entry", real)
        EssayFile.objects.filter(pk=file.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        taken.append(tasks.ingest_essay(file.pk))
        return real(*args, **kwargs)

    monkeypatch.setattr(unpacking, "unpack_entry", slow)
    assert tasks.ingest_essay(file.pk) is None
    assert taken == ["read"]
    assert len(entries(file)) == 3
    known = set(EssayFile.objects.values_list("storage_key", flat=True))
    assert {key for key, _changed in stored_keys()} == known


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_with_one_lease_one_adds_the_entry(batch: Batch, race: Any) -> None:
    file = drop(batch, CANVAS)
    claimed = actions.begin_reading(file.pk, actor=None)
    assert claimed is not None
    token: Any = claimed.lease_token
    with unpacking.blob_path(file.storage_key) as path:
        listing = unpacking.list_zip(path, name=file.name, limits=unpacking.configured_limits()).listing

    def add() -> EssayFile | None:
        blob = save_blob(ContentFile(b"x" * 99, name="x"))
        return actions.add_entry(
            file.pk, lease_token=token, listed=listing.files[0], blob=blob, problem=None, actor=None
        )

    outcomes = race(add, add, add)
    assert sum(outcome is not None for outcome in outcomes) == 1
    assert len(entries(file)) == 1


@pytest.mark.django_db(transaction=True)
def test_a_batch_cannot_be_locked_while_a_zip_is_opened(batch: Batch, race: Any) -> None:
    file = drop(batch, CANVAS)
    outcomes = race(lambda: tasks.ingest_essay(file.pk), lambda: actions.lock_batch(batch, actor=batch.owner))
    assert outcomes == ["read", "still_reading"]


def test_a_zip_waits_while_its_batch_is_locked(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    file = drop(batch, CANVAS)
    real = unpacking.unpack_entry

    def cancelled(*args: Any, **kwargs: Any) -> bytes:
        if len(entries(file)) == 1:
            Batch.objects.filter(pk=batch.pk).update(
                status="cancelled", locked_at=timezone.now(), lock_reason="teacher"
            )
        return real(*args, **kwargs)

    monkeypatch.setattr(unpacking, "unpack_entry", cancelled)
    assert tasks.ingest_essay(file.pk) is None
    file.refresh_from_db()
    assert (file.status, file.attempts, len(entries(file))) == ("stored", 0, 1)
    assert tasks.ingest_essay(file.pk) is None
    EssayFile.objects.filter(pk=file.pk).update(updated_at=timezone.now() - timedelta(minutes=5))
    assert tasks.sweep_stuck()["files"] == 0
    monkeypatch.setattr(unpacking, "unpack_entry", real)
    Batch.objects.filter(pk=batch.pk).update(status="collecting", locked_at=None, lock_reason="")
    assert tasks.ingest_essay(file.pk) == "read"
    assert len(entries(file)) == 3


@pytest.mark.parametrize("archived", [False, True])
def test_a_zip_that_waits_in_a_closed_batch_is_not_being_read(batch: Batch, archived: bool) -> None:
    drop(batch, CANVAS)
    actions.cancel_batch(batch, actor=batch.owner)
    if archived:
        actions.archive_batch(batch, actor=batch.owner)
    batch.refresh_from_db()
    counts = count_batch(batch)
    assert (counts.files, counts.reading, counts.skipped) == (1, 0, 1)
    assert batch_state(batch)["counts"]["reading"] == 0
    (row,) = file_rows(batch)
    assert (row.group, str(row.state.word)) == ("skipped", "Not opened")
    assert "opened if the batch is reopened" in row.note
    if archived:
        return
    actions.reopen_batch(batch, actor=batch.owner)
    assert count_batch(batch).reading == 1
    read_all(batch)
    counts = count_batch(batch)
    assert (counts.files, counts.read, counts.opened, counts.to_tell, counts.read_to_tell) == (4, 4, 1, 3, 3)


def test_a_zip_that_was_deleted_while_it_was_opened_ends(batch: Batch) -> None:
    """Its worker had lost the lease, and the batch with it was deleted for good."""
    file = actions.begin_reading(drop(batch, CANVAS).pk, actor=None)
    assert file is not None
    lease: dict[str, Any] = {"lease_token": file.lease_token, "actor": None}
    batch.batch_files.all().delete()
    batch.delete()
    nothing: dict[str, Any] = dict.fromkeys(["listed", "blob", "problem"])
    listing: Any = None
    assert actions.begin_entries(file.pk, listing=listing, **lease) is None
    assert actions.add_entry(file.pk, **nothing, **lease) is None
    assert actions.end_entries(file.pk, **lease) is None
