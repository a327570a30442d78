"""Essay files: where their bytes are, and what reading them gave."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext_lazy as _

from files.evidence import Document, Evidence
from files.extraction.cleaning import MASK
from huleedu.common.models import PublicModel

if TYPE_CHECKING:
    from huleedu.accounts.models import User


ZIP = "zip"
"""The `detected_type` of a zip of essays."""


class EssayFileQuerySet(models.QuerySet["EssayFile"]):
    """Which files wait for a worker, and how much a teacher has stored."""

    def waiting(self) -> EssayFileQuerySet:
        """Stored and not yet taken, or taken by a worker whose lease has run out."""
        return self.filter(
            Q(status=EssayFile.Status.STORED) | Q(status=EssayFile.Status.READING, lease_until__lt=Now())
        )

    def unheld(self, now: datetime) -> EssayFileQuerySet:
        """On the way, and no worker has them: never taken, a lease that ran out, or one that is no worker's.

        One that ends later than a lease given now is a wrong clock's, or a hand's.
        """
        longest = now + timedelta(seconds=settings.READ_LEASE_SECONDS)
        none = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=longest)
        return self.filter(none, status__in=[*EssayFile.ON_THE_WAY])

    def in_turn(self) -> EssayFileQuerySet:
        """Of these, one file per owner, the owner first whose turn it is.

        That is who has the fewest files being read, then whose last file was read longest ago: one teacher's file does
        not wait behind another's two hundred. An owner's own files come in the order of upload; one that has taken a
        worker down goes behind the others.
        """
        firsts = self.order_by("owner_id", "attempts", "pk").distinct("owner_id")
        own = EssayFile.objects.filter(owner_id=OuterRef("owner_id")).order_by()
        reading = own.filter(status=EssayFile.Status.READING, lease_until__gte=Now())
        last_read = own.exclude(read_at=None).order_by("-read_at")
        return EssayFile.objects.filter(pk__in=firsts.values("pk")).order_by(
            Coalesce(Subquery(reading.values("owner_id").annotate(number=Count("pk")).values("number")), 0),
            Subquery(last_read.values("read_at")[:1]).asc(nulls_first=True),
            "pk",
        )

    def bytes_of(self, user: User | int) -> int:
        """Bytes the teacher's files take, for the quota."""
        key = user if isinstance(user, int) else user.pk
        return self.filter(owner_id=key).aggregate(total=Sum("size", filter=~Q(sha256="")))["total"] or 0


class EssayFile(PublicModel):
    """One uploaded file. Its bytes are in the storage under `storage_key`, never changed after they were written."""

    class Status(models.TextChoices):
        """Stored and reading are on the way; the others are ends."""

        STORED = "stored", _("waiting")
        READING = "reading", _("reading")
        READ = "read", _("read")
        NO_TEXT = "no_text", _("no text inside")
        REJECTED = "rejected", _("problem")
        FAILED = "failed", _("problem")
        SKIPPED = "skipped", _("skipped")

    ON_THE_WAY = frozenset({Status.STORED, Status.READING})
    PROBLEMS = frozenset({Status.NO_TEXT, Status.REJECTED, Status.FAILED})

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="essay_files")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    """Who dropped it, or the zip it came out of: the owner, or a colleague with whom the class is shared."""
    storage_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=255)
    """As received (NFC), without folders."""
    path = models.CharField(max_length=1000, blank=True)
    """Its folders as received, without the name."""
    sha256 = models.CharField(max_length=64, blank=True)
    """Of the bytes; empty where the file was refused before it was stored."""
    size = models.PositiveBigIntegerField()
    detected_type = models.CharField(max_length=10, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.STORED)
    problem = models.CharField(max_length=30, blank=True)
    """A code of `files.problems.MESSAGES`."""
    warning = models.CharField(max_length=30, blank=True)
    duplicate_of = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="duplicates")
    archive = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="entries")
    """The zip it came out of."""
    archive_index = models.PositiveIntegerField(null=True, blank=True)
    """Which entry of that zip it is, so that opening it twice adds nothing twice."""
    sidecars = models.JSONField(default=list, blank=True)
    """`[[name, line]]`: what lay beside it in the zip and names its writer, such as a receipt."""

    text = models.TextField(blank=True)
    headers = models.JSONField(default=list, blank=True)
    properties = models.JSONField(default=dict, blank=True)
    evidence = models.JSONField(default=list, blank=True)
    """`files.evidence.Evidence` as JSON: every place where the writer may be named."""
    words = models.PositiveIntegerField(default=0)
    is_pasted = models.BooleanField(default=False)
    """Whether a person pasted the text because the file could not be read."""
    personnummer_removed = models.PositiveIntegerField(default=0)

    attempts = models.PositiveSmallIntegerField(default=0)
    lease_token = models.UUIDField(null=True, blank=True)
    """Fences off a worker that lost its lease: only the holder of the token may record a result."""
    lease_until = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    first_read_at = models.DateTimeField(null=True, blank=True)
    """Of a file that was read again: when it was read the first time. Reading it again is no news."""

    objects = EssayFileQuerySet.as_manager()

    class Meta:
        verbose_name = _("file")
        verbose_name_plural = _("files")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["owner", "sha256"], name="file_by_owner_and_content"),
            models.Index(fields=["owner", "-read_at"], name="file_by_owner_and_reading"),
            models.Index(
                fields=["status", "lease_until"], name="file_on_the_way", condition=Q(status__in=["stored", "reading"])
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="file_has_a_name"),
            models.CheckConstraint(
                condition=Q(status__in=["stored", "reading", "read", "skipped"]) | ~Q(problem=""),
                name="file_problem_has_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status="reading") | (Q(lease_token__isnull=False) & Q(lease_until__isnull=False)),
                name="file_being_read_has_a_lease",
            ),
            models.UniqueConstraint(fields=["archive", "archive_index"], name="entry_of_a_zip_once"),
        ]

    @property
    def is_zip(self) -> bool:
        """Whether it is a zip of essays: opened rather than read, and no text of its own."""
        return self.detected_type == ZIP

    @property
    def is_copy(self) -> bool:
        """Whether it was skipped since another file has the same content, and may be kept as a text of its own."""
        return self.status == self.Status.SKIPPED and self.duplicate_of_id is not None and not self.is_zip

    @property
    def is_on_the_way(self) -> bool:
        """Whether a worker has still to read it."""
        return self.status in self.ON_THE_WAY

    def document_evidence(self) -> tuple[Evidence, ...]:
        """The evidence as reading left it."""
        return tuple(Evidence.from_json(item) for item in self.evidence)

    def keep(self, document: Document) -> None:
        """Take over what reading gave; the caller saves."""
        self.text = document.text
        self.headers = list(document.headers)
        self.properties = dict(document.properties)
        self.words = len(document.text.split())
        self.personnummer_removed = document.personnummer_removed + f"{self.path}/{self.name}".count(MASK)


auditlog.register(
    EssayFile,
    mask_fields=["name", "path"],
    exclude_fields=[
        "created_at",
        "updated_at",
        "text",
        "headers",
        "properties",
        "evidence",
        "sidecars",
        "words",
        "lease_token",
        "lease_until",
        "first_read_at",
        "attempts",
    ],
)
