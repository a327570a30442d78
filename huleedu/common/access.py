"""The one gate to a row: a stranger gets 404, a colleague who may only read gets 403 on a change.

Models with a gate have a manager with `visible_to(user)` and `editable_by(user)` and rows with a `public_id`. The gates
that a call goes through are noted, so that an answer kept for it is given again only where they still open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, Protocol, TypeVar
from uuid import UUID

from django.apps import apps
from django.db.models import Model, QuerySet
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from huleedu.common.errors import ActionError

Kind = Literal["visible", "editable", "owned"]
Gate = list[str]
"""Kind, model and public id: what goes into JSON."""

_noted: ContextVar[list[Gate] | None] = ContextVar("noted_gates", default=None)

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
    note_access("visible", row)
    return row


def get_editable(rows: Gated[M], user: Any, public_id: UUID | str) -> M:
    """The row if `user` may change it; raises Http404 where it may not be seen, else ActionError for the right."""
    row = rows.editable_by(user).filter(public_id=public_id).first()
    if row is not None:
        note_access("editable", row)
        return row
    get_visible(rows, user, public_id)
    raise ActionError("permission_denied", _("You can read this, but not change it."))


def get_owned(rows: Visible[M], user: Any, public_id: UUID | str) -> M:
    """The row if it is `user`'s own; raises Http404 where it may not be seen, else ActionError `permission_denied`."""
    row = get_visible(rows, user, public_id)
    if getattr(row, "owner_id", None) != user.pk:
        raise ActionError("permission_denied", _("Only the owner can do this."))
    note_access("owned", row)
    return row


@contextmanager
def noting_access() -> Iterator[list[Gate]]:
    """The gates that are gone through within this block."""
    gates: list[Gate] = []
    token = _noted.set(gates)
    try:
        yield gates
    finally:
        _noted.reset(token)


def note_access(kind: Kind, row: Any) -> None:
    """Note a row that was found in another way than by the functions here."""
    gates = _noted.get()
    if gates is not None:
        gates.append([kind, row._meta.label, str(row.public_id)])


def pass_again(gates: Iterable[Gate], user: Any) -> None:
    """Go through noted gates once more; raises what they raise."""
    for kind, label, public_id in gates:
        rows = getattr(apps.get_model(label), "objects")  # noqa: B009  (a model as such has no `objects`)
        _GETTERS[kind](rows, user, public_id)


def still_open(gates: Iterable[Gate], user: Any) -> list[Gate]:
    """Those of noted gates that still let `user` through: a call may have deleted what it asked for."""
    found = []
    for gate in gates:
        try:
            pass_again([gate], user)
        except (Http404, ActionError):
            continue
        found.append(gate)
    return found


_GETTERS: dict[str, Any] = {"visible": get_visible, "editable": get_editable, "owned": get_owned}
