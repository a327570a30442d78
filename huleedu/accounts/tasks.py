"""Housekeeping of sign-ins."""

from __future__ import annotations

from celery import shared_task
from django.core.management import call_command

from huleedu.accounts import actions


@shared_task
def purge_sign_ins() -> None:
    """Forget sessions, tokens and tickets that can no longer be used."""
    call_command("clearsessions")
    actions.purge_expired()
