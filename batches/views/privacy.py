"""What is kept about students, who has read it, and all of one student to read and hand out."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batches.access_log import log_file, name_entries, read_log
from batches.forms import DeleteForm
from batches.models import EssayStudentAssociation, Excuse
from batches.reads import numbers_removed, what_is_kept
from batches.student_data import read_student_data, student_file
from classes import actions as class_actions
from classes.models import ClassShare, SchoolClass, Student
from classes.ordering import by_surname, matching
from classes.tasks import DRAFT_LIFETIME, UNDO_LIFETIME
from huleedu.accounts.models import User
from huleedu.common.access import get_visible
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, uuid_or_none

WHO = {
    "": gettext_lazy("anyone"),
    "me": gettext_lazy("me"),
    "others": gettext_lazy("others"),
    "machine": gettext_lazy("by itself"),
}
WHAT = {
    "": gettext_lazy("everything"),
    "reads": gettext_lazy("reads"),
    "changes": gettext_lazy("changes"),
    "exports": gettext_lazy("exports"),
}
"""What `?who=` and `?what=` take, and their words."""
PAGE_SIZE, LATEST, FOUND_MOST = 100, 40, 30
_STUDENT = ("public_id", "given_name", "family_name", "preferred_name", "email")


@require_GET
def privacy(request: PageRequest) -> HttpResponse:
    """What is kept and for how long, what was removed at the door, and what was read and changed last."""
    user = request.user
    context = {
        "tab": "overview",
        "kept": what_is_kept(user),
        "removed": numbers_removed(user),
        "entries": name_entries(read_log(user)[:LATEST])[:10],
        "draft_hours": round(DRAFT_LIFETIME.total_seconds() / 3600),
        "undo_days": UNDO_LIFETIME.days,
        "outbox_days": settings.OUTBOX_RETENTION.days,
        "removed_days": settings.REMOVED_FILES_DAYS,
        "log_months": settings.AUDIT_LOG_MONTHS,
        "session_days": settings.SESSION_COOKIE_AGE // 86_400,
    }
    return render(request, "batches/privacy.html", context)


@require_http_methods(["GET", "POST"])
def students(request: PageRequest) -> HttpResponse:
    """Find a student. The name is sent as a form, so that it stands in no address."""
    search = request.POST.get("q", "").strip()[:200]
    found = _find(request.user, search) if search else []
    context = {"tab": "students", "q": search, "found": found[:FOUND_MOST], "more": max(0, len(found) - FOUND_MOST)}
    return render(request, "batches/privacy_students.html", context)


@require_GET
def student(request: PageRequest, student_id: UUID) -> HttpResponse:
    """Everything about one student that the person may see. Reading it is logged."""
    row = get_visible(Student.objects, request.user, student_id)
    data = read_student_data(row, request.user)
    log_read(row, "student", actor=request.user)
    return render(request, "batches/privacy_student.html", {"data": data, "student": row})


@require_POST
def student_export(request: PageRequest, student_id: UUID) -> HttpResponseBase:
    """The same as a zip, with the texts and the files. Logged; its name says nothing of the student."""
    row = get_visible(Student.objects, request.user, student_id)
    answer = student_file(row, request.user)
    log_read(row, "student_data", actor=request.user)
    return answer


@require_http_methods(["GET", "POST"])
def student_delete(request: PageRequest, student_id: UUID) -> HttpResponse:
    """Delete a student for good, having said what goes and what stays and asked for the word.

    Where there are texts, what can be done about them. The business of the student's own teacher.
    """
    row = get_visible(Student.objects, request.user, student_id)
    if row.created_by_id != request.user.pk:
        raise ActionError("permission_denied", _("Only the student's own teacher can do this."))
    form, refused = DeleteForm(request.POST if request.method == "POST" else None), None
    if form.is_bound and form.is_valid():
        try:
            class_actions.delete_student(row, actor=request.user)
        except ActionError as error:
            refused = error
        else:
            messages.success(request, _("The student is deleted for good. The log says so, without the name."))
            return redirect("batches:privacy-students")
    status = refused.status if refused else 422 if form.errors else 200
    context = {"form": form, "student": row, **_what_goes(row, request.user)}
    return render(request, "batches/student_delete.html", context, status=status)


def _what_goes(student: Student, user: User) -> dict[str, Any]:
    """What there is of a student who is to be deleted, and what keeps that from being done."""
    data = read_student_data(student, user, log=0)
    shares = ClassShare.objects.filter(school_class__in=[row.school_class_id for row in data.enrolments])
    return {
        "data": data,
        "n_texts": EssayStudentAssociation.objects.filter(student=student).count(),
        "n_excuses": Excuse.objects.filter(student=student).count(),
        "n_colleagues": shares.values("user").distinct().count(),
        "removed_days": settings.REMOVED_FILES_DAYS,
        "draft_hours": round(DRAFT_LIFETIME.total_seconds() / 3600),
    }


@require_GET
def log(request: PageRequest) -> HttpResponse:
    """Who read and changed what; `?format=csv` is the same as a file.

    Of its address the page repeats only what it knows: beside names anything else could be a guess at one (BREACH).
    """
    class_id, student_id = (uuid_or_none(request.GET.get(name, "")) for name in ("class", "student"))
    about = get_visible(Student.objects, request.user, student_id) if student_id else None
    who, what = request.GET.get("who", ""), request.GET.get("what", "")
    who, what = who if who in WHO else "", what if what in WHAT else ""
    entries = read_log(request.user, who=who, what=what, class_id=class_id, student=about)
    if request.GET.get("format") == "csv":
        return log_file(entries)
    page = _page_number(request.GET.get("page", ""))
    # One more than is shown tells whether there are older ones; counting a log of years would take seconds.
    rows = list(entries[(page - 1) * PAGE_SIZE : page * PAGE_SIZE + 1])
    asked = {"who": who, "what": what, "class": class_id, "student": student_id}
    context = {
        "tab": "log",
        "newer": page - 1,
        "older": page + 1 if len(rows) > PAGE_SIZE else 0,
        "entries": name_entries(rows[:PAGE_SIZE]),
        "who": who,
        "whos": list(WHO.items()),
        "what": what,
        "whats": list(WHAT.items()),
        "classes": SchoolClass.objects.visible_to(request.user).order_by("designation", "pk"),
        "chosen_class": str(class_id or ""),
        "student": about,
        "query": urlencode({name: value for name, value in asked.items() if value}),
    }
    return render(request, "batches/privacy_log.html", context)


def _find(user: User, search: str) -> list[Any]:
    rows = Student.objects.visible_to(user).values(*_STUDENT, "protected_identity")
    return list(matching(by_surname(rows), search))


def _page_number(value: str) -> int:
    return max(1, int(value)) if value.isascii() and value.isdigit() and len(value) < 6 else 1
