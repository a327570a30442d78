"""The check page of a class list: which rows it shows, how it says what will happen, and what was ticked and typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from classes.actions import Preview
from classes.forms import FIELD_LABELS, named_columns
from classes.ordering import name_key
from classes.problems import message_for
from classes.rosters.diff import BLOCKING, DiffRow
from classes.rosters.parsing import Column

COLUMNS = ("family_name", "given_name", "preferred_name", "email")
PER_PAGE = 100
"""Rows a page: a row may send five fields, and Django takes a thousand."""
_MENDABLE = frozenset({"bad_email", "extra_cells", "formula_like", "same_name", "suspicious_name"})
_GROUPS: dict[str, Promise] = {
    "problem": gettext_lazy("Problems, not imported until fixed"),
    "new": gettext_lazy("New"),
    "joining": gettext_lazy("Already your students, join this class"),
    "changed": gettext_lazy("Changed"),
    "missing": gettext_lazy("In the class but not in the list"),
    "unchanged": gettext_lazy("The same"),
}
_GLYPHS = {
    "problem": "conflict",
    "new": "plus",
    "joining": "plus",
    "changed": "unsure",
    "missing": "none",
    "unchanged": "check",
}
TABS: dict[str, tuple[str, ...]] = {
    "decide": ("problem", "new", "joining", "changed", "missing"),
    "new": ("new",),
    "joining": ("joining",),
    "changed": ("changed",),
    "unchanged": ("unchanged",),
    "missing": ("missing",),
    "problem": ("problem",),
}
_TAB_LABELS: dict[str, Promise] = {
    "decide": gettext_lazy("To decide or check"),
    "new": gettext_lazy("New"),
    "joining": gettext_lazy("Already your students"),
    "changed": gettext_lazy("Changed"),
    "unchanged": gettext_lazy("The same"),
    "missing": gettext_lazy("Not in the list"),
    "problem": gettext_lazy("Problems"),
}
_CHANGED_WORDS: dict[str, Promise] = {
    "family_name": gettext_lazy("surname"),
    "given_name": gettext_lazy("first name"),
    "preferred_name": gettext_lazy("preferred name"),
    "email": gettext_lazy("e-mail"),
    "external_ids": gettext_lazy("number"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row: plain, new (`is_new`) or changed (`old` is struck). With `input_name` it can be edited."""

    label: Promise | str
    value: str
    old: str = ""
    is_new: bool = False
    input_name: str = ""
    error: str = ""
    listed: str = ""
    """What the list says where the value was changed by hand; `take_name` ticked, the list wins."""
    take_name: str = ""
    taken: bool = False


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One row of the check page. `group` is set on the first row of a group."""

    key: str
    line: int
    action: str
    cells: tuple[Cell, ...]
    outcome: str
    has_tick: bool
    ticked: bool
    group: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a posted check page ticked and typed, and what was wrong with it."""

    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    """`<line>.<field>` to message."""


def shown_columns(preview: Preview) -> list[dict[str, Any]]:
    """Heading, field and the field's name of each column that has anything in it."""
    columns = named_columns(preview.parsed) if preview.parsed else ()
    return [
        {
            "header": column.header or _("Without a heading: {first} …").format(first=column.samples[0]),
            "field": column.field,
            "label": FIELD_LABELS[column.field] if column.field else _("Not used"),
        }
        for column in columns
        if column.header or column.samples
    ]


def tabs(preview: Preview) -> list[tuple[str, Promise, int]]:
    """Name, label and count of each tab; of who is joining only where there is somebody."""
    counted = [(name, label, sum(_is_in(row, name) for row in preview.rows)) for name, label in _TAB_LABELS.items()]
    return [tab for tab in counted if tab[0] != "joining" or tab[2]]


def _is_in(row: DiffRow, tab: str) -> bool:
    """A row with a value changed by hand is to be looked at, even if nothing of it changes."""
    return row.action in TABS[tab] or (tab == "decide" and bool(row.kept))


def rows_of(preview: Preview, tab: str) -> list[DiffRow]:
    """The rows of a tab, problems first; then as the list has them, and those it lacks as the page of the class."""
    kinds = [*TABS[tab], "unchanged"]
    rows = [row for row in preview.rows if _is_in(row, tab)]

    def place(row: DiffRow) -> tuple[Any, ...]:
        return kinds.index(row.action), row.line, name_key(row.values["given_name"], row.values["family_name"])

    return sorted(rows, key=place)


def show_rows(
    rows: list[DiffRow],
    *,
    class_name: str,
    elsewhere: Mapping[str, str],
    columns: Sequence[Column] = (),
    sent: Sent | None = None,
) -> list[ShownRow]:
    """The rows as the page draws them, with what was typed where the answer to it is an error.

    `elsewhere` names the other classes of who is joining.
    """
    shown: list[ShownRow] = []
    before = ""
    for row in rows:
        key = row.key
        typed = (sent.rows.get(key, {}) if sent else {}).get("values", {})
        errors = sent.errors if sent else {}
        editable = row.action == "problem" or bool(_MENDABLE & set(row.problems) and row.action == "new")
        shown.append(
            ShownRow(
                key=key,
                line=row.line,
                action=row.action,
                cells=tuple(_cell(row, name, key, typed, errors, editable=editable) for name in COLUMNS),
                outcome=_outcome(row, class_name, elsewhere.get(row.student or "", ""), columns),
                has_tick=_has_tick(row),
                ticked=row.include,
                group=(_GLYPHS[row.action], str(_GROUPS[row.action])) if row.action != before else None,
            )
        )
        before = row.action
    return shown


def _has_tick(row: DiffRow) -> bool:
    """Whether it is the teacher's to say if the row counts."""
    is_asked = row.action == "problem" and "unlikely_name" in row.problems
    return row.action in ("new", "joining", "changed", "missing") or is_asked


def _cell(
    row: DiffRow, name: str, key: str, typed: Mapping[str, str], errors: Mapping[str, str], *, editable: bool
) -> Cell:
    label = _CHANGED_WORDS[name]
    value = typed.get(name, row.values[name])
    if editable:
        return Cell(label, value, input_name=f"{key}.{name}", error=errors.get(f"{key}.{name}", ""))
    if name in row.kept:
        mine, listed = row.kept[name]
        return Cell(label, mine, listed=listed, take_name=f"{key}.{name}", taken=name in row.changes)
    if name in row.changes:
        return Cell(label, value, old=row.changes[name][0], is_new=True)
    # A name says who is new; tinting the address too would only shout.
    return Cell(label, value, is_new=row.action == "new" and name != "email")


def _outcome(row: DiffRow, class_name: str, elsewhere: str, columns: Sequence[Column]) -> str:
    """What importing the row does, in words."""
    # What keeps a row out is said alone: how it would be imported is beside the point until then.
    # That there is no address is seen, and nothing to decide.
    codes = [code for code in row.problems if (row.action != "problem" or code in BLOCKING) and code != "missing_email"]
    told = " ".join(message_for(code, line=row.line, columns=columns, value=row.not_taken) for code in codes)
    if row.action == "problem":
        return told
    if row.action == "missing":
        return _("Stays in the class. Tick if the student has left.")
    if row.action == "unchanged" and row.kept:
        return _("Stays as you wrote it. Tick to take what the list says.")
    if row.action == "unchanged":
        return _("Nothing changes.")
    if row.action == "new":
        added = _("Add to %(name)s.") % {"name": class_name}
        return f"{added} {told}".strip()
    words = ", ".join(str(_CHANGED_WORDS[name]) for name in row.changes)
    changed = _("New %(what)s.") % {"what": words} if words else ""
    if row.action == "changed":
        return changed
    added = _("Add to %(name)s. Already in %(others)s.") if elsewhere else _("Add to %(name)s. Your student already.")
    return f"{added % {'name': class_name, 'others': elsewhere}} {changed}".strip()


def button_label(preview: Preview) -> str:
    """`Import 3 new and 1 change`: exactly what the button does. Empty where there is nothing to do."""
    chosen = [row.action for row in preview.rows if row.include]
    new, joining, changed, left = (chosen.count(kind) for kind in ("new", "joining", "changed", "missing"))
    parts = [
        ngettext("%(n)s new", "%(n)s new", new) % {"n": new} if new else "",
        ngettext("%(n)s of your students", "%(n)s of your students", joining) % {"n": joining} if joining else "",
        ngettext("%(n)s change", "%(n)s changes", changed) % {"n": changed} if changed else "",
        ngettext("%(n)s who has left", "%(n)s who have left", left) % {"n": left} if left else "",
    ]
    parts = [part for part in parts if part]
    if not parts:
        return ""
    listed = _(" and ").join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
    return _("Import %(what)s") % {"what": listed}


def count_listed(preview: Preview) -> int:
    """How many rows the list itself has: all but those of students whom it does not name."""
    return sum(row.action != "missing" for row in preview.rows)


def problems_without_row(preview: Preview) -> tuple[list[str], int]:
    """What is told of lines that no row shows, and how many are left out since they are about protected students."""
    lines = {row.line for row in preview.rows}
    apart = [problem for problem in (preview.parsed.problems if preview.parsed else ()) if problem.line not in lines]
    columns = named_columns(preview.parsed) if preview.parsed else ()
    asked = [one for one in apart if one.code != "protected"]
    told = [message_for(one.code, line=one.line, columns=columns, value=one.value) for one in asked]
    return told, len(apart) - len(told)


def read_sent(data: QueryDict, preview: Preview) -> Sent:
    """The ticks of the rows that were on the page (`shown`), and what was typed that differs from the preview."""
    ticked = set(data.getlist("include"))
    taken = set(data.getlist("take"))
    rows = {row.key: row for row in preview.rows}
    sent = Sent()
    for key in data.get("shown", "").split(","):
        row = rows.get(key)
        if row is None:
            continue
        edit: dict[str, Any] = {}
        if _has_tick(row) and (key in ticked) != row.include:
            edit["include"] = key in ticked
        take = {name for name in row.kept if f"{key}.{name}" in taken}
        if take != row.kept.keys() & row.changes.keys():
            edit["take"] = sorted(take)
        names = {name: str(data[f"{key}.{name}"]) for name in COLUMNS if f"{key}.{name}" in data}
        values = {name: value for name, value in names.items() if value.strip() != row.values[name]}
        if values:
            edit["values"] = values
        if edit:
            sent.rows[key] = edit
    return sent
