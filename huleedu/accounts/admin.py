"""Support staff's view of people and schools. Nobody is deleted and no password is shown here."""

from __future__ import annotations

from typing import Any

import django.contrib.auth.admin  # noqa: F401  (registers groups, which are unregistered below)
from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from huleedu.accounts import actions
from huleedu.accounts.models import School, TokenFamily, User
from huleedu.common.admin import Choices, ReadOnlyAdmin
from huleedu.common.errands import ErrandKind
from huleedu.common.errors import ActionError, refuse_personal_number
from huleedu.common.text import clean_line

admin.site.unregister(Group)  # what a person may do follows from the role; groups have no meaning here


def _sign_outs(user: User) -> str:
    """What signing out would end."""
    n = TokenFamily.objects.filter(user=user, revoked_at=None).count()
    return _("Ends every session in a browser, and sign-ins through the API: {n}.").format(n=n)


def _deactivation(user: User) -> str:
    if not user.is_active:
        raise ActionError("illegal_transition", _("The person may not sign in as it is."))
    return _("The person can no longer sign in. {ended}").format(ended=_sign_outs(user))


def _activation(user: User) -> str:
    if user.is_active:
        raise ActionError("illegal_transition", _("The person may sign in as it is."))
    return _("The person can sign in again.")


def _not_oneself(user: User, actor: User) -> None:
    if user.pk == actor.pk:
        raise ActionError("permission_denied", _("Nobody shuts themselves out."))


class SignInFilter(Choices):
    """Who may sign in, who never did."""

    title = gettext_lazy("sign-in")
    parameter_name = "sign_in"
    choices_of = {
        "may": (gettext_lazy("may sign in"), lambda rows: rows.filter(is_active=True)),
        "may_not": (gettext_lazy("may not sign in"), lambda rows: rows.filter(is_active=False)),
        "never": (gettext_lazy("never signed in"), lambda rows: rows.filter(last_login=None)),
    }


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """People: who they are, whether they may sign in."""

    list_display = ("email", "display_name", "role", "school", "last_login", "may_sign_in")
    list_filter = ("role", SignInFilter, "school")
    search_fields = ("email", "display_name", "public_id")
    list_select_related = ("school",)
    ordering = ("email",)
    fields = (
        *("public_id", "email", "display_name", "role", "school", "language", "theme", "density", "is_active"),
        *("last_login", "date_joined"),
    )
    errands = (
        ErrandKind(
            "sign_out",
            gettext_lazy("Ends every sign-in of the person; they can sign in again at once."),
            run=lambda user, actor: actions.sign_out_everywhere(user, actor=actor),
            preview=_sign_outs,
        ),
        ErrandKind(
            "deactivate",
            gettext_lazy("Keeps all the person has, and lets them in no more until they are activated."),
            run=lambda user, actor: actions.set_active(user, active=False, actor=actor),
            preview=_deactivation,
            allow=_not_oneself,
        ),
        ErrandKind(
            "activate",
            gettext_lazy("Undoes a deactivation."),
            run=lambda user, actor: actions.set_active(user, active=True, actor=actor),
            preview=_activation,
        ),
    )

    def title_of(self, row: User) -> str:
        """The address: support staff talk with people."""
        return row.email

    @admin.display(description=gettext_lazy("may sign in"), ordering="is_active")
    def may_sign_in(self, user: User) -> str:
        """A word only where they may not."""
        return "" if user.is_active else _("no")


class SchoolForm(forms.ModelForm[School]):
    """The name of a school, which no other has."""

    def clean_name(self) -> str:
        """One line, and not another school's in other letters."""
        name = clean_line(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError(_("Write a name."))
        try:
            refuse_personal_number(name, field="name")
        except ActionError as error:
            raise forms.ValidationError(str(error.message)) from error
        if School.objects.filter(name__iexact=name).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("There is already a school with this name."))
        return name


@admin.register(School)
class SchoolAdmin(ReadOnlyAdmin):
    """Schools. Support staff add and rename them; a school with people cannot go."""

    list_display = ("name", "public_id", "created_at")
    search_fields = ("name", "public_id")
    fields = ("name",)
    form = SchoolForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        """All support staff."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """All support staff."""
        return self.has_view_permission(request, obj)
