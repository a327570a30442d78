"""The way of a letter: taken by one worker, handed to the mail server at most once, tried again while that is away."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from huleedu.accounts.models import Letter
from huleedu.common.actions import action

Outcome = Letter.Outcome
GIVE_UP_AFTER = timedelta(days=2)
"""A letter that could not be sent for so long says nothing new: the page has said it."""
LONGEST_WAIT = timedelta(hours=1)


def letters_to_send(now: datetime) -> QuerySet[Letter]:
    """Written, not handed over yet, and due, oldest first."""
    return Letter.objects.filter(outcome=Outcome.WAITING, taken_at=None, try_at__lte=now).order_by("try_at", "pk")


@action
def take_letter(letter_pk: UUID, *, told_to: datetime, now: datetime, actor: None = None) -> bool:
    """Take it to hand it over now, telling of what happened up to `told_to`. Of two workers one gets True.

    Committed before the mail server is asked, which is why no letter is sent twice: a worker that dies in between
    leaves it taken for good.
    """
    return bool(letters_to_send(now).filter(pk=letter_pk).order_by().update(taken_at=now, told_to=told_to))


@action
def postpone_letter(letter_pk: UUID, *, now: datetime, actor: None = None) -> None:
    """The mail server refused or was away: try later, each time after twice as long, in the end not any more."""
    letter = Letter.objects.select_for_update().get(pk=letter_pk)
    letter.tries += 1
    letter.taken_at = None
    letter.try_at = now + min(timedelta(minutes=2 ** min(letter.tries, 10)), LONGEST_WAIT)
    if letter.try_at > letter.created_at + GIVE_UP_AFTER:
        letter.outcome = Outcome.GIVEN_UP
    letter.save(update_fields=["tries", "taken_at", "try_at", "outcome"])


@action
def end_letter(letter_pk: UUID, *, outcome: str, actor: None = None) -> None:
    """It was handed over, or there is nothing to tell any more."""
    Letter.objects.filter(Q(pk=letter_pk) & Q(outcome=Outcome.WAITING)).update(outcome=outcome)
