"""What needs the teacher now."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def overview(request: HttpRequest) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)
