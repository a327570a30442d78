"""What needs the teacher now, what is going on, and what is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import structlog
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from batches.activity import read_activity
from batches.context_processors import Navigation
from batches.models import Batch
from batches.overview import DONE_DAYS, read_overview
from classes.models import CourseCode, current_school_year
from classes.reads import class_rows
from huleedu.accounts.models import User
from huleedu.common.requests import PageRequest

logger = structlog.get_logger(__name__)
T = TypeVar("T")
MAX_CLASSES, MAX_LATEST = 8, 5


@require_safe
def overview(request: PageRequest) -> HttpResponse:
    """The page; for htmx its parts, each swapped by its id, and the badge of the navigation. Support has a desk.

    A part that cannot be read says so in its place, and the others stand.
    """
    user = request.user
    if user.is_staff:
        return redirect("admin:index")
    shown, classes = _part(lambda: read_overview(user)), _part(lambda: _classes(user))
    latest = _part(lambda: read_activity(user, days=DONE_DAYS, most=MAX_LATEST))
    navigation = Navigation(request)
    if shown is not None:
        navigation.n_needing_action = shown.n_needs_action
    busy = shown is None or shown.needs_action or shown.in_progress or shown.done
    context = {
        "navigation": navigation,
        "overview": shown,
        "classes": classes,
        "n_classes": classes[0]["total"] if classes else 0,
        "latest": latest,
        "done_days": DONE_DAYS,
        "first_steps": None if busy or classes is None else _first_steps(user, classes),
        "today": timezone.localdate(),
    }
    return render(request, "batches/_overview.html" if request.htmx else "batches/overview.html", context)


def _part(read: Callable[[], T]) -> T | None:
    """What `read` gives; None where it fails, which is logged."""
    try:
        return read()
    except Exception:
        logger.exception("overview_part_failed")
        return None


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
