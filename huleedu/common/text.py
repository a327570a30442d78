"""Text that people type or hand in, made safe to store and to compare. Pure: the reader process imports it too."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime

_MARKS = 30
"""Combining marks that may stand on one letter (UAX #15, Stream-Safe Text Format); no writing has as many."""
# Marks are no word characters: only a run as long as this can hold too many of them.
_LONG_RUN = re.compile(rf"[^\w\s\x00-\u02ff]{{{_MARKS + 1},}}")
_UNWANTED = {"Cc", "Cf", "Cs", "Co", "Cn"}
# Decimal digits of other scripts, and the dashes, spaces and signs that are not ASCII's.
_FOREIGN = re.compile(
    "[^\\D0-9]|[\u00a0\u058a\u2000-\u200a\u2010-\u2015\u2024\u202f\u2043\u205f\u2212\u3000\ufe58\ufe63\uff0b\uff0d-\uff0f\uff3f]"
)
# A letter O stands for a zero, unless it belongs to a word beside the number.
_FROM, _TO = r"(?=[0-9Oo])(?<!\d)(?:(?=\d)|(?<![^\W_]))", r"(?:(?<=\d)|(?![^\W_]))(?!\d)"


def _shape(*, gap: str, between: str, part: str, sign: str) -> str:
    """Century, birth date and four digits: `gap` stands within a pair of digits, `between` after the century and in
    the middle of the four, `part` in the date, both times the same, `sign` after it.
    """

    def pair(name: str) -> str:
        return f"(?P<{name}>[0-9Oo]{gap}[0-9Oo])"

    century = f"(?:(?P<century>1{gap}9|2{gap}[0Oo]){between})?"
    birthday = f"{pair('year')}(?P<part>{part}){pair('month')}(?P=part){pair('day')}"
    return f"{_FROM}{century}{birthday}{sign}{pair('four')}{between}{pair('last')}{_TO}"


_WRITTEN = re.compile(_shape(gap="", between="", part=" ?[-._/] ?|", sign=" {0,2}(?P<sign>[-+._/]?) {0,2}"))
# In pairs of digits, or all digits apart. One more on either side makes a row of numbers of it.
_IN_PAIRS, _APART = (
    re.compile(rf"(?<!\d ){_shape(gap=gap, between=between, part=' ', sign='(?: ?(?P<sign>[-+._/]) ?| )')}(?! \d)")
    for gap, between in (("", " ?"), (" ", " "))
)
_ZERO = str.maketrans("Oo", "00", " ")
_CHILD = 5
"""Years of age under which nobody hands anything in."""


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
    also with a wrong digit. The date may be parted (`2006-01-02`, `06 01 02`), any dash, plus, point, slash, underscore
    or space may come before the last four, digits may be any script's and stand apart, and the letter O for a zero.
    Everything else stays as it is.

    A day and a time look the same (`20261120_1430`, as cameras, telephones and scanners name files), and every tenth
    has a right check digit. They are of late, and who hands in is no small child: a day less than five years back
    counts only as these numbers are written, with nothing but a dash or plus, and a right digit.
    """
    plain = value if value.isascii() else _FOREIGN.sub(_in_ascii, value)
    removed = 0
    for shape in (_WRITTEN, _IN_PAIRS, _APART):
        spans = list(_find(shape, plain))
        value, plain = _replaced(value, spans, mask), _replaced(plain, spans, mask)
        removed += len(spans)
    return value, removed


def _in_ascii(found: re.Match[str]) -> str:
    """One character for one: what is found in one string stands at the same place in the other."""
    character = found[0]
    if character.isdecimal():
        return str(int(character))
    is_dash = unicodedata.category(character) == "Pd" or character in "\u2043\u2212"
    return "-" if is_dash else unicodedata.normalize("NFKC", character)


def _replaced(value: str, spans: list[tuple[int, int]], mask: str) -> str:
    ends = [0, *(end for _start, end in spans)]
    starts = [*(start for start, _end in spans), len(value)]
    return mask.join(value[end:start] for end, start in zip(ends, starts, strict=True))


def _find(shape: re.Pattern[str], plain: str) -> Iterator[tuple[int, int]]:
    """Where the numbers of this shape stand. What only looks like one may hold the beginning of one."""
    position = 0
    while found := shape.search(plain, position):
        if _is_number(found):
            yield found.span()
            position = found.end()
        else:
            position = found.start() + 1


def _is_number(found: re.Match[str]) -> bool:
    century, year, month, day, four, last = (
        (found[name] or "").translate(_ZERO) for name in ("century", "year", "month", "day", "four", "last")
    )
    birthday = int(day) - 60 if int(day) > 60 else int(day)
    is_address = found["part"] == found["sign"] == "/" and found.string.endswith("/", 0, found.start())
    if is_address or not (1 <= int(month) <= 12 and 1 <= birthday <= 31):
        return False  # as in `news.example/2008/01/31/1234`
    is_usual = found.re is _WRITTEN and not found["part"] and found["sign"] in ("-", "+")
    is_right = _luhn(year + month + day + four + last)
    if is_usual and is_right:
        return True
    is_plain = is_usual and century and "O" not in found[0].upper()
    return bool(is_right or is_plain) and _is_past_childhood(century, int(year), int(month), birthday)


def _is_past_childhood(century: str, year: int, month: int, day: int) -> bool:
    """Whether whoever was born then is at least `_CHILD` years old; without a century the last such day counts."""
    today = datetime.now(UTC)
    born = int(century) * 100 + year if century else today.year - (today.year - year) % 100
    if not century and (born, month, day) > (today.year, today.month, today.day):
        born -= 100
    return (born + _CHILD, month, day) <= (today.year, today.month, today.day)


def has_personal_number(value: str) -> bool:
    """Whether `strip_personal_numbers` would remove something."""
    return strip_personal_numbers(value)[1] > 0


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(digits):
        number = int(digit) * (2 if index % 2 == 0 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0
