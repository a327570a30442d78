"""Batches: the list, a new one, and the steps of one."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batches import actions
from batches.forms import NewBatchForm, RenameForm, ReopenForm, UnlockForm
from batches.models import Batch, Essay
from batches.querysets import BatchQuerySet
from batches.state import count_batch
from batches.steps import may_take
from batches.unread import as_the_page_counts
from classes.models import SchoolClass
from huleedu.accounts.models import User
from huleedu.common.access import get_editable, get_owned
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, keeps_typed, version_seen

_BATCHES = Batch.objects.select_related("school_class", "owner")
PAGE_SIZE = 50
STATES: dict[str, str | Promise] = {
    "open": gettext_lazy("open"),
    "needs": gettext_lazy("needs action"),
    "review": gettext_lazy("to review"),
    **{str(value): label for value, label in Batch.Status.choices},
    "ready": gettext_lazy("locked"),
    "all": gettext_lazy("all"),
}
"""What `?state=` takes, and its words."""


@require_GET
def batch_list(request: PageRequest) -> HttpResponse:
    """The person's batches and those of classes shared with the person; open ones unless `?state=` says otherwise.

    A class or year of which there is none gives an empty list, as a class of somebody else's does.
    """
    user = request.user
    classes = list(SchoolClass.objects.visible_to(user).values("public_id", "designation", "school_year"))
    years = sorted({row["school_year"] for row in classes}, reverse=True)
    state = request.GET.get("state", "")
    state = state if state in STATES else "open"
    school_class = _known(request.GET.get("class", ""), {str(row["public_id"]) for row in classes})
    year = _known(request.GET.get("year", ""), years)
    rows = _filtered(_in_state(user, state), school_class, year)
    rows = rows.select_related("school_class").with_progress().with_missing().with_last_change()
    page = Paginator(rows.order_by("-changed_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = as_the_page_counts(page.object_list)
    context = {
        "page": page,
        "states": list(STATES.items()),
        "state": state,
        "classes": classes,
        "years": years,
        "chosen_class": school_class,
        "chosen_year": year,
        "query": urlencode({"state": state, "class": school_class, "year": year}),
    }
    return render(request, "batches/_list.html" if request.htmx else "batches/list.html", context)


@require_http_methods(["GET", "POST"])
def new(request: PageRequest) -> HttpResponse:
    """Make a batch. In a colleague's class it belongs to the class's owner."""
    chosen = request.GET.get("class") or request.GET.get("school_class")
    form = NewBatchForm(
        request.POST if request.method == "POST" else None, user=request.user, initial={"school_class": chosen}
    )
    if request.method == "POST" and form.is_valid():
        school_class: SchoolClass | None = form.cleaned_data["school_class"]
        owner = school_class.owner if school_class else request.user
        try:
            batch = actions.create_batch(owner, **form.as_changes(), actor=request.user)
        except ActionError as error:
            form.refuse(error, also=("not_found", "illegal_transition"))
        else:
            return redirect("batches:detail", batch.public_id)
    return render(request, "batches/new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@keeps_typed("title")
def rename(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Change title and dates. Where somebody else was first, both values are shown and the person chooses."""
    batch = get_editable(_BATCHES, request.user, batch_id)
    form = RenameForm(request.POST, batch=batch) if request.method == "POST" else RenameForm.of(batch)
    context: dict[str, Any] = {"batch": batch, "form": form}
    if form.is_bound and form.is_valid():
        try:
            version = form.cleaned_data["version"]
            actions.update_batch(batch, changes=form.as_changes(), version=version, actor=request.user)
        except ActionError as error:
            if error.current is not None:
                return render(request, "batches/rename.html", {**context, **_both(form, error)}, status=error.status)
            form.refuse(error, also=("illegal_transition", "batch_locked"))
        else:
            return redirect("batches:detail", batch_id)
    return render(request, "batches/rename.html", context, status=422 if form.errors else 200)


@require_POST
@keeps_typed("title")
def title(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Change the title where it stands. `?version=` is the one the person saw, `?to=` the tab to go back to.

    Where somebody else was first, or the title cannot be used, the page for it shows why.
    """
    batch = get_editable(_BATCHES, request.user, batch_id)
    wanted, version = request.POST.get("title", ""), version_seen(request.GET)
    try:
        actions.update_batch(batch, changes={"title": wanted}, version=version, actor=request.user)
    except ActionError as error:
        form = RenameForm.of(error.current or batch, title=wanted)
        context: dict[str, Any] = {"batch": batch, "form": form}
        if error.current is not None and form.is_valid():
            context |= {"error": error, "differences": form.differences(error.current)}
        elif form.is_valid():
            form.add_error("title", str(error.message))
        return render(request, "batches/rename.html", context, status=error.status)
    to = request.GET.get("to")
    return redirect(f"batches:{to}" if to in ("texts", "missing", "history") else "batches:detail", batch_id)


def _both(form: RenameForm, error: ActionError) -> dict[str, Any]:
    """Both values, and the form as the person wrote it, now over what the other wrote: sent again, it wins."""
    mine = {**form.data.dict(), "version": error.current.version}  # type: ignore[attr-defined]  # a QueryDict
    differences = form.differences(error.current)
    return {"form": RenameForm(mine, batch=error.current), "error": error, "differences": differences}


@require_http_methods(["GET", "POST"])
def delete(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Delete an empty batch; or, having asked, an archived one with all that is in it."""
    batch = get_owned(_BATCHES, request.user, batch_id)
    if request.method == "GET":
        if batch.status != Batch.Status.ARCHIVED:
            return redirect("batches:detail", batch_id)
        n_files = batch.batch_files.count()
        context = {"batch": batch, "counts": count_batch(batch), "n_files": n_files}
        return render(request, "batches/delete.html", context)
    number = actions.delete_batch(batch, actor=request.user)
    said = ngettext("The batch and its {n} file were deleted.", "The batch and its {n} files were deleted.", number)
    messages.success(request, said.format(n=number) if number else _("The empty batch was deleted."))
    return redirect("batches:list")


@require_POST
def lock(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Close the files."""
    actions.lock_batch(get_editable(Batch.objects, request.user, batch_id), actor=request.user)
    return redirect("batches:detail", batch_id)


@require_http_methods(["GET", "POST"])
@keeps_typed("reason")
def unlock(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Open the files again; the owner says why."""
    batch = get_owned(_BATCHES, request.user, batch_id)
    form = UnlockForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actions.unlock_batch(batch, reason=form.cleaned_data["reason"], actor=request.user)
        messages.success(request, _("The batch is open again."))
        return redirect("batches:detail", batch_id)
    return render(request, "batches/unlock.html", {"batch": batch, "form": form}, status=422 if form.errors else 200)


@require_POST
def start(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Hand the batch on for assessment. Asks first where texts have no student or files could not be read.

    That it has begun is said by the banner of the batch, which follows it to its end; a message of its own would stand
    there still when all is done.
    """
    batch = get_editable(_BATCHES, request.user, batch_id)
    counts = count_batch(batch)
    may_start = may_take(batch, "start") and not counts.reading
    if may_start and (counts.undecided or counts.problems) and "anyway" not in request.POST:
        return render(request, "batches/start.html", {"batch": batch, "counts": counts})
    actions.start_batch(batch, actor=request.user)
    return redirect("batches:detail", batch_id)


@require_POST
def retry(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Try again what failed in assessment."""
    actions.retry_phases(get_editable(Batch.objects, request.user, batch_id), actor=request.user)
    return redirect("batches:detail", batch_id)


@require_POST
def retry_text(request: PageRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """Try one text again that could not be assessed, and go back where the button was."""
    rows = Essay.objects.filter(batch__public_id=batch_id).select_related("batch", "file").defer("file__text")
    essay = get_editable(rows, request.user, text_id)
    actions.retry_phases(essay.batch, essay=essay, actor=request.user)
    return redirect("batches:texts" if request.GET.get("to") == "texts" else "batches:detail", batch_id)


@require_POST
def keep_undecided(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Take automatic confirmation back."""
    batch = get_editable(Batch.objects, request.user, batch_id)
    actions.update_batch(batch, changes={"auto_confirm": False}, actor=request.user)
    messages.success(request, _("Nothing will be confirmed by itself."))
    return redirect("batches:detail", batch_id)


@require_POST
def cancel(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Stop the batch."""
    actions.cancel_batch(get_editable(Batch.objects, request.user, batch_id), actor=request.user)
    messages.success(request, _("The batch was cancelled. It can be reopened."))
    return redirect("batches:detail", batch_id)


@require_http_methods(["GET", "POST"])
@keeps_typed("reason")
def reopen(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """From an end back to collecting, having asked why; whoever has no reason says none."""
    batch = get_editable(_BATCHES, request.user, batch_id)
    form = ReopenForm(request.POST if request.method == "POST" else None)
    if request.method == "GET" or not form.is_valid():
        context = {"batch": batch, "form": form}
        return render(request, "batches/reopen.html", context, status=422 if form.errors else 200)
    actions.reopen_batch(batch, reason=form.cleaned_data["reason"], actor=request.user)
    said = _("The batch was reopened: files can be added and removed again, and assessment can be started anew.")
    messages.success(request, said)
    return redirect("batches:detail", batch_id)


@require_http_methods(["GET", "POST"])
def archive(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Put an ended batch away for good, having asked."""
    batch = get_editable(_BATCHES, request.user, batch_id)
    if request.method == "GET":
        return render(request, "batches/archive.html", {"batch": batch})
    actions.archive_batch(batch, actor=request.user)
    messages.success(request, _("The batch was archived."))
    return redirect("batches:list")


def _in_state(user: User, state: str) -> BatchQuerySet:
    """The batches that the person sees, in one of `STATES`; of those that need action, what the person may change."""
    if state == "needs":
        return Batch.objects.editable_by(user).needing_action()
    rows = Batch.objects.visible_to(user)
    if state == "open":
        return rows.open()
    if state == "review":
        return rows.open().needing_review()
    return rows if state == "all" else rows.filter(status=state)


_NONE = "none"
"""What a page says of a class or year that it does not know."""


def _known(value: str, known: Collection[str]) -> str:
    """`value` where there is such; nothing else: no page with names repeats what an address says (BREACH)."""
    return value if not value or value in known else _NONE


def _filtered(rows: BatchQuerySet, school_class: str, year: str) -> BatchQuerySet:
    if _NONE in (school_class, year):
        return rows.none()
    if school_class:
        rows = rows.filter(school_class__public_id=school_class)
    return rows.filter(school_class__school_year=year) if year else rows
