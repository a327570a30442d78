"""Letters and housekeeping of sign-ins."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command

from huleedu.accounts import actions, mail
from huleedu.accounts.links import password_path
from huleedu.accounts.models import User


@shared_task
def send_reset_link(user_pk: int, base_url: str) -> None:
    """Send the person a link to set a password. Not in the request: its time would tell who has an account."""
    user = User.objects.filter(pk=user_pk, is_active=True).first()
    if user is not None:
        mail.send("reset", to=user.email, language=user.language, link=base_url + password_path(user))


@shared_task
def purge_sign_ins() -> None:
    """Forget sessions, tokens and tickets that can no longer be used."""
    call_command("clearsessions")
    actions.purge_expired()
