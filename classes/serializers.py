"""What the API of classes takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from classes.models import ClassShare, CourseCode, Leaving, Student


class ClassSerializer(serializers.Serializer[Any]):
    """One class, as `classes.reads.class_json` makes it."""

    id = serializers.UUIDField()
    designation = serializers.CharField()
    courses = serializers.ListField(child=serializers.ChoiceField(choices=CourseCode.choices))
    school_year = serializers.CharField()
    auto_confirm = serializers.BooleanField()
    archived = serializers.BooleanField()
    students = serializers.IntegerField()
    is_owner = serializers.BooleanField()
    can_change = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class ClassInput(serializers.Serializer[Any]):
    """What making and changing a class takes."""

    designation = serializers.CharField(max_length=100)
    courses = serializers.ListField(child=serializers.ChoiceField(choices=CourseCode.choices), required=False)
    school_year = serializers.CharField(max_length=7, required=False)
    auto_confirm = serializers.BooleanField(required=False)
    """Whether new batches that are to be reviewed by a time confirm their certain matches then."""


class CopyInput(serializers.Serializer[Any]):
    """What next year's class is called, and who goes on; everybody by default."""

    designation = serializers.CharField(max_length=100, required=False)
    school_year = serializers.CharField(max_length=7, required=False)
    courses = serializers.ListField(child=serializers.ChoiceField(choices=CourseCode.choices), required=False)
    student_ids = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=5_000)


class StudentSerializer(serializers.ModelSerializer[Student]):
    """One student."""

    id = serializers.UUIDField(source="public_id", read_only=True)

    class Meta:
        model = Student
        fields = ("id", "given_name", "family_name", "preferred_name", "email", "external_ids")
        read_only_fields = fields


class StudentInput(serializers.Serializer[Any]):
    """A student's names and address, or the id of one that is there already."""

    student_id = serializers.UUIDField(required=False)
    given_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    family_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    preferred_name = serializers.CharField(required=False, allow_blank=True, max_length=150)
    email = serializers.CharField(required=False, allow_blank=True, allow_null=True, max_length=254)


class LeavingSerializer(serializers.ModelSerializer[Leaving]):
    """Students who left a class together. Who they are stands in no list of those who are there: only how many."""

    id = serializers.UUIDField(source="public_id", read_only=True)
    moved_to = serializers.UUIDField(source="moved_to.public_id", read_only=True, default=None, allow_null=True)
    students = serializers.IntegerField(source="n_students", read_only=True)

    class Meta:
        model = Leaving
        fields = ("id", "created_at", "students", "moved_to", "undone_at")
        read_only_fields = fields


class RosterInput(serializers.Serializer[Any]):
    """A class list as pasted text (a file comes as multipart)."""

    text = serializers.CharField(max_length=5_000_000, trim_whitespace=False)


class RosterCorrection(serializers.Serializer[Any]):
    """What the teacher corrects in one row, and whether it is imported."""

    values = serializers.DictField(child=serializers.CharField(allow_blank=True, allow_null=True), required=False)
    include = serializers.BooleanField(required=False)
    take = serializers.ListField(child=serializers.CharField(max_length=20), required=False)
    """Fields changed by hand in which the list is to win."""


class RosterRevision(serializers.Serializer[Any]):
    """How to read the list differently, and corrected rows by line."""

    sheet = serializers.CharField(required=False, max_length=255)
    """Another of the preview's `sheets`."""
    encoding = serializers.ChoiceField(
        choices=["", "utf-8", "cp1252", "mac_roman", "cp850", "latin-1", "utf-16-le", "utf-16-be"], required=False
    )
    columns = serializers.DictField(child=serializers.CharField(allow_blank=True), required=False)
    surname_first = serializers.BooleanField(required=False, allow_null=True)
    """How names in one column are written; null lets the list tell."""
    rows = serializers.DictField(child=RosterCorrection(), required=False)

    def to_internal_value(self, data: Any) -> Any:
        """A misspelt way to read the list is refused, not left out."""
        if isinstance(data, Mapping) and (unknown := sorted(data.keys() - self.fields.keys())):
            raise serializers.ValidationError({name: [_("There is no such choice.")] for name in unknown})
        return super().to_internal_value(data)


class ShareSerializer(serializers.ModelSerializer[ClassShare]):
    """A colleague with access."""

    user_id = serializers.UUIDField(source="user.public_id", read_only=True)
    email = serializers.EmailField(source="user.email", read_only=True)
    display_name = serializers.CharField(source="user.name", read_only=True)

    class Meta:
        model = ClassShare
        fields = ("user_id", "email", "display_name", "can_change")
        read_only_fields = fields


class ShareInput(serializers.Serializer[Any]):
    """Whom to share with, and what they may do."""

    email = serializers.EmailField()
    can_change = serializers.BooleanField(default=False)
