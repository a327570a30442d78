"""The sentences of the activity, each of its kind and number; without the person and the thing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def say(kind: str, n: int, review_by: datetime | None = None) -> str:
    """The line's sentence; of a reminder with when the batch is to be reviewed by."""
    if kind not in ("reminder", "auto_due") or review_by is None:
        return _SENTENCES[kind](n).format(n=n)
    day = date_format(timezone.localtime(review_by), "DAY_TIME")
    if kind == "reminder":
        sentence = ngettext("{n} text is to be reviewed by {day}", "{n} texts are to be reviewed by {day}", n)
        return sentence.format(n=n, day=day)
    sentence = ngettext(
        "{n} certain match is confirmed by itself {day}", "{n} certain matches are confirmed by themselves {day}", n
    )
    return sentence.format(n=n, day=day)


_SENTENCES: Mapping[str, Callable[[int], str]] = {
    "added": lambda n: ngettext("Added {n} file", "Added {n} files", n),
    "read": lambda n: ngettext("{n} file read", "{n} files read", n),
    "problems": lambda n: ngettext("{n} file could not be read", "{n} files could not be read", n),
    "matched": lambda n: ngettext("Matches are ready, {n} text to review", "Matches are ready, {n} texts to review", n),
    "decided": lambda n: ngettext("Decided on {n} text", "Decided on {n} texts", n),
    "auto_confirmed": lambda n: ngettext(
        "Automatic confirmation: {n} certain match", "Automatic confirmation: {n} certain matches", n
    ),
    "shared": lambda _n: _("Shared the class with you"),
    "joined": lambda n: ngettext("Added {n} student", "Added {n} students", n),
    "moved": lambda n: ngettext("Put in {n} student from another class", "Put in {n} students from another class", n),
    "left": lambda n: ngettext("Marked {n} student as having left", "Marked {n} students as having left", n),
    "back": lambda n: ngettext("Put {n} student back into the class", "Put {n} students back into the class", n),
    "changed": lambda n: ngettext("Changed {n} student", "Changed {n} students", n),
}
