"""What every change of classes and students writes, tells and refuses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.db import connection

from classes import actions
from classes.models import ClassShare, Enrolment, SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

LINNEA = {"given_name": "Linnéa", "family_name": "Öberg", "email": "linnea@elev.example"}


@pytest.fixture
def student(owned_class: SchoolClass, teacher: User) -> Student:
    return actions.add_student(owned_class, values=LINNEA, actor=teacher)


def last_audit(row: Any) -> LogEntry:
    entry = LogEntry.objects.get_for_object(row).first()
    assert entry is not None
    return entry


def events() -> list[str]:
    return list(OutboxEvent.objects.order_by("id").values_list("event_type", flat=True))


def refused(code: str, call: Callable[[], object], *, field: str | None = None) -> ActionError:
    """The error with which `call` refuses; nothing is published meanwhile."""
    before = OutboxEvent.objects.count()
    with pytest.raises(ActionError) as caught:
        call()
    assert caught.value.code == code
    assert caught.value.field == field
    assert OutboxEvent.objects.count() == before
    return caught.value


# --- classes ---------------------------------------------------------------------------------------------------------


def test_create_class_is_told_and_audited(teacher: User) -> None:
    made = actions.create_class(teacher, designation="  SA24D\u200b ", courses=["ENG6", "SV1"], actor=teacher)
    assert made.designation == "SA24D"
    assert made.archived_at is None
    assert [course.code for course in made.courses.all()] == ["ENG6", "SV1"]
    event = OutboxEvent.objects.get()
    assert event.event_type == "class.created"
    assert event.audience == [teacher.pk]
    assert event.payload["class_designation"] == "SA24D"
    assert "SA24D" not in str(event.public)
    assert last_audit(made).actor == teacher


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"designation": ""}, "designation"),
        ({"designation": "\u200b \u0000"}, "designation"),
        ({"designation": "x" * 101}, "designation"),
        ({"designation": "SA 20070101-2384"}, "designation"),
        ({"designation": "SA24D", "courses": ["ENG6", "MA1"]}, "courses"),
        ({"designation": "SA24D", "school_year": "2026"}, "school_year"),
        ({"designation": "SA24D", "school_year": "2026/28"}, "school_year"),
        ({"designation": "SA24D", "school_year": "٢٠٢٦/٢٧"}, "school_year"),
    ],
)
def test_create_class_refuses(values: dict[str, Any], field: str, teacher: User) -> None:
    refused("validation_error", lambda: actions.create_class(teacher, **values, actor=teacher), field=field)
    assert not SchoolClass.objects.exists()


def test_update_class(owned_class: SchoolClass, colleague: User, teacher: User, reader: User) -> None:
    changes = {"designation": "SA24E", "school_year": "2027/28", "courses": ["SV2"]}
    made = actions.update_class(owned_class, changes=changes, actor=colleague)
    assert (made.designation, made.school_year) == ("SA24E", "2027/28")
    assert [course.code for course in made.courses.all()] == ["SV2"]
    assert last_audit(made).actor == colleague
    event = OutboxEvent.objects.get(event_type="class.changed")
    assert event.audience == sorted([teacher.pk, colleague.pk, reader.pk])
    assert event.public == {"class_id": str(made.public_id)}


def test_an_action_that_fails_leaves_nothing(owned_class: SchoolClass, teacher: User) -> None:
    changes = {"designation": "SA24E", "courses": ["MA1"]}
    refused(
        "validation_error", lambda: actions.update_class(owned_class, changes=changes, actor=teacher), field="courses"
    )
    owned_class.refresh_from_db()
    assert owned_class.designation == "SA24D"


def test_archive_twice_and_back(owned_class: SchoolClass, teacher: User) -> None:
    first = actions.archive_class(owned_class, actor=teacher).archived_at
    assert first is not None
    assert actions.archive_class(owned_class, actor=teacher).archived_at == first
    assert events() == ["class.changed"]
    assert actions.restore_class(owned_class, actor=teacher).archived_at is None


def test_archived_class_refuses_every_change(owned_class: SchoolClass, student: Student, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data="Namn\nBo Ek\n", actor=teacher)
    applied = actions.preview_roster(owned_class, data="Namn\nEva Ek\n", actor=teacher)
    actions.apply_import(applied, actor=teacher)
    actions.archive_class(owned_class, actor=teacher)
    for call in (
        lambda: actions.update_class(owned_class, changes={"designation": "X"}, actor=teacher),
        lambda: actions.add_student(owned_class, values={"given_name": "Bo"}, actor=teacher),
        lambda: actions.enrol_student(owned_class, student=student, actor=teacher),
        lambda: actions.update_student(student, changes={"given_name": "Bo"}, actor=teacher),
        lambda: actions.remove_student(owned_class, student=student, actor=teacher),
        lambda: actions.share_class(owned_class, email="stranger@skola.example", can_change=True, actor=teacher),
        lambda: actions.preview_roster(owned_class, data="Namn\nBo Ek\n", actor=teacher),
        lambda: actions.revise_import(draft, changes={"rows": {"2": {"include": False}}}, actor=teacher),
        lambda: actions.apply_import(draft, actor=teacher),
        lambda: actions.undo_import(applied, actor=teacher),
    ):
        refused("illegal_transition", call)
    share = owned_class.shares.first()
    assert share is not None
    actions.remove_share(owned_class, share=share, actor=teacher)  # taking access back is always possible
    assert owned_class.shares.count() == 1


def test_student_also_in_an_open_class_can_be_changed(
    owned_class: SchoolClass, student: Student, teacher: User
) -> None:
    other = actions.create_class(teacher, designation="ES24B", actor=teacher)
    actions.enrol_student(other, student=student, actor=teacher)
    actions.archive_class(owned_class, actor=teacher)
    assert actions.update_student(student, changes={"given_name": "Linn"}, actor=teacher).given_name == "Linn"


def test_delete_class_refuses_where_a_batch_refers_to_it(owned_class: SchoolClass, teacher: User) -> None:
    from batches.models import Batch

    batch = Batch.objects.create(owner=teacher, title="Argument", school_class=owned_class)
    refused("has_texts", lambda: actions.delete_class(owned_class, actor=teacher))
    batch.delete()
    key = owned_class.pk
    actions.delete_class(owned_class, actor=teacher)
    assert not SchoolClass.objects.filter(pk=key).exists()
    assert events() == ["class.changed"]
    refused("not_found", lambda: actions.update_class(owned_class, changes={}, actor=teacher))


def test_students_stay_when_their_class_goes(owned_class: SchoolClass, student: Student, teacher: User) -> None:
    actions.delete_class(owned_class, actor=teacher)
    assert Student.objects.get() == student


def test_share_class(owned_class: SchoolClass, teacher: User, stranger: User) -> None:
    share = actions.share_class(owned_class, email=" Stranger@Skola.Example ", can_change=False, actor=teacher)
    assert share.user == stranger
    assert actions.share_class(owned_class, email=stranger.email, can_change=True, actor=teacher).pk == share.pk
    assert SchoolClass.objects.editable_by(stranger).get() == owned_class
    assert stranger.pk in OutboxEvent.objects.latest("id").audience
    actions.remove_share(owned_class, share=ClassShare.objects.get(user=stranger), actor=teacher)
    assert not SchoolClass.objects.visible_to(stranger).exists()
    assert stranger.pk in OutboxEvent.objects.latest("id").audience  # their page is told once more, and finds nothing


@pytest.mark.parametrize("email", ["nobody@skola.example", "teacher@skola.example", "support@skola.example", ""])
def test_share_class_refuses(email: str, owned_class: SchoolClass, teacher: User, support: User) -> None:
    def share() -> object:
        return actions.share_class(owned_class, email=email, can_change=False, actor=teacher)

    refused("validation_error", share, field="email")


# --- students --------------------------------------------------------------------------------------------------------


def test_add_student_is_told_and_audited_without_the_name(owned_class: SchoolClass, colleague: User) -> None:
    made = actions.add_student(owned_class, values=LINNEA, actor=colleague)
    assert made.created_by_id == owned_class.owner_id
    assert Enrolment.objects.get(student=made).left_at is None
    assert events() == ["student.created", "class.changed"]
    event = OutboxEvent.objects.first()
    assert event is not None
    assert event.payload["student_email"] == "linnea@elev.example"
    assert event.payload["created_by_user_id"] == str(colleague.public_id)
    assert event.public == {"student_id": str(made.public_id)}
    entry = last_audit(made)
    assert entry.actor == colleague
    assert "Linn" not in str(entry.changes)
    assert "linnea" not in str(entry.changes) + entry.object_repr


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "given_name"),
        ({"given_name": "\u202e", "family_name": " "}, "given_name"),
        ({"given_name": "x" * 151}, "given_name"),
        ({"family_name": "Öberg 0701012384"}, None),
        ({"given_name": "Bo", "email": "bo"}, "email"),
        ({"given_name": "Bo", "email": "bo@b.c"}, "email"),
        ({"given_name": "Bo", "email": "20070101-2384@elev.example"}, "email"),
        ({"given_name": "Bo", "email": f"{'b' * 250}@elev.example"}, "email"),
    ],
)
def test_add_student_refuses(
    values: dict[str, str | None], field: str | None, owned_class: SchoolClass, teacher: User
) -> None:
    if field is None:  # ten digits that no check digit makes a personal identity number
        assert actions.add_student(owned_class, values=values, actor=teacher).pk
        return
    refused("validation_error", lambda: actions.add_student(owned_class, values=values, actor=teacher), field=field)
    assert not Student.objects.exists()


def test_an_address_is_one_students_of_a_teacher(
    owned_class: SchoolClass, student: Student, teacher: User, stranger: User
) -> None:
    values = {**LINNEA, "given_name": "Lo", "email": "LINNEA@elev.example"}
    refused("validation_error", lambda: actions.add_student(owned_class, values=values, actor=teacher), field="email")
    other = actions.add_student(owned_class, values={"given_name": "Lo"}, actor=teacher)
    changes = {"email": "Linnea@elev.example"}
    refused("validation_error", lambda: actions.update_student(other, changes=changes, actor=teacher), field="email")
    elsewhere = actions.create_class(stranger, designation="ES24B", actor=stranger)
    assert actions.add_student(elsewhere, values=values, actor=stranger).email == "LINNEA@elev.example"


def test_students_without_address_are_many(owned_class: SchoolClass, teacher: User) -> None:
    for email in (None, "", " "):
        assert (
            actions.add_student(owned_class, values={"given_name": "Bo", "email": email}, actor=teacher).email is None
        )


def test_update_student_tells_every_class(owned_class: SchoolClass, student: Student, teacher: User) -> None:
    other = actions.create_class(teacher, designation="ES24B", actor=teacher)
    actions.enrol_student(other, student=student, actor=teacher)
    OutboxEvent.objects.all().delete()
    made = actions.update_student(student, changes={"preferred_name": " Linn\u00a0a "}, actor=teacher)
    assert made.preferred_name == "Linn a"
    assert made.family_name == "Öberg"
    assert {event.aggregate for event in OutboxEvent.objects.all()} == {
        f"class:{owned_class.public_id}", f"class:{other.public_id}"
    }  # fmt: skip
    refused(
        "validation_error",
        lambda: actions.update_student(student, changes={"given_name": "", "family_name": ""}, actor=teacher),
        field="given_name",
    )


def test_remove_and_enrol_again(owned_class: SchoolClass, student: Student, teacher: User) -> None:
    first = actions.remove_student(owned_class, student=student, actor=teacher).left_at
    n = OutboxEvent.objects.count()
    assert actions.remove_student(owned_class, student=student, actor=teacher).left_at == first
    assert OutboxEvent.objects.count() == n
    assert not Student.objects.in_class(owned_class).exists()
    actions.enrol_student(owned_class, student=student, actor=teacher)
    assert Student.objects.in_class(owned_class).get() == student
    assert last_audit(Enrolment.objects.get()).actor == teacher


def test_only_the_owners_students_are_enrolled(owned_class: SchoolClass, teacher: User, stranger: User) -> None:
    elsewhere = actions.create_class(stranger, designation="ES24B", actor=stranger)
    foreign = actions.add_student(elsewhere, values=LINNEA, actor=stranger)
    refused(
        "not_found",
        lambda: actions.enrol_student(owned_class, student=foreign, actor=teacher),
        field="student_id",
    )
    refused("not_found", lambda: actions.remove_student(owned_class, student=foreign, actor=teacher))


def test_delete_student_refuses_where_there_is_a_text(
    owned_class: SchoolClass, student: Student, teacher: User
) -> None:
    from batches.models import Batch, Essay, EssayStudentAssociation
    from files.models import EssayFile

    batch = Batch.objects.create(owner=teacher, title="Argument", school_class=owned_class)
    file = EssayFile.objects.create(owner=teacher, name="a.txt", size=1)
    essay = Essay.objects.create(batch=batch, file=file)
    EssayStudentAssociation.objects.create(essay=essay, student=student, status="confirmed")
    refused("has_texts", lambda: actions.delete_student(student, actor=teacher))
    essay.delete()
    actions.delete_student(student, actor=teacher)
    assert not Student.objects.exists()
    assert OutboxEvent.objects.latest("id").event_type == "class.changed"
    refused("not_found", lambda: actions.delete_student(student, actor=teacher))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_with_one_address_one_wins(owned_class: SchoolClass, teacher: User) -> None:
    other = actions.create_class(teacher, designation="ES24B", actor=teacher)
    start = threading.Barrier(2)
    outcomes: list[str] = []

    def add(school_class: SchoolClass) -> None:
        try:
            start.wait(timeout=10)
            actions.add_student(school_class, values=LINNEA, actor=teacher)
            outcomes.append("made")
        except ActionError as error:
            outcomes.append(f"{error.code} {error.field}")
        finally:
            connection.close()

    threads = [threading.Thread(target=add, args=[school_class]) for school_class in (owned_class, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert sorted(outcomes) == ["made", "validation_error email"]
    assert Student.objects.filter(email="linnea@elev.example").count() == 1
