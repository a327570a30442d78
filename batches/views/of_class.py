"""The tabs of a class that show its batches and what was changed in it."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from batches.access_log import lists_only, name_entries, read_log
from batches.models import Batch
from batches.unread import as_the_page_counts
from classes.tasks import UNDO_LIFETIME
from classes.undoing import read_leavings
from classes.views.frame import class_frame, frame_context
from huleedu.common.requests import PageRequest

LATEST = 300
"""Entries of the log that the history looks at."""


@require_GET
def batches(request: PageRequest, class_id: UUID) -> HttpResponse:
    """All batches of the class, newest first."""
    frame = class_frame(request, class_id, tab="batches")
    rows = Batch.objects.visible_to(request.user).filter(school_class=frame.school_class)
    rows = rows.select_related("school_class").with_progress().with_missing().with_last_change()
    listed = as_the_page_counts(rows.order_by("-created_at", "-pk"))
    return render(request, "batches/of_class.html", frame_context(frame, rows=listed))


@require_GET
def history(request: PageRequest, class_id: UUID) -> HttpResponse:
    """Who has left lately, to be put back, and who changed the class and its students, newest first."""
    frame = class_frame(request, class_id, tab="history")
    changes = read_log(request.user, what="changes", class_id=class_id).filter(lists_only())
    context = frame_context(frame, entries=name_entries(changes[:LATEST]), query="")
    context |= {"leavings": read_leavings(frame.school_class), "undo_days": UNDO_LIFETIME.days}
    return render(request, "batches/class_history.html", context)
