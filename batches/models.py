"""Batches of essay files: which files, whose texts, and what people decided."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from batches.querysets import BatchQuerySet, DecisionQuerySet, EssayQuerySet
from batches.versions import handed_in_at
from classes.models import CourseCode, SchoolClass, Student
from files.models import EssayFile
from huleedu.common.models import PublicModel

__all__ = ["Batch", "BatchFile", "Decision", "Essay", "EssayStudentAssociation", "Excuse", "HandOver", "PhaseRun"]


class Batch(PublicModel):
    """One task's texts. Whoever may see the class may see its batches; without a class only the owner."""

    class Status(models.TextChoices):
        """ "Needs review" is not a status: it follows from an undecided essay."""

        COLLECTING = "collecting", _("collecting")
        READY = "ready", _("ready")
        PROCESSING = "processing", _("being assessed")
        COMPLETED = "completed", _("done")
        COMPLETED_WITH_FAILURES = "completed_with_failures", _("done, with problems")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        ARCHIVED = "archived", _("archived")

    class LockReason(models.TextChoices):
        """Who closed the files."""

        TEACHER = "teacher", _("by the teacher")
        ASSESSMENT = "assessment", _("by assessment")

    ENDS = frozenset({Status.COMPLETED, Status.COMPLETED_WITH_FAILURES, Status.FAILED, Status.CANCELLED})
    CLOSED_EARLY = frozenset({Status.CANCELLED, Status.ARCHIVED})
    """States in which files are closed although reading and matching may not have ended: they go on to their end."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="batches")
    school_class = models.ForeignKey(SchoolClass, models.PROTECT, null=True, blank=True, related_name="batches")
    course_code = models.CharField(_("course"), max_length=4, choices=CourseCode, blank=True)
    title = models.CharField(_("title"), max_length=200)
    status = models.CharField(max_length=23, choices=Status, default=Status.COLLECTING)
    version = models.PositiveIntegerField(default=1)
    """Counts changes of the batch itself, for two tabs."""
    locked_at = models.DateTimeField(null=True, blank=True)
    lock_reason = models.CharField(max_length=10, choices=LockReason, blank=True)
    locked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    review_by = models.DateTimeField(_("to be reviewed by"), null=True, blank=True)
    auto_confirm = models.BooleanField(default=False)
    """Whether the certain matches are confirmed at `review_by`. Done once, or taken back by a lock, it is off again."""
    reminded_at = models.DateTimeField(null=True, blank=True)
    """When its people were reminded of `review_by`."""
    generation = models.PositiveSmallIntegerField(default=0)
    """Which run of the phases is the current one; `start` begins the next."""
    processing_metadata = models.JSONField(default=dict, blank=True)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["owner", "status"], name="batch_by_owner")]
        constraints = [
            models.CheckConstraint(condition=~Q(title=""), name="batch_has_a_title"),
            models.CheckConstraint(
                condition=Q(locked_at=None, lock_reason="") | (Q(locked_at__isnull=False) & ~Q(lock_reason="")),
                name="batch_lock_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status="collecting") | Q(locked_at=None), name="collecting_batch_is_open"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["ready", "processing"]) | Q(locked_at__isnull=False),
                name="ready_and_processing_batches_are_locked",
            ),
        ]

    @property
    def is_locked(self) -> bool:
        """Whether files are closed. A person may still correct a match."""
        return self.locked_at is not None

    def audience(self) -> list[int]:
        """Primary keys of everyone who may see the batch. One query when it has a class."""
        people = {self.owner_id}
        if self.school_class_id is not None:
            shares = SchoolClass.objects.filter(pk=self.school_class_id)
            people.update(shares.values_list("owner_id", flat=True))
            people.update(pk for pk in shares.values_list("shares__user_id", flat=True) if pk is not None)
        return sorted(people)


class BatchFile(models.Model):
    """A file the teacher dropped on the batch: an essay's, a zip, a receipt, a copy. Nothing dropped lacks a row."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="batch_files")
    file = models.OneToOneField(EssayFile, models.CASCADE, related_name="batch_file")
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["batch", "removed_at"], name="file_in_batch")]

    def __str__(self) -> str:
        return f"file {self.file_id} in batch {self.batch_id}"


class Essay(PublicModel):
    """One student's work in a batch. Every file has one unless it was skipped or refused."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="essays")
    file = models.OneToOneField(EssayFile, models.CASCADE, related_name="essay")
    replaces = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="replaced_by")
    """An earlier version of the same student's text."""
    counts = models.BooleanField(default=True)
    """Whether this version is the one that is assessed: exactly one is of each student's in a batch."""
    chosen_for = models.ForeignKey(Student, models.SET_NULL, null=True, blank=True, related_name="+")
    """The student of whose texts a person said that this one counts; it says nothing once the text is another's."""
    matched_at = models.DateTimeField(null=True, blank=True)
    """When matching last looked at it; null: it has still to."""
    results = models.JSONField(default=dict, blank=True)
    """What the phases found, phase name to figures."""
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = EssayQuerySet.as_manager()

    class Meta:
        verbose_name = _("text")
        verbose_name_plural = _("texts")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["batch", "removed_at"], name="essay_in_batch"),
            models.Index(fields=["batch"], condition=Q(matched_at=None, removed_at=None), name="essay_unmatched"),
        ]

    @property
    def handed_in_at(self) -> datetime:
        """What the platform says in the file's name or folder, otherwise when the file was received."""
        file = self.file
        zone = timezone.get_default_timezone()
        return handed_in_at(file.path, file.name, received=file.created_at, zone=zone)


class EssayStudentAssociation(models.Model):
    """Whose text it is: what the machine suggests until a person decides, then what the person decided."""

    class Status(models.TextChoices):
        """`no_student`: a person decided that no student of the class wrote it."""

        UNDECIDED = "undecided", pgettext_lazy("one text", "undecided")
        CONFIRMED = "confirmed", _("confirmed")
        NO_STUDENT = "no_student", _("not in this class")

    class Certainty(models.TextChoices):
        """How sure the machine's suggestion is. Never a percentage on a page."""

        CERTAIN = "certain", _("certain")
        UNSURE = "unsure", _("unsure")
        CONFLICT = "conflict", _("conflict")
        NO_MATCH = "no_match", _("no match")

    class Method(models.TextChoices):
        """Who decided."""

        PERSON = "person", _("a person")
        DEADLINE = "deadline", _("automatic confirmation")

    essay = models.OneToOneField(Essay, models.CASCADE, related_name="association")
    student = models.ForeignKey(Student, models.CASCADE, null=True, blank=True, related_name="associations")
    """While undecided the suggestion (null for conflict and no match), then the decision."""
    status = models.CharField(max_length=10, choices=Status, default=Status.UNDECIDED)
    certainty = models.CharField(max_length=8, choices=Certainty, default=Certainty.NO_MATCH)
    confidence = models.FloatField(default=0.0)
    method = models.CharField(max_length=8, choices=Method, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    candidates = models.JSONField(default=list, blank=True)
    """`[{student: <pk>, confidence, reasons: [{code, for, evidence}]}]`, best first, at most five."""
    evidence = models.JSONField(default=list, blank=True)
    """The spans the reasons point at, `files.evidence.Evidence` as JSON."""
    is_new = models.BooleanField(default=False)
    """Whether a rematch changed the suggestion after the teacher had seen another."""
    version = models.PositiveIntegerField(default=1)
    """Counts people's decisions; a machine's new suggestion does not change it."""
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("match")
        verbose_name_plural = _("matches")
        indexes = [models.Index(fields=["status", "certainty"], name="association_to_review")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="confirmed") | Q(student__isnull=False), name="confirmed_match_has_a_student"
            ),
            models.CheckConstraint(
                condition=~Q(status="no_student") | Q(student=None), name="no_student_means_no_student"
            ),
            models.CheckConstraint(
                condition=~Q(status="undecided") | Q(decided_at=None), name="undecided_match_has_no_decision"
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0.0, confidence__lte=1.0), name="confidence_is_between_0_and_1"
            ),
        ]

    def __str__(self) -> str:
        return f"match {self.pk}"

    @property
    def is_decided(self) -> bool:
        """Whether a person (or, if the teacher asked for it, the deadline) has decided."""
        return self.status != self.Status.UNDECIDED

    def suggested_student(self) -> Student | None:
        """The machine's choice: the best candidate where it is certain or unsure, nobody otherwise. One query."""
        if self.certainty not in (self.Certainty.CERTAIN, self.Certainty.UNSURE) or not self.candidates:
            return None
        return Student.objects.filter(pk=self.candidates[0]["student"]).first()

    def snapshot(self) -> dict[str, Any]:
        """What undo restores: ids and states, no names."""
        return {
            "status": self.status,
            "student": self.student_id,
            "method": self.method,
            "decided_by": self.decided_by_id,
            "decided_at": self.decided_at.isoformat() if self.decided_at else None,
        }


class Decision(models.Model):
    """One decision on one essay. Undo and the history of a match live here, since the audit log is masked."""

    essay = models.ForeignKey(Essay, models.CASCADE, related_name="decisions")
    group = models.UUIDField(default=uuid.uuid4, db_index=True)
    """Decisions taken together, undone together."""
    before = models.JSONField()
    after = models.JSONField()
    version_after = models.PositiveIntegerField()
    """The association's version it led to: undo is refused once somebody has decided since."""
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")

    def __str__(self) -> str:
        return f"decision {self.pk}"


class Excuse(models.Model):
    """A student of the class from whom no text of this batch is expected."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="excuses")
    student = models.ForeignKey(Student, models.CASCADE, related_name="+")
    excused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("student not expected")
        verbose_name_plural = _("students not expected")
        constraints = [models.UniqueConstraint(fields=["batch", "student"], name="excused_once_per_batch")]

    def __str__(self) -> str:
        return f"excuse {self.pk}"


class PhaseRun(models.Model):
    """One phase of one run of the pipeline."""

    class Phase(models.TextChoices):
        """In the order they run."""

        SPELLCHECK = "spellcheck", _("spelling")
        NLP = "nlp", _("text figures")
        CJ_ASSESSMENT = "cj_assessment", _("comparative judgement")
        AI_FEEDBACK = "ai_feedback", _("feedback")

    class Status(models.TextChoices):
        """The bus contract's words."""

        REQUESTED_BY_USER = "requested_by_user", _("requested")
        PENDING_DEPENDENCIES = "pending_dependencies", _("waiting")
        DISPATCH_INITIATED = "dispatch_initiated", _("sent")
        IN_PROGRESS = "in_progress", _("in progress")
        COMPLETED_SUCCESSFULLY = "completed_successfully", _("done")
        COMPLETED_WITH_PARTIAL_SUCCESS = "completed_with_partial_success", _("done, with problems")
        FAILED = "failed", _("failed")
        SKIPPED_DUE_TO_DEPENDENCY_FAILURE = "skipped_due_to_dependency_failure", _("skipped")
        SKIPPED_BY_USER_CONFIG = "skipped_by_user_config", _("not used")
        CANCELLED = "cancelled", _("cancelled")

    ENDS = frozenset(
        {
            Status.COMPLETED_SUCCESSFULLY,
            Status.COMPLETED_WITH_PARTIAL_SUCCESS,
            Status.FAILED,
            Status.SKIPPED_DUE_TO_DEPENDENCY_FAILURE,
            Status.SKIPPED_BY_USER_CONFIG,
            Status.CANCELLED,
        }
    )

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="phase_runs")
    generation = models.PositiveSmallIntegerField()
    phase = models.CharField(max_length=13, choices=Phase)
    status = models.CharField(max_length=33, choices=Status)
    total = models.PositiveIntegerField(default=0)
    successful = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    reported_at = models.DateTimeField(null=True, blank=True)
    """When the phase was last heard of: begun, reported on, tried again."""
    error_info = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "generation", "phase"], name="one_run_per_phase_and_generation")
        ]

    def __str__(self) -> str:
        return f"{self.phase} of batch {self.batch_id}"


class HandOver(models.Model):
    """A started batch that the remote orchestrator is to take over: written with the start, ended by its answer."""

    class Outcome(models.TextChoices):
        """`superseded`: the batch was cancelled or started anew before anybody took it."""

        WAITING = "waiting"
        TAKEN = "taken"
        REFUSED = "refused"
        SUPERSEDED = "superseded"

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="hand_overs")
    generation = models.PositiveSmallIntegerField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["requested_at"], condition=Q(outcome="waiting"), name="hand_over_waiting"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["batch", "generation"], name="one_hand_over_per_generation"),
            models.CheckConstraint(
                condition=Q(outcome="waiting", ended_at=None) | (~Q(outcome="waiting") & Q(ended_at__isnull=False)),
                name="hand_over_ends_with_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"hand-over of batch {self.batch_id}"


def _register_audit() -> None:
    auditlog.register(Batch, exclude_fields=["created_at", "updated_at", "processing_metadata", "reminded_at"])
    auditlog.register(BatchFile, exclude_fields=["created_at"])
    auditlog.register(Excuse, exclude_fields=["created_at"])
    auditlog.register(Essay, exclude_fields=["created_at", "updated_at", "results", "matched_at"])
    auditlog.register(
        EssayStudentAssociation, exclude_fields=["candidates", "evidence", "updated_at", "is_new", "confidence"]
    )


_register_audit()
