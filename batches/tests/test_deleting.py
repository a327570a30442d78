"""Deleting for good: what was taken out long ago, and an archived batch with all that is in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from batches import actions
from batches.access_log import name_entries, read_log
from batches.invariants import broken_invariants
from batches.models import Batch, BatchFile, Decision, Essay
from batches.tasks import purge_removed_files
from batches.tests.making import make_batch, make_stored, make_students
from classes.models import SchoolClass, Student
from files.models import EssayFile
from files.storage import open_blob
from huleedu.accounts.models import User
from huleedu.common.tasks import purge_audit_log

pytestmark = pytest.mark.django_db(transaction=True)


def has_bytes(file: EssayFile) -> bool:
    try:
        open_blob(file.storage_key).close()
    except FileNotFoundError:
        return False
    return True


def removed(file: EssayFile, *, days: float) -> None:
    BatchFile.objects.filter(file=file).update(removed_at=timezone.now() - timedelta(days=days))


def test_what_was_taken_out_goes_after_its_time_and_the_room_comes_back(batch: Batch, teacher: User) -> None:
    kept, recent, old, held = make_stored(batch, 4)
    for essay, days in ((recent, 29), (old, 31), (held, 31)):
        actions.remove_file(batch, file=essay.file, actor=teacher)
        removed(essay.file, days=days)
    EssayFile.objects.filter(pk=held.file_id).update(
        status="reading", lease_token=held.public_id, lease_until=timezone.now() + timedelta(minutes=1)
    )
    before = EssayFile.objects.bytes_of(teacher)
    assert purge_removed_files() == 1
    assert set(Essay.objects.all()) == {kept, recent, held}
    assert not EssayFile.objects.filter(pk=old.file_id).exists()
    assert [has_bytes(essay.file) for essay in (kept, recent, old, held)] == [True, True, False, True]
    assert EssayFile.objects.bytes_of(teacher) == before - old.file.size
    assert list(broken_invariants()) == []
    assert purge_removed_files() == 0


def test_an_archived_batch_goes_with_all_that_is_in_it(
    batch: Batch, owned_class: SchoolClass, teacher: User, client_for: Any
) -> None:
    (student,) = make_students(owned_class, ["Alva Holm"])
    first, second = make_stored(batch, 2)
    other = make_stored(make_batch(teacher, owned_class, title="Another"), 1)[0]
    actions.decide_student(first, student=student, version=None, actor=teacher)
    actions.remove_file(batch, file=second.file, actor=teacher)
    page, client = reverse("batches:delete", args=[batch.public_id]), client_for(teacher)
    assert client.get(page)["Location"] == reverse("batches:detail", args=[batch.public_id])
    assert client.post(page).status_code == 409
    Batch.objects.filter(pk=batch.pk).update(status="archived", locked_at=timezone.now(), lock_reason="teacher")
    assert page in client.get(reverse("batches:detail", args=[batch.public_id])).content.decode()
    shown = client.get(page).content.decode()
    assert "2, as they were handed in" in shown
    assert "1, with their matches" in shown
    assert client.post(page)["Location"] == reverse("batches:list")
    assert not Batch.objects.filter(pk=batch.pk).exists()
    assert (Essay.objects.count(), Decision.objects.count(), EssayFile.objects.get()) == (1, 0, other.file)
    assert [has_bytes(essay.file) for essay in (first, second, other)] == [False, False, True]
    assert Student.objects.get() == student
    assert LogEntry.objects.filter(object_id=batch.pk, action=LogEntry.Action.DELETE, actor=teacher).exists()
    assert list(broken_invariants()) == []


def test_who_deleted_a_batch_finds_the_line_in_the_log(
    batch: Batch, teacher: User, colleague: User, client_for: Any, api: Any
) -> None:
    make_stored(batch, 1)
    Batch.objects.filter(pk=batch.pk).update(status="archived", locked_at=timezone.now(), lock_reason="teacher")
    batch.refresh_from_db()
    title = batch.title
    actions.delete_batch(batch, actor=teacher)
    (line,) = [line for line in name_entries(read_log(teacher)) if line.did == "Deleted the batch"]
    assert (line.who, line.where, line.count) == (teacher.name, title, 1)
    assert "Deleted the batch" in client_for(teacher).get(reverse("batches:privacy-log")).content.decode()
    assert "Deleted the batch" in str(api(teacher).get("/api/v1/privacy/log/").json())
    assert not [line for line in name_entries(read_log(colleague)) if line.did == "Deleted the batch"]


def test_through_the_api(batch: Batch, teacher: User, colleague: User, api: Any) -> None:
    (essay,) = make_stored(batch, 1)
    path = f"/api/v1/batches/{batch.public_id}/"
    assert api(teacher).delete(path).json()["code"] == "has_texts"
    Batch.objects.filter(pk=batch.pk).update(status="archived", locked_at=timezone.now(), lock_reason="teacher")
    assert api(colleague).delete(path).status_code == 403
    lease = {"lease_token": essay.public_id, "lease_until": timezone.now() + timedelta(minutes=1)}
    EssayFile.objects.update(status="reading", **lease)
    assert api(teacher).delete(path).json()["code"] == "still_reading"
    EssayFile.objects.update(status="read")
    assert api(teacher).delete(path).status_code == 204
    assert not has_bytes(essay.file)
    assert actions.finish_reading(essay.file_id, lease_token=essay.public_id, result=None, actor=None) is None  # type: ignore[arg-type]


def test_the_log_is_kept_for_so_many_months(batch: Batch) -> None:
    entry = LogEntry.objects.get_for_object(batch).first()
    assert entry is not None
    days = settings.AUDIT_LOG_MONTHS * 365 / 12
    LogEntry.objects.filter(pk=entry.pk).update(timestamp=timezone.now() - timedelta(days=days - 1))
    assert purge_audit_log() == 0
    LogEntry.objects.filter(pk=entry.pk).update(timestamp=timezone.now() - timedelta(days=days + 1))
    assert purge_audit_log() == 1
    assert not LogEntry.objects.filter(pk=entry.pk).exists()
