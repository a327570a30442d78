"""Letters to people about their account, in their own language."""

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
        subject, _newline, body = render_to_string(f"accounts/mail/{template}.txt", context).strip().partition("\n")
    try:
        send_mail(subject, body.lstrip("\n"), None, [to])
    except OSError:  # what smtplib and sockets raise
        logger.error("mail_failed", template=template, exc_info=True)
        return False
    return True
