"""A batch's texts as matching needs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from batches.matching import EssayClues
from batches.matching.name_pattern import NamePattern, Span, common_words, narrow, read_name
from batches.models import Batch, Essay, EssayStudentAssociation
from files.models import EssayFile


def read_essays(batch: Batch) -> list[Essay]:
    """The texts whose file has been read, or has no text to read. One statement."""
    ended = [EssayFile.Status.READ, EssayFile.Status.NO_TEXT, EssayFile.Status.FAILED]
    essays = Essay.objects.live().filter(batch=batch, file__status__in=ended).select_related("file", "association")
    return list(essays.defer("file__text").order_by("pk"))


def pattern_of(batch: Batch) -> NamePattern | None:
    """Where a person said that the names stand in the batch's file names."""
    stored = batch.processing_metadata.get("name_pattern")
    return NamePattern.from_json(stored) if stored else None


def read_names(essays: Sequence[Essay], pattern: NamePattern | None) -> dict[int, Span]:
    """Text to the place of the writer's name in its file name, where the pattern finds one."""
    if pattern is None:
        return {}
    common = common_words(essay.file.name for essay in essays)
    found = {essay.pk: read_name(pattern, essay.file.name, common) for essay in essays}
    return {key: span for key, span in found.items() if span is not None}


def clues_of(essays: Sequence[Essay], pattern: NamePattern | None) -> list[EssayClues]:
    """What is known of each text, its file name read by the pattern where there is one."""
    spans = read_names(essays, pattern)
    return [_clues(essay, spans) for essay in essays]


def _clues(essay: Essay, spans: Mapping[int, Span]) -> EssayClues:
    match, evidence = essay.association, essay.file.document_evidence()
    decided = match.student_id if match.status == EssayStudentAssociation.Status.CONFIRMED else None
    if essay.pk in spans:
        evidence = narrow(evidence, essay.file.name, spans[essay.pk])
    return EssayClues(
        key=str(essay.pk),
        evidence=evidence,
        has_text=essay.file.status == EssayFile.Status.READ,
        decided_student=str(decided) if decided else None,
    )
