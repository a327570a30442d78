"""What every action has in common: one transaction, and the person behind it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import transaction

from huleedu.common.audit import acting

P = ParamSpec("P")
R = TypeVar("R")


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in one durable transaction with its `actor` (always the last keyword) in the audit rows.

    Durable: when it returns, it is committed; calling one action inside another raises RuntimeError.
    Inside, always: lock, check, write, publish, return. Never touches a request, a form or a serializer.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True), acting(kwargs.get("actor")):
            return function(*args, **kwargs)

    return run


def part(function: Callable[P, R]) -> Callable[P, R]:
    """A piece that another app's action composes: part of its transaction, publishes nothing itself."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            return function(*args, **kwargs)

    return run
