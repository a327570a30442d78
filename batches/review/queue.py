"""The order in which a batch's texts are reviewed: those that need the teacher, the certain ones, the decided ones."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from unicodedata import combining, normalize

from django.db.models import Case, When
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from batches.matching.disagreement import Disagreement, disagreement
from batches.matching.ties import tied
from batches.models import Batch, Essay, EssayStudentAssociation
from batches.review.readers import People
from batches.review.reasons import disagreement_note
from classes.models import Student
from classes.ordering import sort_key

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Status, Certainty = EssayStudentAssociation.Status, EssayStudentAssociation.Certainty


@dataclass(frozen=True, slots=True)
class Row:
    """A text in the queue: `title` and `note` as shown, `glyph` and `state` (the word for it)."""

    essay: Essay
    title: str
    note: str
    glyph: str
    state: str
    by_others: bool = False
    """Whether somebody else than the viewer decided it. The clock is nobody."""
    readers: People = field(default_factory=People)
    """Others who have it open just now."""

    @property
    def student(self) -> Student | None:
        """Suggested while undecided, then decided."""
        return self.essay.association.student


@dataclass(frozen=True, slots=True)
class Filter:
    """What of a queue is listed: rows that have all the words, accents ignored; without what others decided."""

    words: str = ""
    mine: bool = False

    def fits(self, row: Row) -> bool:
        """Whether the row is listed."""
        said = _plainly(f"{row.title} {row.note}")
        return not (self.mine and row.by_others) and all(word in said for word in _plainly(self.words).split())


def _plainly(words: str) -> str:
    """Without accents and capitals. Digits stay: files are told apart by them."""
    return "".join(sign for sign in normalize("NFD", words) if not combining(sign)).casefold()


@dataclass(frozen=True, slots=True)
class Queue:
    """A batch's texts in groups. `reading` counts those that are not matched yet and so are in no group."""

    needs_you: tuple[Row, ...]
    certain: tuple[Row, ...]
    decided: tuple[Row, ...]
    reading: int

    @property
    def undecided(self) -> tuple[Row, ...]:
        """In the order in which they are gone through."""
        return (*self.needs_you, *self.certain)

    @property
    def rows(self) -> tuple[Row, ...]:
        """All of them."""
        return (*self.undecided, *self.decided)

    @property
    def total(self) -> int:
        """Texts in the batch, those being read among them."""
        return len(self.rows) + self.reading

    def listed(self, wanted: Filter, readers: Mapping[str, People]) -> Queue:
        """The rows that the filter leaves, in the same order, each with who reads it."""

        def rows(group: tuple[Row, ...]) -> tuple[Row, ...]:
            fitting = filter(wanted.fits, group)
            return tuple(replace(row, readers=readers.get(str(row.essay.public_id), People())) for row in fitting)

        return Queue(rows(self.needs_you), rows(self.certain), rows(self.decided), self.reading)

    def row_of(self, essay: Essay) -> Row | None:
        """The essay's row; None while it is being read."""
        return next((row for row in self.rows if row.essay.pk == essay.pk), None)

    def neighbour(self, essay: Essay | None, *, step: int = 1) -> Essay | None:
        """The undecided text after (or, with step -1, before) this one, round the corner; None without another."""
        order = [row.essay for row in self.undecided]
        at = next((index for index, other in enumerate(order) if essay is not None and other.pk == essay.pk), None)
        if at is None:
            return order[0 if step > 0 else -1] if order else None
        return order[(at + step) % len(order)] if len(order) > 1 else None

    def open_text(self, public_id: str) -> Essay | None:
        """The undecided text with this id, otherwise the first one; None when all are decided."""
        order = [row.essay for row in self.undecided]
        return next((essay for essay in order if str(essay.public_id) == public_id), order[0] if order else None)

    def texts_of_students(self) -> dict[int, list[Essay]]:
        """Student to the texts that a decision or a certain match gives them, in the order they were handed in."""
        texts: dict[int, list[Essay]] = defaultdict(list)
        for row in self.rows:
            match = row.essay.association
            if match.student_id and (match.is_decided or match.certainty == Certainty.CERTAIN):
                texts[match.student_id].append(row.essay)
        return {
            student: sorted(own, key=lambda essay: (essay.handed_in_at, essay.pk)) for student, own in texts.items()
        }


def read_queue(batch: Batch, *, viewer: User) -> Queue:
    """Every text of the batch with its match, without the texts themselves. One statement."""
    rows = Essay.objects.live().filter(batch=batch).with_match().defer("association__evidence", "results")
    still_open, certain, decided, reading = [], [], [], 0
    texts: Iterable[Any] = rows.annotate(clues=_CLUES_OF_CONFLICTS)
    for essay in texts:
        match = essay.association
        if match.is_decided:
            decided.append(_decided_row(essay, viewer))
        elif essay.matched_at is None:
            reading += 1
        elif match.certainty == Certainty.CERTAIN and match.student is not None:
            certain.append(_certain_row(essay))
        else:
            still_open.append((essay, disagreement(match.candidates, essay.clues or [])))
    having_a_text = {row.student.pk for row in (*certain, *decided) if row.student}
    still_open.sort(key=lambda pair: _easiest_first(pair[0]))
    needs_you = [_open_row(essay, batch, found, having_a_text) for essay, found in still_open]
    decided.sort(key=_latest_first)
    return Queue(tuple(needs_you), tuple(by_student(certain)), tuple(decided), reading)


_CLUES_OF_CONFLICTS = Case(
    When(association__status=Status.UNDECIDED, association__certainty=Certainty.CONFLICT, then="association__evidence")
)
"""What the list says of a conflict takes its evidence; that of other matches stays where it is."""
_EASIEST_FIRST = (Certainty.CERTAIN, Certainty.UNSURE, Certainty.CONFLICT, Certainty.NO_MATCH)


def _easiest_first(essay: Essay) -> tuple[int, list[tuple[bool, int, str]], int]:
    """Whom no text names is easier to say when the others are decided. Then by file name, numbers by their value."""
    parts = re.split(r"(\d+)", sort_key(essay.file.name))
    name = [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
    return _EASIEST_FIRST.index(Certainty(essay.association.certainty)), name, essay.pk


def by_student(rows: Iterable[Row]) -> list[Row]:
    """In Swedish order of surname and first name; those without a student last, by file name."""
    return sorted(rows, key=_name_key)


def _name_key(row: Row) -> tuple[bool, str, str, int]:
    student = row.student
    if student is None:
        return True, sort_key(row.essay.file.name), "", row.essay.pk
    return False, sort_key(student.family_name or student.given_name), sort_key(student.given_name), row.essay.pk


def _latest_first(row: Row) -> tuple[float, tuple[bool, str, str, int]]:
    """Decisions taken in one step stay in the order of names."""
    decided_at = row.essay.association.decided_at
    return -decided_at.replace(second=0, microsecond=0).timestamp() if decided_at else 0.0, _name_key(row)


def _open_row(essay: Essay, batch: Batch, found: Disagreement | None, having_a_text: Container[int | None]) -> Row:
    match = essay.association
    if match.certainty == Certainty.CONFLICT:
        n_tied = len(tied(match.candidates))
        note, glyph = _possible_students(n_tied) if n_tied > 1 else disagreement_note(found), "conflict"
    elif match.certainty == Certainty.NO_MATCH or not match.candidates:
        note, glyph = _why_nobody(essay, batch), "none"
    elif match.student_id in having_a_text:
        note, glyph = _("Two texts, one student"), "unsure"
    else:
        note, glyph = _possible_students(len(match.candidates)), "unsure"
    return Row(essay, essay.file.name, note, glyph, str(match.get_certainty_display()))


def _why_nobody(essay: Essay, batch: Batch) -> str:
    if not essay.file.words:
        return _("No text to read")
    return _("No name found") if batch.school_class_id else _("The batch has no class")


def _possible_students(n: int) -> str:
    return ngettext("{n} possible student", "{n} possible students", n).format(n=n)


def _certain_row(essay: Essay) -> Row:
    student = essay.association.student
    return Row(essay, student.name if student else "", essay.file.name, "certain", str(Certainty.CERTAIN.label))


def _decided_row(essay: Essay, viewer: User) -> Row:
    match, name = essay.association, essay.file.name
    who, by_others = decided_by(match, viewer), match.decided_by_id not in (None, viewer.pk)
    if match.student is None:
        note, state = f"{Status.NO_STUDENT.label} · {who}", str(Status.NO_STUDENT.label)
        return Row(essay, name, note, "not-in-class", state, by_others)
    return Row(essay, match.student.name, f"{who} · {name}", "check", str(Status.CONFIRMED.label), by_others)


def decided_by(match: EssayStudentAssociation, viewer: User) -> str:
    """`You, 09:58`, `Karin Ståhl, just now`, `automatic confirmation, 23 Nov 17:00`."""
    if match.method == match.Method.DEADLINE:
        who = str(match.Method.DEADLINE.label)
    elif match.decided_by_id == viewer.pk:
        who = _("You")
    else:
        who = match.decided_by.name if match.decided_by else _("Somebody")
    return f"{who}, {when(match.decided_at)}" if match.decided_at else who


def when(moment: datetime) -> str:
    """`just now`, the time today, otherwise day and time."""
    if (timezone.now() - moment).total_seconds() < 60:
        return _("just now")
    local = timezone.localtime(moment)
    today = local.date() == timezone.localdate()
    return formats.date_format(local, "TIME_FORMAT" if today else "DATE_TIME")
