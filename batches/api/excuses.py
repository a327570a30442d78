"""The API's door to whom no text is expected from."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from batches import actions
from batches.models import Batch
from classes.models import Student
from huleedu.common.access import get_editable, get_visible
from huleedu.common.api import ApiViewSet


class ExcuseViewSet(ApiViewSet):
    """One student of a batch's class. Who is excused stands in the batch's state."""

    serializer_class = Serializer
    queryset = Batch.objects.none()

    def _both(self) -> tuple[Batch, Student]:
        batch = get_editable(Batch.objects, self.person, self.kwargs["batch_id"])
        return batch, get_visible(Student.objects, self.person, self.kwargs["student_id"])

    @extend_schema(request=None, responses={204: None})
    def update(self, request: Request, batch_id: UUID, student_id: UUID) -> Response:
        """Expect no text from the student."""
        batch, student = self._both()
        actions.excuse_student(batch, student=student, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(request=None, responses={204: None})
    def destroy(self, request: Request, batch_id: UUID, student_id: UUID) -> Response:
        """Expect a text again."""
        batch, student = self._both()
        actions.expect_student(batch, student=student, actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)
