"""Who is behind each change, whatever the door: pages, API, Celery, commands.

django-auditlog finds the person through a middleware, which knows neither JWT nor Celery. Here every action names its
actor once (see `huleedu.common.actions.action`) and one receiver writes it into each audit row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.db.models.signals import pre_save

from huleedu.observability.request_id import current_request_id

_actor: ContextVar[Any] = ContextVar("audit_actor", default=None)

MASK = "***"


def mask(_value: Any) -> str:
    """What an audit row shows instead of a name, an address or a file name. The library's own mask leaves half."""
    return MASK


@contextmanager
def acting(actor: Any) -> Iterator[None]:
    """Within this block every audit row names `actor` (a user, or None for the machine)."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def _set_actor(sender: type[LogEntry], instance: LogEntry, **_kwargs: Any) -> None:
    person = _actor.get()
    if instance.pk is None and person is not None and instance.actor_id is None:
        instance.actor = person


def connect() -> None:
    """Called once when the apps are ready."""
    pre_save.connect(_set_actor, sender=LogEntry, dispatch_uid="huleedu.audit.actor")


def log_read(row: Model, what: str, *, actor: Any) -> None:
    """Write that `actor` read `row`: `what` is a word of `batches.access_log`, such as `text` or `result`."""
    with acting(actor):
        log_bulk([row], action=LogEntry.Action.ACCESS, data={"what": what})


def log_bulk(
    rows: Sequence[Model],
    *,
    action: int,
    changed: Iterable[str] = (),
    values: dict[str, Any] | None = None,
    data: dict[str, Any] | None = None,
) -> None:
    """Write one audit row each for `rows` that a bulk statement changed, which signals do not see.

    `action` is one of `LogEntry.Action`. `changed` names fields whose values are masked, `values` those that may be
    shown, `data` goes beside them. One INSERT for all.
    """
    if not rows:
        return
    person = _actor.get()
    content_type = ContentType.objects.get_for_model(rows[0])
    changes: dict[str, list[Any]] = {field: [None, MASK] for field in changed}
    changes.update({field: [None, value] for field, value in (values or {}).items()})
    LogEntry.objects.bulk_create(
        [
            LogEntry(
                content_type=content_type,
                object_pk=str(row.pk),
                object_id=row.pk,
                object_repr=str(row),
                action=action,
                changes=changes,
                additional_data=data,
                actor=person,
                cid=current_request_id(),
            )
            for row in rows
        ]
    )
