"""Texts on paper, one to a page."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from batches.exports.table import essays_by_student
from batches.models import Batch, Essay
from batches.review.highlighting import text_html
from huleedu.common.access import get_visible
from huleedu.common.audit import log_read
from huleedu.common.requests import PageRequest


@require_GET
def texts(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """The texts that count, by student, with student and class above each; `?names=numbers`: a number instead.

    `?text=` is one of them alone, or one that does not count.
    """
    batch = get_visible(Batch.objects.select_related("school_class"), request.user, batch_id)
    by_number = request.GET.get("names") == "numbers"
    only = request.GET.get("text", "")
    essays = [each for each in essays_by_student(batch) if (str(each.public_id) == only if only else each.counts)]
    words = dict(Essay.objects.live().filter(batch=batch).values_list("pk", "file__text"))
    sheets = [
        {"essay": essay, "number": number, "text": text_html(words.get(essay.pk, ""), ())}
        for number, essay in enumerate(essays, 1)
    ]
    log_read(essays[0] if only and essays else batch, "print", actor=request.user)
    context = {"batch": batch, "sheets": sheets, "by_number": by_number, "only": only}
    return render(request, "batches/print.html", context)
