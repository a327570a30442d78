"""Support staff's view of batches: states, counts and ages; titles, file names and texts are not shown."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from batches.models import Batch, Decision, EssayStudentAssociation, PhaseRun
from files.models import EssayFile
from huleedu.common.admin import ReadOnlyAdmin


class StuckFilter(admin.SimpleListFilter):
    """Batches whose work does not move although every repair was tried."""

    title = _("stuck")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """One choice beside "all"."""
        return [("yes", _("stuck"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Batch]) -> QuerySet[Batch]:
        """One statement."""
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=Batch.objects.stuck(timezone.now()).values("pk"))


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Batches with what waits in them."""

    list_display = (
        "public_id", "owner", "status", "is_stuck", "locked_at", "lock_reason", "n_essays", "n_undecided", "created_at",
    )  # fmt: skip
    list_filter = (StuckFilter, "status", "lock_reason", "course_code", "owner__school", "created_at")
    search_fields = ("public_id", "owner__email")
    list_select_related = ("owner",)
    fields = (
        "public_id", "owner", "school_class", "course_code", "status", "version", "locked_at", "lock_reason", "due_at",
        "locked_by", "review_by", "auto_confirm", "generation", "created_at", "updated_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        """With the counts, in one statement."""
        stuck = Batch.objects.stuck(timezone.now()).filter(pk=OuterRef("pk"))
        return Batch.objects.with_progress().annotate(is_stuck=Exists(stuck))

    @admin.display(description=_("stuck"))
    def is_stuck(self, batch: Any) -> str | Promise:
        """A word where its work does not move; a cross at every other batch would look like trouble."""
        return _("stuck") if batch.is_stuck else ""

    @admin.display(description=_("texts"), ordering="n_essays")
    def n_essays(self, batch: Any) -> int:
        """Live texts."""
        return int(batch.n_essays)

    @admin.display(description=_("undecided"), ordering="n_undecided")
    def n_undecided(self, batch: Any) -> int:
        """Texts nobody has decided."""
        return int(batch.n_undecided)


@admin.register(EssayFile)
class EssayFileAdmin(ReadOnlyAdmin):
    """Files by state. Here rather than in `files`, since the batch they are in is the first question."""

    list_display = (
        "public_id", "batch_of", "owner", "status", "problem", "detected_type", "size", "attempts", "lease_until",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", "problem", "detected_type", "attempts", "created_at")
    search_fields = ("public_id", "batch_file__batch__public_id", "owner__email")
    list_select_related = ("owner", "batch_file__batch")
    fields = (
        "public_id", "batch_of", "owner", "status", "problem", "warning", "detected_type", "size", "words", "is_pasted",
        "personnummer_removed", "attempts", "lease_until", "read_at", "created_at", "updated_at",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[EssayFile]:
        """Without what the files hold."""
        return EssayFile.objects.defer("text", "headers", "properties", "evidence")

    @admin.display(description=_("batch"))
    def batch_of(self, file: EssayFile) -> str:
        """The batch's id."""
        row = getattr(file, "batch_file", None)
        return str(row.batch.public_id) if row else ""


@admin.register(EssayStudentAssociation)
class AssociationAdmin(ReadOnlyAdmin):
    """Matches: how sure, who decided. The student is an id."""

    list_display = ("id", "essay", "status", "certainty", "student", "method", "decided_by", "decided_at")
    list_filter = ("status", "certainty", "method", "decided_at")
    search_fields = ("essay__public_id", "essay__batch__public_id", "student__public_id")
    list_select_related = ("essay", "student", "decided_by")
    fields = (
        "essay", "student", "status", "certainty", "confidence", "method", "decided_by", "decided_at", "is_new",
        "version", "updated_at",
    )  # fmt: skip


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    """Decisions and their undoing."""

    list_display = ("id", "essay", "actor", "created_at", "undone_at", "group")
    list_filter = (("undone_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("essay__public_id", "group")
    list_select_related = ("essay", "actor")


@admin.register(PhaseRun)
class PhaseRunAdmin(ReadOnlyAdmin):
    """Phases of the pipeline."""

    list_display = (
        "id", "batch", "generation", "phase", "status", "total", "successful", "failed", "error_info", "started_at",
        "reported_at", "completed_at",
    )  # fmt: skip
    list_filter = ("phase", "status", "started_at")
    search_fields = ("batch__public_id",)
    list_select_related = ("batch",)
