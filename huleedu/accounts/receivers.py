"""Closes the open sockets of a session that a person signs out of."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from huleedu.realtime.delivery import close_user


@receiver(user_logged_out, dispatch_uid="huleedu.accounts.close_sockets")
def close_sockets(sender: Any, request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    """Django tells this before it forgets the session, so its key is still known."""
    if user is not None:
        close_user(user.pk, request.session.session_key)
