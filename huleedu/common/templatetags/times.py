"""Days and times on pages, for people and for programs."""

from __future__ import annotations

from datetime import date

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter(expects_localtime=True)
def moment(value: date | None, name: str) -> SafeString | str:
    """A `<time>` in the format with the name (`DAY_TIME`); empty without a value."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_format(value, name)) if value else ""
