"""What the clues of a conflict disagree about: which kinds of clues name the one student, and which the other. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

Kind = Literal["number", "email", "sidecar", "text", "page_header", "folder", "file_name", "property"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a teacher tells clues apart by: a number or an address wherever it stands, a name by its place."""
_BY_CODE: Mapping[str, Kind] = {"external_id": "number", "email_equal": "email", "email_local": "email"}
_BY_PLACE: Mapping[str, Kind] = {
    "email": "email",
    "sidecar": "sidecar",
    "page_header": "page_header",
    "folder": "folder",
    "file_name": "file_name",
    "property": "property",
}
"""Every other place is in the text itself."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The kinds of clues that name the first student, and those that name the second, each in the order of `KINDS`."""

    first: tuple[Kind, ...]
    second: tuple[Kind, ...]

    @property
    def leading(self) -> tuple[Kind, Kind]:
        """One kind for each, told apart where they can be."""
        return _apart(self.first, self.second), _apart(self.second, self.first)


def _apart(own: tuple[Kind, ...], others: tuple[Kind, ...]) -> Kind:
    return next((kind for kind in own if kind not in others), own[0])


def disagreement(candidates: Sequence[Mapping[str, Any]], evidence: Iterable[Mapping[str, Any]]) -> Disagreement | None:
    """Of the two best candidates, both as a match stores them; None where no clue names each of them alone.

    What names a student is said against every other one (`rival_named`): that tells names from mere surnames.
    """
    if len(candidates) < 2:
        return None
    places = {str(item["id"]): str(item["place"]) for item in evidence}
    first, second = candidates[0], candidates[1]
    found = _kinds(first, _against(second), places), _kinds(second, _against(first), places)
    return Disagreement(*found) if all(found) else None


def _against(candidate: Mapping[str, Any]) -> set[str]:
    return {key for reason in candidate["reasons"] if reason["code"] == "rival_named" for key in reason["evidence"]}


def _kinds(candidate: Mapping[str, Any], naming: set[str], places: Mapping[str, str]) -> tuple[Kind, ...]:
    """Of the candidate's own clues among `naming`."""
    kinds = {
        _BY_CODE.get(reason["code"]) or _BY_PLACE.get(places[key], "text")
        for reason in candidate["reasons"]
        if reason["for"] is True
        for key in reason["evidence"]
        if key in naming and key in places
    }
    return tuple(kind for kind in KINDS if kind in kinds)
