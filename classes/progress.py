"""How far the import of a list has come, for whoever waits. Counts only; where the cache is away nobody is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

_SECONDS = 60
_KEY = "classes:import:{}"


def reporter(import_id: UUID, total: int) -> Callable[[int], None]:
    """What to call with the number of rows done. After a cache that does not answer it says nothing more."""
    silent = False

    def report(done: int) -> None:
        nonlocal silent
        if silent:
            return
        silent = True
        with suppress(RedisError, OSError):
            cache.set(_KEY.format(import_id), (done, total), _SECONDS)
            silent = False

    return report


def read_progress(import_id: UUID) -> tuple[int, int] | None:
    """Rows done and rows in all; None where nothing is known."""
    with suppress(RedisError, OSError):
        found: tuple[int, int] | None = cache.get(_KEY.format(import_id))
        return found
    return None
