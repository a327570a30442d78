"""A batch's files: dropping them, seeing how far each has come, and mending those with a problem."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from batches import actions
from batches.forms import PasteForm
from batches.models import Batch, Essay
from batches.orchestrator import is_answering
from batches.querysets import files_of
from batches.reads import has_reading_stopped, seconds_left
from batches.state import unread_count
from batches.uploads import note_too_large, receive_files
from batches.views.file_rows import LONG_NAME, NAME_END, all_skipped, file_rows, left_out
from batches.views.frame import ASK_AGAIN_SECONDS, batch_frame, frame_context
from files.actions import split_path
from files.downloads import download_response
from files.models import EssayFile
from files.pasted import pasted_document
from huleedu.common.access import get_editable, get_visible
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, keeps_typed

_BATCHES = Batch.objects.select_related("school_class", "owner")
ASKED = "originals"
"""In the session: files whose original the person has agreed to see."""
ENDINGS = ("docx", "pdf", "odt", "rtf", "txt", "zip")


@require_GET
def detail(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """The batch's first tab; for htmx only what changes while files are read.

    With `?away` a page that says "the assessment service does not answer" asks whether to come back as usual; if not,
    it is told when to ask again.
    """
    if request.htmx and "away" in request.GET:
        get_visible(_BATCHES, request.user, batch_id)
        if is_answering():
            return HttpResponseClientRefresh()
        at = timezone.now() + timedelta(seconds=ASK_AGAIN_SECONDS)
        return render(request, "batches/_ask_again.html", {"ask_again_at": at})
    return _page(request, batch_id)


@require_POST
def upload(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Take in `files` (with `paths` for a dropped folder). A plain form gets the page.

    A script gets their rows: 201, or 200 where each was there already. Of a file that is too large it sends the size,
    `too_large`, in place of the file.
    """
    batch = get_editable(_BATCHES, request.user, batch_id)
    began = timezone.now()
    paths, sizes = request.POST.getlist("paths"), request.POST.getlist("too_large")
    try:
        if sizes:
            added = note_too_large(batch, paths=paths, sizes=sizes, actor=request.user)
        else:
            files = request.FILES.getlist("files")
            added = receive_files(batch, files=files, paths=paths, dropped=True, actor=request.user)
    except ActionError as error:
        told = _told_by_name(request, error) if error.code == "batch_locked" else error
        if request.htmx:
            raise told from error
        return _page(request, batch_id, error=told)
    if request.htmx:
        rows = file_rows(batch, only=[file.pk for file in added])
        status = 201 if any(row.file.created_at >= began for row in rows) else 200
        context = {"batch": batch, "rows": rows, "frame": {"can_change": True, "files_open": True}}
        return render(request, "batches/_file_rows.html", context, status=status)
    if n := sum(bool(file.sha256) for file in added):
        messages.success(request, ngettext("{n} file received.", "{n} files received.", n).format(n=n))
    if n := sum(not file.sha256 for file in added):
        said = ngettext("{n} file is too large and was not kept.", "{n} files are too large and were not kept.", n)
        messages.warning(request, said.format(n=n))
    return redirect("batches:detail", batch_id)


def _told_by_name(request: PageRequest, error: ActionError) -> ActionError:
    """A lock's refusal that says which files it met: a row, or a page, of its own tells it."""
    received = request.POST.getlist("paths") or [file.name or "" for file in request.FILES.getlist("files")]
    names = [split_path(path)[1] for path in received]
    said = ngettext(
        "{files} arrived after the batch was locked and was not added.",
        "{files} arrived after the batch was locked and were not added.",
        len(names),
    )
    return ActionError(error.code, f"{said.format(files=', '.join(names))} {error.message}")


@require_http_methods(["GET", "POST"])
def remove(request: PageRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """Ask, then take the file and its text out of the batch."""
    batch, file = _editable_file(request, batch_id, file_id)
    if request.method == "GET":
        context = {"batch": batch, "file": file, "days": settings.REMOVED_FILES_DAYS}
        return render(request, "batches/file_remove.html", context)
    actions.remove_file(batch, file=file, actor=request.user)
    said = _("{name} was removed. For {n} days it can be put back from the history of the batch.")
    messages.success(request, said.format(name=file.name, n=settings.REMOVED_FILES_DAYS))
    return redirect("batches:detail", batch_id)


@require_POST
def restore(request: PageRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """Put back a file that was taken out. Where its student has several texts, say which counts."""
    batch = get_editable(_BATCHES, request.user, batch_id)
    file = actions.restore_file(batch, file=_file(batch, file_id, removed=True), actor=request.user)
    if file.duplicate_of is not None:
        said = _("{name} is in the batch again, as a copy of {other}.").format(
            name=file.name, other=file.duplicate_of.name
        )
    else:
        said = _("{name} is in the batch again.").format(name=file.name)
    counting = next((row.counting for row in file_rows(batch) if row.file == file), None)
    if counting is not None:
        said = " ".join([said, _("Of the student's texts {file} counts.").format(file=counting.file.name)])
    messages.success(request, said)
    return redirect("batches:detail", batch_id)


@require_POST
def retry(request: PageRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """Read a file with a problem once more; or a copy, to keep it beside what it is a copy of."""
    batch, file = _editable_file(request, batch_id, file_id)
    said = _("Both are kept: {name} is being read.") if file.is_copy else _("{name} is being read again.")
    actions.retry_batch_file(batch, file=file, actor=request.user)
    messages.info(request, said.format(name=file.name))
    return redirect("batches:detail", batch_id)


@require_http_methods(["GET", "POST"])
@keeps_typed("text")
def paste(request: PageRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """Take a pasted text for a file that cannot be read."""
    batch, file = _editable_file(request, batch_id, file_id)
    form = PasteForm(request.POST if request.method == "POST" else None)
    context = {"batch": batch, "file": file, "form": form}
    if request.method == "GET" or not form.is_valid():
        return render(request, "batches/file_paste.html", context, status=200 if request.method == "GET" else 422)
    document = pasted_document(form.cleaned_data["text"])
    try:
        actions.paste_text(batch, file=file, document=document, actor=request.user)
    except ActionError as error:
        return render(request, "batches/file_paste.html", {**context, "refusals": [error]}, status=error.status)
    messages.success(request, _("The pasted text now stands for {name}.").format(name=file.name))
    return redirect("batches:detail", batch_id)


@require_http_methods(["GET", "POST"])
def replace(request: PageRequest, batch_id: UUID, file_id: UUID) -> HttpResponse:
    """Put another file in this one's place."""
    batch, file = _editable_file(request, batch_id, file_id)
    context = {"batch": batch, "file": file, "accept": _accept(), "megabytes": settings.MAX_FILE_BYTES // 1_000_000}
    if request.method == "GET":
        return render(request, "batches/file_replace.html", context)
    try:
        files = request.FILES.getlist("files")[:1]
        added = receive_files(batch, files=files, replaced=file, actor=request.user)
    except ActionError as error:
        return render(request, "batches/file_replace.html", {**context, "refusals": [error]}, status=error.status)
    messages.success(request, _("{new} took the place of {old}.").format(new=added[0].name, old=file.name))
    return redirect("batches:detail", batch_id)


@require_http_methods(["GET", "POST"])
def download(request: PageRequest, batch_id: UUID, file_id: UUID) -> HttpResponseBase:
    """The original bytes. Those of a student whose identity is protected are asked about once: names stand in them."""
    batch = get_visible(_BATCHES, request.user, batch_id)
    file = _file(batch, file_id)
    asked: list[str] = request.session.get(ASKED, [])
    if request.method == "POST":
        request.session[ASKED] = [*asked, str(file_id)][-100:]
    elif _is_protected(file) and str(file_id) not in asked:
        return render(request, "batches/file_original.html", {"batch": batch, "file": file})
    answer = download_response(file)
    log_read(file, "file", actor=request.user)
    return answer


def _is_protected(file: EssayFile) -> bool:
    """Whether it is the text, decided or suggested, of a student whose identity is protected."""
    essay: Essay | None = getattr(file, "essay", None)
    student = essay.association.student if essay is not None and essay.removed_at is None else None
    return student is not None and student.protected_identity


def _page(request: PageRequest, batch_id: UUID, *, error: ActionError | None = None) -> HttpResponse:
    frame = batch_frame(request, batch_id, tab="files")
    rows = file_rows(frame.batch, refused=frame.handed_in.refused)
    context = frame_context(
        frame,
        rows=rows,
        problems=[row for row in rows if row.needs_a_look],
        skipped=all_skipped(frame.batch, rows),
        left_out=left_out(frame.batch),
        stopped=frame.counts.reading > 0 and has_reading_stopped(frame.batch),
        unread=unread_count(frame.batch, frame.handed_in.refused),
        seconds_left=seconds_left({frame.batch.pk: frame.counts.reading}).get(frame.batch.pk),
        refusals=[error] if error else [],
        endings=", ".join(ENDINGS),
        accept=_accept(),
        megabytes=settings.MAX_FILE_BYTES // 1_000_000,
        long_name=LONG_NAME,
        name_end=NAME_END,
        max_bytes=settings.MAX_FILE_BYTES,
        max_zip_bytes=settings.MAX_ZIP_BYTES,
        max_files=settings.MAX_FILES_PER_BATCH,
    )
    template = "batches/_files.html" if request.htmx else "batches/files.html"
    response = render(request, template, context, status=error.status if error else 200)
    if error and error.retry_after:
        response["Retry-After"] = str(error.retry_after)
    return response


def _accept() -> str:
    """What the browser's file dialog shows first; other files can still be chosen and get their own answer."""
    return ",".join(f".{ending}" for ending in ENDINGS)


def _editable_file(request: PageRequest, batch_id: UUID, file_id: UUID) -> tuple[Batch, EssayFile]:
    batch = get_editable(_BATCHES, request.user, batch_id)
    return batch, _file(batch, file_id)


def _file(batch: Batch, file_id: UUID, *, removed: bool = False) -> EssayFile:
    file = files_of(batch, removed=removed).filter(public_id=file_id).first()
    if file is None:
        raise Http404
    return file
