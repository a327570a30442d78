"""Who looks at what just now: ids in Valkey, for as long as the socket that says so shows signs of life.

Best effort by design. Names are looked up where they are shown, for those who may still see them; a Valkey that is away
means that nobody is seen, and fails nothing.
"""

from __future__ import annotations

from functools import cache
from time import time
from typing import NamedTuple, cast

import structlog
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

LASTS = 75
"""Seconds without a sign of life after which a socket no longer counts: three times as long as between two pings."""


class Look(NamedTuple):
    """One person's look at a resource; `at` is a part of it, or empty."""

    user_pk: int
    at: str


def look(resource: str, mine: Look, *, socket: str) -> frozenset[Look]:
    """Note or renew what `socket` looks at, in place of what it looked at before. Gives the looks of other sockets."""
    key = _key(resource)
    try:
        with _valkey().pipeline() as pipe:
            pipe.hset(key, socket, f"{time() + LASTS:.0f} {mine.user_pk} {mine.at}")
            pipe.expire(key, LASTS)
            pipe.hgetall(key)
            kept = cast("dict[str, str]", pipe.execute()[-1])
        kept.pop(socket, None)
        if late := [other for other, said in kept.items() if _read(said) is None]:
            _valkey().hdel(key, *late)
    except (RedisError, OSError) as error:
        return _away(error)
    return _alive(kept)


def leave(resource: str, *, socket: str) -> None:
    """Forget what `socket` looks at."""
    try:
        _valkey().hdel(_key(resource), socket)
    except (RedisError, OSError) as error:
        _away(error)


def looks(resource: str) -> frozenset[Look]:
    """Everybody's. A person with several tabs may have several."""
    try:
        return _alive(cast("dict[str, str]", _valkey().hgetall(_key(resource))))
    except (RedisError, OSError) as error:
        return _away(error)


@cache
def _valkey() -> Redis:
    return Redis.from_url(settings.REDIS_URL, decode_responses=True, socket_connect_timeout=1, socket_timeout=1)


def _key(resource: str) -> str:
    return f"presence:{resource}"


def _read(said: str) -> Look | None:
    """What stands in Valkey; None once it has expired."""
    until, user_pk, at = said.split(" ", 2)
    return Look(int(user_pk), at) if int(until) > time() else None


def _alive(kept: dict[str, str]) -> frozenset[Look]:
    return frozenset(found for said in kept.values() if (found := _read(said)) is not None)


def _away(error: Exception) -> frozenset[Look]:
    logger.warning("presence_unavailable", error=type(error).__name__)
    return frozenset()
