"""What an event is: a frozen pydantic model per type, with a JSON Schema under `docs/events/`.

Each app declares its own in `events.py`. `data` is what the bus contract says. Browsers are told `public_fields` only:
ids, states and versions, never a name, an address or a file name.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class EventData(BaseModel):
    """Base of every event's data. `event_type` is frozen to its value in each subclass."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: ClassVar[str | None] = None
    """The bus topic, or None for the product's own events."""
    public_fields: ClassVar[tuple[str, ...]] = ()
    """The fields a browser may be told."""
    aggregate: ClassVar[tuple[str, str]]
    """Kind and id field of what the event is about: events of one aggregate keep their order."""

    event_type: str

    @property
    def resource(self) -> str:
        """`batch:<uuid>`: what sockets subscribe to, and the key of order."""
        kind, field = self.aggregate
        return f"{kind}:{getattr(self, field)}"

    def public(self) -> dict[str, Any]:
        """What a browser may be told."""
        return self.model_dump(mode="json", include=set(self.public_fields))


class Envelope(BaseModel):
    """What goes onto the bus around the data."""

    event_id: UUID
    event_type: str
    event_timestamp: datetime
    source_service: Literal["huleedu"] = "huleedu"
    schema_version: Literal[1] = 1
    correlation_id: UUID
    data: dict[str, Any]


REGISTRY: dict[str, type[EventData]] = {}
"""Every event type of the product by name; `register` fills it when the apps load."""


def register(model: type[EventData]) -> type[EventData]:
    """Class decorator: make an event type known. Raises ValueError when its name is taken."""
    name = model.model_fields["event_type"].default
    if REGISTRY.setdefault(name, model) is not model:
        raise ValueError(f"event type {name} is declared twice")
    return model
