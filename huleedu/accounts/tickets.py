"""How a one-time ticket signs a WebSocket in. Registered with realtime, which lies below and knows no accounts."""

from __future__ import annotations

from huleedu.accounts import actions
from huleedu.accounts.models import User


def redeem_ticket(ticket: str) -> User | None:
    """Whose ticket it was; it is used up by this. None where it does not hold."""
    return actions.redeem_ticket(ticket)
