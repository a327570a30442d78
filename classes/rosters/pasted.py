"""Lists without headings as people paste them: names and addresses in whatever way a mail program writes them. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from classes.rosters.grid import Record
from classes.rosters.names import EMAIL, NAME_AND_MAIL, NAME_THEN_MAIL

_BULLET = re.compile(r"^(?:\d{1,4}[.):]\s*|\d{1,4}\s+(?=[^\W\d])|[-–—•*·▪■◦○●‣☐☑☒✓✔✗\uf0b7]\s+|o\s+(?=[A-ZÅÄÖ]))(?=\D)")
_TO = re.compile(r"^(?:till|to|kopia|cc|bcc|från|from)\s*:\s*", re.IGNORECASE)
# The class behind a name, in brackets or not: `Anna Berg (SA24D)`, `Anna Berg - 9A`.
_CLASS = re.compile(r"[\s,–-]+(?:[(\[][^\W_][\w /-]{0,14}[)\]]|(?=\w*\d)(?=\w*[^\W\d])\w{2,8})$")
_STRAY = " ;,|\t"


def split_people(records: tuple[Record, ...], *, is_one_column: bool) -> tuple[Record, ...]:
    """`Name <mail>` cells, several on a line in a mail program's list, become rows of name and address.

    `is_one_column`: pasted, or without a delimiter; else only lists that hold nothing but such cells are touched.
    """
    filled = [cell for record in records for cell in record.cells if cell]
    only_people = bool(filled) and all("@" in cell and _person(cell) for cell in filled)
    if not (is_one_column or only_people or any(NAME_AND_MAIL.match(cell) for cell in filled)):
        return records
    result: list[Record] = []
    for record in records:
        result += _split(record, is_alone=len(records) == 1)
    return tuple(result)


def in_one_column(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """A list without headings that has one cell a line, wherever it stands: a stray delimiter makes no column."""
    filled = [[cell for cell in record.cells if cell] for record in records]
    if any(len(cells) > 1 for cells in filled) or all(len(record.cells) < 2 for record in records):
        return records
    return tuple(replace(record, cells=tuple(cells)) for record, cells in zip(records, filled, strict=True))


def bare_name(cell: str) -> str:
    """A name without what stands around it in a list: number or bullet, stray delimiters, quotation marks, class."""
    name = _BULLET.sub("", _TO.sub("", cell.strip(_STRAY))).strip(_STRAY)
    if name[:1] == name[-1:] == "'" and len(name) > 2:
        name = name[1:-1]
    shorter = _CLASS.sub("", name)
    return shorter if any(c.isalpha() for c in shorter) and not shorter.endswith(":") else name


def _split(record: Record, *, is_alone: bool) -> list[Record]:
    cells = _whole([cell for cell in record.cells if cell])
    if len(cells) == 1 and not _person(cells[0]):
        cells = [bare_name(cells[0])]
    people = [_person(cell) for cell in cells]
    if cells and all(people):
        if len(cells) > 1 and not any("<" in cell for cell in cells) and not is_alone:
            return [record]
        pairs = [person for person in people if person]
    elif is_alone and len(cells) > 2 and all(_is_whole_name(cell) for cell in cells):
        pairs = [(bare_name(cell), "") for cell in cells]
    elif len(cells) == 1:
        return [Record(record.line, (cells[0],), record.item, record.is_odd)]
    else:
        return [record]
    several = len(pairs) > 1
    return [Record(record.line, pair, n if several else 0, record.is_odd) for n, pair in enumerate(pairs, start=1)]


def _whole(cells: list[str]) -> list[str]:
    """`Surname` and `Given name <mail>`, which a comma between the names had parted, as one."""
    if not any(NAME_AND_MAIL.match(cell) for cell in cells):
        return cells
    joined: list[str] = []
    before = ""
    for cell in cells:
        whole = f"{before}, {cell}" if before else cell
        before = "" if "@" in cell else whole
        if not before:
            joined.append(whole)
    return [*joined, before] if before else joined


def _person(cell: str) -> tuple[str, str] | None:
    """Name and address in one cell; None where there is no address in it."""
    match = NAME_AND_MAIL.match(cell) or NAME_THEN_MAIL.match(cell)
    if match and match["name"]:
        return bare_name(match["name"]), match["mail"].strip(".,;")
    if match:
        return "", match["mail"]
    bare = cell.strip("<>").removeprefix("mailto:")
    return ("", bare) if EMAIL.fullmatch(bare) else None


def _is_whole_name(cell: str) -> bool:
    return " " in cell and not any(c.isdigit() or c == "@" for c in cell)
