"""The API's door to what has happened."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from batches.activity import FILTERS, Notice, read_activity
from batches.models import Batch
from huleedu.accounts.actions import see_activity
from huleedu.common.api import ApiViewSet


class NoticeSerializer(serializers.Serializer[Notice]):
    """One line: what happened to a batch or a class, counted per day and person. It names no student."""

    at = serializers.DateTimeField()
    kind = serializers.CharField()
    words = serializers.CharField()
    who = serializers.CharField(help_text="Empty for the machine.")
    subject = serializers.SerializerMethodField(help_text="`batch:<uuid>` or `class:<uuid>`.")
    title = serializers.CharField()
    needs_action = serializers.BooleanField()
    is_new = serializers.BooleanField()

    def get_subject(self, notice: Notice) -> str:
        """As sockets name resources."""
        kind = "class" if notice.route.startswith("classes:") else "batch"
        return f"{kind}:{notice.public_id}"


class ActivityViewSet(ApiViewSet):
    """What has happened to the person's batches and classes."""

    serializer_class = NoticeSerializer
    queryset = Batch.objects.none()

    @extend_schema(parameters=[OpenApiParameter("show", str, enum=[key for key in FILTERS if key])])
    def list(self, request: Request) -> Response:
        """Newest first, 90 days back."""
        notices: Any = read_activity(self.person, show=request.query_params.get("show", ""))
        page: Any = self.paginate_queryset(notices) or []
        return self.get_paginated_response(NoticeSerializer(page, many=True).data)

    @extend_schema(request=None, responses={204: None})
    def seen(self, request: Request) -> Response:
        """Nothing that has happened so far is new any more."""
        see_activity(self.person, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
