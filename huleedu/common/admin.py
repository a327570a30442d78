"""What support staff's lists and pages share: nothing can be changed there but by an errand, names are masked.

The templates are the product's own (`templates/admin`, `templates/support`); labels stand in `LABELS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from huleedu.common.errands import ErrandKind, as_action

LABELS: dict[str, Promise] = {
    "public_id": _("id"),
    "id": _("number"),
    "status": _("state"),
    "owner": _("owner"),
    "school": _("school"),
    "school_year": _("school year"),
    "course_code": _("course"),
    "version": _("version"),
    "generation": _("run"),
    "locked_at": _("locked"),
    "lock_reason": _("locked by"),
    "due_at": _("due"),
    "review_by": _("to be reviewed by"),
    "auto_confirm": _("confirms by itself"),
    "created_at": _("made"),
    "updated_at": _("changed"),
    "archived_at": _("archived"),
    "problem": _("reason"),
    "warning": _("remark"),
    "detected_type": _("type"),
    "size": _("size"),
    "words": _("words"),
    "is_pasted": _("pasted"),
    "personnummer_removed": _("numbers removed"),
    "attempts": _("tries"),
    "lease_until": _("held until"),
    "read_at": _("read"),
    "certainty": _("certainty"),
    "method": _("decided how"),
    "decided_at": _("decided"),
    "undone_at": _("undone"),
    "applied_at": _("imported"),
    "is_new": _("changed since seen"),
    "phase": _("phase"),
    "total": _("texts"),
    "successful": _("went well"),
    "failed": _("failed"),
    "error_info": _("error"),
    "started_at": _("begun"),
    "reported_at": _("last heard of"),
    "completed_at": _("ended"),
    "event_id": _("event id"),
    "event_type": _("name"),
    "aggregate": _("object"),
    "topic": _("topic"),
    "correlation_id": _("request"),
    "relayed_at": _("sent"),
    "dead_at": _("given up"),
    "put_aside_at": _("put aside"),
    "last_error": _("error class"),
    "email": _("e-mail address"),
    "display_name": _("name"),
    "role": _("role"),
    "is_active": _("may sign in"),
    "last_login": _("last seen"),
    "date_joined": _("joined"),
    "language": _("language"),
    "theme": _("theme"),
    "density": _("rows of tables"),
    "name": _("name"),
    "timestamp": _("time"),
    "actor": _("who"),
    "action": _("did"),
    "content_type": _("object"),
    "courses__code": _("course"),
}
"""What a field is called here, where its model says nothing or something else."""


def label_of(name: str) -> str:
    """The label of a field or of a path to one; empty where `LABELS` has none."""
    return str(LABELS.get(name) or LABELS.get(name.rpartition("__")[2]) or "")


def masked(value: str) -> str:
    """`Emil Berg` → `E*** B***`, `e.b@x.example` → `e***@***`."""
    if "@" in value:
        return f"{value[:1]}***@***"
    return " ".join(f"{word[:1]}***" for word in value.split())


def age(since: datetime | None) -> str:
    """How long ago, in the largest unit that says enough; empty for never."""
    return duration((timezone.now() - since).total_seconds()) if since else ""


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `7 min`, `3 h`, `2 days`."""
    if seconds < 1:
        return f"{max(seconds, 0):.1f} s"
    if seconds < 120:
        return f"{int(seconds)} s"
    if seconds < 7200:
        return f"{int(seconds // 60)} min"
    hours = int(seconds // 3600)
    return f"{hours} h" if hours < 48 else ngettext("%d day", "%d days", hours // 24) % (hours // 24)


class Choices(admin.SimpleListFilter):
    """A filter of named choices: `choices_of` gives each its label and what it keeps."""

    choices_of: ClassVar[dict[str, tuple[str | Promise, Callable[[QuerySet[Any]], QuerySet[Any]]]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The labels, with a capital as other filters have."""
        return [(key, capfirst(str(label))) for key, (label, _keep) in self.choices_of.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What the choice keeps."""
        choice = self.choices_of.get(self.value() or "")
        return choice[1](queryset) if choice else queryset


# --- numbers of the start page ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the start page with its filtered list; `alarming` where somebody should look."""

    number: str
    words: str
    address: str
    alarming: bool = False


FIGURES: list[Callable[[], Sequence[Figure]]] = []
"""What gives the start page's numbers, each registered by the app that knows it."""


def list_address(model: type[Model], **chosen: str) -> str:
    """The address of a model's list with filters."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist", query=chosen or None)


# --- lists and pages -------------------------------------------------------------------------------------------------


_KEY = re.compile(r"[0-9]{1,18}")
"""A key of a row: what fits into the database's number."""


class DeskList(ChangeList):
    """A list whose filters are called as `LABELS` says, and that is asked by nothing but them."""

    def get_filters(self, request: HttpRequest) -> Any:
        """As Django finds them, with our titles. Raises IncorrectLookupParameters for any other parameter.

        Django asks the database whatever an address asks of a field: `?given_name__startswith=A` would tell, sign by
        sign, what the list masks.
        """
        found = super().get_filters(request)
        unknown = found[2]
        if unknown or any("\0" in value for values in self.filter_params.values() for value in values):
            raise IncorrectLookupParameters
        for spec in found[0]:
            spec.title = label_of(getattr(spec, "field_path", "")) or spec.title
        return found


class ReadOnlyAdmin(admin.ModelAdmin[Any]):
    """A list and a page, no adding, changing or deleting: state machines change through actions only."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    errands: ClassVar[Sequence[ErrandKind]] = ()
    """What can be done with rows, each by one confirm page with a reason."""
    names: ClassVar[tuple[str | Promise, str | Promise] | None] = None
    """One and many, where the model's own names do not do."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """All support staff."""
        return bool(request.user.is_active and request.user.is_staff)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """All support staff."""
        return bool(request.user.is_active and request.user.is_staff)

    def named(self) -> tuple[str, str]:
        """What one row is called, and many."""
        one, many = self.names or (self.opts.verbose_name or "", self.opts.verbose_name_plural or "")
        return str(one), str(many)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Ours."""
        return DeskList

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The errands; Django's own (deleting) are none of ours."""
        return {kind.did: (as_action(kind), kind.did, str(kind.label)) for kind in self.errands}

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """As Django does, for keys that can be keys."""
        if not all(_KEY.fullmatch(key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)):
            raise Http404
        return super().response_action(request, queryset)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, in the product's table. An address that asks for what no filter offers leads to all of it."""
        _one, many = self.named()
        context = {"title": capfirst(many), "names": many, "asked_amiss": ERROR_FLAG in request.GET}
        answer = super().changelist_view(request, {**context, **(extra_context or {})})
        if getattr(answer, "template_name", "") == "admin/invalid_setup.html" and request.GET.keys() - {ERROR_FLAG}:
            return redirect(f"{request.path}?{ERROR_FLAG}=1")  # Django blames the database for a second bad address
        if isinstance(answer, TemplateResponse) and answer.context_data and "cl" in answer.context_data:
            shown = answer.context_data["cl"]
            answer.context_data |= {"table": table_of(shown, self), "pages": _pages_of(shown)}
            answer.context_data["filters"] = _filters_of(shown)
        return answer

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The page of one row: what it is, and what can be done with it."""
        if request.method != "GET" and not self.has_change_permission(request):
            raise PermissionDenied
        if self.has_change_permission(request):
            return super().change_view(request, object_id, form_url, extra_context)
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404
        one, many = self.named()
        context = {
            **self.admin_site.each_context(request),
            "title": self.title_of(row),
            "kind": capfirst(one),
            "list_name": capfirst(many),
            "list_address": list_address(self.model),
            "row": row,
            "facts": [self.fact(row, name) for name in map(str, self.get_fields(request))],
            "errands": [kind for kind in self.errands if kind.can_be_done(row, request.user)],
            **(extra_context or {}),
        }
        return TemplateResponse(request, self.page_template, context)

    page_template: ClassVar[str] = "support/row.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Django's own history of a row knows nothing here: the log does."""
        return redirect(reverse("admin:auditlog_logentry_changelist", query={"q": object_id}))

    def title_of(self, row: Any) -> str:
        """`Batch 0f3c…`: no name."""
        return f"{capfirst(self.named()[0])} {getattr(row, 'public_id', row.pk)}"

    def fact(self, row: Any, name: str) -> tuple[str, str]:
        """The label and the value of one field or display method."""
        label = label_of(name) or str(label_for_field(name, self.model, self))
        field, _method, value = lookup_field(name, row, self)
        if isinstance(value, datetime):
            return label, date_format(timezone.localtime(value), "DAY_TIME")
        if field is None:
            return label, str(value)
        if isinstance(field, models.BooleanField):
            return label, str(_("yes") if value else _("no"))
        if field.remote_field is not None:
            return label, str(getattr(row, field.name) or "")
        if field.flatchoices:
            return label, str(dict(field.flatchoices).get(value, value))
        return label, "" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a list, with its heading (phones say it) and, of the row's name, the address of its page."""

    text: str
    heading: str
    address: str = ""
    is_number: bool = False


def table_of(shown: ChangeList, desk: ReadOnlyAdmin) -> dict[str, Any]:
    """Headings and rows of a list as our table has them; `key` of a row is what its tick sends."""
    headings: list[dict[str, Any]] = []
    for name, found in zip(shown.list_display, result_headers(shown), strict=True):
        if name != "action_checkbox":
            order = ("ascending" if found["ascending"] else "descending") if found.get("sorted") else ""
            text = capfirst(label_of(str(name)) or str(found["text"]))
            headings.append({"text": text, "address": found.get("url_primary", ""), "order": order})
    names = [str(name) for name in shown.list_display if name != "action_checkbox"]
    rows = []
    for row in shown.result_list:
        cells: list[Cell] = []
        for name, heading in zip(names, headings, strict=True):
            value = desk.fact(row, name)[1]
            address = "" if cells else str(shown.url_for_result(row))
            number = value.isdecimal() and name != names[0]
            cells.append(Cell(short_id(value), heading["text"], address, number))
        rows.append({"key": row.pk, "title": desk.title_of(row), "cells": cells})
    for place, heading in enumerate(headings):
        heading["is_number"] = any(row["cells"][place].is_number for row in rows)
    return {"headings": headings, "rows": rows, "has_ticks": bool(desk.errands)}


_LONG_ID = re.compile(r"([0-9a-f]{8})(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def short_id(value: str) -> str:
    """`0f3c18a2` for an id: enough to tell rows apart, and to search by. The page of the row has all of it."""
    return _LONG_ID.sub(r"\1", value)


def _filters_of(shown: ChangeList) -> list[dict[str, Any]]:
    """Each filter with its choices and the chosen one."""
    filters = []
    for spec in shown.filter_specs:
        choices = list(spec.choices(shown))
        # The first choice is "all".
        chosen = next((choice["display"] for choice in choices[1:] if choice["selected"]), "")
        filters.append({"title": spec.title, "choices": choices, "chosen": chosen})
    return filters


def _pages_of(shown: ChangeList) -> dict[str, Any]:
    """Where one is among the pages, with the addresses of the one before and the one after."""
    number, last = shown.page_num, shown.paginator.num_pages
    return {
        "number": number,
        "last": last,
        "before": shown.get_query_string({"p": str(number - 1)}) if number > 1 else "",
        "after": shown.get_query_string({"p": str(number + 1)}) if number < last else "",
    }


def since_midnight() -> datetime:
    """When today began here."""
    today: date = timezone.localdate()
    return timezone.make_aware(datetime.combine(today, datetime.min.time()))


def older_than(seconds: float) -> datetime:
    """The moment so long ago."""
    return timezone.now() - timedelta(seconds=seconds)
