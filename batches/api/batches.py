"""The API's door to batches. Reads are querysets, writes are actions; nothing is decided here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view, inline_serializer
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from batches import actions, exports
from batches.api.serializers import (
    BatchInput,
    BatchSerializer,
    ConfirmInput,
    EssaySerializer,
    ReopenInput,
    ResultSerializer,
    UndoInput,
    UnlockInput,
    essay_context,
)
from batches.models import Batch, Essay
from batches.state import batch_state
from huleedu.common.access import get_editable, get_owned, get_visible, note_access
from huleedu.common.api import ApiViewSet
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError

STATE = inline_serializer(
    "BatchState",
    {
        "status": serializers.CharField(),
        "locked": serializers.BooleanField(),
        "lock_reason": serializers.CharField(allow_null=True),
        "locked_at": serializers.DateTimeField(allow_null=True),
        "locked_by": serializers.UUIDField(allow_null=True),
        "unlock": serializers.DictField(child=serializers.CharField(), allow_null=True),
        "version": serializers.IntegerField(),
        "source": serializers.CharField(allow_null=True),
        "counts": serializers.DictField(child=serializers.IntegerField()),
        "phases": serializers.DictField(),
        "not_handed_in": serializers.ListField(child=serializers.UUIDField()),
        "may_have": serializers.ListField(child=serializers.UUIDField()),
        "excused": serializers.ListField(child=serializers.UUIDField()),
        "left_class": serializers.ListField(child=serializers.UUIDField()),
    },
)


def _uuid_or_404(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError as error:
        raise Http404 from error


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("status", str),
            OpenApiParameter("class", OpenApiTypes.UUID),
            OpenApiParameter("needs", str, enum=["review"]),
        ]
    )
)
class BatchViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ApiViewSet):
    """Batches: make one, add files, see who wrote them, confirm, hand on."""

    serializer_class = BatchSerializer
    lookup_field = "public_id"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"
    queryset = Batch.objects.none()

    def get_queryset(self) -> QuerySet[Batch]:
        """What the person may see, filtered by `?status= ?class= ?needs=review`."""
        rows = Batch.objects.visible_to(self.person).select_related("school_class")
        query = self.request.query_params
        if query.get("status"):
            rows = rows.filter(status=query["status"]) if query["status"] in Batch.Status else rows.none()
        if query.get("class"):
            rows = rows.filter(school_class__public_id=_uuid_or_404(query["class"]))
        if query.get("needs") == "review":
            rows = rows.needing_review()
        return rows

    def _editable(self) -> Batch:
        return get_editable(Batch.objects.select_related("school_class"), self.person, self.kwargs["id"])

    @extend_schema(request=BatchInput, responses={201: BatchSerializer})
    def create(self, request: Request) -> Response:
        """Make a batch. `course_code` defaults to the class's only course."""
        values = self._input(BatchInput)
        values.pop("version", None)
        school_class = values.get("school_class")
        values["course_code"] = values.get("course_code") or ""
        if school_class:
            note_access("editable", school_class)
        owner = school_class.owner if school_class else self.person
        batch = actions.create_batch(owner, **values, actor=self.person)
        return Response(BatchSerializer(batch).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=BatchInput, responses=BatchSerializer)
    def partial_update(self, request: Request, id: UUID) -> Response:
        """Change title, class, course or dates; with `version`, 409 when another tab was first.

        Another class is refused with 409 `has_decisions` once texts are decided, `batch_locked` once files are closed.
        """
        batch = self._editable()
        values = self._input(BatchInput, partial=True)
        version = values.pop("version", None)
        if "course_code" in values:
            values["course_code"] = values["course_code"] or ""
        try:
            batch = actions.update_batch(batch, changes=values, version=version, actor=self.person)
        except ActionError as error:
            if error.current is not None:
                error.current = BatchSerializer(error.current).data
            raise
        return Response(BatchSerializer(batch).data)

    def destroy(self, request: Request, id: UUID) -> Response:
        """Delete an empty batch, or an archived one with all its files and texts; 409 `has_texts` for any other."""
        actions.delete_batch(get_owned(Batch.objects, self.person, id), actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses=STATE)
    @action(detail=True, methods=["get"])
    def state(self, request: Request, id: UUID) -> Response:
        """Counts, lock, phases, and who has not handed in."""
        return Response(batch_state(get_visible(Batch.objects, self.person, id)))

    @extend_schema(responses=EssaySerializer(many=True))
    @action(detail=True, methods=["get"])
    def essays(self, request: Request, id: UUID) -> Response:
        """The texts with their matches."""
        batch = get_visible(Batch.objects, self.person, id)
        rows = Essay.objects.live().filter(batch=batch).with_match().select_related("batch", "replaces").order_by("pk")
        page: list[Essay] = self.paginate_queryset(rows) or []
        return self.get_paginated_response(EssaySerializer(page, many=True, context=essay_context(page)).data)

    @extend_schema(request=ConfirmInput, responses=OpenApiTypes.OBJECT)
    @action(detail=True, methods=["post"], url_path="confirm-matches")
    def confirm_matches(self, request: Request, id: UUID) -> Response:
        """Confirm the certain matches, all or those named, as one undoable decision."""
        batch = self._editable()
        done = actions.confirm_matches(batch, essay_ids=self._input(ConfirmInput).get("essay_ids"), actor=self.person)
        return Response(
            {
                "confirmed": [str(key) for key in done.confirmed],
                "refused": [{"essay_id": str(key), "code": code} for key, code in done.refused],
                "decision_id": str(done.decision_id) if done.decision_id else None,
                "state": batch_state(batch),
            }
        )

    @extend_schema(request=UndoInput, responses=STATE)
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, id: UUID) -> Response:
        """Undo a decision, or the person's last one; 409 `not_undoable`."""
        batch = self._editable()
        actions.undo_decisions(batch, group=self._input(UndoInput).get("decision_id"), actor=self.person)
        return Response(batch_state(batch))

    @extend_schema(request=None, responses={202: STATE})
    @action(detail=True, methods=["post"])
    def rematch(self, request: Request, id: UUID) -> Response:
        """Match the undecided texts again."""
        batch = actions.rematch_batch(self._editable(), actor=self.person)
        return Response(batch_state(batch), status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=STATE)
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, id: UUID) -> Response:
        """Close the files; 409 `still_reading` while some are being read."""
        return Response(batch_state(actions.lock_batch(self._editable(), actor=self.person)))

    @extend_schema(request=UnlockInput, responses=STATE)
    @action(detail=True, methods=["post"])
    def unlock(self, request: Request, id: UUID) -> Response:
        """Open the files again (owner only)."""
        reason = self._input(UnlockInput).get("reason", "")
        return Response(batch_state(actions.unlock_batch(self._editable(), reason=reason, actor=self.person)))

    @extend_schema(request=None, responses={202: STATE})
    @action(detail=True, methods=["post"])
    def start(self, request: Request, id: UUID) -> Response:
        """Hand the batch on for assessment; its files are closed from then on."""
        batch = actions.start_batch(self._editable(), actor=self.person)
        return Response(batch_state(batch), status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses={202: STATE})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, id: UUID) -> Response:
        """Try again the texts and phases that failed; the others keep what they have."""
        batch = actions.retry_phases(self._editable(), actor=self.person)
        return Response(batch_state(batch), status=status.HTTP_202_ACCEPTED)

    @extend_schema(request=None, responses=STATE)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, id: UUID) -> Response:
        """Stop the batch."""
        return Response(batch_state(actions.cancel_batch(self._editable(), actor=self.person)))

    @extend_schema(request=ReopenInput, responses=STATE)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, id: UUID) -> Response:
        """Back to collecting from an end."""
        reason = self._input(ReopenInput).get("reason", "")
        return Response(batch_state(actions.reopen_batch(self._editable(), reason=reason, actor=self.person)))

    @extend_schema(request=None, responses=STATE)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, id: UUID) -> Response:
        """Put an ended batch away."""
        return Response(batch_state(actions.archive_batch(self._editable(), actor=self.person)))

    @extend_schema(
        parameters=[
            OpenApiParameter("format", str, enum=["csv", "xlsx", "zip"]),
            OpenApiParameter("names", str, enum=list(exports.NAMES)),
        ],
        responses={(200, "text/csv"): OpenApiTypes.BINARY},
    )
    @action(detail=True, methods=["get"])
    def export(self, request: Request, id: UUID) -> HttpResponseBase:
        """The result: a table (CSV or Excel), or a zip of the files.

        `names=students` renames the files to their students; `names=source`, the default where the batch came in a
        learning platform's zip, gives each text that counts the path it had there, to be uploaded back.
        """
        batch = get_visible(Batch.objects, self.person, id)
        query = request.query_params
        answer = exports.export_response(batch, query.get("format", "csv"), query.get("names", ""))
        log_read(batch, "result", actor=self.person)
        return answer

    @extend_schema(responses=ResultSerializer(many=True))
    @action(detail=True, methods=["get"])
    def results(self, request: Request, id: UUID) -> Response:
        """What assessment found, text by text: whose it is, whether it counts, and the figures of each phase."""
        batch = get_visible(Batch.objects, self.person, id)
        rows = Essay.objects.live().filter(batch=batch).with_match().order_by("pk")
        page: list[Essay] = self.paginate_queryset(rows) or []
        return self.get_paginated_response(ResultSerializer(page, many=True).data)

    def _input(self, serializer_class: type[serializers.Serializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        serializer = serializer_class(data=self.request.data, partial=partial, context={"request": self.request})
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)
