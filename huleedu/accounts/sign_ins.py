"""Where a person is signed in: browsers by their session, programs by their tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from huleedu.accounts.models import BrowserSignIn, TokenFamily, User

_BROWSERS = (
    *(("Edg", "Edge"), ("OPR", "Opera"), ("Firefox|FxiOS", "Firefox")),
    *(("Chrom|CriOS", "Chrome"), ("Safari", "Safari")),
)
_SYSTEMS = (
    *(("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS")),
    *(("Windows", "Windows"), ("Mac OS", "Mac"), ("Linux", "Linux")),
)
"""What to look for in a browser's own description, and what it is called; the first that is found counts."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """One of them. `device` is empty where the browser does not say what it is."""

    id: UUID
    since: datetime
    device: str = ""
    is_program: bool = False
    is_this: bool = False


def device_of(description: str) -> str:
    """`Firefox, Windows` of a `User-Agent`: no more of it is kept than a person needs to know their own device."""
    return ", ".join(filter(None, (_first(_BROWSERS, description), _first(_SYSTEMS, description))))


def _first(of: Sequence[tuple[str, str]], description: str) -> str:
    return next((name for pattern, name in of if re.search(pattern, description)), "")


def signed_in(user: User, session_key: str | None) -> list[SignedIn]:
    """This browser first, then the newest. Two statements."""
    now = timezone.now()
    found = [
        SignedIn(row.pk, row.created_at, row.device, is_this=row.session_id == session_key)
        for row in BrowserSignIn.objects.filter(user=user, session__expire_date__gt=now)
    ]
    families = TokenFamily.objects.filter(user=user, revoked_at=None, expires_at__gt=now)
    found += [SignedIn(family.pk, family.created_at, is_program=True) for family in families]
    return sorted(found, key=lambda each: (each.is_this, each.since), reverse=True)
