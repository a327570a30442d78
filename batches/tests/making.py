"""Rows for tests of batches: through the real actions where they matter, straight into the database elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django.core.files.base import ContentFile

from batches import actions
from batches.actions.files import Upload
from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation
from classes.models import Enrolment, SchoolClass, Student
from files.models import EssayFile
from files.storage import save_blob
from huleedu.accounts.models import User


def make_students(school_class: SchoolClass, names: Sequence[str]) -> list[Student]:
    """Students `Given Family` of the class, with addresses."""
    made = []
    for name in names:
        given, _space, family = name.partition(" ")
        student = Student.objects.create(
            created_by=school_class.owner,
            given_name=given,
            family_name=family,
            email=f"{uuid.uuid4().hex[:10]}@elev.example",
        )
        Enrolment.objects.create(school_class=school_class, student=student)
        made.append(student)
    return made


def make_batch(owner: User, school_class: SchoolClass | None = None, *, title: str = "The library") -> Batch:
    """An open batch."""
    return actions.create_batch(owner, title=title, school_class=school_class, actor=owner)


def upload(
    name: str, data: bytes = b"Some words of an essay, enough of them to be called a text, and a few more."
) -> Upload:
    """A stored file, ready for `add_files`. The name is added to the bytes, so that no two are copies."""
    content = data + name.encode()
    blob = save_blob(ContentFile(content, name=name))
    return Upload(blob=blob, name=name, path="", size=blob.size)


def make_essays(
    batch: Batch, count: int, *, students: Sequence[Student] = (), certainty: str = "no_match", **fields: Any
) -> list[Essay]:
    """`count` texts, read and matched; the n-th suggests the n-th of `students`."""
    essays = []
    for number in range(count):
        file = EssayFile.objects.create(
            owner=batch.owner, name=f"essay-{number}.txt", size=100, sha256=uuid.uuid4().hex * 2, status="read",
            text="Some words.", words=2, detected_type="txt",
        )  # fmt: skip
        BatchFile.objects.create(batch=batch, file=file)
        essay = Essay.objects.create(batch=batch, file=file, matched_at=file.created_at)
        student = students[number] if number < len(students) else None
        candidates = [{"student": student.pk, "confidence": 0.9, "reasons": []}] if student else []
        EssayStudentAssociation.objects.create(
            essay=essay, student=student if certainty in ("certain", "unsure") else None, certainty=certainty,
            confidence=0.9 if student else 0.0, candidates=candidates, **fields,
        )  # fmt: skip
        essays.append(essay)
    return essays
