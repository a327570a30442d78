"""Giving a class a new owner: its students, batches and files go with it, and what is tied to it by a student.

A student is one teacher's, so classes that share one go together. Only support staff do this, for a teacher.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditlog.models import LogEntry
from django.db.models import Model, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from batches.actions.classes import give_files, refuse_without_room
from batches.actions.locks import tell_status
from batches.models import Batch, Decision, Essay, EssayStudentAssociation, Excuse
from classes.actions.locks import lock_classes_of, lock_students, unique_addresses
from classes.actions.owners import give_class
from classes.models import Enrolment, SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk, trace_errand
from huleedu.common.errors import ActionError
from huleedu.realtime.delivery import recheck_user

_AT_ONCE = _("Somebody changed the same at the same moment. Try again.")
_NAMED: tuple[tuple[type[Model], str, str], ...] = (
    (EssayStudentAssociation, "essay__batch", "student"),
    (Essay, "batch", "chosen_for"),
    (Excuse, "batch", "student"),
    (Decision, "essay__batch", "before__student"),
    (Decision, "essay__batch", "after__student"),
)
"""What names a student in a batch: the way to the batch, and to the student."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """What goes together, by keys: the class, every class of its owner that is tied to it, and their students."""

    school_class: SchoolClass
    owner: int
    classes: frozenset[int]
    students: frozenset[int]
    has_loose: bool
    """Whether a batch without a class names one of the students."""


def read_transfer(school_class: SchoolClass) -> Transfer:
    """What would go with the class now. A dozen statements, and as many again for each step that finds classes."""
    owner, classes, has_loose = school_class.owner_id, {school_class.pk}, False
    while True:
        students = _students_in(classes)
        found = _classes_with(students, owner)
        has_loose = has_loose or None in found
        if found <= {None, *classes}:
            own = Student.objects.filter(pk__in=students, created_by_id=owner).values_list("pk", flat=True)
            return Transfer(school_class, owner, frozenset(classes), frozenset(own), has_loose)
        classes |= {key for key in found if key is not None}


def _students_in(classes: Iterable[int]) -> set[int]:
    found = set(Enrolment.objects.filter(school_class__in=classes).values_list("student_id", flat=True))
    for model, batch, student in _NAMED:
        named = model._default_manager.filter(**{f"{batch}__school_class__in": classes})
        found |= set(named.values_list(student, flat=True)) - {None}
    return found


def _classes_with(students: Iterable[int], owner: int) -> set[int | None]:
    mine = SchoolClass.objects.filter(owner_id=owner, enrolments__student__in=students)
    found: set[int | None] = set(mine.values_list("pk", flat=True))
    for model, batch, student in _NAMED:
        named = model._default_manager.filter(**{f"{batch}__owner": owner, f"{student}__in": list(students)})
        found |= set(named.values_list(f"{batch}__school_class", flat=True))
    return found


def new_owners(school_class: SchoolClass) -> QuerySet[User]:
    """Who may get the class: the other teachers of its owner's school, as far as they may sign in."""
    teachers = User.objects.filter(role=User.Role.TEACHER, is_active=True, school=school_class.owner.school_id)
    return teachers.exclude(pk=school_class.owner_id).order_by("email")


def refuse_transfer(going: Transfer, to: User) -> None:
    """Raises ActionError `validation_error` for somebody who may not get the class, where a batch without a class
    names its students, or where students of both have one address, and what `refuse_without_room` raises.
    """
    if not new_owners(going.school_class).filter(pk=to.pk).exists():
        raise ActionError("validation_error", _("Choose another teacher of the owner's school."), field="to")
    if going.has_loose:
        message = _("Texts of its students are in batches without a class. Those are to get their class first.")
        raise ActionError("validation_error", message)
    addresses = Student.objects.filter(pk__in=going.students, email__isnull=False).values(address=Lower("email"))
    same = Student.objects.filter(created_by=to).annotate(address=Lower("email")).filter(address__in=addresses)
    if n := same.count():
        said = ngettext(
            "The new owner has {n} student with the same e-mail address already. Empty one of the two first.",
            "The new owner has {n} students with the same e-mail addresses already. Empty one of each two first.",
            n,
        )
        raise ActionError("validation_error", said.format(n=n))
    refuse_without_room(EssayFile.objects.filter(batch_file__batch__school_class__in=going.classes), to)


@action
def transfer_class(going: Transfer, *, to: User, actor: User) -> None:
    """Give what was read to another teacher. Who had it sees it no more.

    Raises ActionError `version_conflict` where something else would go by now, and what `refuse_transfer` raises.
    """
    classes = lock_classes_of(keys=going.classes)
    lock_students(pk__in=going.students)
    batches = list(Batch.objects.select_for_update(no_key=True).filter(school_class__in=going.classes).order_by("pk"))
    now = next((read_transfer(row) for row in classes if row == going.school_class), None)
    if now != going:
        raise ActionError("version_conflict", _AT_ONCE)
    refuse_transfer(going, to)
    before = User.objects.get(pk=going.owner)
    students = list(Student.objects.filter(pk__in=going.students).only("public_id"))
    log_bulk(students, action=LogEntry.Action.UPDATE, values={"created_by": to.pk})
    with unique_addresses("version_conflict", _AT_ONCE):
        Student.objects.filter(pk__in=going.students).update(created_by=to)
    for school_class in classes:
        give_class(school_class, to=to)
    give_files(batches, to)
    for batch in batches:
        batch.owner, batch.version = to, batch.version + 1
        batch.save(update_fields=["owner", "version", "updated_at"])
        tell_status(batch)
    recheck_user(before.pk)
    trace_errand(before)
