"""Applying a class list and undoing it. The number of statements does not grow with the number of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditlog.context import disable_auditlog
from auditlog.models import LogEntry
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classes.actions.imports import compare, leave_out_marked, lock_import, read_draft
from classes.actions.locks import audience, checked_names, lock_class, lock_students, unique_addresses
from classes.events import ClassRosterApplied, StudentCreatedV1
from classes.following import tell_followers
from classes.models import Enrolment, RosterImport, SchoolClass, Student
from classes.progress import reporter
from classes.rosters.diff import COMPARED, DiffRow
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError
from huleedu.observability import metrics
from huleedu.outbox.publish import publish, publish_all

if TYPE_CHECKING:
    from huleedu.accounts.models import User

_WRITTEN = [*COMPARED, "external_ids", "replaced"]
_Action = LogEntry.Action
AT_ONCE = 500
"""Students that are written in one statement."""


@action
def apply_import(roster_import: RosterImport, *, actor: User) -> RosterImport:
    """Save what the preview shows and forget the list. A second time changes nothing.

    Raises ActionError `validation_error` where there is nobody to import, `version_conflict` where somebody took an
    address meanwhile, `illegal_transition` after an undo.
    """
    school_class = lock_class(roster_import.school_class)
    roster_import = lock_import(roster_import)
    if roster_import.status == RosterImport.Status.APPLIED:
        return roster_import
    if roster_import.status == RosterImport.Status.UNDONE:
        raise ActionError("illegal_transition", _("The import was undone. Import the list again."))
    leave_out_marked(roster_import, actor=actor)
    parsed = read_draft(roster_import)
    rows = compare(roster_import, parsed)
    chosen = {kind: [row for row in rows if row.include and row.action == kind] for kind in _KINDS}
    if not any(chosen.values()):
        raise ActionError("validation_error", _("There is nobody to import in the list."), field="rows")
    with unique_addresses("version_conflict", _TAKEN):
        known = chosen["joining"] + chosen["changed"]
        report = reporter(roster_import.public_id, len(chosen["new"]) + len(known))
        created = _create(school_class, chosen["new"], actor=actor, report=report)
        changed, enrolled = _change(school_class, known)
        report(len(chosen["new"]) + len(known))
    left = _leave(school_class, chosen["missing"])
    roster_import.undo = {"created": created, "changed": changed, "enrolled": enrolled, "left": left}
    roster_import.result |= {
        "counts": Counter(row.action for row in rows if row.include or row.action in ("unchanged", "missing")),
        "left": len(left),
        "left_out": sum(row.action in _LEFT_OUT and not row.include for row in rows),
        "source": parsed.source,
        "encoding": parsed.encoding,
        "delimiter": parsed.delimiter,
    }
    roster_import.content, roster_import.edits, roster_import.columns = b"", {}, {}
    roster_import.status, roster_import.applied_at = RosterImport.Status.APPLIED, timezone.now()
    roster_import.save()
    _tell(school_class, roster_import)
    metrics.STUDENTS_ADDED.inc(len(created))
    return roster_import


_KINDS = ("new", "joining", "changed", "unchanged", "missing")
_LEFT_OUT = ("new", "joining", "changed", "problem")
_TAKEN = _("Another of your students has got one of the e-mail addresses meanwhile. Look at the list again.")


@action
def undo_import(roster_import: RosterImport, *, actor: User) -> RosterImport:
    """Put back exactly what applying changed and nobody has changed since. A second time changes nothing.

    A student who got a text meanwhile stays, but leaves the class. Raises ActionError `not_undoable`.
    """
    school_class = lock_class(roster_import.school_class)
    roster_import = lock_import(roster_import)
    if roster_import.status == RosterImport.Status.UNDONE:
        return roster_import
    if roster_import.status != RosterImport.Status.APPLIED:
        raise ActionError("not_undoable", _("The list has not been imported."))
    undo = roster_import.undo
    if not undo:
        raise ActionError("not_undoable", _("The import is older than 30 days and cannot be undone."))
    students = lock_students(pk__in={*undo["created"], *map(int, undo["changed"])})
    _uncreate(school_class, undo["created"])
    with unique_addresses("not_undoable", _TAKEN):
        _unchange([student for key, student in students.items() if str(key) in undo["changed"]], undo["changed"])
    _unenrol(school_class, undo["enrolled"])
    _set_left(Enrolment.objects.filter(school_class=school_class, student_id__in=undo["left"]), when=None)
    roster_import.status, roster_import.undone_at, roster_import.undo = (
        RosterImport.Status.UNDONE,
        timezone.now(),
        {},
    )
    roster_import.save(update_fields=["status", "undone_at", "undo", "updated_at"])
    _tell(school_class, roster_import)
    return roster_import


# --- applying --------------------------------------------------------------------------------------------------------


def _create(school_class: SchoolClass, rows: list[DiffRow], *, actor: User, report: Callable[[int], None]) -> list[int]:
    """By the five hundred, so that whoever waits sees it come on."""
    people, created = audience(school_class), []
    for start in range(0, len(rows), AT_ONCE):
        created += _create_some(school_class, rows[start : start + AT_ONCE], people=people, actor=actor)
        report(len(created))
    return created


def _create_some(school_class: SchoolClass, rows: list[DiffRow], *, people: list[int], actor: User) -> list[int]:
    students = Student.objects.bulk_create(
        Student(
            created_by_id=school_class.owner_id,
            external_ids=row.values["external_ids"],
            **checked_names({name: row.values[name] for name in COMPARED}),
        )
        for row in rows
    )
    log_bulk(students, action=_Action.CREATE, changed=COMPARED)
    enrolments = Enrolment.objects.bulk_create(Enrolment(school_class=school_class, student=s) for s in students)
    log_bulk(enrolments, action=_Action.CREATE, values={"school_class": school_class.pk})
    events = [
        StudentCreatedV1(student_id=s.public_id, student_email=s.email, created_by_user_id=actor.public_id)
        for s in students
    ]
    publish_all(events, audience=people)
    return [student.pk for student in students]


def _change(school_class: SchoolClass, rows: list[DiffRow]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the changed fields; returns old and new values per student, and when each had left the class.

    Raises ActionError `version_conflict` where somebody has changed one of them since the list was compared.
    """
    locked = lock_students(public_id__in=[row.student for row in rows])
    students = {str(student.public_id): student for student in locked.values()}
    _refuse_changed(students, rows)
    old: dict[str, Any] = {}
    for row in rows:
        student = students[row.student or ""]
        taken = student.replaced.keys() & row.changes.keys()
        names = [*row.changes, *(["replaced"] if taken else [])]
        before = {name: getattr(student, name) for name in names}
        new = checked_names({name: row.values[name] for name in row.changes if name in COMPARED})
        for name, value in new.items():
            setattr(student, name, value)
        if taken:
            student.replaced = {name: value for name, value in student.replaced.items() if name not in taken}
        if "external_ids" in row.changes:
            student.external_ids = {**student.external_ids, **row.values["external_ids"]}
        if before:
            old[str(student.pk)] = {name: [value, getattr(student, name)] for name, value in before.items()}
    _write([student for student in students.values() if str(student.pk) in old])
    return old, _enrol(school_class, list(students.values()))


def _refuse_changed(students: dict[str, Student], rows: list[DiffRow]) -> None:
    """A student of another class may have been hidden, renamed or deleted while this one's list was compared."""
    for row in rows:
        student = students.get(row.student or "")
        seen = {name: before for name, (before, _after) in row.changes.items() if name in COMPARED}
        if (
            student is None
            or (row.changes and student.protected_identity)
            or any((getattr(student, name) or "") != before for name, before in seen.items())
        ):
            message = _("Somebody has changed one of the students meanwhile. Look at the list again.")
            raise ActionError("version_conflict", message)


def _write(students: list[Student]) -> None:
    """Save names and addresses of many, with their audit rows."""
    now = timezone.now()
    for student in students:
        student.updated_at = now
    Student.objects.bulk_update(students, [*_WRITTEN, "updated_at"])
    log_bulk(students, action=_Action.UPDATE, changed=COMPARED)


def _enrol(school_class: SchoolClass, students: list[Student]) -> dict[str, Any]:
    """Put students into the class, or back into it; returns when each had left (None: was never in it)."""
    existing = {e.student_id: e for e in Enrolment.objects.filter(school_class=school_class, student__in=students)}
    back = [enrolment for enrolment in existing.values() if enrolment.left_at is not None]
    before: dict[str, Any] = {str(e.student_id): e.left_at.isoformat() for e in back if e.left_at is not None}
    _set_left(Enrolment.objects.filter(pk__in=[enrolment.pk for enrolment in back]), when=None)
    new = Enrolment.objects.bulk_create(
        Enrolment(school_class=school_class, student=s) for s in students if s.pk not in existing
    )
    log_bulk(new, action=_Action.CREATE, values={"school_class": school_class.pk})
    return before | {str(enrolment.student_id): None for enrolment in new}


def _leave(school_class: SchoolClass, rows: list[DiffRow]) -> list[int]:
    """Mark those as having left whom the teacher ticked among the ones not in the list."""
    keys = [row.student for row in rows]
    enrolments = Enrolment.objects.filter(school_class=school_class, student__public_id__in=keys, left_at=None)
    return _set_left(enrolments, when=timezone.now())


def _set_left(enrolments: Any, *, when: datetime | None) -> list[int]:
    """Set `left_at` of many, with their audit rows; returns the students' keys."""
    changed = list(enrolments)
    for enrolment in changed:
        enrolment.left_at = when
    Enrolment.objects.bulk_update(changed, ["left_at"])
    log_bulk(changed, action=_Action.UPDATE, values={"left_at": when.isoformat() if when else None})
    return [enrolment.student_id for enrolment in changed]


# --- undoing ---------------------------------------------------------------------------------------------------------


def _uncreate(school_class: SchoolClass, created: list[int]) -> None:
    students = Student.objects.filter(pk__in=created)
    with_texts = set(students.filter(associations__isnull=False).values_list("pk", flat=True))
    here = Enrolment.objects.filter(school_class=school_class, student_id__in=created)
    _set_left(here.filter(student_id__in=with_texts, left_at=None), when=timezone.now())
    elsewhere = set(
        Enrolment.objects.filter(student_id__in=created)
        .exclude(school_class=school_class)
        .values_list("student_id", flat=True)
    )
    _delete(here.exclude(student_id__in=with_texts))
    _delete(students.exclude(pk__in=with_texts | elsewhere))


def _delete(rows: Any) -> None:
    """Delete many, with their audit rows in one statement: the library writes one for each."""
    log_bulk(list(rows), action=_Action.DELETE)
    with disable_auditlog():
        rows.delete()


def _unchange(students: list[Student], changed: dict[str, Any]) -> None:
    """Give the old values back, except where somebody has changed them again since."""
    for student in students:
        for name, (before, after) in changed[str(student.pk)].items():
            if getattr(student, name) == after:
                setattr(student, name, before)
    _write(students)


def _unenrol(school_class: SchoolClass, enrolled: dict[str, Any]) -> None:
    """Take those out again who were not in the class, and give back the date on which others had left."""
    enrolments = list(Enrolment.objects.filter(school_class=school_class, student_id__in=enrolled))
    gone = [e.pk for e in enrolments if enrolled[str(e.student_id)] is None]
    _delete(Enrolment.objects.filter(pk__in=gone))
    back = [e for e in enrolments if e.pk not in gone]
    for enrolment in back:
        enrolment.left_at = datetime.fromisoformat(enrolled[str(enrolment.student_id)])
    Enrolment.objects.bulk_update(back, ["left_at"])
    log_bulk(back, action=_Action.UPDATE, changed=["left_at"])


def _tell(school_class: SchoolClass, roster_import: RosterImport) -> None:
    tell_followers(school_class.pk)
    event = ClassRosterApplied(class_id=school_class.public_id, import_id=roster_import.public_id)
    publish(event, audience=audience(school_class))
