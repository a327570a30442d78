"""The API's paths of batches, their files and essays."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from batches.api.activity import ActivityViewSet
from batches.api.batches import BatchViewSet
from batches.api.excuses import ExcuseViewSet
from batches.api.files import BatchFileViewSet, EssayViewSet
from batches.api.names import NamePatternViewSet
from batches.api.privacy import AccessLogViewSet, StudentExportViewSet
from batches.api.students import StudentTextsViewSet

router = SimpleRouter(use_regex_path=False)
router.register("batches", BatchViewSet, basename="batch")
router.register("essays", EssayViewSet, basename="essay")

_FILES = "batches/<uuid:batch_id>/files/"


urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("activity/", ActivityViewSet.as_view({"get": "list"}), name="activity"),
    path("activity/<uuid:notice_id>/read/", ActivityViewSet.as_view({"post": "read"}), name="activity-read"),
    path("activity/seen/", ActivityViewSet.as_view({"post": "seen"}), name="activity-seen"),
    path("privacy/log/", AccessLogViewSet.as_view({"get": "list"}), name="privacy-log"),
    path(
        "students/<uuid:student_id>/export/", StudentExportViewSet.as_view({"get": "retrieve"}), name="student-export"
    ),
    path("students/<uuid:student_id>/merge/", StudentTextsViewSet.as_view({"post": "merge"}), name="student-merge"),
    path("students/<uuid:student_id>/merges/", StudentTextsViewSet.as_view({"get": "merges"}), name="student-merges"),
    path(
        "students/<uuid:student_id>/merges/<uuid:merge_id>/undo/",
        StudentTextsViewSet.as_view({"post": "unmerge"}),
        name="student-unmerge",
    ),
    path(
        "students/<uuid:student_id>/protection/",
        StudentTextsViewSet.as_view({"put": "protection"}),
        name="student-protection",
    ),
    path(
        "batches/<uuid:batch_id>/name-pattern/",
        NamePatternViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"}),
        name="batch-name-pattern",
    ),
    path(
        "batches/<uuid:batch_id>/excuses/<uuid:student_id>/",
        ExcuseViewSet.as_view({"put": "update", "delete": "destroy"}),
        name="batch-excuse",
    ),
    path(_FILES, BatchFileViewSet.as_view({"get": "list", "post": "create"}), name="batch-files"),
    path(f"{_FILES}<uuid:file_id>/", BatchFileViewSet.as_view({"delete": "destroy"}), name="batch-file"),
    path(
        f"{_FILES}<uuid:file_id>/download/", BatchFileViewSet.as_view({"get": "download"}), name="batch-file-download"
    ),
    path(f"{_FILES}<uuid:file_id>/restore/", BatchFileViewSet.as_view({"post": "restore"}), name="batch-file-restore"),
    path(f"{_FILES}<uuid:file_id>/retry/", BatchFileViewSet.as_view({"post": "retry"}), name="batch-file-retry"),
    path(
        f"{_FILES}<uuid:file_id>/replacement/",
        BatchFileViewSet.as_view({"post": "replacement"}),
        name="batch-file-replacement",
    ),
    path(f"{_FILES}<uuid:file_id>/text/", BatchFileViewSet.as_view({"post": "text"}), name="batch-file-text"),
]
