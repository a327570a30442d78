"""Reviewing whose text each one is. Every decision is a form; the page comes back at the next undecided text."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from batches import actions
from batches.actions.doubts import doubt_matches
from batches.models import Batch, Decision, Essay
from batches.reads import texts_in_other_batches
from batches.review.learning import Offer, read_offer
from batches.review.namesakes import read_shared_names
from batches.review.queue import read_queue
from batches.views.file_rows import size_in_words
from batches.views.review_context import certain_context, review_context, text_context, texts_context
from batches.views.review_parts import PARTS
from classes.actions import teach_alias
from classes.models import SchoolClass, Student
from files.models import EssayFile
from huleedu.common.access import get_editable, get_visible
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, uuid_or_none, version_seen


def _editable_batch(request: PageRequest, batch_id: UUID) -> Batch:
    return get_editable(Batch.objects.select_related("school_class", "owner"), request.user, batch_id)


def _editable_text(request: PageRequest, batch_id: UUID, text_id: UUID) -> Essay:
    return get_editable(Essay.objects.filter(batch__public_id=batch_id).select_related("batch"), request.user, text_id)


@require_http_methods(["GET", "POST"])
def review(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """The queue, and beside it the first undecided text; on a phone the queue alone.

    Words to find are posted, here and in one text, so that no name stands in an address; they change nothing.
    """
    return _review(request, batch_id, text_id=None)


@require_http_methods(["GET", "POST"])
def review_text(request: PageRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """One text with its clues and candidates; `q` in the body searches students."""
    return _review(request, batch_id, text_id=text_id)


def _review(
    request: PageRequest, batch_id: UUID, *, text_id: UUID | None, status: int = 200, **extra: Any
) -> HttpResponse:
    """The page or, for htmx, the part with the id it asks for."""
    if request.htmx.target in PARTS:
        template, part = PARTS[request.htmx.target]
        return render(request, template, part(request, batch_id, text_id))
    context = review_context(request, batch_id, text_id=text_id)
    extra.setdefault("offer", _offer(request, context["batch"]))
    # What a script fetches ahead ("1") nobody has read yet; when the text is shown it says so ("read").
    ahead = request.headers.get("HuleEdu-Ahead", "")
    if ahead:
        extra["messages"] = ()  # nobody looks at this answer, so what is to be told waits for the next one
    if status == 200 and context["shown"] and ahead in ("", "read"):
        log_read(context["shown"].essay, "text", actor=request.user)
    return render(request, "batches/review.html", {**context, **extra}, status=status)


def _offer(request: PageRequest, batch: Batch) -> Offer | None:
    """The spelling that the text named in `?learn=` teaches, for those who may change the batch."""
    text_id = uuid_or_none(request.GET.get("learn", ""))
    if text_id is None:
        return None
    may_change = Batch.objects.editable_by(request.user).filter(pk=batch.pk).exists()
    return read_offer(batch, text_id) if may_change else None


_DONE = {
    "student": gettext_lazy("Confirmed."),
    "nobody": gettext_lazy("Decided: not in this class."),
    "clear": gettext_lazy("Decision undone."),
}


@require_POST
def decide(request: PageRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """Confirm the chosen student, say that nobody of the class wrote it, or take the decision back.

    `decision` is `student` (the default), `new` (a student who is added to the class with it), `nobody` or `clear`;
    `version` is the one the person saw. The same decision sent twice is one; when somebody else was first the page
    comes back as 409 with both choices.
    """
    essay = _editable_text(request, batch_id, text_id)
    decision = request.POST.get("decision", "student")
    if decision == "student" and not request.POST.get("student"):
        messages.warning(request, _("Choose a student first."))
        return _open(request, reverse("batches:review-text", args=[batch_id, text_id]), stays=True)
    student = _chosen_student(request) if decision == "student" else None
    try:
        _act(request, essay, decision, student)
    except ActionError as error:
        if error.code != "version_conflict":
            raise
        called = read_shared_names(essay.batch).called(student) if student else ""
        conflict = {"decision": decision, "student": student, "called": called, "names": _new_names(request)}
        return _review(request, batch_id, text_id=text_id, status=error.status, conflict=conflict)
    return _after_decision(request, essay, "student" if decision == "new" else decision)


def _act(request: PageRequest, essay: Essay, decision: str, student: Student | None) -> None:
    version = version_seen(request.POST)
    if decision == "clear":
        actions.clear_decision(essay, version=version, actor=request.user)
    elif decision == "new":
        if essay.batch.school_class is not None:
            get_editable(SchoolClass.objects, request.user, essay.batch.school_class.public_id)
        actions.decide_new_student(essay, values=_new_names(request), version=version, actor=request.user)
    elif decision in _DONE:
        actions.decide_student(essay, student=student, version=version, actor=request.user)
    else:
        raise ActionError("validation_error", _("The page is out of date. Open the text again."), field="decision")


def _new_names(request: PageRequest) -> dict[str, str | None]:
    return {field: request.POST.get(field, "") for field in ("given_name", "family_name")}


def _chosen_student(request: PageRequest) -> Student:
    key = uuid_or_none(request.POST.get("student", ""))
    if key is None:
        raise ActionError("validation_error", _("There is no such student."), field="student")
    student: Student = get_visible(Student.objects, request.user, key)
    return student


def _after_decision(request: PageRequest, essay: Essay, decision: str) -> HttpResponse:
    """Tell what was done, and open the next undecided text."""
    batch = essay.batch
    queue = read_queue(batch, viewer=request.user)
    n_left, n_certain = len(queue.needs_you), len(queue.certain)
    remaining = ngettext("{n} left.", "{n} left.", n_left).format(n=n_left)
    if n_certain and not n_left:
        remaining = ngettext("{n} certain match left.", "{n} certain matches left.", n_certain).format(n=n_certain)
    messages.success(request, f"{_DONE[decision]} {remaining}")
    # The text that followed when the person decided; one taken back is looked at again.
    following = queue.open_text(str(essay.public_id) if decision == "clear" else request.POST.get("next", ""))
    if not request.user.go_on:
        following = essay
    learn = f"?learn={essay.public_id}" if decision == "student" and read_offer(batch, essay.public_id) else ""
    if following is None:
        return _open(request, reverse("batches:review", args=[batch.public_id]) + learn)
    return _open(request, reverse("batches:review-text", args=[batch.public_id, following.public_id]) + learn)


def _open(request: PageRequest, address: str, *, stays: bool = False) -> HttpResponse:
    """To a page of the review. Words to find go along in the body of the request: a name stands in no address.

    Those for students only where the same text `stays` open.
    """
    words = ("find", "mine", "q") if stays else ("find", "mine")
    return redirect(address, preserve_request=any(request.POST.get(name) for name in words))


@require_POST
def teach(request: PageRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """Remember the spelling that this confirmed text teaches."""
    essay = _editable_text(request, batch_id, text_id)
    offer = read_offer(essay.batch, text_id)
    if offer is None:
        messages.warning(request, _("There is nothing to remember any more."))
        return redirect("batches:review", batch_id)
    try:
        teach_alias(offer.student, spelling=offer.spelling, place=offer.place, text_id=text_id, actor=request.user)
    except ActionError as error:
        if error.code != "validation_error":
            raise
        messages.warning(request, str(error.message))
    else:
        said = _("“{spelling}” is remembered as {name}.")
        messages.success(request, said.format(spelling=offer.spelling, name=offer.student.name))
    return redirect("batches:review", batch_id)


@require_http_methods(["GET", "POST"])
def confirm(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """List the certain matches, all ticked; then confirm the ticked ones in one step that one undo takes back."""
    batch = _editable_batch(request, batch_id)
    if request.method == "GET":
        return render(request, "batches/review_confirm.html", certain_context(request, batch_id))
    wanted = _ticked(request)
    doubt_matches(batch, essay_ids=_listed(request) - wanted.keys(), actor=request.user)
    if not wanted:
        messages.warning(request, _("Nothing was ticked, so nothing was confirmed."))
        return redirect("batches:review", batch.public_id)
    done = actions.confirm_matches(batch, seen=wanted, actor=request.user)
    rows = Essay.objects.live().filter(batch=batch, public_id__in=[key for key, _code in done.refused])
    refused = list(rows.select_related("file", "association__student"))
    # A list that is sent twice, because its answer was lost, is confirmed already.
    others = [essay.file.name for essay in refused if not _stands(essay, wanted[essay.public_id])]
    _tell_confirmed(request, len(done.confirmed) + len(refused) - len(others), others)
    return redirect("batches:review", batch.public_id)


def _stands(essay: Essay, student_id: UUID) -> bool:
    match = essay.association
    return match.is_decided and match.student is not None and match.student.public_id == student_id


def _ticked(request: PageRequest) -> dict[UUID, UUID]:
    """Text to the student that stood beside it."""
    pairs = [value.split(":") for value in request.POST.getlist("match")]
    try:
        return {UUID(text_id): UUID(student_id) for text_id, student_id in pairs}
    except ValueError as error:
        raise ActionError("validation_error", _("The page is out of date. Open the list again.")) from error


def _listed(request: PageRequest) -> set[UUID]:
    """The texts that the list held; those left unticked wait for the teacher one by one."""
    try:
        return {UUID(value) for value in request.POST.getlist("listed")}
    except ValueError as error:
        raise ActionError("validation_error", _("The page is out of date. Open the list again.")) from error


def _tell_confirmed(request: PageRequest, n: int, refused: list[str]) -> None:
    said = ngettext("{n} confirmed.", "{n} confirmed.", n).format(n=n)
    if not refused:
        messages.success(request, said)
        return
    changed = ngettext(
        "{n} is no longer certain and waits for you: {names}",
        "{n} are no longer certain and wait for you: {names}",
        len(refused),
    )
    messages.warning(request, f"{said} {changed.format(n=len(refused), names=', '.join(refused))}")


@require_POST
def undo(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Undo the person's last decision in this batch, and open the text again where it was a single one."""
    batch = _editable_batch(request, batch_id)
    try:
        undone = actions.undo_decisions(batch, seen=uuid_or_none(request.POST.get("last", "")), actor=request.user)
    except ActionError as error:
        if error.code != "not_undoable":
            raise
        messages.warning(request, str(error.message))
        return _open(request, reverse("batches:review", args=[batch.public_id]))
    if not undone:
        messages.success(request, _("Undone."))
        return _open(request, reverse("batches:review", args=[batch.public_id]))
    if len(undone) > 1:
        n = len(undone)
        said = ngettext("Undone. {n} text waits for you again.", "Undone. {n} texts wait for you again.", n)
        messages.success(request, said.format(n=n))
        return _open(request, reverse("batches:review", args=[batch.public_id]))
    essay = undone[0].essay
    name = EssayFile.objects.filter(pk=essay.file_id).values_list("name", flat=True).get()
    waiting = _("Undone.") if undone[0].is_decided else _("Undone. {file} is waiting for you again.").format(file=name)
    messages.success(request, " ".join([waiting, *_who_stays(essay)]))
    return _open(request, reverse("batches:review-text", args=[batch.public_id, essay.public_id]))


def _who_stays(essay: Essay) -> list[str]:
    """Where the decision just undone had added a student: that the student is in the class still."""
    last = Decision.objects.filter(essay=essay).exclude(undone_at=None).order_by("-undone_at").first()
    if last is None or not last.after.get("adds"):
        return []
    added = Student.objects.filter(pk=last.after["student"])
    return [_("{name} stays in the class.").format(name=student.name) for student in added]


@require_POST
def rematch(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """Match the undecided texts again, e.g. after the class list changed."""
    batch = actions.rematch_batch(_editable_batch(request, batch_id), actor=request.user)
    messages.success(request, _("The undecided texts are being matched again."))
    return redirect("batches:review", batch.public_id)


@require_GET
def texts(request: PageRequest, batch_id: UUID) -> HttpResponse:
    """The batch's texts by student."""
    context = texts_context(request, batch_id)
    return render(request, "batches/texts.html", context)


@require_GET
def text(request: PageRequest, batch_id: UUID, text_id: UUID) -> HttpResponse:
    """One text to read, with what is known of it and how it got its student."""
    context = text_context(request, batch_id, text_id=text_id)
    essay: Essay = context["shown"].essay
    log_read(essay, "text", actor=request.user)
    more = {"size": size_in_words(essay.file.size), "others": texts_in_other_batches(essay, request.user)}
    return render(request, "batches/text.html", {**context, **more})
