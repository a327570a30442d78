"""The one gate to a row: a stranger gets 404, a colleague who may only read gets 403 on a change.

Models with a gate have a manager with `visible_to(user)` and `editable_by(user)` and rows with a `public_id`.
"""

from __future__ import annotations

from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from huleedu.common.errors import ActionError

M = TypeVar("M", bound=Model)
M_co = TypeVar("M_co", bound=Model, covariant=True)


class Visible(Protocol[M_co]):
    """A manager or queryset that knows what a person may see."""

    def visible_to(self, user: Any, /) -> QuerySet[M_co]:
        """The rows the person may see."""
        ...


class Gated(Visible[M_co], Protocol[M_co]):
    """One that also knows what a person may change."""

    def editable_by(self, user: Any, /) -> QuerySet[M_co]:
        """The rows the person may change."""
        ...


def get_visible(rows: Visible[M], user: Any, public_id: UUID | str) -> M:
    """The row if `user` may see it; raises Http404."""
    row = rows.visible_to(user).filter(public_id=public_id).first()
    if row is None:
        raise Http404
    return row


def get_editable(rows: Gated[M], user: Any, public_id: UUID | str) -> M:
    """The row if `user` may change it; raises Http404 where it may not be seen, else ActionError for the right."""
    row = rows.editable_by(user).filter(public_id=public_id).first()
    if row is not None:
        return row
    get_visible(rows, user, public_id)
    raise ActionError("permission_denied", _("You can read this, but not change it."))


def get_owned(rows: Visible[M], user: Any, public_id: UUID | str) -> M:
    """The row if it is `user`'s own; raises Http404 where it may not be seen, else ActionError `permission_denied`."""
    row = get_visible(rows, user, public_id)
    if getattr(row, "owner_id", None) != user.pk:
        raise ActionError("permission_denied", _("Only the owner can do this."))
    return row
