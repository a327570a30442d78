"""A reminder to copy to those who have not handed in, in both languages. It names no student."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from batches.models import Batch

LANGUAGES = (("sv", "Svenska"), ("en", "English"))


@dataclass(frozen=True, slots=True)
class Reminder:
    """The text in one language, with the language's own name."""

    language: str
    name: str
    text: str


def reminders(batch: Batch, sender: str) -> list[Reminder]:
    """The text in each language, signed by `sender`."""
    found = []
    for language, name in LANGUAGES:
        with override(language):
            found.append(Reminder(language, name, _text(batch, sender)))
    return found


def _text(batch: Batch, sender: str) -> str:
    lines = [_("Hello,"), _("I have not got your text for “{title}” yet.").format(title=batch.title)]
    if batch.due_at is not None:
        day = date_format(timezone.localtime(batch.due_at), "DAY")
        lines.append(_("It was to be handed in by {day}.").format(day=day))
    lines.append(_("Hand it in as soon as you can, or tell me if something is in the way."))
    return "\n".join([lines[0], "", " ".join(lines[1:]), "", sender])
