"""Whose a file probably is that could not be read and so has no text: its name and folders may still say so."""

from __future__ import annotations

from batches.class_list import as_roster_student, students_of
from batches.matching import EssayClues, match_essays
from batches.models import Batch
from classes.models import Student
from files.authorship import find_evidence
from files.evidence import Document, Evidence
from files.models import ZIP, EssayFile


def probable_writers(batch: Batch) -> dict[int, Student]:
    """Refused file, by primary key, to the one student of the class whom its name tells. Nothing is written.

    One statement, two more where there are such files. Whose name fits several, or only nearly, is left out.
    """
    if batch.school_class_id is None:
        return {}
    refused = EssayFile.objects.filter(
        batch_file__batch=batch, batch_file__removed_at=None, status=EssayFile.Status.REJECTED
    ).exclude(detected_type=ZIP)
    files = list(refused.only("name", "path", "sidecars", "archive_index", "detected_type").order_by("pk"))
    if not files:
        return {}
    students = students_of(batch.school_class_id)
    clues = [EssayClues(key=str(file.pk), evidence=_evidence(file), has_text=False) for file in files]
    suggestions = match_essays(clues, list(map(as_roster_student, students.values())))
    return {
        int(key): students[suggestion.student]
        for key, suggestion in suggestions.items()
        if suggestion.student and suggestion.certainty == "certain"
    }


def _evidence(file: EssayFile) -> tuple[Evidence, ...]:
    found = find_evidence(
        name=file.name,
        path=file.path,
        document=Document(detected_type=file.detected_type, text=""),
        sidecars=[(str(name), str(line)) for name, line in file.sidecars],
        in_zip=file.archive_index is not None,
    )
    return tuple(found)
