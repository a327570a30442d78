"""A form that is sent twice (double click, double Enter, again after a time limit) has one effect.

It carries a key, made with the page: the id of the row that it makes. The API has `Idempotency-Key` for the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID, uuid4

from django import forms
from django.db import IntegrityError, transaction

from huleedu.common.models import IdempotencyKey, PublicModel

if TYPE_CHECKING:
    from huleedu.accounts.models import User

M = TypeVar("M", bound=PublicModel)
PAGE_PREFIX = "form\n"
"""Begins the keys of pages, apart from those of the API: no header holds a new line."""


def key_field() -> forms.UUIDField:
    """What a form that makes something carries, new with each page. Without an id: a page may have several."""
    return forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput(attrs={"id": False}))


def save_once(row: M, key: UUID | None, *, same: Sequence[str]) -> M:
    """Save a new row under the id `key`; the first one, unchanged, where the form was sent before.

    That is the row of this id whose fields `same` are the same too. Where the id is another's, the row gets one of its
    own. Raises IntegrityError where it breaks another constraint.
    """
    if key is None:
        row.save()
        return row
    row.public_id = key
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        alike = {field: getattr(row, field) for field in same}
        first: M | None = type(row)._default_manager.filter(public_id=key, **alike).first()
        if first is not None:
            return first
        row.public_id = uuid4()
        row.save()
    return row


@contextmanager
def sent_once(user: User, key: UUID | None, *, form: str) -> Iterator[bool]:
    """Whether the person sends the form with this key for the first time (in a day): of one that makes no row.

    `form` says which one it is, by its address: the key of another is none of it. Where what is done with it raises,
    nothing counts as sent: the person may try again.
    """
    if key is None:
        yield True
        return
    sent, is_first = IdempotencyKey.objects.get_or_create(user=user, key=f"{PAGE_PREFIX}{form}\n{key}")
    try:
        yield is_first
    except BaseException:
        if is_first:
            sent.delete()
        raise
