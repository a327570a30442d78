"""Which suggestions may become decisions without anybody looking at each."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import F

from batches.models import Batch, EssayStudentAssociation
from classes.models import Enrolment, Student

Association = EssayStudentAssociation


def certain_matches(batch: Batch, associations: Sequence[Association]) -> list[Association]:
    """Those of locked `associations` that are undecided, certain, and of a student whom the batch is for now.

    That is one of the batch's owner and, where it has a class, in that class: matching may not have run since the
    class, or who is in it, changed. One statement.
    """
    certain = [
        match for match in associations if not match.is_decided and match.certainty == Association.Certainty.CERTAIN
    ]
    wanted = {match.student_id for match in certain if match.student_id is not None}
    if batch.school_class_id is None:
        students = set(Student.objects.filter(pk__in=wanted, created_by=batch.owner_id).values_list("pk", flat=True))
    else:
        enrolled = Enrolment.objects.filter(school_class=batch.school_class_id, left_at=None, student__in=wanted)
        own = enrolled.filter(student__created_by=F("school_class__owner"))
        students = set(own.values_list("student_id", flat=True))
    return [match for match in certain if match.student_id in students]
