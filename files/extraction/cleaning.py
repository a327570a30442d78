"""Text as it may be stored: NFC, nothing invisible, no personal identity numbers."""

from __future__ import annotations

import re

from huleedu.common.text import nfc, strip_personal_numbers

_LINE_ENDS = re.compile(r"\r\n?|[\u2028\u2029\x0b\x0c\x85]")
_BLANK_LINES = re.compile(r"\n{3,}")
# Controls but tab and newline, zero-width and direction marks, tags, noncharacters. A ZWJ inside an emoji goes too:
# nothing that is matched or measured needs it.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
    "\U000e0000-\U000e007f]"
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


def clean_line(text: str) -> str:
    """As `clean_text`, on one line."""
    return " ".join(clean_text(text).split())


def remove_personal_numbers(text: str) -> tuple[str, int]:
    """`text` with each personal identity number replaced by `MASK`, and how many there were."""
    return strip_personal_numbers(text, mask=MASK)
