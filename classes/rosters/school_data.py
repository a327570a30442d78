"""The zips of school systems, OneRoster 1.1 and 1.2 and Microsoft School Data Sync: their files put together. Pure.

What comes out is one list with the headings this product exports itself, each row with its line in the users' file.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from classes.rosters.archives import checked_entries, read_entry
from classes.rosters.grid import Grid, Problem, Record, RosterError
from classes.rosters.text_lists import read_text_file

HEADINGS = ("given_name", "family_name", "preferred_name", "email", "class", "oneroster", "sds", "student_id", "login")
_USERS = ("users.csv", "student.csv", "students.csv")
_ENROLMENTS = ("enrollments.csv", "studentenrollment.csv")
_CLASSES = ("classes.csv", "section.csv")
_DELETED = frozenset(["tobedeleted", "inactive", "deleted"])

Row = tuple[int, dict[str, str]]


@dataclass(slots=True)
class _Tables:
    """The files of an archive by name, each as rows of heading (folded) to value."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    encoding: str = "utf-8"
    delimiter: str | None = ","
    problems: list[Problem] = field(default_factory=list)

    def first(self, names: Sequence[str]) -> tuple[str, list[Row]]:
        """The first of the files that is there, and its rows."""
        return next(((name, self.rows[name]) for name in names if name in self.rows), ("", []))


def is_school_data(source: str) -> bool:
    """Whether a list with this source came out of such a zip, with the headings above."""
    return source == "sds" or source.startswith("oneroster")


def read_zip(data: bytes) -> Grid | bytes:
    """The list of a school system's zip; or the bytes of the one list that the zip holds. Raises RosterError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = {
                PurePosixPath(entry.filename).name.casefold(): entry
                for entry in checked_entries(archive)
                if not entry.is_dir() and "__MACOSX" not in entry.filename
            }
            if "users.csv" in entries or {"student.csv", "students.csv"} & set(entries):
                return _school_data(_tables(archive, entries))
            lists = [
                entry
                for name, entry in entries.items()
                if name.endswith((".csv", ".tsv", ".txt", ".xlsx", ".xls")) and not name.startswith(".")
            ]
            if len(lists) != 1:
                raise RosterError("unsupported_type")
            return read_entry(archive, lists[0])
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        raise RosterError("corrupt") from error
    except zipfile.zlib.error as error:  # type: ignore[attr-defined]  # what zipfile itself lets through
        raise RosterError("corrupt") from error


def _tables(archive: zipfile.ZipFile, entries: Mapping[str, zipfile.ZipInfo]) -> _Tables:
    tables = _Tables()
    for name in (*_USERS, "roles.csv", "manifest.csv", *_ENROLMENTS, *_CLASSES):
        if name not in entries:
            continue
        data = read_entry(archive, entries[name])
        grid = read_text_file(data) if data.strip() else Grid("utf-8", ",", ())
        if name in _USERS:
            tables.encoding, tables.delimiter = grid.encoding, grid.delimiter
        tables.rows[name] = list(_rows(grid))
    return tables


def _rows(grid: Grid) -> Iterator[Row]:
    headings: list[str] | None = None
    for record in grid.records:
        cells = [cell.strip() for cell in record.cells]
        if not any(cells):
            continue
        if headings is None:
            headings = ["".join(cell.casefold().split()) for cell in cells]
        else:
            yield record.line, dict(zip(headings, cells, strict=False))


def _school_data(tables: _Tables) -> Grid:
    file, users = tables.first(_USERS)
    if users and not {"sourcedid", "sisid"} & set(users[0][1]):
        raise RosterError("unsupported_type")
    version = next((row.get("value", "") for _line, row in tables.rows.get("manifest.csv", []) if
                    row.get("propertyname") == "oneroster.version"), "")  # fmt: skip
    is_oneroster = bool(version) or any("enableduser" in row for _line, row in users[:1])
    key = "oneroster" if is_oneroster else "sds"
    people = {_id(row) for _line, row in users}
    enrolled = _enrolments(tables, people)
    roles = _roles(tables)
    records = [Record(1, HEADINGS)]
    has_enrolments = bool(tables.first(_ENROLMENTS)[0])
    for line, row in users:
        person = _id(row)
        code = _refused(row, role=roles.get(person, ""), enrolled=enrolled.get(person))
        if code:
            tables.problems.append(Problem(line, code, file=file))
        elif person in enrolled or not has_enrolments:
            records.append(Record(line, _cells(row, key=key, classes=enrolled.get(person, []))))
        else:
            tables.problems.append(Problem(line, "not_enrolled", file=file))
    source = f"oneroster_{version or '1.1'}" if is_oneroster else "sds"
    return Grid(
        tables.encoding, tables.delimiter, tuple(records), source=source, file=file, problems=tuple(tables.problems)
    )


def _id(row: Mapping[str, str]) -> str:
    return row.get("sourcedid") or row.get("sisid") or ""


def _enrolments(tables: _Tables, people: set[str]) -> dict[str, list[str]]:
    """Person to the names of their classes. Enrolments of nobody in the files are told."""
    titles = {
        _id(row) or row.get("sectionsisid", ""): row.get("title") or row.get("sectionname") or row.get("classcode", "")
        for _line, row in tables.first(_CLASSES)[1]
    }
    file, rows = tables.first(_ENROLMENTS)
    enrolled: dict[str, list[str]] = {}
    for line, row in rows:
        person = row.get("usersourcedid") or row.get("sisid") or ""
        if row.get("status", "").casefold() in _DELETED:
            continue
        if person not in people:
            tables.problems.append(Problem(line, "orphan_enrollment", file=file))
            continue
        title = titles.get(row.get("classsourcedid") or row.get("sectionsisid") or "", "")
        classes = enrolled.setdefault(person, [])
        if title and title not in classes:
            classes.append(title)
    return enrolled


def _roles(tables: _Tables) -> dict[str, str]:
    """Person to role, as roles.csv (OneRoster 1.2, School Data Sync), else the enrolment says."""
    roles: dict[str, str] = {}
    for _line, row in [*tables.rows.get("roles.csv", []), *tables.first(_ENROLMENTS)[1]]:
        person, role = row.get("usersourcedid", ""), row.get("role", "").casefold()
        if person and role and row.get("status", "").casefold() not in _DELETED:
            roles.setdefault(person, role)
    return roles


def _refused(row: Mapping[str, str], *, role: str, enrolled: object) -> str:
    """Why a person is left out, or nothing."""
    if row.get("status", "").casefold() in _DELETED:
        return "to_be_deleted"
    if (row.get("role", "").casefold() or role or "student") not in ("student", "pupil", "learner"):
        return "not_a_student"
    return "to_be_deleted" if row.get("enableduser", "").casefold() in ("false", "0", "no") else ""


def _cells(row: Mapping[str, str], *, key: str, classes: Sequence[str]) -> tuple[str, ...]:
    username = row.get("username", "")
    email = row.get("email") or (username if "@" in username else "")
    values = {
        "given_name": row.get("givenname") or row.get("firstname") or "",
        "family_name": row.get("familyname") or row.get("lastname") or "",
        "preferred_name": row.get("preferredgivenname", ""),
        "email": email,
        "class": ", ".join(classes),
        key: _id(row),
        "student_id": row.get("identifier") or row.get("studentnumber") or "",
        "login": username if username.casefold() != email.casefold() else "",
    }
    return tuple(values.get(heading, "") for heading in HEADINGS)
