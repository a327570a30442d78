"""What people are told of, each kind on the page and by e-mail as they choose."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

NOTICE_DAYS = 90
"""How far back notices go, and for how long what was read of them is kept."""
LETTERS_KEPT = timedelta(days=7)
"""How long it is kept which letters were written."""


class NoticeKind(models.TextChoices):
    """In the order of the account's page."""

    MATCHES = "matches", _("Matches are ready")
    PROBLEMS = "problems", _("Files could not be read")
    REMINDER = "reminder", _("The time to review by is near")
    AUTO_DUE = "auto_due", _("Automatic confirmation is due")
    AUTO_DONE = "auto_done", _("Automatic confirmation is done")
    ASSESSED = "assessed", _("Assessment has ended")
    SHARED = "shared", _("A class is shared with you")
    CHANGED = "changed", _("A colleague changed something")


def on_the_page() -> list[str]:
    """What a new account is shown as unread: everything."""
    return list(NoticeKind.values)


def by_email() -> list[str]:
    """What a new account gets letters about: what has a time, and what nobody would look for."""
    return [NoticeKind.REMINDER, NoticeKind.AUTO_DUE, NoticeKind.SHARED]
