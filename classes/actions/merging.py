"""Two students who are one person, and two again."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from auditlog.models import LogEntry
from django.utils.translation import gettext_lazy as _

from classes.actions.locks import unique_addresses
from classes.models import Enrolment, SchoolClass, Student, StudentAlias, StudentMerge
from huleedu.common.actions import part
from huleedu.common.audit import log_bulk

_OWN = ("public_id", "given_name", "family_name", "preferred_name", "email", "external_ids", "replaced")
_FILLED = ("email", "preferred_name", "external_ids")
"""What the student who is kept may get of the other."""


@part
def merge_student(student: Student, *, into: Student) -> tuple[list[SchoolClass], dict[str, Any]]:
    """Give `into` the classes, spellings, numbers and what else it lacks of `student`, who is then gone.

    The caller holds both locks and has moved what it knows of. Returns the classes that changed, and what
    `unmerge_student` needs.
    """
    classes = list(SchoolClass.objects.filter(enrolments__student__in=[student, into]).distinct())
    before = {name: getattr(into, name) for name in _FILLED}
    undo: dict[str, Any] = {
        "pk": student.pk,
        "into_pk": into.pk,
        "student": {
            name: str(getattr(student, name)) if name == "public_id" else getattr(student, name) for name in _OWN
        },
        "created_at": student.created_at.isoformat(),
        "enrolments": _move_enrolments(student, into),
        "spellings": _move_spellings(student, into),
        "merges": _move_merges(student, into),
    }
    student.merged_into = into.pk
    student.delete()
    into.email = into.email or student.email
    into.preferred_name = into.preferred_name or student.preferred_name
    into.external_ids = {**student.external_ids, **into.external_ids}
    into.save()
    undo["into"] = {
        name: [before[name], getattr(into, name)] for name in _FILLED if before[name] != getattr(into, name)
    }
    return classes, undo


def _move_merges(student: Student, into: Student) -> list[int]:
    """Earlier merges wait with `into` until this one is taken back. Returns their keys."""
    earlier = list(student.merges.all())
    student.merges.update(kept=into)
    log_bulk(earlier, action=LogEntry.Action.UPDATE, changed=["kept"])
    return [merge.pk for merge in earlier]


def _move_spellings(student: Student, into: Student) -> dict[str, Any]:
    """Returns the keys of those that moved, and the spellings that both had."""
    known = {alias.spelling.casefold() for alias in into.aliases.all()}
    moved, both = [], []
    for alias in student.aliases.all():
        if alias.spelling.casefold() in known:
            both.append([alias.spelling, alias.place, alias.pk])
            continue
        alias.student = into
        alias.save(update_fields=["student", "updated_at"])
        moved.append(alias.pk)
    return {"moved": moved, "both": both}


def _move_enrolments(student: Student, into: Student) -> dict[str, Any]:
    """Where both are in a class, the student has left it only if both have. Returns what moved, changed and is gone."""
    kept = {enrolment.school_class_id: enrolment for enrolment in Enrolment.objects.filter(student=into)}
    moved, changed = [], []
    gone: list[list[Any]] = []
    was: list[list[Any]] = []
    for enrolment in Enrolment.objects.filter(student=student):
        own = kept.get(enrolment.school_class_id)
        if own is None:
            enrolment.student = into
            moved.append(enrolment)
            continue
        gone.append(
            [enrolment.school_class_id, enrolment.created_at.isoformat(), _iso(enrolment.left_at), enrolment.pk]
        )
        if own.left_at is not None and (enrolment.left_at is None or enrolment.left_at > own.left_at):
            was.append([own.pk, _iso(own.left_at), _iso(enrolment.left_at)])
            own.left_at = enrolment.left_at
            changed.append(own)
    Enrolment.objects.bulk_update(moved, ["student"])
    Enrolment.objects.bulk_update(changed, ["left_at"])
    log_bulk([*moved, *changed], action=LogEntry.Action.UPDATE, changed=["student", "left_at"])
    return {"moved": [enrolment.pk for enrolment in moved], "changed": was, "gone": gone}


def _iso(when: datetime | None) -> str | None:
    return when.isoformat() if when else None


def _when(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


# --- taking it back --------------------------------------------------------------------------------------------------


ADDRESS_TAKEN = _("Another of your students has got the e-mail address since.")


def unmerge_obstacle(merge: StudentMerge) -> str:
    """Why the merge cannot be taken back, as far as the students go; empty where it can. One or two statements."""
    undo, kept = merge.undo, merge.kept
    if merge.undone_at is not None:
        return str(_("The merge was undone already."))
    if kept.protected_identity:
        return str(_("The student has protected identity since: what the merge had moved is forgotten."))
    if not undo:
        return str(_("The merge is older than 30 days and cannot be undone."))
    if undo.get("into_pk", kept.pk) != kept.pk:
        return str(_("The student it was merged with has been merged with another since. Undo that first."))
    if any(getattr(kept, name) != after for name, (_before, after) in undo["into"].items()):
        return str(_("The e-mail address, preferred name or numbers of the student have been changed since."))
    email = undo["student"]["email"]
    others = Student.objects.filter(created_by_id=kept.created_by_id, email__iexact=email).exclude(pk=kept.pk)
    if email and others.exists():
        return str(ADDRESS_TAKEN)
    return ""


@part
def unmerge_student(merge: StudentMerge) -> tuple[Student, list[SchoolClass]]:
    """The other student again, with classes, spellings, address and numbers; the texts are the caller's business.

    The caller holds the lock of `merge.kept` and has asked for obstacles. Returns the classes that changed.
    """
    undo, kept = merge.undo, merge.kept
    for name, (before, _after) in undo["into"].items():
        setattr(kept, name, before)
    values = undo["student"] | {"public_id": UUID(undo["student"]["public_id"])}
    student = Student(pk=undo["pk"], created_by_id=kept.created_by_id, **values)
    with unique_addresses("not_undoable", ADDRESS_TAKEN):
        kept.save()
        student.save(force_insert=True)
    Student.objects.filter(pk=student.pk).update(created_at=_when(undo["created_at"]))
    StudentAlias.objects.filter(pk__in=undo["spellings"]["moved"], student=kept).update(student=student)
    # What is made again gets its old key: an earlier merge names it by that.
    for spelling, place, *key in undo["spellings"]["both"]:
        StudentAlias.objects.create(pk=key[0] if key else None, student=student, spelling=spelling, place=place)
    StudentMerge.objects.filter(pk__in=undo.get("merges", ()), kept=kept).update(kept=student)
    _part_enrolments(undo["enrolments"], kept, student)
    return student, list(SchoolClass.objects.filter(enrolments__student__in=[student, kept]).distinct())


def _part_enrolments(undo: dict[str, Any], kept: Student, student: Student) -> None:
    back = list(Enrolment.objects.filter(pk__in=undo["moved"], student=kept))
    for enrolment in back:
        enrolment.student = student
    classes = set(SchoolClass.objects.filter(pk__in=[row[0] for row in undo["gone"]]).values_list("pk", flat=True))
    new = Enrolment.objects.bulk_create(
        Enrolment(pk=own[0] if own else None, school_class_id=key, student=student, left_at=_when(left))
        for key, _made, left, *own in undo["gone"]
        if key in classes
    )
    made = {key: _when(created) for key, created, *_left in undo["gone"]}
    for enrolment in new:
        enrolment.created_at = made[enrolment.school_class_id] or enrolment.created_at
    was = {key: (_when(before), _when(after)) for key, before, after in undo["changed"]}
    own = [row for row in Enrolment.objects.filter(pk__in=was, student=kept) if row.left_at == was[row.pk][1]]
    for enrolment in own:
        enrolment.left_at = was[enrolment.pk][0]
    Enrolment.objects.bulk_update(back, ["student"])
    Enrolment.objects.bulk_update(new, ["created_at"])
    Enrolment.objects.bulk_update(own, ["left_at"])
    log_bulk(new, action=LogEntry.Action.CREATE, changed=["student"])
    log_bulk([*back, *own], action=LogEntry.Action.UPDATE, changed=["student", "left_at"])
