"""A form that is sent twice (double click, double Enter, again after a time limit) has one effect.

It carries a key, made with the page: the id of the row that it makes. The API has `Idempotency-Key` for the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeVar
from uuid import UUID, uuid4

from django import forms
from django.db import IntegrityError, transaction

from huleedu.common.models import IdempotencyKey, PublicModel

if TYPE_CHECKING:
    from huleedu.accounts.models import User

M = TypeVar("M", bound=PublicModel)


def key_field() -> forms.UUIDField:
    """What a form that makes something carries, new with each page."""
    return forms.UUIDField(required=False, initial=uuid4, widget=forms.HiddenInput)


def save_once(row: M, key: UUID | None, *, same: Sequence[str]) -> M:
    """Save a new row under the id `key`; the first one, unchanged, where the form was sent before.

    That is the row of this id whose fields `same` are the same too. Where the id is another's, the row gets one of its
    own. Raises IntegrityError where something else about the row is.
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


def is_first(user: User, key: UUID | None) -> bool:
    """Whether the person sends the form with this key for the first time (in a day): of one that makes no row."""
    if key is None:
        return True
    _row, created = IdempotencyKey.objects.get_or_create(user=user, key=f"form {key}")
    return created
