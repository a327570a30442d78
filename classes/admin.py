"""Support staff's view of classes. Read-only: changes go through the teachers' own actions."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from classes.models import Enrolment, RosterImport, SchoolClass, SchoolClassQuerySet, Student
from huleedu.common.admin import ReadOnlyAdmin, masked


@admin.register(SchoolClass)
class SchoolClassAdmin(ReadOnlyAdmin):
    """Classes by owner and year."""

    list_display = ("public_id", "designation", "owner", "school_year", "n_students", "archived_at", "created_at")
    list_filter = ("school_year", ("archived_at", admin.EmptyFieldListFilter), "courses__code")
    search_fields = ("public_id", "owner__email")
    list_select_related = ("owner",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[SchoolClass]:
        """With the number of students."""
        rows: SchoolClassQuerySet = super().get_queryset(request)  # type: ignore[assignment]  # from the default manager
        return rows.with_counts()

    @admin.display(description=_("students"), ordering="n_students")
    def n_students(self, school_class: SchoolClass) -> int:
        """Those who have not left."""
        return int(getattr(school_class, "n_students", 0))


@admin.register(Student)
class StudentAdmin(ReadOnlyAdmin):
    """Students with masked names."""

    list_display = ("public_id", "masked_name", "masked_email", "created_by", "created_at")
    list_filter = ("created_at",)
    search_fields = ("public_id",)
    list_select_related = ("created_by",)
    fields = ("public_id", "masked_name", "masked_email", "created_by", "created_at", "updated_at")

    @admin.display(description=_("name"))
    def masked_name(self, student: Student) -> str:
        """`E*** B***`"""
        return masked(student.name)

    @admin.display(description=_("e-mail address"))
    def masked_email(self, student: Student) -> str:
        """`e***@***`"""
        return masked(student.email or "")


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    """Who is in which class since when."""

    list_display = ("id", "school_class", "student", "created_at", "left_at")
    list_filter = (("left_at", admin.EmptyFieldListFilter),)
    list_select_related = ("school_class", "student")


@admin.register(RosterImport)
class RosterImportAdmin(ReadOnlyAdmin):
    """Class lists on their way in."""

    list_display = ("public_id", "school_class", "created_by", "status", "created_at", "applied_at", "undone_at")
    list_filter = ("status", "created_at")
    list_select_related = ("school_class", "created_by")
    fields = ("public_id", "school_class", "created_by", "status", "created_at", "applied_at", "undone_at", "result")
