"""Each invariant is seen to break, and a life lived through the actions breaks none."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from batches import actions
from batches.invariants import CHECKS, LEASE_GRACE, broken_invariants
from batches.models import Batch, BatchFile, Decision, Essay, EssayStudentAssociation, Excuse
from batches.tasks import run_phases
from batches.tests.making import make_batch, make_stored, make_students
from classes.models import SchoolClass, Student
from files.models import EssayFile
from files.storage import delete_blob
from huleedu.accounts.models import Letter, User
from huleedu.outbox.models import Delivery, OutboxEvent
from huleedu.outbox.relay import relay_waiting


@pytest.fixture
def lived(owned_class: SchoolClass, teacher: User) -> Batch:
    """A batch with three texts, one of them confirmed, locked, and all of it told."""
    ada, _bo = make_students(owned_class, ["Ada Berg", "Bo Ek"])
    batch = make_batch(teacher, owned_class)
    first, *_others = make_stored(batch, 3)
    actions.decide_student(first, student=ada, version=1, actor=teacher)
    batch = actions.lock_batch(batch, actor=teacher)
    relay_waiting()
    return batch


def test_a_life_lived_by_the_rules_breaks_none(lived: Batch, teacher: User) -> None:
    assert list(broken_invariants()) == []
    essay = Essay.objects.earliest("pk")
    actions.decide_student(essay, student=None, version=2, actor=teacher)
    actions.undo_decisions(lived, actor=teacher)
    actions.clear_decision(essay, version=None, actor=teacher)
    actions.start_batch(lived, actor=teacher)
    run_phases(lived.pk, 1)
    actions.reopen_batch(lived, actor=teacher)
    actions.remove_file(lived, file=essay.file, actor=teacher)
    actions.archive_batch(actions.cancel_batch(lived, actor=teacher), actor=teacher)
    relay_waiting()
    assert list(broken_invariants()) == []
    call_command("check_invariants")


def _without_bytes() -> None:
    delete_blob(EssayFile.objects.earliest("pk").storage_key)


def _other_bytes() -> None:
    EssayFile.objects.update(sha256="0" * 64)


def _added() -> None:
    BatchFile.objects.update(created_at=timezone.now() + timedelta(seconds=1))


def _removed() -> None:
    BatchFile.objects.update(removed_at=timezone.now() + timedelta(seconds=1))


def _read() -> None:
    EssayFile.objects.update(read_at=timezone.now() + timedelta(seconds=1))


def _to_read() -> None:
    EssayFile.objects.update(status="stored")


def _matched() -> None:
    Essay.objects.update(matched_at=timezone.now() + timedelta(seconds=1))


def _new_text() -> None:
    Essay.objects.update(created_at=timezone.now() + timedelta(seconds=1))


def _foreign_student() -> None:
    stranger = User.objects.create_user("other@skola.example", "a-long-enough-password")
    foreign = Student.objects.create(created_by=stranger, given_name="Cy", family_name="Dal")
    EssayStudentAssociation.objects.filter(status="undecided").update(student=foreign)


def _foreign_file() -> None:
    stranger = User.objects.create_user("other@skola.example", "a-long-enough-password")
    EssayFile.objects.update(owner=stranger)


def _other_batch() -> None:
    batch = Batch.objects.get()
    other = Batch.objects.create(owner=batch.owner, title="Another")
    Essay.objects.update(batch=other)


def _changed_by_a_machine() -> None:
    EssayStudentAssociation.objects.filter(status="confirmed").update(status="no_student", student=None)


def _taken_back_by_a_machine() -> None:
    match = EssayStudentAssociation.objects.filter(status="confirmed")
    match.update(status="undecided", decided_at=None, decided_by=None, method="")


def _decided_by_nobody() -> None:
    Decision.objects.all().delete()


def _deadline_over_a_person() -> None:
    decision = Decision.objects.get()
    decision.pk, decision.actor, decision.before = None, None, decision.after
    decision.after = {**decision.after, "method": "deadline"}
    decision.save()
    EssayStudentAssociation.objects.filter(status="confirmed").update(method="deadline")


def _dead_lease() -> None:
    past = timezone.now() - LEASE_GRACE - timedelta(seconds=1)
    EssayFile.objects.update(status="reading", lease_token=uuid4(), lease_until=past)
    Batch.objects.update(status="cancelled")


def _left_behind() -> None:
    first = OutboxEvent.objects.filter(aggregate__startswith="batch:").earliest("pk")
    OutboxEvent.objects.filter(pk=first.pk).update(relayed_at=None, created_at=F("created_at") - timedelta(minutes=1))


def _swapped() -> None:
    user = Delivery.objects.earliest("pk").user_id
    events = OutboxEvent.objects.filter(aggregate__startswith="batch:")
    first, last = events.earliest("pk"), events.latest("pk")
    OutboxEvent.objects.filter(pk=first.pk).update(created_at=F("created_at") - timedelta(minutes=1))
    rows = Delivery.objects.filter(user_id=user)
    early, late = rows.get(event=first), rows.get(event=last)
    Delivery.objects.filter(pk=early.pk).update(event=last)
    Delivery.objects.filter(pk=late.pk).update(event=first)


def _gap() -> None:
    Delivery.objects.filter(seq=2).delete()


def _beyond_the_count() -> None:
    row = Delivery.objects.order_by("user", "-seq").distinct("user").first()
    assert row is not None
    Delivery.objects.create(user_id=row.user_id, seq=row.seq + 1, event_id=row.event_id)


def _none_counts() -> None:
    Essay.objects.update(counts=False)


def _two_count() -> None:
    match = EssayStudentAssociation.objects.get(status="confirmed")
    other = EssayStudentAssociation.objects.filter(status="undecided").earliest("pk")
    decision = Decision.objects.get()
    decision.pk, decision.essay_id = None, other.essay_id
    decision.save()
    EssayStudentAssociation.objects.filter(pk=other.pk).update(
        status="confirmed", student=match.student, method="person", decided_at=match.decided_at
    )


def _other_texts_assessed() -> None:
    actions.start_batch(Batch.objects.get(), actor=User.objects.get(email__startswith="teacher"))
    Essay.objects.filter(association__status="undecided").update(counts=False)


def _foreign_confirmed() -> None:
    stranger = User.objects.create_user("other@skola.example", "a-long-enough-password")
    Student.objects.filter(given_name="Ada").update(created_by=stranger)


def _foreign_chosen() -> None:
    stranger = User.objects.create_user("other@skola.example", "a-long-enough-password")
    foreign = Student.objects.create(created_by=stranger, given_name="Cy", family_name="Dal")
    Essay.objects.update(chosen_for=foreign)


def _foreign_excused() -> None:
    stranger = User.objects.create_user("other@skola.example", "a-long-enough-password")
    foreign = Student.objects.create(created_by=stranger, given_name="Cy", family_name="Dal")
    Excuse.objects.create(batch=Batch.objects.get(), student=foreign)


def _told_twice() -> None:
    about, moment = uuid4(), timezone.now()
    for minutes in (0, 59):
        letter = Letter.objects.create(
            user=User.objects.earliest("pk"), kind="reminder", about=about, told_to=moment + timedelta(minutes=minutes)
        )
        Letter.objects.filter(pk=letter.pk).update(created_at=letter.told_to)


def _refused_with_a_text() -> None:
    EssayFile.objects.filter(essay__association__status="undecided").update(status="rejected", problem="corrupt")


BREACHES: list[tuple[str, str, Callable[[], None]]] = [
    ("blob", "has no bytes", _without_bytes),
    ("blob", "has other bytes", _other_bytes),
    ("lock", "was added after the lock", _added),
    ("lock", "was removed after the lock", _removed),
    ("lock", "was read after the lock", _read),
    ("lock", "is to be read after the lock", _to_read),
    ("lock", "was matched after the lock", _matched),
    ("lock", "got a text after the lock", _new_text),
    ("owner", "another teacher's student", _foreign_student),
    ("owner", "another teacher's student", _foreign_confirmed),
    ("owner", "counts for another teacher's student", _foreign_chosen),
    ("owner", "excuses another teacher's student", _foreign_excused),
    ("owner", "in another teacher's batch", _foreign_file),
    ("owner", "in another batch than its file", _other_batch),
    ("decision", "not what was decided last", _changed_by_a_machine),
    ("decision", "not what was decided last", _taken_back_by_a_machine),
    ("decision", "nobody decided it", _decided_by_nobody),
    ("decision", "decided by a person before", _deadline_over_a_person),
    ("lease", "without a live lease", _dead_lease),
    ("letter", "follows another too soon", _told_twice),
    ("outbox", "waits although a later one was told", _left_behind),
    ("outbox", "told before an earlier one", _swapped),
    ("outbox", "has a gap", _gap),
    ("outbox", "more than was counted", _beyond_the_count),
    ("text", "of a file that has none", _refused_with_a_text),
    ("version", "has 0 counting texts", _none_counts),
    ("version", "has 2 counting texts", _two_count),
    ("version", "with other texts than it began with", _other_texts_assessed),
]


@pytest.mark.parametrize(("name", "line", "break_it"), BREACHES, ids=[breach[2].__name__[1:] for breach in BREACHES])
def test_each_breach_is_found_and_told_without_names(
    lived: Batch, name: str, line: str, break_it: Callable[[], None]
) -> None:
    break_it()
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_invariants", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines
    assert all(one.startswith(f"{name}: ") for one in lines)
    assert any(line in one for one in lines)
    assert not any(word in out.getvalue() for word in ("Ada", "Berg", "stored-", "@"))


def test_every_check_is_seen_to_fail() -> None:
    assert {name for name, _line, _breach in BREACHES} == set(CHECKS)


def test_bytes_need_not_be_read(lived: Batch) -> None:
    _other_bytes()
    assert all("has other bytes" in line for line in broken_invariants())
    assert list(broken_invariants(blobs=False)) == []
    call_command("check_invariants", "--no-blobs")


def test_rows_not_texts_decide_how_many_questions_are_asked(
    lived: Batch, teacher: User, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(25):
        assert list(broken_invariants(blobs=False)) == []
