"""What the page of components shows: made-up people and texts, in every state a component has."""

from __future__ import annotations

from typing import Any


def components() -> dict[str, Any]:
    """The context of `support/design.html`."""
    return {}
