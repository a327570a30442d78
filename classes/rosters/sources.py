"""Which system a list comes from, told by its headings, and what its own columns mean there. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from classes.rosters.grid import Grid
from classes.rosters.headings import STATUS, UNLISTED, header_key


@dataclass(frozen=True, slots=True)
class Source:
    """A system: its name, and heading to field where it differs from what the heading means elsewhere."""

    name: str
    fields: Mapping[str, str] = field(default_factory=dict)


def _any(*keys: str) -> Callable[[set[str]], bool]:
    return lambda found: bool(found & set(keys))


def _all(*keys: str) -> Callable[[set[str]], bool]:
    return lambda found: set(keys) <= found


_IDENTIFIERS = {"identifier": "moodle_participant", "identifierare": "moodle_participant"}
_SOURCES: list[tuple[Callable[[set[str]], bool], Source]] = [
    (
        lambda found: {"student", "id"} <= found
        and bool(found & {"sis user id", "sis login id", "section", "sektion", "sis-användar-id"}),
        Source("canvas_gradebook", {"id": "canvas", "root account": UNLISTED}),
    ),
    (
        lambda found: {"user_id", "login_id"} <= found and bool(found & {"last_name", "sortable_name", "full_name"}),
        Source("canvas_sis", {"user_id": "sis", "login_id": "login", "status": STATUS, "short_name": "preferred_name"}),
    ),
    (_all("display id", "id"), Source("sakai_grades", {"display id": "sakai", "id": UNLISTED})),
    (_any("orgdefinedid"), Source("brightspace")),
    (_all("identifier", "github_username"), Source("github_classroom", {"identifier": "student_id"})),
    (
        lambda found: bool(found & set(_IDENTIFIERS))
        and bool(found & {"full name", "fullständigt namn", "first name", "förnamn", "email address", "e-postadress"}),
        Source("moodle_worksheet", _IDENTIFIERS),
    ),
    (
        lambda found: bool(found & {"roles", "roller"}) and bool(found & {"groups", "grupper", "e-postadress",
                                                                          "email address"}),
        Source("moodle_participants"),
    ),
    (_all("username", "firstname", "lastname"), Source("moodle_upload")),
    (_all("sekretessmarkering"), Source("skola24")),
    (_all("personnummer", "efternamn", "förnamn", "e-postadress"), Source("ladok")),
    (_all("förnamn", "efternamn", "mailadress"), Source("skolon")),
    (_all("sid", "email"), Source("gradescope")),
    (_all("last name", "first name", "email address"), Source("google_classroom")),
    (_all("userprincipalname", "mail"), Source("csv", {"userprincipalname": "login"})),
]  # fmt: skip


def find_source(grid: Grid, header: tuple[str, ...]) -> Source:
    """The system the headings speak of; else how the list is written: paste, csv, xlsx, xls."""
    keys = {header_key(cell) for cell in header if cell}
    if grid.source and grid.source != "paste":
        return Source(grid.source)
    found = next((source for is_it, source in _SOURCES if is_it(keys)), None)
    if found is not None:
        return found
    if grid.encoding == "xls" and keys == {"efternamn", "förnamn", "email"}:
        return Source("vklass")
    return Source(grid.source or (grid.encoding if grid.is_sheet else "csv"))
