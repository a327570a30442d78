"""The API's door to what students mean for texts: merging two, and protecting an identity."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from batches import actions
from classes.actions.identity import show_identity
from classes.actions.locks import refuse_beyond_reach
from classes.models import Student
from classes.serializers import StudentSerializer
from huleedu.common.access import get_editable, note_access
from huleedu.common.api import ApiViewSet
from huleedu.common.errors import ActionError


class MergeInput(serializers.Serializer[Any]):
    """The student to keep."""

    into = serializers.UUIDField()


class MergeSerializer(serializers.Serializer[Any]):
    """A merge: who was made one with the student, what would move back, and why it cannot (else empty)."""

    id = serializers.UUIDField(source="merge.public_id")
    name = serializers.CharField()
    merged_at = serializers.DateTimeField(source="merge.created_at")
    undone_at = serializers.DateTimeField(source="merge.undone_at", allow_null=True)
    texts = serializers.ListField(child=serializers.CharField())
    hidden_texts = serializers.IntegerField(source="n_hidden_texts")
    classes = serializers.ListField(child=serializers.CharField(), source="class_names")
    hidden_classes = serializers.IntegerField(source="n_hidden_classes")
    spellings = serializers.IntegerField()
    obstacle = serializers.CharField()


class ProtectionInput(serializers.Serializer[Any]):
    """An alias to protect by; or the name and address the student gets again when the protection ends."""

    protected = serializers.BooleanField()
    alias = serializers.CharField(required=False, allow_blank=True, max_length=150)
    given_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    family_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    preferred_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    email = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=254)


class StudentTextsViewSet(ApiViewSet):
    """Changes of a student that reach their texts."""

    serializer_class = StudentSerializer
    queryset = Student.objects.none()

    def _editable(self, key: UUID) -> Student:
        student: Student = get_editable(Student.objects, self.person, key)
        refuse_beyond_reach(student, actor=self.person)
        return student

    def _input(self, serializer_class: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
        serializer = serializer_class(data=request.data)
        serializer.is_valid(raise_exception=True)
        return dict(serializer.validated_data)

    @extend_schema(request=MergeInput, responses=StudentSerializer)
    def merge(self, request: Request, student_id: UUID) -> Response:
        """The student and the one of `into` are the same person: `into` is kept with the texts and classes of both."""
        student = self._editable(student_id)
        into = (
            Student.objects.wholly_editable_by(self.person)
            .filter(public_id=self._input(MergeInput, request)["into"])
            .first()
        )
        if into is None:
            raise ActionError("validation_error", _("There is no such student."), field="into")
        note_access("editable", into)
        return Response(StudentSerializer(actions.merge_students(student, into=into, actor=self.person)).data)

    @extend_schema(responses=MergeSerializer(many=True))
    def merges(self, request: Request, student_id: UUID) -> Response:
        """The merges into the student, newest first, each with what taking it back would move."""
        found = self._editable(student_id).merges.select_related("kept")[:20]
        return Response(
            MergeSerializer([actions.read_unmerge(merge, user=self.person) for merge in found], many=True).data
        )

    @extend_schema(request=None, responses=StudentSerializer)
    def unmerge(self, request: Request, student_id: UUID, merge_id: UUID) -> Response:
        """Two students again; answers with the one who is there again."""
        merge = self._editable(student_id).merges.filter(public_id=merge_id).first()
        if merge is None:
            raise Http404
        return Response(StudentSerializer(actions.unmerge_students(merge, actor=self.person)).data)

    @extend_schema(request=ProtectionInput, responses=StudentSerializer)
    def protection(self, request: Request, student_id: UUID) -> Response:
        """Protect an identity by an alias, or end that; 409 `still_reading` while a file of the batches is read."""
        student = self._editable(student_id)
        values = self._input(ProtectionInput, request)
        alias = values.pop("alias", "")
        if values.pop("protected"):
            student = actions.protect_student(student, alias=alias, actor=self.person)
        else:
            student = show_identity(student, values=values, actor=self.person)
        return Response(StudentSerializer(student).data)
