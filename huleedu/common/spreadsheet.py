"""Cells that a spreadsheet program opens as text, never as a formula."""

from __future__ import annotations

import re

_RISKY = re.compile(r"'*[=+\-@\t\r]")
_SAFE = re.compile(r"'+[=+\-@\t\r]")


def safe_cell(value: str) -> str:
    """An apostrophe before what a spreadsheet would run (OWASP: CSV injection)."""
    return f"'{value}" if _RISKY.match(value) else value


def plain_cell(value: str) -> str:
    """What `safe_cell` was given: a table that was written here reads the same when it comes back."""
    return value[1:] if _SAFE.match(value) else value
