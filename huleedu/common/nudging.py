"""Queueing a task that takes whatever waits: once, however often it is called for meanwhile.

A nudge is only speed. It lives in the cache, may be lost, and a beat or sweeper finds the work all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db import transaction

LASTS = 5
"""Seconds after which a nudge counts as lost and the next one goes out."""


def nudge_on_commit(key: str, queue: Callable[[], Any]) -> None:
    """Call `queue` once the running transaction has committed, unless a nudge with `key` is on its way already.

    A cache or broker that is away fails nothing.
    """
    waiting = transaction.get_connection().run_on_commit
    if any(getattr(callback, "nudge", None) == key for _savepoints, callback, _robust in waiting):
        return  # thirty files of one request: one nudge, and one wait for a cache that does not answer

    # A function and no partial: Django asks a robust callback that fails for its __qualname__.
    def send() -> None:
        nudge(key, queue)

    send.nudge = key  # type: ignore[attr-defined]
    transaction.on_commit(send, robust=True)


def nudge(key: str, queue: Callable[[], Any]) -> None:
    """Call `queue` now, unless a nudge with `key` is on its way already. Raises what cache and broker raise."""
    if cache.add(key, 1, timeout=LASTS):
        queue()


def begin(key: str) -> None:
    """Called by the task before it looks: what comes from now on needs a nudge of its own."""
    cache.delete(key)
