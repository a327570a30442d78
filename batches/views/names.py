"""How the names in file names were read, and showing where they stand when they were read wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from batches import actions
from batches.matching.name_pattern import Part, Span, Word
from batches.models import Batch, EssayStudentAssociation
from batches.name_preview import Found, NameReading, NameRow
from batches.review.highlighting import Clue, Segment, cut
from batches.views.frame import batch_frame, frame_context
from huleedu.common.access import get_editable
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest

_PARTS: dict[str, Part] = {"g": "given", "f": "family"}


@dataclass(frozen=True, slots=True)
class ShownName:
    """A row of the table: the file name in pieces, those with letters being the writer's name.

    `was` and `student_was` are set where a preview changes them.
    """

    row: NameRow
    name: list[Segment]
    was: str
    student: str
    student_was: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A word of the file name that is being marked, and what it is marked as."""

    word: Word
    given: str
    family: str
    marked: str


@require_http_methods(["GET", "POST"])
def names(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Every file name with the name read in it. `?file=` and `?w=` mark words of one and show what that changes.

    A POST of the same fields saves it.
    """
    if request.method == "POST":
        return _save(request, batch_id)
    frame = batch_frame(request, batch_id, tab="files")
    reading = NameReading(frame.batch)
    marks = _marks(request.GET.getlist("w"))
    example = _example(reading, request.GET.get("file", ""))
    pattern = reading.derive(example.essay, marks) if example and marks and frame.files_open else None
    rows = reading.preview(pattern) if pattern else reading.rows()
    context = frame_context(
        frame,
        rows=[_shown(row) for row in sorted(rows, key=lambda row: not row.changes)],
        n_read=sum(bool(row.new) for row in rows),
        n_found=sum(row.after.student is not None for row in rows),
        n_found_before=sum(row.before.student is not None for row in rows),
        n_changed=sum(row.changes for row in rows),
        pattern=reading.pattern,
        example=example,
        choices=_choices(example, marks) if example else [],
        marks=[f"{index}{part[0]}" for index, part in marks.items()],
        previewing=pattern is not None,
        refusals=[_unreadable()] if marks and pattern is None and frame.files_open else [],
    )
    return render(request, "batches/names.html", context)


def _save(request: PageRequest, batch_id: UUID) -> HttpResponse:
    batch = get_editable(Batch.objects, request.user, batch_id)
    reading = NameReading(batch)
    example = _example(reading, request.POST.get("file", ""))
    pattern = reading.derive(example.essay, _marks(request.POST.getlist("w"))) if example else None
    if pattern is None:
        raise ActionError("validation_error", _("Choose the words that are the name."), field="w")
    actions.set_name_pattern(batch, pattern=pattern, actor=request.user)
    messages.success(request, _("Saved. The undecided texts are being matched again."))
    return redirect("batches:detail", batch_id)


@require_POST
def names_undo(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Read names as before."""
    actions.clear_name_pattern(get_editable(Batch.objects, request.user, batch_id), actor=request.user)
    messages.success(request, _("Names are read as before. The undecided texts are being matched again."))
    return redirect("batches:names", batch_id)


def _unreadable() -> ActionError:
    message = _("These words cannot be read as a name. Choose words that stand beside each other.")
    return ActionError("validation_error", message, field="w")


def _marks(values: Iterable[str]) -> dict[int, Part]:
    """`2g`: the word with index 2 is of the given name."""
    marked = [value for value in values if value[:-1].isascii() and value[:-1].isdigit() and value[-1] in _PARTS]
    return {int(value[:-1]): _PARTS[value[-1]] for value in marked if len(value) < 5}


def _example(reading: NameReading, file_id: str) -> NameRow | None:
    """The file whose name is marked: the one asked for; without one, the first that was read wrong or not at all."""
    rows = reading.rows()
    asked = next((row for row in rows if str(row.essay.file.public_id) == file_id), None)
    open_rows = [row for row in rows if not row.after.decided]
    unread = next((row for row in open_rows if row.after.student is None and len(row.words) > 1), None)
    return asked or unread or next((row for row in rows if row.words), None)


def _choices(example: NameRow, marks: dict[int, Part]) -> list[Choice]:
    return [
        Choice(word, given=f"{index}g", family=f"{index}f", marked=marks.get(index, ""))
        for index, word in enumerate(example.words)
    ]


def _shown(row: NameRow) -> ShownName:
    name, after, before = row.essay.file.name, _said(row.after), _said(row.before)
    return ShownName(
        row=row,
        name=cut(name, [_clue(name, span) for span in row.new]),
        was=row.text(row.old) or _("no name") if row.old != row.new else "",
        student=after,
        student_was=before if before != after else "",
    )


def _clue(name: str, span: Span) -> Clue:
    return Clue(f"name-{span[0]}", "A", span[0], span[1], name[span[0] : span[1]])


def _said(found: Found) -> str:
    if found.student is None:
        certainty = EssayStudentAssociation.Certainty(found.certainty)
        return _("Not in this class") if found.decided else str(certainty.label)
    if found.decided or found.certainty == EssayStudentAssociation.Certainty.CERTAIN:
        return found.student.name
    return _("Perhaps {name}").format(name=found.student.name)
