"""What belongs to no app: the front door, errors, health, the readable API schema."""

from __future__ import annotations

import sys
from contextlib import suppress
from functools import lru_cache
from typing import Any
from uuid import UUID

from csp.decorators import csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.utils.decorators import method_decorator
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from redis.exceptions import RedisError
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from batches.measuring import measure_batches
from batches.orchestrator import is_answering
from huleedu.common.error_pages import RETRY_SECONDS, error_page, later_page
from huleedu.common.errors import ActionError
from huleedu.common.problems import problem_page
from huleedu.common.requests import PageRequest, is_api
from huleedu.common.uploads import UploadTooBig
from huleedu.observability import health
from huleedu.observability.request_id import current_request_id
from huleedu.outbox.history import last_actor
from huleedu.outbox.relay import measure as measure_outbox
from huleedu.outbox.relay import oldest_waiting_seconds
from huleedu.realtime.registry import may_follow

REFERENCE_LENGTH = 8
"""How much of a request's id a person is given: the id in the log begins with it."""
OUTBOX_LATE = 60.0
"""Seconds an event may wait before readiness calls the outbox degraded; its beat comes every 5 seconds."""


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """To the overview, which sends strangers to sign in."""
    return redirect("batches:overview")


@require_safe
def updated(request: PageRequest, kind: str, public_id: UUID) -> HttpResponse:
    """The words of a line that stands where a live update would disturb: by whom, where it was a colleague.

    Asked for once there is such a line, as no live message holds a name. Empty for the machine and for oneself.
    """
    resource = f"{kind}:{public_id}"
    if not may_follow(request.user, resource):
        raise Http404
    person = last_actor(request.user.pk, resource)
    said = _("Updated by {name}").format(name=person.name) if person and person != request.user else ""
    return HttpResponse(said, content_type="text/plain; charset=utf-8")


@login_not_required
@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Where browsers look by themselves, on pages that name no icon (`/api/docs/`)."""
    return redirect(static("favicon.svg"))


@login_not_required
@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    """The process is alive. Asks nothing of anybody."""
    return JsonResponse({"status": "ok"})


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """503 only for the database and pending migrations. Which part is degraded is told to `METRICS_ALLOW` only."""
    status, body = health.readiness(
        degrading={"outbox": lambda: oldest_waiting_seconds() < OUTBOX_LATE, "orchestrator": is_answering}
    )
    if not health.may_see_details(request):
        body.pop("checks")
    return JsonResponse(body, status=status)


@login_not_required
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, for `METRICS_ALLOW` only; nobody else learns that they exist."""
    if not health.may_see_details(request):
        return HttpResponseNotFound()
    _measure()
    exported: HttpResponse = ExportToDjangoView(request)
    return exported


_MEASURED = "measured"
_MEASURED_SECONDS = 5


def _measure() -> None:
    """Set the gauges that the database knows, here where they are read; every some seconds, whoever asks.

    Every time while the cache is away: that is when somebody looks.
    """
    is_due = True
    with suppress(RedisError, OSError):
        is_due = cache.add(_MEASURED, 1, timeout=_MEASURED_SECONDS)
    if is_due:
        measure_outbox()
        measure_batches()


@lru_cache(maxsize=16)
def _schema(_language: str, renderer: type[BaseRenderer]) -> bytes:
    """The schema in the language that is active. It takes most of a second, and changes with the code only."""
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    rendered: bytes = renderer().render(schema, renderer_context={})
    return rendered


@method_decorator(login_not_required, name="dispatch")
class ApiSchemaView(SpectacularAPIView):
    """The schema, made once per language and form in each process: anybody may ask for it."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        """Of version 1, the only one, whatever the address asks for."""
        renderer = type(request.accepted_renderer)
        content = _schema(get_language() or "", renderer)  # type: ignore[arg-type]  # classes are hashable
        answer = HttpResponse(content, content_type=renderer.media_type)
        answer["Content-Disposition"] = f'inline; filename="HuleEdu API.{renderer.format.removeprefix("openapi-")}"'
        return answer


@method_decorator([login_not_required, require_safe], name="dispatch")
@method_decorator(csp_update({"style-src": ["'unsafe-inline'"]}), name="dispatch")
class ApiDocsView(SpectacularSwaggerSplitView):
    """The schema to read and try. Its own style sheets are inline, so styles are freer here than elsewhere."""


# --- errors ----------------------------------------------------------------------------------------------------------


def _too_much(exception: Exception) -> ActionError | None:
    if isinstance(exception, UploadTooBig):
        return ActionError("file_too_large", _("That is too much at once. Send fewer files."))
    if isinstance(exception, RequestDataTooBig):
        return ActionError("file_too_large", _("That is too much at once: at most 5 MB."))
    if isinstance(exception, TooManyFilesSent):
        message = _("A batch holds at most {limit} files.").format(limit=settings.MAX_FILES_PER_BATCH)
        return ActionError("too_many_files", message)
    return None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: a request Django itself would not take; 413 where too much was pasted or too many files sent."""
    error = _too_much(exception)
    if error is not None:
        if is_api(request):
            return problem_page(request, code=error.code, detail=str(error.message))
        return error_page(request, error.status, message=error.message)
    if is_api(request):
        return problem_page(request, code="validation_error", detail=_("The request cannot be understood."))
    return error_page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403."""
    if is_api(request):
        return problem_page(request, code="permission_denied", detail=_("You may not do this."))
    return error_page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form whose secret is missing or old, which happens to people after signing in again in another tab."""
    if is_api(request):
        return problem_page(request, code="permission_denied", detail=_("The CSRF token is missing or wrong."))
    return error_page(request, 403, name="403_csrf")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: not here, or not shared with this person; nobody learns which."""
    if is_api(request):
        return problem_page(request, code="not_found", detail=_("There is nothing here."))
    return error_page(request, 404)


def server_error(request: HttpRequest, *_args: Any) -> HttpResponse:
    """500, with what to give to support and without anything about the error; 503 without the database."""
    is_away = isinstance(sys.exc_info()[1], OperationalError)
    if is_api(request) and is_away:
        answer = problem_page(request, code="unavailable", detail=_("Try again in a moment."))
        answer["Retry-After"] = str(RETRY_SECONDS)
        return answer
    if is_api(request):
        return problem_page(request, code="internal_error", detail=_("Something went wrong on our side."))
    if is_away:
        return later_page(request, 503, seconds=RETRY_SECONDS)
    reference = (current_request_id() or "")[:REFERENCE_LENGTH]
    return error_page(request, 500, reference=reference, may_try_again=request.method == "GET")
