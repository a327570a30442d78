"""Handing letters to Celery. Keys only: no address goes through Valkey."""

from __future__ import annotations

from kombu.exceptions import OperationalError

from huleedu.accounts.models import User
from huleedu.accounts.tasks import send_reset_link


def queue_reset_link(email: str, *, base_url: str) -> None:
    """Have a link to set a password sent to who may sign in with `email`, if anybody.

    An account that never had a password gets one too: its first link may be too old by now.
    """
    user = User.objects.filter(email__iexact=email.strip(), is_active=True).first()
    if user is None:
        return
    try:
        send_reset_link.delay(user.pk, base_url)
    except OperationalError:  # the broker is away; a slow answer is better than no letter
        send_reset_link(user.pk, base_url)
