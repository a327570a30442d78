"""What letters tell: the notices that a person wants by e-mail and has not read, one letter per kind and thing.

A letter leaves the house in clear: it holds the class, a colleague's name and numbers, never a student, a file or the
title of a batch, which a teacher may have given a student's name. It is worked out anew when it is sent, so it tells
what is true then, to whoever still has access then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from batches.activity import Notice, read_activity
from huleedu.accounts import mail
from huleedu.accounts.models import Letter, User
from huleedu.accounts.notices import NoticeKind
from huleedu.outbox.models import DeliveryCursor

QUIET = timedelta(minutes=10)
"""A letter waits until nothing has been added for so long: thirty files are one letter."""
PAUSE = timedelta(hours=1)
LONG_PAUSE = timedelta(days=1)
PAUSES: dict[str, timedelta] = {NoticeKind.MATCHES: LONG_PAUSE, NoticeKind.CHANGED: LONG_PAUSE}
"""How long after a letter the next one of its kind about the same thing is written at the earliest, if not `PAUSE`."""
DAYS = 3
"""How far back letters look."""
_TO_DO = {NoticeKind.MATCHES, NoticeKind.PROBLEMS, NoticeKind.REMINDER, NoticeKind.AUTO_DUE}
"""Kinds that are told to those who can do something about it, and as long as there is something to do."""

Key = tuple[str, UUID]
"""A letter's kind, and the `public_id` of the batch or class."""


def people_to_look_at(now: datetime) -> QuerySet[User]:
    """Those who want letters and were told of an event (`Delivery`) since, or for whom a letter held back is due."""
    told = DeliveryCursor.objects.filter(user=OuterRef("pk"), last_seq__gt=OuterRef("letters_seq"))
    return (
        User.objects.filter(Exists(told) | Q(letters_again_at__lte=now), is_active=True)
        .exclude(email_notices=[])
        .order_by("pk")
    )


def letters_for(user: User) -> dict[Key, list[Notice]]:
    """What letters to the person would tell now, the newest notice first, in the running language."""
    found: dict[Key, list[Notice]] = defaultdict(list)
    for notice in read_activity(user, days=DAYS):
        if _belongs_in_a_letter(notice, user) and notice.public_id is not None:
            found[notice.notice, notice.public_id].append(notice)
    return found


def _belongs_in_a_letter(notice: Notice, user: User) -> bool:
    since = max(user.letters_from, timezone.now() - timedelta(days=DAYS))  # a date that is near stands there for longer
    wanted = notice.notice in user.email_notices and not notice.is_read and notice.at > since
    return wanted and (notice.needs_action or notice.notice not in _TO_DO)


def ripe_at(at: datetime, before: Letter | None, *, kind: str, now: datetime) -> datetime:
    """When a letter whose last thing was at `at` may be written, `before` being the last of its kind and thing.

    One that waits for the mail server tells, when it goes, what has come since.
    """
    if before is None:
        return at + QUIET
    is_waiting = before.outcome == Letter.Outcome.WAITING and before.taken_at is None
    return max(at + QUIET, before.created_at + PAUSES.get(kind, PAUSE), now + QUIET if is_waiting else now)


@dataclass(frozen=True, slots=True)
class Composed:
    """A letter's words, and the moment of the last thing that they tell."""

    subject: str
    body: str
    told_to: datetime


def compose(letter: Letter) -> Composed | None:
    """None where no other letter leaves anything to tell any more, or the person may or wants to know no more."""
    user = letter.user
    if not user.is_active:
        return None
    others = Letter.objects.filter(user=user, kind=letter.kind, about=letter.about).exclude(pk=letter.pk)
    told_to = others.aggregate(at=Max("told_to"))["at"]
    with override(user.language):
        notices = letters_for(user).get((letter.kind, letter.about), [])
        notices = [notice for notice in notices if told_to is None or notice.at > told_to]
        if not notices:
            return None
        sentence = _sentence(notices)
        subject, body = mail.render(
            "notice",
            subject=f"HuleEdu: {sentence}",
            sentence=f"{sentence}.",
            about=_about(notices[0]),
            link=_address(reverse(notices[0].route, args=[notices[0].public_id])),
            account=_address(reverse("accounts:account") + "#notices"),
        )
    return Composed(subject, body, max(notice.at for notice in notices))


def _sentence(notices: Sequence[Notice]) -> str:
    notice = notices[0]
    if notice.notice == NoticeKind.CHANGED:
        people = sorted({each.who or _("A colleague") for each in notices})
        return _("Changed by {names}").format(names=", ".join(people))
    if notice.notice == NoticeKind.SHARED:
        return _("{name} shared a class with you").format(name=notice.who or _("A colleague"))
    return notice.words


def _about(notice: Notice) -> str:
    """The thing, without the title of a batch."""
    if notice.route.startswith("classes:"):
        return _("Class: {name}").format(name=notice.title)
    return _("A batch of {name}").format(name=notice.about) if notice.about else _("A batch without class")


def _address(path: str) -> str:
    return settings.PUBLIC_URL.rstrip("/") + path
