"""What is done with the ticked students of a class."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from classes import actions
from classes.exports import export_class
from classes.models import SchoolClass, Student
from classes.views.frame import class_frame, frame_context
from huleedu.common.access import get_editable
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest


@require_POST
def several(request: PageRequest, class_id: UUID) -> HttpResponse:
    """`do` is `left`, `move` (into the class `to`), `emails` or `export`; `student` names the ticked ones."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    ticked = _ids(request.POST.getlist("student"))
    what = request.POST.get("do", "")
    if not ticked:
        messages.warning(request, _("Nobody is ticked, so nothing was done."))
        return redirect("classes:detail", class_id)
    if what == "export":
        answer = export_class(school_class, "csv", only=ticked)
        log_read(school_class, "class_list", actor=request.user)
        return answer
    if what == "emails":
        return _emails(request, class_id, school_class, ticked)
    if what == "move":
        to = get_editable(SchoolClass.objects, request.user, _ids([request.POST.get("to", "")], name="to")[0])
        n = actions.move_students(school_class, student_ids=ticked, to=to, actor=request.user)
        said = ngettext("{n} student is now in {name}.", "{n} students are now in {name}.", n)
        messages.success(request, said.format(n=n, name=to.designation))
    else:
        n = actions.remove_students(school_class, student_ids=ticked, actor=request.user)
        said = ngettext(
            "{n} student has left the class. Texts are kept.", "{n} students have left the class. Texts are kept.", n
        )
        messages.success(request, said.format(n=n))
    return redirect("classes:detail", class_id)


def _emails(request: PageRequest, class_id: UUID, school_class: SchoolClass, ticked: list[UUID]) -> HttpResponse:
    rows = Student.objects.in_class(school_class).filter(public_id__in=ticked).exclude(email=None).by_name()
    found = list(rows.values_list("email", flat=True))
    frame = class_frame(request, class_id, tab="students")
    context = frame_context(frame, emails=found, n_without=len(ticked) - len(found))
    return render(request, "classes/emails.html", context)


def _ids(values: list[str], *, name: str = "student") -> list[UUID]:
    try:
        return [UUID(value) for value in values]
    except ValueError as error:
        raise ActionError("validation_error", _("The page is out of date. Open it again."), field=name) from error
