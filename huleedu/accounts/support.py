"""The support staff's site at `/support/`: Django's admin behind the same sign-in as everything else."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _


class SupportConfig(AdminConfig):
    """Stands in INSTALLED_APPS where `django.contrib.admin` would."""

    default_site = "huleedu.accounts.support.SupportSite"


class SupportSite(AdminSite):
    """One sign-in page (with its limit on tries) and one page to change a password, not two of each."""

    site_header = site_title = _("HuleEdu support")
    index_title = _("Support")
    enable_nav_sidebar = False

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the sign-in page; who is signed in and no support staff finds nothing here."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise Http404
        asked = request.GET.get("next", reverse("admin:index"))
        return redirect(reverse("accounts:sign-in", query={"next": asked}))

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """To the account page, whose change also ends tokens and sockets."""
        return redirect("accounts:account")
