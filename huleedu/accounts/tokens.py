"""What the API's tokens hold: whose they are, which sign-in they came from, and for how long. Reads no table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch, get_md5_hash_password

from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

FAMILY_CLAIM = "family"
"""Names the sign-in (TokenFamily) that a token came from, so that revoking it ends its access tokens at once too."""


@dataclass(frozen=True, slots=True)
class TokenPair:
    """A signed access and refresh token."""

    access: str
    refresh: str
    expires_in: int
    """Seconds the access token holds."""
    refresh_jti: str
    refresh_expires_at: datetime


def make_pair(user: User, family: UUID) -> TokenPair:
    """New tokens of `user` in one sign-in. The access token takes the claims of the refresh token over."""
    refresh = RefreshToken.for_user(user)
    refresh[FAMILY_CLAIM] = str(family)
    return TokenPair(
        access=str(refresh.access_token),
        refresh=str(refresh),
        expires_in=int(settings.ACCESS_TOKEN_LIFETIME.total_seconds()),
        refresh_jti=jti_of(refresh),
        refresh_expires_at=datetime_from_epoch(refresh["exp"]),
    )


def verified_refresh(text: str) -> Token:
    """The refresh token in `text`. Raises ActionError `not_authenticated` where it is no good."""
    try:
        token = RefreshToken(text)  # type: ignore[arg-type]  # the library's annotation; it takes the signed text
        UUID(str(token[FAMILY_CLAIM]))
        user_id_of(token)
    except (TokenError, KeyError, ValueError) as error:
        raise ActionError("not_authenticated", _("The token is no longer valid. Sign in again.")) from error
    return token


def user_id_of(token: Token) -> UUID:
    """`public_id` of the token's user. Raises KeyError or ValueError where the claim is not one."""
    return UUID(str(token[api_settings.USER_ID_CLAIM]))


def jti_of(token: Token) -> str:
    """The token's own id."""
    return str(token[api_settings.JTI_CLAIM])


def belongs_to(token: Token, user: User) -> bool:
    """Whether the token was made for `user` with the password the user has now."""
    expected = get_md5_hash_password(user.password)
    return constant_time_compare(str(token.get(api_settings.REVOKE_TOKEN_CLAIM)), expected)
