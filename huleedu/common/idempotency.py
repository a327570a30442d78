"""One answer per Idempotency-Key: what a first call answered, and when that is forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar

from django.db import transaction

from huleedu.common.models import IdempotencyKey

current_key: ContextVar[int] = ContextVar("idempotency_key", default=0)
"""The row of the call that is being answered; 0 where there is none."""


def forget_answers(user_ids: Iterable[int]) -> None:
    """Keep no body of what these people were answered: it may hold a name or an address that is to be seen no more.

    Part of an action's transaction. Their keys still stand for the calls they were sent with, and give the status
    alone. The call that does the forgetting keeps its own answer.
    """
    people = list(user_ids)

    def forget() -> None:
        rows = IdempotencyKey.objects.filter(user_id__in=people).exclude(pk=current_key.get())
        rows.update(body=None, keeps_body=False)

    forget()
    # Once more for calls that began meanwhile and read what is true no longer.
    transaction.on_commit(forget)
