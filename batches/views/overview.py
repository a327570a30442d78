"""What needs the teacher now, what is going on, and what is done."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from batches.models import Batch
from batches.overview import read_overview
from classes.models import CourseCode, current_school_year
from classes.reads import class_rows
from huleedu.accounts.models import User
from huleedu.common.requests import PageRequest

MAX_CLASSES = 8


@require_safe
def overview(request: PageRequest) -> HttpResponse:
    """The page; for htmx its parts, each swapped by its id, and the badge of the navigation. Support has a desk."""
    if request.user.is_staff:
        return redirect("admin:index")
    shown = read_overview(request.user)
    classes = _classes(request.user)
    context = {
        "overview": shown,
        "classes": classes,
        "n_classes": classes[0]["total"] if classes else 0,
        "first_steps": None
        if shown.needs_action or shown.in_progress or shown.done
        else _first_steps(request.user, classes),
        "today": timezone.localdate(),
    }
    return render(request, "batches/_overview.html" if request.htmx else "batches/overview.html", context)


def _classes(user: User) -> list[dict[str, Any]]:
    """This school year's, with the words for their courses. One statement."""
    rows = list(class_rows(user, school_year=current_school_year())[:MAX_CLASSES])
    for row in rows:
        row["courses"] = ", ".join(str(CourseCode(code).label) for code in row["course_codes"] or [])
    return rows


def _first_steps(user: User, classes: list[dict[str, Any]]) -> dict[str, Any] | None:
    """What a new teacher does first, and what of it is done; None for whoever has had a batch. One statement."""
    if Batch.objects.visible_to(user).exists():
        return None
    return {
        "first_class": classes[0] if classes else None,
        "has_students": any(row["n_students"] for row in classes),
    }
