"""A batch's files."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def detail(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def upload(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def remove(request: HttpRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def retry(request: HttpRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def paste(request: HttpRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def replace(request: HttpRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def download(request: HttpRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)
