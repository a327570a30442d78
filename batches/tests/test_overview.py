"""The overview: what is where, who sees it, and that it costs the same for 3 and for 300 batches."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batches import actions
from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation, PhaseRun
from batches.overview import MAX_DONE, MAX_NEEDS, NotHandedIn, Overview, Row, read_overview
from classes.models import Enrolment, SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User

Browser = Callable[[User | None], Client]
URL = "/overview/"


def make_student(school_class: SchoolClass, name: str) -> Student:
    given_name, _space, family_name = name.partition(" ")
    student = Student.objects.create(created_by=school_class.owner, given_name=given_name, family_name=family_name)
    Enrolment.objects.create(school_class=school_class, student=student)
    return student


def make_batch(owner: User, school_class: SchoolClass | None, title: str, **fields: Any) -> Batch:
    return Batch.objects.create(owner=owner, school_class=school_class, title=title, **fields)


def add_text(
    batch: Batch,
    certainty: str = "certain",
    *,
    student: Student | None = None,
    status: str = "undecided",
    file_status: str = "read",
    matched: bool = True,
    decided_days_ago: float = 0,
) -> Essay:
    """A file of the batch with its text, read and matched unless said otherwise."""
    problem = "password_protected" if file_status in EssayFile.PROBLEMS else ""
    file = EssayFile.objects.create(owner=batch.owner, name="text.docx", size=10, status=file_status, problem=problem)
    BatchFile.objects.create(batch=batch, file=file)
    essay = Essay.objects.create(batch=batch, file=file, matched_at=timezone.now() if matched else None)
    decided_at = None if status == "undecided" else timezone.now() - timedelta(days=decided_days_ago)
    EssayStudentAssociation.objects.create(
        essay=essay, student=student, status=status, certainty=certainty, decided_at=decided_at
    )
    return essay


def titles(rows: list[Row]) -> list[str]:
    return [row.batch.title for row in rows]


@pytest.fixture
def filled(teacher: User, owned_class: SchoolClass) -> Overview:
    """One batch of every kind."""
    emil, hugo, _bo = (make_student(owned_class, name) for name in ("Emil Berg", "Hugo Dahl", "Bo Ek"))
    unsure = make_batch(teacher, owned_class, "Unsure")
    add_text(unsure, "unsure", student=emil)
    add_text(unsure, "certain", student=hugo)
    conflict = make_batch(teacher, owned_class, "Conflict")
    add_text(conflict, "conflict")
    problem = make_batch(teacher, owned_class, "Problem")
    add_text(problem, "no_match", file_status="failed", status="no_student")
    reading = make_batch(teacher, owned_class, "Reading")
    file = EssayFile.objects.create(owner=teacher, name="late.docx", size=10)
    BatchFile.objects.create(batch=reading, file=file)
    decided = make_batch(teacher, owned_class, "Decided")
    add_text(decided, student=emil, status="confirmed", decided_days_ago=2)
    done = make_batch(
        teacher, owned_class, "Done", status="completed", locked_at=timezone.now(), lock_reason="assessment"
    )
    PhaseRun.objects.create(
        batch=done, generation=0, phase="nlp", status="completed_successfully", completed_at=timezone.now()
    )
    add_text(done, student=emil, status="confirmed", decided_days_ago=2)
    old = make_batch(teacher, owned_class, "Old")
    add_text(old, student=emil, status="confirmed", decided_days_ago=30)
    make_batch(teacher, owned_class, "Empty")
    return read_overview(teacher)


def test_each_batch_is_where_it_belongs(filled: Overview) -> None:
    assert titles(filled.needs_action) == ["Conflict", "Problem", "Unsure"]
    assert titles(filled.in_progress) == ["Reading", "Decided"]
    assert titles(filled.done) == ["Done"]
    assert filled.n_going == 1


def test_the_badge_of_every_page_counts_the_same(
    filled: Overview, teacher: User, reader: User, client_for: Browser
) -> None:
    badges = {
        person: re.findall(r'badge-round">(\d+) ', client_for(person).get(reverse("accounts:account")).text)
        for person in (teacher, reader)
    }
    assert badges == {teacher: [str(len(filled.needs_action))], reader: []}


def test_the_list_shows_the_same_batches(filled: Overview, teacher: User, reader: User, client_for: Browser) -> None:
    listed = {
        person: {batch.title for batch in client_for(person).get("/batches/?state=needs").context["page"]}
        for person in (teacher, reader)
    }
    assert listed == {teacher: {*titles(filled.needs_action)}, reader: set()}


def test_the_most_urgent_stand_on_the_page_and_all_count(
    filled: Overview, teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    for number in range(MAX_NEEDS):
        add_text(make_batch(teacher, owned_class, f"Batch {number}"), "unsure")
        decided = make_batch(teacher, owned_class, f"Decided {number}")
        add_text(decided, status="no_student")
    shown = read_overview(teacher)
    assert titles(shown.needs_action)[:2] == ["Conflict", "Problem"]
    assert (len(shown.needs_action), shown.n_more, shown.n_things) == (MAX_NEEDS, 3, filled.n_things + MAX_NEEDS)
    assert len(shown.in_progress) == shown.n_going + MAX_DONE
    page = client_for(teacher).get(URL).text
    n = MAX_NEEDS + 3
    assert '<a href="/batches/?state=needs">3 more batches need you</a>' in page
    for counted in (f"{n} batches are waiting for you.", f"in {n} batches", f'badge-round">{n} '):
        assert counted in page
    assert page.count('class="number"') == MAX_NEEDS


def test_a_row_counts_undecided_things_and_all_that_is_certain_as_none_of_them(filled: Overview) -> None:
    by_title = {row.batch.title: row for row in filled.needs_action}
    assert by_title["Unsure"].n_things == 1
    assert by_title["Unsure"].certain == 1
    assert by_title["Problem"].n_things == 1
    assert filled.n_things == 3


def test_only_certain_matches_are_one_thing_to_do(teacher: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher, owned_class, "Certain")
    for name in ("Emil Berg", "Hugo Dahl"):
        add_text(batch, student=make_student(owned_class, name))
    (row,) = read_overview(teacher).needs_action
    assert row.n_things == 1


def test_who_has_not_handed_in_and_who_may_have(teacher: User, owned_class: SchoolClass) -> None:
    emil, hugo, _bo = (make_student(owned_class, name) for name in ("Emil Berg", "Hugo Dahl", "Bo Ek"))
    batch, other = make_batch(teacher, owned_class, "This"), make_batch(teacher, owned_class, "Other")
    add_text(batch, "unsure", student=emil)
    add_text(batch, "certain", student=hugo)
    add_text(other, student=emil, status="confirmed")
    by_title = {row.batch.title: row.not_handed_in for row in read_overview(teacher).missing}
    assert by_title["This"].first_missing == ["Bo Ek"]
    assert by_title["This"].first_may_have == ["Emil Berg"]
    assert by_title["Other"].first_missing == ["Hugo Dahl", "Bo Ek"]
    assert by_title["Other"].may_have == ()
    assert by_title["This"].students == by_title["Other"].students == 3
    assert (by_title["This"].handed_in, by_title["Other"].handed_in) == (1, 1)
    assert [row.not_handed_in.handed_in for row in read_overview(teacher).needs_action] == [1]


def test_each_batch_of_a_class_counts_its_own_and_an_excused_student_in_none(
    teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    emil, hugo, _bo = (make_student(owned_class, name) for name in ("Emil Berg", "Hugo Dahl", "Bo Ek"))
    first, second = make_batch(teacher, owned_class, "First"), make_batch(teacher, owned_class, "Second")
    cancelled = make_batch(teacher, owned_class, "Cancelled", status="cancelled")
    for batch in (first, second, cancelled):
        add_text(batch, student=emil, status="confirmed")
    add_text(cancelled, student=hugo, status="confirmed")
    actions.excuse_student(first, student=hugo, actor=teacher)
    by_title = {row.batch.title: row.not_handed_in for row in read_overview(teacher).missing}
    assert by_title == {
        "First": NotHandedIn(missing=(("Bo", "Ek"),), students=2),
        "Second": NotHandedIn(missing=(("Hugo", "Dahl"), ("Bo", "Ek")), students=3),
    }
    page = client_for(teacher).get(URL).content.decode()
    assert "<strong>1</strong> of 2 · First" in page
    assert "<strong>2</strong> of 3 · Second" in page


def test_students_who_came_after_matching_suggest_matching_again(teacher: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher, owned_class, "Unknown writer")
    add_text(batch, "no_match")
    assert read_overview(teacher).needs_action[0].new_students == 0
    make_student(owned_class, "Saga Ny")
    assert read_overview(teacher).needs_action[0].new_students == 1


def test_an_assessed_batch_is_done_when_assessment_ended(teacher: User, owned_class: SchoolClass) -> None:
    ended = timezone.now() - timedelta(days=1)
    for title, days in (("New", 1), ("Long ago", 20)):
        batch = make_batch(teacher, owned_class, title, status="completed", locked_at=ended, lock_reason="assessment")
        PhaseRun.objects.create(
            batch=batch, generation=0, phase="nlp", status="completed_successfully",
            completed_at=timezone.now() - timedelta(days=days),
        )  # fmt: skip
    assert titles(read_overview(teacher).done) == ["New"]


def test_batches_of_others_are_not_there(filled: Overview, stranger: User, reader: User) -> None:
    assert read_overview(stranger) == Overview([], 0, 0, [], [], [])
    assert read_overview(reader).needs_action == [], "who may only read is asked for nothing"
    assert titles(read_overview(reader).done) == titles(filled.done)


def test_the_page_shows_it_all(filled: Overview, teacher: User, client_for: Browser) -> None:
    page = client_for(teacher).get(URL).content.decode()
    for words in ("3 batches are waiting for you", "1 conflict", "1 file could not be read", "1 unsure", "0 of 1 read"):
        assert words in page
    assert reverse("batches:review", args=[filled.needs_action[0].batch.public_id]) in page
    assert "Three steps" not in page


def test_a_new_teacher_is_shown_three_steps(teacher: User, owned_class: SchoolClass, client_for: Browser) -> None:
    browser = client_for(teacher)
    page = browser.get(URL).content.decode()
    assert "Three steps to the first batch" in page
    assert reverse("classes:import", args=[owned_class.public_id]) in page
    assert "Nothing needs you right now." in page
    make_batch(teacher, owned_class, "First")
    assert "Three steps" not in browser.get(URL).content.decode()


def test_htmx_gets_the_parts_and_the_badge_only(filled: Overview, teacher: User, client_for: Browser) -> None:
    answer = client_for(teacher).get(URL, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in answer
    for part in ("needs-action", "in-progress", "recent", "missing", "summary", "needs-action-badge"):
        assert f'id="{part}"' in answer


@pytest.mark.parametrize("broken", ["read_overview", "read_activity", "_classes"])
def test_a_part_that_fails_says_so_in_its_place(
    broken: str, filled: Overview, teacher: User, client_for: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: Any, **_options: Any) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(f"batches.views.overview.{broken}", fail)
    page = client_for(teacher).get(URL).content.decode()
    assert page.count("Could not load this part.") == 1
    assert ("3 batches are waiting for you" in page) == (broken != "read_overview")
    assert ("All activity" in page) == (broken != "read_activity")


def test_the_pace_of_reading_tells_how_long_it_takes(teacher: User) -> None:
    batch = make_batch(teacher, None, "Going")
    now = timezone.now()
    for number in range(5):
        status = {"status": "read", "read_at": now - timedelta(seconds=4 * number)} if number < 3 else {}
        file = EssayFile.objects.create(owner=teacher, name=f"{number}.txt", size=1, **status)
        BatchFile.objects.create(batch=batch, file=file)
    (row,) = read_overview(teacher).in_progress
    assert (row.reading, row.seconds_left) == (2, 8)


def test_while_files_are_read_nobody_is_told_that_nothing_needs_them(
    teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    batch = make_batch(teacher, owned_class, "Going")
    add_text(batch, "unsure")
    file = EssayFile.objects.create(owner=teacher, name="late.docx", size=10)
    BatchFile.objects.create(batch=batch, file=file)
    page = client_for(teacher).get(URL).content.decode()
    assert "1 batch is in progress." in page
    assert "Nothing needs you" not in page


def test_nothing_to_do_names_the_next_date(teacher: User, client_for: Browser) -> None:
    make_batch(teacher, None, "Later", review_by=timezone.now() + timedelta(days=3))
    page = client_for(teacher).get(URL).content.decode()
    assert "Nothing needs you right now. Next to be reviewed by:" in page


def test_anonymous_goes_to_sign_in(client_for: Browser) -> None:
    response = client_for(None).get(URL)
    assert response.status_code == 302
    assert reverse("accounts:sign-in") in response["Location"]


@pytest.mark.parametrize("htmx", [False, True])
def test_the_number_of_statements_does_not_grow(
    htmx: bool,
    teacher: User,
    owned_class: SchoolClass,
    client_for: Browser,
    django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:
    headers = {"HX-Request": "true"} if htmx else {}
    student = make_student(owned_class, "Emil Berg")
    browser = client_for(teacher)

    def add(number: int) -> None:
        for index in range(number):
            batch = make_batch(teacher, owned_class, f"Batch {index}")
            add_text(batch, ("unsure", "certain", "conflict")[index % 3], student=student if index % 3 != 2 else None)
            done = make_batch(teacher, owned_class, f"Done {index}")
            add_text(done, student=student, status="confirmed")

    add(3)
    with django_assert_max_num_queries(18) as few:
        browser.get(URL, headers=headers)
    add(150)
    with django_assert_num_queries(len(few)):
        browser.get(URL, headers=headers)


def test_the_badge_costs_anonymous_pages_nothing(db: None, client_for: Browser, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        client_for(None).get(reverse("accounts:sign-in"))


def test_the_batchs_own_page_tells_the_same(teacher: User, client_for: Browser) -> None:
    batch = make_batch(teacher, None, "Going")
    now = timezone.now()
    for number in range(6):
        status = {"status": "read", "read_at": now - timedelta(seconds=10 * number)} if number < 3 else {}
        file = EssayFile.objects.create(owner=teacher, name=f"{number}.txt", size=1, **status)
        BatchFile.objects.create(batch=batch, file=file)
    page = client_for(teacher).get(reverse("batches:detail", args=[batch.public_id])).content.decode()
    assert "about 30 s left" in page
