"""Classes: the list, a new one, the page of one, its settings, sharing, archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from classes import actions
from classes.exports import export_class
from classes.forms import CopyForm, ImportForm, NewClassForm, SettingsForm, ShareForm
from classes.models import ClassShare, CourseCode, SchoolClass, current_school_year
from classes.ordering import by_surname, matching, name_key, sort_key
from classes.reads import add_batches, add_what_is_known, class_rows, roster_rows
from classes.undoing import Left, read_leavings
from classes.views.frame import Frame, class_frame, frame_context
from huleedu.common.access import get_editable, get_owned, get_visible
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.requests import PageRequest, keeps_typed, uuid_or_none

PAGED_FROM, PER_PAGE = 200, 50
"""A class of more than 200 is shown 50 a page, for paper (`?page=all`) whole."""
SORTS: dict[str, Callable[[Any], Any]] = {
    "surname": lambda row: name_key(row["given_name"], row["family_name"]),
    "first": lambda row: (sort_key(row["given_name"]), sort_key(row["family_name"])),
    "email": lambda row: (row["email"] is None, (row["email"] or "").casefold()),
}
"""What `?sort=` takes; with a minus in front the other way round."""


@require_GET
def index(request: PageRequest) -> HttpResponse:
    """The classes, of one school year or all, or the archived ones. Without `?year=` this year's, if there are any."""
    archived = request.GET.get("archived") == "1"
    rows = list(class_rows(request.user, archived=archived))
    years = sorted({row["school_year"] for row in rows} | {current_school_year()}, reverse=True)
    codes = sorted({code for row in rows for code in row["course_codes"] or ()})
    this_year = any(row["school_year"] == current_school_year() for row in rows) and not archived
    year = request.GET.get("year", current_school_year() if this_year else "")
    year = year if year in years else ""
    course = request.GET.get("course", "")
    course = course if course in CourseCode else ""
    shown = [row for row in rows if year in ("", row["school_year"])]
    shown = [row for row in shown if not course or course in (row["course_codes"] or ())]
    add_batches(shown)
    for row in shown:
        row["is_owner"] = row["owner_id"] == request.user.pk
        row["can_change"] = (row["is_owner"] or row["shared_to_change"]) and not archived
    context = {"rows": shown, "years": years, "year": year, "codes": codes, "course": course, "archived": archived}
    return render(request, "classes/_list.html" if request.htmx else "classes/list.html", context)


@require_http_methods(["GET", "POST"])
def new(request: PageRequest) -> HttpResponse:
    """Make a class; its list comes next."""
    form = NewClassForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.create_class(request.user, **form.cleaned_data, actor=request.user)
        except ActionError as error:
            form.refuse(error)
        else:
            return redirect("classes:import", made.public_id)
    return render(request, "classes/new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def detail(request: PageRequest, class_id: UUID) -> HttpResponse:
    """The students. A search is posted, so that no name stands in an address; it changes nothing.

    Closing the panel asks for the whole page, of which it takes the empty place beside the list.
    """
    frame = class_frame(request, class_id, tab="students")
    only_list = request.htmx and request.htmx.target != "panel"
    template = "classes/_roster.html" if only_list else "classes/detail.html"
    return render(request, template, roster_context(request, frame, left=_left(request, frame)))


def roster_context(request: PageRequest, frame: Frame, **more: Any) -> dict[str, Any]:
    """What the page and the fragment of the class list need. Five statements.

    In Swedish order by surname, unless `?sort=` says otherwise.
    """
    rows = by_surname(roster_rows(frame.school_class))
    titles = add_what_is_known(frame.school_class, rows)
    sort = _sort(request)
    if sort:
        rows.sort(key=SORTS[sort.removeprefix("-")])
    if sort.startswith("-"):
        rows.reverse()
    place = request.resolver_match
    search = request.POST.get("search", "") if place and place.view_name == "classes:detail" else ""
    found = matching(rows, search) if search.strip() else rows
    whole = _page(request) == "all"
    per_page = max(len(found), 1) if whole or len(found) <= PAGED_FROM else PER_PAGE
    page = Paginator(found, per_page).get_page(_page(request))
    others = SchoolClass.objects.editable_by(request.user).filter(owner=frame.school_class.owner, archived_at=None)
    return frame_context(
        frame,
        page=page,
        whole=whole,
        search=search,
        n_rows=len(rows),
        sort=sort,
        query=place_in_list(request),
        titles=titles,
        import_form=None if rows or not frame.can_change else ImportForm(),
        other_classes=others.exclude(pk=frame.school_class.pk) if frame.can_change else (),
        **more,
    )


def place_in_list(request: PageRequest, **more: str) -> str:
    """`?sort=-first&page=2`: where in the list the person is, for every link and form that comes back to it."""
    kept = {"sort": _sort(request), "page": _page(request)}
    kept = {name: value for name, value in kept.items() if value} | more
    return f"?{urlencode(kept)}" if kept else ""


def _sort(request: PageRequest) -> str:
    """What `?sort=` says. Nothing else: no page with names repeats what an address says (BREACH)."""
    sort = request.GET.get("sort", "")
    return sort if sort.removeprefix("-") in SORTS else ""


def _page(request: PageRequest) -> str:
    """What `?page=` says, where that is a page."""
    page = request.GET.get("page", "")
    return page if page == "all" or re.fullmatch(r"[0-9]{1,4}", page) else ""


def _left(request: PageRequest, frame: Frame) -> Left | None:
    """Those who just left, to offer undo."""
    key = uuid_or_none(request.GET.get("left", ""))
    return next(iter(read_leavings(frame.school_class, key=key)), None) if key and frame.can_change else None


@require_http_methods(["GET", "POST"])
@keeps_typed("designation")
def edit(request: PageRequest, class_id: UUID) -> HttpResponse:
    """Name, courses and school year; below, for the owner, sharing, archive and deletion.

    Where somebody else has changed the same, both values are shown and the person chooses.
    """
    frame = class_frame(request, class_id, tab="settings")
    if request.method == "GET":
        return _settings(request, frame)
    school_class = get_editable(SchoolClass.objects, request.user, class_id)
    form, seen = SettingsForm(request.POST, school_class=school_class), _seen(request, school_class)
    if not form.is_valid():
        return _settings(request, frame, form=form, seen=seen)
    typed = form.cleaned_data | {"courses": sorted(form.cleaned_data["courses"])}
    try:
        actions.update_class(school_class, changes=typed, seen=seen, actor=request.user)
    except ActionError as error:
        if error.current is not None:
            return _conflict(request, frame, typed, seen, error)
        form.refuse(error)
        return _settings(request, frame, form=form, seen=seen)
    messages.success(request, _("The settings are saved."))
    return redirect("classes:edit", class_id)


def _seen(request: PageRequest, school_class: SchoolClass) -> dict[str, Any]:
    """What the person has changed, by what the form says it was. A field of which it says nothing was as it is now."""
    was = {name: request.POST.get(f"was.{name}") for name in SettingsForm.base_fields}
    said = {name: value for name, value in was.items() if value is not None}
    courses = {"courses": said["courses"].split()} if "courses" in said else {}
    ticked = {"auto_confirm": bool(said["auto_confirm"])} if "auto_confirm" in said else {}
    return actions.settings_of(school_class) | said | courses | ticked


def _conflict(
    request: PageRequest, frame: Frame, typed: dict[str, Any], seen: dict[str, Any], error: ActionError
) -> HttpResponse:
    """Both values of each field that two people have changed, over a form that wins when it is sent again."""
    theirs = actions.settings_of(error.current)
    mine = {name: value for name, value in typed.items() if value != seen[name]}
    form = SettingsForm(initial=theirs | mine, school_class=error.current)
    both = [
        (form.fields[name].label, _worded(theirs[name]), _worded(value))
        for name, value in mine.items()
        if theirs[name] not in (seen[name], value)
    ]
    return _settings(request, frame, form=form, seen=theirs, error=error, differences=both)


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(str(CourseCode(code).label) for code in value) if isinstance(value, list) else str(value)


def _settings(
    request: PageRequest,
    frame: Frame,
    *,
    form: SettingsForm | None = None,
    seen: dict[str, Any] | None = None,
    share_form: ShareForm | None = None,
    error: ActionError | None = None,
    differences: list[tuple[Any, str, str]] | None = None,
) -> HttpResponse:
    """The page; `seen` is what the class had when the person began, `differences` what two have changed alike."""
    was = seen or actions.settings_of(frame.school_class)
    settings_form = form or SettingsForm(initial=was, school_class=frame.school_class)
    written = was | {"courses": " ".join(was["courses"]), "auto_confirm": "yes" if was["auto_confirm"] else ""}
    context = frame_context(
        frame,
        settings_form=settings_form,
        was={name: written[name] for name in settings_form.fields},
        share_form=share_form or ShareForm(),
        form=form or share_form,
        error=error,
        differences=differences,
        refusals=[error] if error and differences is None else [],
    )
    status = error.status if error else 422 if form or share_form else 200
    return render(request, "classes/settings.html", context, status=status)


@require_POST
def archive(request: PageRequest, class_id: UUID) -> HttpResponse:
    """Put the class away."""
    actions.archive_class(get_owned(SchoolClass.objects, request.user, class_id), actor=request.user)
    messages.success(request, _("The class is archived."))
    return redirect("classes:detail", class_id)


@require_POST
def restore(request: PageRequest, class_id: UUID) -> HttpResponse:
    """Take an archived class back."""
    actions.restore_class(get_owned(SchoolClass.objects, request.user, class_id), actor=request.user)
    messages.success(request, _("The class is back among your classes."))
    return redirect("classes:detail", class_id)


@require_POST
def delete(request: PageRequest, class_id: UUID) -> HttpResponse:
    """Remove a class without batches; otherwise the settings say why not."""
    school_class = get_owned(SchoolClass.objects, request.user, class_id)
    try:
        actions.delete_class(school_class, actor=request.user)
    except ActionError as error:
        if error.code != "has_texts":
            raise
        return _settings(request, class_frame(request, class_id, tab="settings"), error=error)
    messages.success(request, _("The class %(name)s is deleted.") % {"name": school_class.designation})
    return redirect("classes:list")


@require_GET
def export(request: PageRequest, class_id: UUID) -> HttpResponse:
    """The class list as CSV or Excel."""
    school_class = get_visible(SchoolClass.objects, request.user, class_id)
    answer = export_class(school_class, request.GET.get("format", "csv"))
    log_read(school_class, "class_list", actor=request.user)
    return answer


@require_http_methods(["GET", "POST"])
def copy(request: PageRequest, class_id: UUID) -> HttpResponse:
    """Next year's class from this one: its name, and who goes on."""
    school_class = get_owned(SchoolClass.objects, request.user, class_id)
    frame = class_frame(request, class_id, tab="settings")
    students = by_surname(roster_rows(school_class))
    form = CopyForm(
        request.POST if request.method == "POST" else None,
        school_class=school_class,
        courses=frame.courses,
        students=students,
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = actions.copy_class(school_class, **form.cleaned_data, actor=request.user)
        except ActionError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The class %(name)s is made.") % {"name": made.designation})
            return redirect("classes:detail", made.public_id)
    context = frame_context(frame, form=form)
    return render(request, "classes/copy.html", context, status=422 if form.errors else 200)


@require_POST
def share(request: PageRequest, class_id: UUID) -> HttpResponse:
    """Let a colleague read, or also change, the class; a colleague who is there already gets the new right."""
    school_class = get_owned(SchoolClass.objects, request.user, class_id)
    form = ShareForm(request.POST)
    if form.is_valid():
        try:
            made = actions.share_class(school_class, **form.cleaned_data, actor=request.user)
        except ActionError as error:
            form.refuse(error)
        else:
            messages.success(request, _("The class is shared with %(name)s.") % {"name": made.user.name})
            return redirect("classes:edit", class_id)
    return _settings(request, class_frame(request, class_id, tab="settings"), share_form=form)


@require_POST
def unshare(request: PageRequest, class_id: UUID, user_id: UUID) -> HttpResponse:
    """Take a colleague's access back."""
    school_class = get_owned(SchoolClass.objects, request.user, class_id)
    given = ClassShare.objects.select_related("user").filter(school_class=school_class, user__public_id=user_id).first()
    if given is None:
        raise Http404
    actions.remove_share(school_class, share=given, actor=request.user)
    messages.success(request, _("%(name)s cannot see the class any more.") % {"name": given.user.name})
    return redirect("classes:edit", class_id)
