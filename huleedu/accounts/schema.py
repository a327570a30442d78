"""How the API's schema describes signing in."""

from __future__ import annotations

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme


class BearerScheme(SimpleJWTScheme):  # type: ignore[no-untyped-call]  # registers itself by being defined
    """An access token of `auth/token/`."""

    target_class = "huleedu.accounts.authentication.BearerAuthentication"
    name = "bearer"


class PageSessionScheme(SessionScheme):  # type: ignore[no-untyped-call]  # registers itself by being defined
    """The session of the pages."""

    target_class = "huleedu.accounts.authentication.PageSessionAuthentication"
    name = "session"
