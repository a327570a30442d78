"""The API's door to who read and changed what, and to all of one student."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from auditlog.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from batches.access_log import KINDS, WHO, Entry, log_file, name_entries, read_log
from batches.student_data import student_file
from classes.models import Student
from huleedu.common.access import get_visible
from huleedu.common.api import ApiViewSet
from huleedu.common.audit import log_read


class LogFilter(serializers.Serializer[Any]):
    """Which entries: all where nothing is said. A class or student of somebody else has none."""

    who = serializers.ChoiceField(choices=list(WHO), required=False, allow_blank=True, default="")
    what = serializers.ChoiceField(choices=list(KINDS), required=False, allow_blank=True, default="")
    class_id = serializers.UUIDField(required=False, default=None)
    student_id = serializers.UUIDField(required=False, default=None)
    format = serializers.ChoiceField(choices=["json", "csv"], required=False, default="json")


class LogEntrySerializer(serializers.Serializer[Entry]):
    """One entry, in the words of the request's language. `who` is empty for the machine."""

    at = serializers.DateTimeField()
    who = serializers.CharField()
    did = serializers.CharField()
    about = serializers.CharField()
    where = serializers.CharField()


class AccessLogViewSet(ApiViewSet):
    """Who read, exported and changed what, of all that the person may see. Nothing of it can be changed."""

    serializer_class = LogEntrySerializer
    queryset = LogEntry.objects.none()

    @extend_schema(
        parameters=[
            OpenApiParameter("who", str, enum=list(WHO)),
            OpenApiParameter("what", str, enum=list(KINDS)),
            OpenApiParameter("class_id", OpenApiTypes.UUID),
            OpenApiParameter("student_id", OpenApiTypes.UUID),
            OpenApiParameter("format", str, enum=["json", "csv"]),
        ]
    )
    def list(self, request: Request) -> HttpResponseBase:
        """Newest first; `format=csv` gives the newest 10,000 as a file."""
        asked = LogFilter(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        entries = self._entries(asked.validated_data)
        if asked.validated_data["format"] == "csv":
            return log_file(entries)
        lines: Any = name_entries(self.paginate_queryset(entries) or [], together=False)
        return self.get_paginated_response(LogEntrySerializer(lines, many=True).data)

    def _entries(self, asked: dict[str, Any]) -> QuerySet[LogEntry]:
        key = asked["student_id"]
        student = get_visible(Student.objects, self.person, key) if key else None
        return read_log(
            self.person, who=asked["who"], what=asked["what"], class_id=asked["class_id"], student=student
        )  # fmt: skip


class StudentExportViewSet(ApiViewSet):
    """Everything about one student, to hand out."""

    serializer_class = LogEntrySerializer
    queryset = Student.objects.none()

    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def retrieve(self, request: Request, student_id: UUID) -> HttpResponseBase:
        """A zip: a page to read, the same as data, the texts and the files. Making it is logged."""
        student: Student = get_visible(Student.objects, self.person, student_id)
        answer = student_file(student, self.person)
        log_read(student, "student_data", actor=self.person)
        return answer
