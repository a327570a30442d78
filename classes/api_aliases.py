"""The API's door to the spellings that teachers have taught."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from classes import actions
from classes.models import Student, StudentAlias
from huleedu.common.access import get_editable, get_visible
from huleedu.common.api import ApiViewSet


class AliasSerializer(serializers.Serializer[StudentAlias]):
    """A spelling, and where it was learnt: a place in a file, or empty for one that was typed."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    spelling = serializers.CharField(max_length=150)
    place = serializers.CharField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)


class AliasViewSet(ApiViewSet):
    """How else a student is written."""

    serializer_class = AliasSerializer
    queryset = StudentAlias.objects.none()

    @extend_schema(responses=AliasSerializer(many=True))
    def list(self, request: Request, student_id: UUID) -> Response:
        """All, by spelling."""
        student = get_visible(Student.objects, self.person, student_id)
        return Response(AliasSerializer(student.aliases.all(), many=True).data)

    @extend_schema(request=AliasSerializer, responses={201: AliasSerializer})
    def create(self, request: Request, student_id: UUID) -> Response:
        """Teach one; a spelling that is there already is answered as it is."""
        student = get_editable(Student.objects, self.person, student_id)
        serializer = AliasSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        values: dict[str, Any] = serializer.validated_data
        alias = actions.teach_alias(student, spelling=values["spelling"], actor=self.person)
        return Response(AliasSerializer(alias).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, student_id: UUID, alias_id: UUID) -> Response:
        """Forget one."""
        student = get_editable(Student.objects, self.person, student_id)
        actions.forget_alias(student, alias_id=alias_id, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
