"""The shapes of `/api/v1/` that belong to batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from batches.dates import check_year
from batches.models import Batch, Essay
from classes.models import CourseCode, SchoolClass, Student
from files.models import EssayFile
from files.problems import message_for


class BatchSerializer(serializers.ModelSerializer[Batch]):
    """A batch as it is read."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    class_id = serializers.UUIDField(source="school_class.public_id", read_only=True, allow_null=True, default=None)
    course_code = serializers.SerializerMethodField()
    locked = serializers.BooleanField(source="is_locked", read_only=True)

    class Meta:
        model = Batch
        fields = (
            "id",
            "title",
            "class_id",
            "course_code",
            "due_at",
            "review_by",
            "auto_confirm",
            "status",
            "locked",
            "version",
            "created_at",
        )
        read_only_fields = fields

    def get_course_code(self, batch: Batch) -> str | None:
        """Null where no course was chosen."""
        return batch.course_code or None


class BatchInput(serializers.Serializer[Any]):
    """What creating and changing a batch takes. A class of somebody else is not found."""

    title = serializers.CharField(max_length=200)
    class_id = serializers.SlugRelatedField(
        slug_field="public_id",
        source="school_class",
        queryset=SchoolClass.objects.none(),
        required=False,
        allow_null=True,
        error_messages={"does_not_exist": _("There is no class with this id.")},
    )
    course_code = serializers.ChoiceField(choices=CourseCode.choices, required=False, allow_null=True)
    due_at = serializers.DateTimeField(required=False, allow_null=True, validators=[check_year])
    review_by = serializers.DateTimeField(required=False, allow_null=True, validators=[check_year])
    auto_confirm = serializers.BooleanField(required=False)
    version = serializers.IntegerField(required=False, min_value=1, write_only=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """The class is chosen among those the person may change."""
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None and request.user.is_authenticated:
            classes = SchoolClass.objects.editable_by(request.user).filter(archived_at=None)
            fields["class_id"].queryset = classes  # type: ignore[attr-defined]
        return fields


class FileSerializer(serializers.ModelSerializer[EssayFile]):
    """One file of a batch's list. Expects `essay`, `duplicate_of` and `archive` joined."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    essay_id = serializers.SerializerMethodField()
    problem = serializers.SerializerMethodField()
    warning = serializers.SerializerMethodField()
    message = serializers.SerializerMethodField()
    duplicate_of = serializers.UUIDField(source="duplicate_of.public_id", read_only=True, default=None, allow_null=True)
    archive_id = serializers.UUIDField(source="archive.public_id", read_only=True, default=None, allow_null=True)

    class Meta:
        model = EssayFile
        fields = (
            "id",
            "essay_id",
            "name",
            "path",
            "size",
            "status",
            "problem",
            "warning",
            "message",
            "detected_type",
            "duplicate_of",
            "archive_id",
            "attempts",
            "created_at",
        )
        read_only_fields = fields

    def get_essay_id(self, file: EssayFile) -> str | None:
        """Null where the file was skipped or refused."""
        essay: Essay | None = getattr(file, "essay", None)
        return str(essay.public_id) if essay is not None and essay.removed_at is None else None

    def get_problem(self, file: EssayFile) -> str | None:
        """A code of the contract."""
        return file.problem or None

    def get_warning(self, file: EssayFile) -> str | None:
        """`short_text` or null."""
        return file.warning or None

    def get_message(self, file: EssayFile) -> str:
        """What to tell the teacher, in the request's language; empty where all is well."""
        return message_for(file)


class StudentBrief(serializers.ModelSerializer[Student]):
    """A student beside a text."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Student
        fields = ("id", "given_name", "family_name", "preferred_name", "email")
        read_only_fields = fields


class FileBrief(serializers.ModelSerializer[EssayFile]):
    """A file beside its essay."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = EssayFile
        fields = ("id", "name", "path", "status", "problem")
        read_only_fields = fields


class EssaySerializer(serializers.ModelSerializer[Essay]):
    """An essay with its match. Students of candidates come from `context["students"]`, primary key to Student."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    batch_id = serializers.UUIDField(source="batch.public_id", read_only=True)
    file = FileBrief(read_only=True)
    version = serializers.IntegerField(source="association.version", read_only=True)
    words = serializers.IntegerField(source="file.words", read_only=True)
    association = serializers.SerializerMethodField()
    candidates = serializers.SerializerMethodField()
    evidence = serializers.JSONField(source="association.evidence", read_only=True)
    version_of = serializers.UUIDField(source="replaces.public_id", read_only=True, default=None, allow_null=True)

    class Meta:
        model = Essay
        fields = (
            "id",
            "batch_id",
            "file",
            "version",
            "words",
            "association",
            "candidates",
            "evidence",
            "version_of",
            "counts",
            "results",
        )
        read_only_fields = fields

    def get_association(self, essay: Essay) -> dict[str, Any]:
        """What stands now, and who decided it."""
        match = essay.association
        return {
            "status": match.status,
            "certainty": match.certainty,
            "student": StudentBrief(match.student).data if match.student else None,
            "method": match.method or None,
            "confidence": match.confidence,
            "decided_by": str(match.decided_by.public_id) if match.decided_by else None,
            "decided_at": match.decided_at,
            "is_new": match.is_new,
        }

    def get_candidates(self, essay: Essay) -> list[dict[str, Any]]:
        """At most five, best first; a student deleted since is left out."""
        students: dict[int, Student] = self.context.get("students", {})
        return [
            {
                "student": StudentBrief(students[candidate["student"]]).data,
                "confidence": candidate["confidence"],
                "reasons": candidate["reasons"],
            }
            for candidate in essay.association.candidates
            if candidate["student"] in students
        ]


def essay_context(essays: Sequence[Essay]) -> dict[str, Any]:
    """The context of `EssaySerializer`: every candidate of `essays`, in one statement."""
    keys = {candidate["student"] for essay in essays for candidate in essay.association.candidates}
    return {"students": Student.objects.in_bulk(sorted(keys)) if keys else {}}


class EssayDetailSerializer(EssaySerializer):
    """As in the list, with the text."""

    text = serializers.CharField(source="file.text", read_only=True)

    class Meta(EssaySerializer.Meta):
        fields = (*EssaySerializer.Meta.fields, "text")  # type: ignore[assignment]  # a longer tuple than the base has
        read_only_fields = fields  # type: ignore[assignment]  # a longer tuple than the base has


class ResultSerializer(serializers.ModelSerializer[Essay]):
    """One text in the result of its batch. `student` is null until a person has decided."""

    essay_id = serializers.UUIDField(source="public_id", read_only=True)
    file_id = serializers.UUIDField(source="file.public_id", read_only=True)
    name = serializers.CharField(source="file.name", read_only=True)
    status = serializers.CharField(source="association.status", read_only=True)
    student = serializers.SerializerMethodField()
    words = serializers.IntegerField(source="file.words", read_only=True)

    class Meta:
        model = Essay
        fields = ("essay_id", "file_id", "name", "status", "student", "counts", "words", "results")
        read_only_fields = fields

    @extend_schema_field(StudentBrief(allow_null=True))
    def get_student(self, essay: Essay) -> dict[str, Any] | None:
        """Who wrote it, once that is decided."""
        match = essay.association
        return dict(StudentBrief(match.student).data) if match.is_decided and match.student else None


class AssociationInput(serializers.Serializer[Any]):
    """Who wrote it (null: no student of the class), and the version the person saw."""

    student_id = serializers.UUIDField(allow_null=True)
    version = serializers.IntegerField(min_value=1)


class SeenVersion(serializers.Serializer[Any]):
    """The version that the person saw, in the query; without it whatever stands is meant."""

    version = serializers.IntegerField(min_value=1, required=False, default=None)


class CountsInput(serializers.Serializer[Any]):
    """Which of the student's texts counted when the person chose this one."""

    instead_of = serializers.UUIDField()


class ConfirmInput(serializers.Serializer[Any]):
    """Which essays to confirm; without a list, every certain one."""

    essay_ids = serializers.ListField(child=serializers.UUIDField(), required=False, allow_null=True, max_length=500)


class UndoInput(serializers.Serializer[Any]):
    """Which decision to undo; without an id, the person's last."""

    decision_id = serializers.UUIDField(required=False, allow_null=True)


class UnlockInput(serializers.Serializer[Any]):
    """Why the batch is unlocked."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)


class ReopenInput(serializers.Serializer[Any]):
    """Why the batch is reopened."""

    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)


class PasteInput(serializers.Serializer[Any]):
    """A text in place of a file that cannot be read."""

    text = serializers.CharField(max_length=2_000_000, trim_whitespace=False)
