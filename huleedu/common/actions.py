"""What every action has in common: one transaction, and the person behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import Error, transaction
from django.utils.translation import gettext_lazy as _
from psycopg import errors

from huleedu.common.audit import acting, write_errand
from huleedu.common.errors import ActionError

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
"""How often an action is run before it gives up on whoever is in its way."""
PAUSE = 0.05
"""Seconds before the next try: whoever was let through goes first."""
_CROSSED = (errors.DeadlockDetected, errors.SerializationFailure)
_MET = (*_CROSSED, errors.ForeignKeyViolation)
"""Two actions met: their locks crossed, or one removed what the other was about to refer to."""
_TOLD = (*_CROSSED, errors.LockNotAvailable)
"""A person may try again. Whoever has waited for a lock as long as one waits is not made to wait once more."""


def action(function: Callable[P, R]) -> Callable[P, R]:
    """Run `function` in one durable transaction with its `actor` (always the last keyword) in the audit rows.

    Durable: when it returns, it is committed; calling one action inside another raises RuntimeError.
    Inside, always: lock, check, write, publish, return. Never touches a request, a form or a serializer.

    Locks are taken in one order: classes, lists on their way in, students, batches, texts, files; of each kind by
    key. Where two actions meet all the same, the database undoes one of them, which is run again: nothing of the
    first try is left, what it would have sent after the commit included. So it reads rows anew under its locks, and
    changes no argument. Raises ActionError `version_conflict` to a person when that has failed `TRIES` times, and at
    once where somebody has held a lock for as long as one waits for it.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        actor = kwargs.get("actor")
        # What can be read only once would be empty the second time.
        once = any(isinstance(value, Iterator) for value in (*args, *kwargs.values()))
        left = 1 if once else TRIES
        while True:
            left -= 1
            try:
                with transaction.atomic(durable=True), acting(actor):
                    result = function(*args, **kwargs)
                    write_errand()
                    return result
            except Error as error:
                if left and isinstance(error.__cause__, _MET):
                    time.sleep(PAUSE)
                    continue
                if actor is not None and isinstance(error.__cause__, _TOLD):
                    message = _("Somebody changed the same at the same moment. Try again.")
                    raise ActionError("version_conflict", message, retry_after=1) from error
                raise

    return run


def part(function: Callable[P, R]) -> Callable[P, R]:
    """A piece that another app's action composes: part of its transaction, publishes nothing itself."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic():
            return function(*args, **kwargs)

    return run
