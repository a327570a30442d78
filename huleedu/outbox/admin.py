"""Support staff's view of events: states and ages, never their contents; and what to do with dead letters."""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import apps
from django.contrib import admin
from django.db.models import Min, Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from huleedu.common.admin import FIGURES, Choices, Figure, ReadOnlyAdmin, age, list_address, older_than
from huleedu.common.errands import ErrandKind
from huleedu.common.errors import ActionError
from huleedu.outbox import actions
from huleedu.outbox.models import OutboxEvent
from huleedu.outbox.relay import dead_letters

_MODELS = {"batch": "batches.Batch", "class": "classes.SchoolClass"}
"""What an aggregate of each kind is a row of."""
LATE = 60
"""Seconds an event may wait before it is called late."""


class StateFilter(Choices):
    """What became of an event."""

    title = gettext_lazy("state")
    parameter_name = "state"
    choices_of = {
        "waiting": (gettext_lazy("waiting"), lambda rows: rows.filter(relayed_at=None, dead_at=None)),
        "late": (
            gettext_lazy("waiting over a minute"),
            lambda rows: rows.filter(relayed_at=None, dead_at=None, created_at__lt=older_than(LATE)),
        ),
        "dead": (gettext_lazy("dead letters"), lambda rows: rows.filter(dead_at__isnull=False, put_aside_at=None)),
        "aside": (gettext_lazy("put aside"), lambda rows: rows.filter(put_aside_at__isnull=False)),
        "sent": (gettext_lazy("sent"), lambda rows: rows.filter(relayed_at__isnull=False)),
    }


def _sending_again(event: OutboxEvent) -> str:
    if refusal := actions.why_not_again(event):
        raise refusal
    behind = OutboxEvent.objects.filter(aggregate=event.aggregate, pk__gt=event.pk, relayed_at=None, dead_at=None)
    n = behind.count()
    said = ngettext(
        "The event is sent next, before {n} later one about the same.",
        "The event is sent next, before {n} later ones about the same.",
        n,
    )
    return said.format(n=n) if n else _("The event is sent next, with all its tries.")


def _putting_aside(event: OutboxEvent) -> str:
    if event.dead_at is None or event.put_aside_at is not None:
        raise ActionError("illegal_transition", _("Only a dead letter can be sent again or put aside."))
    return _("The event is not sent. It counts as settled, and is forgotten with other old events.")


def _about(event: OutboxEvent) -> Model:
    """The batch or class it tells of, so that its people read of the errand; the event where that is gone."""
    kind, _colon, public_id = event.aggregate.partition(":")
    if kind not in _MODELS:
        return event
    row: Model | None = apps.get_model(_MODELS[kind])._default_manager.filter(public_id=public_id).first()
    return row or event


@admin.register(OutboxEvent)
class OutboxEventAdmin(ReadOnlyAdmin):
    """Events by sequence. The payload may hold personal data and is not shown."""

    list_display = ("id", "event_type", "aggregate", "state", "attempts", "age_of", "last_error")
    list_filter = (StateFilter, "event_type", "created_at")
    search_fields = ("event_id", "aggregate")
    ordering = ("-pk",)
    fields = (
        "event_id", "event_type", "topic", "aggregate", "state", "correlation_id", "created_at", "relayed_at",
        "attempts", "last_error", "dead_at", "put_aside_at",
    )  # fmt: skip
    errands = (
        ErrandKind(
            "send_again",
            gettext_lazy("Lets dead letters wait again. The order of events about the same thing is kept."),
            run=lambda event, actor: actions.send_again(event, actor=actor),
            preview=_sending_again,
            about=_about,
            part=lambda event: str(event.pk),
        ),
        ErrandKind(
            "put_aside",
            gettext_lazy("Says that dead letters will not be sent."),
            run=lambda event, actor: actions.put_aside(event, actor=actor),
            preview=_putting_aside,
            about=_about,
            part=lambda event: str(event.pk),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxEvent]:
        """Without what the events hold."""
        return OutboxEvent.objects.defer("payload", "public", "audience")

    def title_of(self, row: OutboxEvent) -> str:
        """By its number."""
        return _("Event {n}").format(n=row.pk)

    @admin.display(description=gettext_lazy("state"))
    def state(self, event: OutboxEvent) -> str:
        """In a word."""
        if event.relayed_at:
            return _("sent")
        if event.put_aside_at:
            return _("put aside")
        return _("dead letter") if event.dead_at else _("waiting")

    @admin.display(description=gettext_lazy("age"), ordering="-created_at")
    def age_of(self, event: OutboxEvent) -> str:
        """Since it was written."""
        return age(event.created_at)


def figures() -> Sequence[Figure]:
    """How many dead letters there are, and how long the oldest event has waited."""
    n = dead_letters().count()
    waiting = OutboxEvent.objects.filter(relayed_at=None, dead_at=None)
    oldest = waiting.aggregate(at=Min("created_at"))["at"]
    late = oldest is not None and oldest < older_than(LATE)
    dead = ngettext("dead letter", "dead letters", n)
    return [
        Figure(str(n), dead, list_address(OutboxEvent, state="dead"), alarming=n > 0),
        Figure(age(oldest) or "–", _("oldest waiting event"), list_address(OutboxEvent, state="waiting"), late),
    ]


FIGURES.append(figures)
