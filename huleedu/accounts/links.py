"""One-time links sent by e-mail: to set a password, to confirm a new address."""

from __future__ import annotations

from typing import cast

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.tokens import PasswordResetTokenGenerator, default_token_generator
from django.urls import reverse

from huleedu.accounts.models import User


class EmailChangeTokens(PasswordResetTokenGenerator):
    """Tokens that hold until the address, the asked-for address or the password changes, at most
    `PASSWORD_RESET_TIMEOUT`."""

    key_salt = "huleedu.accounts.email-change"

    def _make_hash_value(self, user: AbstractBaseUser, timestamp: int) -> str:
        person = cast("User", user)
        return f"{person.pk} {person.password} {person.email} {person.new_email} {timestamp}"


email_change_tokens = EmailChangeTokens()


def password_path(user: User) -> str:
    """Path of a page where `user` sets a password; works once, for `PASSWORD_RESET_TIMEOUT`."""
    return reverse("accounts:reset-confirm", args=[user.public_id, default_token_generator.make_token(user)])


def password_url(user: User) -> str:
    """The same with this installation's public address: what a visitor says is the host is in no letter."""
    return settings.PUBLIC_URL.rstrip("/") + password_path(user)


def email_change_path(user: User) -> str:
    """Path of the page where `user`, signed in, confirms the new address."""
    return reverse("accounts:email-confirm", args=[email_change_tokens.make_token(user)])


def email_change_url(user: User) -> str:
    """The same with this installation's public address."""
    return settings.PUBLIC_URL.rstrip("/") + email_change_path(user)
