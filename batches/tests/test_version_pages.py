"""Versions on the pages: two texts of one student side by side, which counts, and the button that changes it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from batches import actions
from batches.models import Batch, Essay
from batches.tests.making import make_essays, make_students
from batches.views.file_rows import file_rows
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Nora Dahlgren"])


@pytest.fixture
def versions(batch: Batch, students: list[Student], teacher: User) -> list[Essay]:
    """Two of Emil's, decided; the second counts."""
    essays = make_essays(batch, 2)
    for essay in essays:
        actions.decide_student(essay, student=students[0], version=None, actor=teacher)
    return essays


def url(name: str, batch: Batch, essay: Essay | None = None) -> str:
    return reverse(f"batches:{name}", args=[batch.public_id, *([essay.public_id] if essay else [])])


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def counting(batch: Batch) -> list[int]:
    return list(Essay.objects.live().filter(batch=batch, counts=True).values_list("pk", flat=True))


@pytest.mark.parametrize("name", ["detail", "texts", "text", "review-text"])
def test_pages_say_which_counts_and_one_click_changes_it(
    client_for: ClientFor, teacher: User, batch: Batch, versions: list[Essay], name: str
) -> None:
    client = client_for(teacher)
    whole = name in ("detail", "texts")
    here = url(name, batch, None if whole else versions[1])
    shown = page(client, here)
    assert "version 1" in shown
    assert "version 2" in shown
    assert shown.count("Count this one") == 1
    action = f"{url('count-version', batch, versions[0])}?to={name}"
    assert action in shown
    at = "" if whole else f"&at={versions[1].public_id}"
    answer = client.post(f"{action}{at}", {"instead_of": versions[1].public_id}, follow=True)
    assert answer.redirect_chain == [(here, 302)], "back where the button was"
    assert "essay-0.txt counts now." in answer.content.decode()
    assert counting(batch) == [versions[0].pk]


def test_a_file_that_is_put_back_is_said_to_count_or_not(
    client_for: ClientFor, teacher: User, batch: Batch, versions: list[Essay]
) -> None:
    [alone] = make_essays(batch, 1)

    def told(essay: Essay) -> str:
        actions.remove_file(batch, file=essay.file, actor=teacher)
        address = reverse("batches:file-restore", args=[batch.public_id, essay.file.public_id])
        answer: Any = client_for(teacher).post(address, follow=True)
        (message,) = answer.context["messages"]
        return str(message)

    again = "{0} is in the batch again. Of the student's texts {1} counts."
    assert told(versions[1]) == again.format("essay-1.txt", "essay-1.txt")
    assert told(versions[0]) == again.format("essay-0.txt", "essay-1.txt")
    assert told(alone) == "essay-0.txt is in the batch again."


def test_a_late_click_is_told_and_changes_nothing(
    client_for: ClientFor, teacher: User, batch: Batch, versions: list[Essay], students: list[Student]
) -> None:
    [third] = make_essays(batch, 1)
    actions.decide_student(third, student=students[0], version=None, actor=teacher)
    client = client_for(teacher)
    answer = client.post(url("count-version", batch, versions[0]), {"instead_of": versions[1].public_id}, follow=True)
    assert "Somebody else has chosen which version counts meanwhile." in answer.content.decode()
    assert counting(batch) == [third.pk]
    assert client.post(url("count-version", batch, versions[0]), {"instead_of": "none"}).status_code == 400


def test_the_history_says_who_chose(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, versions: list[Essay]
) -> None:
    actions.count_version(versions[0], instead_of=versions[1].public_id, actor=colleague)
    actions.count_version(versions[1], instead_of=versions[0].public_id, actor=colleague)
    shown = page(client_for(teacher), url("history", batch))
    assert shown.count("Chose which version counts") == 2, "once a click"
    assert "Colleague" in shown


def test_a_reader_sees_but_does_not_choose(
    client_for: ClientFor, reader: User, batch: Batch, versions: list[Essay]
) -> None:
    client = client_for(reader)
    for name in ("text", "review-text"):
        shown = page(client, url(name, batch, versions[0]))
        assert "counts" in shown
        assert "Count this one" not in shown
    assert client.post(url("count-version", batch, versions[0])).status_code == 403
    assert counting(batch) == [versions[1].pk]


def test_once_assessment_has_begun_nobody_chooses(
    client_for: ClientFor, teacher: User, batch: Batch, versions: list[Essay]
) -> None:
    actions.start_batch(batch, actor=teacher)
    assert "Count this one" not in page(client_for(teacher), url("texts", batch))
    answer = client_for(teacher).post(url("count-version", batch, versions[0]), {"instead_of": versions[1].public_id})
    assert answer.status_code == 409


@pytest.mark.parametrize("certainty", ["certain", "unsure"])
def test_two_texts_one_student_stand_side_by_side(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student], certainty: str
) -> None:
    [first] = make_essays(batch, 1)
    actions.decide_student(first, student=students[0], version=None, actor=teacher)
    [second] = make_essays(batch, 1, students=students, certainty=certainty)
    client = client_for(teacher)
    shown = page(client, url("review-text", batch, second))
    assert "Emil Berg already has a text in this batch." in shown
    assert "This is version 2" in shown
    assert shown.count("Some words.") == 2, "both texts"
    match = second.association
    answer = client.post(url("decide", batch, second), {"version": match.version, "student": students[0].public_id})
    assert answer.status_code == 302
    assert counting(batch) == [second.pk]
    assert "already has a text" not in page(client, url("review-text", batch, second)), "decided"


def test_the_list_of_certain_matches_says_which_are_versions(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    make_essays(batch, 3, students=[students[0], students[0], students[1]], certainty="certain")
    shown = page(client_for(teacher), url("confirm", batch))
    assert [shown.count(f"version {number}") for number in (1, 2, 3)] == [1, 1, 0]


def test_different_students_leaves_the_choice_open(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [first] = make_essays(batch, 1)
    actions.decide_student(first, student=students[0], version=None, actor=teacher)
    [second] = make_essays(batch, 1, students=students, certainty="unsure")
    address = f"{url('review-text', batch, second)}?different"
    assert address in page(client_for(teacher), url("review-text", batch, second))
    shown = page(client_for(teacher), address)
    assert "already has a text" not in shown
    assert "checked" not in shown.partition('role="radiogroup"')[2].partition("</form>")[0]
    assert f'value="{students[1].public_id}"' in shown, "those without a text are offered"


@pytest.mark.parametrize("name", ["detail", "texts", "text", "review-text"])
def test_as_many_statements_for_two_versions_as_for_twenty(
    client_for: ClientFor,
    teacher: User,
    batch: Batch,
    versions: list[Essay],
    students: list[Student],
    name: str,
    django_assert_max_num_queries: Any,
) -> None:
    client, address = client_for(teacher), url(name, batch, None if name in ("detail", "texts") else versions[0])
    ContentType.objects.get_for_model(Essay)  # asked for once in a process, for the log
    with django_assert_max_num_queries(15) as few:
        client.get(address)
    for essay in make_essays(batch, 18):
        actions.decide_student(essay, student=students[0], version=None, actor=teacher)
    with django_assert_max_num_queries(15) as many:
        assert "version 20" in client.get(address).content.decode()
    assert len(many) == len(few)


def test_deciding_asks_as_much_whatever_the_number_of_texts(
    batch: Batch, versions: list[Essay], students: list[Student], teacher: User, django_assert_num_queries: Any
) -> None:
    def statements(essay: Essay) -> int:
        with django_assert_num_queries(0, exact=False) as asked:
            pass
        with asked:
            actions.decide_student(essay, student=students[0], version=None, actor=teacher)
        return len(asked)

    [few] = make_essays(batch, 1)
    before = statements(few)
    *_, last = make_essays(batch, 20)
    assert statements(last) == before


def test_files_that_were_just_added_are_not_numbered(batch: Batch, versions: list[Essay]) -> None:
    """The earlier ones are not among them, so a third text would be called the second."""
    assert [row.version for row in file_rows(batch)] == [1, 2]
    assert [row.version for row in file_rows(batch, only=[versions[1].file_id])] == [0]
