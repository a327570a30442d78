"""How a call of the API says who calls: a bearer token, or the pages' session."""

from __future__ import annotations

from uuid import UUID

from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import Token
from rest_framework_simplejwt.utils import get_md5_hash_password

from huleedu.accounts.models import User

FAMILY_CLAIM = "family"
"""Names the sign-in (TokenFamily) that a token came from, so that revoking it also ends access tokens at once."""


class BearerAuthentication(JWTAuthentication):
    """An access token. First in the settings, so that every 401 asks for `Bearer`."""

    def authenticate_header(self, request: Request) -> str:
        """The value of `WWW-Authenticate`."""
        return "Bearer"

    def get_user(self, validated_token: Token) -> User:
        """Whose token it is, in one statement. Raises AuthenticationFailed, whatever the cause, in the same words."""
        user = user_of(validated_token)
        if user is None:
            raise AuthenticationFailed(_("The token is no longer valid. Sign in again."))
        return user


class PageSessionAuthentication(SessionAuthentication):
    """The session of the pages; unsafe calls need the CSRF token."""

    def authenticate_header(self, request: Request) -> str:
        """The same as for tokens: a 401, never a 403, for whom we do not know."""
        return "Bearer"


def user_of(token: Token) -> User | None:
    """The active user of a verified token whose sign-in still counts and whose password is still the same."""
    try:
        public_id, family = UUID(str(token[api_settings.USER_ID_CLAIM])), UUID(str(token[FAMILY_CLAIM]))
    except (KeyError, ValueError) as error:
        raise InvalidToken(_("The token is no longer valid. Sign in again.")) from error
    user = User.objects.filter(
        public_id=public_id, is_active=True, token_families=family, token_families__revoked_at=None
    ).first()
    if user is None:
        return None
    same = constant_time_compare(
        str(token.get(api_settings.REVOKE_TOKEN_CLAIM)), get_md5_hash_password(user.password) or ""
    )
    return user if same else None
