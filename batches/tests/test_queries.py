"""The API's reads ask the same number of questions at 3 and at 300 rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from batches import actions
from batches.models import Batch
from batches.tests.making import make_essays, make_students
from classes.models import SchoolClass
from huleedu.accounts.models import User


def fill(batch: Batch, count: int) -> None:
    """`count` students, each with a confirmed text, and as many texts nobody has decided."""
    assert batch.school_class is not None
    students = make_students(batch.school_class, [f"Given{n} Family{n}" for n in range(count)])
    confirmed = make_essays(batch, count, students=students, certainty="certain")
    actions.confirm_matches(batch, essay_ids=[essay.public_id for essay in confirmed], actor=batch.owner)
    make_essays(batch, count, students=students, certainty="unsure")


READS = {
    "state": (6, "/api/v1/batches/{batch}/state/"),
    "files": (3, "/api/v1/batches/{batch}/files/?page_size=200"),
    "essays": (4, "/api/v1/batches/{batch}/essays/?page_size=200"),
    "batch": (1, "/api/v1/batches/{batch}/"),
}


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("count", [3, 300])
def test_one_batch(
    batch: Batch, api: Callable[..., APIClient], django_assert_num_queries: Any, read: str, count: int
) -> None:
    fill(batch, count)
    queries, path = READS[read]
    call = api(batch.owner)
    with django_assert_num_queries(queries):
        assert call.get(path.format(batch=batch.public_id)).status_code == 200


@pytest.mark.parametrize("count", [3, 300])
def test_the_list(
    teacher: User, owned_class: SchoolClass, api: Callable[..., APIClient], django_assert_num_queries: Any, count: int
) -> None:
    Batch.objects.bulk_create(
        Batch(owner=teacher, school_class=owned_class, title=f"Batch {number}") for number in range(count)
    )
    call = api(teacher)
    with django_assert_num_queries(2):
        assert call.get("/api/v1/batches/?page_size=200").json()["count"] == count


@pytest.mark.parametrize("count", [3, 300])
def test_exports(batch: Batch, api: Callable[..., APIClient], django_assert_num_queries: Any, count: int) -> None:
    fill(batch, count)
    call = api(batch.owner)
    with django_assert_num_queries(6):  # one looks for refused files, and the last one says in the log who exported
        assert call.get(f"/api/v1/batches/{batch.public_id}/export/?format=csv").status_code == 200
