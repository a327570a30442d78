"""Error pages that stand alone: their style is in the page, and they ask nothing of the database or another file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from csp.constants import NONCE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

RETRY_SECONDS = 15
"""When a page that could not be served just now is tried again."""


def error_page(request: HttpRequest, status: int, *, name: str = "", **context: Any) -> HttpResponse:
    """The page `<status>.html`, or `<name>.html`, under 6 KB each, in the person's own theme."""
    # Of whom the request is known to be; who is not known yet is not asked for: the database may be what failed.
    theme = getattr(getattr(request, "_cached_user", None), "theme", "system")
    response = render(request, f"{name or status}.html", {"theme": theme, **context}, status=status)
    csp_update({"style-src": [NONCE]})(lambda _request: response)(request)
    return response


def later_page(request: HttpRequest, status: int, *, seconds: int, message: str = "") -> HttpResponse:
    """429 and 503: says when to try again; a page that was only to be read tries by itself."""
    context: dict[str, Any] = {
        "message": message,
        "seconds": seconds,
        "minutes": -(-seconds // 60),
        "at": timezone.localtime() + timedelta(seconds=seconds),
        "by_itself": status == 503 and request.method == "GET",
    }
    response = error_page(request, status, **context)
    response["Retry-After"] = str(seconds)
    return response
