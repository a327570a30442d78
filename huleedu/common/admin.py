"""What support staff's lists share: nothing can be changed there, names are masked."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """A list and a detail page, no adding, changing or deleting: state machines change through actions only."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """All support staff."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """All support staff."""
        return bool(request.user.is_active and request.user.is_staff)


def masked(value: str) -> str:
    """`Emil Berg` → `E*** B***`, `e.b@x.example` → `e***@***`."""
    if "@" in value:
        return f"{value[:1]}***@***"
    return " ".join(f"{word[:1]}***" for word in value.split())
