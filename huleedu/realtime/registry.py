"""Who may follow what: apps register their resources here, so that realtime knows no domain."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

Visible = Callable[[Any], Any]
"""From a user to the queryset of what the user may see."""
LastSeq = Callable[[int], int]
FramesAfter = Callable[[int, int], "list[dict[str, Any]] | None"]
Redeem = Callable[[str], "tuple[Any, str] | None"]
"""From a ticket to the user and the sign-in it was made for, None where it is unknown, used or too old."""

_visible: dict[str, Visible] = {}
_history: dict[str, Any] = {}
_tickets: dict[str, Redeem] = {}


def register(kind: str, visible_to: Visible) -> None:
    """Let sockets subscribe to `kind:<uuid>` where `visible_to(user)` holds a row with that public_id."""
    _visible[kind] = visible_to


def may_follow(user: Any, resource: str) -> bool:
    """Whether `resource` (`batch:<uuid>`) exists and `user` may see it. Malformed names are simply not found."""
    kind, _sep, key = resource.partition(":")
    try:
        public_id = UUID(key)
    except ValueError:
        return False
    if str(public_id) != key:
        return False  # another spelling would be followed, and no event ever has it
    visible_to = _visible.get(kind)
    return visible_to is not None and visible_to(user).filter(public_id=public_id).exists()


def set_history(last_seq: LastSeq, frames_after: FramesAfter) -> None:
    """Called once by the outbox: what a person was told last, and all frames after a number (None: too old)."""
    _history.update(last_seq=last_seq, frames_after=frames_after)


def last_seq(user_pk: int) -> int:
    """The number of the last frame delivered to the person."""
    return int(_history["last_seq"](user_pk))


def frames_after(user_pk: int, seq: int) -> list[dict[str, Any]] | None:
    """The frames after `seq` in order; None where they are no longer kept."""
    result: list[dict[str, Any]] | None = _history["frames_after"](user_pk, seq)
    return result


def set_tickets(redeem: Redeem) -> None:
    """Called once by accounts: how a one-time ticket signs a socket in."""
    _tickets["redeem"] = redeem


def redeem_ticket(ticket: str) -> tuple[Any, str] | None:
    """The user of a ticket and the sign-in (`session_tag`); it is used up by this. None where it does not hold."""
    return _tickets["redeem"](ticket)
