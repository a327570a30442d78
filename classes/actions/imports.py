"""A class list on its way in: the draft, other ways to read it, and the preview. Nothing reaches the class here."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from classes.actions.leaving_out import without_marked
from classes.actions.locks import checked_names, lock_class
from classes.models import Enrolment, RosterImport, SchoolClass, Student
from classes.problems import message_for
from classes.rosters.cleaning import Cleaned, cleaned
from classes.rosters.diff import COMPARED, DiffRow, KnownStudent, diff_roster
from classes.rosters.grid import ENCODINGS, Grid, RosterError, load_grid
from classes.rosters.headings import FIELDS
from classes.rosters.parsing import ParsedRoster, parse_grid
from classes.rosters.reading import read_grid
from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.common.once import save_once
from huleedu.common.text import clean_line, strip_personal_numbers

if TYPE_CHECKING:
    from huleedu.accounts.models import User

MAX_EDITS = 5_000
_COLUMN = re.compile(r"[0-9]{1,3}")
_ROW_KEY = re.compile(r"[0-9]{1,7}(\.[0-9]{1,4})?")


def preview_roster(
    school_class: SchoolClass, *, data: bytes | str, file_name: str = "", key: UUID | None = None, actor: User
) -> RosterImport:
    """Keep a list as a draft, without its personal identity numbers. Raises ActionError `validation_error`.

    A form that is sent twice, with the same `key`, makes one draft.

    A large workbook takes seconds to read, in this process: that is done before anything is locked.
    """
    content = _read_list(data, field="text" if isinstance(data, str) else "file")
    is_text = isinstance(data, str)
    return _keep_draft(school_class, content=content, is_text=is_text, file_name=file_name, key=key, actor=actor)


@action
def _keep_draft(
    school_class: SchoolClass, *, content: Cleaned, is_text: bool, file_name: str, key: UUID | None, actor: User
) -> RosterImport:
    school_class = lock_class(school_class)
    field = "text" if is_text else "file"
    content = replace(content, grid=without_marked(content.grid, None, school_class, actor))
    draft = RosterImport(
        school_class=school_class,
        created_by=actor,
        file_name=strip_personal_numbers(clean_line(file_name))[0][:255],
        content=content.grid.dump(),
        is_text=is_text,
        result={"personnummer_removed": content.removed, "sheet_open": len(content.grid.sheets) > 1},
    )
    read_draft(draft, field=field)
    return save_once(draft, key, same=("school_class", "created_by", "content"))


@action
def revise_import(roster_import: RosterImport, *, changes: dict[str, Any], actor: User) -> RosterImport:
    """Read the draft another way: `sheet`, `encoding`, `columns` (index to field), `rows` (key to values and include),
    `surname_first` (how names in one column are written; None lets the list tell).

    Another sheet has other columns and rows: what was said of those before is forgotten. A row's key is its line.
    Raises ActionError `validation_error`; its field is `rows.<key>.<field>` for a correction that cannot be kept.
    """
    lock_class(roster_import.school_class)
    roster_import = lock_import(roster_import)
    if roster_import.status != RosterImport.Status.PREVIEW:
        raise ActionError("illegal_transition", _("The list has been imported already."))
    if "sheet" in changes:
        _choose_sheet(roster_import, changes["sheet"])
    if "encoding" in changes:
        roster_import.encoding = changes["encoding"] or ""
    if "columns" in changes:
        roster_import.columns = _checked_columns(changes["columns"] or {})
    if "encoding" in changes or "columns" in changes:
        _clean_again(roster_import)
    if "sheet" in changes or "columns" in changes:
        roster_import.result["sheet_open"] = False
    if "surname_first" in changes:
        roster_import.surname_first = changes["surname_first"]
    for line, edit in (changes.get("rows") or {}).items():
        _correct(roster_import.edits, str(line), edit)
    if len(roster_import.edits) > MAX_EDITS:
        raise ActionError("validation_error", _("Too many corrections."), field="rows")
    read_draft(roster_import, field="sheet" if "sheet" in changes else "encoding")
    roster_import.save(
        update_fields=["content", "encoding", "columns", "surname_first", "edits", "result", "updated_at"]
    )
    return roster_import


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft as it is read now and what applying it would do. Of an applied list only the counts are left."""

    roster_import: RosterImport
    parsed: ParsedRoster | None
    rows: list[DiffRow]
    counts: Counter[str]


def read_preview(roster_import: RosterImport) -> Preview:
    """Reads only: two statements, however long the list."""
    if roster_import.status != RosterImport.Status.PREVIEW:
        return Preview(roster_import, None, [], Counter(roster_import.result.get("counts", {})))
    parsed = read_draft(roster_import)
    rows = compare(roster_import, parsed)
    return Preview(roster_import, parsed, rows, Counter(row.action for row in rows))


def build_preview(roster_import: RosterImport) -> dict[str, Any]:
    """The API's `roster preview`, to which who is joining is one of the changed. Reads only: two statements."""
    preview = read_preview(roster_import)
    parsed, counts = preview.parsed, preview.counts
    shown = parsed.columns if parsed else ()
    return {
        "id": str(roster_import.public_id),
        "status": roster_import.status,
        "source": parsed.source if parsed else roster_import.result.get("source"),
        "encoding": parsed.encoding if parsed else roster_import.result.get("encoding"),
        "delimiter": parsed.delimiter if parsed else roster_import.result.get("delimiter"),
        "sheet": parsed.sheet if parsed else "",
        "sheets": list(parsed.sheets) if parsed else [],
        "columns": [
            {"index": c.index, "header": c.header, "samples": list(c.samples), "field": c.field} for c in shown
        ],
        "surname_first": parsed.surname_first if parsed else None,
        "rows": [_row_json(row) for row in preview.rows],
        "new": counts["new"],
        "changed": counts["changed"] + counts["joining"],
        "joining": counts["joining"],
        "unchanged": counts["unchanged"],
        "missing": counts["missing"],
        "problems": [
            {
                "line": p.line,
                "code": p.code,
                "column": p.column,
                "message": message_for(p.code, line=p.line, columns=shown, value=p.value),
            }
            for p in (parsed.problems if parsed else ())
        ],
        "personnummer_removed": roster_import.result.get("personnummer_removed", 0),
    }


def _row_json(row: DiffRow) -> dict[str, Any]:
    return {
        "key": row.key,
        "line": row.line,
        "action": "changed" if row.action == "joining" else row.action,
        "joining": row.action == "joining",
        "student_id": row.student,
        "values": row.values,
        "changes": row.changes,
        "kept": row.kept,
        "problems": row.problems,
        "include": row.include,
    }


def read_other_ways(roster_import: RosterImport) -> dict[str, list[str]]:
    """Encoding to up to three values of the list as they read in it: only ways that it can be read, and that differ."""
    kept = load_grid(bytes(roster_import.content))
    now = kept.read_as(roster_import.encoding)
    telling = [cell for record in now.records for cell in record.cells if cell and not cell.isascii()][:3]
    ways: dict[str, list[str]] = {}
    for encoding in ENCODINGS if now.is_text else ():
        try:
            values = [clean_line(cell.encode(now.encoding).decode(encoding)) for cell in telling]
        except UnicodeError:
            continue
        if values != [clean_line(cell) for cell in telling]:
            ways[encoding] = values
    return ways


# --- pieces, also of applying ----------------------------------------------------------------------------------------


def lock_import(roster_import: RosterImport) -> RosterImport:
    """The draft's row, locked until the transaction ends. Raises ActionError `not_found` when it is gone."""
    rows = RosterImport.objects.select_related("school_class", "created_by").filter(pk=roster_import.pk)
    locked = rows.select_for_update(no_key=True, of=("self",)).first()
    if locked is None:
        raise ActionError("not_found", _("The draft is not there any more. Import the list again."))
    return locked


def read_draft(roster_import: RosterImport, *, field: str = "file") -> ParsedRoster:
    """The draft as the teacher wants it read. Raises ActionError `validation_error` about `field`."""
    try:
        return parse_grid(
            _grid(roster_import), columns=_columns(roster_import), surname_first=roster_import.surname_first
        )
    except RosterError as error:
        raise ActionError("validation_error", message_for(error.code), field=field) from error


def _grid(roster_import: RosterImport) -> Grid:
    return load_grid(bytes(roster_import.content)).read_as(roster_import.encoding)


def _columns(roster_import: RosterImport) -> dict[int, str] | None:
    return {int(index): name for index, name in roster_import.columns.items()} or None


def compare(roster_import: RosterImport, parsed: ParsedRoster) -> list[DiffRow]:
    """What applying the list would do to each student. Two statements.

    A colleague who imports finds only the owner's students whom that colleague may see: an address guessed into a list
    tells nothing of the owner's other classes.
    """
    school_class = roster_import.school_class
    enrolled = set(
        Enrolment.objects.filter(school_class=school_class, left_at=None).values_list("student_id", flat=True)
    )
    mine = Student.objects.visible_to(roster_import.created_by).filter(created_by_id=school_class.owner_id)
    students = mine.filter(Q(pk__in=enrolled) | Q(email__isnull=False))
    known = [
        KnownStudent(
            key=str(student.public_id),
            given_name=student.given_name,
            family_name=student.family_name,
            preferred_name=student.preferred_name,
            email=student.email or "",
            external_ids=student.external_ids,
            enrolled=student.pk in enrolled,
            protected=student.protected_identity,
            replaced=student.replaced,
        )
        for student in students.by_name()
    ]
    return diff_roster(parsed, known=known, edits=roster_import.edits)


def _read_list(data: bytes | str, *, field: str) -> Cleaned:
    try:
        return cleaned(read_grid(data))
    except RosterError as error:
        raise ActionError("validation_error", message_for(error.code), field=field) from error


def leave_out_marked(roster_import: RosterImport, *, actor: User) -> None:
    """Look once more for protected students: whoever applies a list may know others than who brought it. Two or three
    statements; the caller saves.
    """
    grid = _grid(roster_import)
    left = without_marked(grid, _columns(roster_import), roster_import.school_class, actor)
    if left is not grid:
        kept = load_grid(bytes(roster_import.content))
        roster_import.content = left.read_as(kept.encoding).dump()


def _choose_sheet(roster_import: RosterImport, name: str) -> None:
    grid = load_grid(bytes(roster_import.content))
    if name == grid.sheet:
        return
    try:
        grid = grid.choose(name)
    except RosterError as error:
        raise ActionError("validation_error", message_for(error.code), field="sheet") from error
    roster_import.content, roster_import.columns, roster_import.edits = grid.dump(), {}, {}
    roster_import.surname_first = None
    roster_import.result["personnummer_removed"] = grid.removed


def _clean_again(roster_import: RosterImport) -> None:
    """Read another way a list may show what must not be kept: headings that could not be read before, for example."""
    try:
        content = cleaned(_grid(roster_import), columns=_columns(roster_import))
        kept = load_grid(bytes(roster_import.content))
        people = roster_import.school_class, roster_import.created_by
        grid = without_marked(content.grid, _columns(roster_import), *people)
        roster_import.content = grid.read_as(kept.encoding).dump()
    except RosterError as error:
        raise ActionError("validation_error", message_for(error.code), field="encoding") from error
    roster_import.result["personnummer_removed"] += content.removed


def _checked_columns(columns: dict[str, str]) -> dict[str, str]:
    """Index to field; an empty field means that the column is not used."""
    checked: dict[str, str] = {}
    for index, name in columns.items():
        if not _COLUMN.fullmatch(str(index)):
            raise ActionError("validation_error", _("There is no such column."), field="columns")
        if name and name not in FIELDS:
            raise ActionError("validation_error", _("A column cannot be that."), field=f"columns.{index}")
        if name and name in checked.values():
            message = _("Two columns cannot be the same thing.")
            raise ActionError("validation_error", message, field=f"columns.{index}")
        if name:
            checked[str(int(index))] = name
    return checked


def _correct(edits: dict[str, Any], line: str, edit: dict[str, Any]) -> None:
    """Merge one correction into the draft's."""
    if not _ROW_KEY.fullmatch(line) and not _is_uuid(line):
        raise ActionError("validation_error", _("There is no such line."), field="rows")
    merged = dict(edits.get(line, {}))
    if "include" in edit:
        merged["include"] = bool(edit["include"])
    if "take" in edit:
        merged["take"] = sorted(set(edit["take"]) & set(COMPARED))
    if "values" in edit:
        try:
            values = checked_names(edit["values"])
        except ActionError as error:
            raise ActionError(error.code, error.message, field=f"rows.{line}.{error.field}") from error
        merged["values"] = {**merged.get("values", {}), **{key: value or "" for key, value in values.items()}}
    edits[line] = merged


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False
