"""What each problem of a class list says to a teacher."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classes.rosters.parsing import Column

MESSAGES: dict[str, Promise] = {
    "missing_email": _("Line {line} has no e-mail address. The student is imported without one."),
    "bad_email": _("Line {line} has “{value}” in the place of an e-mail address. The student is imported without one."),
    "missing_name": _("Line {line} has no name. Write a name, or leave the line out."),
    "name_too_long": _("Line {line} has a name of more than 150 characters. Shorten it, or leave the line out."),
    "duplicate": _("Line {line} has the same e-mail address as an earlier line and is left out."),
    "protected": _("Line {line} is left out."),
    "not_a_student": _("Line {line} is a teacher or other staff and is left out."),
    "to_be_deleted": _("Line {line} is marked to be deleted and is left out."),
    "orphan_enrollment": _("Line {line} names somebody who is not in the list."),
    "same_name": _("Line {line} has the same name as an earlier line. Both are kept: check the e-mail addresses."),
    "unlikely_name": _("Line {line} does not look like a name. Tick it to import it all the same."),
    "formula_like": _("Line {line} looks like a spreadsheet formula. It is kept as text."),
    "suspicious_name": _("Line {line} has unusual characters in the name. Check it."),
    "extra_cells": _("Line {line} has more cells than the heading. Check that the names are right."),
    "not_enrolled": _("Line {line} names somebody who is in none of the classes, and is left out."),
    "no_name_column": _("No column with names was found. Say which columns hold the names, or add a heading line."),
    "too_many_rows": _("The list is too long: at most 5,000 students."),
    "corrupt": _("The list cannot be read. Save it as CSV or Excel (xlsx), or paste it as text."),
    "password_protected": _("The file is protected by a password. Save it without one, or paste the list as text."),
    "unsupported_type": _("We cannot read this kind of list. Save it as CSV or Excel (xlsx), or paste it as text."),
    "empty_file": _("The list is empty."),
    "no_such_sheet": _("The workbook has no such sheet."),
}


_ABOUT: dict[str, tuple[str, ...]] = {
    "missing_email": ("email",),
    "bad_email": ("email",),
    "duplicate": ("email",),
    "protected": (),
    "not_a_student": ("role",),
    "missing_name": ("given_name", "full_name", "family_name"),
    "name_too_long": ("given_name", "full_name", "family_name"),
    "same_name": ("given_name", "full_name", "family_name"),
    "unlikely_name": ("given_name", "full_name", "family_name"),
    "formula_like": ("given_name", "full_name", "family_name"),
    "suspicious_name": ("given_name", "full_name", "family_name"),
}
"""The fields a problem may be about; the first that the list has a column for is named."""


LONGEST = 60
"""Characters of a value that are told."""


def message_for(code: str, *, line: int = 0, columns: Sequence[Column] = (), value: str = "") -> str:
    """The sentence for a problem of `line`, in the language of the request; names the column it is about, and the
    `value` that is not taken.

    A column without a heading is named by its number.
    """
    told = str(MESSAGES[code]).format(line=line, value=f"{value[:LONGEST]}…" if len(value) > LONGEST else value)
    places = {column.field: column for column in columns if column.field}
    place = next((places[field] for field in _ABOUT.get(code, ()) if field in places), None)
    if place is None:
        return told
    if place.header:
        return _("{message} Column: {column}.").format(message=told, column=place.header)
    return _("{message} See column {number} of the list.").format(message=told, number=place.index + 1)
