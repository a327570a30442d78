"""Personal identity numbers as lists have them: the common shapes, and those that only a list would have. Pure."""

from __future__ import annotations

import re

from huleedu.common.text import strip_personal_numbers

# Parted anywhere (`2007 01 02 2394`, `2007-01-02/2394`); a number that stands in for one has letters in its last four.
_PARTED = re.compile(r"(?<!\d)(?:19|20)?(\d\d)[-./ ]?(\d\d)[-./ ]?(\d\d) ?[-+/. \u2010-\u2015\u2212]? ?(\d{4})(?!\d)")
_STAND_IN = re.compile(r"(?<!\d)(?:19|20)?\d\d(?:0[1-9]|1[0-2])\d\d[-+][A-Z]{1,2}\d{2,3}(?![^\W_])")
_WORTH_A_LOOK = re.compile(r"\d{2}.{0,12}\d{2}", re.DOTALL)
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")


def strip_numbers(value: str) -> tuple[str, int]:
    """`value` without Swedish personal identity numbers in any shape, and how many there were.

    The check digit decides, as in `huleedu.common.text`: a telephone number in the same shape stays.
    """
    if not _WORTH_A_LOOK.search(value) or _UUID.fullmatch(value):
        return value, 0
    left, removed = strip_personal_numbers(value)
    count = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal count
        found = strip_personal_numbers("".join(match.groups()))[1]
        count += found
        return "" if found else match[0]

    left = _PARTED.sub(drop, left)
    left, stand_ins = _STAND_IN.subn("", left)
    removed += count + stand_ins
    return (_EMPTY_BRACKETS.sub("", left), removed) if removed else (value, 0)
