"""Text that people type, made safe to store and to compare."""

from __future__ import annotations

import re
import unicodedata

_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_SPACES = re.compile(r"\s+")
# Birth date, then four digits; the check digit is tested so that a phone number is not taken for one.
_PERSONNUMMER = re.compile(r"(?<!\d)(?:19|20)?(\d{2}[01]\d[0-9]\d)[-+ ]?(\d{4})(?!\d)")


def clean_line(value: str) -> str:
    """One line: NFC, spaces folded, without control, direction and zero-width characters."""
    normal = _SPACES.sub(" ", unicodedata.normalize("NFC", value))
    return "".join(c for c in normal if unicodedata.category(c) not in _UNWANTED).strip()


def has_personal_number(value: str) -> bool:
    """Whether a Swedish personal identity number (or coordination number, day + 60) stands in `value`.

    Ten digits with a plausible date and a right check digit (Luhn, as the Swedish Tax Agency computes it).
    """
    return any(_luhn(match[1] + match[2]) for match in _PERSONNUMMER.finditer(value))


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(digits):
        number = int(digit) * (2 if index % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
