"""Classes and students on support's desk. Here rather than in `classes`, since texts go with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from batches import actions
from batches.actions.students import refuse_unlike
from batches.actions.transferring import Transfer, new_owners, read_transfer, refuse_transfer
from batches.merges import read_merge
from batches.models import Batch
from classes import actions as class_actions
from classes.actions.locks import refuse_if_archived
from classes.models import Enrolment, SchoolClass, SchoolClassQuerySet, Student
from classes.tasks import UNDO_LIFETIME
from huleedu.accounts.models import User
from huleedu.common.admin import Choices, ReadOnlyAdmin, masked, short_id
from huleedu.common.errands import ErrandKind, Question
from huleedu.common.errors import ActionError

M = TypeVar("M", SchoolClass, Student, User)


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


def _going(school_class: SchoolClass, seen: str | None) -> Transfer:
    """`seen` is the id of the new owner; once it was looked at, what `_as_seen` says."""
    chosen, _colon, looked_at = (seen or "").partition(":")
    to = _by_id(User.objects.all(), chosen)
    if to is None:
        raise ActionError("validation_error", _("Choose another teacher of the owner's school."))
    going = read_transfer(school_class, to=to)
    if looked_at and seen != _as_seen(going):
        raise ActionError("version_conflict", _("By now something else would go along. Look at it again."))
    return going


def _as_seen(going: Transfer) -> str:
    """The new owner's id, the classes by their keys, and how many students become one with another."""
    return f"{going.to.public_id}:{'+'.join(map(str, sorted(going.classes)))}:{len(going.same)}"


def _whom_to_give(chosen: Sequence[SchoolClass]) -> list[tuple[str, str]]:
    if len(chosen) != 1:
        raise ActionError("validation_error", _("Choose one class. Those that share students with it go along."))
    teachers = [(str(teacher.public_id), teacher.email) for teacher in new_owners(chosen[0])]
    if not teachers:
        raise ActionError("validation_error", _("There is no other teacher at the owner's school."))
    return teachers


def _what_goes(going: Transfer) -> str:
    refuse_transfer(going)
    n, batches = len(going.students), Batch.objects.filter(school_class__in=going.classes).count()
    students = ngettext("{n} student", "{n} students", n).format(n=n)
    with_it = ngettext("{n} batch", "{n} batches", batches).format(n=batches)
    goes = _("Goes to {address}, with {students} and {batches}.")
    said = [goes.format(address=going.to.email, students=students, batches=with_it)]
    others = SchoolClass.objects.filter(pk__in=going.classes).exclude(pk=going.school_class.pk)
    if ids := [str(public_id) for public_id in others.values_list("public_id", flat=True)]:
        more = ngettext(
            "{n} class that shares students with it goes along: {ids}.",
            "{n} classes that share students with it go along: {ids}.",
            len(ids),
        )
        said.append(more.format(n=len(ids), ids=", ".join(ids)))
    if same := len(going.same):
        one = ngettext(
            "{n} student has the same e-mail address as one of the new owner's: the two become one.",
            "{n} students have the same e-mail addresses as students of the new owner: each two become one.",
            same,
        )
        said.append(one.format(n=same))
    said.append(_("Who has it now no longer sees it, unless the new owner shares it."))
    return " ".join(said)


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
            run=lambda school_class, actor: class_actions.restore_class(school_class, actor=actor),
            preview=_restoring,
        ),
        ErrandKind(
            "transfer",
            gettext_lazy("For another teacher of the same school, who gets the students, batches and files as well."),
            run=lambda going, actor: actions.transfer_class(going, actor=actor),
            preview=_what_goes,
            about=lambda going: going.school_class,
            aim=_going,
            seen=_as_seen,
            question=Question(gettext_lazy("The new owner"), _whom_to_give),
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


def _by_id(rows: QuerySet[M], public_id: str | None) -> M | None:
    try:
        return rows.filter(public_id=UUID(public_id or "")).first()
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Merging:
    """Two who are one, and which of them is kept."""

    student: Student
    into: Student


def _merging(student: Student, seen: str | None) -> Merging:
    """`seen` is the id of the one to keep."""
    into = _by_id(Student.objects.all(), seen)
    if into is None:
        raise ActionError("not_found", _("The student is not there any more."))
    return Merging(student, into)


def _whom_to_keep(chosen: Sequence[Student]) -> list[tuple[str, str]]:
    if len(chosen) != 2:
        raise ActionError("validation_error", _("Choose the two students in the list."))
    texts = Count("associations", filter=Q(associations__status="confirmed"))
    rows = Student.objects.filter(pk__in=[student.pk for student in chosen]).order_by("pk")
    counts = dict(rows.annotate(n_texts=texts).values_list("pk", "n_texts"))
    return [(str(row.public_id), _choice(row, counts[row.pk])) for row in rows]


def _choice(student: Student, n_texts: int) -> str:
    said = ngettext("{name} ({id}), {n} text", "{name} ({id}), {n} texts", n_texts)
    return said.format(name=_masked(student), id=short_id(str(student.public_id)), n=n_texts)


def _masked(student: Student) -> str:
    """`E*** B***`; nothing of a student with a protected identity."""
    return "***" if student.protected_identity else masked(student.name)


def _what_moves(merging: Merging) -> str:
    """As the teacher's page, in numbers. It does not tell whose identity is protected."""
    student, into = merging.student, merging.into
    if student == into:
        raise ActionError("validation_error", _("This one is kept."))
    if student.protected_identity or into.protected_identity:
        raise ActionError("validation_error", _("These two cannot be merged."))
    refuse_unlike(student, into)
    moving = read_merge(student, into=into, user=student.created_by)
    classes, spellings = len(moving.class_names) + moving.n_hidden_classes, len(moving.spellings)
    parts = (
        (moving.n_texts, ngettext("{n} text", "{n} texts", moving.n_texts)),
        (classes, ngettext("{n} class", "{n} classes", classes)),
        (spellings, ngettext("{n} spelling", "{n} spellings", spellings)),
        (len(moving.numbers), ngettext("{n} number", "{n} numbers", len(moving.numbers))),
        (len(moving.email and "1"), _("the e-mail address")),
        (len(moving.preferred_name and "1"), _("the preferred name")),
    )
    told = [words.format(n=n) for n, words in parts if n]
    said = [_("Becomes one with {student}.").format(student=into), _("It gets: {what}.").format(what=", ".join(told))]
    if not told:
        said = said[:1]
    if moving.lost_email:
        said.append(_("The e-mail address of this one does not move."))
    return " ".join([*said, _("The teacher can undo it for {days} days.").format(days=UNDO_LIFETIME.days)])


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
            run=lambda left, actor: class_actions.enrol_student(left.school_class, student=left.student, actor=actor),
            preview=_putting_back,
            about=lambda left: left.school_class,
            part=lambda left: str(left.student.public_id),
            aim=_left,
            seen=lambda left: str(left.school_class.public_id),
        ),
        ErrandKind(
            "merge",
            gettext_lazy("As the teacher's button does: one of the two is kept, with what both have."),
            run=lambda merging, actor: actions.merge_students(merging.student, into=merging.into, actor=actor),
            preview=_what_moves,
            about=lambda merging: merging.into,
            part=lambda merging: str(merging.student.public_id),
            aim=_merging,
            seen=lambda merging: str(merging.into.public_id),
            question=Question(gettext_lazy("The student to keep"), _whom_to_keep),
        ),
    )

    @admin.display(description=gettext_lazy("name"))
    def masked_name(self, student: Student) -> str:
        """`E*** B***`"""
        return _masked(student)

    @admin.display(description=gettext_lazy("e-mail address"))
    def masked_email(self, student: Student) -> str:
        """`e***@***`"""
        return "" if student.protected_identity else masked(student.email or "")

    @admin.display(description=gettext_lazy("owner"), ordering="created_by__email")
    def owner_address(self, student: Student) -> str:
        """Whose student it is."""
        return student.created_by.email
