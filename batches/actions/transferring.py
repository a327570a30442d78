"""Giving a class a new owner: its students, batches and files go with it, and what is tied to it by a student.

A student is one teacher's, so classes that share one go together. Only support staff do this, for a teacher.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditlog.models import LogEntry
from django.db.models import Model, Q, QuerySet
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from batches.actions.classes import give_files, refuse_without_room
from batches.actions.locks import tell_status
from batches.actions.students import join_students
from batches.models import Batch, Decision, Essay, EssayStudentAssociation, Excuse
from classes.actions.locks import lock_classes_of, lock_students, tell_changed
from classes.actions.owners import give_class
from classes.models import Enrolment, SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk, trace_errand
from huleedu.common.errors import ActionError
from huleedu.realtime.delivery import recheck_user

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
    """What goes together to `to`, by keys: the class, every class of its owner that is tied to it, and their students.

    `same` are those of the students who have the address of one whom `to` has, each with that one: within what is one
    teacher's an address is one person (docs/adr/0005), so they become one.
    """

    school_class: SchoolClass
    owner: int
    to: User
    classes: frozenset[int]
    students: frozenset[int]
    same: frozenset[tuple[int, int]]
    has_loose: bool
    """Whether a batch without a class names one of the students."""


def read_transfer(school_class: SchoolClass, *, to: User) -> Transfer:
    """What would go with the class now. Some dozen statements, and a dozen more for each step that finds classes."""
    owner, classes, has_loose = school_class.owner_id, {school_class.pk}, False
    while True:
        students = _students_in(classes)
        found = _classes_with(students, owner)
        has_loose = has_loose or None in found
        if found <= {None, *classes}:
            break
        classes |= {key for key in found if key is not None}
    own = Student.objects.filter(pk__in=students, created_by_id=owner)
    addresses = {email.lower(): key for key, email in own.exclude(email=None).values_list("pk", "email") if email}
    theirs = Student.objects.filter(created_by=to).annotate(address=Lower("email")).filter(address__in=addresses)
    return Transfer(
        school_class=school_class,
        owner=owner,
        to=to,
        classes=frozenset(classes),
        students=frozenset(own.values_list("pk", flat=True)),
        same=frozenset((addresses[address], key) for key, address in theirs.values_list("pk", "address")),
        has_loose=has_loose,
    )


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


def refuse_transfer(going: Transfer) -> None:
    """Raises ActionError `validation_error` for somebody who may not get the class, or where a batch without a class
    names its students, and what `refuse_without_room` raises.
    """
    if not new_owners(going.school_class).filter(pk=going.to.pk).exists():
        raise ActionError("validation_error", _("Choose another teacher of the owner's school."), field="to")
    if going.has_loose:
        message = _("Texts of its students are in batches without a class. Those are to get their class first.")
        raise ActionError("validation_error", message)
    refuse_without_room(EssayFile.objects.filter(batch_file__batch__school_class__in=going.classes), going.to)


@action
def transfer_class(going: Transfer, *, actor: User) -> None:
    """Give what was read to the other teacher. Who had it sees it no more.

    Raises ActionError `version_conflict` where something else would go by now, and what `refuse_transfer` raises.
    """
    theirs = [kept for _student, kept in going.same]
    locked = lock_classes_of(*Student.objects.filter(pk__in=theirs), keys=going.classes)
    classes = [row for row in locked if row.pk in going.classes]
    lock_students(pk__in=[*going.students, *theirs])
    batches = _lock_batches(going, theirs)
    now = next((read_transfer(row, to=going.to) for row in classes if row == going.school_class), None)
    if now != going:
        raise ActionError("version_conflict", _("Somebody changed the same at the same moment. Try again."))
    refuse_transfer(going)
    for school_class in classes:
        give_class(school_class, to=going.to)
    give_files(batches, going.to)
    for batch in batches:
        batch.owner, batch.version = going.to, batch.version + 1
        batch.save(update_fields=["owner", "version", "updated_at"])
        tell_status(batch)
    _give_students(going, actor=actor)
    former = User.objects.get(pk=going.owner)
    recheck_user(former.pk)
    trace_errand(former)


def _lock_batches(going: Transfer, theirs: Iterable[int]) -> list[Batch]:
    """Those that go, and in the same order those with a text of a student who becomes one with another."""
    named = Essay.objects.filter(association__student__in=[*theirs, *going.students])
    wanted = Q(school_class__in=going.classes) | Q(pk__in=named.values("batch_id"))
    rows = Batch.objects.select_for_update(no_key=True).filter(wanted).order_by("pk")
    return [batch for batch in rows if batch.school_class_id in going.classes]


def _give_students(going: Transfer, *, actor: User) -> None:
    students = Student.objects.filter(pk__in=going.students)
    log_bulk(list(students.only("public_id")), action=LogEntry.Action.UPDATE, values={"created_by": going.to.pk})
    students.filter(pk__in=[student for student, _kept in going.same]).update(email=None)
    students.update(created_by=going.to)
    found = Student.objects.in_bulk([key for pair in going.same for key in pair])
    changed: set[SchoolClass] = set()
    for student, kept in sorted(going.same):
        changed |= {*join_students(found[student], found[kept], actor=actor)}
    for school_class in sorted(changed, key=lambda row: row.pk):
        tell_changed(school_class)
