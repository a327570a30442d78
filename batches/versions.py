"""Several texts of one student in a batch: versions 1, 2 …, of which one counts. Pure.

When a text was handed in is what the learning platform wrote into its name or folder, otherwise when it was received.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

_ATTEMPT = re.compile(r"_attempt_(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)(?!\d)")
"""Blackboard: `Essay_emiber01_attempt_2026-03-12-10-45-00_text.docx`."""
_MONTHS = {
    name: number
    for names in (
        "jan feb mar apr may jun jul aug sep oct nov dec".split(),
        "jan feb mar apr maj jun jul aug sep okt nov dec".split(),
    )
    for number, name in enumerate(names, 1)
}
_SPOKEN = re.compile(
    r" - (?:(?P<day>\d{1,2})\.? )?(?P<month>[^\W\d_]{3,9})\.?(?: (?P<day_after>\d{1,2}))?,? (?P<year>\d{4}) "
    r"(?P<hour>\d{1,2}):?(?P<minute>\d\d)(?: (?P<half>AM|PM))?(?:$|/)"
)
"""Brightspace: `45123-2201 - Emil Berg - Mar 12, 2026 1045 AM/`, `… - 12 mars, 2026 1045/`."""


def handed_in_at(path: str, name: str, *, received: datetime, zone: tzinfo) -> datetime:
    """When the file was handed in. A platform's times are the school's, in `zone`; `received` where there is none."""
    attempt = _ATTEMPT.search(name)
    try:
        if attempt:
            return datetime(*map(int, attempt.groups()), tzinfo=zone)  # type: ignore[arg-type, misc]  # six numbers
        spoken = _SPOKEN.search(path)
        return _spoken(spoken, zone) if spoken else received
    except (KeyError, ValueError):
        return received


def _spoken(found: re.Match[str], zone: tzinfo) -> datetime:
    hour = int(found["hour"])
    if found["half"]:
        hour = hour % 12 + (12 if found["half"] == "PM" else 0)
    month = _MONTHS[found["month"][:3].casefold()]
    day = int(found["day"] or found["day_after"] or 0)
    return datetime(int(found["year"]), month, day, hour, int(found["minute"]), tzinfo=zone)


@dataclass(frozen=True, slots=True)
class Text:
    """A text as its order among others needs one."""

    key: int
    student: int | None
    """Whom a decision or a certain match gives it to."""
    handed_in: datetime
    confirmed: bool = True
    chosen: bool = False
    """Whether a person said that of this student's texts this one counts."""


@dataclass(frozen=True, slots=True)
class Place:
    """A text's place among its student's texts: the version before it, and whether it counts."""

    replaces: int | None = None
    counts: bool = True


def place_versions(texts: Iterable[Text]) -> dict[int, Place]:
    """Each text's place, by key. The order of `texts` does not matter.

    Of each student's texts exactly one counts: the one a person chose, otherwise the one handed in last; where one is
    confirmed, only of those that are. A text of nobody counts.
    """
    places: dict[int, Place] = {}
    by_student: dict[int, list[Text]] = defaultdict(list)
    for text in texts:
        if text.student is None:
            places[text.key] = Place()
        else:
            by_student[text.student].append(text)
    for own in by_student.values():
        own.sort(key=lambda text: (text.handed_in, text.key))
        counting = max(own, key=lambda text: (text.confirmed, text.chosen, text.handed_in, text.key))
        before: int | None = None
        for text in own:
            places[text.key] = Place(replaces=before, counts=text is counting)
            before = text.key
    return places
