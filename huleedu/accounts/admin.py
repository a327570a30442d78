"""Support staff's view of people and of what was changed. Nobody is deleted and no password is shown here."""

from __future__ import annotations

from typing import Any, cast

import auditlog.admin  # registers its own view of the log, which is replaced below
import django.contrib.auth.admin  # noqa: F401  (registers groups, which are unregistered below)
from auditlog.models import LogEntry
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from huleedu.accounts import actions
from huleedu.accounts.models import School, User
from huleedu.common.admin import ReadOnlyAdmin

admin.site.unregister(Group)  # what a person may do follows from the role; groups have no meaning here
admin.site.unregister(LogEntry)


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    """People: who they are, whether they may sign in. Two steps are possible, both through the actions."""

    list_display = ("email", "display_name", "role", "school", "is_active", "last_login", "date_joined")
    list_filter = ("role", "is_active", "school", "date_joined")
    search_fields = ("email", "display_name", "public_id")
    list_select_related = ("school",)
    ordering = ("email",)
    fields = (
        *("public_id", "email", "display_name", "role", "school", "language", "theme", "density", "shortcuts", "go_on"),
        *("is_active", "last_login", "date_joined"),
    )
    actions = ("deactivate", "activate", "sign_out_everywhere")

    @admin.action(description=_("Deactivate: no longer let them sign in"))
    def deactivate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Support staff cannot shut themselves out."""
        others = people.exclude(pk=cast("User", request.user).pk)
        for user in others:
            actions.set_active(user, active=False, actor=cast("User", request.user))
        self._told(request, len(others))

    @admin.action(description=_("Activate: let them sign in again"))
    def activate(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """Undo a deactivation."""
        for user in people:
            actions.set_active(user, active=True, actor=cast("User", request.user))
        self._told(request, len(people))

    @admin.action(description=_("Sign out everywhere"))
    def sign_out_everywhere(self, request: HttpRequest, people: QuerySet[User]) -> None:
        """End all sessions, tokens and sockets."""
        for user in people:
            actions.sign_out_everywhere(user, actor=cast("User", request.user))
        self._told(request, len(people))

    def _told(self, request: HttpRequest, number: int) -> None:
        messages.success(request, ngettext("Done for %d person.", "Done for %d people.", number) % number)


@admin.register(School)
class SchoolAdmin(ReadOnlyAdmin):
    """Schools. Support staff add and rename them; a school with people cannot go."""

    list_display = ("name", "public_id", "created_at")
    list_filter = ("created_at",)
    search_fields = ("name", "public_id")
    fields = ("name", "public_id", "created_at", "updated_at")
    readonly_fields = ("public_id", "created_at", "updated_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """All support staff."""
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """All support staff."""
        return self.has_view_permission(request, obj)


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin, auditlog.admin.LogEntryAdmin):
    """Who changed what and when; names and addresses are masked when they are written."""

    search_fields = ("object_repr", "object_pk", "cid", "actor__email", "actor__public_id")
    list_filter = ("action", auditlog.admin.ResourceTypeFilter, auditlog.admin.CIDFilter)
