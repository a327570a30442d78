"""One log line per request, with method and path and never the query string (a search may hold a name)."""

from __future__ import annotations

from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware as StructlogRequestMiddleware

from huleedu.observability.logs import without_tokens


class RequestMiddleware(StructlogRequestMiddleware):
    """django-structlog's middleware with the query string left out."""

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """`GET /classes/`: the product's paths hold ids only; the token of a one-time link is cut out."""
        return f"{request.method} {without_tokens(request.path)}"
