"""A text fetched ahead has not been read: the access log says nothing of it before it is shown."""

from __future__ import annotations

from collections.abc import Callable

from auditlog.models import LogEntry
from django.test import Client
from django.urls import reverse

from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.reviewing import decide, url
from classes.models import SchoolClass
from huleedu.accounts.models import User


def test_what_is_fetched_ahead_is_not_logged_as_read(
    client_for: Callable[[User | None], Client], teacher: User, owned_class: SchoolClass
) -> None:
    batch = make_batch(teacher, owned_class)
    [essay] = make_essays(batch, 1, students=make_students(owned_class, ["Emil Berg"]), certainty="unsure")
    address = reverse("batches:review-text", args=[batch.public_id, essay.public_id])
    before = LogEntry.objects.count()
    assert client_for(teacher).get(address, headers={"HuleEdu-Ahead": "1"}).status_code == 200
    assert LogEntry.objects.count() == before
    client_for(teacher).get(address, headers={"HuleEdu-Ahead": "read"})
    assert LogEntry.objects.count() == before + 1
    client_for(teacher).get(address)
    assert LogEntry.objects.count() == before + 2


def test_what_is_fetched_ahead_takes_no_message_away(
    client_for: Callable[[User | None], Client], teacher: User, owned_class: SchoolClass
) -> None:
    """It may come between a decision and the page that tells of it."""
    batch = make_batch(teacher, owned_class)
    [student] = make_students(owned_class, ["Emil Berg"])
    first, second = make_essays(batch, 2, students=[student], certainty="unsure")
    client = client_for(teacher)
    decide(client, batch, first, student=student.public_id)
    for header in ("1", "read"):
        assert "Confirmed." not in client.get(url("review-text", batch, second), headers={"HuleEdu-Ahead": header}).text
    assert "Confirmed." in client.get(url("review-text", batch, second)).text
