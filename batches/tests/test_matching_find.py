"""Searching a place for the students of a class, and for somebody who is none of them."""

from __future__ import annotations
