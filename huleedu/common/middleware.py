"""How pages answer when an action refuses, and what browsers may keep."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django_htmx.http import reselect, reswap, retarget

from huleedu.common.error_pages import RETRY_SECONDS, later_page
from huleedu.common.errors import ActionError

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class ActionErrorMiddleware:
    """Turns an ActionError of a page into a page (or, for htmx, a fragment) that says why, with the error's status.

    The API has its own handler (`huleedu.common.problems.problem_response`) and never lets one through.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Render `error` where it is an ActionError."""
        if not isinstance(error, ActionError):
            return None
        fragment = bool(getattr(request, "htmx", False))
        if not fragment and error.status in (429, 503):
            seconds = error.retry_after or RETRY_SECONDS
            return later_page(request, error.status, seconds=seconds, message=str(error.message))
        template = "_action_error.html" if fragment else "action_error.html"
        response = render(request, template, {"error": error}, status=error.status)
        if fragment:
            # Whatever the form would have replaced stays as it is; the reason goes where every page keeps messages.
            response = retarget(reswap(reselect(response, "#action-error"), "innerHTML"), "#messages")
        if error.retry_after:
            response["Retry-After"] = str(error.retry_after)
        return response


class NoStoreMiddleware:
    """Pages about pupils are kept by no cache. Static files are served before this and are cached for ever."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response
