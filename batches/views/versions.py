"""Choosing which of a student's texts counts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from batches import actions
from batches.models import Essay
from huleedu.common.access import get_editable
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, uuid_or_none


@require_POST
def count_version(request: PageRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """Let this one of a student's texts count instead of `instead_of`, and go back where the button was."""
    rows = Essay.objects.filter(batch__public_id=batch_id).select_related("batch", "file").defer("file__text")
    essay = get_editable(rows, request.user, text_id)
    instead_of = uuid_or_none(request.POST.get("instead_of", ""))
    if instead_of is None:
        raise ActionError("validation_error", _("The page is out of date. Open the text again."), field="instead_of")
    try:
        actions.count_version(essay, instead_of=instead_of, actor=request.user)
    except ActionError as error:
        if error.code != "version_conflict":
            raise
        messages.warning(request, str(error.message))
    else:
        messages.success(request, _("{file} counts now.").format(file=essay.file.name))
    to = request.GET.get("to")
    if to not in ("text", "review-text"):
        return redirect("batches:detail" if to == "detail" else "batches:texts", batch_id)
    return redirect(f"batches:{to}", batch_id, uuid_or_none(request.GET.get("at", "")) or text_id)
