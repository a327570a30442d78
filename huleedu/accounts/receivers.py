"""What follows from signing in and out, which is Django's own."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest

from huleedu.accounts.actions import note_browser
from huleedu.accounts.sign_ins import device_of
from huleedu.realtime.delivery import close_user


@receiver(user_logged_in, dispatch_uid="huleedu.accounts.note_browser")
def note_sign_in(sender: Any, request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    """Note the session, so that the person sees it in the account. Called as well when a session gets a new key."""
    if request.session.session_key is None:
        request.session.save()
    device = device_of(request.headers.get("User-Agent", "")[:1000])
    note_browser(user, session_key=request.session.session_key or "", device=device, actor=user)


@receiver(user_logged_out, dispatch_uid="huleedu.accounts.close_sockets")
def close_sockets(sender: Any, request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    """Django tells this before it forgets the session, so its key is still known."""
    if user is not None:
        close_user(user.pk, request.session.session_key)
