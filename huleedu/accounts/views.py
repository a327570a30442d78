"""Pages of signing in and of one's own account."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in."""
    return HttpResponse()


def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign out."""
    return HttpResponse()


def account(request: HttpRequest) -> HttpResponse:
    """The account."""
    return HttpResponse()


@login_not_required
def language(request: HttpRequest) -> HttpResponse:
    """Choose a language."""
    return HttpResponse()
