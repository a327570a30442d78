"""Reviewing whose text each one is."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse


def review(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def review_text(request: HttpRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def rematch(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def confirm(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def undo(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def texts(request: HttpRequest, batch_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def text(request: HttpRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)


def decide(request: HttpRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """To be written."""
    return HttpResponse(status=501)
