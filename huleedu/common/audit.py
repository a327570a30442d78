"""Who is behind each change, whatever the door: pages, API, Celery, commands.

django-auditlog finds the person through a middleware, which knows neither JWT nor Celery. Here every action names its
actor once (see `huleedu.common.actions.action`) and one receiver writes it into each audit row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.db.models.signals import pre_save
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from huleedu.common.text import clean_line, strip_personal_numbers
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


def current_actor() -> Any:
    """The person behind what is being done now, None for the machine."""
    return _actor.get()


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


# --- what support staff do for a teacher -----------------------------------------------------------------------------

ERRANDS = {
    "read_again": _("Read failed files again"),
    "match_again": _("Match again"),
    "unlock": _("Unlock the batch"),
    "move_on": _("Move on what stands still"),
    "mark_unreadable": _("Mark as unreadable"),
    "reopen": _("Undo the decision"),
    "undo_import": _("Undo the import"),
    "put_back": _("Put the student back into the class"),
    "merge": _("Merge two students"),
    "transfer": _("Give the class a new owner"),
    "restore_class": _("Put the class back from the archive"),
    "send_again": _("Send again"),
    "put_aside": _("Put aside"),
    "sign_out": _("Sign out everywhere"),
    "deactivate": _("Deactivate: no longer let them sign in"),
    "activate": _("Activate: let them sign in again"),
}
"""What support staff do, by the name under which the log keeps it."""
REASON_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Errand:
    """One of `ERRANDS`, done by support staff: on which row it is written, why, and which part of it it was about."""

    did: str
    row: Model
    reason: str
    part: str = ""


_errand: ContextVar[Errand | None] = ContextVar("errand", default=None)


@contextmanager
def on_errand(errand: Errand) -> Iterator[None]:
    """Within this block an action is support staff's: it leaves a row that says so and why, in its own transaction."""
    token = _errand.set(errand)
    try:
        yield
    finally:
        _errand.reset(token)


def is_errand() -> bool:
    """Whether what runs now is support staff's, with a reason."""
    return _errand.get() is not None


def kept_reason(reason: str) -> str:
    """Why somebody did something, as it is kept: one line without invisible signs, identity numbers masked."""
    return strip_personal_numbers(clean_line(reason), mask=MASK)[0]


def write_errand() -> None:
    """Write the row of the errand, if there is one. Called by `huleedu.common.actions.action` as its last step."""
    errand = _errand.get()
    if errand is not None:
        trace_errand(errand.row)


def trace_errand(row: Model) -> None:
    """Write the errand, if there is one, on `row`: also for those who will not see what it is about any more."""
    errand = _errand.get()
    if errand is not None:
        reason = kept_reason(errand.reason)[:REASON_LENGTH]
        said = {"support": errand.did, "reason": reason, **({"part": errand.part} if errand.part else {})}
        log_bulk([row], action=LogEntry.Action.UPDATE, data=said)


def errand_of(entry: LogEntry) -> str:
    """In words what support staff did and why; empty where the entry is no errand's."""
    said = entry.additional_data or {}
    if "support" not in said:
        return ""
    did = str(ERRANDS.get(said["support"], said["support"]))
    return gettext("Support: {did}. Reason: {reason}").format(did=did, reason=said["reason"])
