"""Choosing a batch's class after it was made."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from batches import actions
from batches.forms import ClassForm
from batches.models import Batch
from huleedu.common.access import get_editable
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest

_REFUSED = frozenset({"has_decisions", "version_conflict", "quota_exceeded", "illegal_transition", "not_found"})


@require_http_methods(["GET", "POST"])
def choose_class(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Give the batch another class, or its first; the undecided texts are matched again."""
    batch = get_editable(Batch.objects.select_related("school_class"), request.user, batch_id)
    form = ClassForm(request.POST if request.method == "POST" else None, user=request.user, batch=batch)
    if request.method == "POST" and form.is_valid():
        changes = {"school_class": form.cleaned_data["school_class"]}
        try:
            version = form.cleaned_data["version"]
            actions.update_batch(batch, changes=changes, version=version, actor=request.user)
        except ActionError as error:
            form.refuse(error, also=_REFUSED)
            return render(request, "batches/class.html", {"batch": batch, "form": form}, status=error.status)
        messages.success(request, _("Saved. The undecided texts are being matched again."))
        return redirect("batches:detail", batch_id)
    return render(request, "batches/class.html", {"batch": batch, "form": form}, status=422 if form.errors else 200)
