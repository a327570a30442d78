"""Classes: list, new, page, settings, sharing, archive."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def index(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def new(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def detail(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def edit(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def archive(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def restore(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def delete(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def share(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def unshare(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)
