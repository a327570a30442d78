"""Lines of a list that may be no names at all: greetings, sentences, headings of groups. Pure.

Nothing is dropped for it: the preview asks. A single name is legal wherever names stand.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_SIGN_OFF = re.compile(
    r"^(?:mvh|m\.?v\.?h\.?|(?:med )?(?:vänliga?|bästa|varma|hjärtliga) hälsning(?:ar)?|hälsning(?:ar)?|"
    r"(?:best|kind|warm) regards|regards|sincerely|hilsen|med venlig hilsen|terveisin)\b",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"^(?:hej(?:san|hej)?|hallå|tjena|hi|hello|hey|hei|dear|tack(?: på förhand)?|tackar|thanks|thank you|god morgon|"
    r"här (?:kommer|är)\b.*|here (?:is|are)\b.*|bifogat.*|se bifogad.*|skickat från.*|sent from.*|ps|obs|"
    r"test(?:ing|ar)?|slut|end|fortsättning|forts|alla elever)[\s!,.:]*$",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"://|\bwww\.|[!?=]|\w{2}\.\s+\w{3}|^[\W_]+$")
_GROUP = re.compile(r"^(?:grupp|klass|group|class|lag|bord|team)\s+[^\W_]{1,5}$", re.IGNORECASE)
_KEY = re.compile(r"^[^\W\d][\w /-]{1,30}:(?:\s|$)")
MOST_WORDS = 7
"""Words of a name. Names of more are rare; sentences of more are not."""


def is_note(line: str) -> bool:
    """Whether a line says something of the list, as `Klass: SA24D` does."""
    return bool(_KEY.match(line))


def is_group(line: str) -> bool:
    """Whether a line is the heading of a group: `Grupp A`."""
    return bool(_GROUP.match(line))


def doubtful(lines: Sequence[str]) -> set[int]:
    """The places of those lines of a list of names that do not look like names, by themselves or beside the others."""
    found: set[int] = set()
    whole = sum(" " in line or line[:1].isupper() for line in lines if not _TALK.match(line))
    for place, line in enumerate(lines):
        if not line or is_note(line):
            continue
        if _SIGN_OFF.match(line):
            return found | {n for n in range(place, len(lines)) if lines[n]}
        is_low = " " not in line and line[:1].islower() and (whole * 2 >= len(lines) or len(lines) == 1)
        is_long = len(line.split()) > MOST_WORDS
        if is_low or is_long or _TALK.match(line) or _SENTENCE.search(line) or is_group(line):
            found.add(place)
    return found
