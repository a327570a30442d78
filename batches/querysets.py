"""Which batches and texts a person sees, and how far each batch has come. Everything counted, nothing stored twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, Greatest, Length, Trim

from classes.models import Enrolment, SchoolClass
from files.models import ZIP, EssayFile

if TYPE_CHECKING:
    from batches.models import Batch, Decision, Essay  # noqa: F401  (two are named in quotes)
    from huleedu.accounts.models import User


class OfTheRow(models.ExpressionWrapper[Any]):
    """What depends on the row alone. Where its rows are grouped it is worked out once for each, after they are counted.

    Django would group by it too, so that PostgreSQL works it out again for every row that is joined.
    """

    def get_group_by_cols(self) -> list[Any]:
        """None: the primary key stands for it."""
        return []


def file_counts(prefix: str = "") -> dict[str, Count]:
    """Counts over files; each file is in exactly one of reading, problems, skipped and read.

    `prefix` leads from the counted row to the file (`file__` from BatchFile). A file that was read counts as being
    read until it has been matched too. A zip that waits in a batch which was closed meanwhile is put aside: it counts
    as skipped. `opened` are the zips among the read ones.
    """
    is_ = _file_states(prefix)
    return {
        "files": Count("pk"),
        **{name: Count("pk", filter=is_[name]) for name in ("reading", "problems", "skipped", "read")},
        "opened": Count("pk", filter=Q(**{f"{prefix}status": EssayFile.Status.READ, f"{prefix}detected_type": ZIP})),
    }


def _file_states(prefix: str = "") -> dict[str, Q]:
    """When a file is in which of the four states of `file_counts`."""
    status = f"{prefix}status"
    is_zip = Q(**{f"{prefix}detected_type": ZIP})
    batch = "batch__status" if prefix else "batch_file__batch__status"
    aside = is_zip & Q(**{f"{status}__in": [*EssayFile.ON_THE_WAY], f"{batch}__in": ["cancelled", "archived"]})
    unmatched = Q(**{f"{prefix}essay__matched_at": None, f"{prefix}essay__removed_at": None})
    ended = Q(**{f"{prefix}essay__isnull": False}) & unmatched
    on_the_way = Q(**{f"{status}__in": [*EssayFile.ON_THE_WAY]})
    problem = Q(**{f"{status}__in": [*EssayFile.PROBLEMS]})
    read = Q(**{status: EssayFile.Status.READ})
    skipped = Q(**{status: EssayFile.Status.SKIPPED})
    return {
        "reading": (on_the_way & ~aside) | ((read | problem) & ended),
        "problems": problem & ~ended,
        "skipped": skipped | aside,
        "read": read & ~ended,
    }


def essay_counts(prefix: str = "") -> dict[str, Count]:
    """Counts over live essays: undecided, confirmed, no_student; certain ⊆ suggested ⊆ undecided.

    `to_review` are the undecided ones that are matched and need more than a nod.
    """
    status, certainty = f"{prefix}association__status", f"{prefix}association__certainty"
    live = Q(**{f"{prefix}removed_at": None}) if prefix else Q()
    undecided = live & Q(**{status: "undecided"})
    key = f"{prefix}pk" if prefix else "pk"

    def count(condition: Q) -> Count:
        return Count(key, filter=condition, distinct=bool(prefix))

    return {
        "essays": count(live & Q(**{f"{prefix}pk__isnull": False})),
        "undecided": count(undecided),
        "to_review": count(live & _to_review(prefix)),
        "suggested": count(undecided & Q(**{f"{certainty}__in": ["certain", "unsure"]})),
        "certain": count(undecided & Q(**{certainty: "certain"})),
        "confirmed": count(live & Q(**{status: "confirmed"})),
        "no_student": count(live & Q(**{status: "no_student"})),
    }


def _to_review(prefix: str = "") -> Q:
    """Of an essay: undecided and matched, and a nod does not do."""
    undecided = Q(**{f"{prefix}association__status": "undecided", f"{prefix}matched_at__isnull": False})
    return undecided & ~Q(**{f"{prefix}association__certainty": "certain"})


def files_of(batch: Batch, *, removed: bool = False) -> models.QuerySet[EssayFile]:
    """The batch's live files as lists show them, without their texts; a text's match comes with its file.

    Of a text that is very short, `characters` says how short.

    With `removed` also those that were taken out.
    """
    rows = EssayFile.objects.filter(batch_file__batch=batch)
    rows = rows if removed else rows.filter(batch_file__removed_at=None)
    little = Case(When(warning="short_text", then=Length(Trim("text"))), output_field=models.IntegerField())
    return (
        rows.select_related("essay__association__student", "duplicate_of", "archive")
        .annotate(characters=little)
        .defer("text", "headers", "properties", "evidence", "essay__results", "essay__association__evidence")
        .defer("duplicate_of__text", "duplicate_of__headers", "duplicate_of__properties", "duplicate_of__evidence")
        .defer("archive__text", "archive__headers", "archive__properties", "archive__evidence")
        .order_by("pk")
    )


TOLD_STUDENT = Case(
    When(
        association__status="confirmed",
        association__student__protected_identity=False,
        then="association__student__public_id",
    ),
    output_field=models.UUIDField(),
)
"""The student of an essay that another service learns of: whom a person confirmed, unless the identity is protected."""


class BatchQuerySet(models.QuerySet["Batch"]):
    """Which batches a person reads and changes."""

    def visible_to(self, user: User) -> BatchQuerySet:
        """Own batches and those of a class the person may see."""
        classes = SchoolClass.objects.visible_to(user).values("pk")
        return self.filter(Q(owner_id=user.pk) | Q(school_class__in=classes))

    def editable_by(self, user: User) -> BatchQuerySet:
        """Own batches and those of a class the person may change."""
        classes = SchoolClass.objects.editable_by(user).values("pk")
        return self.filter(Q(owner_id=user.pk) | Q(school_class__in=classes))

    def with_progress(self) -> BatchQuerySet:
        """Adds each of `essay_counts` with `n_` in front: `n_essays`, `n_undecided` … One statement."""
        counts = {f"n_{name}": count for name, count in essay_counts("essays__").items()}
        return self.annotate(**counts)

    def with_missing(self) -> BatchQuerySet:
        """Adds `n_missing`: of how many students a text is expected and none suggests them; null without a class."""
        from batches.models import EssayStudentAssociation, Excuse

        texts = EssayStudentAssociation.objects.filter(
            student=OuterRef("student"), essay__batch=OuterRef(OuterRef("pk")), essay__removed_at=None
        )
        excuses = Excuse.objects.filter(student=OuterRef("student"), batch=OuterRef(OuterRef("pk")))
        students = Enrolment.objects.filter(school_class=OuterRef("school_class"), left_at=None)
        expected = students.filter(~Exists(texts), ~Exists(excuses)).order_by()
        counted = expected.values("school_class").annotate(n=Count("pk")).values("n")
        missing = Case(When(school_class=None, then=None), default=Coalesce(Subquery(counted), Value(0)))
        return self.annotate(n_missing=OfTheRow(missing, output_field=models.IntegerField()))

    def with_last_change(self) -> BatchQuerySet:
        """Adds `changed_at`: the last change of the batch, of a match or of a decision."""
        matches = Max("essays__association__updated_at")
        return self.annotate(changed_at=Greatest("updated_at", Coalesce(matches, "updated_at")))

    def open(self) -> BatchQuerySet:
        """Not come to an end yet: neither done, failed, cancelled nor archived."""
        return self.filter(status__in=["collecting", "ready", "processing"])

    def to_remind(self, now: datetime) -> BatchQuerySet:
        """Open, with undecided texts, `review_by` within the reminder's hours from `now`, and nobody reminded yet."""
        from batches.models import Essay

        soon = now + timedelta(hours=settings.REVIEW_REMINDER_HOURS)
        undecided = Essay.objects.live().filter(batch=OuterRef("pk")).undecided()
        return self.filter(
            Exists(undecided), status__in=["collecting", "ready"], reminded_at=None,
            review_by__gt=now, review_by__lte=soon,
        )  # fmt: skip

    def to_auto_confirm(self, now: datetime) -> BatchQuerySet:
        """Whose teacher wants the certain matches confirmed at `review_by`, and that has come."""
        if not settings.ENABLE_AUTO_CONFIRM:
            return self.none()
        return self.filter(status="collecting", auto_confirm=True, review_by__lte=now)

    def stuck(self, now: datetime) -> BatchQuerySet:
        """Whose work has not moved for longer than any repair takes: support should look.

        Files nobody has read, texts nobody has matched, phases of which nothing is heard.
        """
        from batches.models import Essay, PhaseRun

        late = now - timedelta(seconds=settings.STUCK_SECONDS)
        files = EssayFile.objects.unheld(now).filter(
            batch_file__removed_at=None, batch_file__batch__locked_at=None, updated_at__lt=late
        )
        unmatched = Essay.objects.live().filter(matched_at=None, file__updated_at__lt=late)
        unmatched = unmatched.filter(Q(batch__locked_at=None) | Q(batch__status__in=["cancelled", "archived"]))
        unmatched = unmatched.exclude(file__status__in=[*EssayFile.ON_THE_WAY])
        phase_late = now - timedelta(seconds=settings.PHASE_DEADLINE_SECONDS + settings.STUCK_SECONDS)
        silent = PhaseRun.objects.exclude(status__in=PhaseRun.ENDS).filter(reported_at__lt=phase_late)
        idle = Q(status="processing", updated_at__lt=late) & ~Exists(
            PhaseRun.objects.exclude(status__in=PhaseRun.ENDS).filter(
                batch=OuterRef("pk"), generation=OuterRef("generation")
            )
        )
        return self.filter(
            Q(pk__in=files.values("batch_file__batch_id"))
            | Q(pk__in=unmatched.values("batch_id"))
            | Q(status="processing", pk__in=silent.values("batch_id"))
            | idle
        )

    def needing_action(self) -> BatchQuerySet:
        """Waiting for a person: all is read, nothing is assessed, and a text is undecided or a file has a problem."""
        from batches.models import BatchFile, Essay

        is_ = _file_states("file__")
        files = BatchFile.objects.filter(batch=OuterRef("pk"), removed_at=None)
        undecided = Essay.objects.live().filter(batch=OuterRef("pk"), association__status="undecided")
        waiting = Exists(undecided) | Exists(files.filter(is_["problems"]))
        return self.filter(waiting, ~Exists(files.filter(is_["reading"])), status__in=["collecting", "ready"])

    def needing_review(self) -> BatchQuerySet:
        """With at least one text to review, as `essay_counts` counts them."""
        from batches.models import Essay

        texts = Essay.objects.live().filter(_to_review(), batch=OuterRef("pk"))
        return self.filter(Exists(texts))


class EssayQuerySet(models.QuerySet["Essay"]):
    """Which texts a person reads and changes."""

    def live(self) -> EssayQuerySet:
        """Not removed."""
        return self.filter(removed_at=None)

    def visible_to(self, user: User) -> EssayQuerySet:
        """Of the batches the person may see."""
        from batches.models import Batch, Essay  # noqa: F401  (Essay is named in quotes)

        return self.live().filter(batch__in=Batch.objects.visible_to(user).values("pk"))

    def editable_by(self, user: User) -> EssayQuerySet:
        """Of the batches the person may change."""
        from batches.models import Batch, Essay  # noqa: F401  (Essay is named in quotes)

        return self.live().filter(batch__in=Batch.objects.editable_by(user).values("pk"))

    def with_match(self) -> EssayQuerySet:
        """Joins file, association and student, and leaves the text out (it is long)."""
        return self.select_related("file", "association__student", "association__decided_by").defer(
            "file__text", "file__headers", "file__properties", "file__evidence"
        )

    def handed_over(self) -> EssayQuerySet:
        """Those that are assessed."""
        return self.live().filter(counts=True).order_by("pk")

    def undecided(self) -> EssayQuerySet:
        """Nobody has decided yet."""
        return self.filter(association__status="undecided")

    def counts(self) -> dict[str, Any]:
        """The essay part of a batch's counts."""
        return self.aggregate(**essay_counts())


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Decisions and what may be undone."""

    def undoable(self) -> DecisionQuerySet:
        """Not undone, of texts that are in their batch."""
        return self.filter(essay__removed_at=None, undone_at=None)

    def latest_of(self, actor: User, *, batch: Batch) -> UUID | None:
        """The group of the person's latest decision in the batch that is not undone. One statement."""
        rows = self.undoable().filter(essay__batch=batch, actor_id=actor.pk).order_by("-pk")
        return rows.values_list("group", flat=True).first()
