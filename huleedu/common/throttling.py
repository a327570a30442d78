"""Limits on how often one person may call. They live in Valkey and fail open when it is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = structlog.get_logger(__name__)


def hidden(value: str) -> str:
    """What stands for an address in Valkey: the same for the same one, and no list of addresses finds out which."""
    return salted_hmac("huleedu.throttling", value.encode("utf-8", "replace"), algorithm="sha256").hexdigest()[:32]


class RateThrottle(SimpleRateThrottle):
    """DRF's sliding window with the rates of `settings.API_RATES` and without a failure when the cache is down."""

    def get_rate(self) -> str | None:
        """The rate of this throttle's scope; None (no limit) where it is empty."""
        return settings.API_RATES.get(self.scope or "") or None

    def get_ident(self, request: Any) -> str:
        """The caller's address, hidden."""
        return hidden(super().get_ident(request))

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether the call may go on; a cache that does not answer lets it."""
        try:
            return bool(super().allow_request(request, view))
        except Exception:
            logger.warning("rate_limit_unavailable", exc_info=True)
            return True


class UserRateThrottle(RateThrottle):
    """Per person: reading, writing and uploading each have their own limit. A view names `throttle_scope` to differ."""

    def __init__(self) -> None:
        """The rate is known when the request is."""

    def allow_request(self, request: Any, view: Any) -> bool:
        """Choose the scope by method, then count."""
        reading = request.method in ("GET", "HEAD", "OPTIONS")
        self.scope = "read" if reading else getattr(view, "throttle_scope", "write")
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        """One counter per person and scope; anonymous calls are counted per address."""
        ident = str(request.user.pk) if request.user and request.user.is_authenticated else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}


class CountingThrottle(RateThrottle):
    """Counts with one atomic step of the cache, so that tries at the same moment are each counted.

    The period begins with the first try; refused ones count too, and do not make it longer.
    """

    num_requests: int | None
    duration: int | None
    _since: float

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether the try may go on; a cache that does not answer lets it."""
        key = self.get_cache_key(request, view)
        if self.rate is None or key is None or not self.num_requests or not self.duration:
            return True
        try:
            cache.add(f"{key}:since", self.timer(), timeout=self.duration)
            cache.add(key, 0, timeout=self.duration)
            allowed = bool(cache.incr(key) <= self.num_requests)
            self._since = cache.get(f"{key}:since") or self.timer()
        except Exception:
            logger.warning("rate_limit_unavailable", exc_info=True)
            return True
        return allowed

    def wait(self) -> float:
        """Seconds until the period ends."""
        return float(self._since + (self.duration or 0) - self.timer())


class SignInThrottle(CountingThrottle):
    """Per address and account, both hidden."""

    scope = "sign_in"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """`request` may be Django's (pages) or DRF's (API)."""
        data: Any = request.data if isinstance(request, Request) else request.POST
        account = str(data.get("email") or data.get("username") or "") if hasattr(data, "get") else ""
        # In capitals, as the database compares addresses: there a dotless i is an I, in small letters it is not an i.
        ident = f"{self.get_ident(request)}:{hidden(account.strip().upper())}"
        return self.cache_format % {"scope": self.scope, "ident": ident}


ACCOUNTS_PER_ADDRESS = 30
"""How many accounts' tries one address has: enough for a school behind one address, not for a list of addresses."""


class SignInAddressThrottle(CountingThrottle):
    """Per address, whatever the account: one password tried on many accounts is stopped too."""

    scope = "sign_in"

    def parse_rate(self, rate: str | None) -> tuple[int | None, int | None]:
        """`ACCOUNTS_PER_ADDRESS` times the rate of one account."""
        number, duration = super().parse_rate(rate)
        return (number * ACCOUNTS_PER_ADDRESS if number else number), duration

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """`request` may be Django's (pages) or DRF's (API)."""
        return self.cache_format % {"scope": f"{self.scope}_address", "ident": self.get_ident(request)}


SIGN_IN_THROTTLES = (SignInThrottle, SignInAddressThrottle)


def seconds_until_sign_in(request: HttpRequest) -> int | None:
    """Count a page's sign-in attempt. None if it may go on, else the seconds to wait."""
    refusing = [throttle for throttle in (made() for made in SIGN_IN_THROTTLES) if _refuses(throttle, request)]
    return max(max(1, int(throttle.wait() or 60)) for throttle in refusing) if refusing else None


def _refuses(throttle: RateThrottle, request: HttpRequest) -> bool:
    return throttle.rate is not None and not throttle.allow_request(request, None)
