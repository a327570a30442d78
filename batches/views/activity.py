"""What has happened, newest first, and marking it as read."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from batches.activity import find_notice, read_activity
from huleedu.accounts.actions import read_notice, see_activity
from huleedu.accounts.notices import NOTICE_DAYS
from huleedu.common.requests import PageRequest

SHOWS = {
    "": _("All"),
    "unread": _("Unread"),
    "needs": _("Needs action"),
    "mine": _("My batches"),
    "others": _("Others' changes"),
}
"""What `?show=` takes, and its words."""


@require_safe
def activity(request: PageRequest) -> HttpResponse:
    """The page; for htmx its list. `?show=` is one of `SHOWS`."""
    show = request.GET.get("show", "")
    show = show if show in SHOWS else ""
    notices = read_activity(request.user, show=show)
    context = {
        "notices": notices,
        "n_unread": sum(notice.is_unread for notice in notices),
        "show": show,
        "shows": list(SHOWS.items()),
        "days": NOTICE_DAYS,
    }
    return render(request, "batches/_activity.html" if request.htmx else "batches/activity.html", context)


@require_safe
def follow(request: PageRequest, notice_id: UUID) -> HttpResponse:
    """To the page the notice is about; it is read by that."""
    notice = find_notice(request.user, notice_id)
    if notice is None:
        messages.info(request, gettext("That is settled, or it is no longer kept."))
        return redirect("batches:activity")
    if request.method == "GET" and not notice.is_read:
        read_notice(request.user, notice=notice.id, to=notice.at, actor=request.user)
    return redirect(notice.route, notice.public_id)


@require_POST
def read(request: PageRequest, notice_id: UUID) -> HttpResponse:
    """Mark one notice as read, without going there."""
    notice = find_notice(request.user, notice_id)
    if notice is not None and not notice.is_read:
        read_notice(request.user, notice=notice.id, to=notice.at, actor=request.user)
    show = request.GET.get("show", "")
    return redirect(reverse("batches:activity", query={"show": show} if show in SHOWS and show else None))


@require_POST
def seen(request: PageRequest) -> HttpResponse:
    """Mark all that has happened so far as read."""
    see_activity(request.user, actor=request.user)
    return redirect("batches:activity")
