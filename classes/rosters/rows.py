"""Each row of a list: a student, somebody who is none, or nothing; and what is wrong with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from classes.rosters.columns import NAMING, Layout, is_word, order_of_names
from classes.rosters.doubts import doubtful, is_group, is_note
from classes.rosters.grid import Grid, Problem, Record
from classes.rosters.headings import EXTERNAL, STATUS, header_key, says_surname_first
from classes.rosters.names import (
    EMAIL,
    MAX_NAME,
    NAME_AND_MAIL,
    is_surname_first,
    oddities,
    split_full_name,
)
from huleedu.common.spreadsheet import plain_cell

_FOOTER = re.compile(
    r"^(?:(?:antal|summa|totalt|total|medel|medelvärde|genomsnitt|average|mean|utskriven|utskrivet|utskriftsdatum|"
    r"skapad|genererad|exporterad|printed|generated|exported|slut på|end of)\b|"
    r"(?:sida|sid|page) ?\d|\d+ (?:elever|elev|students?|st)\b)",
    re.IGNORECASE,
)
_INSTRUCTION = re.compile(
    r"^(?:reserverad|instruktion|anvisning|obs\b|exempel\b|skriv |fyll i|ange |ta inte bort|reserved|instructions?\b|"
    r"do not|fill in|example\b)",
    re.IGNORECASE,
)
_POINTS = re.compile(r"^(?:points possible|möjliga poäng|poäng möjliga|maxpoäng|maximal poäng)\b", re.IGNORECASE)
_ABOUT_TASKS = frozenset(
    ["date", "points", "class average", "datum", "poäng", "klassmedelvärde", "klassens genomsnitt"]
)
_TEST_STUDENTS = frozenset(["student, test", "test student", "teststudent", "student test", "student, testa"])
_STAFF = re.compile(
    r"lärare|teacher|instructor|faculty|\bstaff\b|personal|assist|mentor|\bta\b|observ|rektor|principal|admin|"
    r"handledare|guardian|vårdnad|parent|relative|proctor|\baide\b|skapare|course ?creator|manager|designer|opettaja|"
    r"lærer|owner|ägare|föreståndare|omistaja|\beier\b|\bejer\b|\bsyv\b|skolledare|pedagog",
    re.IGNORECASE,
)
_STUDENT = re.compile(r"\b(?:students?|elev|elever|elevroll|pupils?)\b", re.IGNORECASE)
_NO = re.compile(
    r"^(?:|[-–—]+|nej|n|no|not|0|0[.,]0|false|falskt?|ingen|inga|inget|none|ei|nei|off|saknas|null|omärkt|offentlig|öppen)$|"
    r"^(?:ej|inte|icke|nej|no|ingen|inga|not)\b"
)
_SAYS_PROTECTED = re.compile(
    r"(?<!ej )(?<!inte )(?<!ingen )(?<!icke )"
    r"\b(?:sekretessmark\w*|skyddade?[ -](?:identitet|folkbok\w*|adress\w*|person\w*|uppgift\w*)|kvarskriv\w*|"
    r"fingerade? person\w*|(?<=§)protected(?=§)|protected identity)(?! ?[:=]? ?(?:nej|no|0|false))",
    re.IGNORECASE,
)
MARKED = "§protected§"
"""What stands in a draft in the place of a row about somebody protected."""


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
    item: int = 0
    """Which of several people on the line, from 1; 0 where there is one."""


def is_protected(value: str) -> bool:
    """Whether a cell below `Sekretessmarkering` says that the row is: whatever does not say no."""
    return not _NO.match(value.casefold().strip())


def says_protected(cells: Iterable[str]) -> bool:
    """Whether a row says so of itself, wherever that stands: in a remark, or in the place of the name."""
    return bool(_SAYS_PROTECTED.search(" ".join(cell for cell in cells if cell)))


class Rows:
    """The rows of one list while they are being read."""

    def __init__(self, layout: Layout, grid: Grid, *, surname_first: bool | None = None) -> None:
        """`surname_first` is how a person says whole names are written; None lets the list tell."""
        self.kept: list[RosterRow] = []
        self.duplicates: list[RosterRow] = []
        self.problems: list[Problem] = []
        self.ignored: list[tuple[int, str]] = []
        self._layout = layout
        self._file = grid.file
        self._is_sheet = grid.is_sheet
        self._addresses: set[str] = set()
        self._names: set[tuple[str, str, str]] = set()
        self._heading = [cell.casefold() for cell in layout.header.cells if cell] if layout.header else []
        self._is_order_known = surname_first is not None
        self.surname_first = self._finds_surname_first() if surname_first is None else surname_first
        self._doubtful = self._finds_doubtful()
        self._whole_at = next((index for index, name in layout.mapping.items() if name == "full_name"), -1)
        self._is_mixed = False
        self._wide_order = self._finds_wide_order()

    def tell(self, line: int, code: str, column: str | None = None, *, item: int = 0, value: str = "") -> None:
        """Remember a problem."""
        self.problems.append(Problem(line, code, column, item, self._file, value))

    def read(self, record: Record) -> None:
        """Take one row."""
        values = {n: record.cells[i] for i, n in self._layout.mapping.items() if i < len(record.cells)}
        why = self._no_person(record, values)
        if why == "empty" and self._is_sheet:
            return  # a sheet may have any number of empty rows
        if why:
            self.ignored.append((record.line, why))
            return
        note = values.get("full_name", "") if self._layout.header is None else ""
        if is_note(note):
            # `Mentor: Lena Ek` names somebody who is no student; `Klass: SA24D` names nobody.
            if _STAFF.search(note.partition(":")[0]):
                self.tell(record.line, "not_a_student")
            else:
                self.ignored.append((record.line, "preamble"))
            return
        code = "protected" if says_protected(record.cells) else _refusal(values)
        if code:
            self.tell(record.line, code)
            return
        values = self._aligned(record, values)
        self._keep(record, {name: plain_cell(value) for name, value in values.items()})

    def _aligned(self, record: Record, values: dict[str, str]) -> dict[str, str]:
        """The row as its columns say; read right where it has a cell more or less before its address than they do.

        Lists put together from two places have such rows: `Berg, Emil` and an address, `Haddad`, `Amir` and one.
        """
        rest = {name: value for name, value in values.items() if name not in ("given_name", "family_name", "full_name")}
        short = [name for name in ("given_name", "family_name") if EMAIL.fullmatch(values.get(name, ""))]
        if len(short) == 1 and not values.get("email"):
            whole = values.get("family_name" if short == ["given_name"] else "given_name", "")
            return rest | {"full_name": whole, "email": values[short[0]]}
        if not self._is_wide(record):
            return values
        names = dict(zip(self._wide_order, record.cells[self._whole_at :], strict=False))
        return rest | names | {"email": record.cells[self._whole_at + 2]}

    def _is_wide(self, record: Record) -> bool:
        """Whether a row has two names and its address where the columns are a whole name and an address."""
        mapping, header, place = self._layout.mapping, self._layout.header, self._whole_at
        if place < 0 or mapping.get(place + 1) != "email" or place + 2 in mapping:
            return False
        if header is not None and _at(header.cells, place + 2):
            return False
        between, address = _at(record.cells, place + 1), _at(record.cells, place + 2)
        is_name = is_word(between) and not _NO.match(between.casefold())
        return bool(EMAIL.fullmatch(address)) and (is_name or (self._is_mixed and not between))

    def _finds_wide_order(self) -> tuple[str, str]:
        """Which of the two names comes first in the rows that have two, as their addresses say.

        How whole names are written says nothing of them: they come from another list.
        """
        wide = [record.cells for record in self._layout.body if self._is_wide(record)]
        self._is_mixed = bool(wide)
        return order_of_names(wide, self._whole_at, self._whole_at + 1)

    def _no_person(self, record: Record, values: dict[str, str]) -> str:
        """Why a row is about nobody: empty, a repeated heading, what the system adds. Nothing where it is somebody."""
        filled = [cell for cell in record.cells if cell]
        if not filled:
            return "empty"
        if self._heading and [cell.casefold() for cell in filled] == self._heading:
            return "header_repeated"
        if self._layout.source.name == "canvas_gradebook":
            name = values.get("full_name", "").casefold()
            # Above the points Canvas may write how they are posted, in a row without a student.
            if _POINTS.match(name) or (not name and not values.get("canvas")):
                return "points_possible"
            if name in _TEST_STUDENTS:
                return "test_student"
        named = [values[name] for name in NAMING & values.keys() if values[name]]
        if len(named) == 1 and named[0].casefold() in _ABOUT_TASKS:
            return "points_possible"  # Google Classroom writes about the tasks below the headings
        few = len(filled) < max(2, len(self._layout.mapping))
        first = filled[0] if few else named[0] if len(named) == 1 else ""
        if _FOOTER.match(first) and not values.get("huleedu") and "@" not in "".join(filled):
            return "footer"
        if self._is_instruction(record, filled):
            return "instruction"
        return ""

    def _is_instruction(self, record: Record, filled: list[str]) -> bool:
        header = self._layout.header
        if header is None or len(filled) > 1 or len(self._layout.mapping) < 2 or record.line > header.line + 8:
            return False
        return self._layout.source.name == "vklass" or bool(_INSTRUCTION.match(filled[0]))

    def _keep(self, record: Record, values: dict[str, str]) -> None:
        line, item = record.line, record.item
        email = self._email(record, values.get("email", ""))
        given, family = self._names_of(values, email or "")
        row = RosterRow(
            line=line,
            given_name=given,
            family_name=family,
            email=email,
            preferred_name=values.get("preferred_name", ""),
            school_class=values.get("class", ""),
            external_ids=tuple(sorted(_numbers(values).items())),
            item=item,
        )
        if email is not None and email.casefold() in self._addresses:
            self.tell(line, "duplicate", "email", item=item)
            self.duplicates.append(row)
            return
        if email is not None:
            self._addresses.add(email.casefold())
        if max(len(given), len(family), len(row.preferred_name)) > MAX_NAME:
            self.tell(line, "name_too_long", "given_name", item=item)
        elif not given and not family:
            self.tell(line, "missing_name", "given_name", item=item)
        else:
            if (line, item) in self._doubtful:
                self.tell(line, "unlikely_name", "given_name", item=item)
            self._check_name(row, record)
        header = self._layout.header
        if header is not None and any(record.cells[len(header.cells) :]):
            self.tell(line, "extra_cells", item=item)
        self.kept.append(row)

    def _email(self, record: Record, value: str) -> str | None:
        """The address, or None with a problem where there is none or a wrong one."""
        match = NAME_AND_MAIL.match(value)
        address = match["mail"] if match else value.removeprefix("mailto:").strip("<>")
        if not EMAIL.fullmatch(address):
            # Perhaps once more as a link, or with a word of what it is for: what holds one address means that one.
            parts = {part.removeprefix("mailto:").casefold() for part in re.split(r"[\s,;()\[\]<>|\"']+", address)}
            only = [part for part in parts if EMAIL.fullmatch(part)]
            address = only[0] if len(only) == 1 and not any("@" in part for part in parts - {*only}) else address
        if not address:
            self.tell(record.line, "missing_email", "email", item=record.item)
            return None
        if not EMAIL.fullmatch(address) or len(address) > 254:
            self.tell(record.line, "bad_email", "email", item=record.item, value=value)
            return None
        return address

    def _names_of(self, values: dict[str, str], email: str) -> tuple[str, str]:
        if "given_name" in values or "family_name" in values:
            return values.get("given_name", ""), values.get("family_name", "")
        full = values.get("full_name", "")
        preferred, last = values.get("preferred_name", "").casefold(), full.casefold().rpartition(" ")[2]
        is_last_preferred = bool(preferred) and preferred == last and not self._is_order_known
        surname_first = self.surname_first or is_last_preferred
        return split_full_name(full, email=email, surname_first=surname_first)

    def order_examples(self) -> tuple[tuple[str, str], ...]:
        """Two whole names with their addresses, of those that no comma parts; names of two words before longer ones."""
        places = {name: index for index, name in self._layout.mapping.items()}
        if "full_name" not in places or {"given_name", "family_name"} & places.keys():
            return ()
        pairs = [
            (_at(record.cells, places["full_name"]), _at(record.cells, places.get("email")))
            for record in self._layout.body
        ]
        telling = [(full, email) for full, email in pairs if " " in full and "," not in full and len(full) <= MAX_NAME]
        return tuple(sorted(telling, key=lambda pair: len(pair[0].split()))[:2])

    def _finds_surname_first(self) -> bool:
        places = {name: index for index, name in self._layout.mapping.items()}
        if "full_name" not in places:
            return False
        header = self._layout.header
        if header is not None and says_surname_first(_at(header.cells, places["full_name"])):
            return True
        rows = [record.cells for record in self._layout.body]
        return is_surname_first([(_at(cells, places["full_name"]), _at(cells, places.get("email"))) for cells in rows])

    def _finds_doubtful(self) -> set[tuple[int, int]]:
        """Line and item of those rows that do not look like names."""
        body, header = self._layout.body, self._layout.header
        if header is not None:
            wide = len(self._layout.mapping) > 1
            alone = [(record, [cell for cell in record.cells if cell]) for record in body] if wide else []
            return {(record.line, record.item) for record, cells in alone if len(cells) == 1 and is_group(cells[0])}
        place = next((index for index, name in self._layout.mapping.items() if name == "full_name"), None)
        if place is None:
            return set()
        found = doubtful([_at(record.cells, place) for record in body])
        return {(body[n].line, body[n].item) for n in found if not any("@" in cell for cell in body[n].cells)}

    def _check_name(self, row: RosterRow, record: Record) -> None:
        for code in oddities(row.given_name, row.family_name, is_odd=record.is_odd):
            self.tell(row.line, code, "given_name", item=record.item)
        key = (row.given_name.casefold(), row.family_name.casefold(), row.school_class.casefold())
        if key in self._names:
            self.tell(row.line, "same_name", "given_name", item=record.item)
        self._names.add(key)


def _at(cells: tuple[str, ...], index: int | None) -> str:
    return cells[index] if index is not None and len(cells) > index else ""


def _refusal(values: dict[str, str]) -> str:
    """Why a person is left out, or nothing."""
    if is_protected(values.get("protected", "")):
        return "protected"
    if _STAFF.search(values.get("role", "")) and not _STUDENT.search(values.get("role", "")):
        return "not_a_student"
    return "to_be_deleted" if header_key(values.get(STATUS, "")) in ("deleted", "suspended", "inactive") else ""


def _numbers(values: dict[str, str]) -> dict[str, str]:
    """External ids as the systems' own file names have them: `#4301` is 4301, `Participant 4301` is 4301."""
    numbers = {name: values[name].lstrip("#") for name in EXTERNAL & values.keys() if values[name]}
    participant = re.search(r"(\d+)$", numbers.get("moodle_participant", ""))
    if participant:
        numbers["moodle_participant"] = participant[1]
    return {name: number[:MAX_NAME] for name, number in numbers.items() if number}
