"""How pages answer when an action refuses, or an address is a button's only, and what browsers may keep."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.urls import is_valid_path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_htmx.http import reselect, reswap, retarget

from huleedu.common.error_pages import RETRY_SECONDS, later_page
from huleedu.common.errors import ActionError
from huleedu.common.requests import is_api, typed_text

_GONE = gettext_lazy(
    "The page may have been removed, the address may be incomplete, or a colleague has stopped sharing it."
)
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
        """Render `error` where it is an ActionError, or keeps a form that a person filled in from its page."""
        fragment = bool(getattr(request, "htmx", False))
        typed = "" if fragment else typed_text(request)
        if typed and isinstance(error, Http404):
            error = ActionError("not_found", _GONE)
        if not isinstance(error, ActionError):
            return None
        if not fragment and not typed and error.status in (429, 503):
            seconds = error.retry_after or RETRY_SECONDS
            return later_page(request, error.status, seconds=seconds, message=str(error.message))
        template = "_action_error.html" if fragment else "action_error.html"
        response = render(request, template, {"error": error, "typed": typed}, status=error.status)
        if fragment:
            # Whatever the form would have replaced stays as it is; the reason goes where every page keeps messages.
            response = retarget(reswap(reselect(response, "#action-error"), "innerHTML"), "#messages")
        if error.retry_after:
            response["Retry-After"] = str(error.retry_after)
        return response


class CompressMiddleware(GZipMiddleware):
    """Pages go compressed. What is sent in pieces does not: files and zips are small already and say how long they are.

    Against guessing from an answer's length (BREACH) Django pads it by chance and masks the CSRF token anew each time;
    no other site's page can ask unseen, since the cookie goes only with links that lead here (SameSite).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Leave alone what is sent in pieces."""
        return response if response.streaming else super().process_response(request, response)


class NearestPageMiddleware:
    """Leads a browser that asks to read an address which only takes a button's press to the page around it.

    That happens after signing in where the press found the session ended, and when an answer to a press is loaded
    again. The page around `/batches/<id>/lock/` is the batch's. The API and the other methods keep their 405.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed) or request.method != "GET" or is_api(request):
            return response
        messages.info(request, _("Nothing was changed just now. If you meant to, press the button again."))
        return redirect(_page_around(request.path_info))


def _page_around(path: str) -> str:
    """The nearest address above `path` that is one; at last the front door."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        if is_valid_path(path):
            return path
    return path


class NoStoreMiddleware:
    """Pages about students are kept by no cache. Static files are served before this and are cached for ever."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response
