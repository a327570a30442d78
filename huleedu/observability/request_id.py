"""The id that joins a request's log lines, audit rows and events."""

from __future__ import annotations

import uuid

from structlog.contextvars import get_contextvars


def current_request_id() -> str | None:
    """The id of the request or task now running, or None outside both."""
    context = get_contextvars()
    return context.get("request_id") or context.get("task_id")


def correlation_id() -> uuid.UUID:
    """The current request's id as a UUID; a new one where there is none or it is no UUID."""
    try:
        return uuid.UUID(str(current_request_id()))
    except ValueError:
        return uuid.uuid4()
