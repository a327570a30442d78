"""The student panel."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def add(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def edit(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def remove(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def put_back(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)


def delete(request: HttpRequest, **_ids: UUID) -> HttpResponse:
    """Being written."""
    return HttpResponse(status=501)
