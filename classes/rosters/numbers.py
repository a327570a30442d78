"""Personal identity numbers as lists have them: as everywhere, and what only a list would have. Pure."""

from __future__ import annotations

import re

from huleedu.common.text import clean_line, strip_personal_numbers

# A number that stands in for one has letters in its last four. Elsewhere `20260102-NA24` is a day and a class.
_STAND_IN = re.compile(r"(?<!\d)(?:19|20)?\d\d(?:0[1-9]|1[0-2])\d\d[-+][A-Z]{1,2}\d{2,3}(?![^\W_])")
WORTH_A_LOOK = re.compile(r"(?:\d\D*+){6}")
"""What every number has, also read in the wrong encoding: six digits, four more may be the letter O."""
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]")


def strip_numbers(value: str) -> tuple[str, int]:
    """`value` without Swedish personal identity numbers, and how many there were. Where there was one, also on one
    line and without invisible characters, which may have stood inside it.
    """
    if not WORTH_A_LOOK.search(value) or _UUID.fullmatch(value):
        return value, 0
    left, removed = strip_personal_numbers(clean_line(value))
    left, stand_ins = _STAND_IN.subn("", left)
    removed += stand_ins
    return (_EMPTY_BRACKETS.sub("", left), removed) if removed else (value, 0)
