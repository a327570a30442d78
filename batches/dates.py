"""Between which years the dates of a batch lie. A hand that slips ("26") names no date of a task, and the ends of the
calendar cannot be shown in every time zone.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099


def check_year(value: date) -> None:
    """A validator of fields. Raises ValidationError for a date, or a moment, of another year."""
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise ValidationError(
            _("The year must be between %(first)s and %(last)s."),
            code="year",
            params={"first": FIRST_YEAR, "last": LAST_YEAR},
        )
