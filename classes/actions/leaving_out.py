"""Leaving protected students out of a list on its way in, before any of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.conf import settings

from classes.marks import Marked, marked, rows_of_marked
from classes.models import SchoolClass, Student
from classes.rosters.grid import Grid, RosterError
from classes.rosters.parsing import parse_grid, split_records
from classes.rosters.rows import MARKED

if TYPE_CHECKING:
    from huleedu.accounts.models import User


def without_marked(grid: Grid, columns: Mapping[int, str] | None, school_class: SchoolClass, actor: User) -> Grid:
    """The list with each row about a protected student emptied but for a mark that it was there, which is counted.

    Only of students whom `actor` may see, as the comparison with the class does. One statement; one more where there
    are such students.
    """
    mine = Student.objects.visible_to(actor).filter(created_by_id=school_class.owner_id)
    kept = mine.filter(protected_identity=True).exclude(protected_marks=[]).values_list("public_id", "protected_marks")
    hidden = marked(kept, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
    if not hidden:
        return grid
    others = Student.objects.in_class(school_class).filter(protected_identity=False)
    names = [f"{given} {family}" for given, family in others.values_list("given_name", "family_name")]
    grid = grid.each_sheet(lambda sheet: _without(sheet, None, hidden, names))
    return _without(grid, columns, hidden, names)


def _without(grid: Grid, columns: Mapping[int, str] | None, hidden: Sequence[Marked], others: Sequence[str]) -> Grid:
    try:
        parsed = parse_grid(grid, columns=columns)
    except RosterError:
        return grid  # said when the draft is read
    found = rows_of_marked((*parsed.rows, *parsed.duplicates), hidden, others=others)
    if not found:
        return grid
    records = (
        replace(record, cells=(MARKED,)) if (record.line, record.item) in found else record
        for record in split_records(grid)
    )
    return replace(grid, records=tuple(records))
