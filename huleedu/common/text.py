"""Text that people type or hand in, made safe to store and to compare. Pure: the reader process imports it too."""

from __future__ import annotations

import re
import unicodedata

_MARKS = 30
"""Combining marks that may stand on one letter (UAX #15, Stream-Safe Text Format); no writing has as many."""
# Marks are no word characters: only a run as long as this can hold too many of them.
_LONG_RUN = re.compile(rf"[^\w\s\x00-\u02ff]{{{_MARKS + 1},}}")
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn"}
_DIGIT, _SPACE, _DASH = "[0-9Oo]", "[ \u00a0]", "[-+\u2010-\u2015\u2212]"
# A letter O stands for a zero, unless it belongs to a word beside the number.
_FROM, _TO = "(?<!\\d)(?:(?=\\d)|(?<![^\\W_]))", "(?:(?<=\\d)|(?![^\\W_]))(?!\\d)"
_PAIR = f"({_DIGIT}{{2}})"
# Birth date, perhaps a dash, plus or space of any kind, and four digits.
_PERSONNUMMER = re.compile(
    f"{_FROM}(19|2[0Oo])?{_PAIR}{_PAIR}{_PAIR}(?:{_SPACE}?({_DASH}){_SPACE}?|{_SPACE})?{_PAIR}{_PAIR}{_TO}"
)
# The same in pairs of digits. One pair more on either side makes a row of numbers of it.
_IN_PAIRS = re.compile(
    f"(?<!\\d{_SPACE}){_FROM}(?:(19|2[0Oo]){_SPACE})?{_PAIR}{_SPACE}{_PAIR}{_SPACE}{_PAIR}"
    f"(?:{_SPACE}?({_DASH}){_SPACE}?|{_SPACE}){_PAIR}{_SPACE}?{_PAIR}{_TO}(?!{_SPACE}\\d)"
)
_ZERO = str.maketrans("Oo", "00")


def nfc(value: str) -> str:
    """NFC in linear time: of the marks on one letter the first `_MARKS` stay. Sorting more takes quadratic time."""
    return unicodedata.normalize("NFC", _LONG_RUN.sub(_without_excess, value))


def _without_excess(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for character in run[0]:
        plain = unicodedata.normalize("NFD", character)
        marks = marks + len(plain) if unicodedata.combining(plain[0]) else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)


def clean_line(value: str) -> str:
    """One line: NFC, any space as one space, without control, direction and zero-width characters. Idempotent."""
    if not value.isprintable():
        value = "".join(c for c in value if c.isspace() or unicodedata.category(c) not in _UNWANTED)
    return " ".join(nfc(value).split())


def strip_personal_numbers(value: str, *, mask: str = "") -> tuple[str, int]:
    """`value` with `mask` for each Swedish personal identity or coordination number (day + 60), and their number.

    What has a plausible date and a right check digit (Luhn, as the Swedish Tax Agency computes it) counts, so that a
    telephone number or another system's id is not taken for one; written with century and dash, as nothing else is,
    also with a wrong digit. In pairs (`08 01 01 12 30`) or with the letter O for a zero the digit has to be right.
    Everything else stays as it is.
    """
    removed = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal removed
        century, year, month, day, dash, *last = (group and group.translate(_ZERO) for group in match.groups())
        number = int(day) - 60 if int(day) > 60 else int(day)
        plain = match.re is _PERSONNUMMER and "O" not in match[0].upper()
        sure = bool(century and dash and plain) or _luhn("".join([year, month, day, *last]))
        if 1 <= int(month) <= 12 and 1 <= number <= 31 and sure:
            removed += 1
            return mask
        return match[0]

    return _IN_PAIRS.sub(drop, _PERSONNUMMER.sub(drop, value)), removed


def has_personal_number(value: str) -> bool:
    """Whether `strip_personal_numbers` would remove something."""
    return strip_personal_numbers(value)[1] > 0


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(digits):
        number = int(digit) * (2 if index % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
