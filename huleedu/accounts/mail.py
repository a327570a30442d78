"""Letters to people, in their own language."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from typing import Any

import structlog
from django.core.mail import get_connection, send_mail
from django.template.loader import render_to_string
from django.utils import translation

logger = structlog.get_logger(__name__)


def send(template: str, *, to: str, language: str, **context: Any) -> bool:
    """Send `accounts/mail/<template>.txt`, whose first line is the subject. False where the mail server refused."""
    with translation.override(language):
        subject, body = render(template, **context)
    return bool(deliver(subject, body, to=to))


def render(template: str, **context: Any) -> tuple[str, str]:
    """Subject and body of `accounts/mail/<template>.txt` in the running language."""
    subject, _newline, body = render_to_string(f"accounts/mail/{template}.txt", context).strip().partition("\n")
    return subject, body.lstrip("\n")


def deliver(subject: str, body: str, *, to: str) -> bool | None:
    """Hand a letter to the mail server. False where that is away or refused, which is logged without the address.

    None where contact broke before the answer: the letter may be on its way.
    """
    connection, opened = get_connection(), False
    try:
        connection.open()
        opened = True
        send_mail(subject, body, None, [to], connection=connection)
    except OSError as error:  # what smtplib and sockets raise; its words may hold the address
        logger.error("mail_failed", error=type(error).__name__)
        return None if opened and not isinstance(error, _ANSWERS) else False
    finally:
        with suppress(OSError):
            connection.close()
    return True


_ANSWERS = (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused)
"""What a mail server says that does not take a letter."""
