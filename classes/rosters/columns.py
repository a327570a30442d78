"""Which row holds the headings, and which column holds what. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from classes.rosters.grid import Grid, Record
from classes.rosters.headings import FIELDS, UNLISTED, field_of, header_key, is_known, is_private
from classes.rosters.names import EMAIL, plain, surname_votes
from classes.rosters.sources import Source, find_source

NAMING = frozenset({"given_name", "family_name", "full_name", "email"})
_TOP = 30
"""Rows among which headings are looked for."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a list is laid out: its headings (None: it has none), the rows below, index to field, and its source."""

    header: Record | None
    body: tuple[Record, ...]
    above: tuple[Record, ...]
    mapping: Mapping[int, str]
    source: Source


def find_layout(grid: Grid, records: tuple[Record, ...], chosen: Mapping[int, str] | None) -> Layout:
    """`chosen` are the fields a person gave the columns: they win."""
    position = find_header(records)
    header = _headings(records, position) if position is not None else None
    body = records[position + 1 :] if position is not None else records
    above = records[:position] if position is not None else ()
    if position is None and _is_title(records):
        above, body = records[:1], records[1:]
    source = find_source(grid, header.cells if header else ())
    if chosen:
        mapping = {int(index): name for index, name in chosen.items() if name in FIELDS}
    elif header is not None:
        mapping = _by_headings(header, body, source)
    else:
        mapping, source = _by_content(body, source)
    return Layout(header, body, above, mapping, source)


def find_header(records: tuple[Record, ...]) -> int | None:
    """The first of the top rows with two known headings that name people; else with one that stands there once."""
    known = [[index for index, cell in enumerate(record.cells) if cell and is_known(cell)] for record in records[:_TOP]]
    for position, headings in enumerate(known):
        if len(headings) >= 2 and any(field_of(cell) in NAMING for cell in records[position].cells):
            return _lower_of_two(records, known, position)
    for position, (record, headings) in enumerate(zip(records, known, strict=False)):
        if len(headings) >= 2:
            return position
        if (
            headings
            and field_of(record.cells[headings[0]]) != "protected"
            and (len(headings) == sum(map(bool, record.cells)) or _is_alone(records, position, headings[0]))
        ):
            return position
    return None


def _lower_of_two(records: tuple[Record, ...], known: list[list[int]], position: int) -> int:
    """Of two rows of headings the lower: above it stands whom the columns are about, `Elev` and `Vårdnadshavare`."""
    if position + 1 >= len(known):
        return position
    below = [cell for cell in records[position + 1].cells if cell]
    is_header = len(known[position + 1]) > max(len(known[position]), 0.6 * len(below))
    return position + 1 if is_header and any(field_of(cell) in NAMING for cell in below) else position


def _headings(records: tuple[Record, ...], position: int) -> Record:
    """The row of headings; with the group before the heading where the row above says that it is about others."""
    header = records[position]
    above = records[position - 1].cells if position else ()
    if sum(is_known(cell) for cell in above if cell) < 2:
        return header
    cells, group = [], ""
    for index, cell in enumerate(header.cells):
        group = above[index] if len(above) > index and above[index] else group
        cells.append(f"{group} {cell}" if cell and is_private(group) else cell)
    return Record(header.line, tuple(cells), header.item, header.is_odd)


def _is_title(records: tuple[Record, ...]) -> bool:
    """Whether a list without headings begins with the name of the class: `SA24D` above names."""
    first, *others = ([cell for cell in record.cells if cell] for record in records[:_TOP]) if records else ([],)
    written = [cell for cells in others for cell in cells]
    is_short = len(first) == 1 and len(first[0]) <= _TOP and "@" not in first[0] and any(c.isdigit() for c in first[0])
    return is_short and len(others) > 1 and not any(c.isdigit() for cell in written if "@" not in cell for c in cell)


def _is_alone(records: tuple[Record, ...], position: int, column: int) -> bool:
    """Whether the next row has something else in the column: in lists without headings, `student` may be a role."""
    following = next((record.cells for record in records[position + 1 :] if any(record.cells)), ())
    return bool(following) and following[column : column + 1] != records[position].cells[column : column + 1]


def _by_headings(header: Record, body: tuple[Record, ...], source: Source) -> dict[int, str]:
    mapping: dict[int, str] = {}
    for index, cell in enumerate(header.cells):
        name = source.fields.get(header_key(cell)) or field_of(cell)
        if name and (name == UNLISTED or name not in mapping.values()):
            mapping[index] = name
    fields = set(mapping.values())
    if {"given_name", "family_name"} <= fields:
        mapping = {index: name for index, name in mapping.items() if name != "full_name"}
    elif "preferred_name" in fields and not {"given_name", "full_name"} & fields:
        # In Swedish lists `Tilltalsnamn, Efternamn` is all there is.
        mapping = {index: "given_name" if name == "preferred_name" else name for index, name in mapping.items()}
    if "email" not in fields:
        mapping = _with_addresses(mapping, body)
    return mapping


def _with_addresses(mapping: dict[int, str], body: tuple[Record, ...]) -> dict[int, str]:
    """A user name or number that is an address is the address."""
    for index, name in mapping.items():
        if name in ("login", "student_id", "sis") and _share_of_addresses(_values(body, index)) > 0.5:
            return mapping | {index: "email"}
    return mapping


def _values(body: tuple[Record, ...], index: int) -> list[str]:
    return [record.cells[index] for record in body if len(record.cells) > index and record.cells[index]]


def _share_of_addresses(values: list[str]) -> float:
    return sum("@" in value for value in values) / len(values) if values else 0.0


# --- without headings ------------------------------------------------------------------------------------------------

_MARKUS = ("login", "class", "family_name", "given_name", "student_id", "email")


def _by_content(body: tuple[Record, ...], source: Source) -> tuple[dict[int, str], Source]:
    filled = [record.cells for record in body if any(record.cells)]
    if filled and _is_markus(filled):
        return dict(enumerate(_MARKUS)), Source("markus")
    width = max((len(cells) for cells in filled), default=0)
    mapping: dict[int, str] = {}
    names: list[int] = []
    for index in range(width):
        values = _values(body, index)
        if not values:
            continue
        if _share_of_addresses(values) > 0.5:
            if "email" not in mapping.values():
                mapping[index] = "email"
        elif _are_names([value for value in values if "@" not in value]):
            names.append(index)
    has_addresses = any("@" in cell for cells in filled for cell in cells)
    if len(names) > 2 and all(v.isascii() and v == v.lower() and " " not in v for v in _values(body, names[0])):
        mapping[names.pop(0)] = "login"  # MarkUs without sections and numbers
    if len(names) == 1 or (names and _are_whole(_values(body, names[0]))):
        mapping[names[0]] = "full_name"
    elif len(names) >= 2 and not has_addresses:
        # Two columns of names and little to tell them apart: people write lists as "Andersson, Emil".
        votes = surname_votes(_values(body, names[1])) - surname_votes(_values(body, names[0]))
        order = ("given_name", "family_name") if votes > len(filled) * 0.2 else ("family_name", "given_name")
        mapping[names[0]], mapping[names[1]] = order
    elif len(names) >= 2:
        mapping[names[0]], mapping[names[1]] = order_of_names(filled, names[0], names[1])
    return mapping, source


def _are_names(values: list[str]) -> bool:
    """Whether most are words without a digit. Addresses among them say nothing: a list may be put together from two."""
    return sum(is_word(value) for value in values) > len(values) * 0.7


def is_word(value: str) -> bool:
    """Whether there are letters and no digit, nor an address."""
    return any(c.isalpha() for c in value) and not any(c.isdigit() or c == "@" for c in value)


def _are_whole(values: list[str]) -> bool:
    """Whether every value is `Surname, Given name`."""
    return bool(values) and all(", " in value for value in values)


def _is_markus(filled: list[tuple[str, ...]]) -> bool:
    """`user_name,section,last,first,number,address`, as MarkUs writes it, without headings."""
    return all(
        len(cells) == 6
        and cells[0].isascii()
        and " " not in cells[0]
        and "@" not in cells[0]
        and (not cells[4] or (cells[4].isascii() and any(c.isdigit() for c in cells[4]) and " " not in cells[4]))
        and (not cells[5] or EMAIL.fullmatch(cells[5]))
        and not any(c.isdigit() or c == "@" for c in cells[2] + cells[3])
        for cells in filled
    ) and any(cells[5] for cells in filled)


def order_of_names(filled: list[tuple[str, ...]], first: int, second: int) -> tuple[str, str]:
    """Which of two columns holds the given name: addresses begin with it more often than not."""
    votes = 0
    for cells in filled:
        mail = next((cell for cell in cells if "@" in cell), "")
        local = plain(mail.partition("@")[0])
        if mail and len(cells) > max(first, second):
            votes += local.startswith(plain(cells[first])[:4]) - local.startswith(plain(cells[second])[:4])
    return ("given_name", "family_name") if votes >= 0 else ("family_name", "given_name")
