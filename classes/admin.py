"""Support staff's view of classes, students and class lists. Changes go through the teachers' own actions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from classes import actions
from classes.actions.locks import refuse_if_archived
from classes.models import Enrolment, RosterImport, SchoolClass, SchoolClassQuerySet, Student
from classes.tasks import UNDO_LIFETIME
from classes.undoing import read_undoing
from huleedu.common.admin import Choices, ReadOnlyAdmin, masked
from huleedu.common.errands import ErrandKind
from huleedu.common.errors import ActionError

Status = RosterImport.Status


class ArchivedFilter(Choices):
    """Whether a class is put away."""

    title = gettext_lazy("archived")
    parameter_name = "archived"
    choices_of = {
        "no": (gettext_lazy("no"), lambda rows: rows.filter(archived_at=None)),
        "yes": (gettext_lazy("yes"), lambda rows: rows.filter(archived_at__isnull=False)),
    }


def _restoring(school_class: SchoolClass) -> str:
    if school_class.archived_at is None:
        raise ActionError("illegal_transition", _("The class is not archived."))
    return _("The class can be changed again, and stands in its owner's list.")


@admin.register(SchoolClass)
class SchoolClassAdmin(ReadOnlyAdmin):
    """Classes by owner and year."""

    list_display = ("public_id", "owner_address", "school", "school_year", "n_students", "archived_at", "created_at")
    list_filter = ("owner__school", "school_year", ArchivedFilter)
    search_fields = ("public_id", "owner__email")
    fields = ("owner_address", "school", "school_year", "n_students", "archived_at", "created_at", "updated_at")
    errands = (
        ErrandKind(
            "restore_class",
            gettext_lazy("The same as the owner's button in the archive."),
            run=lambda school_class, actor: actions.restore_class(school_class, actor=actor),
            preview=_restoring,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[SchoolClass]:
        """With the number of students."""
        rows: SchoolClassQuerySet = super().get_queryset(request)  # type: ignore[assignment]  # from the default manager
        return rows.with_counts().select_related("owner__school")

    @admin.display(description=gettext_lazy("owner"), ordering="owner__email")
    def owner_address(self, school_class: SchoolClass) -> str:
        """Whom support staff write to."""
        return school_class.owner.email

    @admin.display(description=gettext_lazy("school"), ordering="owner__school__name")
    def school(self, school_class: SchoolClass) -> str:
        """The owner's."""
        return str(school_class.owner.school or "")

    @admin.display(description=gettext_lazy("students"), ordering="n_students")
    def n_students(self, school_class: SchoolClass) -> int:
        """Those who have not left."""
        return int(getattr(school_class, "n_students", 0))


def _left(student: Student, seen: str | None) -> Enrolment:
    """In the class that the student left last, or left as it was looked at. Raises ActionError `not_undoable`."""
    left = student.enrolments.filter(left_at__gte=timezone.now() - UNDO_LIFETIME)
    for enrolment in left.select_related("school_class", "student").order_by("-left_at"):
        if seen in (None, str(enrolment.school_class.public_id)):
            return enrolment
    if seen is not None:
        raise ActionError("not_undoable", _("Somebody has changed the student meanwhile."))
    said = _("The student has left no class in the last {days} days.")
    raise ActionError("not_undoable", said.format(days=UNDO_LIFETIME.days))


def _putting_back(left: Enrolment) -> str:
    refuse_if_archived(left.school_class)
    return _("Comes back into the class {id}.").format(id=left.school_class.public_id)


@admin.register(Student)
class StudentAdmin(ReadOnlyAdmin):
    """Students with masked names."""

    list_display = ("public_id", "masked_name", "masked_email", "owner_address", "created_at")
    list_filter = ("created_by__school", "created_at")
    search_fields = ("public_id", "created_by__email")
    list_select_related = ("created_by",)
    fields = ("masked_name", "masked_email", "owner_address", "created_at", "updated_at")
    errands = (
        ErrandKind(
            "put_back",
            gettext_lazy("As the teacher's button does: into the class left last, if that is not too long ago."),
            run=lambda left, actor: actions.enrol_student(left.school_class, student=left.student, actor=actor),
            preview=_putting_back,
            about=lambda left: left.school_class,
            part=lambda left: str(left.student.public_id),
            aim=_left,
            seen=lambda left: str(left.school_class.public_id),
        ),
    )

    @admin.display(description=gettext_lazy("name"))
    def masked_name(self, student: Student) -> str:
        """`E*** B***`; nothing of a student with a protected identity."""
        return "***" if student.protected_identity else masked(student.name)

    @admin.display(description=gettext_lazy("e-mail address"))
    def masked_email(self, student: Student) -> str:
        """`e***@***`"""
        return "" if student.protected_identity else masked(student.email or "")

    @admin.display(description=gettext_lazy("owner"), ordering="created_by__email")
    def owner_address(self, student: Student) -> str:
        """Whose student it is."""
        return student.created_by.email


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
