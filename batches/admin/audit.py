"""The log on support's desk: who did what to which row, never what was written. Read-only, and as a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

import auditlog.admin  # noqa: F401  (registers its own view of the log, which is replaced below)
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ERROR_FLAG
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from batches.access_log import did
from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation, Excuse
from batches.timeline import batch_words
from classes.models import ClassCourse, ClassShare, Enrolment, RosterImport
from files.models import EssayFile
from huleedu.common.admin import Choices, DeskList, ReadOnlyAdmin
from huleedu.common.spreadsheet import safe_cell

admin.site.unregister(LogEntry)  # it shows what was written

Action = LogEntry.Action
CSV_MOST = 10_000
"""Lines of the file."""
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_PLACES: dict[type[Model], str] = {
    BatchFile: "batch__public_id",
    EssayFile: "batch_file__batch__public_id",
    Essay: "batch__public_id",
    EssayStudentAssociation: "essay__batch__public_id",
    Excuse: "batch__public_id",
    Enrolment: "school_class__public_id",
    ClassShare: "school_class__public_id",
    ClassCourse: "school_class__public_id",
    RosterImport: "school_class__public_id",
}
"""Of each kind of row the batch or class it is in."""
_NAMES: dict[type[Model], str | Promise] = {
    BatchFile: gettext_lazy("file"),
    ClassCourse: gettext_lazy("course"),
    ClassShare: gettext_lazy("share of a class"),
    Enrolment: gettext_lazy("student in a class"),
}
"""What rows are called whose model has no name of its own."""


def errands_only(rows: QuerySet[LogEntry]) -> QuerySet[LogEntry]:
    """What support staff did with a reason."""
    return rows.filter(additional_data__has_key="support")


class WhoFilter(Choices):
    """People, the machine, and what support staff did with a reason."""

    title = gettext_lazy("who")
    parameter_name = "who"
    choices_of = {
        "support": (gettext_lazy("support"), lambda rows: rows.filter(actor__role="support")),
        "errand": (
            gettext_lazy("support, with a reason"),
            errands_only,
        ),
        "people": (gettext_lazy("teachers"), lambda rows: rows.filter(actor__role="teacher")),
        "machine": (gettext_lazy("the machine"), lambda rows: rows.filter(actor=None)),
    }


class KindFilter(Choices):
    """What was done."""

    title = gettext_lazy("kind")
    parameter_name = "kind"
    choices_of = {
        "made": (gettext_lazy("made"), lambda rows: rows.filter(action=Action.CREATE)),
        "changed": (gettext_lazy("changed"), lambda rows: rows.filter(action=Action.UPDATE)),
        "deleted": (gettext_lazy("deleted"), lambda rows: rows.filter(action=Action.DELETE)),
        "read": (gettext_lazy("read or taken out"), lambda rows: rows.filter(action=Action.ACCESS)),
    }


class AuditList(DeskList):
    """A page of the log, with the batch or class of each line found at once."""

    def get_results(self, request: HttpRequest) -> None:
        """As Django does, then the places."""
        super().get_results(request)
        add_places(self.result_list)


def add_places(entries: Iterable[LogEntry]) -> None:
    """Gives each line its `place`: one statement per kind of row."""
    lines: list[Any] = list(entries)
    for model, where in _PLACES.items():
        kind = ContentType.objects.get_for_model(model)
        keys = {line.object_id for line in lines if line.content_type_id == kind.pk}
        places = dict(model._default_manager.filter(pk__in=keys).values_list("pk", where)) if keys else {}
        for line in lines:
            if line.content_type_id == kind.pk:
                line.place = str(places.get(line.object_id) or "")


def words_of(entry: LogEntry) -> str:
    """What was done, without any name."""
    model = entry.content_type.model_class()
    if model is Batch and entry.action != Action.ACCESS:
        return batch_words(entry)
    if model in _NAMES or model in (EssayStudentAssociation,) or entry.action == Action.ACCESS or entry.additional_data:
        return did(entry)
    return str({Action.CREATE: _("Made"), Action.UPDATE: _("Changed"), Action.DELETE: _("Deleted")}[entry.action])


def object_of(entry: LogEntry) -> str:
    """What kind of row, and its id."""
    model = entry.content_type.model_class()
    name = _NAMES.get(model) or model._meta.verbose_name if model is not None else ""
    found = _UUID.search(entry.object_repr)
    return f"{name} {found.group() if found else entry.object_pk}".strip()


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """Who changed what and when. No change is possible, and no value is shown."""

    names = (gettext_lazy("line of the log"), gettext_lazy("audit log"))
    list_display = ("timestamp", "who", "did_what", "object_named", "where", "cid_of")
    list_filter = (WhoFilter, KindFilter, "timestamp")
    search_fields = ("object_repr", "object_pk", "cid", "actor__email", "actor__public_id")
    list_select_related = ("content_type", "actor")
    ordering = ("-timestamp", "-pk")
    fields = ("timestamp", "who", "did_what", "object_named", "where", "cid_of")

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Without what was written."""
        rows: QuerySet[LogEntry] = LogEntry.objects.select_related("content_type", "actor")
        return rows.defer("serialized_data", "changes_text")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """The id of a row finds its lines by its key; a person's address or a request's id find theirs."""
        if not search_term:
            return queryset, False
        words = Q(object_repr__icontains=search_term) | Q(cid=search_term) | Q(actor__email__icontains=search_term)
        return queryset.filter(words | Q(object_pk=search_term)), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeskList]:
        """One that finds the places."""
        return AuditList

    def get_urls(self) -> list[URLPattern]:
        """With the file."""
        own = path("csv/", self.admin_site.admin_view(self.csv_view), name="auditlog_logentry_csv")
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the way to the file of what is chosen."""
        query = request.GET.urlencode()
        address = reverse("admin:auditlog_logentry_csv") + (f"?{query}" if query else "")
        return super().changelist_view(request, {"csv_address": address, **(extra_context or {})})

    def csv_view(self, request: HttpRequest) -> HttpResponse:
        """The newest `CSV_MOST` of the chosen lines as a file; no cell can be a formula. A bad filter is the list's."""
        try:
            entries = list(self.get_changelist_instance(request).get_queryset(request)[:CSV_MOST])
        except IncorrectLookupParameters:
            return redirect(reverse("admin:auditlog_logentry_changelist", query={ERROR_FLAG: "1"}))
        add_places(entries)
        out = io.StringIO()
        writer = csv.writer(out, delimiter=";")
        writer.writerow([_("Time"), _("Who"), _("Did"), _("Object"), _("Where"), _("Request")])
        for entry in entries:
            at = timezone.localtime(entry.timestamp).isoformat(timespec="seconds")
            cells = (self.who(entry), words_of(entry), object_of(entry), self.where(entry), entry.cid or "")
            writer.writerow([at, *(safe_cell(cell) for cell in cells)])
        answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="audit-{timezone.localdate():%Y-%m-%d}.csv"'
        return answer

    def title_of(self, row: LogEntry) -> str:
        """By its number."""
        return _("Line {n} of the log").format(n=row.pk)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """With its place."""
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            add_places([row])
        return row

    @admin.display(description=gettext_lazy("who"), ordering="actor__email")
    def who(self, entry: LogEntry) -> str:
        """The person's address; nothing for the machine."""
        return entry.actor.email if entry.actor else ""

    @admin.display(description=gettext_lazy("did"))
    def did_what(self, entry: LogEntry) -> str:
        """In words."""
        return words_of(entry)

    @admin.display(description=gettext_lazy("object"))
    def object_named(self, entry: LogEntry) -> str:
        """Kind and id."""
        return object_of(entry)

    @admin.display(description=gettext_lazy("where"))
    def where(self, entry: LogEntry) -> str:
        """The id of the batch or class it is in."""
        return getattr(entry, "place", "")

    @admin.display(description=gettext_lazy("request"))
    def cid_of(self, entry: LogEntry) -> str:
        """The id that joins it with log lines and events."""
        return entry.cid or ""
