"""Support staff's view of class lists on their way in. Changes go through the teachers' own actions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from classes import actions
from classes.actions.locks import refuse_if_archived
from classes.models import RosterImport
from classes.undoing import read_undoing
from huleedu.common.admin import Choices, ReadOnlyAdmin
from huleedu.common.errands import ErrandKind
from huleedu.common.errors import ActionError

Status = RosterImport.Status


class ProblemsFilter(Choices):
    """Whether rows of the list had problems."""

    title = gettext_lazy("problems")
    parameter_name = "problems"
    choices_of = {
        "yes": (gettext_lazy("yes"), lambda rows: rows.filter(result__counts__problem__gt=0)),
    }


def _undoing(roster_import: RosterImport) -> str:
    if roster_import.status != Status.APPLIED:
        raise ActionError("not_undoable", _("The list has not been imported."))
    if not roster_import.undo:
        raise ActionError("not_undoable", _("The import is older than 30 days and cannot be undone."))
    refuse_if_archived(roster_import.school_class)
    found = read_undoing(roster_import)
    gone, leaving, back = len(found.gone), len(found.leaving), len(found.back)
    restored, kept = len(found.restored), len(found.changed_since)
    parts = (
        (gone, ngettext("{n} student is removed", "{n} students are removed", gone)),
        (leaving, ngettext("{n} leaves the class", "{n} leave the class", leaving)),
        (back, ngettext("{n} comes back into it", "{n} come back into it", back)),
        (restored, ngettext("{n} gets earlier values again", "{n} get earlier values again", restored)),
        (kept, ngettext("{n} changed since keeps what is new", "{n} changed since keep what is new", kept)),
    )
    told = [words.format(n=n) for n, words in parts if n]
    return ", ".join(told) + "." if told else _("Nothing changes.")


@admin.register(RosterImport)
class RosterImportAdmin(ReadOnlyAdmin):
    """Class lists on their way in."""

    list_display = (
        "public_id", "class_id", "by", "status", "n_rows", "n_new", "n_joining", "n_changed", "n_problems", "n_numbers",
        "source", "applied_at", "undone_at",
    )  # fmt: skip
    list_filter = ("status", ProblemsFilter, "created_at")
    search_fields = ("public_id", "school_class__public_id", "created_by__email")
    fields = (
        "class_id", "by", "status", "source", "n_rows", "n_new", "n_joining", "n_changed", "n_problems", "n_numbers",
        "created_at", "applied_at", "undone_at",
    )  # fmt: skip
    errands = (
        ErrandKind(
            "undo_import",
            gettext_lazy("The same as the teacher's button at the import: puts back what nobody has changed since."),
            run=lambda roster_import, actor: actions.undo_import(roster_import, actor=actor),
            preview=_undoing,
            about=lambda roster_import: roster_import.school_class,
            part=lambda roster_import: str(roster_import.public_id),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[RosterImport]:
        """Without the list itself."""
        return RosterImport.objects.select_related("school_class", "created_by").defer("content", "edits")

    @admin.display(description=gettext_lazy("class"))
    def class_id(self, roster_import: RosterImport) -> str:
        """The class's id."""
        return str(roster_import.school_class.public_id)

    @admin.display(description=gettext_lazy("by"), ordering="created_by__email")
    def by(self, roster_import: RosterImport) -> str:
        """Whose list it is."""
        return roster_import.created_by.email

    def _count(self, roster_import: RosterImport, kind: str) -> int:
        return int(roster_import.result.get("counts", {}).get(kind, 0))

    @admin.display(description=gettext_lazy("rows"))
    def n_rows(self, roster_import: RosterImport) -> int:
        """Rows of the list; students who are not in it are none."""
        counts: dict[str, Any] = roster_import.result.get("counts", {})
        return sum(n for kind, n in counts.items() if kind != "missing")

    @admin.display(description=gettext_lazy("new ones"))
    def n_new(self, roster_import: RosterImport) -> int:
        """New students."""
        return self._count(roster_import, "new")

    @admin.display(description=gettext_lazy("joined the class"))
    def n_joining(self, roster_import: RosterImport) -> int:
        """Students who were known already and came into the class."""
        return self._count(roster_import, "joining")

    @admin.display(description=gettext_lazy("changed ones"))
    def n_changed(self, roster_import: RosterImport) -> int:
        """Changed students."""
        return self._count(roster_import, "changed")

    @admin.display(description=gettext_lazy("problems"))
    def n_problems(self, roster_import: RosterImport) -> int:
        """Rows with a problem."""
        return self._count(roster_import, "problem")

    @admin.display(description=gettext_lazy("numbers removed"))
    def n_numbers(self, roster_import: RosterImport) -> int:
        """Personal identity numbers that were taken out."""
        return int(roster_import.result.get("personnummer_removed", 0))

    @admin.display(description=gettext_lazy("source"))
    def source(self, roster_import: RosterImport) -> str:
        """The system it came from, as far as it was known."""
        return str(roster_import.result.get("source") or "")
