"""The one error an action raises, and the HTTP status each code answers with."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from huleedu.common.text import has_personal_number

STATUS: dict[str, int] = {
    "validation_error": 400,
    "parse_error": 400,
    "invalid_credentials": 401,
    "token_reused": 401,
    "not_authenticated": 401,
    "permission_denied": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "batch_locked": 409,
    "still_reading": 409,
    "illegal_transition": 409,
    "version_conflict": 409,
    "not_certain": 409,
    "not_undoable": 409,
    "has_texts": 409,
    "has_decisions": 409,
    "file_too_large": 413,
    "too_many_files": 413,
    "quota_exceeded": 413,
    "unsupported_media_type": 415,
    "idempotency_key_reused": 422,
    "throttled": 429,
    "internal_error": 500,
    "unavailable": 503,
    "orchestrator_unavailable": 503,
}


class ActionError(Exception):
    """An action refused to act. Mapped once for the API (problem+json) and once for pages (a message).

    `code` is one of `STATUS`; `message` is a translatable sentence for the user; `field` names the input it is about;
    `current` is, on a version conflict, what GET would give now; `retry_after` is in seconds.
    """

    def __init__(
        self,
        code: str,
        message: str | Promise,
        *,
        field: str | None = None,
        current: Any = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(code)
        if code not in STATUS:
            raise ValueError(f"unknown error code {code}")
        self.code = code
        self.message = message
        self.field = field
        self.current = current
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status of the answer."""
        return STATUS[self.code]


def refuse_personal_number(value: str, *, field: str) -> None:
    """Raises ActionError `validation_error` about `field` where `value` holds a personal identity number."""
    if has_personal_number(value):
        message = _("Personal identity numbers are not kept here. Remove the number.")
        raise ActionError("validation_error", message, field=field)
