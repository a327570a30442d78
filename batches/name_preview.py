"""How the names in a batch's file names are read, and how they would be by another pattern. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from batches.class_list import roster_of, students_of
from batches.essay_clues import clues_of, pattern_of, read_essays, read_names
from batches.matching import RosterStudent, Suggestion, match_essays
from batches.matching.find import RosterIndex, find_all
from batches.matching.name_pattern import Fit, NamePattern, Part, Span, Word, derive_pattern, words_of
from batches.matching.weights import names
from batches.models import Batch, Essay
from classes.models import Student
from files.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Found:
    """Whom a text is matched with, and how surely; `decided` by a person."""

    student: Student | None
    certainty: str
    decided: bool = False


@dataclass(frozen=True, slots=True)
class NameRow:
    """One file name: where the writer's name is read, and the student found; before and after a change."""

    essay: Essay
    old: tuple[Span, ...]
    new: tuple[Span, ...]
    before: Found
    after: Found

    @property
    def words(self) -> tuple[Word, ...]:
        """What can be marked."""
        return words_of(self.essay.file.name)

    @property
    def changes(self) -> bool:
        """Whether name or student would be another."""
        return self.old != self.new or self.before != self.after

    def text(self, spans: Sequence[Span]) -> str:
        """The words that are read as the name."""
        return " ".join(self.essay.file.name[start:end] for start, end in spans)


class NameReading:
    """A batch's file names with what is read from them. Four statements at most; the texts themselves are not read."""

    def __init__(self, batch: Batch) -> None:
        self.pattern = pattern_of(batch)
        self.essays = read_essays(batch)
        self._students = students_of(batch.school_class_id)
        decided = {one.association.student_id for one in self.essays if one.association.is_decided} - {None}
        away = {key for key in decided if str(key) not in self._students}
        self._elsewhere = Student.objects.in_bulk(away) if away else {}
        """Whose text it is by a person's word, though they are not in the class, or not any more."""
        self._roster = roster_of(batch.school_class_id, self._students)
        self._spans = read_names(self.essays, self.pattern)

    def rows(self) -> list[NameRow]:
        """As things stand."""
        return [self._row(essay, self._old(essay), self._before(essay)) for essay in self.essays]

    def preview(self, pattern: NamePattern) -> list[NameRow]:
        """What `pattern` would change: the whole batch matched once more."""
        spans = read_names(self.essays, pattern)
        suggestions = match_essays(clues_of(self.essays, pattern), self._roster)
        rows = []
        for essay in self.essays:
            before = self._before(essay)
            after = before if before.decided else self._after(suggestions[str(essay.pk)])
            new = (spans[essay.pk],) if essay.pk in spans else _supporting(suggestions[str(essay.pk)])
            rows.append(self._row(essay, new, after))
        return rows

    def derive(self, essay: Essay, marks: Mapping[int, Part]) -> NamePattern | None:
        """The pattern that the marked words of this text's file name teach."""
        file_names = [other.file.name for other in self.essays]
        return derive_pattern(essay.file.name, marks, file_names, _fits(self._roster))

    def _row(self, essay: Essay, new: tuple[Span, ...], after: Found) -> NameRow:
        return NameRow(essay, old=self._old(essay), new=new, before=self._before(essay), after=after)

    def _old(self, essay: Essay) -> tuple[Span, ...]:
        """By the pattern in force, otherwise where matching found the student in the file name."""
        if essay.pk in self._spans:
            return (self._spans[essay.pk],)
        match = essay.association
        decided = [one for one in match.candidates if match.is_decided and one["student"] == match.student_id]
        named = [
            key
            for one in decided or match.candidates[:1]
            for reason in one["reasons"]
            if reason["for"]
            for key in reason["evidence"]
        ]
        return _in_name([Evidence.from_json(item) for item in match.evidence if item["id"] in named])

    def _before(self, essay: Essay) -> Found:
        match = essay.association
        student = self._students.get(str(match.student_id)) or self._elsewhere.get(match.student_id or 0)
        return Found(student, match.certainty, decided=match.is_decided)

    def _after(self, suggestion: Suggestion) -> Found:
        return Found(self._students.get(suggestion.student or ""), suggestion.certainty)


def _supporting(suggestion: Suggestion) -> tuple[Span, ...]:
    named = {
        key for one in suggestion.candidates[:1] for reason in one.reasons if reason.supports for key in reason.evidence
    }
    return _in_name([item for item in suggestion.evidence if item.id in named])


def _in_name(evidence: Sequence[Evidence]) -> tuple[Span, ...]:
    """The spans in the file name that lie in no other, in order."""
    spans = sorted({(item.start, item.end) for item in evidence if item.field == "name"})
    return tuple(
        one for one in spans if not any(o != one and o[0] <= one[0] and one[1] <= o[1] for o in spans)
    )  # fmt: skip


def _fits(roster: Sequence[RosterStudent]) -> Callable[[str], Fit]:
    """Whether words are the name of one student and of nobody else."""
    index, known = RosterIndex(roster), dict[str, Fit]()

    def fits(reading: str) -> Fit:
        if reading not in known:
            search = find_all([Evidence("e1", "file_name", "name", 0, len(reading), reading)], index)
            named = {finding.evidence_id for finding in search.findings if names(finding) and not finding.shared}
            known[reading] = "exactly" if "e1" in named else "among" if named else ""
        return known[reading]

    return fits
