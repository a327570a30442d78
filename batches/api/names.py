"""The API's door to how names are read in a batch's file names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from batches import actions
from batches.api.serializers import BatchSerializer
from batches.matching.name_pattern import SEPARATORS, NamePattern, Part, Span
from batches.models import Batch
from batches.name_preview import Found, NameReading, NameRow
from huleedu.common.access import get_editable, get_visible
from huleedu.common.api import ApiViewSet
from huleedu.common.errors import ActionError


class NamePatternInput(serializers.Serializer[Any]):
    """Which words of one file's name, counted from 0, are its writer's name. `dry_run`: only say what would change."""

    file_id = serializers.UUIDField()
    given = serializers.ListField(child=serializers.IntegerField(min_value=0), required=False, max_length=20)
    family = serializers.ListField(child=serializers.IntegerField(min_value=0), required=False, max_length=20)
    dry_run = serializers.BooleanField(required=False, default=False)
    version = serializers.IntegerField(required=False, min_value=1)


class SpanOutput(serializers.Serializer[Any]):
    """A part of a file name, in code points."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()
    text = serializers.CharField()


class FoundOutput(serializers.Serializer[Any]):
    """Whom a text is matched with."""

    student_id = serializers.UUIDField(allow_null=True)
    certainty = serializers.CharField()
    decided = serializers.BooleanField()


class NameRowOutput(serializers.Serializer[Any]):
    """One file name, before and after."""

    essay_id = serializers.UUIDField()
    file_id = serializers.UUIDField()
    name = serializers.CharField()
    words = SpanOutput(many=True)
    old = SpanOutput(many=True)
    new = SpanOutput(many=True)
    before = FoundOutput()
    after = FoundOutput()


class PatternOutput(serializers.Serializer[Any]):
    """Which pieces of a file name are the name; see `batches.matching.name_pattern`."""

    separator = serializers.ChoiceField(choices=[*SEPARATORS])
    before = serializers.IntegerField(allow_null=True)
    after = serializers.IntegerField(allow_null=True)
    count = serializers.IntegerField(allow_null=True)
    without_common = serializers.BooleanField()
    order = serializers.ChoiceField(choices=["given_first", "family_first", ""])


class NamePatternOutput(serializers.Serializer[Any]):
    """How names are read; `pattern` is null where nobody has said."""

    pattern = PatternOutput(allow_null=True)
    saved = serializers.BooleanField()
    rows = NameRowOutput(many=True)


class NamePatternViewSet(ApiViewSet):
    """How the writers' names are read in a batch's file names."""

    serializer_class = NamePatternOutput
    queryset = Batch.objects.none()

    def retrieve(self, request: Request, batch_id: UUID) -> Response:
        """As things stand."""
        batch = get_visible(Batch.objects, self.person, batch_id)
        reading = NameReading(batch)
        return _answer(reading.pattern, reading.rows(), saved=reading.pattern is not None)

    @extend_schema(request=NamePatternInput)
    def update(self, request: Request, batch_id: UUID) -> Response:
        """Learn from one marked file name, and say what that changes; with `dry_run` nothing is saved."""
        batch = get_editable(Batch.objects, self.person, batch_id)
        serializer = NamePatternInput(data=request.data)
        serializer.is_valid(raise_exception=True)
        values = serializer.validated_data
        reading = NameReading(batch)
        pattern = _derive(reading, values)
        rows = reading.preview(pattern)
        if not values["dry_run"]:
            try:
                actions.set_name_pattern(batch, pattern=pattern, version=values.get("version"), actor=self.person)
            except ActionError as error:
                if error.current is not None:
                    error.current = BatchSerializer(error.current).data
                raise
        return _answer(pattern, rows, saved=not values["dry_run"])

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, batch_id: UUID) -> Response:
        """Read names as before."""
        actions.clear_name_pattern(get_editable(Batch.objects, self.person, batch_id), actor=self.person)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _derive(reading: NameReading, values: dict[str, Any]) -> NamePattern:
    essay = next((one for one in reading.essays if one.file.public_id == values["file_id"]), None)
    if essay is None:
        raise ActionError("validation_error", _("There is no such file."), field="file_id")
    marks: dict[int, Part] = dict.fromkeys(values.get("given", ()), "given")
    marks.update(dict.fromkeys(values.get("family", ()), "family"))
    pattern = reading.derive(essay, marks)
    if pattern is None:
        raise ActionError("validation_error", _("Choose the words that are the name."), field="given")
    return pattern


def _answer(pattern: NamePattern | None, rows: Sequence[NameRow], *, saved: bool) -> Response:
    content = {"pattern": pattern.as_json() if pattern else None, "saved": saved, "rows": [_row(row) for row in rows]}
    return Response(content)


def _row(row: NameRow) -> dict[str, Any]:
    file = row.essay.file
    return {
        "essay_id": str(row.essay.public_id),
        "file_id": str(file.public_id),
        "name": file.name,
        "words": _spans(file.name, [(word.start, word.end) for word in row.words]),
        "old": _spans(file.name, row.old),
        "new": _spans(file.name, row.new),
        "before": _found(row.before),
        "after": _found(row.after),
    }


def _spans(name: str, spans: Sequence[Span]) -> list[dict[str, Any]]:
    return [{"start": start, "end": end, "text": name[start:end]} for start, end in spans]


def _found(found: Found) -> dict[str, Any]:
    student = str(found.student.public_id) if found.student else None
    return {"student_id": student, "certainty": found.certainty, "decided": found.decided}
