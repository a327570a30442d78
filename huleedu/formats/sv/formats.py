"""Swedish: `tors 26 nov 09.42`. TIME_FORMAT is Django's name, the others are our own."""

from __future__ import annotations

TIME_FORMAT = "H.i"
DAY = "D j b"
DAY_YEAR = "D j b Y"
DAY_TIME = "D j b H.i"
MOMENT = "D j b H.i.s"
CLOCK = "H.i.s"
DATE_TIME = "j b H.i"
WEEKDAY = "l j F"
