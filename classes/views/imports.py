"""A class list on its way in: paste or choose, say what the columns are, check, done. Each step has its address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from classes import actions
from classes.forms import ENCODINGS, ColumnsForm, ImportForm, named_columns
from classes.import_check import (
    PER_PAGE,
    TABS,
    Sent,
    ShownRow,
    button_label,
    count_listed,
    problems_without_row,
    read_sent,
    rows_of,
    show_rows,
    shown_columns,
    tabs,
)
from classes.models import RosterImport, SchoolClass
from classes.progress import read_progress
from classes.reads import other_classes
from classes.rosters.diff import DiffRow
from classes.tasks import DRAFT_LIFETIME
from classes.undoing import read_undoing
from classes.views.frame import Frame, class_frame, frame_context
from huleedu.common.access import get_editable, get_visible
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, keeps_typed

Status = RosterImport.Status


def _import(request: PageRequest, class_id: UUID, import_id: UUID, *, editable: bool = True) -> RosterImport:
    """The import if the person may change (or see) its class. Raises Http404, ActionError `permission_denied`."""
    gate = get_editable if editable else get_visible
    school_class = gate(SchoolClass.objects, request.user, class_id)
    rows = RosterImport.objects.select_related("school_class", "created_by").filter(school_class=school_class)
    found = rows.filter(public_id=import_id).first()
    if found is None:
        raise Http404
    return found


def _open_draft(request: PageRequest, class_id: UUID, import_id: UUID) -> tuple[RosterImport, HttpResponse | None]:
    """The import, and where to go instead when it is no draft any more."""
    found = _import(request, class_id, import_id)
    done = redirect("classes:import-done", class_id, import_id) if found.status != Status.PREVIEW else None
    return found, done


def _draft_to_check(request: PageRequest, class_id: UUID, import_id: UUID) -> tuple[RosterImport, HttpResponse | None]:
    """As `_open_draft`; a workbook of several sheets goes first where one is chosen."""
    found, elsewhere = _open_draft(request, class_id, import_id)
    if elsewhere or not found.result.get("sheet_open"):
        return found, elsewhere
    address = reverse("classes:import-columns", args=[class_id, import_id])
    return found, HttpResponseClientRedirect(address) if request.htmx else redirect(address)


@require_http_methods(["GET", "POST"])
@keeps_typed("text")
def new(request: PageRequest, class_id: UUID) -> HttpResponse:
    """Paste a list or choose a file. Columns that were not recognised for certain are asked about next."""
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    if school_class.archived_at is not None and request.method == "GET":
        return redirect("classes:detail", class_id)
    form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
    if form.is_valid():
        data, file_name = form.content()
        try:
            key = form.cleaned_data["key"]
            made = actions.preview_roster(school_class, data=data, file_name=file_name, key=key, actor=request.user)
        except ActionError as error:
            form.refuse(error)
        else:
            step = "columns" if _is_unsure(actions.read_preview(made)) else "check"
            return redirect(f"classes:import-{step}", class_id, made.public_id)
    frame = class_frame(request, class_id, tab="import")
    context = frame_context(frame, form=form, waiting=_waiting_draft(request, school_class), step=1)
    return render(request, "classes/import_new.html", context, status=422 if form.errors else 200)


def _waiting_draft(request: PageRequest, school_class: SchoolClass) -> RosterImport | None:
    """The list that the person brought last and has not imported yet, kept for a day."""
    drafts = RosterImport.objects.filter(school_class=school_class, created_by=request.user, status=Status.PREVIEW)
    recent = drafts.filter(created_at__gte=timezone.now() - DRAFT_LIFETIME).defer("content")
    return recent.order_by("-created_at").first()


def _is_unsure(preview: actions.Preview) -> bool:
    """Whether to ask: several sheets, no names found, or two columns of names and no heading to tell them apart."""
    parsed = preview.parsed
    if parsed is None:
        return False
    fields = {column.field for column in parsed.columns}
    guessed = parsed.header_line == 0 and {"given_name", "family_name"} <= fields
    return (
        len(parsed.sheets) > 1
        or guessed
        or parsed.encoding == "mac_roman"
        or any(p.code == "no_name_column" for p in parsed.problems)
    )


@require_http_methods(["GET", "POST"])
def columns(request: PageRequest, class_id: UUID, import_id: UUID) -> HttpResponse:
    """Say which sheet holds the list, what the columns are, and how the file is written. A sheet is posted alone."""
    draft, done = _open_draft(request, class_id, import_id)
    if done:
        return done
    chosen = request.method == "POST" and "sheet" in request.POST
    refused = _choose_sheet(request, draft) if chosen else None
    if chosen and not refused:
        return redirect("classes:import-columns", class_id, import_id)
    preview = actions.read_preview(draft)
    if preview.parsed is None:
        raise Http404
    given = request.POST if request.method == "POST" and not chosen else None
    initial = {"encoding": draft.encoding}
    form = ColumnsForm(given, initial=initial, parsed=preview.parsed, is_text=draft.is_text)
    if form.is_valid():
        try:
            actions.revise_import(draft, changes=form.changes(), actor=request.user)
        except ActionError as error:
            form.refuse(error)
        else:
            # Another encoding may show other headings: look again before the names are checked.
            step = "columns" if form.cleaned_data.get("encoding", "") != draft.encoding else "check"
            return redirect(f"classes:import-{step}", class_id, import_id)
    no_names = any(problem.code == "no_name_column" for problem in preview.parsed.problems)
    read = actions.read_other_ways(draft)
    ways = [(key, label, read[key]) for key, label in ENCODINGS if key in read]
    letters = [s for c in preview.parsed.columns for s in c.samples if not s.isascii()][:3]
    frame = class_frame(request, class_id, tab="import")
    context = frame_context(frame, form=form, draft=draft, no_names=no_names, letters=letters, ways=ways, step=2)
    context |= {"parsed": preview.parsed, "refusals": [refused] if refused else []}
    return render(request, "classes/import_columns.html", context, status=422 if form.errors or refused else 200)


def _choose_sheet(request: PageRequest, draft: RosterImport) -> ActionError | None:
    """Read another sheet; what is wrong with it, or None."""
    try:
        actions.revise_import(draft, changes={"sheet": request.POST["sheet"]}, actor=request.user)
    except ActionError as error:
        if error.code != "validation_error":
            raise
        draft.refresh_from_db()
        return error
    return None


@require_http_methods(["GET", "POST"])
def check(request: PageRequest, class_id: UUID, import_id: UUID) -> HttpResponse:
    """What the list would change. Posting keeps ticks and corrections of the rows on the page, and leads on (`go`)."""
    draft, done = _draft_to_check(request, class_id, import_id)
    if done:
        return done
    if request.method == "POST":
        sent = read_sent(request.POST, actions.read_preview(draft))
        if not _keep(request, draft, sent):
            return _check_page(request, class_id, draft, sent=sent)
        go = request.POST.get("go", "")
        if go == "columns":
            return redirect("classes:import-columns", class_id, import_id)
        place = QueryDict(go) if go else request.GET
        return redirect(f"{reverse('classes:import-check', args=[class_id, import_id])}?{place.urlencode()}")
    return _check_page(request, class_id, draft)


@require_POST
def apply(request: PageRequest, class_id: UUID, import_id: UUID) -> HttpResponse:
    """Keep ticks and corrections of the page, then import. A second time changes nothing."""
    draft, done = _draft_to_check(request, class_id, import_id)
    if done:
        return done
    preview = actions.read_preview(draft)
    sent = read_sent(request.POST, preview)
    if not _keep(request, draft, sent):
        return _check_page(request, class_id, draft, sent=sent)
    if request.POST.get("said", button_label(preview)) != button_label(preview):
        changed = ActionError("version_conflict", _("The class has changed meanwhile. This is what would happen now."))
        draft.refresh_from_db()
        return _check_page(request, class_id, draft, error=changed)
    try:
        actions.apply_import(draft, actor=request.user)
    except ActionError as error:
        if error.code not in ("validation_error", "version_conflict"):
            raise
        draft.refresh_from_db()
        return _check_page(request, class_id, draft, error=error)
    if request.htmx:
        return HttpResponseClientRedirect(reverse("classes:import-done", args=[class_id, import_id]))
    return redirect("classes:import-done", class_id, import_id)


@require_GET
def progress(request: PageRequest, class_id: UUID, import_id: UUID) -> HttpResponse:
    """How far the import has come, while the page waits for `apply`."""
    draft = _import(request, class_id, import_id)
    done, total = read_progress(draft.public_id) or (0, 0)
    context = {"school_class": draft.school_class, "draft": draft, "n_done": done, "total": total}
    return render(request, "classes/_import_progress.html", context)


def _keep(request: PageRequest, draft: RosterImport, sent: Sent) -> bool:
    """Save ticks and corrections in the draft; False where one is wrong, with its message in `sent`."""
    if not sent.rows:
        return True
    try:
        actions.revise_import(draft, changes={"rows": sent.rows}, actor=request.user)
    except ActionError as error:
        if error.code != "validation_error" or not (error.field or "").startswith("rows."):
            raise
        sent.errors[(error.field or "").removeprefix("rows.")] = str(error.message)
        return False
    return True


def _check_page(
    request: PageRequest,
    class_id: UUID,
    draft: RosterImport,
    *,
    sent: Sent | None = None,
    error: ActionError | None = None,
) -> HttpResponse:
    frame = class_frame(request, class_id, tab="import")
    preview = actions.read_preview(draft)
    tab = asked if (asked := request.GET.get("show", "")) in TABS else "decide"
    page = Paginator(rows_of(preview, tab), PER_PAGE).get_page(request.GET.get("page"))
    told, untold = problems_without_row(preview)
    rows = _shown_rows(request, frame, preview, page, sent)
    context = frame_context(
        frame,
        draft=draft,
        parsed=preview.parsed,
        columns=shown_columns(preview),
        page=page,
        rows=rows,
        tabs=tabs(preview),
        show=tab,
        label=button_label(preview),
        n_problems=preview.counts["problem"],
        n_listed=count_listed(preview),
        told=told,
        untold=untold,
        n_apart=len(told) + untold,
        removed=draft.result.get("personnummer_removed", 0),
        meanwhile=_meanwhile(draft),
        refusals=[error] if error else _wrong_cells(rows),
        step=3,
    )
    status = error.status if error and error.status != 400 else 422 if error or (sent and sent.errors) else 200
    return render(request, "classes/import_check.html", context, status=status)


def _shown_rows(
    request: PageRequest, frame: Frame, preview: actions.Preview, page: Page[DiffRow], sent: Sent | None
) -> list[ShownRow]:
    """The rows of one page, with what was typed in them."""
    return show_rows(
        list(page.object_list),
        class_name=frame.school_class.designation,
        elsewhere=other_classes([row.student for row in page if row.action == "joining"], viewer=request.user),
        columns=named_columns(preview.parsed) if preview.parsed else (),
        sent=sent,
    )


def _wrong_cells(rows: Iterable[ShownRow]) -> list[ActionError]:
    """What was typed and cannot be kept, each with its line."""
    said = _("Line {line}, {column}: {message}")
    return [
        ActionError(
            "validation_error",
            said.format(line=row.line, column=cell.label, message=cell.error),
            field=cell.input_name,
        )
        for row in rows
        for cell in row.cells
        if cell.error
    ]


def _meanwhile(draft: RosterImport) -> RosterImport | None:
    """The newest list that was imported, or undone, since this one was brought: the check counts it in."""
    others = RosterImport.objects.filter(school_class=draft.school_class).exclude(status=Status.PREVIEW)
    since = Q(applied_at__gt=draft.created_at) | Q(undone_at__gt=draft.created_at)
    return others.filter(since).select_related("created_by").defer("content").order_by("-updated_at").first()


@require_GET
def done(request: PageRequest, class_id: UUID, import_id: UUID) -> HttpResponse:
    """What the import did, and undo."""
    found = _import(request, class_id, import_id, editable=False)
    if found.status == Status.PREVIEW:
        return redirect("classes:import-check", class_id, import_id)
    frame = class_frame(request, class_id, tab="import")
    batches: Any = frame.school_class.batches  # the relation batches adds from above
    open_batches = batches.filter(essays__removed_at=None, essays__association__status="undecided")
    open_batches = open_batches.filter(status__in=["collecting", "ready"]).distinct()
    context = frame_context(
        frame, done=found, counts=found.result.get("counts", {}), n_matched_again=open_batches.count(), step=4
    )
    return render(request, "classes/import_done.html", context)


@require_http_methods(["GET", "POST"])
def undo(request: PageRequest, class_id: UUID, import_id: UUID) -> HttpResponse:
    """Say what undoing does and what it cannot; then put everything back. A second time changes nothing."""
    found = _import(request, class_id, import_id)
    if request.method == "GET":
        if found.status != Status.APPLIED or not found.undo:
            return redirect("classes:import-done", class_id, import_id)
        frame = class_frame(request, class_id, tab="imports")
        context = frame_context(frame, done=found, undoing=read_undoing(found))
        return render(request, "classes/import_undo.html", context)
    actions.undo_import(found, actor=request.user)
    messages.success(request, _("Undone. The class is as it was before the import."))
    return redirect("classes:import-done", class_id, import_id)


@require_GET
def history(request: PageRequest, class_id: UUID) -> HttpResponse:
    """The lists that were imported, newest first, 50 a page."""
    frame = class_frame(request, class_id, tab="imports")
    rows = RosterImport.objects.filter(school_class=frame.school_class).exclude(status=Status.PREVIEW)
    rows = rows.select_related("created_by").defer("content")
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    return render(request, "classes/imports.html", frame_context(frame, page=page))
