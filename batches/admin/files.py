"""Files on support's desk. Here rather than in `files`, since the batch they are in is the first question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import Min, Model, Q, QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from batches import actions
from batches.actions.locks import refuse_if_locked
from batches.models import Batch, BatchFile
from files.models import EssayFile
from files.problems import MESSAGES
from huleedu.accounts.models import User
from huleedu.common.admin import FIGURES, Choices, Figure, ReadOnlyAdmin, age, list_address, since_midnight
from huleedu.common.errands import ErrandKind
from huleedu.common.errors import ActionError


def _batch_of(file: EssayFile) -> Batch:
    """The batch it is in. Raises ActionError `not_found`."""
    row: BatchFile | None = getattr(file, "batch_file", None)
    if row is None or row.removed_at is not None:
        raise ActionError("not_found", _("The file is not in the batch any more."))
    return row.batch


def _reading_again(file: EssayFile) -> str:
    refuse_if_locked(_batch_of(file))
    if file.status not in EssayFile.PROBLEMS or not file.sha256:
        raise ActionError("illegal_transition", _("Only a file with a problem can be read again."))
    return _("The file is read again, with all its tries.")


def _marking(file: EssayFile) -> str:
    _batch_of(file)
    if file.status not in EssayFile.ON_THE_WAY:
        raise ActionError("illegal_transition", _("Only a file that is on the way can be marked."))
    return _("The file counts as one that took too long: the teacher can read it again, replace it or paste the text.")


def _mark(file: EssayFile, actor: User) -> None:
    _marking(EssayFile.objects.select_related("batch_file__batch").get(pk=file.pk))  # refused, it leaves no trace
    if actions.give_up_reading(file.pk, problem="parse_timeout", from_worker=True, actor=actor) is None:
        raise ActionError("illegal_transition", _("Only a file that is on the way can be marked."))


def _in_history(file: EssayFile) -> Model:
    return file.batch_file.batch if hasattr(file, "batch_file") else file


def on_the_way() -> QuerySet[EssayFile]:
    """Files that a worker has still to read."""
    return EssayFile.objects.filter(status__in=[*EssayFile.ON_THE_WAY], batch_file__removed_at=None)


def failed_today() -> QuerySet[EssayFile]:
    """Files that came or were read today and have a problem."""
    late = Q(read_at__gte=since_midnight()) | Q(read_at=None, updated_at__gte=since_midnight())
    return EssayFile.objects.filter(late, status__in=[*EssayFile.PROBLEMS], batch_file__removed_at=None)


class WaitingFilter(Choices):
    """Who holds a file that is on the way, and what failed today."""

    title = gettext_lazy("work")
    parameter_name = "work"
    choices_of = {
        "waiting": (gettext_lazy("on the way"), lambda rows: rows.filter(pk__in=on_the_way().values("pk"))),
        "unheld": (
            gettext_lazy("on the way, no worker has it"),
            lambda rows: rows.filter(pk__in=EssayFile.objects.unheld(timezone.now()).values("pk")),
        ),
        "tried": (gettext_lazy("tried three times"), lambda rows: rows.filter(attempts__gte=3)),
        "failed_today": (gettext_lazy("failed today"), lambda rows: rows.filter(pk__in=failed_today().values("pk"))),
    }


class ReasonFilter(Choices):
    """By the reason of the problem, in the product's own words."""

    title = gettext_lazy("reason")
    parameter_name = "reason"
    choices_of = {}

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The codes there are, as the list shows them."""
        return [(code, code) for code in MESSAGES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """One code."""
        return queryset.filter(problem=self.value()) if self.value() in MESSAGES else queryset


@admin.register(EssayFile)
class EssayFileAdmin(ReadOnlyAdmin):
    """Files by state."""

    list_display = (
        "public_id", "batch_of", "status", "problem", "detected_type", "bytes", "attempts", "worker", "waits",
        "created_at",
    )  # fmt: skip
    list_filter = ("status", ReasonFilter, "detected_type", WaitingFilter, "created_at")
    search_fields = ("public_id", "batch_file__batch__public_id", "owner__email")
    list_select_related = ("owner", "batch_file__batch")
    fields = (
        "batch_of", "owner_address", "status", "problem", "warning", "detected_type", "bytes", "words", "is_pasted",
        "personnummer_removed", "attempts", "worker", "lease_until", "read_at", "created_at", "updated_at",
    )  # fmt: skip
    errands = (
        ErrandKind(
            "read_again",
            gettext_lazy("The same as the teacher's button at the file."),
            run=lambda file, actor: actions.retry_batch_file(_batch_of(file), file=file, actor=actor),
            preview=_reading_again,
            about=_in_history,
            part=lambda file: str(file.public_id),
        ),
        ErrandKind(
            "mark_unreadable",
            gettext_lazy("Ends the reading of a file that no try gets through, so that the rest can go on."),
            run=_mark,
            preview=_marking,
            about=_in_history,
            part=lambda file: str(file.public_id),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[EssayFile]:
        """Without what the files hold."""
        rows = EssayFile.objects.select_related("owner", "batch_file__batch")
        return rows.defer("text", "headers", "properties", "evidence", "sidecars")

    @admin.display(description=gettext_lazy("batch"))
    def batch_of(self, file: EssayFile) -> str:
        """The batch's id."""
        row = getattr(file, "batch_file", None)
        return str(row.batch.public_id) if row else ""

    @admin.display(description=gettext_lazy("owner"))
    def owner_address(self, file: EssayFile) -> str:
        """Whom support staff write to."""
        return file.owner.email

    @admin.display(description=gettext_lazy("size"), ordering="size")
    def bytes(self, file: EssayFile) -> str:
        """`12 kB`."""
        return filesizeformat(file.size)

    @admin.display(description=gettext_lazy("worker"), ordering="lease_until")
    def worker(self, file: EssayFile) -> str:
        """Whether one holds it, and until when."""
        if not file.is_on_the_way:
            return ""
        if file.lease_until is None:
            return _("none yet")
        return _("lease ran out") if file.lease_until < timezone.now() else _("has it")

    @admin.display(description=gettext_lazy("waits"), ordering="updated_at")
    def waits(self, file: EssayFile) -> str:
        """How long it has been as it is, while it is on the way."""
        return age(file.updated_at) if file.is_on_the_way else ""


def figures() -> Sequence[Figure]:
    """How long the file has waited that waits longest, and what failed today."""
    oldest = on_the_way().aggregate(at=Min("created_at"))["at"]
    n = failed_today().count()
    return [
        Figure(age(oldest) or "–", _("longest wait of a file"), list_address(EssayFile, work="waiting", o="9")),
        Figure(
            str(n), ngettext("failed file today", "failed files today", n), list_address(EssayFile, work="failed_today")
        ),
    ]


FIGURES.append(figures)
