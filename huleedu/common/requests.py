"""What a page's view is given: a signed-in person and htmx's headers (middleware sees to both). What is no page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from huleedu.accounts.models import User


class PageRequest(HttpRequest):
    """Never made, only named in annotations."""

    user: User  # LoginRequiredMiddleware lets nobody else through
    htmx: HtmxDetails


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks, and gets its errors as JSON."""
    return request.path.startswith(("/api/", "/internal/"))
