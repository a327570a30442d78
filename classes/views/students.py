"""The student panel: beside the class list, or a page of its own on a small screen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from classes import actions
from classes.actions.identity import open_panel
from classes.forms import StudentForm
from classes.models import Enrolment, SchoolClass, Student
from classes.reads import openings_of
from classes.views.classes import roster_context
from classes.views.frame import Frame, class_frame
from huleedu.common.access import get_editable, get_visible
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest


def _student(request: PageRequest, class_id: UUID, student_id: UUID, *, school_class: SchoolClass) -> Student:
    """The student if ever in this class. Raises Http404."""
    student: Student = get_visible(Student.objects, request.user, student_id)
    if not Enrolment.objects.filter(school_class=school_class, student=student).exists():
        raise Http404
    return student


def _filled(student: Student) -> StudentForm:
    return StudentForm(initial={name: getattr(student, name) for name in StudentForm.base_fields})


def _panel(
    request: PageRequest,
    frame: Frame,
    form: StudentForm,
    *,
    student: Student | None = None,
    error: ActionError | None = None,
) -> HttpResponse:
    """The panel beside the class list; of a protected student with who has opened it."""
    more: dict[str, Any] = {}
    if student is not None and frame.can_change:
        more["merges"] = student.merges.exclude(undo={})
        more["openings"] = openings_of(student) if student.protected_identity else ()
    status = error.status if error else 422 if form.errors else 200
    chosen = str(student.public_id) if student else ""
    context = roster_context(request, frame, form=form, error=error, panel=True, student=student, chosen=chosen, **more)
    return render(request, "classes/detail.html", context, status=status)


@require_http_methods(["GET", "POST"])
def add(request: PageRequest, class_id: UUID) -> HttpResponse:
    """A new student; `another` keeps the panel open for the next."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    if school_class.archived_at is not None and request.method == "GET":
        return redirect("classes:detail", class_id)
    form = StudentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.add_student(school_class, values=form.cleaned_data, actor=request.user)
        except ActionError as error:
            form.refuse(error)
        else:
            messages.success(request, _("%(name)s is in the class.") % {"name": made.name})
            return redirect("classes:student-add" if "another" in request.POST else "classes:detail", class_id)
    return _panel(request, class_frame(request, class_id, tab="students"), form)


@require_http_methods(["GET", "POST"])
def edit(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """One student; saving keeps the panel open and the row marked."""
    frame = class_frame(request, class_id, tab="students")
    student = _student(request, class_id, student_id, school_class=frame.school_class)
    if request.method == "GET":
        open_panel(student, actor=request.user)
        return _panel(request, frame, _filled(student), student=student)
    get_editable(SchoolClass.objects, request.user, class_id)
    form = StudentForm(request.POST)
    if form.is_valid():
        try:
            actions.update_student(student, changes=form.cleaned_data, actor=request.user)
        except ActionError as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved."))
            return redirect("classes:student", class_id, student_id)
    return _panel(request, frame, form, student=student)


@require_POST
def remove(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Mark the student as having left; the class page offers undo."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = _student(request, class_id, student_id, school_class=school_class)
    actions.remove_student(school_class, student=student, actor=request.user)
    return redirect(f"{reverse('classes:detail', args=[class_id])}?removed={student_id}")


@require_POST
def put_back(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Undo a removal."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = _student(request, class_id, student_id, school_class=school_class)
    actions.enrol_student(school_class, student=student, actor=request.user)
    messages.success(request, _("%(name)s is back in the class.") % {"name": student.name})
    return redirect("classes:detail", class_id)


@require_POST
def delete(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Delete a student who has no texts; otherwise the panel says why not. The owner's business."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = _student(request, class_id, student_id, school_class=school_class)
    if student.created_by_id != request.user.pk:
        raise ActionError("permission_denied", _("Only the owner can do this."))
    try:
        actions.delete_student(student, actor=request.user)
    except ActionError as error:
        frame = class_frame(request, class_id, tab="students")
        return _panel(request, frame, _filled(student), error=error, student=student)
    messages.success(request, _("%(name)s is deleted.") % {"name": student.name})
    return redirect("classes:detail", class_id)
