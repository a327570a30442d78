"""Taking personal identity numbers out of a list before it is kept as a draft. Pure."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass

from classes.roster import strip_personal_numbers
from classes.roster_reading import read_grid


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The list without the numbers, as it is kept, and how many there were."""

    data: bytes
    removed: int


def without_personal_numbers(data: bytes | str) -> Cleaned:
    """`data` (bytes of a file, or pasted text) to keep. A workbook that held numbers is kept as CSV instead."""
    if isinstance(data, str):
        text, removed = strip_personal_numbers(data)
        return Cleaned(text.encode("utf-8"), removed)
    if data.startswith(b"PK\x03\x04"):
        return _workbook(data)
    # Every byte stays what it was but for the digits, whatever the encoding turns out to be: latin-1 maps one to one.
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data[:200]
    encoding = read_grid(data).encoding if wide else "latin-1"
    text, removed = strip_personal_numbers(data.decode(encoding))
    return Cleaned(text.encode(encoding), removed)


def _workbook(data: bytes) -> Cleaned:
    grid = read_grid(data)
    removed = 0
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    line = 1
    for record in grid.records:
        while line < record.line:
            writer.writerow([])
            line += 1
        cells = []
        for cell in record.cells:
            cleaned, count = strip_personal_numbers(cell)
            removed += count
            cells.append(cleaned)
        writer.writerow(cells)
        line += 1
    return Cleaned(data, 0) if not removed else Cleaned(out.getvalue().encode("utf-8-sig"), removed)
