"""The events classes publish."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from huleedu.outbox.events import EventData, register


@register
class ClassCreatedV1(EventData):
    """A teacher made a class."""

    topic = "huleedu.class.created.v1"
    aggregate = ("class", "class_id")
    public_fields = ("class_id",)

    event_type: Literal["class.created"] = "class.created"
    class_id: UUID
    teacher_user_id: UUID
    class_designation: str


@register
class StudentCreatedV1(EventData):
    """A student was added. The address is null where there is none or the identity is protected."""

    topic = "huleedu.class.student.created.v1"
    aggregate = ("student", "student_id")
    public_fields = ("student_id",)

    event_type: Literal["student.created"] = "student.created"
    student_id: UUID
    student_email: str | None
    created_by_user_id: UUID


@register
class ClassRosterApplied(EventData):
    """A class's students changed: a list was applied or undone."""

    aggregate = ("class", "class_id")
    public_fields = ("class_id", "import_id")

    event_type: Literal["class.roster.applied"] = "class.roster.applied"
    class_id: UUID
    import_id: UUID


@register
class ClassChanged(EventData):
    """A class or its students changed by hand."""

    aggregate = ("class", "class_id")
    public_fields = ("class_id",)

    event_type: Literal["class.changed"] = "class.changed"
    class_id: UUID
