"""What a batch has come to: who has not handed in, what has happened, and the result to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from batches import actions, exports
from batches.history import happenings
from batches.models import Batch
from batches.reads import last_handed_in
from batches.reminders import reminders
from batches.state import unread_count
from batches.views.frame import Frame, batch_frame, frame_context
from classes.models import Student
from huleedu.common.access import get_editable, get_visible
from huleedu.common.audit import log_read
from huleedu.common.requests import PageRequest
from huleedu.common.spreadsheet import safe_cell


@require_GET
def missing(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Who has no text yet, and who may have one; `?format=csv` is the same list as a file."""
    frame = batch_frame(request, batch_id, tab="missing")
    if request.GET.get("format") == "csv":
        return _missing_csv(frame)
    context = frame_context(
        frame,
        reminders=reminders(frame.batch, request.user.name),
        unread=unread_count(frame.batch, frame.handed_in.refused),
        **_last_times(frame),
    )
    return render(request, "batches/_missing.html" if request.htmx else "batches/missing.html", context)


@require_POST
def excuse(request: PageRequest, batch_id: UUID, student_id: UUID) -> HttpResponse:
    """Expect no text from a student of the class."""
    batch = get_editable(Batch.objects, request.user, batch_id)
    student: Student = get_visible(Student.objects, request.user, student_id)
    actions.excuse_student(batch, student=student, actor=request.user)
    return redirect("batches:missing", batch_id)


@require_POST
def expect(request: PageRequest, batch_id: UUID, student_id: UUID) -> HttpResponse:
    """Expect a text again."""
    batch = get_editable(Batch.objects, request.user, batch_id)
    student: Student = get_visible(Student.objects, request.user, student_id)
    actions.expect_student(batch, student=student, actor=request.user)
    return redirect("batches:missing", batch_id)


@require_GET
def history(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Who decided what about which text, and the steps of the batch."""
    frame = batch_frame(request, batch_id, tab="history")
    context = frame_context(frame, happenings=happenings(frame.batch))
    return render(request, "batches/_history.html" if request.htmx else "batches/history.html", context)


@require_GET
def export(request: PageRequest, batch_id: UUID) -> HttpResponseBase:
    """The result as `?format=csv`, `xlsx` or `zip`; `?names=` says how the files of the zip are named."""
    batch = get_visible(Batch.objects.select_related("school_class"), request.user, batch_id)
    answer = exports.export_response(batch, request.GET.get("format", "csv"), request.GET.get("names", ""))
    log_read(batch, "result", actor=request.user)
    return answer


def _last_times(frame: Frame) -> dict[str, object]:
    absent = frame.handed_in
    states = {"missing": absent.missing, "may_have": absent.may_have, "excused": absent.excused, "left": absent.left}
    last = last_handed_in([student for students in states.values() for student in students], other_than=frame.batch)
    names = frame.shared_names
    return {
        state: [(student, names.called(student), last.get(student.pk)) for student in students]
        for state, students in states.items()
    }


def _missing_csv(frame: Frame) -> HttpResponse:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([_("Surname"), _("First name"), _("School e-mail"), _("State")])
    _write(writer, frame.handed_in.missing, _("not handed in"))
    _write(writer, frame.handed_in.may_have, _("may have handed in"))
    _write(writer, frame.handed_in.excused, _("not expected"))
    _write(writer, frame.handed_in.left, _("left the class"))
    return exports.attachment(out.getvalue().encode("utf-8-sig"), frame.batch, _("not handed in"), "csv")


def _write(writer: object, students: Iterable[Student], state: str) -> None:
    for student in students:
        row = [student.family_name, student.given_name, student.email or "", state]
        writer.writerow([safe_cell(cell) for cell in row])  # type: ignore[attr-defined]  # csv's writer has no public type
