"""Errands of support staff: the teacher's own actions, with a reason, a look beforehand and a trace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone

from batches import actions
from batches.models import Batch, EssayStudentAssociation
from batches.tests.desk import kill, make_day, make_stuck
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.test_desk import BATCHES, FILES, WHY, do, look
from classes import actions as class_actions
from classes.models import Enrolment, RosterImport, SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.audit import Errand, on_errand
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

Browser = Callable[..., Client]
IMPORTS = "/support/classes/rosterimport/"
STUDENTS = "/support/classes/student/"
TEXTS = "/support/batches/essaystudentassociation/"
EVENTS = "/support/outbox/outboxevent/"


@pytest.fixture
def desk(support: User, client_for: Browser) -> Client:
    return client_for(support)


@pytest.fixture
def day(teacher: User, owned_class: SchoolClass) -> Batch:
    return make_day(teacher, owned_class)


def trace(row: Any) -> list[tuple[Any, dict[str, Any]]]:
    """Who did which errand with the row."""
    entries = LogEntry.objects.get_for_object(row).filter(additional_data__has_key="support")
    return [(entry.actor, entry.additional_data) for entry in entries.order_by("pk")]


def messages(answer: Any) -> list[str]:
    """What the page after says."""
    return [str(message) for message in answer.context["messages"]]


def test_without_a_reason_nothing_happens(day: Batch, desk: Client) -> None:
    for empty in ("", "   ", "\u200b"):
        answer = desk.post(
            BATCHES, {"action": "read_again", "_selected_action": [day.pk], "confirmed": "1", "reason": empty}
        )
        assert (answer.status_code, 'aria-invalid="true"' in answer.content.decode()) == (422, True)
    assert EssayFile.objects.get(problem="corrupt").status == "failed"
    assert trace(day) == []
    assert "Choose at most" not in look(desk, BATCHES, "read_again", day)


def test_reading_failed_files_again(
    day: Batch, desk: Client, support: User, teacher: User, client_for: Browser
) -> None:
    locked = Batch.objects.exclude(pk=day.pk).get()
    page = look(desk, BATCHES, "read_again", day, locked)
    assert "1 file with a problem is read again" in page
    assert "The batch is locked because its assessment has begun." in page
    assert EssayFile.objects.filter(status="failed").count() == 1
    said = messages(do(desk, BATCHES, "read_again", day, locked))
    assert said[0] == "Done: Read failed files again (1)"
    assert said[1].startswith(f"Batch {locked.public_id} was left as it is: The batch is locked")
    assert EssayFile.objects.filter(batch_file__batch=day, status="stored").count() == 1
    assert trace(day) == [(support, {"support": "read_again", "reason": WHY})]
    assert trace(locked) == []
    history = client_for(teacher).get(f"/batches/{day.public_id}/history/").content.decode()
    assert f"Support: Read failed files again. Reason: {WHY}" in history


def test_what_is_done_with_an_account_is_told_to_its_teacher_alone(
    desk: Client, teacher: User, colleague: User, client_for: Browser
) -> None:
    do(desk, "/support/accounts/user/", "sign_out", teacher)
    teacher.refresh_from_db()
    told = f"Support: Sign out everywhere. Reason: {WHY}"
    assert told in client_for(teacher).get("/privacy/log/").content.decode()
    assert told not in client_for(colleague).get("/privacy/log/").content.decode()


def test_reading_one_file_again(day: Batch, desk: Client, support: User) -> None:
    failed, sound = EssayFile.objects.get(problem="corrupt"), EssayFile.objects.filter(status="read").first()
    page = look(desk, FILES, "read_again", failed, sound)
    assert "The file is read again, with all its tries." in page
    assert "Only a file with a problem can be read again." in page
    do(desk, FILES, "read_again", failed, sound)
    failed.refresh_from_db()
    assert failed.status == "stored"
    assert trace(day) == [
        (support, {"support": "read_again", "reason": WHY, "part": str(failed.public_id)}),
    ]


def test_a_stuck_batch_is_found_and_moved_on(day: Batch, desk: Client, support: User) -> None:
    """A worker took the file and was killed; its lease is a wrong clock's."""
    file = make_stuck(day)
    assert str(day.public_id)[:8] in desk.get(BATCHES, {"stuck": "yes"}).content.decode()
    assert "1 file is read anew." in look(desk, BATCHES, "move_on", day)
    assert messages(do(desk, BATCHES, "move_on", day)) == ["Done: Move on what stands still (1)"]
    file.refresh_from_db()
    assert (file.status, file.attempts, file.lease_token) == ("stored", 0, None)
    assert trace(day) == [(support, {"support": "move_on", "reason": WHY})]
    again = messages(do(desk, BATCHES, "move_on", day))
    assert "Nothing stands still in this batch." in again[0]
    assert len(trace(day)) == 1


def test_a_silent_phase_is_ended(day: Batch, desk: Client, teacher: User, settings: Any) -> None:
    started = Batch.objects.exclude(pk=day.pk).get()
    late = timezone.now() - timedelta(days=1)
    started.phase_runs.exclude(status__startswith="skipped").update(reported_at=late)
    Batch.objects.filter(pk=started.pk).update(updated_at=late)
    assert "1 phase goes on" in look(desk, BATCHES, "move_on", started)
    do(desk, BATCHES, "move_on", started)
    started.refresh_from_db()
    assert started.status == "failed"


def test_a_file_that_no_try_gets_through_is_marked_and_can_be_read_again(
    day: Batch, desk: Client, support: User
) -> None:
    file, sound = make_stuck(day), EssayFile.objects.filter(status="read").first()
    page = look(desk, FILES, "mark_unreadable", file, sound)
    assert "The file counts as one that took too long" in page
    assert "Only a file that is on the way can be marked." in page
    do(desk, FILES, "mark_unreadable", file, sound)
    file.refresh_from_db()
    assert (file.status, file.problem, file.lease_token) == ("failed", "parse_timeout", None)
    assert trace(day) == [(support, {"support": "mark_unreadable", "reason": WHY, "part": str(file.public_id)})]
    actions.retry_batch_file(day, file=file, actor=day.owner)


def test_a_file_that_ended_meanwhile_is_not_said_to_be_marked(day: Batch, desk: Client, monkeypatch: Any) -> None:
    file = make_stuck(day)

    def ends_first(file_pk: int, **_how: Any) -> None:
        EssayFile.objects.filter(pk=file_pk).update(status="read")

    monkeypatch.setattr("batches.admin.files.actions.give_up_reading", ends_first)
    (said,) = messages(do(desk, FILES, "mark_unreadable", file))
    assert said.endswith("was left as it is: Only a file that is on the way can be marked.")
    assert trace(day) == []


def test_who_did_it_takes_no_file_from_a_worker(day: Batch, support: User) -> None:
    file = make_stuck(day)
    assert actions.give_up_reading(file.pk, problem="parse_timeout", actor=support) is None
    given_up = actions.give_up_reading(file.pk, problem="parse_timeout", from_worker=True, actor=support)
    assert given_up is not None
    assert given_up.status == "failed"


def test_a_decision_is_taken_back_and_can_be_undone(
    owned_class: SchoolClass, desk: Client, teacher: User, support: User
) -> None:
    students, batch = make_students(owned_class, ["Siri Berg"]), make_batch(teacher, owned_class)
    decided, open_text = make_essays(batch, 2, students=students, certainty="unsure")
    actions.decide_student(decided, student=students[0], version=None, actor=teacher)
    rows = [EssayStudentAssociation.objects.get(essay=text) for text in (decided, open_text)]
    page = look(desk, TEXTS, "reopen", *rows)
    assert "The text waits for a decision again" in page
    assert "Nobody has decided this text." in page
    do(desk, TEXTS, "reopen", *rows)
    assert not EssayStudentAssociation.objects.exclude(status="undecided").exists()
    assert trace(batch) == [(support, {"support": "reopen", "reason": WHY, "part": str(decided.public_id)})]
    actions.undo_decisions(batch, actor=support)
    rows[0].refresh_from_db()
    assert (rows[0].status, rows[0].student) == ("confirmed", students[0])


def test_a_student_is_put_back_where_he_or_she_left_last(
    owned_class: SchoolClass, desk: Client, teacher: User, support: User
) -> None:
    gone, long_gone = make_students(owned_class, ["Siri Berg", "Bo Ek"])
    for student in (gone, long_gone):
        class_actions.remove_student(owned_class, student=student, actor=teacher)
    Enrolment.objects.filter(student=long_gone).update(left_at=timezone.now() - timedelta(days=31))
    page = look(desk, STUDENTS, "put_back", gone, long_gone)
    assert f"Comes back into the class {owned_class.public_id}." in page
    assert "The student has left no class in the last 30 days." in page
    do(desk, STUDENTS, "put_back", gone, long_gone)
    assert list(Student.objects.in_class(owned_class)) == [gone]
    assert trace(owned_class) == [(support, {"support": "put_back", "reason": WHY, "part": str(gone.public_id)})]


def test_matching_again_and_unlocking(day: Batch, desk: Client, support: User, teacher: User) -> None:
    assert "2 undecided texts are matched again" in look(desk, BATCHES, "match_again", day)
    do(desk, BATCHES, "match_again", day)
    day = actions.lock_batch(day, actor=teacher)
    assert "Files can be added and removed again." in look(desk, BATCHES, "unlock", day)
    do(desk, BATCHES, "unlock", day)
    day.refresh_from_db()
    assert (day.status, day.locked_at) == ("collecting", None)
    assert [said["support"] for _who, said in trace(day)] == ["match_again", "unlock"]


def test_only_on_an_errand_may_support_unlock(teacher: User, support: User) -> None:
    batch = make_batch(teacher)
    make_essays(batch, 1)
    batch = actions.lock_batch(batch, actor=teacher)
    with pytest.raises(ActionError) as refused:
        actions.unlock_batch(batch, actor=support)
    assert refused.value.code == "permission_denied"
    with on_errand(Errand(did="unlock", row=batch, reason=WHY)):
        assert actions.unlock_batch(batch, actor=support).status == "collecting"


def test_an_import_is_undone(
    day: Batch, desk: Client, support: User, owned_class: SchoolClass, teacher: User, client_for: Browser
) -> None:
    done = RosterImport.objects.get()
    assert "1 student is removed" in look(desk, IMPORTS, "undo_import", done)
    do(desk, IMPORTS, "undo_import", done)
    done.refresh_from_db()
    assert done.status == "undone"
    assert not Student.objects.filter(given_name="Åsa").exists()
    assert trace(owned_class) == [
        (support, {"support": "undo_import", "reason": WHY, "part": str(done.public_id)})
    ]  # fmt: skip
    assert "The list has not been imported." in look(desk, IMPORTS, "undo_import", done)
    history = client_for(teacher).get(f"/classes/{owned_class.public_id}/history/").content.decode()
    assert f"Support: Undo the import. Reason: {WHY}" in history


def test_a_class_comes_back_from_the_archive(
    desk: Client, owned_class: SchoolClass, teacher: User, support: User
) -> None:
    address = "/support/classes/schoolclass/"
    assert "The class is not archived." in look(desk, address, "restore_class", owned_class)
    class_actions.archive_class(owned_class, actor=teacher)
    do(desk, address, "restore_class", owned_class)
    owned_class.refresh_from_db()
    assert owned_class.archived_at is None
    assert trace(owned_class)[0][0] == support


def test_dead_letters_go_again_in_order_or_are_put_aside(
    day: Batch, desk: Client, support: User, teacher: User, client_for: Browser
) -> None:
    events = list(OutboxEvent.objects.filter(aggregate=f"batch:{day.public_id}").order_by("-pk")[:2])[::-1]
    first, second = kill(events[0]), kill(events[1])
    page = look(desk, EVENTS, "send_again", second)
    assert "An earlier event about the same is a dead letter too" in page
    do(desk, EVENTS, "send_again", first)
    do(desk, EVENTS, "put_aside", second)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.dead_at, first.attempts, first.last_error) == (None, 0, "")
    assert second.put_aside_at is not None
    assert [said["support"] for _who, said in trace(day)] == ["send_again", "put_aside"]
    assert "Support: Put aside" in client_for(teacher).get(f"/batches/{day.public_id}/history/").content.decode()
    assert "Only a dead letter" in look(desk, EVENTS, "put_aside", second)


def test_personal_numbers_do_not_stay_in_a_reason(day: Batch, desk: Client) -> None:
    do(desk, BATCHES, "match_again", day, reason="About 20080101-1236, who called")
    assert trace(day)[0][1]["reason"] == "About ***, who called"


def test_at_most_a_hundred_at_a_time(teacher: User, desk: Client) -> None:
    batches = Batch.objects.bulk_create(Batch(owner=teacher, title=str(n)) for n in range(101))
    assert set(messages(do(desk, BATCHES, "match_again", *batches))) == {"Choose at most 100 at a time."}
    assert LogEntry.objects.filter(additional_data__has_key="support").count() == 0


@pytest.mark.django_db(transaction=True)
def test_support_and_teacher_meet_under_the_same_lock(race: Any, teacher: User, support: User) -> None:
    """One of them comes first; the other is refused or finds it done. Never both, never neither."""
    batch = make_batch(teacher)
    make_essays(batch, 2)
    batch = actions.lock_batch(batch, actor=teacher)

    def unlock() -> str:
        with on_errand(Errand(did="unlock", row=batch, reason=WHY)):
            return str(actions.unlock_batch(batch, actor=support).status)

    def start() -> str:
        return str(actions.start_batch(batch, actor=teacher).status)

    outcomes = race(unlock, start)
    batch.refresh_from_db()
    assert outcomes in (["collecting", "processing"], ["illegal_transition", "processing"])
    assert batch.status == "processing"
    assert len(trace(batch)) == (outcomes[0] == "collecting")


@pytest.mark.django_db(transaction=True)
def test_reading_again_twice_at_once_reads_once(race: Any, teacher: User, support: User) -> None:
    batch = make_batch(teacher)
    (essay,) = make_essays(batch, 1)
    EssayFile.objects.filter(pk=essay.file_id).update(status="failed", problem="corrupt")

    def errand() -> Any:
        with on_errand(Errand(did="read_again", row=batch, reason=WHY)):
            return actions.retry_batch_files(batch, actor=support)

    def button() -> str:
        return str(actions.retry_batch_file(batch, file=essay.file, actor=teacher).status)

    read, status = race(errand, button)
    assert (read, status) in ((1, "stored"), ("illegal_transition", "stored")), "the button finds it on its way"
    assert len([entry for entry in LogEntry.objects.get_for_object(essay.file) if "status" in entry.changes]) == 1
    assert EssayStudentAssociation.objects.count() == 1
