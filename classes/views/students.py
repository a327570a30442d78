"""The student panel: beside the class list, or a page of its own on a small screen."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from classes import actions
from classes.actions.identity import open_panel
from classes.forms import FIELD_LABELS, NewStudentForm, StudentForm
from classes.models import Enrolment, SchoolClass, Student
from classes.presence import names_at
from classes.reads import last_change, openings_of, texts_of
from classes.views.classes import place_in_list, roster_context
from classes.views.frame import Frame, class_frame, frame_context
from classes.views.several import to_class
from huleedu.common.access import get_editable, get_visible
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, keeps_typed, uuid_or_none


def get_student(request: PageRequest, class_id: UUID, student_id: UUID, *, school_class: SchoolClass) -> Student:
    """The student if ever in this class. Raises Http404."""
    student: Student = get_visible(Student.objects, request.user, student_id)
    if not Enrolment.objects.filter(school_class=school_class, student=student).exists():
        raise Http404
    return student


def to_student(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """To the student's panel, at the same place in the class list."""
    return redirect(reverse("classes:student", args=[class_id, student_id]) + place_in_list(request))


def filled_form(student: Student) -> StudentForm:
    """The form with what the student has now."""
    return StudentForm(initial=_values(student))


def _values(student: Student) -> dict[str, str]:
    return {name: getattr(student, name) or "" for name in StudentForm.base_fields}


def show_panel(
    request: PageRequest,
    frame: Frame,
    form: StudentForm,
    *,
    student: Student | None = None,
    error: ActionError | None = None,
    **more: Any,
) -> HttpResponse:
    """The panel beside the class list; of a protected student with who has opened it."""
    if student is not None:
        here = Enrolment.objects.filter(school_class=frame.school_class, student=student).first()
        more["left_at"] = here.left_at if here else None
        more["seen"] = _values(student)
        more["aliases"] = tuple(student.aliases.all())
        more["here"] = names_at(frame.school_class, student, viewer=request.user)
        more["numbers"] = [
            (system, FIELD_LABELS.get(system, system), number) for system, number in student.external_ids.items()
        ]
    if student is not None and frame.can_change:
        more["merges"] = student.merges.exclude(undo={})
        more["last"] = last_change(student, frame.school_class)
        more["written"] = _written(*texts_of(student, request.user))
        more["openings"] = openings_of(student) if student.protected_identity else ()
    refused = form.errors or (error and error.code == "validation_error")
    status = 422 if refused else error.status if error else 200
    chosen = str(student.public_id) if student else ""
    more["refusals"] = [error] if error and "sides" not in more else []
    context = roster_context(request, frame, form=form, panel=True, student=student, chosen=chosen, **more)
    return render(request, "classes/detail.html", context, status=status)


def _written(n_texts: int, n_batches: int) -> str:
    """`4 texts in 3 batches`; empty where there is none."""
    texts = ngettext("{n} text", "{n} texts", n_texts).format(n=n_texts)
    batches = ngettext("{n} batch", "{n} batches", n_batches).format(n=n_batches)
    return _("{texts} in {batches}").format(texts=texts, batches=batches) if n_texts else ""


@require_http_methods(["GET", "POST"])
@keeps_typed("given_name", "family_name", "preferred_name", "email")
def add(request: PageRequest, class_id: UUID) -> HttpResponse:
    """A new student; `another` keeps the panel open for the next. `same` answers whether the student is there already:
    the id of the one with the address, who is put into the class, or `no`.
    """
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    if school_class.archived_at is not None and request.method == "GET":
        return redirect("classes:detail", class_id)
    form = NewStudentForm(request.POST if request.method == "POST" else None)
    same = None
    if request.method == "POST" and form.is_valid():
        try:
            made = _add(request, school_class, form)
        except ActionError as error:
            form.refuse(error)
            if error.field == "email" and request.POST.get("same") != "no":
                same = _same_person(request, school_class, form.cleaned_data.get("email") or request.POST["email"])
        else:
            messages.success(request, _("%(name)s is in the class.") % {"name": made.name})
            step = "student-add" if "another" in request.POST else "detail"
            return redirect(reverse(f"classes:{step}", args=[class_id]) + place_in_list(request))
    return show_panel(request, class_frame(request, class_id, tab="students"), form, same=same)


def _add(request: PageRequest, school_class: SchoolClass, form: NewStudentForm) -> Student:
    same = request.POST.get("same", "no")
    if same == "no":
        key = form.cleaned_data["key"]
        return actions.add_student(school_class, values=form.cleaned_data, key=key, actor=request.user)
    key = uuid_or_none(same)
    if key is None:
        raise Http404
    student = get_editable(Student.objects, request.user, key)
    return actions.enrol_student(school_class, student=student, actor=request.user)


def _same_person(request: PageRequest, school_class: SchoolClass, email: str) -> tuple[Student, str] | None:
    """Who has the address already outside this class, and in which other class; only whom the person may change."""
    mine = Student.objects.editable_by(request.user).filter(created_by_id=school_class.owner_id)
    student = mine.filter(email__iexact=email.strip(), protected_identity=False).first()
    if student is None or Student.objects.in_class(school_class).filter(pk=student.pk).exists():
        return None
    classes = SchoolClass.objects.visible_to(request.user).filter(enrolments__student=student)
    return student, ", ".join(classes.exclude(pk=school_class.pk).values_list("designation", flat=True))


@require_http_methods(["GET", "POST"])
def edit(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """One student; saving keeps the panel open and the row marked."""
    frame = class_frame(request, class_id, tab="students")
    student = get_student(request, class_id, student_id, school_class=frame.school_class)
    if request.htmx and request.htmx.target == "student-here":
        here = names_at(frame.school_class, student, viewer=request.user)
        return render(request, "classes/_student_here.html", frame_context(frame, student=student, here=here))
    if request.method == "GET":
        open_panel(student, actor=request.user)
        return show_panel(request, frame, filled_form(student), student=student)
    get_editable(SchoolClass.objects, request.user, class_id)
    again = to_student(request, class_id, student_id)
    # A field that was not sent stays as it is.
    seen = {name: request.POST.get(f"was.{name}", now) for name, now in _values(student).items()}
    if student.protected_identity and request.POST.get("was.protected") != "yes":
        # What was typed is about a name that is not to be kept, nor shown, any more.
        messages.warning(request, _("Somebody has changed the student meanwhile, so nothing was saved."))
        return again
    form = StudentForm(_settled(request, seen))
    if form.is_valid():
        try:
            actions.update_student(student, changes=form.cleaned_data, seen=seen, actor=request.user)
        except ActionError as error:
            if error.code == "version_conflict":
                return _conflict(request, frame, form, student, seen, error)
            form.refuse(error)
        else:
            messages.success(request, _("Saved."))
            return again
    return show_panel(request, frame, form, student=student)


def _settled(request: PageRequest, seen: dict[str, str]) -> dict[str, str]:
    """What was typed; with `keep=theirs` without the fields that somebody else has changed (`overtaken`)."""
    typed = {name: request.POST.get(name, value) for name, value in seen.items()}
    theirs = request.POST.getlist("overtaken") if request.POST.get("keep") == "theirs" else ()
    return typed | {name: seen[name] for name in theirs if name in seen}


def _conflict(
    request: PageRequest, frame: Frame, form: StudentForm, student: Student, seen: dict[str, str], error: ActionError
) -> HttpResponse:
    """Both values of each field that two people have changed, to choose from."""
    student.refresh_from_db()
    typed = {name: form.cleaned_data[name] or "" for name in StudentForm.base_fields}
    mine = {name: value for name, value in typed.items() if value != seen[name]}
    fields = actions.overtaken(student, mine, seen)
    theirs = _values(student)
    sides = [(name, form.fields[name].label, theirs[name], typed[name]) for name in fields]
    told = {"said": error.message, "sides": sides, "wanted": theirs | mine}
    return show_panel(request, frame, form, student=student, error=error, **told)


@require_POST
def forget_number(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Forget the number in the system `system`."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = get_student(request, class_id, student_id, school_class=school_class)
    actions.forget_number(student, system=request.POST.get("system", ""), actor=request.user)
    messages.success(request, _("The number is forgotten."))
    return to_student(request, class_id, student_id)


@require_POST
def remove(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Mark the student as having left; the class page offers undo."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = get_student(request, class_id, student_id, school_class=school_class)
    leaving = actions.remove_students(school_class, student_ids=[student.public_id], actor=request.user)
    return to_class(request, class_id, leaving=leaving)


@require_POST
def put_back(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Put a student who has left into the class again."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = get_student(request, class_id, student_id, school_class=school_class)
    actions.enrol_student(school_class, student=student, actor=request.user)
    messages.success(request, _("%(name)s is back in the class.") % {"name": student.name})
    return redirect("classes:detail", class_id)
