"""English: `Thu 26 Nov 09:42`. The names are those of the Swedish module."""

from __future__ import annotations

TIME_FORMAT = "H:i"
DAY = "D j M"
DAY_YEAR = "D j M Y"
DAY_TIME = "D j M H:i"
MOMENT = "D j M H:i:s"
CLOCK = "H:i:s"
DATE_TIME = "j M H:i"
WEEKDAY = "l j F"
