"""Who may have handed in although no text is theirs.

A file that could not be read has a name and folders that may still say whose it is; a text in conflict has several
students.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from batches.class_list import rosters_of, students_of_classes
from batches.matching import EssayClues, RosterIndex, match_essays, prepare_roster
from batches.matching.ties import in_conflict
from batches.models import Batch, BatchFile, EssayStudentAssociation, Excuse
from classes.models import Student
from files.authorship import find_evidence
from files.evidence import Document, Evidence
from files.models import ZIP, EssayFile


def probable_writers(batch: Batch) -> dict[int, Student]:
    """Refused file, by primary key, to the one student of the class whom its name tells. Nothing is written.

    One statement, two more where there are such files. Whose name fits several, or only nearly, is left out.
    """
    return probable_writers_of([batch]).get(batch.pk, {})


def probable_writers_of(batches: Iterable[Batch]) -> dict[int, dict[int, Student]]:
    """The same of several batches, by primary key, in as many statements; those without such a file are left out."""
    classes = {batch.pk: batch.school_class_id for batch in batches if batch.school_class_id is not None}
    if not classes:
        return {}
    rows = BatchFile.objects.filter(batch__in=classes, removed_at=None, file__status=EssayFile.Status.REJECTED)
    rows = rows.exclude(file__detected_type=ZIP).select_related("file").order_by("pk")
    fields = ("name", "path", "sidecars", "archive_index", "detected_type")
    refused: dict[int, list[EssayFile]] = defaultdict(list)
    for row in rows.only("batch", *(f"file__{field}" for field in fields)):
        refused[row.batch_id].append(row.file)
    if not refused:
        return {}
    students = students_of_classes({classes[batch_pk] for batch_pk in refused})
    rosters = {pk: prepare_roster(roster) for pk, roster in rosters_of(students).items()}
    in_class = {pk: files for pk, files in refused.items() if classes[pk] in rosters}
    return {pk: _writers(files, students[classes[pk]], rosters[classes[pk]]) for pk, files in in_class.items()}


def _writers(files: list[EssayFile], students: dict[str, Student], roster: RosterIndex) -> dict[int, Student]:
    clues = [EssayClues(key=str(file.pk), evidence=_evidence(file), has_text=False) for file in files]
    suggestions = match_essays(clues, roster)
    return {
        int(key): students[suggestion.student]
        for key, suggestion in suggestions.items()
        if suggestion.student and suggestion.certainty == "certain"
    }


IN_CONFLICT = Q(status="undecided", certainty="conflict")
"""Of a match: the clues point to several students, so it names none."""


def students_in_conflict(batches: Iterable[Batch]) -> set[tuple[int, int]]:
    """`(batch, student)`, by primary key, of those between whom a text in conflict is to be decided. One statement."""
    matches = EssayStudentAssociation.objects.filter(IN_CONFLICT, essay__batch__in=batches, essay__removed_at=None)
    rows = matches.values_list("essay__batch", "candidates")
    return {(pk, student) for pk, candidates in rows for student in in_conflict(candidates)}


def as_the_page_counts(batches: Iterable[Any]) -> list[Any]:
    """The batches, their `n_missing` (of `BatchQuerySet.with_missing`) without students who may have handed in a file
    that could not be read or a text in conflict, as the page of each counts.

    Two statements beside the one of `batches`, four more where there are such students.
    """
    rows = list(batches)
    in_class = [row for row in rows if row.school_class_id is not None]
    writers = probable_writers_of(rows)
    pairs = {(pk, student.pk) for pk, found in writers.items() for student in found.values()}
    pairs |= students_in_conflict(in_class)
    if not pairs:
        return rows
    batch_pks, students = {pk for pk, _student in pairs}, {student for _pk, student in pairs}
    texts = EssayStudentAssociation.objects.filter(student__in=students, essay__removed_at=None)
    pairs -= set(texts.filter(essay__batch__in=batch_pks).values_list("essay__batch", "student"))
    pairs -= set(Excuse.objects.filter(batch__in=batch_pks, student__in=students).values_list("batch", "student"))
    may_have = Counter(pk for pk, _student in pairs)
    for row in rows:
        if row.pk in may_have:
            row.n_missing -= may_have[row.pk]
    return rows


def _evidence(file: EssayFile) -> tuple[Evidence, ...]:
    found = find_evidence(
        name=file.name,
        path=file.path,
        document=Document(detected_type=file.detected_type, text=""),
        sidecars=[(str(name), str(line)) for name, line in file.sidecars],
        in_zip=file.archive_index is not None,
    )
    return tuple(found)
