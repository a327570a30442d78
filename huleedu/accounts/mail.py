"""Letters to people, in their own language."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation

logger = structlog.get_logger(__name__)


def send(template: str, *, to: str, language: str, **context: Any) -> bool:
    """Send `accounts/mail/<template>.txt`, whose first line is the subject. False where the mail server refused."""
    with translation.override(language):
        subject, body = render(template, **context)
    return deliver(subject, body, to=to)


def render(template: str, **context: Any) -> tuple[str, str]:
    """Subject and body of `accounts/mail/<template>.txt` in the running language."""
    subject, _newline, body = render_to_string(f"accounts/mail/{template}.txt", context).strip().partition("\n")
    return subject, body.lstrip("\n")


def deliver(subject: str, body: str, *, to: str) -> bool:
    """Hand a letter to the mail server. False where that is away or refused, which is logged without the address."""
    try:
        send_mail(subject, body, None, [to])
    except OSError as error:  # what smtplib and sockets raise; its words may hold the address
        logger.error("mail_failed", error=type(error).__name__)
        return False
    return True
