"""Valkey's address as each library spells it. Pure: the settings import it."""

from __future__ import annotations


def broker_url(redis_url: str) -> str:
    """`redis_url` as kombu spells it: a unix socket is `redis+socket:///path?virtual_host=0`."""
    if redis_url.startswith("unix://"):
        path, _sep, query = redis_url.removeprefix("unix://").partition("?")
        database = dict(part.split("=", 1) for part in query.split("&") if "=" in part).get("db", "0")
        return f"redis+socket://{path}?virtual_host={database}"
    return redis_url
