"""Two actions that meet: the database undoes one, which is run again; nobody gets an unforeseen error."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, transaction
from psycopg import errors

from classes.actions.locks import lock_class
from classes.models import SchoolClass
from huleedu.accounts.models import User
from huleedu.common.actions import TRIES, action
from huleedu.common.errors import ActionError

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair(teacher: User) -> tuple[SchoolClass, SchoolClass]:
    one, other = (SchoolClass.objects.create(owner=teacher, designation=name) for name in ("SA24A", "SA24B"))
    return one, other


def test_a_deadlock_is_tried_again(
    pair: tuple[SchoolClass, SchoolClass], teacher: User, race: Callable[..., list[Any]]
) -> None:
    both_hold_one = threading.Barrier(2, timeout=20)
    tried: list[str] = []
    sent: list[str] = []

    @action
    def rename(first: SchoolClass, second: SchoolClass, *, actor: User) -> str:
        first = lock_class(first)
        tried.append(first.designation)
        transaction.on_commit(partial(sent.append, first.designation))
        if len(tried) <= 2:
            both_hold_one.wait()
        lock_class(second)
        first.designation += "-new"
        first.save()
        return "done"

    one, other = pair
    outcomes = race(partial(rename, one, other, actor=teacher), partial(rename, other, one, actor=teacher))
    assert outcomes == ["done", "done"]
    assert len(tried) >= 3
    assert sorted(sent) == ["SA24A", "SA24B"]
    names = SchoolClass.objects.order_by("pk").values_list("designation", flat=True)
    assert list(names) == ["SA24A-new", "SA24B-new"]


@action
def crossed(tried: list[Any], given: Any = None, *, error: Exception, cause: Exception, actor: User | None) -> None:
    tried.append(1)
    SchoolClass.objects.update(designation="changed")
    raise error from cause


def deadlock() -> dict[str, Exception]:
    return {"error": OperationalError("x"), "cause": errors.DeadlockDetected("x")}


def test_a_person_is_told_to_try_again(pair: tuple[SchoolClass, SchoolClass], teacher: User) -> None:
    tried: list[Any] = []
    with pytest.raises(ActionError) as refused:
        crossed(tried, actor=teacher, **deadlock())
    assert (refused.value.code, refused.value.retry_after, len(tried)) == ("version_conflict", 1, TRIES)
    assert not SchoolClass.objects.filter(designation="changed").exists()


def test_a_machine_gets_the_error_itself(db: None) -> None:
    """Its task is tried again later by what queued it."""
    tried: list[Any] = []
    with pytest.raises(OperationalError):
        crossed(tried, actor=None, **deadlock())
    assert len(tried) == TRIES


def test_what_can_be_read_once_is_tried_once(teacher: User) -> None:
    tried: list[Any] = []
    with pytest.raises(ActionError):
        crossed(tried, iter("ab"), actor=teacher, **deadlock())
    assert len(tried) == 1


@pytest.mark.parametrize(
    ("cause", "tries"), [(errors.ForeignKeyViolation("x"), TRIES), (errors.UniqueViolation("x"), 1)]
)
def test_other_errors_stay_what_they_are(teacher: User, cause: Exception, tries: int) -> None:
    tried: list[Any] = []
    with pytest.raises(IntegrityError):
        crossed(tried, error=IntegrityError("x"), cause=cause, actor=teacher)
    assert len(tried) == tries


def test_who_waited_long_for_a_lock_is_told_at_once(teacher: User) -> None:
    tried: list[Any] = []
    held = {"error": OperationalError("x"), "cause": errors.LockNotAvailable("x")}
    with pytest.raises(ActionError) as refused:
        crossed(tried, actor=teacher, **held)
    assert (refused.value.code, refused.value.retry_after, len(tried)) == ("version_conflict", 1, 1)
    with pytest.raises(OperationalError):
        crossed(tried, actor=None, **held)


def test_a_program_is_told_to_come_again(api: Any, teacher: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is away or too slow is no mistake of ours."""

    def away(*_args: Any, **_options: Any) -> None:
        raise OperationalError

    caller = api(teacher)
    caller.raise_request_exception = False
    monkeypatch.setattr("classes.api.ClassViewSet.list", away)
    answer = caller.get("/api/v1/classes/")
    assert answer.status_code == 503, answer.content
    assert (answer.json()["code"], answer["Retry-After"] > "0") == ("unavailable", True)
