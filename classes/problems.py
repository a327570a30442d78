"""What each problem of a class list says to a teacher."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MESSAGES: dict[str, Promise] = {
    "missing_email": _("Line {line} has no e-mail address. The student is imported without one."),
    "bad_email": _("Line {line} has something that is not an e-mail address. The student is imported without one."),
    "missing_name": _("Line {line} has no name. Write a name, or leave the line out."),
    "name_too_long": _("Line {line} has a name of more than 150 characters. Shorten it, or leave the line out."),
    "duplicate": _("Line {line} has the same e-mail address as an earlier line and is left out."),
    "protected": _("Line {line} is left out."),
    "not_a_student": _("Line {line} is a teacher or other staff and is left out."),
    "to_be_deleted": _("Line {line} is marked to be deleted and is left out."),
    "orphan_enrollment": _("Line {line} names somebody who is not in the list."),
    "same_name": _("Line {line} has the same name as an earlier line. Both are kept: check the e-mail addresses."),
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
}


def message_for(code: str, *, line: int = 0) -> str:
    """The sentence for a problem of `line`, in the language of the request."""
    return str(MESSAGES[code]).format(line=line)
