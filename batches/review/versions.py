"""Several texts of one student in a batch, as the pages show them: which version each is, and two side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from batches.models import Essay
from batches.review.highlighting import Piece, piece_html
from batches.review.queue import Queue
from classes.models import Student
from files.models import EssayFile


@dataclass(frozen=True, slots=True)
class Version:
    """One of several texts of a student, by the order in which they were handed in."""

    essay: Essay
    number: int


def versions_of(texts: Mapping[int, Sequence[Essay]], student: Student | None) -> tuple[Version, ...]:
    """The student's, first to last, of `Queue.texts_of_students`; empty unless there are several."""
    own = texts.get(student.pk, ()) if student else ()
    return tuple(Version(essay, number) for number, essay in enumerate(own, 1)) if len(own) > 1 else ()


@dataclass(frozen=True, slots=True)
class Beside:
    """The text that a student has already, beside an undecided one that may be the same student's."""

    student: Student
    number: int
    """Which version the undecided text would be."""
    other: Version
    text: Piece
    """How the other one begins."""


def beside(essay: Essay, student: Student | None, queue: Queue) -> Beside | None:
    """The version that counts of `student`'s texts, to compare `essay` with. One statement where there is one."""
    if student is None:
        return None
    others = [text for text in queue.texts_of_students().get(student.pk, []) if text.pk != essay.pk]
    if not others:
        return None
    order = sorted([*others, essay], key=lambda text: (text.handed_in_at, text.pk))
    other = next((text for text in others if text.counts), others[-1])
    text = EssayFile.objects.values_list("text", flat=True).get(pk=other.file_id)
    return Beside(
        student=student,
        number=order.index(essay) + 1,
        other=Version(other, order.index(other) + 1),
        text=piece_html(text, ()),
    )
