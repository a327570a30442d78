"""Every refusal of the API in one shape: problem+json (RFC 9457) with our codes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from huleedu.common.errors import STATUS, ActionError

PROBLEM = "application/problem+json"


def problem(
    *,
    code: str,
    detail: str,
    errors: list[dict[str, str]] | None = None,
    status: int | None = None,
    current: Any = None,
) -> dict[str, Any]:
    """The body of RFC 9457 with our fields. `errors` is always there."""
    status = status or STATUS[code]
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": errors or [],
    }
    if current is not None:
        body["current"] = current
    return body


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: every refusal in one shape; None (a 500) for what nobody foresaw."""
    response = _response_for(error)
    if response is not None:
        response.content_type = PROBLEM
        set_rollback()
    return response


def _response_for(error: Exception) -> Response | None:
    if isinstance(error, ActionError):
        errors = [{"field": error.field, "code": error.code, "message": str(error.message)}] if error.field else []
        body = problem(code=error.code, detail=str(error.message), errors=errors, current=error.current)
        headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
        return Response(body, status=error.status, headers=headers)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, exceptions.ValidationError):
        found = list(_field_errors(error.get_full_details()))
        detail = found[0]["message"] if len(found) == 1 else _("The request has errors.")
        return Response(problem(code="validation_error", detail=detail, errors=found), status=400)
    if isinstance(error, exceptions.APIException):
        return _from_api_exception(error)
    return None


_CODES = {
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.AuthenticationFailed: "not_authenticated",
    exceptions.PermissionDenied: "permission_denied",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.ParseError: "parse_error",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.NotAcceptable: "not_found",
    exceptions.Throttled: "throttled",
}


def _from_api_exception(error: exceptions.APIException) -> Response:
    code = next((ours for theirs, ours in _CODES.items() if isinstance(error, theirs)), "validation_error")
    headers: dict[str, str] = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header  # type: ignore[attr-defined]
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(int(getattr(error, "wait", None) or 1))
    detail = str(error.detail) if not isinstance(error.detail, (dict, list)) else str(error.default_detail)
    if isinstance(error, exceptions.NotAuthenticated):
        detail = _("Sign in, or send a valid token.")
    status = STATUS[code] if code != "validation_error" else error.status_code
    return Response(problem(code=code, detail=detail, status=status), status=status, headers=headers)


def _field_errors(details: Any, field: str = "") -> Iterator[dict[str, str]]:
    """Flatten DRF's nested details to `{field, code, message}`; nested fields are joined by dots."""
    if isinstance(details, Mapping):
        if set(details) == {"message", "code"} and isinstance(details["code"], str):
            yield {"field": field, "code": details["code"], "message": str(details["message"])}
            return
        for name, value in details.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(value, ".".join(filter(None, (field, own))))
    elif isinstance(details, list):
        for index, value in enumerate(details):
            leaf = isinstance(value, Mapping) and set(value) == {"message", "code"}
            yield from _field_errors(value, field if leaf else f"{field}.{index}".lstrip("."))


def problem_page(request: HttpRequest, *, code: str, detail: str) -> JsonResponse:
    """The same shape outside DRF: a path under /api/ that does not exist, or an unforeseen error."""
    body = problem(code=code, detail=detail)
    return JsonResponse(body, status=body["status"], content_type=PROBLEM)
