"""What has happened: whose it is, one line per day and kind, no student in it, the same cost however much there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from rest_framework.test import APIClient

from batches import actions
from batches.activity import Notice, read_activity
from batches.models import Batch, Decision, Essay
from batches.tests.making import make_batch, make_essays, make_students, upload
from classes import actions as class_actions
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.accounts.actions import purge_expired, read_notice, see_activity, update_profile
from huleedu.accounts.models import NoticeRead, User

Browser = Callable[[User | None], Client]
URL = "/activity/"


def lines(user: User, **options: Any) -> dict[str, Notice]:
    """By kind, the newest of each."""
    with override("en"):
        return {notice.kind: notice for notice in reversed(read_activity(user, **options))}


@pytest.fixture
def batch(teacher: User, colleague: User, owned_class: SchoolClass) -> Batch:
    """Two files dropped and three texts matched, of which the colleague has decided one."""
    students = make_students(owned_class, ["Emil Berg", "Hugo Dahl", "Bo Ek"])
    batch = make_batch(teacher, owned_class)
    actions.add_files(batch, uploads=[upload("a.txt"), upload("b.txt")], actor=teacher)
    essays = make_essays(batch, 3, students=students, certainty="certain")
    EssayFile.objects.filter(essay__in=essays).update(read_at=timezone.now())
    actions.decide_student(essays[0], student=students[0], version=None, actor=colleague)
    return batch


def test_each_kind_is_summed_up(batch: Batch, teacher: User) -> None:
    found = lines(teacher)
    assert found["added"].words == "Added 2 files"
    assert found["read"].words == "3 files read"
    assert found["matched"].words == "Matches are ready, 2 certain"
    assert (found["decided"].words, found["decided"].who) == ("Decided on 1 text", "Colleague")
    assert found["step"].words == "Made the batch"
    assert [found[kind].needs_action for kind in ("matched", "read", "decided")] == [True, False, False]


def test_filters(batch: Batch, teacher: User, colleague: User) -> None:
    assert set(lines(teacher, show="needs")) == {"matched"}
    assert set(lines(teacher, show="others")) == {"decided"}
    assert {notice.kind for notice in read_activity(colleague, show="mine")} == set()
    assert set(lines(teacher, show="mine")) >= {"added", "read", "matched", "decided", "step"}


def test_a_reader_has_nothing_to_do_and_a_stranger_sees_nothing(batch: Batch, reader: User, stranger: User) -> None:
    assert lines(reader)["matched"].needs_action is False
    assert read_activity(stranger) == []


def test_files_that_cannot_be_read(batch: Batch, teacher: User) -> None:
    EssayFile.objects.filter(name="a.txt").update(status="failed", problem="damaged", read_at=timezone.now())
    batch.essays.filter(file__name="a.txt").update(removed_at=timezone.now())
    problem = lines(teacher)["problems"]
    assert (problem.words, problem.needs_action) == ("1 file could not be read", True)


def test_reading_a_file_again_is_no_news(batch: Batch, teacher: User, colleague: User) -> None:
    EssayFile.objects.filter(name="a.txt").update(status="failed", problem="damaged", read_at=timezone.now())
    Essay.objects.filter(file__name="a.txt").update(matched_at=timezone.now())
    teacher = see_activity(teacher, actor=teacher)
    told = lines(teacher)
    assert not told["problems"].is_unread
    for status, problem in (("failed", "damaged"), ("read", "")):
        file = actions.retry_batch_file(batch, file=EssayFile.objects.get(name="a.txt"), actor=colleague)
        EssayFile.objects.filter(pk=file.pk).update(status=status, problem=problem, read_at=timezone.now())
        Essay.objects.filter(file=file).update(matched_at=timezone.now())
        found = lines(teacher)
        assert not found["problems" if problem else "read"].is_unread
    assert (found["read"].words, "problems" in found) == ("4 files read", False)


def test_dates_that_are_near(batch: Batch, teacher: User) -> None:
    review_by = timezone.now() + timedelta(hours=3)
    Batch.objects.filter(pk=batch.pk).update(review_by=review_by, reminded_at=timezone.now())
    assert lines(teacher)["reminder"].words.startswith("4 texts are to be reviewed by ")
    Batch.objects.filter(pk=batch.pk).update(auto_confirm=True)
    due = lines(teacher)["auto_due"]
    assert due.words.startswith("2 certain matches are confirmed by themselves ")
    assert due.needs_action


def test_sharing_and_the_class_list(teacher: User, stranger: User, owned_class: SchoolClass) -> None:
    values = {"given_name": "Saga", "family_name": "Ny"}
    student = class_actions.add_student(owned_class, values=values, actor=teacher)
    class_actions.update_student(student, changes={"given_name": "Sagan"}, actor=teacher)
    class_actions.share_class(owned_class, email=stranger.email, can_change=False, actor=teacher)
    found = lines(stranger)
    assert (found["shared"].words, found["shared"].who) == ("Shared the class with you", "Teacher")
    assert (found["joined"].words, found["changed"].words) == ("Added 1 student", "Changed 1 student")
    assert "Saga" not in str(found)


def test_following_a_notice_reads_it_until_something_is_added(batch: Batch, teacher: User, client_for: Browser) -> None:
    browser = client_for(teacher)
    notice = lines(teacher)["decided"]
    assert notice.is_unread
    browser.head(f"{URL}{notice.id}/")
    assert lines(teacher)["decided"].is_unread
    assert browser.get(f"{URL}{notice.id}/")["Location"] == f"/batches/{batch.public_id}/history/"
    found = lines(teacher)
    assert (found["decided"].is_unread, found["matched"].is_unread) == (False, True)
    LogEntry.objects.all().delete()
    Decision.objects.update(created_at=timezone.now())
    again = lines(teacher)["decided"]
    assert (again.id, again.is_unread) == (notice.id, True)


def test_marking_one_as_read(batch: Batch, teacher: User, stranger: User, client_for: Browser) -> None:
    notice = lines(teacher)["matched"]
    answer = client_for(teacher).post(f"{URL}{notice.id}/read/?show=unread")
    assert (answer.status_code, answer["Location"]) == (302, f"{URL}?show=unread")
    assert "matched" not in lines(teacher, show="unread")
    assert "decided" in lines(teacher, show="unread")
    settled = client_for(stranger).get(f"{URL}{notice.id}/", follow=True)
    assert "That is settled" in settled.content.decode()
    assert client_for(stranger).post(f"{URL}{notice.id}/read/").status_code == 302
    assert set(NoticeRead.objects.values_list("user", flat=True)) == {teacher.pk}


def test_own_doing_and_kinds_that_are_off_are_never_unread(batch: Batch, teacher: User) -> None:
    found = lines(teacher)
    assert [found[kind].is_unread for kind in ("added", "step", "decided", "read")] == [False, False, True, True]
    update_profile(teacher, changes={"page_notices": ["matches"]}, actor=teacher)
    teacher.refresh_from_db()
    found = lines(teacher)
    assert [found[kind].is_unread for kind in ("decided", "read")] == [False, True]


def test_reading_all_forgets_what_was_read_one_by_one(batch: Batch, teacher: User) -> None:
    notice = lines(teacher)["matched"]
    for _time in range(2):
        read_notice(teacher, notice=notice.id, to=notice.at, actor=teacher)
    assert NoticeRead.objects.count() == 1
    read_notice(teacher, notice=notice.id, to=notice.at - timedelta(days=1), actor=teacher)
    assert NoticeRead.objects.get().read_to == notice.at
    see_activity(teacher, actor=teacher)
    assert not NoticeRead.objects.exists()


def test_what_was_read_is_forgotten_with_the_notice(teacher: User) -> None:
    for days in (1, 91):
        read_notice(teacher, notice=uuid4(), to=timezone.now() - timedelta(days=days), actor=teacher)
    purge_expired()
    assert NoticeRead.objects.get().read_to > timezone.now() - timedelta(days=2)


@pytest.mark.django_db(transaction=True)
def test_two_tabs_read_the_same_notice(teacher: User, race: Any) -> None:
    one = partial(read_notice, teacher, notice=uuid4(), to=timezone.now(), actor=teacher)
    assert race(one, one) == [None, None]
    assert NoticeRead.objects.count() == 1


def test_the_page_names_no_student_and_marks_what_is_unread(batch: Batch, teacher: User, client_for: Browser) -> None:
    browser = client_for(teacher)
    page = browser.get(URL).content.decode()
    assert "Matches are ready" in page
    assert "Mark all as read" in page
    for name in ("Emil", "Hugo", "a.txt"):
        assert name not in page
    assert browser.post("/activity/seen/").status_code == 302
    assert "Mark all as read" not in browser.get(URL).content.decode()
    parts = browser.get(URL, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in parts
    assert 'id="activity-seen"' in parts


def test_empty(stranger: User, client_for: Browser) -> None:
    assert "Nothing yet." in client_for(stranger).get(URL).content.decode()


def test_api(batch: Batch, teacher: User, api: Callable[..., APIClient]) -> None:
    client = api(teacher)
    first = client.get("/api/v1/activity/?show=needs").json()["results"]
    assert [(row["kind"], row["subject"], row["is_read"]) for row in first] == [
        ("matched", f"batch:{batch.public_id}", False)
    ]
    assert client.post(f"/api/v1/activity/{first[0]['id']}/read/").status_code == 204
    assert client.get("/api/v1/activity/?show=needs").json()["results"][0]["is_read"] is True
    assert client.post(f"/api/v1/activity/{uuid4()}/read/").status_code == 404
    assert client.get("/api/v1/activity/?show=unread").json()["results"]
    assert client.post("/api/v1/activity/seen/").status_code == 204
    teacher.refresh_from_db()
    assert all(row["is_read"] for row in client.get("/api/v1/activity/").json()["results"])


def test_the_number_of_statements_does_not_grow(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: Browser, django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    browser = client_for(teacher)
    browser.get(URL)
    with django_assert_max_num_queries(16) as few:
        browser.get(URL)
    for number in range(20):
        more = make_batch(teacher, owned_class, title=f"Batch {number}")
        make_essays(more, 2)
    make_essays(batch, 300)
    NoticeRead.objects.bulk_create(
        NoticeRead(user=teacher, notice=notice.id, read_to=notice.at) for notice in read_activity(teacher)[::2]
    )
    with django_assert_num_queries(len(few)):
        browser.get(URL)


def test_the_class_list_shows_who_handed_in_the_last_batches(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    browser = client_for(teacher)
    page = browser.get(f"/classes/{owned_class.public_id}/").content.decode()
    assert page.count('aria-label="1 of 1"') == 3
    assert "The library" in browser.get(f"/classes/{owned_class.public_id}/batches/").content.decode()
    make_essays(make_batch(teacher, owned_class, title="Another"), 1)
    page = browser.get(f"/classes/{owned_class.public_id}/").content.decode()
    assert page.count('aria-label="1 of 2"') == 3
    assert "Last 2 batches" in page


def test_students_who_come_and_go_are_told_by_the_time_it_took(
    teacher: User, colleague: User, owned_class: SchoolClass
) -> None:
    other = class_actions.create_class(teacher, designation="NA25B", actor=teacher)
    for name in ("Bo", "Eva"):
        class_actions.add_student(other, values={"given_name": name, "family_name": "Ek"}, actor=teacher)
    LogEntry.objects.update(timestamp=timezone.now() - timedelta(minutes=25))
    students = make_students(owned_class, ["Emil Berg", "Hugo Dahl", "Ida Ny"])
    keys = [student.public_id for student in students]
    class_actions.move_students(owned_class, student_ids=keys[:2], to=other, actor=teacher)
    leaving = class_actions.remove_students(owned_class, student_ids=keys[2:], actor=teacher)
    assert leaving is not None
    class_actions.undo_leaving(leaving, actor=teacher)
    with override("en"):
        found = [(line.title, line.words) for line in read_activity(teacher)]
    assert sorted(found) == [
        ("NA25B", "Added 2 students"),
        ("NA25B", "Put in 2 students from another class"),
        ("SA24D", "Marked 3 students as having left"),
        ("SA24D", "Put 1 student back into the class"),
    ]
    class_actions.add_student(other, values={"given_name": "Kim", "family_name": "Ek"}, actor=teacher)
    with override("en"):
        again = read_activity(teacher)
    assert [line.words for line in again if line.kind == "joined"] == ["Added 1 student", "Added 2 students"]
    assert len({line.id for line in again}) == len(again)
