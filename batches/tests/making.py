"""Rows for tests of batches: through the real actions where they matter, straight into the database elsewhere."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from batches import actions
from batches.actions.files import Upload
from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation
from classes.models import Enrolment, SchoolClass, Student
from files.models import EssayFile
from files.storage import save_blob
from huleedu.accounts.models import User


def make_students(school_class: SchoolClass, names: Sequence[str]) -> list[Student]:
    """Students `Given Family` of the class, with addresses."""
    made = Student.objects.bulk_create(
        Student(
            created_by=school_class.owner, given_name=given, family_name=family,
            email=f"{uuid.uuid4().hex[:10]}@elev.example",
        )
        for given, _space, family in (name.partition(" ") for name in names)
    )  # fmt: skip
    Enrolment.objects.bulk_create(Enrolment(school_class=school_class, student=student) for student in made)
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
    files = EssayFile.objects.bulk_create(
        EssayFile(
            owner=batch.owner, name=f"essay-{number}.txt", size=100, sha256=uuid.uuid4().hex * 2, status="read",
            text="Some words.", words=2, detected_type="txt",
        )
        for number in range(count)
    )  # fmt: skip
    BatchFile.objects.bulk_create(BatchFile(batch=batch, file=file) for file in files)
    essays = Essay.objects.bulk_create(Essay(batch=batch, file=file, matched_at=file.created_at) for file in files)
    EssayStudentAssociation.objects.bulk_create(
        EssayStudentAssociation(
            essay=essay, student=student if certainty in ("certain", "unsure") else None, certainty=certainty,
            confidence=0.9 if student else 0.0,
            candidates=[{"student": student.pk, "confidence": 0.9, "reasons": []}] if student else [], **fields,
        )
        for essay, student in zip_longest(essays, students[:count])
    )  # fmt: skip
    return essays


def make_stored(batch: Batch, count: int) -> list[Essay]:
    """`count` files with their bytes, added as people do; then as if they had been read and matched."""
    uploads = [upload(f"stored-{number}-{uuid.uuid4().hex[:6]}.txt") for number in range(count)]
    files = actions.add_files(batch, uploads=uploads, actor=batch.owner)
    keys = [file.pk for file in files]
    now = timezone.now()
    EssayFile.objects.filter(pk__in=keys).update(status="read", text="Some words.", read_at=now)
    Essay.objects.filter(file__in=keys).update(matched_at=now)
    return list(Essay.objects.filter(file__in=keys).select_related("file").order_by("pk"))
