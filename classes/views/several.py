"""What is done with the ticked students of a class, and taking back that they left it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from classes import actions
from classes.exports import export_class
from classes.models import Leaving, SchoolClass, Student
from classes.views.classes import place_in_list
from classes.views.frame import class_frame, frame_context
from huleedu.common.access import get_editable
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest


@require_POST
def several(request: PageRequest, class_id: UUID) -> HttpResponse:
    """`do` is `left`, `move` (into the class `to`), `emails` or `export`; `student` names the ticked ones.

    Of those who left, the page of the class says how many and offers undo.
    """
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    ticked = _ids(request.POST.getlist("student"))
    what = request.POST.get("do", "")
    if not ticked:
        messages.warning(request, _("Nobody is ticked, so nothing was done."))
        return to_class(request, class_id)
    if what == "export":
        answer = export_class(school_class, "csv", only=ticked)
        log_read(school_class, "class_list", actor=request.user)
        return answer
    if what == "emails":
        return _emails(request, class_id, school_class, ticked)
    if what == "move":
        to = get_editable(SchoolClass.objects, request.user, _ids([request.POST.get("to", "")], name="to")[0])
        leaving = actions.move_students(school_class, student_ids=ticked, to=to, actor=request.user)
    elif what == "left":
        leaving = actions.remove_students(school_class, student_ids=ticked, actor=request.user)
    else:
        raise ActionError("validation_error", _("The page is out of date. Open it again."), field="do")
    return to_class(request, class_id, leaving=leaving)


@require_POST
def undo(request: PageRequest, class_id: UUID, leaving_id: UUID) -> HttpResponse:
    """Put those back who left together; who was moved leaves the other class. A second time changes nothing."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    found = Leaving.objects.select_related("school_class", "moved_to").filter(school_class=school_class)
    leaving = found.filter(public_id=leaving_id).first()
    if leaving is None:
        raise Http404
    if leaving.moved_to is not None:
        get_editable(SchoolClass.objects, request.user, leaving.moved_to.public_id)
    n = actions.undo_leaving(leaving, actor=request.user)
    if n:
        said = ngettext("{n} student is back in the class.", "{n} students are back in the class.", n)
        messages.success(request, said.format(n=n))
    else:
        messages.info(request, _("Nothing to undo: somebody has changed it since."))
    return to_class(request, class_id)


def to_class(request: PageRequest, class_id: UUID, *, leaving: Leaving | None = None) -> HttpResponse:
    """Back to the place in the class list; `leaving` can be undone there."""
    more = {"left": str(leaving.public_id)} if leaving else {}
    return redirect(reverse("classes:detail", args=[class_id]) + place_in_list(request, **more))


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
