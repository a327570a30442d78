"""Text as it may be stored: NFC, nothing invisible, no personal identity numbers."""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_BLANK_LINES = re.compile(r"\n{3,}")
# Controls but tab and newline, zero-width and direction marks, tags, noncharacters. A ZWJ inside an emoji goes too:
# nothing that is matched or measured needs it.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
)
# Marks are no word characters: only a run as long as this can hold more of them than any writing puts on one letter.
_MARKS = 30
_LONG_RUN = re.compile(rf"[^\w\s\x00-\u02ff]{{{_MARKS + 1},}}")
# (19|20)YYMMDD-NNNN in the forms people write; a coordination number has day + 60.
_PERSONNUMMER = re.compile(
    r"(?<!\d)(19|20)?(\d{2})(\d{2})(\d{2})(?:[ \u00a0]?([-+‐-―−])[ \u00a0]?|[ \u00a0])?(\d{4})(?!\d)", re.ASCII
)
MASK = "[personnummer]"


def clean_text(text: str) -> str:
    """NFC, `\\n` line ends, at most one blank line in a row, without characters that are not seen."""
    # Lone surrogates come in halves out of RTF: put whole ones together, replace what stays alone by nothing.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    seen = nfc(_UNWANTED.sub("", _LINE_ENDS.sub("\n", whole)))
    # Line by line: one expression for the spaces before a line end takes quadratic time on a long run of spaces.
    lines = "\n".join(line.rstrip(" \t\u00a0") for line in seen.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip("\n ")


def nfc(text: str) -> str:
    """NFC in linear time: of the marks on one letter the first 30 stay (UAX #15, Stream-Safe Text Format).

    As `huleedu.common.text.nfc`, which the reader process cannot import: it would bring the whole platform along.
    """
    return unicodedata.normalize("NFC", _LONG_RUN.sub(_without_excess, text))


def _without_excess(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for character in run[0]:
        plain = unicodedata.normalize("NFD", character)
        marks = marks + len(plain) if unicodedata.combining(plain[0]) else 0
        if marks <= _MARKS:
            kept.append(character)
    return "".join(kept)


def clean_line(text: str) -> str:
    """As `clean_text`, on one line."""
    return " ".join(clean_text(text).split())


def remove_personal_numbers(text: str) -> tuple[str, int]:
    """`text` with each personal identity number replaced by `MASK`, and how many there were.

    A number counts when its date is possible and either its check digit is right (Luhn over ten digits) or it is
    written in full, `20080131-1234`: that is one even with a slip in it.
    """
    removed = 0

    def mask(match: re.Match[str]) -> str:
        nonlocal removed
        century, year, month, day, dash, last = match.groups()
        number = int(day) - 60 if int(day) > 60 else int(day)
        sure = (century and dash) or _luhn(year + month + day + last)
        if 1 <= int(month) <= 12 and 1 <= number <= 31 and sure:
            removed += 1
            return MASK
        return match[0]

    return _PERSONNUMMER.sub(mask, text), removed


def _luhn(digits: str) -> bool:
    total = 0
    for index, digit in enumerate(digits):
        product = int(digit) * (2 - index % 2)
        total += product // 10 + product % 10
    return total % 10 == 0
