"""Cells that a spreadsheet program opens as text, never as a formula."""

from __future__ import annotations

_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: str) -> str:
    """An apostrophe before what a spreadsheet would run (OWASP: CSV injection)."""
    return f"'{value}" if value.startswith(_STARTS) else value
