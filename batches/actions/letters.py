"""Writing down which letters a person is to get. What they say is found when they are sent (`batches.letters`)."""

from __future__ import annotations

from datetime import datetime

from batches.letters import is_ripe, letters_for
from huleedu.accounts.models import Letter, User
from huleedu.common.actions import action
from huleedu.outbox.history import last_seq


@action
def write_letters(user: User, *, now: datetime, actor: None = None) -> int:
    """Write every letter that is due; returns how many. Two workers with the same person wait for each other.

    The person is looked at again until nothing is held back (what is not quiet yet, or follows another too soon).
    """
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    seq = last_seq(user.pk)
    written = {(letter.kind, letter.about): letter for letter in Letter.objects.filter(user=user).order_by("told_to")}
    due, is_held_back = [], False
    for (kind, about), notices in letters_for(user).items():
        at, before = max(notice.at for notice in notices), written.get((kind, about))
        if before is not None and at <= before.told_to:
            continue
        if is_ripe(at, before, kind=kind, now=now):
            due.append(Letter(user=user, kind=kind, about=about, told_to=at, try_at=now))
        else:
            is_held_back = True
    Letter.objects.bulk_create(due)
    if not is_held_back:
        user.letters_seq = seq
        user.save(update_fields=["letters_seq"])
    return len(due)
