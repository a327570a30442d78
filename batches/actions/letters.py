"""Writing down which letters a person is to get. What they say is found when they are sent (`batches.letters`)."""

from __future__ import annotations

from datetime import datetime

from batches.letters import letters_for, ripe_at
from huleedu.accounts.models import Letter, User
from huleedu.common.actions import action
from huleedu.outbox.history import last_seq


@action
def write_letters(user: User, *, now: datetime, actor: None = None) -> int:
    """Write every letter that is due; returns how many. Two workers with the same person wait for each other.

    The person is looked at again after the next event, and when what is held back is due (what is not quiet yet, or
    follows another too soon).
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    seq = last_seq(user.pk)
    written = {(letter.kind, letter.about): letter for letter in Letter.objects.filter(user=user).order_by("told_to")}
    due, held_back = [], []
    for (kind, about), notices in letters_for(user).items():
        at, before = max(notice.at for notice in notices), written.get((kind, about))
        if before is not None and at <= before.told_to:
            continue
        ripe = ripe_at(at, before, kind=kind, now=now)
        if ripe <= now:
            due.append(Letter(user=user, kind=kind, about=about, told_to=at, try_at=now))
        else:
            held_back.append(ripe)
    Letter.objects.bulk_create(due)
    user.letters_seq, user.letters_again_at = seq, min(held_back, default=None)
    user.save(update_fields=["letters_seq", "letters_again_at"])
    return len(due)
