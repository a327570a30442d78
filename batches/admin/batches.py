"""Batches and their phases on support's desk, and what can be done with a batch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Least
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from batches import actions
from batches.actions.locks import refuse_if_locked
from batches.actions.moving_on import standing_files
from batches.models import Batch, BatchFile, Essay, PhaseRun
from batches.steps import STEPS, may_take
from batches.timeline import timeline
from files.models import EssayFile
from huleedu.common.admin import FIGURES, Choices, Figure, ReadOnlyAdmin, age, list_address
from huleedu.common.errands import ErrandKind
from huleedu.common.errors import ActionError

# --- what would happen -----------------------------------------------------------------------------------------------


def _reading_again(batch: Batch) -> str:
    refuse_if_locked(batch)
    files = EssayFile.objects.filter(batch_file__batch=batch, batch_file__removed_at=None)
    n = files.filter(status__in=[*EssayFile.PROBLEMS]).exclude(sha256="").count()
    if not n:
        raise ActionError("illegal_transition", _("There is no file with a problem that can be read again."))
    said = ngettext(
        "{n} file with a problem is read again, with all its tries.",
        "{n} files with a problem are read again, with all their tries.",
        n,
    )
    return said.format(n=n)


def _undecided(batch: Batch) -> str:
    n = Essay.objects.live().filter(batch=batch).undecided().count()
    said = ngettext(
        "{n} undecided text is matched again; what people decided stays.",
        "{n} undecided texts are matched again; what people decided stays.",
        n,
    )
    return said.format(n=n)


def _matching_again(batch: Batch) -> str:
    refuse_if_locked(batch)
    return _undecided(batch)


def _unlocking(batch: Batch) -> str:
    if not may_take(batch, "unlock"):
        raise ActionError("illegal_transition", STEPS["unlock"].refusal)
    return " ".join([_("Files can be added and removed again."), _undecided(batch)])


def _moving_on(batch: Batch) -> str:
    if not Batch.objects.stuck(timezone.now()).filter(pk=batch.pk).exists():
        raise ActionError("illegal_transition", _("Nothing stands still in this batch."))
    files = 0 if batch.is_locked else standing_files(batch).count()
    unmatched = Essay.objects.live().filter(batch=batch, matched_at=None)
    texts = unmatched.exclude(file__status__in=[*EssayFile.ON_THE_WAY]).count()
    runs = batch.phase_runs.filter(generation=batch.generation).exclude(status__in=PhaseRun.ENDS)
    phases = runs.count() if batch.status == Batch.Status.PROCESSING else 0
    said = [
        ngettext("{n} file is read anew.", "{n} files are read anew.", files).format(n=files),
        ngettext("{n} text is matched.", "{n} texts are matched.", texts).format(n=texts),
        ngettext(
            "{n} phase goes on, or has failed where nothing was heard of it.",
            "{n} phases go on, or have failed where nothing was heard of them.",
            phases,
        ).format(n=phases),
    ]
    told = [sentence for sentence, n in zip(said, (files, texts, phases), strict=True) if n]
    return " ".join(told) or _("The batch comes to its end.")


ERRANDS = (
    ErrandKind(
        "move_on",
        gettext_lazy("Does at once what the sweepers do: reads what no worker holds, matches what is read, goes on."),
        run=lambda batch, actor: actions.move_on(batch, actor=actor),
        preview=_moving_on,
    ),
    ErrandKind(
        "read_again",
        gettext_lazy("The same as the teacher's button at each file with a problem."),
        run=lambda batch, actor: actions.retry_batch_files(batch, actor=actor),
        preview=_reading_again,
    ),
    ErrandKind(
        "match_again",
        gettext_lazy("The same as what follows when the class list has changed."),
        run=lambda batch, actor: actions.rematch_batch(batch, actor=actor),
        preview=_matching_again,
    ),
    ErrandKind(
        "unlock",
        gettext_lazy("The same as the owner's button."),
        run=lambda batch, actor: actions.unlock_batch(batch, actor=actor),
        preview=_unlocking,
    ),
)


# --- lists -----------------------------------------------------------------------------------------------------------


class StuckFilter(Choices):
    """Batches whose work does not move although every repair was tried."""

    title = gettext_lazy("movement")
    parameter_name = "stuck"
    choices_of = {"yes": (gettext_lazy("stuck"), lambda rows: rows.filter(pk__in=stuck().values("pk")))}


class LockedFilter(Choices):
    """Whether files are closed, and by whom."""

    title = gettext_lazy("locked")
    parameter_name = "locked"
    choices_of = {
        "no": (gettext_lazy("no"), lambda rows: rows.filter(locked_at=None)),
        "teacher": (gettext_lazy("by the teacher"), lambda rows: rows.filter(lock_reason="teacher")),
        "assessment": (gettext_lazy("by assessment"), lambda rows: rows.filter(lock_reason="assessment")),
    }


class AutoConfirmFilter(Choices):
    """Batches that confirm their certain matches by themselves."""

    title = gettext_lazy("confirms by itself")
    parameter_name = "auto"
    choices_of = {
        "due": (
            gettext_lazy("within a day"),
            lambda rows: rows.filter(auto_confirm=True, review_by__lte=timezone.now() + timedelta(days=1)),
        ),
        "on": (gettext_lazy("turned on"), lambda rows: rows.filter(auto_confirm=True)),
    }


def stuck() -> QuerySet[Batch]:
    """The stuck batches now."""
    return Batch.objects.stuck(timezone.now())


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Batches with what waits in them; the page of one has its timeline."""

    list_display = (
        "public_id", "school", "owner_address", "state", "n_essays", "n_undecided", "n_problems", "oldest", "locked_at",
    )  # fmt: skip
    list_filter = (StuckFilter, "status", LockedFilter, AutoConfirmFilter, "owner__school", "created_at")
    search_fields = ("public_id", "owner__email", "school_class__public_id")
    list_select_related = ("owner__school",)
    fields = (
        "owner_address", "school", "class_id", "state", "n_essays", "n_undecided", "n_problems", "oldest",
        "course_code", "locked_at", "lock_reason", "due_at", "review_by", "auto_confirm", "generation", "version",
        "created_at", "updated_at",
    )  # fmt: skip
    errands = ERRANDS
    page_template = "support/batch.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        """With the counts, in one statement."""
        files = BatchFile.objects.filter(batch=OuterRef("pk"), removed_at=None).order_by().values("batch")
        problems = files.filter(file__status__in=[*EssayFile.PROBLEMS]).annotate(n=Count("pk")).values("n")
        waiting = files.filter(file__status__in=[*EssayFile.ON_THE_WAY])
        unmatched = Essay.objects.live().filter(batch=OuterRef("pk"), matched_at=None).order_by().values("batch")
        return (
            Batch.objects.with_progress()
            .select_related("owner__school", "school_class")
            .annotate(
                is_stuck=Exists(stuck().filter(pk=OuterRef("pk"))),
                n_failed_files=Subquery(problems),
                oldest_waiting=Least(
                    Subquery(waiting.annotate(at=Min("file__created_at")).values("at")),
                    Subquery(unmatched.annotate(at=Min("file__created_at")).values("at")),
                ),
            )
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the timeline."""
        batch = self.get_object(request, object_id)
        lines = timeline(batch) if batch is not None else []
        return super().change_view(request, object_id, form_url, {"timeline": lines, **(extra_context or {})})

    @admin.display(description=gettext_lazy("school"), ordering="owner__school__name")
    def school(self, batch: Batch) -> str:
        """The owner's."""
        return str(batch.owner.school or "")

    @admin.display(description=gettext_lazy("owner"), ordering="owner__email")
    def owner_address(self, batch: Batch) -> str:
        """Whom support staff write to."""
        return batch.owner.email

    @admin.display(description=gettext_lazy("class"))
    def class_id(self, batch: Batch) -> str:
        """The class's id."""
        return str(batch.school_class.public_id) if batch.school_class else ""

    @admin.display(description=gettext_lazy("state"), ordering="status")
    def state(self, batch: Any) -> str | Promise:
        """The state, and a word where its work does not move."""
        words = str(batch.get_status_display())
        return f"{words}, {_('stuck')}" if batch.is_stuck else words

    @admin.display(description=gettext_lazy("texts"), ordering="n_essays")
    def n_essays(self, batch: Any) -> int:
        """Live texts."""
        return int(batch.n_essays)

    @admin.display(description=gettext_lazy("undecided"), ordering="n_undecided")
    def n_undecided(self, batch: Any) -> int:
        """Texts nobody has decided."""
        return int(batch.n_undecided)

    @admin.display(description=gettext_lazy("problems"), ordering="n_failed_files")
    def n_problems(self, batch: Any) -> int:
        """Files that could not be read."""
        return int(batch.n_failed_files or 0)

    @admin.display(description=gettext_lazy("oldest waiting"), ordering="oldest_waiting")
    def oldest(self, batch: Any) -> str:
        """How long the file has waited that waits longest to be read and matched."""
        return age(batch.oldest_waiting)


@admin.register(PhaseRun)
class PhaseRunAdmin(ReadOnlyAdmin):
    """Phases of assessment."""

    names = (gettext_lazy("phase"), gettext_lazy("phases"))
    list_display = (
        "id", "batch_id", "generation", "phase", "status", "total", "successful", "failed", "error_info", "started_at",
        "reported_at", "completed_at",
    )  # fmt: skip
    list_filter = ("phase", "status", "started_at")
    search_fields = ("batch__public_id",)
    list_select_related = ("batch",)
    fields = (*list_display[1:],)

    @admin.display(description=gettext_lazy("batch"))
    def batch_id(self, run: PhaseRun) -> str:
        """The batch's id."""
        return str(run.batch.public_id)


def figures() -> Sequence[Figure]:
    """How many batches stand still."""
    n = stuck().count()
    words = ngettext("stuck batch", "stuck batches", n)
    return [Figure(str(n), words, list_address(Batch, stuck="yes"), alarming=n > 0)]


FIGURES.append(figures)
