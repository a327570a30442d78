"""The API's conventions: problem+json, pages of results, safe JSON, one answer per Idempotency-Key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.pagination import PageNumberPagination
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback
from rest_framework.viewsets import GenericViewSet

from huleedu.common.errors import STATUS, ActionError
from huleedu.common.models import IdempotencyKey

PROBLEM = "application/problem+json"
_TAKE_OVER_AFTER = timedelta(minutes=2)
"""A first request that has not answered by then has died; the next one with its key is let through."""


class Pagination(PageNumberPagination):
    """`{count, next, previous, results}`, 50 a page, at most 200."""

    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class SafeJSONParser(JSONParser):
    """JSON without what PostgreSQL cannot store: NUL and lone surrogates are refused, so is absurd nesting."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Raises ParseError (400) where DRF's own parser would let a later 500 through."""
        try:
            data = super().parse(stream, media_type, parser_context)
            text = json.dumps(data, ensure_ascii=False)
            text.encode("utf-8")
        except (RecursionError, UnicodeEncodeError, ValueError) as error:
            raise exceptions.ParseError(_("The request body is not valid JSON.")) from error
        if "\\u0000" in text:
            raise exceptions.ParseError(_("The request body holds a NUL character."))
        return data


# --- problems --------------------------------------------------------------------------------------------------------


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
        headers["Retry-After"] = str(int(error.wait or 1))
    detail = str(error.detail) if not isinstance(error.detail, (dict, list)) else str(error.default_detail)
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


# --- Idempotency-Key -------------------------------------------------------------------------------------------------


class _Replay(Exception):  # noqa: N818  (an answer, not an error)
    """The key was seen before: answer as then."""

    def __init__(self, record: IdempotencyKey) -> None:
        super().__init__("replay")
        self.record = record


class ApiViewSet(GenericViewSet[Any]):
    """Base of every viewset: unsafe calls by a signed-in person honour `Idempotency-Key`."""

    _record: IdempotencyKey | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication and throttling, look the key up."""
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key", "")
        if key and request.method not in ("GET", "HEAD", "OPTIONS"):
            self._record = _claim(request, key)

    def handle_exception(self, exc: Exception) -> Response:
        """A replay is an answer, not an error."""
        if isinstance(exc, _Replay):
            return Response(exc.record.body, status=exc.record.status, headers={"Idempotent-Replayed": "true"})
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep a success for the key; forget the key on a refusal, so that a corrected call may use it."""
        record, self._record = self._record, None
        if record is not None:
            if response.status_code < 300:
                data = getattr(response, "data", None)
                record.status = response.status_code
                record.body = json.loads(JSONRenderer().render(data) or b"null")
                record.save(update_fields=["status", "body"])
            else:
                record.delete()
        return super().finalize_response(request, response, *args, **kwargs)


def _claim(request: Request, key: str) -> IdempotencyKey:
    """Take the key for this request. Raises _Replay, or ActionError `idempotency_key_reused`."""
    if len(key) > 255 or not key.isprintable():
        raise ActionError("validation_error", _("The Idempotency-Key is not usable."), field="Idempotency-Key")
    fingerprint = _fingerprint(request)
    record, created = IdempotencyKey.objects.get_or_create(
        user_id=request.user.pk, key=key, defaults={"fingerprint": fingerprint}
    )
    if created:
        return record
    if record.created_at < timezone.now() - settings.IDEMPOTENCY_KEY_LIFETIME:
        record.delete()
        return _claim(request, key)
    if record.fingerprint != fingerprint:
        raise ActionError("idempotency_key_reused", _("This Idempotency-Key was used for another request."))
    if record.status is not None:
        raise _Replay(record)
    if record.created_at > timezone.now() - _TAKE_OVER_AFTER:
        message = _("The first request with this key is still running.")
        raise ActionError("idempotency_key_reused", message, retry_after=1)
    return record


def _fingerprint(request: Request) -> str:
    digest = hashlib.sha256(f"{request.method} {request.path}\n".encode())
    for name, values in sorted(request.FILES.lists()) if request.FILES else []:
        for upload in values:
            digest.update(f"{name}:{upload.name}:{upload.size}\n".encode("utf-8", "replace"))
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
    if not request.FILES:
        digest.update(json.dumps(request.data, sort_keys=True, default=str).encode("utf-8", "replace"))
    return digest.hexdigest()
