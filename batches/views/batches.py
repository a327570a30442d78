"""Batches: the list, a new one, its steps."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def batch_list(request: HttpRequest) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def new(request: HttpRequest) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def rename(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def delete(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def lock(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def unlock(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def start(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def cancel(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def reopen(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def archive(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def missing(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def history(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def export(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)
