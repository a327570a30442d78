"""How a call of the API says who calls: a bearer token, or the pages' session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, Token

from huleedu.accounts.models import User
from huleedu.accounts.tokens import FAMILY_CLAIM, belongs_to, user_id_of


class BearerAuthentication(JWTAuthentication):
    """An access token. First in the settings, so that every 401 asks for `Bearer`.

    Whatever is wrong with a token, the answer is the same 401.
    """

    def authenticate_header(self, request: Request) -> str:
        """The value of `WWW-Authenticate`."""
        return "Bearer"

    def get_validated_token(self, raw_token: bytes) -> Token:
        """The token, its signature and times checked. Raises AuthenticationFailed."""
        try:
            return AccessToken(raw_token)  # type: ignore[arg-type]  # the library's annotation; it takes signed bytes
        except TokenError as error:
            raise _refused() from error

    def get_user(self, validated_token: Token) -> Any:
        """Whose token it is, in one statement. Raises AuthenticationFailed."""
        try:
            public_id, family = user_id_of(validated_token), UUID(str(validated_token[FAMILY_CLAIM]))
        except (KeyError, ValueError) as error:
            raise _refused() from error
        user = User.objects.filter(
            public_id=public_id, is_active=True, token_families=family, token_families__revoked_at=None
        ).first()
        if user is None or not belongs_to(validated_token, user):
            raise _refused()
        return user


class PageSessionAuthentication(SessionAuthentication):
    """The session of the pages; unsafe calls need the CSRF token (403 without)."""

    def authenticate_header(self, request: Request) -> str:
        """The same as for tokens: 401, never 403, for a caller we do not know."""
        return "Bearer"


def _refused() -> AuthenticationFailed:
    return AuthenticationFailed(_("The token is no longer valid. Sign in again."))
