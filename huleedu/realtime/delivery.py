"""Sending to the sockets of one person. Best effort by design: the history in the outbox is what counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction

logger = structlog.get_logger(__name__)

Frame = dict[str, Any]


def group_of(user_pk: int) -> str:
    """The channel group of all sockets of one person."""
    return f"user.{user_pk}"


def group_of_followers(resource: str) -> str:
    """The channel group of the sockets that follow a resource, whose name may hold what a group's may not."""
    return f"followers.{hashlib.sha256(resource.encode()).hexdigest()[:32]}"


def session_tag(session_key: str | None) -> str | None:
    """A session as Valkey may know it: the key itself is a credential, its digest is not."""
    return hashlib.sha256(session_key.encode()).hexdigest()[:32] if session_key else None


def send_frames(told: Mapping[int, Sequence[Frame]]) -> None:
    """Push new frames, user primary key to frames, to whoever has a socket open."""
    for user_pk, frames in told.items():
        if not _send(user_pk, {"type": "event.frames", "frames": list(frames)}):
            return


def close_user(user_pk: int, session_key: str | None = None) -> None:
    """Close the person's sockets, or those of one session only, once the running transaction has committed."""
    message = {"type": "socket.signed_out", "session": session_tag(session_key)}
    transaction.on_commit(lambda: _send(user_pk, message), robust=True)


def recheck_user(user_pk: int) -> None:
    """Close the person's sockets that follow what the person may no longer see, once the transaction has committed."""
    transaction.on_commit(lambda: _send(user_pk, {"type": "socket.recheck"}), robust=True)


def _send(user_pk: int, message: dict[str, Any]) -> bool:
    """False (and a line in the log) where the channel layer is away."""
    layer = get_channel_layer()
    if layer is None:
        return False
    try:
        async_to_sync(layer.group_send)(group_of(user_pk), message)
    except Exception:
        logger.warning("push_failed", exc_info=True)
        return False
    return True
