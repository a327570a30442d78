"""The base of every call between services: a key, a limit, and no place in the public schema."""

from __future__ import annotations

from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.views import APIView

from huleedu.common.throttling import RateThrottle
from huleedu.internal_api.authentication import InternalKeyAuthentication


class InternalRateThrottle(RateThrottle):
    """Per address of the calling service."""

    scope = "internal"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """One counter per address."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class InternalView(APIView):
    """A call of `/internal/v1/`. Refusals have the public API's shape; docs/internal-api.md is its description."""

    authentication_classes = [InternalKeyAuthentication]
    permission_classes = [IsAuthenticated]
    throttle_classes = [InternalRateThrottle]
    schema = None
