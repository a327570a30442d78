"""What the frame of every page shows: where one is, and how many batches need action."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.http import HttpRequest

from batches.models import Batch

_SECTIONS = {
    "overview": "overview",
    "activity": "activity",
    "privacy": "",
    **dict.fromkeys(["student", "of-class", "class-history"], "classes"),
}
"""Pages of batches, by name or the first part of it, that belong under another heading of the menu."""


class Navigation:
    """Works nothing out until a template asks, which fragments and the API do not."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def section(self) -> str:
        """`overview`, `classes`, `batches` or `activity`; empty elsewhere."""
        match = self._request.resolver_match
        if match is None or match.app_name not in {"batches", "classes"}:
            return ""
        page = match.view_name.removeprefix("batches:")
        return _SECTIONS.get(page, _SECTIONS.get(page.partition("-")[0], match.app_name))

    @cached_property
    def n_needing_action(self) -> int:
        """Batches that need action and that the person may change. One statement; a page that knows it may set it."""
        user = self._request.user
        if not user.is_authenticated:
            return 0
        return Batch.objects.editable_by(user).needing_action().count()


def navigation(request: HttpRequest) -> dict[str, Any]:
    """`navigation` for the templates."""
    return {"navigation": Navigation(request)}
