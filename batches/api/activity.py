"""The API's door to what has happened."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from batches.activity import FILTERS, Notice, find_notice, read_activity
from batches.models import Batch
from huleedu.accounts.actions import read_notice, see_activity
from huleedu.common.api import ApiViewSet


class NoticeSerializer(serializers.Serializer[Notice]):
    """One line: what happened to a batch or a class, counted per day and person. It names no student."""

    id = serializers.UUIDField(help_text="Of the day, thing, kind and person that the line sums up.")
    at = serializers.DateTimeField(help_text="When the last thing in it happened.")
    kind = serializers.CharField()
    words = serializers.CharField()
    who = serializers.CharField(help_text="Empty for the machine.")
    subject = serializers.SerializerMethodField(help_text="`batch:<uuid>` or `class:<uuid>`.")
    title = serializers.CharField()
    needs_action = serializers.BooleanField()
    notice = serializers.CharField(help_text="Its kind, as in `me/`; empty where it is no notice.")
    is_read = serializers.SerializerMethodField(
        help_text="False until the notice is read, and again when something is added to it."
    )

    def get_subject(self, notice: Notice) -> str:
        """As sockets name resources."""
        kind = "class" if notice.route.startswith("classes:") else "batch"
        return f"{kind}:{notice.public_id}"

    def get_is_read(self, notice: Notice) -> bool:
        """As the page says."""
        return not notice.is_unread


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
    def read(self, request: Request, notice_id: UUID) -> Response:
        """Mark one notice as read as far as it goes now. 404 where it is settled, or older than 90 days."""
        notice = find_notice(self.person, notice_id)
        if notice is None:
            raise NotFound
        read_notice(self.person, notice=notice.id, to=notice.at, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None})
    def seen(self, request: Request) -> Response:
        """Mark all that has happened so far as read."""
        see_activity(self.person, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
