"""E-mail addresses on narrow pages."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def address(email: str | None) -> SafeString | str:
    """The address, which breaks before its @ where it does not fit on a line, not within a name; empty without one."""
    name, at, host = (email or "").partition("@")
    return format_html("{}<wbr>{}{}", name, at, host) if at else name
