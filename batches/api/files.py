"""The API's door to a batch's files and to single essays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from batches import actions
from batches.api.serializers import (
    AssociationInput,
    CountsInput,
    EssayDetailSerializer,
    EssaySerializer,
    FileSerializer,
    PasteInput,
    SeenVersion,
    essay_context,
)
from batches.models import Batch, Essay
from batches.querysets import files_of
from batches.uploads import receive_files
from classes.models import Student
from files.downloads import download_response
from files.models import EssayFile
from files.pasted import pasted_document
from huleedu.common.access import get_editable, get_visible
from huleedu.common.api import ApiViewSet
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.parsers import SafeJSONParser


class BatchFileViewSet(ApiViewSet):
    """A batch's files: everything the teacher dropped, each with its state."""

    serializer_class = FileSerializer
    queryset = EssayFile.objects.none()
    throttle_scope = "upload"

    def get_parsers(self) -> list[Any]:
        """Files come as multipart; a pasted text comes as JSON."""
        return [MultiPartParser(), SafeJSONParser()]

    def _visible(self) -> Batch:
        return get_visible(Batch.objects.select_related("owner"), self.person, self.kwargs["batch_id"])

    def _editable(self) -> Batch:
        return get_editable(Batch.objects.select_related("owner"), self.person, self.kwargs["batch_id"])

    def _file(self, batch: Batch, *, removed: bool = False) -> EssayFile:
        file = files_of(batch, removed=removed).filter(public_id=self.kwargs["file_id"]).first()
        if file is None:
            raise Http404
        return file

    def list(self, request: Request, batch_id: UUID) -> Response:
        """The files, oldest first."""
        page = self.paginate_queryset(files_of(self._visible())) or []
        return self.get_paginated_response(FileSerializer(page, many=True).data)

    @extend_schema(request={"multipart/form-data": OpenApiTypes.OBJECT}, responses={202: OpenApiTypes.OBJECT})
    def create(self, request: Request, batch_id: UUID) -> Response:
        """Add `files` (one or many, with `paths` for a dropped folder); they are read in the background."""
        batch = self._editable()
        added = receive_files(batch, files=request.FILES.getlist("files"), paths=_paths(request), actor=self.person)
        return self._accepted(batch, added)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, batch_id: UUID, file_id: UUID) -> Response:
        """Take the file out; 409 `batch_locked` once the batch is locked."""
        batch = self._editable()
        actions.remove_file(batch, file=self._file(batch), actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    @action(detail=True, methods=["get"])
    def download(self, request: Request, batch_id: UUID, file_id: UUID) -> HttpResponseBase:
        """The original bytes."""
        file = self._file(self._visible())
        answer = download_response(file)
        log_read(file, "file", actor=self.person)
        return answer

    @extend_schema(request=None, responses={200: FileSerializer})
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, batch_id: UUID, file_id: UUID) -> Response:
        """Put back a file that was taken out, with its text and match, as long as it is kept; twice changes nothing."""
        batch = self._editable()
        file = actions.restore_file(batch, file=self._file(batch, removed=True), actor=self.person)
        return Response(FileSerializer(file).data)

    @extend_schema(request=None, responses={202: FileSerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, batch_id: UUID, file_id: UUID) -> Response:
        """Read a file with a problem once more; or a copy, to keep both."""
        batch = self._editable()
        file = actions.retry_batch_file(batch, file=self._file(batch), actor=self.person)
        return Response(FileSerializer(file).data, status=status.HTTP_202_ACCEPTED)

    @extend_schema(request={"multipart/form-data": OpenApiTypes.OBJECT}, responses={202: OpenApiTypes.OBJECT})
    @action(detail=True, methods=["post"])
    def replacement(self, request: Request, batch_id: UUID, file_id: UUID) -> Response:
        """Put another file in this one's place (`files`, exactly one)."""
        batch = self._editable()
        added = receive_files(
            batch, files=request.FILES.getlist("files")[:1], replaced=self._file(batch), actor=self.person
        )
        return self._accepted(batch, added)

    @extend_schema(request=PasteInput, responses={202: FileSerializer})
    @action(detail=True, methods=["post"])
    def text(self, request: Request, batch_id: UUID, file_id: UUID) -> Response:
        """Use a pasted text for a file that cannot be read."""
        batch = self._editable()
        serializer = PasteInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        document = pasted_document(serializer.validated_data["text"])
        file = actions.paste_text(batch, file=self._file(batch), document=document, actor=self.person)
        return Response(FileSerializer(file).data, status=status.HTTP_202_ACCEPTED)

    def _accepted(self, batch: Batch, added: Sequence[EssayFile]) -> Response:
        rows = files_of(batch).filter(pk__in=[file.pk for file in added])
        return Response({"results": FileSerializer(rows, many=True).data}, status=status.HTTP_202_ACCEPTED)


def _paths(request: Request) -> list[str]:
    data: Any = request.data
    return list(data.getlist("paths")) if hasattr(data, "getlist") else []


class EssayViewSet(mixins.RetrieveModelMixin, ApiViewSet):
    """One essay: its text, its match, and deciding it."""

    serializer_class = EssayDetailSerializer
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"
    queryset = Essay.objects.none()

    def get_queryset(self) -> QuerySet[Essay]:
        """What the person may see."""
        return Essay.objects.visible_to(self.person)

    def retrieve(self, request: Request, id: UUID) -> Response:
        """The essay with its text."""
        essay = get_visible(Essay.objects, self.person, id)
        log_read(essay, "text", actor=self.person)
        return self._answer(essay)

    @extend_schema(methods=["PUT"], request=AssociationInput, responses=EssaySerializer)
    @extend_schema(methods=["DELETE"], parameters=[SeenVersion], responses={200: EssaySerializer})
    @action(detail=True, methods=["put", "delete"])
    def association(self, request: Request, id: UUID) -> Response:
        """PUT says who wrote it; DELETE takes the decision back. 409 `version_conflict` when somebody was first."""
        essay = get_editable(Essay.objects, self.person, id)
        try:
            if request.method == "DELETE":
                actions.clear_decision(essay, version=_version(request), actor=self.person)
            else:
                self._decide(essay, request)
        except ActionError as error:
            if error.current is not None:
                error.current = self._answer(essay).data
            raise
        return self._answer(essay, EssaySerializer)

    @extend_schema(request=None, responses={202: EssaySerializer})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, id: UUID) -> Response:
        """Try this text again, which could not be assessed; 409 `illegal_transition` for one that could."""
        essay = get_editable(Essay.objects.select_related("batch"), self.person, id)
        actions.retry_phases(essay.batch, essay=essay, actor=self.person)
        answer = self._answer(essay, EssaySerializer)
        answer.status_code = status.HTTP_202_ACCEPTED
        return answer

    @extend_schema(request=CountsInput, responses=EssaySerializer)
    @action(detail=True, methods=["put"])
    def counts(self, request: Request, id: UUID) -> Response:
        """Let this version of a student's text count instead of another; 409 `version_conflict` when that changed."""
        essay = get_editable(Essay.objects, self.person, id)
        serializer = CountsInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        try:
            actions.count_version(essay, instead_of=serializer.validated_data["instead_of"], actor=self.person)
        except ActionError as error:
            if error.current is not None:
                error.current = self._answer(essay).data
            raise
        return self._answer(essay, EssaySerializer)

    def _decide(self, essay: Essay, request: Request) -> None:
        serializer = AssociationInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        key = serializer.validated_data["student_id"]
        student = None if key is None else get_visible(Student.objects, self.person, key)
        version = serializer.validated_data["version"]
        actions.decide_student(essay, student=student, version=version, actor=self.person)

    def _answer(self, essay: Essay, shape: type[EssaySerializer] = EssayDetailSerializer) -> Response:
        """With the text as GET answers; without, for a change: that may be kept for an Idempotency-Key."""
        rows = Essay.objects.filter(pk=essay.pk).select_related(
            "batch", "replaces", "file", "association__student", "association__decided_by"
        )
        fresh = rows.get()
        return Response(shape(fresh, context=essay_context([fresh])).data)


def _version(request: Request) -> int | None:
    serializer = SeenVersion(data=request.query_params.dict())
    serializer.is_valid(raise_exception=True)
    version: int | None = serializer.validated_data["version"]
    return version
