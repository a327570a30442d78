"""How far a batch has come, counted from its rows: the `state` of the API and the numbers on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Case, Exists, OuterRef, Q, When

from batches.matching.ties import in_conflict
from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation, Excuse, PhaseRun
from batches.pipeline import BUILT_IN
from batches.querysets import file_counts
from batches.steps import way_out
from batches.unread import IN_CONFLICT, probable_writers
from classes.models import Student
from classes.ordering import name_key
from files.models import EssayFile

Association = EssayStudentAssociation


@dataclass(frozen=True, slots=True)
class Counts:
    """files = reading + problems + skipped + read; essays = undecided + confirmed + no_student; opened ⊆ read.

    to_review ⊆ undecided: what the pages mean by it, texts that need more than a nod, here as everywhere.
    """

    files: int
    reading: int
    problems: int
    skipped: int
    read: int
    opened: int
    essays: int
    undecided: int
    to_review: int
    suggested: int
    certain: int
    confirmed: int
    no_student: int

    @property
    def to_tell(self) -> int:
        """The files as a person counts them: a zip that was opened is not one more beside what came out of it."""
        return self.files - self.opened

    @property
    def read_to_tell(self) -> int:
        """Of these, those that were read."""
        return self.read - self.opened


def count_batch(batch: Batch) -> Counts:
    """Two statements."""
    files = BatchFile.objects.filter(batch=batch, removed_at=None).aggregate(**file_counts("file__"))
    return Counts(**files, **Essay.objects.live().filter(batch=batch).counts())


@dataclass(frozen=True, slots=True)
class HandedIn:
    """Who of the class has no text: nobody suggests one (`missing`), or only an unsure match does (`may_have`).

    The name of a file that could not be read counts as an unsure match, and so does a conflict, for each of its
    students.

    Of those who are `excused`, or have `left` the class since the batch was made, none is expected; they are in neither
    of the others, nor counted.
    """

    missing: tuple[Student, ...]
    may_have: tuple[Student, ...]
    excused: tuple[Student, ...] = ()
    left: tuple[Student, ...] = ()
    refused: Mapping[int, Student] = field(default_factory=dict)
    """Files that could not be read, by primary key, to whose they probably are."""
    in_class: tuple[Student, ...] = ()
    """All who are in the class, with and without a text."""


def who_has_not_handed_in(batch: Batch, *, problems: bool = True) -> HandedIn:
    """Two statements, one more or three where the batch has `problems`; empty without a class."""
    if batch.school_class_id is None:
        return HandedIn((), ())
    matches = Association.objects.filter(essay__batch=batch, essay__removed_at=None)
    matches = matches.filter(Q(student__isnull=False) | IN_CONFLICT)
    # Of the others the candidates, with all their reasons, would be fetched for nothing.
    matches = matches.annotate(several=Case(When(IN_CONFLICT, then="candidates")))
    refused = probable_writers(batch) if problems else {}
    sure: set[int] = set()
    unsure: set[int] = {student.pk for student in refused.values()}
    for student_pk, status, certainty, several in matches.values_list("student_id", "status", "certainty", "several"):
        if several is not None:
            unsure.update(in_conflict(several))
            continue
        decided = status == Association.Status.CONFIRMED or certainty == Association.Certainty.CERTAIN
        (sure if decided else unsure).add(student_pk)
    excuses = Excuse.objects.filter(batch=batch, student=OuterRef("pk"))
    in_class = Student.objects.in_class_since(batch.school_class_id, batch.created_at)
    students: list[Any] = list(in_class.annotate(is_excused=Exists(excuses)))
    students.sort(key=lambda student: name_key(student.given_name, student.family_name))
    without = [student for student in students if student.pk not in sure]
    there = [student for student in without if student.left_at is None]
    expected = [student for student in there if not student.is_excused]
    return HandedIn(
        missing=tuple(student for student in expected if student.pk not in unsure),
        may_have=tuple(student for student in expected if student.pk in unsure),
        excused=tuple(student for student in there if student.is_excused),
        left=tuple(student for student in without if student.left_at is not None),
        refused=refused,
        in_class=tuple(student for student in students if student.left_at is None),
    )


def unread_count(batch: Batch, refused: Mapping[int, Student]) -> int:
    """How many unreadable files no student is known for: anybody may have handed them in. One statement.

    `refused` are those whose name tells the student.
    """
    unread = BatchFile.objects.filter(batch=batch, removed_at=None, file__status__in=[*EssayFile.PROBLEMS])
    unread = unread.exclude(file__in=refused)
    return (
        unread.filter(file__essay__association__student=None)
        .exclude(file__essay__association__status=Association.Status.NO_STUDENT)
        .count()
    )


def phases(batch: Batch, counts: Counts) -> dict[str, dict[str, Any]]:
    """Every phase of the current generation, and `student_matching`, which is the reviewing itself. One statement."""
    shown = {"student_matching": _matching_phase(batch, counts)}
    for run in batch.phase_runs.filter(generation=batch.generation):
        shown[run.phase] = _phase(run)
    return shown


def pipeline_state(batch: Batch) -> dict[str, Any]:
    """What sister services are told, the `GET …/pipeline-state` of the internal API. Four statements.

    All phases are there also before the batch was started. Times are datetimes, ids strings.
    """
    runs = list(batch.phase_runs.filter(generation=batch.generation))
    states = {phase: _phase(PhaseRun(phase=phase, status=_before_start(phase))) for phase in PhaseRun.Phase.values}
    states.update({run.phase: _phase(run) for run in runs})
    return {
        "batch_id": str(batch.public_id),
        "user_id": str(batch.owner.public_id),
        "pipeline_state": {
            "batch_id": str(batch.public_id),
            "requested_pipelines": [r.phase for r in runs if r.status != PhaseRun.Status.SKIPPED_BY_USER_CONFIG],
            **states,
            "student_matching": _matching_phase(batch, count_batch(batch)),
            "last_updated": max([batch.updated_at, *(run.reported_at for run in runs if run.reported_at)]),
        },
        "locked": batch.is_locked,
        "lock_reason": batch.lock_reason or None,
    }


def _before_start(phase: str) -> str:
    used = {*BUILT_IN, *settings.PIPELINE_EXTERNAL_PHASES}
    return PhaseRun.Status.PENDING_DEPENDENCIES if phase in used else PhaseRun.Status.SKIPPED_BY_USER_CONFIG


def _phase(run: PhaseRun) -> dict[str, Any]:
    return {
        "status": run.status,
        "essay_counts": {
            "total": run.total,
            "pending_dispatch_or_processing": run.total - run.successful - run.failed,
            "successful": run.successful,
            "failed": run.failed,
        },
        "started_at": run.started_at,
        "completed_at": run.completed_at,
        "error_info": run.error_info or None,
        "progress_percentage": _percentage(run.successful + run.failed, run.total, run.status in PhaseRun.ENDS),
    }


def _matching_phase(batch: Batch, counts: Counts) -> dict[str, Any]:
    done = counts.confirmed + counts.no_student
    if not counts.files:
        status = PhaseRun.Status.PENDING_DEPENDENCIES
    elif counts.reading or counts.undecided:
        status = PhaseRun.Status.IN_PROGRESS
    else:
        status = PhaseRun.Status.COMPLETED_SUCCESSFULLY
    return {
        "status": status,
        "essay_counts": {
            "total": counts.essays,
            "pending_dispatch_or_processing": counts.undecided,
            "successful": done,
            "failed": 0,
        },
        "started_at": batch.created_at,
        "completed_at": None,
        "error_info": None,
        "progress_percentage": _percentage(done, counts.essays, ended=False),
    }


def _percentage(done: int, total: int, ended: bool) -> int:
    if not total:
        return 100 if ended else 0
    return round(100 * done / total)


def batch_state(batch: Batch) -> dict[str, Any]:
    """The `state` of the API. Five statements however many files there are, three more where some are refused."""
    counts = count_batch(batch)
    handed_in = who_has_not_handed_in(batch, problems=counts.problems > 0)
    out = way_out(batch)
    return {
        "status": batch.status,
        "locked": batch.is_locked,
        "lock_reason": batch.lock_reason or None,
        "locked_at": batch.locked_at,
        "locked_by": str(batch.locked_by.public_id) if batch.locked_by else None,
        "unlock": {"step": out[0], "by": out[1]} if out else None,
        "version": batch.version,
        "source": batch.processing_metadata.get("source"),
        "counts": {
            "files": counts.files,
            "reading": counts.reading,
            "problems": counts.problems,
            "skipped": counts.skipped,
            "essays": counts.essays,
            "certain": counts.certain,
            "suggested": counts.suggested,
            "undecided": counts.undecided,
            "confirmed": counts.confirmed,
            "no_student": counts.no_student,
        },
        "phases": phases(batch, counts),
        "not_handed_in": [str(student.public_id) for student in handed_in.missing],
        "may_have": [str(student.public_id) for student in handed_in.may_have],
        "excused": [str(student.public_id) for student in handed_in.excused],
        "left_class": [str(student.public_id) for student in handed_in.left],
    }
