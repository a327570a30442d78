"""A class of three hundred: a page of it is small, all of it is searched, ticks are about the page that is shown."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable

import pytest
from django.test import Client

from batches.tests.making import make_students
from classes.models import SchoolClass, Student
from classes.views.classes import PAGED_FROM, PER_PAGE
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]
BUDGET = 40_000
"""Bytes, compressed."""


@pytest.fixture
def address(owned_class: SchoolClass) -> str:
    make_students(owned_class, [f"Namn{n} Efternamn{n:03}" for n in range(300)])
    return f"/classes/{owned_class.public_id}/"


def surnames(html: bytes) -> list[str]:
    return re.findall(r"Efternamn\d{3}(?=</a>)", html.decode())


def test_a_page_of_it_fits_the_budget(address: str, teacher: User, client_for: ClientFor) -> None:
    client = client_for(teacher)
    page = client.get(address)
    assert surnames(page.content) == [f"Efternamn{n:03}" for n in range(PER_PAGE)]
    assert len(gzip.compress(page.content)) < BUDGET
    last = client.get(address, {"page": 6})
    assert surnames(last.content) == [f"Efternamn{n:03}" for n in range(250, 300)]
    # The largest that is still shown whole.
    Student.objects.filter(family_name__gte=f"Efternamn{PAGED_FROM:03}").delete()
    whole = client.get(address)
    assert len(surnames(whole.content)) == PAGED_FROM
    assert len(gzip.compress(whole.content)) < BUDGET


def test_all_of_it_is_searched_and_what_was_found_is_paged_too(
    address: str, teacher: User, client_for: ClientFor
) -> None:
    client = client_for(teacher)
    assert surnames(client.post(address, {"search": "efternamn277"}).content) == ["Efternamn277"]
    found = client.post(f"{address}?page=2", {"search": "efternamn"})
    assert surnames(found.content) == [f"Efternamn{n:03}" for n in range(50, 100)]
    assert f'formaction="{address}?sort=&amp;page=3"' in found.content.decode(), "the next page is of what was found"


def test_all_of_it_is_printed_in_one_go_as_it_is_sorted(address: str, teacher: User, client_for: ClientFor) -> None:
    client = client_for(teacher)
    page = client.get(address, {"sort": "-surname"}).content.decode()
    assert "data-print" not in page
    assert 'href="?sort=-surname&amp;page=all"' in page
    whole = client.get(address, {"sort": "-surname", "page": "all"}).content
    assert surnames(whole) == [f"Efternamn{n:03}" for n in reversed(range(300))]
    assert b"data-print" in whole
    assert b"page=all" in whole.split(b'id="roster"')[1][:200], "and stays so when it is brought anew"


def test_ticks_are_about_the_page_that_is_shown(
    address: str, owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    client = client_for(teacher)
    page = client.get(address, {"page": 2}).content.decode()
    ticked = re.findall(r'name="student" value="([^"]+)"', page)
    assert len(ticked) == PER_PAGE
    back = client.post(f"{address}students/several/?page=2", {"do": "left", "student": ticked})
    assert "page=2" in back["Location"]
    assert Student.objects.in_class(owned_class).count() == 300 - PER_PAGE


def test_more_students_are_ticked_at_once_than_django_takes_by_itself(
    owned_class: SchoolClass, teacher: User, client_for: ClientFor
) -> None:
    ticked = [student.public_id for student in make_students(owned_class, [f"Namn{n} Efternamn" for n in range(1_100)])]
    data = {"student": ticked, "do": "left"}
    answer = client_for(teacher).post(f"/classes/{owned_class.public_id}/students/several/", data)
    assert answer.status_code == 302
    assert not owned_class.enrolments.filter(left_at=None).exists()
