"""What is wrong with what a page was sent: for the summary above the page, and for its title."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.forms import BaseForm, BoundField
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from huleedu.common.errors import ActionError

register = template.Library()


@dataclass(frozen=True, slots=True)
class PageError:
    """One sentence, and the id of the control it is about; empty where it is about the whole."""

    message: str
    target: str = ""


@register.simple_tag(takes_context=True)
def page_errors(context: Context) -> list[PageError]:
    """Those of `form`, which is the one that was sent where a page has several, and of `refusals`.

    Refusals are the ActionErrors of a page that shows what was typed. The control of one with a `field` has the id
    `id_<field>`.
    """
    form = context.get("form")
    found = _of_form(form) if isinstance(form, BaseForm) and form.errors else []
    refusals: list[ActionError] = context.get("refusals") or []
    return found + [PageError(str(each.message), f"id_{each.field}" if each.field else "") for each in refusals]


@register.simple_tag(takes_context=True)
def invalid(context: Context, field: str, hint: str = "") -> SafeString:
    """The attributes of a control that is not a Django form's: the id of its `hint`, and whether it is refused.

    Why stands in `_refusal.html`.
    """
    refusals: list[ActionError] = context.get("refusals") or []
    if any(each.field == field for each in refusals):
        return format_html(' aria-invalid="true" aria-describedby="{}"', f"{hint} id_{field}_error".lstrip())
    return format_html(' aria-describedby="{}"', hint) if hint else SafeString("")


def _of_form(form: BaseForm) -> list[PageError]:
    found = [PageError(str(message)) for message in form.non_field_errors()]
    for field in form:
        label = "" if field.is_hidden else f"{capfirst(str(field.label))}: "
        found += [PageError(f"{label}{message}", _control(field)) for message in field.errors]
    return found


def _control(field: BoundField) -> str:
    """The id of the field's control, or of the first where it has several; empty where nobody sees it."""
    if field.is_hidden:
        return ""
    return str(field.id_for_label or next((each.id_for_label for each in field.subwidgets), ""))
