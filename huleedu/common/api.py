"""The base of every viewset: one answer per Idempotency-Key."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.files.base import File
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from huleedu.common.access import Gate, noting_access, pass_again, still_open
from huleedu.common.errors import ActionError
from huleedu.common.idempotency import current_key
from huleedu.common.models import IdempotencyKey

if TYPE_CHECKING:
    from huleedu.accounts.models import User

_TAKE_OVER_AFTER = timedelta(minutes=2)
"""A first request that has not answered by then counts as dead: one next one with its key is let through."""


class _Replay(Exception):  # noqa: N818  (an answer, not an error)
    """The key was seen before: answer as then."""

    def __init__(self, record: IdempotencyKey) -> None:
        super().__init__("replay")
        self.record = record


class ApiViewSet(GenericViewSet[Any]):
    """Base of every viewset: unsafe calls by a signed-in person honour `Idempotency-Key`."""

    _record: IdempotencyKey | None = None
    _gates: list[Gate]

    @property
    def person(self) -> User:
        """Who calls: permissions let nobody in who is not signed in."""
        return cast("User", self.request.user)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer, noting what the person needs access to."""
        with noting_access() as self._gates:
            try:
                return super().dispatch(request, *args, **kwargs)
            finally:
                current_key.set(0)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication and throttling, look the key up."""
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key", "")
        if key and request.method not in ("GET", "HEAD", "OPTIONS"):
            self._record = _claim(request, key)
            current_key.set(self._record.pk)

    def handle_exception(self, exc: Exception) -> Response:
        """A replay is an answer, not an error."""
        if isinstance(exc, _Replay):
            return Response(exc.record.body, status=exc.record.status, headers={"Idempotent-Replayed": "true"})
        return super().handle_exception(exc)

    def finalize_response(self, request: Any, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Keep a success for the key; forget the key on a refusal, so that a corrected call may use it."""
        record, self._record = self._record, None
        if record is not None:
            # A call that took this one for dead has moved the moment: the key is that call's.
            row = IdempotencyKey.objects.filter(pk=record.pk, created_at=record.created_at)
            if response.status_code < 300:
                data = getattr(response, "data", None)
                # The body first: whoever has it forgotten meanwhile finds it, or has said so before.
                row.filter(keeps_body=True).update(body=json.loads(JSONRenderer().render(data) or b"null"))
                row.update(status=response.status_code, gates=still_open(list(self._gates), self.person))
            else:
                row.delete()
        return super().finalize_response(request, response, *args, **kwargs)


def _claim(request: Request, key: str) -> IdempotencyKey:
    """Take the key for this request. Raises _Replay, or ActionError `idempotency_key_reused`.

    Raises also what a gate of the first call raises where it lets the person through no longer.
    """
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
        pass_again(record.gates, request.user)
        raise _Replay(record)
    now = timezone.now()
    # Whoever moves the moment takes the call over; of several that try at once one does.
    mine = IdempotencyKey.objects.filter(pk=record.pk, status=None, created_at=record.created_at)
    if record.created_at > now - _TAKE_OVER_AFTER or not mine.update(created_at=now):
        message = _("The first request with this key is still running.")
        raise ActionError("idempotency_key_reused", message, retry_after=1)
    record.created_at = now
    return record


def _fingerprint(request: Request) -> str:
    """SHA-256 of all that makes the request this one: method, path, query, fields, and files by content."""
    data: Any = request.data
    fields = data
    if isinstance(data, MultiValueDict):
        fields = {name: [value for value in values if not isinstance(value, File)] for name, values in data.lists()}
    described = [request.method, request.get_full_path(), fields]
    digest = hashlib.sha256(json.dumps(described, sort_keys=True, default=str).encode())
    for name, uploads in sorted(request.FILES.lists()):
        for upload in uploads:
            digest.update(json.dumps([name, upload.name, upload.size]).encode())
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
    return digest.hexdigest()
