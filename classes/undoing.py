"""What undoing an import, or leaving a class, would do, and what of it can no longer be undone. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from classes.models import Enrolment, Leaving, RosterImport, SchoolClass, Student
from classes.ordering import name_key
from classes.tasks import UNDO_LIFETIME


@dataclass(frozen=True, slots=True)
class Undoing:
    """Names in Swedish order. `gone`: not students any more; `leaving`: of the class only; `back`: in it again.

    `with_texts` leave too, and are kept since a text is theirs. `restored` get their earlier values; `changed_since`
    keep what somebody wrote after the import.
    """

    gone: list[str]
    leaving: list[str]
    with_texts: list[str]
    back: list[str]
    restored: list[str]
    changed_since: list[str]


def read_undoing(roster_import: RosterImport) -> Undoing:
    """Of an applied import that can be undone. Three statements."""
    undo, school_class = roster_import.undo, roster_import.school_class
    created, changed, enrolled = undo["created"], undo["changed"], undo["enrolled"]
    keys = {*created, *undo["left"], *map(int, changed), *map(int, enrolled)}
    students = {student.pk: student for student in Student.objects.filter(pk__in=keys)}
    with_texts = set(Student.objects.filter(pk__in=created, associations__isnull=False).values_list("pk", flat=True))
    elsewhere = set(
        Enrolment.objects.filter(student_id__in=created)
        .exclude(school_class=school_class)
        .values_list("student_id", flat=True)
    )
    kept = {
        int(key)
        for key, values in changed.items()
        if int(key) in students
        and any(getattr(students[int(key)], name) != new for name, (_old, new) in values.items())
    }
    stay = with_texts | elsewhere

    def names(wanted: set[int]) -> list[str]:
        found = [students[key] for key in wanted if key in students]
        return [student.name for student in sorted(found, key=lambda one: name_key(one.given_name, one.family_name))]

    return Undoing(
        gone=names(set(created) - stay),
        leaving=names((stay & set(created) | {int(key) for key in enrolled}) - with_texts),
        with_texts=names(with_texts),
        back=names(set(undo["left"])),
        restored=names({int(key) for key in changed} - kept),
        changed_since=names(kept),
    )


@dataclass(frozen=True, slots=True)
class Left:
    """Students who left a class together, with their names as they are now, in Swedish order."""

    leaving: Leaving
    names: list[str]


def read_leavings(school_class: SchoolClass, *, key: UUID | None = None) -> list[Left]:
    """Those of the last 30 days (or the one with the id `key`) that have not been taken back, newest first.

    Two statements.
    """
    recent = Leaving.objects.filter(school_class=school_class, undone_at=None)
    recent = recent.filter(public_id=key) if key else recent
    recent = recent.filter(created_at__gte=timezone.now() - UNDO_LIFETIME).select_related("made_by", "moved_to")
    found = list(recent)
    keys = {key for leaving in found for key in leaving.undo["left"]}
    gone = Enrolment.objects.filter(pk__in=keys, left_at__isnull=False).select_related("student")
    students = {enrolment.pk: enrolment.student for enrolment in gone}
    lefts = []
    for leaving in found:
        own = [students[key] for key in leaving.undo["left"] if key in students]
        own.sort(key=lambda one: name_key(one.given_name, one.family_name))
        if own:
            lefts.append(Left(leaving, [student.name for student in own]))
    return lefts
