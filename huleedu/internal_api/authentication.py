"""Who calls between services: whoever knows a key. Never a session, never a token of a person."""

from __future__ import annotations

import hmac

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from huleedu.observability.metrics import INTERNAL_REFUSED

HEADER = "X-Internal-API-Key"


class Service(AnonymousUser):
    """A sister service. It is nobody in the database, so no rule for people lets it in anywhere."""

    public_id = None

    @property
    def is_authenticated(self) -> bool:  # type: ignore[override]
        """It showed a key."""
        return True


class InternalKeyAuthentication(BaseAuthentication):
    """`X-Internal-API-Key` with one of `settings.INTERNAL_API_KEYS`; without any set, nobody gets in."""

    def authenticate(self, request: Request) -> tuple[Service, None]:
        """The service. Raises AuthenticationFailed for a missing key as for a wrong one."""
        if not is_key(request.headers.get(HEADER, "")):
            INTERNAL_REFUSED.inc()
            raise AuthenticationFailed(_("The key is missing or wrong."))
        return Service(), None

    def authenticate_header(self, request: Request) -> str:
        """The value of `WWW-Authenticate`, which makes it a 401."""
        return HEADER


def is_key(given: str) -> bool:
    """Whether `given` is a live key. Takes as long whichever key it is and wherever it differs."""
    found = [hmac.compare_digest(given.encode(), key.encode()) for key in settings.INTERNAL_API_KEYS if key]
    return any(found)
