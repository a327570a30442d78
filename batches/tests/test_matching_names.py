"""Comparing names as people write them: words, letters, initials, parts."""

from __future__ import annotations
