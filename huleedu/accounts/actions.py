"""Every change to people, their sign-ins and their passwords. Locks the user's row first where it changes it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from huleedu.accounts.links import email_change_tokens
from huleedu.accounts.models import BrowserSignIn, Letter, NoticeRead, School, SocketTicket, TokenFamily, User
from huleedu.accounts.notices import LETTERS_KEPT, NOTICE_DAYS, NoticeKind
from huleedu.accounts.tokens import FAMILY_CLAIM, TokenPair, belongs_to, jti_of, make_pair, user_id_of, verified_refresh
from huleedu.common.actions import action
from huleedu.common.errors import ActionError, refuse_personal_number
from huleedu.common.text import clean_line
from huleedu.realtime.delivery import close_user, session_tag

TICKET_SECONDS = 30
"""How long a socket ticket holds."""
PREFERENCES: dict[str, Collection[Any]] = {
    "language": dict(settings.LANGUAGES),
    "theme": User.Theme.values,
    "density": User.Density.values,
    "shortcuts": User.Shortcuts.values,
    "go_on": (True, False),
}
"""How a person wants the pages: field to what it may be."""
NOTICES = ("page_notices", "email_notices")
"""Which notices a person wants where, each a list of `NoticeKind`."""

# --- people ----------------------------------------------------------------------------------------------------------


@action
def create_teacher(email: str, *, display_name: str = "", school_name: str = "", actor: User | None = None) -> User:
    """A teacher without a password, at a school that is made where it is new. `validation_error` names the field."""
    email = _checked_email(email)
    _refuse_taken(email)
    school_name = clean_line(school_name)[:200]
    refuse_personal_number(school_name, field="school_name")
    school = None
    if school_name:
        school, _made = School.objects.get_or_create(name__iexact=school_name, defaults={"name": school_name})
    with _one_account_per_address():
        return User.objects.create_user(email, display_name=_checked_name(display_name), school=school)


@action
def update_profile(user: User, *, changes: dict[str, Any], actor: User) -> User:
    """Change `display_name`, one of `PREFERENCES` or of `NOTICES`.

    Raises ActionError `validation_error` naming the field.
    """
    user = _lock(user)
    if "display_name" in changes:
        user.display_name = _checked_name(changes["display_name"])
    for field, allowed in PREFERENCES.items():
        if field in changes:
            if changes[field] not in allowed:
                raise ActionError("validation_error", _("There is no such choice."), field=field)
            setattr(user, field, changes[field])
    had = set(user.email_notices)
    for field in NOTICES:
        if field in changes:
            setattr(user, field, _checked_kinds(changes[field], field))
    if set(user.email_notices) - had:
        user.letters_from = timezone.now()
    user.save(update_fields=["display_name", *PREFERENCES, *NOTICES, "letters_from"])
    return user


@action
def see_activity(user: User, *, actor: User) -> User:
    """Mark all that has happened so far as read."""
    user = _lock(user)
    user.activity_seen_at = timezone.now()
    user.save(update_fields=["activity_seen_at"])
    NoticeRead.objects.filter(user=user, read_to__lte=user.activity_seen_at).delete()
    return user


@action
def read_notice(user: User, *, notice: UUID, to: datetime, actor: User) -> None:
    """Mark one notice as read as far as it goes now: `to` is the moment of the last thing in it."""
    read, created = NoticeRead.objects.get_or_create(user=user, notice=notice, defaults={"read_to": to})
    if not created:
        NoticeRead.objects.filter(pk=read.pk, read_to__lt=to).update(read_to=to)


@action
def set_active(user: User, *, active: bool, actor: User) -> User:
    """Let a person sign in, or no longer. A person turned away is signed out everywhere at once."""
    user = _lock(user)
    if user.is_active != active:
        user.is_active = active
        user.save(update_fields=["is_active"])
    if not active:
        _end_sign_ins(user)
    return user


@action
def sign_out_everywhere(user: User, *, actor: User) -> User:
    """End all sessions, tokens and sockets of a person."""
    user = _lock(user)
    _end_sign_ins(user)
    return user


@action
def note_browser(user: User, *, session_key: str, device: str, actor: User) -> None:
    """Note that the person is signed in with this session. Once it has ended nothing is left of it."""
    if Session.objects.filter(pk=session_key).exists():
        BrowserSignIn.objects.update_or_create(session_id=session_key, defaults={"user": user, "device": device})


@action
def end_sign_in(user: User, *, sign_in: UUID, actor: User) -> bool:
    """End one session, or one sign-in of a program. False where it has ended already or is another's."""
    user = _lock(user)
    browser = BrowserSignIn.objects.filter(user=user, pk=sign_in).select_related("session").first()
    if browser is None:
        return _end_family(TokenFamily.objects.filter(user=user, pk=sign_in))
    close_user(user.pk, browser.session_id)
    browser.session.delete()
    return True


# --- password and address --------------------------------------------------------------------------------------------


@action
def set_password(user: User, *, password: str, actor: User) -> User:
    """Set a password that was checked before. Ends all tokens and sockets; Django ends the other sessions."""
    user = _lock(user)
    user.set_password(password)
    user.save(update_fields=["password"])
    _revoke_families(user)
    close_user(user.pk)
    return user


@action
def ask_for_email_change(user: User, *, email: str, actor: User) -> User:
    """Keep the new address until it is confirmed.

    One that somebody has is kept too and fails on confirming: the answer here must not tell who has an account.
    """
    user = _lock(user)
    user.new_email = _checked_email(email)
    user.save(update_fields=["new_email"])
    return user


@action
def confirm_email_change(user: User, *, token: str, actor: User) -> User:
    """Take the new address into use, once. Raises ActionError `validation_error` where the link does not hold."""
    user = _lock(user)
    if not user.new_email or not email_change_tokens.check_token(user, token):
        raise ActionError("validation_error", _("This link has been used or is too old. Ask for a new one."))
    _refuse_taken(user.new_email, but=user)
    user.email, user.new_email = user.new_email, ""
    with _one_account_per_address():
        user.save(update_fields=["email", "new_email"])
    return user


# --- tokens and tickets ----------------------------------------------------------------------------------------------


@action
def issue_tokens(user: User, *, actor: User) -> TokenPair:
    """Begin a sign-in through the API."""
    family = TokenFamily(user=user)
    pair = make_pair(user, family.pk)
    family.current_jti, family.expires_at = pair.refresh_jti, pair.refresh_expires_at
    family.save(force_insert=True)
    return pair


@action
def rotate_tokens(refresh: str) -> TokenPair | None:
    """New tokens for the newest refresh token. None where an older one came: the whole sign-in is revoked then.

    Of two calls with the same token, one waits for the other's lock and then counts as reuse. Raises ActionError
    `not_authenticated` for a token that is forged, expired, revoked, or of a person who may not sign in.
    """
    token = verified_refresh(refresh)
    family = (
        TokenFamily.objects.select_for_update(no_key=True, of=("self",))
        .select_related("user")
        .filter(pk=token[FAMILY_CLAIM], user__public_id=user_id_of(token), revoked_at=None)
        .first()
    )
    if family is None or not family.user.is_active or not belongs_to(token, family.user):
        raise ActionError("not_authenticated", _("The token is no longer valid. Sign in again."))
    if not constant_time_compare(family.current_jti, jti_of(token)):
        _end_family(TokenFamily.objects.filter(pk=family.pk))
        return None
    pair = make_pair(family.user, family.pk)
    family.current_jti, family.expires_at = pair.refresh_jti, pair.refresh_expires_at
    family.save(update_fields=["current_jti", "expires_at"])
    return pair


@action
def revoke_tokens(refresh: str) -> None:
    """End the sign-in a refresh token came from. A second time changes nothing; a forged token raises ActionError."""
    token = verified_refresh(refresh)
    _end_family(TokenFamily.objects.filter(pk=token[FAMILY_CLAIM], user__public_id=user_id_of(token)))


@action
def issue_ticket(user: User, *, sign_in: str | None, actor: User) -> str:
    """A one-time pass for a WebSocket, good for `TICKET_SECONDS`. Only its hash is kept.

    The socket closes when `sign_in`, a session's key or the id of a `TokenFamily`, ends.
    """
    ticket, expires_at = secrets.token_urlsafe(32), timezone.now() + timedelta(seconds=TICKET_SECONDS)
    session = session_tag(sign_in) or ""
    SocketTicket.objects.create(user=user, digest=digest(ticket), session=session, expires_at=expires_at)
    return ticket


@action
def redeem_ticket(ticket: str) -> SocketTicket | None:
    """Use a ticket up: the row that it was, None where it is unknown, used, too old or whose person may not sign in.

    Deleting is what decides between two sockets with the same ticket: only one of them removes the row.
    """
    row = SocketTicket.objects.select_related("user").filter(digest=digest(ticket)).first()
    if row is None:
        return None
    deleted, _rows = SocketTicket.objects.filter(pk=row.pk).delete()
    holds = deleted and row.expires_at > timezone.now() and row.user.is_active
    return row if holds else None


@action
def purge_expired() -> None:
    """Forget sign-ins and tickets that can no longer be used, notices read long ago and letters that went out."""
    now = timezone.now()
    NoticeRead.objects.filter(read_to__lt=now - timedelta(days=NOTICE_DAYS)).delete()
    Letter.objects.filter(created_at__lt=now - LETTERS_KEPT).delete()
    TokenFamily.objects.filter(expires_at__lt=now).delete()
    SocketTicket.objects.filter(expires_at__lt=now).delete()


# --- pieces ----------------------------------------------------------------------------------------------------------


def digest(ticket: str) -> str:
    """What is stored of a ticket."""
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()


def _lock(user: User) -> User:
    locked = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
    if locked is None:
        raise ActionError("not_found", _("The account is not there any more."))
    return locked


def _end_sign_ins(user: User) -> None:
    user.session_generation += 1
    user.save(update_fields=["session_generation"])
    _revoke_families(user)
    close_user(user.pk)


def _end_family(families: QuerySet[TokenFamily]) -> bool:
    """End the one sign-in of a program, with its tickets and sockets. False where it has ended already."""
    family = families.select_for_update(no_key=True).filter(revoked_at=None).first()
    if family is None:
        return False
    family.revoked_at = timezone.now()
    family.save(update_fields=["revoked_at"])
    SocketTicket.objects.filter(session=session_tag(str(family.pk))).delete()
    close_user(family.user_id, str(family.pk))
    return True


def _revoke_families(user: User) -> None:
    SocketTicket.objects.filter(user=user).delete()
    BrowserSignIn.objects.filter(user=user).delete()
    TokenFamily.objects.filter(user=user, revoked_at=None).update(revoked_at=timezone.now())


def _checked_name(value: str) -> str:
    name = clean_line(value or "")
    if len(name) > 150:
        raise ActionError("validation_error", _("The name is too long: at most 150 characters."), field="display_name")
    refuse_personal_number(name, field="display_name")
    return name


def _checked_kinds(value: Iterable[str], field: str) -> list[str]:
    """In their own order, each once."""
    wanted = set(value)
    if not wanted <= set(NoticeKind.values):
        raise ActionError("validation_error", _("There is no such choice."), field=field)
    return [kind for kind in NoticeKind.values if kind in wanted]


def _checked_email(value: str) -> str:
    email = User.objects.normalize_email(clean_line(value or ""))
    try:
        validate_email(email)
    except ValidationError as error:
        raise ActionError("validation_error", _("This is not an e-mail address."), field="email") from error
    if len(email) > 254:
        raise ActionError("validation_error", _("The e-mail address is too long."), field="email")
    refuse_personal_number(email, field="email")
    return email


def _refuse_taken(email: str, *, but: User | None = None) -> None:
    others = User.objects.exclude(pk=but.pk) if but else User.objects.all()
    if others.filter(email__iexact=email).exists():
        raise _taken()


@contextmanager
def _one_account_per_address() -> Iterator[None]:
    """What the constraint refuses because somebody took the address in the meantime reads as if seen before."""
    try:
        yield
    except IntegrityError as error:
        raise _taken() from error


def _taken() -> ActionError:
    return ActionError("validation_error", _("There is already an account with this address."), field="email")
