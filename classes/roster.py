"""A class list from anywhere: bytes or pasted text in, rows and problems out. Pure.

Personal identity numbers are taken out before anything else sees the cells, and only counted.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field

from classes.roster_headers import EXTERNAL, FIELDS, field_of, is_known
from classes.roster_reading import MAX_ROWS, Grid, Record, RosterError, read_grid
from huleedu.common.text import clean_line as normal
from huleedu.common.text import strip_personal_numbers

__all__ = [
    "FIELDS",
    "MAX_NAME",
    "Column",
    "ParsedRoster",
    "Problem",
    "RosterError",
    "RosterRow",
    "parse_roster",
]

# No address gets past this that Django's own validator would refuse when the list is applied.
_WORD = r"[-!#$%&'*+/=?^_`{}|~0-9A-Za-z]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL = re.compile(rf"{_WORD}(?:\.{_WORD})*@(?:{_LABEL}\.)+[A-Za-z0-9-]{{1,62}}[A-Za-z0-9]", re.ASCII)
_NAMING = {"given_name", "family_name", "full_name", "email"}
MAX_NAME = 150
"""Characters a name may have."""
_NAME_AND_MAIL = re.compile(r"^\"?(?P<name>[^<>\"]*?)\"?\s*<(?P<mail>[^<>\s]+@[^<>\s]+)>$")
_FOOTER = re.compile(
    r"^(?:antal|summa|totalt|total|utskriven|utskrivet|skapad|genererad|exporterad|sida|page|printed|generated"
    r"|\d+ (?:elever|students))\b",
    re.IGNORECASE,
)
_NO_LETTERS = re.compile(r"^[^\w]*$")
_TEACHERS = frozenset(
    ["lärare", "teacher", "instructor", "faculty", "staff", "personal", "assistent", "mentor", "ta", "observer"]
)
_YES = frozenset(
    ["1", "ja", "j", "x", "yes", "y", "true", "sekretess", "sekretessmarkering", "skyddad", "skyddad folkbokföring"]
)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list, with up to three samples."""

    index: int
    header: str
    samples: tuple[str, ...]
    field: str | None


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One student. Names may be empty (then a problem says so)."""

    line: int
    given_name: str
    family_name: str
    email: str | None
    preferred_name: str = ""
    school_class: str = ""
    external_ids: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to tell about a line; `column` is the field it is about."""

    line: int
    code: str
    column: str | None = None


@dataclass(frozen=True, slots=True)
class ParsedRoster:
    """What a list holds."""

    encoding: str
    delimiter: str | None
    source: str
    header_line: int
    columns: tuple[Column, ...]
    rows: tuple[RosterRow, ...]
    duplicates: tuple[RosterRow, ...]
    """Rows that are not kept because an earlier one has the address: the preview lets people mend them."""
    problems: tuple[Problem, ...]
    ignored: tuple[tuple[int, str], ...]
    discarded_columns: tuple[str, ...]
    personnummer_removed: int


@dataclass(slots=True)
class _Work:
    """The list while it is being read."""

    problems: list[Problem] = field(default_factory=list)
    ignored: list[tuple[int, str]] = field(default_factory=list)
    rows: list[RosterRow] = field(default_factory=list)
    duplicates: list[RosterRow] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)
    names: set[tuple[str, str, str]] = field(default_factory=set)

    def tell(self, line: int, code: str, column: str | None = None) -> None:
        self.problems.append(Problem(line, code, column))


def parse_roster(
    data: bytes | str,
    *,
    file_name: str = "",
    encoding: str | None = None,
    columns: Mapping[int, str] | None = None,
) -> ParsedRoster:
    """Read a class list. `encoding` and `columns` (index to field) override what would be found.

    Raises RosterError where there is nothing to read; a list without a name column gives that as a problem.
    """
    grid = read_grid(data, file_name=file_name, encoding=encoding)
    records, removed = _without_numbers(grid)
    header = _find_header(records)
    if header is None and (isinstance(data, str) or grid.delimiter is None or _is_mail_line(records)):
        records = _split_mail_lines(records)
    work = _Work()
    body = records
    if header is not None:
        position = records.index(header)
        work.ignored += [(r.line, "preamble" if any(r.cells) else "empty") for r in records[:position]]
        body = records[position + 1 :]
    mapping = _mapping(header, body, columns)
    if not _NAMING & set(mapping.values()):
        work.tell(header.line if header else 1, "no_name_column")
        body_read: list[Record] = []
    else:
        body_read = body
    for record in body_read:
        _read_row(record, mapping, header, work)
    if len(work.rows) > MAX_ROWS:
        raise RosterError("too_many_rows")
    shown = _columns(header, body, mapping)
    return ParsedRoster(
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        source="paste" if isinstance(data, str) else "xlsx" if grid.encoding == "xlsx" else "csv",
        header_line=header.line if header else 0,
        columns=shown,
        rows=tuple(work.rows),
        duplicates=tuple(work.duplicates),
        problems=tuple(work.problems),
        ignored=tuple(work.ignored),
        discarded_columns=tuple(column.header for column in shown if header and column.header and not column.field),
        personnummer_removed=removed,
    )


def _without_numbers(grid: Grid) -> tuple[list[Record], int]:
    removed = 0
    records = []
    for record in grid.records:
        cells = []
        for cell in record.cells:
            cleaned, count = strip_personal_numbers(cell)
            removed += count
            cells.append(normal(cleaned) if count else cell)
        records.append(Record(record.line, tuple(cells), record.had_invisible))
    return records, removed


# --- shapes without a header -----------------------------------------------------------------------------------------


def _is_mail_line(records: list[Record]) -> bool:
    cells = [cell for record in records for cell in record.cells if cell]
    return bool(cells) and all("@" in cell and (_EMAIL.fullmatch(cell) or _NAME_AND_MAIL.match(cell)) for cell in cells)


def _split_mail_lines(records: list[Record]) -> list[Record]:
    """`Name <mail>` cells, several on a line in a mail program's list, become rows of name and address."""
    result = []
    for record in records:
        cells = [cell for cell in record.cells if cell]
        if cells and all(_NAME_AND_MAIL.match(cell) or _EMAIL.fullmatch(cell) for cell in cells):
            if len(cells) > 1 and not any("<" in cell for cell in cells):
                result.append(record)
                continue
            for cell in cells:
                match = _NAME_AND_MAIL.match(cell)
                pair = (normal(match["name"]), match["mail"]) if match else ("", cell)
                result.append(Record(record.line, pair, record.had_invisible))
        else:
            result.append(record)
    return result


def _find_header(records: list[Record]) -> Record | None:
    """The first of the top rows with two known headings; else with one, if it is all there is or stands there once."""
    known = [[index for index, cell in enumerate(record.cells) if cell and is_known(cell)] for record in records[:15]]
    for record, headings in zip(records, known, strict=False):
        if len(headings) >= 2:
            return record
    for position, (record, headings) in enumerate(zip(records, known, strict=False)):
        if headings and (len(headings) == sum(map(bool, record.cells)) or _is_alone(records, position, headings[0])):
            return record
    return None


def _is_alone(records: list[Record], position: int, column: int) -> bool:
    """Whether the next row has something else in the column: in lists without headings, `student` may be a role."""
    following = next((record.cells for record in records[position + 1 :] if any(record.cells)), ())
    return bool(following) and following[column : column + 1] != records[position].cells[column : column + 1]


def _mapping(header: Record | None, body: list[Record], chosen: Mapping[int, str] | None) -> dict[int, str]:
    if chosen:
        return {int(index): name for index, name in chosen.items() if name in FIELDS}
    if header is not None:
        mapping: dict[int, str] = {}
        for index, cell in enumerate(header.cells):
            name = field_of(cell)
            if name and name not in mapping.values():
                mapping[index] = name
        if {"given_name", "family_name"} <= set(mapping.values()):
            mapping = {index: name for index, name in mapping.items() if name != "full_name"}
        return mapping
    return _mapping_by_content(body)


def _mapping_by_content(body: list[Record]) -> dict[int, str]:
    filled = [record.cells for record in body if any(record.cells)]
    width = max((len(cells) for cells in filled), default=0)
    mapping: dict[int, str] = {}
    names: list[int] = []
    for index in range(width):
        values = [cells[index] for cells in filled if len(cells) > index and cells[index]]
        if not values:
            continue
        if sum("@" in value for value in values) > len(values) / 2:
            mapping.setdefault(index, "email")
        elif sum(any(c.isalpha() for c in v) and not any(c.isdigit() for c in v) for v in values) > len(values) * 0.7:
            names.append(index)
    if len(names) == 1:
        mapping[names[0]] = "full_name"
    elif len(names) >= 2 and not any("@" in cell for cells in filled for cell in cells):
        # Two columns of names and nothing to tell them apart: people write lists as "Andersson, Emil".
        mapping[names[0]], mapping[names[1]] = "family_name", "given_name"
    elif len(names) >= 2:
        mapping[names[0]], mapping[names[1]] = _order_of(filled, names[0], names[1])
    return mapping


def _order_of(filled: list[tuple[str, ...]], first: int, second: int) -> tuple[str, str]:
    """Which of two columns holds the given name: addresses begin with it more often than not."""
    votes = 0
    for cells in filled:
        mail = next((cell for cell in cells if "@" in cell), "")
        local = _plain(mail.partition("@")[0])
        if mail and len(cells) > max(first, second):
            votes += local.startswith(_plain(cells[first])[:4]) - local.startswith(_plain(cells[second])[:4])
    return ("given_name", "family_name") if votes >= 0 else ("family_name", "given_name")


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if c.isalnum())


def _columns(header: Record | None, body: list[Record], mapping: dict[int, str]) -> tuple[Column, ...]:
    width = max([len(header.cells) if header else 0, *(len(record.cells) for record in body[:50])], default=0)
    shown = []
    for index in range(width):
        samples = [record.cells[index] for record in body if len(record.cells) > index and record.cells[index]][:3]
        title = header.cells[index] if header and len(header.cells) > index else ""
        shown.append(Column(index, title, tuple(samples), mapping.get(index)))
    return tuple(shown)


# --- rows ------------------------------------------------------------------------------------------------------------


def _read_row(record: Record, mapping: dict[int, str], header: Record | None, work: _Work) -> None:
    line = record.line
    if not any(record.cells):
        work.ignored.append((line, "empty"))
        return
    if header is not None and [c.casefold() for c in record.cells if c] == [c.casefold() for c in header.cells if c]:
        work.ignored.append((line, "header_repeated"))
        return
    values = {name: record.cells[index] for index, name in mapping.items() if index < len(record.cells)}
    filled = [cell for cell in record.cells if cell]
    if _FOOTER.match(filled[0]) and "@" not in "".join(filled) and len(filled) < max(2, len(mapping)):
        work.ignored.append((line, "footer"))
        return
    if values.get("protected", "").casefold() in _YES:
        work.tell(line, "protected")
        return
    if values.get("role", "").casefold() in _TEACHERS:
        work.tell(line, "not_a_student")
        return
    _keep(record, values, header, work)


def _keep(record: Record, values: dict[str, str], header: Record | None, work: _Work) -> None:
    line = record.line
    given, family = _names(values)
    email = _email(line, values.get("email", ""), work)
    numbers = {name: values[name].lstrip("#") for name in EXTERNAL & values.keys() if values[name]}
    row = RosterRow(
        line=line,
        given_name=given,
        family_name=family,
        email=email,
        preferred_name=values.get("preferred_name", ""),
        school_class=values.get("class", ""),
        external_ids=tuple(sorted(numbers.items())),
    )
    if email is not None and email.casefold() in work.addresses:
        work.tell(line, "duplicate", "email")
        work.duplicates.append(row)
        return
    if email is not None:
        work.addresses.add(email.casefold())
    if max(len(given), len(family), len(row.preferred_name)) > MAX_NAME:
        work.tell(line, "name_too_long", "given_name")
    elif not given and not family:
        work.tell(line, "missing_name", "given_name")
    else:
        _check_name(line, given, family, record, values.get("class", ""), work)
    if header is not None and len(record.cells) > len(header.cells) and any(record.cells[len(header.cells) :]):
        work.tell(line, "extra_cells")
    work.rows.append(row)


def _names(values: dict[str, str]) -> tuple[str, str]:
    if "given_name" in values or "family_name" in values:
        return values.get("given_name", ""), values.get("family_name", "")
    full = values.get("full_name", "")
    if "," in full:
        family, _comma, given = full.partition(",")
        return given.strip(), family.strip()
    return _split_full_name(full)


def _split_full_name(full: str) -> tuple[str, str]:
    """The first word is the given name, particles and what follows the family name. The preview lets people mend it."""
    words = full.split()
    return (words[0], " ".join(words[1:])) if words else ("", "")


def _email(line: int, value: str, work: _Work) -> str | None:
    """The address, or None with a problem where there is none or a wrong one."""
    match = _NAME_AND_MAIL.match(value)
    address = match["mail"] if match else value.removeprefix("mailto:")
    if not address:
        work.tell(line, "missing_email", "email")
        return None
    if not _EMAIL.fullmatch(address) or len(address) > 254:
        work.tell(line, "bad_email", "email")
        return None
    return address


def _check_name(line: int, given: str, family: str, record: Record, school_class: str, work: _Work) -> None:
    both = f"{given} {family}"
    if both.startswith(("=", "+", "-", "@")) or family.startswith(("=", "+", "-", "@")):
        work.tell(line, "formula_like", "given_name")
    scripts = {unicodedata.name(c, "?").split()[0] for c in both if c.isalpha()}
    mixed = len(scripts & {"LATIN", "CYRILLIC", "GREEK"}) > 1
    if mixed or record.had_invisible or "<" in both or _NO_LETTERS.match(both):
        work.tell(line, "suspicious_name", "given_name")
    key = (given.casefold(), family.casefold(), school_class.casefold())
    if key in work.names:
        work.tell(line, "same_name", "given_name")
    work.names.add(key)
