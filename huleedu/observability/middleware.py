"""One log line per request, with method and path and never the query string (a search may hold a name)."""

from __future__ import annotations

import re

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware as StructlogRequestMiddleware

_RESET_TOKEN = re.compile(r"/[0-9a-z]+-[0-9a-f]{32}(?=/|$)")


class RequestMiddleware(StructlogRequestMiddleware):
    """django-structlog's middleware with the query string left out."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """`GET /classes/`: the product's paths hold ids only; the token of a password reset is cut out."""
        return f"{request.method} {_RESET_TOKEN.sub('/-', request.path)}"
