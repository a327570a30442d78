"""A class list on its way in."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def new(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def columns(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def check(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def apply(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def done(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def undo(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def history(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)
