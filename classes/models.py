"""A teacher's classes and the students in them."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from auditlog.registry import auditlog
from django.conf import settings
from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from huleedu.common.models import PublicModel

if TYPE_CHECKING:
    from huleedu.accounts.models import User

__all__ = [
    "ClassCourse",
    "ClassShare",
    "CourseCode",
    "Enrolment",
    "Leaving",
    "RosterImport",
    "SchoolClass",
    "Student",
    "StudentAlias",
    "StudentMerge",
]


class CourseCode(models.TextChoices):
    """The courses of the Swedish upper secondary school that texts are written in."""

    ENG5 = "ENG5", _("English 5")
    ENG6 = "ENG6", _("English 6")
    ENG7 = "ENG7", _("English 7")
    SV1 = "SV1", _("Swedish 1")
    SV2 = "SV2", _("Swedish 2")
    SV3 = "SV3", _("Swedish 3")


def current_school_year(today: date | None = None) -> str:
    """`2026/27`: a school year begins on 1 August."""
    today = today or timezone.localdate()
    start = today.year if today.month >= 8 else today.year - 1
    return f"{start}/{(start + 1) % 100:02d}"


def next_school_year(school_year: str) -> str:
    """`2027/28` of `2026/27`."""
    start = int(school_year[:4]) + 1
    return f"{start}/{(start + 1) % 100:02d}"


class SchoolClassQuerySet(models.QuerySet["SchoolClass"]):
    """Which classes a person reads and changes."""

    def visible_to(self, user: User) -> SchoolClassQuerySet:
        """Own classes and those shared with the person."""
        shared = ClassShare.objects.filter(user_id=user.pk).values("school_class_id")
        return self.filter(Q(owner_id=user.pk) | Q(pk__in=shared))

    def editable_by(self, user: User) -> SchoolClassQuerySet:
        """Own classes and those shared with the right to change."""
        shared = ClassShare.objects.filter(user_id=user.pk, can_change=True).values("school_class_id")
        return self.filter(Q(owner_id=user.pk) | Q(pk__in=shared))

    def with_counts(self) -> SchoolClassQuerySet:
        """Adds `n_students`, those who have not left. One statement."""
        return self.annotate(n_students=Count("enrolments", filter=Q(enrolments__left_at=None), distinct=True))


class SchoolClass(PublicModel):
    """A class as its teacher knows it, in one school year."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="classes")
    designation = models.CharField(_("name"), max_length=100)
    school_year = models.CharField(_("school year"), max_length=7, default=current_school_year)
    auto_confirm = models.BooleanField(default=False)
    """Whether new batches confirm their certain matches by themselves at the time they are to be reviewed by."""
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = SchoolClassQuerySet.as_manager()

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["designation", "pk"]
        indexes = [models.Index(fields=["owner", "archived_at"], name="class_by_owner")]
        constraints = [
            models.CheckConstraint(condition=~Q(designation=""), name="class_has_a_name"),
            models.CheckConstraint(
                condition=Q(school_year__regex=r"^[0-9]{4}/[0-9]{2}$"), name="school_year_is_like_2026_27"
            ),
        ]


class ClassCourse(models.Model):
    """A course read in a class; a class may have several."""

    school_class = models.ForeignKey(SchoolClass, models.CASCADE, related_name="courses")
    code = models.CharField(_("course"), max_length=4, choices=CourseCode)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["school_class", "code"], name="one_row_per_class_and_course"),
            models.CheckConstraint(condition=Q(code__in=CourseCode.values), name="course_code_is_known"),
        ]

    def __str__(self) -> str:
        return self.code


class ClassShare(models.Model):
    """A colleague who may read, or also change, a class and its batches."""

    school_class = models.ForeignKey(SchoolClass, models.CASCADE, related_name="shares")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="class_shares")
    can_change = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school_class", "user"], name="one_share_per_colleague")]

    def __str__(self) -> str:
        return f"share {self.pk}"


class StudentQuerySet(models.QuerySet["Student"]):
    """Which students a person reads and changes."""

    def visible_to(self, user: User) -> StudentQuerySet:
        """The person's own students and those enrolled in a class the person may see."""
        classes = SchoolClass.objects.visible_to(user).values("pk")
        enrolled = Enrolment.objects.filter(school_class__in=classes).values("student_id")
        return self.filter(Q(created_by_id=user.pk) | Q(pk__in=enrolled))

    def editable_by(self, user: User) -> StudentQuerySet:
        """The person's own students and those enrolled in a class the person may change."""
        classes = SchoolClass.objects.editable_by(user).values("pk")
        enrolled = Enrolment.objects.filter(school_class__in=classes).values("student_id")
        return self.filter(Q(created_by_id=user.pk) | Q(pk__in=enrolled))

    def wholly_editable_by(self, user: User) -> StudentQuerySet:
        """Own students, and those of whose classes, left ones too, the person may change every one.

        For what reaches all of a student's texts: merging, parting again, protecting.
        """
        changeable = SchoolClass.objects.editable_by(user).values("pk")
        beyond = Enrolment.objects.exclude(school_class__in=changeable).values("student_id")
        return self.editable_by(user).filter(Q(created_by_id=user.pk) | ~Q(pk__in=beyond))

    def in_class(self, school_class: SchoolClass | int) -> StudentQuerySet:
        """Those who have not left the class."""
        key = school_class if isinstance(school_class, int) else school_class.pk
        return self.filter(enrolments__school_class_id=key, enrolments__left_at=None)

    def in_class_since(self, school_class_pk: int, since: datetime) -> StudentQuerySet:
        """Those in the class, and those who left it after `since`. Adds `left_at`, null for who is still there."""
        there = Q(enrolments__left_at=None) | Q(enrolments__left_at__gt=since)
        rows = self.filter(there, enrolments__school_class_id=school_class_pk)
        return rows.annotate(left_at=F("enrolments__left_at"))

    def by_name(self) -> StudentQuerySet:
        """Family name, then given name. Swedish order is the page's business."""
        return self.order_by("family_name", "given_name", "pk")


class Student(PublicModel):
    """A student as one teacher knows them. `created_by` is the class's owner, also when a colleague adds them."""

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="students")
    given_name = models.CharField(_("first name"), max_length=150, blank=True)
    family_name = models.CharField(_("surname"), max_length=150, blank=True)
    preferred_name = models.CharField(_("preferred name"), max_length=150, blank=True)
    email = models.EmailField(_("school e-mail"), max_length=254, null=True, blank=True)
    external_ids = models.JSONField(default=dict, blank=True)
    """Numbers of other systems, e.g. `{"canvas": "4301"}`: proof of who wrote a file that carries one."""
    replaced = models.JSONField(default=dict, blank=True)
    """Of fields that a person has changed by hand: field to what a class list had said. Hand edits outlive lists."""
    protected_identity = models.BooleanField(_("protected identity"), default=False)
    protected_marks = models.JSONField(default=list, blank=True)
    """Of a protected student: keyed hashes of what lists may still say (docs/adr/0021). They are left out by these."""

    objects = StudentQuerySet.as_manager()

    class Meta:
        verbose_name = _("student")
        verbose_name_plural = _("students")
        indexes = [models.Index(fields=["created_by"], name="student_by_teacher")]
        constraints = [
            models.UniqueConstraint(
                F("created_by"),
                Lower("email"),
                name="one_student_per_email_and_teacher",
                condition=Q(email__isnull=False),
            ),
            models.CheckConstraint(condition=~Q(given_name="") | ~Q(family_name=""), name="student_has_a_name"),
            models.CheckConstraint(condition=Q(email=None) | ~Q(email=""), name="student_email_is_null_or_set"),
        ]

    merged_into: int | None = None
    """Of one who is about to go: the key of the student who is kept in their place."""

    @property
    def name(self) -> str:
        """`Emil Andersson Berg`, the way the page says it."""
        return f"{self.given_name} {self.family_name}".strip()

    def get_additional_data(self) -> dict[str, int] | None:
        """What the log keeps beside the change (the log's library asks for it)."""
        return {"merged": self.merged_into} if self.merged_into else None


class StudentAlias(PublicModel):
    """How else a student is written, as a teacher has taught: evidence in every later match."""

    student = models.ForeignKey(Student, models.CASCADE, related_name="aliases")
    spelling = models.CharField(_("spelling"), max_length=150)
    place = models.CharField(max_length=20, blank=True)
    """Where in a file it was learnt, a `files.evidence.Place`; empty: a person typed it."""
    learnt_from = models.UUIDField(null=True, blank=True)
    """The text it was learnt from, if that is still there."""
    taught_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = _("spelling")
        verbose_name_plural = _("spellings")
        ordering = ["spelling", "pk"]
        constraints = [
            models.UniqueConstraint("student", Lower("spelling"), name="one_row_per_student_and_spelling"),
            models.CheckConstraint(condition=~Q(spelling=""), name="spelling_is_set"),
        ]


class StudentMerge(PublicModel):
    """Two students who were made one: what moved, to be taken back within 30 days."""

    kept = models.ForeignKey(Student, models.CASCADE, related_name="merges")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undo = models.JSONField(default=dict, blank=True)
    """The other student and what moved, names among it. Emptied after 30 days, by undo and by protection."""
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("merge of students")
        verbose_name_plural = _("merges of students")
        ordering = ["-pk"]


class Enrolment(models.Model):
    """A student in a class, until `left_at`. The texts stay."""

    school_class = models.ForeignKey(SchoolClass, models.CASCADE, related_name="enrolments")
    student = models.ForeignKey(Student, models.CASCADE, related_name="enrolments")
    created_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school_class", "student"], name="enrolled_once_per_class")]
        indexes = [models.Index(fields=["student", "left_at"], name="enrolment_by_student")]

    def __str__(self) -> str:
        return f"enrolment {self.pk}"


class Leaving(PublicModel):
    """Students who left a class together, or were moved to another: to be taken back within 30 days, then deleted."""

    school_class = models.ForeignKey(SchoolClass, models.CASCADE, related_name="leavings")
    moved_to = models.ForeignKey(SchoolClass, models.SET_NULL, null=True, blank=True, related_name="+")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    undo = models.JSONField(default=dict)
    """Keys of enrolments, never names: `left`, those that ended at `at`; `there`, in the other class, to when they had
    ended before (None: they were made)."""
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("leaving a class")
        verbose_name_plural = _("leaving a class")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["created_at"], name="leaving_to_purge")]

    @property
    def n_students(self) -> int:
        """How many left."""
        return len(self.undo["left"])


class RosterImport(PublicModel):
    """A class list on its way in: the preview, then what undo needs."""

    class Status(models.TextChoices):
        """A preview is purged after 24 hours; an applied one can be undone for 30 days."""

        PREVIEW = "preview", _("preview")
        APPLIED = "applied", _("applied")
        UNDONE = "undone", _("undone")

    school_class = models.ForeignKey(SchoolClass, models.CASCADE, related_name="roster_imports")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    status = models.CharField(max_length=7, choices=Status, default=Status.PREVIEW)
    file_name = models.CharField(max_length=255, blank=True)
    content = models.BinaryField()
    """The list as received with personal identity numbers removed, to read it another way; emptied when applied."""
    is_text = models.BooleanField(default=False)
    """Whether it was pasted."""
    encoding = models.CharField(max_length=20, blank=True)
    """Set by the teacher; empty lets the reader find it."""
    columns = models.JSONField(default=dict, blank=True)
    """The teacher's own mapping, column index to field; empty lets the reader find it."""
    surname_first = models.BooleanField(null=True, blank=True)
    """How the teacher says that names in one column are written; empty lets the reader find it."""
    edits = models.JSONField(default=dict, blank=True)
    """The teacher's changes to rows, line to `{values, include}`."""
    undo = models.JSONField(default=dict, blank=True)
    """What applying changed: created, enrolled, left, and old and new values per student. Emptied after 30 days."""
    result = models.JSONField(default=dict, blank=True)
    """The counts when it was applied."""
    applied_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("class list import")
        verbose_name_plural = _("class list imports")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["status", "created_at"], name="import_to_purge")]


_NAMES = ["given_name", "family_name", "preferred_name", "email"]


def _register_audit() -> None:
    never: dict[str, Any] = {"exclude_fields": ["created_at", "updated_at"]}
    auditlog.register(SchoolClass, **never)
    auditlog.register(ClassCourse)
    auditlog.register(ClassShare)
    auditlog.register(Student, mask_fields=[*_NAMES, "external_ids", "replaced", "protected_marks"], **never)
    auditlog.register(StudentAlias, mask_fields=["spelling"], **never)
    auditlog.register(StudentMerge, mask_fields=["undo"], **never)
    auditlog.register(Enrolment, exclude_fields=["created_at"])


_register_audit()
