"""Adding and removing files: nothing dropped is lost, nothing gets past a lock, whatever the race."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone, translation

from batches import actions
from batches.history import happenings
from batches.invariants import broken_invariants
from batches.models import Batch, BatchFile, Essay
from batches.state import count_batch
from batches.tests.making import make_batch, make_essays, make_stored, make_students, upload
from classes.models import SchoolClass
from files.models import EssayFile
from files.sandbox import ReadResult
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent


def code_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ActionError) as caught:
        call()
    return caught.value.code


def test_each_file_has_a_row_a_text_an_event_and_an_audit_row(batch: Batch, colleague: User) -> None:
    added = actions.add_files(batch, uploads=[upload("a.txt"), upload("b.txt")], actor=colleague)
    assert [file.status for file in added] == ["stored", "stored"]
    assert BatchFile.objects.filter(batch=batch).count() == Essay.objects.filter(batch=batch).count() == 2
    events = OutboxEvent.objects.filter(event_type="batch.file.added")
    assert [event.payload["added_by_user_id"] for event in events] == [str(colleague.public_id)] * 2
    assert all("file_name" not in event.public for event in events)
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(EssayFile))
    assert {entry.actor for entry in entries} == {colleague}
    assert all(entry.changes["name"] == ["***", "***"] or "a.txt" not in str(entry.changes) for entry in entries)


def test_files_belong_to_the_batch_owner_whoever_adds_them(batch: Batch, teacher: User, colleague: User) -> None:
    (file,) = actions.add_files(batch, uploads=[upload("a.txt")], actor=colleague)
    assert file.owner == teacher


def test_the_same_bytes_again_are_skipped_and_point_at_the_first(batch: Batch, teacher: User) -> None:
    first, second = upload("a.txt", b"same"), upload("a.txt", b"same")
    one, two = actions.add_files(batch, uploads=[first, second], actor=teacher)
    assert (two.status, two.problem, two.duplicate_of) == ("skipped", "duplicate", one)
    (three,) = actions.add_files(batch, uploads=[upload("a.txt", b"same")], actor=teacher)
    assert three.duplicate_of == one
    counts = count_batch(batch)
    assert (counts.files, counts.skipped, counts.essays) == (3, 2, 1)


def test_a_removed_file_is_put_back_with_what_was_decided(
    batch: Batch, teacher: User, colleague: User, owned_class: SchoolClass
) -> None:
    (student,) = make_students(owned_class, ["Emil Berg"])
    essay, _other = make_stored(batch, 2)
    actions.decide_student(essay, student=student, version=None, actor=teacher)
    actions.remove_file(batch, file=essay.file, actor=teacher)
    assert count_batch(batch).essays == 1
    for _twice in range(2):
        actions.restore_file(batch, file=essay.file, actor=colleague)
        actions.match_batch(batch)
        counts = count_batch(batch)
        assert (counts.files, counts.read, counts.essays, counts.confirmed) == (2, 2, 2, 1)
    with translation.override("en"):
        done = [(line.what, line.who) for line in happenings(batch) if line.file_name == essay.file.name]
    assert done[:2] == [("Put a file back", "Colleague"), ("Removed a file", "Teacher")]
    assert OutboxEvent.objects.filter(event_type="batch.file.added").count() == 3
    actions.remove_file(batch, file=essay.file, actor=teacher)
    actions.lock_batch(batch, actor=teacher)
    assert code_of(partial(actions.restore_file, batch, file=essay.file, actor=teacher)) == "batch_locked"


def test_what_is_there_by_now_makes_a_copy_of_what_is_put_back(batch: Batch, teacher: User, settings: Any) -> None:
    (one,) = actions.add_files(batch, uploads=[upload("a.txt", b"same")], actor=teacher)
    actions.remove_file(batch, file=one, actor=teacher)
    (two,) = actions.add_files(batch, uploads=[upload("a.txt", b"same")], actor=teacher)
    back = actions.restore_file(batch, file=one, actor=teacher)
    assert (back.status, back.duplicate_of) == ("skipped", two)
    actions.remove_file(batch, file=back, actor=teacher)
    actions.remove_file(batch, file=two, actor=teacher)
    settings.MAX_FILES_PER_BATCH = 0
    assert code_of(partial(actions.restore_file, batch, file=one, actor=teacher)) == "too_many_files"
    settings.MAX_FILES_PER_BATCH = 1
    back = actions.restore_file(batch, file=one, actor=teacher)
    assert (back.status, back.duplicate_of, count_batch(batch).essays) == ("stored", None, 1)


def test_a_text_that_was_kept_beside_its_twin_comes_back_beside_it(
    batch: Batch, teacher: User, owned_class: SchoolClass
) -> None:
    """What stood in for it since would be another thing: then it is a copy."""
    students = make_students(owned_class, ["Emil Berg", "Lova Lind"])
    one, two = actions.add_files(batch, uploads=[upload("a.txt", b"same"), upload("a.txt", b"same")], actor=teacher)
    actions.retry_batch_file(batch, file=two, actor=teacher)
    EssayFile.objects.filter(pk__in=[one.pk, two.pk]).update(status="read", read_at=timezone.now())
    for file, student in zip([one, two], students, strict=True):
        actions.decide_student(Essay.objects.get(file=file), student=student, version=None, actor=teacher)
    actions.remove_file(batch, file=two, actor=teacher)
    back = actions.restore_file(batch, file=two, actor=teacher)
    counts = count_batch(batch)
    assert (back.duplicate_of, counts.essays, counts.confirmed) == (None, 2, 2)
    (three,) = actions.add_files(batch, uploads=[upload("a.txt", b"same")], actor=teacher)
    for file in (one, two):
        actions.remove_file(batch, file=file, actor=teacher)
    assert actions.restore_file(batch, file=two, actor=teacher).duplicate_of == three


def test_a_file_that_is_refused_while_it_is_out_comes_back_without_a_text(batch: Batch, teacher: User) -> None:
    added = actions.add_files(batch, uploads=[upload("a.docx")], actor=teacher)
    file = actions.begin_reading(added[0].pk)
    assert file is not None
    assert file.lease_token is not None
    actions.remove_file(batch, file=file, actor=teacher)
    refused = ReadResult(
        status="rejected", problem="password_protected", warning=None, detected_type="docx", document=None, seconds=1.0,
        max_rss_mb=1,
    )  # fmt: skip
    actions.finish_reading(file.pk, lease_token=file.lease_token, result=refused)
    assert actions.restore_file(batch, file=file, actor=teacher).status == "rejected"
    counts = count_batch(batch)
    assert (counts.reading, counts.problems, counts.essays) == (0, 1, 0)
    assert list(broken_invariants()) == []


def test_what_is_there_already_makes_no_further_row_where_both_are_kept(batch: Batch, teacher: User) -> None:
    dropped = [replace(upload("same.txt"), name=name) for name in ("a.txt", "b.txt", "c.txt")]
    one, two, three = actions.add_files(batch, uploads=dropped, actor=teacher)
    actions.retry_batch_file(batch, file=two, actor=teacher)
    assert actions.add_files(batch, uploads=dropped, skip_known=True, actor=teacher) == [one, two, three]
    actions.remove_file(batch, file=one, actor=teacher)
    three.refresh_from_db()
    assert (three.duplicate_of, count_batch(batch).essays) == (two, 1), "what it is a copy of is there still"
    actions.remove_file(batch, file=two, actor=teacher)
    three.refresh_from_db()
    assert (three.duplicate_of, count_batch(batch).essays) == (None, 1)


def test_a_copy_may_be_kept_as_a_text_of_its_own(batch: Batch, teacher: User, settings: Any) -> None:
    """Two students may hand in the same words."""
    uploads = [upload("a.txt", b"same"), upload("a.txt", b"same")]
    one, two = actions.add_files(batch, uploads=uploads, actor=teacher)
    settings.MAX_FILES_PER_BATCH = 1
    assert code_of(partial(actions.retry_batch_file, batch, file=two, actor=teacher)) == "too_many_files"
    settings.MAX_FILES_PER_BATCH = 2
    kept = actions.retry_batch_file(batch, file=two, actor=teacher)
    assert (kept.status, kept.duplicate_of) == ("stored", None)
    counts = count_batch(batch)
    assert (counts.files, counts.skipped, counts.essays) == (2, 0, 2)
    assert actions.retry_batch_file(batch, file=kept, actor=teacher) == kept, "pressed twice"
    EssayFile.objects.filter(pk=kept.pk).update(status="read")
    assert code_of(partial(actions.retry_batch_file, batch, file=kept, actor=teacher)) == "illegal_transition"
    actions.remove_file(batch, file=one, actor=teacher)
    assert count_batch(batch).essays == 1


def test_a_removed_files_bytes_may_come_back(batch: Batch, teacher: User) -> None:
    (one,) = actions.add_files(batch, uploads=[upload("a.txt", b"same")], actor=teacher)
    actions.remove_file(batch, file=one, actor=teacher)
    (again,) = actions.add_files(batch, uploads=[upload("a.txt", b"same")], actor=teacher)
    assert again.status == "stored"


def test_removing_takes_the_text_along_and_twice_is_not_found(batch: Batch, teacher: User) -> None:
    (file,) = actions.add_files(batch, uploads=[upload("a.txt")], actor=teacher)
    actions.remove_file(batch, file=file, actor=teacher)
    assert not Essay.objects.live().filter(batch=batch).exists()
    assert code_of(lambda: actions.remove_file(batch, file=file, actor=teacher)) == "not_found"
    assert OutboxEvent.objects.filter(event_type="batch.file.removed").count() == 1


def test_removing_the_first_of_two_copies_lets_the_second_be_read(batch: Batch, teacher: User) -> None:
    one, two = actions.add_files(batch, uploads=[upload("a.txt", b"same"), upload("a.txt", b"same")], actor=teacher)
    actions.remove_file(batch, file=one, actor=teacher)
    two.refresh_from_db()
    assert (two.status, two.problem, two.duplicate_of) == ("stored", "", None)
    assert Essay.objects.live().filter(file=two).exists()


def test_room_is_limited_per_batch_and_per_teacher_and_then_nothing_is_added(
    batch: Batch, teacher: User, settings: Any
) -> None:
    settings.MAX_FILES_PER_BATCH = 2
    files = [upload("a.txt"), upload("b.txt"), upload("c.txt")]
    assert code_of(lambda: actions.add_files(batch, uploads=files, actor=teacher)) == "too_many_files"
    settings.MAX_FILES_PER_BATCH = 200
    settings.TEACHER_QUOTA_BYTES = 10
    assert code_of(lambda: actions.add_files(batch, uploads=files[:1], actor=teacher)) == "quota_exceeded"
    assert (
        BatchFile.objects.count()
        == EssayFile.objects.count()
        == OutboxEvent.objects.filter(event_type="batch.file.added").count()
        == 0
    )


@pytest.mark.parametrize("how", ["lock", "start"])
def test_a_locked_batch_takes_and_gives_no_file_and_says_why(batch: Batch, teacher: User, how: str) -> None:
    (essay,) = make_essays(batch, 1)
    (actions.lock_batch if how == "lock" else actions.start_batch)(batch, actor=teacher)
    for call in (
        lambda: actions.add_files(batch, uploads=[upload("late.txt")], actor=teacher),
        lambda: actions.remove_file(batch, file=essay.file, actor=teacher),
        lambda: actions.retry_batch_file(batch, file=essay.file, actor=teacher),
        lambda: actions.rematch_batch(batch, actor=teacher),
    ):
        with pytest.raises(ActionError) as caught:
            call()
        assert caught.value.code == "batch_locked"
        with translation.override("en"):
            assert ("assessment" in str(caught.value.message)) == (how == "start")
    assert BatchFile.objects.filter(batch=batch, removed_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("step", ["add", "remove"])
def test_a_file_and_a_lock_at_once_never_both_win(teacher: User, race: Any, step: str) -> None:
    for _round in range(6):
        batch = make_batch(teacher)
        (essay,) = make_essays(batch, 1)
        late = upload("late.txt")
        changes = {
            "add": partial(actions.add_files, batch, uploads=[late], actor=teacher),
            "remove": partial(actions.remove_file, batch, file=essay.file, actor=teacher),
        }
        file, lock = race(changes[step], partial(actions.lock_batch, batch, actor=teacher))
        batch.refresh_from_db()
        live = BatchFile.objects.filter(batch=batch, removed_at=None).count()
        if file == "batch_locked":
            assert (batch.is_locked, live) == (True, 1)
        elif step == "add":
            # The file came first: being unread it then keeps the batch from being locked.
            assert (lock, batch.is_locked, live) == ("still_reading", False, 2)
        else:
            assert (batch.is_locked, live) == (True, 0)
