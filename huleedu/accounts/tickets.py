"""How a one-time ticket signs a WebSocket in. Registered with realtime, which lies below and knows no accounts."""

from __future__ import annotations

from huleedu.accounts import actions
from huleedu.accounts.models import User


def redeem_ticket(ticket: str) -> tuple[User, str] | None:
    """Whose ticket it was, and of which sign-in; it is used up by this. None where it does not hold."""
    row = actions.redeem_ticket(ticket)
    return (row.user, row.session) if row else None
