"""Two connections at once: whatever the order, one wins, the other hears why not, and no invariant breaks.

Each race runs 30 rounds here and `FAULT_ROUNDS` under `make faults`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db.models import F, Q

from batches import actions
from batches.invariants import broken_invariants
from batches.models import BatchFile, Essay, EssayStudentAssociation
from batches.tests.making import make_batch, make_stored, make_students, upload
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.outbox.models import OutboxEvent
from huleedu.outbox.relay import relay_waiting

ROUNDS = int(os.environ.get("FAULT_ROUNDS", "30"))
Race = Callable[..., list[Any]]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _nothing_broken() -> Iterator[None]:
    """At the end of every race all invariants hold, once everything has been told."""
    yield
    relay_waiting()
    assert list(broken_invariants()) == []


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Ada Berg", "Bo Ek"])


def ok(outcome: Any) -> bool:
    """Whether a call went through; a refusal is its code."""
    return not isinstance(outcome, str)


def closing(number: int) -> Callable[..., Any]:
    """Now the teacher locks, now assessment does."""
    return actions.start_batch if number % 2 else actions.lock_batch


def test_lock_against_add(teacher: User, colleague: User, owned_class: SchoolClass, race: Race) -> None:
    seen = set()
    for number in range(ROUNDS):
        batch = make_batch(teacher, owned_class)
        file = upload(f"race-{number}.txt")
        locked, added = race(
            partial(closing(number), batch, actor=teacher),
            partial(actions.add_files, batch, uploads=[file], actor=colleague),
        )
        seen.add((locked if not ok(locked) else "locked", added if not ok(added) else "added"))
        assert ok(locked) != ok(added)
        assert BatchFile.objects.filter(batch=batch).exists() == ok(added)
    assert seen <= {("locked", "batch_locked"), ("still_reading", "added")}


def test_lock_against_remove(teacher: User, owned_class: SchoolClass, race: Race) -> None:
    for number in range(ROUNDS):
        batch = make_batch(teacher, owned_class)
        kept, gone = make_stored(batch, 2)
        locked, removed = race(
            partial(closing(number), batch, actor=teacher),
            partial(actions.remove_file, batch, file=gone.file, actor=teacher),
        )
        assert ok(locked)
        assert removed in (None, "batch_locked")
        left = set(BatchFile.objects.filter(batch=batch, removed_at=None).values_list("file_id", flat=True))
        assert left == ({kept.file_id} if removed is None else {kept.file_id, gone.file_id})


def test_lock_against_replace(teacher: User, owned_class: SchoolClass, race: Race) -> None:
    for number in range(ROUNDS):
        batch = make_batch(teacher, owned_class)
        [old] = make_stored(batch, 1)
        locked, replaced = race(
            partial(closing(number), batch, actor=teacher),
            partial(
                actions.add_files, batch, uploads=[upload(f"new-{number}.txt")], replaced=old.file, actor=teacher
            ),
        )  # fmt: skip
        assert (locked == "still_reading", replaced == "batch_locked") in ((True, False), (False, True))
        assert Essay.objects.live().filter(batch=batch).count() == 1


def test_lock_against_matching(
    teacher: User, owned_class: SchoolClass, students: list[Student], race: Race
) -> None:  # fmt: skip
    """No machine's match after the lock, whether it writes first or finds the batch locked."""
    for number in range(ROUNDS):
        batch = make_batch(teacher, owned_class)
        essays = make_stored(batch, 2)
        Essay.objects.filter(batch=batch).update(matched_at=None)
        if number % 2:
            Essay.objects.filter(batch=batch).update(matched_at=F("created_at"))
        name_the_writers(essays, students)
        race(
            partial(actions.lock_batch, batch, actor=teacher),
            partial(actions.match_batch, batch, again=bool(number % 2)),
        )
        batch.refresh_from_db()
        if batch.is_locked:
            assert not Essay.objects.filter(batch=batch, matched_at__gt=batch.locked_at).exists()
            matches = LogEntry.objects.get_for_model(EssayStudentAssociation)
            assert not matches.filter(timestamp__gt=batch.locked_at).exists()


def name_the_writers(essays: list[Essay], students: list[Student]) -> None:
    """Let each file's name tell its writer."""
    for essay, student in zip(essays, students, strict=True):
        essay.file.evidence = [
            {
                "id": "e1", "place": "file_name", "field": "name", "start": 0, "end": len(student.name),
                "text": student.name,
            }
        ]  # fmt: skip
        essay.file.save(update_fields=["evidence"])


def test_confirm_against_rematch(
    teacher: User, owned_class: SchoolClass, students: list[Student], race: Race
) -> None:  # fmt: skip
    """The roster changed while the teacher confirmed: what was confirmed is what was seen, or it is refused."""
    ada, bo = students
    for _number in range(ROUNDS):
        batch = make_batch(teacher, owned_class)
        [essay] = make_stored(batch, 1)
        EssayStudentAssociation.objects.filter(essay=essay).update(
            student=ada, certainty="certain", confidence=0.9,
            candidates=[{"student": ada.pk, "confidence": 0.9, "reasons": []}],
        )  # fmt: skip
        name_the_writers([essay], [bo])
        confirmed, _rematched = race(
            partial(actions.confirm_matches, batch, seen={essay.public_id: ada.public_id}, actor=teacher),
            partial(actions.match_batch, batch, again=True),
        )
        match = EssayStudentAssociation.objects.get(essay=essay)
        if confirmed.confirmed:
            assert (match.status, match.student, match.decided_by) == ("confirmed", ada, teacher)
        else:
            assert confirmed.refused == ((essay.public_id, "not_certain"),)
            assert (match.status, match.student) == ("undecided", bo)


def test_two_tabs_change_the_batch(teacher: User, race: Race) -> None:
    for _number in range(ROUNDS):
        batch = make_batch(teacher)
        titles = ["Mine", "Theirs"]
        outcomes = race(
            *(
                partial(actions.update_batch, batch, changes={"title": title}, version=1, actor=teacher)
                for title in titles
            )
        )
        assert sorted(map(str, filter(lambda one: not ok(one), outcomes))) == ["version_conflict"]
        batch.refresh_from_db()
        assert (batch.version, batch.title) == (2, titles[outcomes.index("version_conflict") - 1])


def test_two_tabs_decide_the_same_text(
    teacher: User, colleague: User, owned_class: SchoolClass, students: list[Student], race: Race
) -> None:
    for _number in range(ROUNDS):
        batch = make_batch(teacher, owned_class)
        [essay] = make_stored(batch, 1)
        outcomes = race(
            partial(actions.decide_student, essay, student=students[0], version=1, actor=teacher),
            partial(actions.decide_student, essay, student=students[1], version=1, actor=colleague),
        )
        assert outcomes.count("version_conflict") == 1
        match = EssayStudentAssociation.objects.get(essay=essay)
        assert (match.student, match.version) == (students[outcomes.index("version_conflict") - 1], 2)


@pytest.mark.parametrize("step", ["lock", "start", "cancel"])
def test_two_tabs_take_the_same_step(teacher: User, race: Race, step: str) -> None:
    call = {"lock": actions.lock_batch, "start": actions.start_batch, "cancel": actions.cancel_batch}[step]
    for _number in range(ROUNDS):
        batch = make_batch(teacher)
        outcomes = race(*[partial(call, batch, actor=teacher)] * 2)
        assert outcomes.count("illegal_transition") == 1
        batch.refresh_from_db()
        assert (batch.version, batch.generation) == (2, int(step == "start"))


def test_one_hand_over_sent_several_times_at_once(teacher: User, race: Race) -> None:
    """Whoever comes second hears that it has started, not that it cannot."""
    for _number in range(ROUNDS):
        batch = make_batch(teacher)
        outcomes = race(*[partial(actions.receive_hand_over, batch, essay_ids=[], actor=teacher)] * 5)
        assert [getattr(outcome, "status", outcome) for outcome in outcomes] == ["processing"] * 5
        batch.refresh_from_db()
        assert (batch.version, batch.generation) == (2, 1)


def test_unlock_against_start(teacher: User, race: Race) -> None:
    """Both are legal from ready; after the unlock the start is legal too, after the start the unlock is not."""
    for _number in range(ROUNDS):
        batch = actions.lock_batch(make_batch(teacher), actor=teacher)
        unlocked, started = race(
            partial(actions.unlock_batch, batch, actor=teacher), partial(actions.start_batch, batch, actor=teacher)
        )
        assert ok(started)
        assert ok(unlocked) or unlocked == "illegal_transition"
        batch.refresh_from_db()
        assert (batch.status, batch.lock_reason) == ("processing", "assessment")


def test_a_person_corrects_a_match_while_it_is_locked(
    teacher: User, owned_class: SchoolClass, students: list[Student], race: Race
) -> None:
    """A lock closes files and stops machines; a person's correction goes through, is audited and announced."""
    for number in range(ROUNDS):
        batch = make_batch(teacher, owned_class)
        [essay] = make_stored(batch, 1)
        locked, corrected = race(
            partial(closing(number), batch, actor=teacher),
            partial(actions.decide_student, essay, student=students[0], version=1, actor=teacher),
        )
        assert ok(locked)
        assert ok(corrected)
        entry = LogEntry.objects.get_for_object(corrected).order_by("-pk").first()
        assert entry is not None
        assert (entry.actor, entry.changes["status"]) == (teacher, ["undecided", "confirmed"])
        about = Q(event_type="essay.student.association.updated", payload__essay_id=str(essay.public_id))
        assert OutboxEvent.objects.filter(about).count() == 1


def test_a_report_against_a_cancel(teacher: User, settings: Any, race: Race) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    for _number in range(ROUNDS):
        batch = actions.start_batch(make_batch(teacher), actor=teacher)
        actions.complete_phase(batch, generation=1, phase="nlp", results={})
        reported, cancelled = race(
            partial(actions.report_phase, batch, phase="spellcheck", status="completed_successfully"),
            partial(actions.cancel_batch, batch, actor=teacher),
        )
        batch.refresh_from_db()
        if ok(cancelled):
            assert (batch.status, reported.status) == ("cancelled", "cancelled")
        else:
            assert (cancelled, batch.status, reported.status) == (
                "illegal_transition", "completed", "completed_successfully",
            )  # fmt: skip
