"""Reads that gather over many rows at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, IntegerField, Max, Min, Q, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Now
from django.utils import timezone

from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation
from classes.models import RosterImport, SchoolClass, Student
from files.models import EssayFile

if TYPE_CHECKING:
    from huleedu.accounts.models import User

PACE, ENOUGH = timedelta(minutes=10), 3
"""How far back, and over how many files at least, the pace of reading is taken."""
STOPPED = timedelta(minutes=1)
"""A file that nobody takes for so long, while nobody takes another, waits for a worker that is not there."""


def seconds_left(reading: Mapping[int, int]) -> dict[int, int]:
    """About how long reading will take, batch to seconds, where three files show how fast it goes.

    `reading` says how many files of each batch are still to be read. One statement, none where there are none.
    """
    if not any(reading.values()):
        return {}
    read = BatchFile.objects.filter(batch__in=reading, file__read_at__gt=timezone.now() - PACE).order_by()
    counted = read.values("batch_id").annotate(n=Count("pk"), first=Min("file__read_at"), last=Max("file__read_at"))
    left = {}
    for row in counted.filter(n__gte=ENOUGH):
        each = (row["last"] - row["first"]).total_seconds() / (row["n"] - 1)
        left[row["batch_id"]] = max(1, round(each * reading[row["batch_id"]]))
    return left


def has_reading_stopped(batch: Batch) -> bool:
    """Whether files of the batch have waited for a minute while no worker took or ended any file at all.

    One statement.
    """
    late = timezone.now() - STOPPED
    waiting = BatchFile.objects.filter(
        batch=batch, removed_at=None, file__status=EssayFile.Status.STORED, file__updated_at__lt=late
    )
    at_work = Q(status=EssayFile.Status.READING, lease_until__gte=Now()) | Q(read_at__gte=late)
    return waiting.filter(~Exists(EssayFile.objects.filter(at_work))).exists()


def last_handed_in(students: Iterable[Student], *, other_than: Batch) -> dict[int, datetime]:
    """When each student last handed in a text that a person confirmed, in another batch. One statement."""
    matches = EssayStudentAssociation.objects.filter(
        student__in=[student.pk for student in students], status="confirmed", essay__removed_at=None
    ).exclude(essay__batch=other_than)
    return dict(matches.values_list("student_id").annotate(last=Max("essay__created_at")).order_by())


OTHERS = 10
"""Texts of other batches that stand beside one."""


def texts_in_other_batches(essay: Essay, user: User) -> list[Essay]:
    """What the person may see of the same student elsewhere, newest first, once it is decided whose text it is.

    One statement. A student with protected identity is like any other: the page names the batches alone.
    """
    match = essay.association
    if match.student_id is None or not match.is_decided:
        return []
    same = EssayStudentAssociation.objects.filter(status="confirmed", student=match.student_id).values("essay")
    texts = Essay.objects.visible_to(user).live().filter(pk__in=same, counts=True).exclude(batch=essay.batch_id)
    return list(texts.select_related("batch").order_by("-created_at", "-pk")[:OTHERS])


def what_is_kept(user: User) -> dict[str, int]:
    """How much there is that the person sees. Three statements."""
    return {
        "students": Student.objects.visible_to(user).count(),
        "classes": SchoolClass.objects.visible_to(user).count(),
        "texts": Essay.objects.visible_to(user).count(),
    }


def numbers_removed(user: User) -> int:
    """Personal identity numbers taken out of texts, file names and class lists. Two statements."""
    files = EssayFile.objects.filter(batch_file__batch__in=Batch.objects.visible_to(user).values("pk"))
    lists = RosterImport.objects.filter(school_class__in=SchoolClass.objects.visible_to(user).values("pk"))
    number = Cast(KT("result__personnummer_removed"), IntegerField())
    found = files.aggregate(n=Sum("personnummer_removed")), lists.aggregate(n=Sum(number))
    return sum(each["n"] or 0 for each in found)
