"""The API's paths of classes and students."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from classes.api import ClassViewSet, RosterImportViewSet, RosterViewSet, StudentViewSet
from classes.api_aliases import AliasViewSet

router = SimpleRouter(use_regex_path=False)
router.register("classes", ClassViewSet, basename="class")
router.register("students", StudentViewSet, basename="student")

_ALIASES = "students/<uuid:student_id>/aliases/"
_CLASS = "classes/<uuid:class_id>/"
_IMPORT = f"{_CLASS}roster-imports/<uuid:import_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path(f"{_CLASS}students/", RosterViewSet.as_view({"get": "list", "post": "create"}), name="roster"),
    path(f"{_CLASS}students/<uuid:student_id>/", RosterViewSet.as_view({"delete": "destroy"}), name="roster-student"),
    path(f"{_CLASS}left/", RosterViewSet.as_view({"get": "left"}, pagination_class=None), name="leavings"),
    path(f"{_CLASS}left/<uuid:leaving_id>/undo/", RosterViewSet.as_view({"post": "undo"}), name="leaving-undo"),
    path(_ALIASES, AliasViewSet.as_view({"get": "list", "post": "create"}), name="student-aliases"),
    path(f"{_ALIASES}<uuid:alias_id>/", AliasViewSet.as_view({"delete": "destroy"}), name="student-alias"),
    path(f"{_CLASS}roster-imports/", RosterImportViewSet.as_view({"post": "create"}), name="roster-imports"),
    path(_IMPORT, RosterImportViewSet.as_view({"get": "retrieve", "patch": "partial_update"}), name="roster-import"),
    path(f"{_IMPORT}apply/", RosterImportViewSet.as_view({"post": "apply"}), name="roster-import-apply"),
    path(f"{_IMPORT}undo/", RosterImportViewSet.as_view({"post": "undo"}), name="roster-import-undo"),
]
