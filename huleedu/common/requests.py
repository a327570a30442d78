"""What a page's view is given: a signed-in person and htmx's headers (middleware sees to both). What is no page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _
from django_htmx.middleware import HtmxDetails

from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User


V = TypeVar("V", bound=Callable[..., Any])


class PageRequest(HttpRequest):
    """Never made, only named in annotations."""

    user: User  # LoginRequiredMiddleware lets nobody else through
    htmx: HtmxDetails


def is_api(request: HttpRequest) -> bool:
    """Whether a program asks, and gets its errors as JSON."""
    return request.path.startswith(("/api/", "/internal/"))


def keeps_typed(*names: str) -> Callable[[V], V]:
    """Mark a page whose form holds what a person typed: a page that only says why it was refused shows it again."""

    def mark(view: V) -> V:
        view.typed = names  # type: ignore[attr-defined]  # a function has what one gives it
        return view

    return mark


def typed_text(request: HttpRequest) -> str:
    """What was typed into the fields that the page's view has marked, for the person to copy. Empty where nothing."""
    view = request.resolver_match.func if request.resolver_match else None
    values = [request.POST.get(name, "") for name in getattr(view, "typed", ())]
    return "\n".join(value for value in values if value.strip())


def uuid_or_none(value: str) -> UUID | None:
    """What a form or an address sends in the place of an id; none where it is not one."""
    try:
        return UUID(value)
    except ValueError:
        return None


def version_seen(values: QueryDict) -> int:
    """The `version` that the person saw, as a form or its address sends it.

    Raises ActionError `validation_error` where there is none, or none that can be one: a change without it could
    overwrite somebody else's.
    """
    value = values.get("version", "")
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ActionError("validation_error", _("The page is out of date. Open it again."), field="version")
    return int(value)
