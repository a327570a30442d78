"""Pages of what a student means for texts: merging two who are one, and protecting an identity."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from batches import actions
from batches.merges import read_merge
from batches.models import EssayStudentAssociation
from classes.actions.identity import show_identity
from classes.actions.locks import refuse_beyond_reach
from classes.models import Enrolment, SchoolClass, Student, StudentQuerySet
from classes.ordering import sort_key
from classes.tasks import UNDO_LIFETIME
from huleedu.common.access import get_editable
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, uuid_or_none

Status = EssayStudentAssociation.Status
NAMES = ("given_name", "family_name", "preferred_name", "email")


def _student(request: PageRequest, class_id: UUID, student_id: UUID) -> tuple[SchoolClass, Student]:
    """The class and a student who is or was in it. Raises Http404, ActionError `permission_denied`."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    student = get_editable(Student.objects, request.user, student_id)
    if not Enrolment.objects.filter(school_class=school_class, student=student).exists():
        raise Http404
    refuse_beyond_reach(student, actor=request.user)
    return school_class, student


@require_http_methods(["GET", "POST"])
def merge(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Pick the one to keep (`?into=`), see what moves, then merge."""
    school_class, student = _student(request, class_id, student_id)
    others = Student.objects.wholly_editable_by(request.user).in_class(school_class).exclude(pk=student.pk)
    others = others.filter(protected_identity=False)
    error = ""
    kept = _chosen(request.GET, others)
    if "into" in request.GET and kept is None:
        error = _("Choose the student to keep.")
    if request.method == "POST":
        into = _chosen(request.POST, others)
        if into is None:
            error = _("Choose the student to keep.")
        else:
            try:
                actions.merge_students(student, into=into, actor=request.user)
            except ActionError as refused:
                if refused.code != "validation_error":
                    raise
                error = str(refused.message)
            else:
                told = _("%(name)s has the texts and classes of both. You can undo it for %(days)s days.")
                messages.success(request, told % {"name": into.name, "days": UNDO_LIFETIME.days})
                return redirect("classes:student", class_id, into.public_id)
    texts = Count("associations", filter=Q(associations__status=Status.CONFIRMED), distinct=True)
    rows = list(others.annotate(n_texts=texts))
    context = {
        "school_class": school_class,
        "student": student,
        "kept": kept,
        "undo_days": UNDO_LIFETIME.days,
        "moving": read_merge(student, into=kept, user=request.user) if kept else None,
        "others": sorted(
            rows, key=lambda row: (not _share_a_name(student, row), sort_key(row.family_name or row.given_name))
        ),
        "refusals": [ActionError("validation_error", error, field=None if kept else "into")] if error else [],
    }
    return render(request, "batches/student_merge.html", context, status=422 if error else 200)


@require_http_methods(["GET", "POST"])
def unmerge(request: PageRequest, class_id: UUID, student_id: UUID, merge_id: UUID) -> HttpResponse:
    """What taking a merge back would move, or why it cannot; then do it."""
    school_class, student = _student(request, class_id, student_id)
    found = student.merges.select_related("kept", "made_by").filter(public_id=merge_id).first()
    if found is None:
        raise Http404
    status = 200
    if request.method == "POST":
        try:
            again = actions.unmerge_students(found, actor=request.user)
        except ActionError as refused:
            if refused.code != "not_undoable":
                raise
            status = refused.status
        else:
            messages.success(request, _("Undone. %(name)s is a student again.") % {"name": again.name})
            return redirect("classes:student", class_id, again.public_id)
    context = {"school_class": school_class, "student": student, "back": actions.read_unmerge(found, user=request.user)}
    return render(request, "batches/student_unmerge.html", context, status=status)


def _share_a_name(one: Student, other: Student) -> bool:
    return one.family_name.casefold() == other.family_name.casefold() or one.given_name.casefold() == (
        other.given_name.casefold()
    )


def _chosen(data: QueryDict, others: StudentQuerySet) -> Student | None:
    key = uuid_or_none(data.get("into", ""))
    return others.filter(public_id=key).first() if key else None


def _status(error: ActionError | None) -> int:
    if error is None:
        return 200
    return 422 if error.code == "validation_error" else error.status


@require_http_methods(["GET", "POST"])
def protect(request: PageRequest, class_id: UUID, student_id: UUID) -> HttpResponse:
    """Turn protection on with an alias, or off with a name; the page says what is removed."""
    school_class, student = _student(request, class_id, student_id)
    refused: ActionError | None = None
    if request.method == "POST":
        try:
            if student.protected_identity:
                values: dict[str, str | None] = {name: request.POST.get(name, "") for name in NAMES}
                show_identity(student, values=values, actor=request.user)
                messages.success(request, _("The protection has ended."))
            else:
                actions.protect_student(student, alias=request.POST.get("alias", ""), actor=request.user)
                messages.success(request, _("The identity is protected."))
        except ActionError as error:
            if error.code not in ("validation_error", "still_reading"):
                raise
            refused = error
        else:
            return redirect("classes:student", class_id, student_id)
    context = {
        "school_class": school_class,
        "student": student,
        "n_texts": student.associations.filter(status=Status.CONFIRMED).count(),
        "refusals": [refused] if refused else [],
        "typed": request.POST,
    }
    return render(request, "batches/student_protect.html", context, status=_status(refused))
