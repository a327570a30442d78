"""What applying a class list would change: the preview. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from classes.rosters.names import MAX_NAME
from classes.rosters.parsing import ParsedRoster
from classes.rosters.rows import RosterRow

BLOCKING = frozenset({"missing_name", "name_too_long", "duplicate", "unlikely_name"})
"""Problems that keep a row out until the teacher has mended it."""
OWN_ID = "huleedu"
"""The column of this product's own exports that says which student a row is."""
COMPARED = ("given_name", "family_name", "preferred_name", "email")


@dataclass(frozen=True, slots=True)
class KnownStudent:
    """A student of the class's owner. `enrolled`: is in this class now."""

    key: str
    given_name: str
    family_name: str
    preferred_name: str
    email: str
    external_ids: Mapping[str, str]
    enrolled: bool
    protected: bool = False
    """Nothing in a list is about them, but this product's own number."""
    replaced: Mapping[str, str] = field(default_factory=dict)
    """What a list had said of the fields that were changed by hand since."""


@dataclass(slots=True)
class DiffRow:
    """One line of the preview: `action` is new, joining, changed, unchanged, missing or problem. A student who is
    joining is known already and comes into the class (again), perhaps with `changes`.

    `key` is the line; `<line>.<n>` for the n-th of several students on one line (addresses copied from a mail
    program); of a student who is not in the list their own key.
    """

    key: str
    line: int
    action: str
    student: str | None
    values: dict[str, Any]
    changes: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    """Fields that were changed by hand: what stands in the class, and what the list says. They stay unless taken."""
    problems: list[str] = field(default_factory=list)
    include: bool = True
    not_taken: str = ""
    """What the list has where the address should be, and is none."""


def diff_roster(
    parsed: ParsedRoster, *, known: Sequence[KnownStudent], edits: Mapping[str, Any] | None = None
) -> list[DiffRow]:
    """Compare the list with the class. Students are recognised by address, then number, then a full name that is one's.

    `edits` holds the teacher's corrections, row key to `{"values": {…}, "include": bool, "take": [field, …]}`. To
    include a student who is not in the list means that the student has left; to take a field means that the list wins
    over what was changed by hand.
    """
    index = _Index(known)
    problems: dict[tuple[int, int], list[str]] = {}
    not_taken = {(problem.line, problem.item): problem.value for problem in parsed.problems if problem.value}
    for problem in parsed.problems:
        problems.setdefault((problem.line, problem.item), []).append(problem.code)
    edits = edits or {}
    seen = _Seen()
    on_line: Counter[int] = Counter()
    rows = []
    for row in (*parsed.rows, *parsed.duplicates):
        on_line[row.line] += 1
        key = str(row.line) if on_line[row.line] == 1 else f"{row.line}.{on_line[row.line]}"
        place = (row.line, row.item)
        rows.append(_row(key, row, index, edit=edits.get(key, {}), problems=problems.get(place, []), seen=seen))
        rows[-1].not_taken = not_taken.get(place, "")
    rows.sort(key=lambda row: row.line)
    rows += [
        DiffRow(
            student.key,
            0,
            "missing",
            student.key,
            _known_values(student),
            include=bool(edits.get(student.key, {}).get("include", False)),
        )
        for student in known
        if student.enrolled and not student.protected and student.key not in seen.students
    ]
    return rows


@dataclass(slots=True)
class _Seen:
    """Who and which addresses earlier rows took."""

    students: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)


class _Index:
    def __init__(self, known: Sequence[KnownStudent]) -> None:
        self.by_key = {student.key: student for student in known}
        # An address that was changed by hand still tells who is meant, unless it has become somebody else's.
        self.by_email = {s.replaced["email"].casefold(): s for s in known if s.enrolled and s.replaced.get("email")}
        self.by_email |= {student.email.casefold(): student for student in known if student.email}
        self.by_number = {item: student for student in known for item in student.external_ids.items()}
        self.by_name: dict[tuple[str, str], list[KnownStudent]] = {}
        for student in known:
            if student.enrolled and not student.protected:
                for key in {_name_key(student.given_name, student.family_name), _earlier_name(student)}:
                    self.by_name.setdefault(key, []).append(student)

    def find(self, values: Mapping[str, Any], *, seen: _Seen) -> KnownStudent | None:
        """The student a row is about. By name only where one student has it and addresses do not contradict."""
        email = (values.get("email") or "").casefold()
        own_id = (values.get("external_ids") or {}).get(OWN_ID, "")
        if own_id in self.by_key:
            return self.by_key[own_id]
        if email in self.by_email:
            return self.by_email[email]
        for item in (values.get("external_ids") or {}).items():
            if item in self.by_number:
                return self.by_number[item]
        key = _name_key(values["given_name"], values["family_name"])
        same = [student for student in self.by_name.get(key, []) if student.key not in seen.students]
        if len(same) == 1 and not (email and same[0].email):
            return same[0]
        return None


def _name_key(given: str, family: str) -> tuple[str, str]:
    return given.casefold(), family.casefold()


def _earlier_name(student: KnownStudent) -> tuple[str, str]:
    """The name that a list had said."""
    replaced = student.replaced
    given, family = replaced.get("given_name", student.given_name), replaced.get("family_name", student.family_name)
    return _name_key(given, family)


def _row(
    key: str, row: RosterRow, index: _Index, *, edit: Mapping[str, Any], problems: list[str], seen: _Seen
) -> DiffRow:
    values: dict[str, Any] = {
        "given_name": row.given_name,
        "family_name": row.family_name,
        "preferred_name": row.preferred_name,
        "email": row.email or "",
        "external_ids": dict(row.external_ids),
    }
    typed = {name: value for name, value in (edit.get("values") or {}).items() if name in COMPARED}
    values.update(typed)
    left = [code for code in problems if not _mended(code, row, values)]
    if typed or edit.get("include"):
        left = [code for code in left if code != "unlikely_name"]  # a person has looked at it
    student = index.find(values, seen=seen)
    email = values["email"].casefold()
    taken = (student is not None and student.key in seen.students) or email in seen.addresses
    if taken and "duplicate" not in left:
        left.append("duplicate")
    if BLOCKING & set(left):
        return DiffRow(key, row.line, "problem", None, values, problems=left, include=False)
    if email:
        seen.addresses.add(email)
    include = bool(edit.get("include", True))
    values["external_ids"].pop(OWN_ID, None)
    if student is None:
        return DiffRow(key, row.line, "new", None, values, problems=left, include=include)
    seen.students.add(student.key)
    changes = {} if student.protected else _changes(student, values)
    kept = {name: change for name, change in changes.items() if name in student.replaced and name not in typed}
    for name in kept.keys() - set(edit.get("take") or ()):
        values[name] = changes.pop(name)[0]
    action = "joining" if not student.enrolled else "changed" if changes else "unchanged"
    return DiffRow(key, row.line, action, student.key, values, changes, kept, problems=left, include=include)


def _mended(code: str, row: RosterRow, values: Mapping[str, Any]) -> bool:
    """Whether the teacher's corrections took the problem away."""
    if code == "missing_name":
        return bool(values["given_name"] or values["family_name"])
    if code == "name_too_long":
        return max(len(values[name]) for name in COMPARED[:3]) <= MAX_NAME
    if code == "duplicate":
        return bool(values["email"] != (row.email or ""))
    if code in ("bad_email", "missing_email"):
        return bool(values["email"])
    return False


def _changes(student: KnownStudent, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field to old and new value. What the list leaves empty stays as it is."""
    changes = {
        name: [str(getattr(student, name)), str(values[name])]
        for name in COMPARED
        if values[name] and values[name] != getattr(student, name)
    }
    if changes.get("email", ["", ""])[0].casefold() == changes.get("email", ["", ""])[1].casefold():
        changes.pop("email", None)
    new_ids = {k: v for k, v in values["external_ids"].items() if student.external_ids.get(k) != v}
    if new_ids:
        changes["external_ids"] = [_numbers(student.external_ids), _numbers({**student.external_ids, **new_ids})]
    return changes


def _numbers(ids: Mapping[str, str]) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(ids.items()))


def _known_values(student: KnownStudent) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(student, name) for name in COMPARED}
    values["external_ids"] = dict(student.external_ids)
    return values
