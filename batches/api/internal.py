"""The door for sister services: where a batch's phases stand, hand-over, reports, texts. See docs/internal-api.md."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.urls import path
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from batches import actions
from batches.models import Batch
from batches.pipeline import REPORTABLE
from batches.state import pipeline_state
from huleedu.accounts.models import User
from huleedu.common.access import get_editable
from huleedu.internal_api.views import InternalView


class HandedEssayInput(serializers.Serializer[None]):
    """A text of a batch that is handed over. Whose it is stands in our own rows."""

    id = serializers.UUIDField()
    student_id = serializers.UUIDField(allow_null=True, required=False)


class HandOverInput(serializers.Serializer[None]):
    """A batch that is handed over."""

    user_id = serializers.UUIDField()
    course_code = serializers.CharField(allow_null=True, allow_blank=True, required=False)
    essays = HandedEssayInput(many=True)


class CountsInput(serializers.Serializer[None]):
    """How far a phase has come, in texts, those of earlier tries among them."""

    total = serializers.IntegerField(min_value=0, required=False)
    successful = serializers.IntegerField(min_value=0, required=False)
    failed = serializers.IntegerField(min_value=0, required=False)


class PhaseInput(serializers.Serializer[None]):
    """What a service reports of its phase."""

    status = serializers.ChoiceField(choices=REPORTABLE)
    generation = serializers.IntegerField(min_value=0, required=False, allow_null=True)
    essay_counts = CountsInput(required=False)
    error_info = serializers.CharField(max_length=200, required=False, allow_blank=True, allow_null=True)


class BatchView(InternalView):
    """A batch that is handed over to us."""

    def put(self, request: Request, batch_id: UUID) -> Response:
        """Start it for `user_id`; one that has started already stays as it is."""
        serializer = HandOverInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        person = User.objects.filter(public_id=serializer.validated_data["user_id"], is_active=True).first()
        if person is None:
            raise Http404
        batch = get_editable(Batch.objects, person, batch_id)
        essay_ids = [essay["id"] for essay in serializer.validated_data["essays"]]
        batch = actions.receive_hand_over(batch, essay_ids=essay_ids, actor=person)
        return Response(pipeline_state(batch))


class PipelineStateView(InternalView):
    """Where a batch's phases stand."""

    def get(self, request: Request, batch_id: UUID) -> Response:
        """All phases, whether started or not, and the lock."""
        return Response(pipeline_state(_batch(batch_id)))


class PhaseView(InternalView):
    """A phase that another service runs."""

    def put(self, request: Request, batch_id: UUID, phase: str) -> Response:
        """Take in a report. The same again changes nothing, and so does one that is older than what we know."""
        serializer = PhaseInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        report = serializer.validated_data
        batch = _batch(batch_id)
        actions.report_phase(
            batch,
            phase=phase,
            status=report["status"],
            essay_counts=report.get("essay_counts"),
            error_info=report.get("error_info") or "",
            generation=report.get("generation"),
            actor=None,
        )
        return Response(pipeline_state(_batch(batch_id)))


class EssaysView(InternalView):
    """A batch's texts."""

    def get(self, request: Request, batch_id: UUID) -> Response:
        """Those that count, while the batch is being assessed. Each call leaves an audit row."""
        batch = _batch(batch_id)
        essays = actions.hand_out_texts(batch, actor=None)
        return Response({"batch_id": str(batch.public_id), "generation": batch.generation, "essays": essays})


def _batch(batch_id: UUID) -> Batch:
    batch = Batch.objects.select_related("owner").filter(public_id=batch_id).first()
    if batch is None:
        raise Http404
    return batch


_BATCH = "batches/<uuid:batch_id>"

urlpatterns = [
    path(_BATCH, BatchView.as_view(), name="batch"),
    path(f"{_BATCH}/pipeline-state", PipelineStateView.as_view(), name="pipeline-state"),
    path(f"{_BATCH}/phases/<slug:phase>", PhaseView.as_view(), name="phase"),
    path(f"{_BATCH}/essays", EssaysView.as_view(), name="essays"),
]
