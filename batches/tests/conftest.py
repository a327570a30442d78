"""What most tests of batches begin with: three students of a class, and a batch of theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from batches.models import Batch, Essay
from batches.tests.making import make_batch, make_essays, make_students
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Nora Dahlgren", "Isak Ekenäs"])


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    return make_batch(teacher, owned_class)


@pytest.fixture
def essay(batch: Batch, students: list[Student]) -> Essay:
    """Unsure: probably Emil's."""
    return make_essays(batch, 1, students=students, certainty="unsure")[0]


@pytest.fixture
def owner(teacher: User, client_for: Callable[[User | None], Client]) -> Client:
    """The browser of the batch's owner."""
    return client_for(teacher)
