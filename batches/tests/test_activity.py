"""What has happened: whose it is, one line per day and kind, no student in it, the same cost however much there is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from rest_framework.test import APIClient

from batches import actions
from batches.activity import Notice, read_activity
from batches.models import Batch
from batches.tests.making import make_batch, make_essays, make_students, upload
from classes import actions as class_actions
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import User

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
    assert found["matched"].words == "Matches are ready, 4 texts to review"
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


def test_dates_that_are_near(batch: Batch, teacher: User) -> None:
    review_by = timezone.now() + timedelta(hours=3)
    Batch.objects.filter(pk=batch.pk).update(review_by=review_by, reminded_at=timezone.now())
    assert lines(teacher)["reminder"].words.startswith("To be reviewed by ")
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


def test_the_page_names_no_student_and_marks_what_is_new(batch: Batch, teacher: User, client_for: Browser) -> None:
    browser = client_for(teacher)
    page = browser.get(URL).content.decode()
    assert "Matches are ready" in page
    assert "Mark all as read" in page
    for name in ("Emil", "Hugo", "a.txt"):
        assert name not in page
    assert browser.post("/activity/seen/").status_code == 302
    assert "Mark all as read" not in browser.get(URL).content.decode()
    assert "<html" not in browser.get(URL, headers={"HX-Request": "true"}).content.decode()


def test_empty(stranger: User, client_for: Browser) -> None:
    assert "Nothing yet." in client_for(stranger).get(URL).content.decode()


def test_api(batch: Batch, teacher: User, api: Callable[..., APIClient]) -> None:
    client = api(teacher)
    first = client.get("/api/v1/activity/?show=needs").json()["results"]
    assert [(row["kind"], row["subject"], row["is_new"]) for row in first] == [
        ("matched", f"batch:{batch.public_id}", True)
    ]
    assert client.post("/api/v1/activity/seen/").status_code == 204
    teacher.refresh_from_db()
    assert not any(row["is_new"] for row in client.get("/api/v1/activity/").json()["results"])


def test_the_number_of_statements_does_not_grow(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: Browser, django_assert_num_queries: Any,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    browser = client_for(teacher)
    browser.get(URL)
    with django_assert_max_num_queries(15) as few:
        browser.get(URL)
    for number in range(20):
        more = make_batch(teacher, owned_class, title=f"Batch {number}")
        make_essays(more, 2)
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
