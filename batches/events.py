"""The events batches publish. The first four are bus contracts; the others are the product's own."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from huleedu.outbox.events import EventData, register


@register
class BatchFileAddedV1(EventData):
    """A file was added to a batch."""

    topic = "huleedu.file.batch.file.added.v1"
    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "file_id")

    event_type: Literal["batch.file.added"] = "batch.file.added"
    batch_id: UUID
    file_id: UUID | None = None
    file_name: str
    added_by_user_id: UUID


@register
class BatchFileRemovedV1(EventData):
    """A file was removed from a batch."""

    topic = "huleedu.file.batch.file.removed.v1"
    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "file_id")

    event_type: Literal["batch.file.removed"] = "batch.file.removed"
    batch_id: UUID
    file_id: UUID | None = None
    file_name: str
    removed_by_user_id: UUID


class ParsedStudent(BaseModel):
    """A roster student whom a text of the batch suggests. Strings found in texts are never passed on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    student_email: str | None
    student_name: str | None = None


@register
class StudentParsingCompletedV1(EventData):
    """Every file of a batch has been read and matched."""

    topic = "huleedu.file.student.parsing.completed.v1"
    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id",)

    event_type: Literal["student.parsing.completed"] = "student.parsing.completed"
    batch_id: UUID
    parsed_by_user_id: UUID
    students: tuple[ParsedStudent, ...]


@register
class EssayStudentAssociationUpdatedV1(EventData):
    """A person decided whose text an essay is; `student_id` is null for "not in this class" and an undone decision."""

    topic = "huleedu.class.essay.association.updated.v1"
    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "essay_id", "version")

    event_type: Literal["essay.student.association.updated"] = "essay.student.association.updated"
    essay_id: UUID
    student_id: UUID | None
    batch_id: UUID
    updated_by_user_id: UUID
    version: int | None = None


@register
class BatchStatusChanged(EventData):
    """The batch took a step."""

    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "status", "version")

    event_type: Literal["batch.status.changed"] = "batch.status.changed"
    batch_id: UUID
    status: str
    version: int


@register
class EssayRead(EventData):
    """Reading a file came to an end."""

    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "essay_id", "file_id", "status")

    event_type: Literal["essay.read"] = "essay.read"
    batch_id: UUID
    essay_id: UUID | None
    file_id: UUID
    status: str


@register
class EssayMatchSuggested(EventData):
    """The machine has new suggestions for these essays."""

    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "essay_ids")

    event_type: Literal["essay.match.suggested"] = "essay.match.suggested"
    batch_id: UUID
    essay_ids: tuple[UUID, ...]


@register
class EssayVersionCounted(EventData):
    """A person chose which of a student's texts counts."""

    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "essay_id")

    event_type: Literal["essay.version.counted"] = "essay.version.counted"
    batch_id: UUID
    essay_id: UUID


@register
class BatchExpectationChanged(EventData):
    """From a student a text of the batch is no longer expected, or is again."""

    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "student_id")

    event_type: Literal["batch.expectation.changed"] = "batch.expectation.changed"
    batch_id: UUID
    student_id: UUID


@register
class BatchReviewNeeded(EventData):
    """Everything is read and matched, and texts wait for the teacher."""

    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "undecided")

    event_type: Literal["batch.review.needed"] = "batch.review.needed"
    batch_id: UUID
    undecided: int


@register
class BatchPhaseChanged(EventData):
    """A phase of the pipeline took a step."""

    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id", "phase", "status")

    event_type: Literal["batch.phase.changed"] = "batch.phase.changed"
    batch_id: UUID
    phase: str
    status: str


@register
class BatchDeadlineNear(EventData):
    """The time to review by is near, and texts are undecided."""

    aggregate = ("batch", "batch_id")
    public_fields = ("batch_id",)

    event_type: Literal["batch.deadline.near"] = "batch.deadline.near"
    batch_id: UUID
