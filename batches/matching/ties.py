"""Whom the clues fit alike: the students of a tie or a conflict, and who else a doubt is about. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def others_fitting(candidate: Mapping[str, Any], code: str, candidates: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Who else a candidate's doubt `code` is about: `tied`, those who are it too; `shared`, whom the words fit too."""
    others = [other for other in candidates if other["student"] != candidate["student"]]
    if code == "tied":
        return tied(others)
    words = {key for reason in candidate["reasons"] if reason["code"] == code for key in reason["evidence"]}
    return [other["student"] for other in others if words & _supporting(other)]


def tied(candidates: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The students of a conflict in which the clues fit several alike, best first; none where the clues disagree."""
    return [one["student"] for one in candidates if any(reason["code"] == "tied" for reason in one["reasons"])]


def in_conflict(candidates: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The students of a conflict, best first: those whom the clues fit alike, or the two about whom they disagree."""
    return tied(candidates) or [one["student"] for one in candidates[:2]]


def _supporting(candidate: Mapping[str, Any]) -> set[str]:
    return {key for reason in candidate["reasons"] if reason["for"] is True for key in reason["evidence"]}
