"""The support staff's site at `/support/`: Django's admin behind the same sign-in as everything else, in our look."""

from __future__ import annotations

from functools import update_wrapper
from typing import Any

from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.options import IS_POPUP_VAR, TO_FIELD_VAR
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from huleedu.accounts.components import components

ORDER = (
    *("batch", "essayfile", "essaystudentassociation", "decision", "phaserun", "outboxevent"),
    *("schoolclass", "student", "rosterimport", "user", "school", "logentry"),
)
"""The lists in the order of the start page."""
ROUTES = ("design", "index", "login", "logout", "app_list", None)
"""The desk's own routes; None are the lists and what answers 404. Django's others serve forms the desk has not."""
WINDOWS = {IS_POPUP_VAR, TO_FIELD_VAR}
"""What Django's pop-up windows send."""


class SupportConfig(AdminConfig):
    """Stands in INSTALLED_APPS where `django.contrib.admin` would."""

    default_site = "huleedu.accounts.support.SupportSite"


class SupportSite(AdminSite):
    """One sign-in page (with its limit on tries) and one page to change a password, not two of each."""

    site_header = site_title = index_title = _("Support")
    enable_nav_sidebar = False
    index_template = "support/index.html"

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Those of Django's that are used here, and the page of components."""
        found = [path("design/", self.admin_view(self.design), name="design"), *super().get_urls()]
        return [route for route in found if getattr(route, "name", None) in ROUTES]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As Django's, without the pop-up windows that a row is picked or made in: no form here opens one."""

        def without_windows(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if WINDOWS & {*request.GET, *request.POST}:
                raise Http404
            return view(request, *args, **kwargs)

        return super().admin_view(update_wrapper(without_windows, view), cacheable)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """To the sign-in page; who is signed in and no support staff finds nothing here."""
        if self.has_permission(request):
            return redirect("admin:index")
        if request.user.is_authenticated:
            raise Http404
        asked = request.GET.get("next", reverse("admin:index"))
        return redirect(reverse("accounts:sign-in", query={"next": asked}))

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Nothing: one signs out on the product's own page. (Django asks for the address, so there has to be one.)"""
        raise Http404

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """What wants looking at in numbers, then every list."""
        from huleedu.common.admin import FIGURES

        figures = [figure for read in FIGURES for figure in read()]
        return super().index(request, {"figures": figures, "lists": self._lists(), **(extra_context or {})})

    def app_index(self, request: HttpRequest, app_label: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Lists are not sorted by app here."""
        return redirect("admin:index")

    def _lists(self) -> list[tuple[str, str]]:
        """The name and address of each list, in `ORDER`."""
        from huleedu.common.admin import list_address

        models = sorted(self._registry, key=lambda model: ORDER.index(str(model._meta.model_name)))
        return [(capfirst(self._registry[model].named()[1]), list_address(model)) for model in models]  # type: ignore[attr-defined]  # ReadOnlyAdmin

    def design(self, request: HttpRequest) -> HttpResponse:
        """Every component of the product in every state, in the theme that `?theme=` names."""
        theme = request.GET.get("theme", "")
        context = {
            **self.each_context(request),
            **components(),
            "theme": theme if theme in ("light", "dark") else "",
        }
        return TemplateResponse(request, "support/design.html", context)
