"""What undoing an import would do, and what of it can no longer be undone. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from classes.models import Enrolment, RosterImport, Student
from classes.ordering import name_key


@dataclass(frozen=True, slots=True)
class Undoing:
    """Names in Swedish order. `gone`: not students any more; `leaving`: of the class only; `back`: in it again.

    `with_texts` are among `leaving`: they are kept since a text is theirs. `restored` get their earlier values;
    `changed_since` keep what somebody wrote after the import.
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
        leaving=names(stay & set(created) | {int(key) for key in enrolled}),
        with_texts=names(with_texts),
        back=names(set(undo["left"])),
        restored=names({int(key) for key in changed} - kept),
        changed_since=names(kept),
    )
