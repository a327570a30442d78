"""What has happened, newest first, and marking it as read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from batches.activity import DAYS, read_activity
from huleedu.accounts.actions import see_activity
from huleedu.common.requests import PageRequest

SHOWS = {
    "": _("All"),
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
        "n_new": sum(notice.is_new for notice in notices),
        "show": show,
        "shows": list(SHOWS.items()),
        "days": DAYS,
    }
    return render(request, "batches/_activity.html" if request.htmx else "batches/activity.html", context)


@require_POST
def seen(request: PageRequest) -> HttpResponse:
    """Nothing that has happened so far is new any more."""
    see_activity(request.user, actor=request.user)
    return redirect("batches:activity")
