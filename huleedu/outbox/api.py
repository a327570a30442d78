"""`GET /api/v1/events/`: what the WebSocket would have told, for clients that poll."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from huleedu.outbox import history

_ANSWER = inline_serializer(
    "Events",
    {
        "results": serializers.ListField(child=serializers.DictField()),
        "last_seq": serializers.IntegerField(),
        "resync": serializers.BooleanField(),
    },
)


class AfterInput(serializers.Serializer[dict[str, int]]):
    """The number of the last frame the client knows."""

    after = serializers.IntegerField(min_value=0, max_value=2**62, default=0)


class EventsView(APIView):
    """Frames after a number. `resync`: some are no longer kept, read everything anew."""

    @extend_schema(parameters=[OpenApiParameter("after", int)], responses=_ANSWER)
    def get(self, request: Request) -> Response:
        """The person's own frames, oldest first."""
        given = AfterInput(data=request.query_params)
        given.is_valid(raise_exception=True)
        user_pk = int(request.user.pk or 0)
        frames = history.frames_after(user_pk, given.validated_data["after"])
        return Response({"results": frames or [], "last_seq": history.last_seq(user_pk), "resync": frames is None})
