"""The whole way on a labelled corpus: read, find, match. Bounds, not examples."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command

from batches.management.commands import evaluate_matching
from batches.matching import EssayClues, RosterStudent, Suggestion, match_essays
from batches.tests.test_matching_laws import strings_of
from files.authorship import find_evidence
from files.evidence import Document, Evidence

Answered = tuple[dict[str, str], Suggestion]
"""The strings of a file that evidence points into, by field, and what matching says of the file."""


@pytest.fixture(scope="module")
def answered() -> list[Answered]:
    """Filled in by `scored`."""
    return []


@pytest.fixture(scope="module")
def scored(shared: Path, tmp_path_factory: pytest.TempPathFactory, answered: list[Answered]) -> dict[str, Any]:
    """The scorer's figures for the product's own answers."""
    corpus = shared / "corpus"
    out = tmp_path_factory.mktemp("corpus") / "predictions.json"
    with pytest.MonkeyPatch.context() as patch:
        _listen(patch, answered)
        call_command("evaluate_matching", str(corpus), out=out)
    scorer = _scorer(corpus / "score.py")
    labelled = scorer.load_corpus(str(corpus))
    predictions = scorer.check_predictions(json.loads(out.read_text(encoding="utf-8")), labelled)
    figures: dict[str, Any] = scorer.score(labelled, predictions)
    return figures


def _listen(patch: pytest.MonkeyPatch, answered: list[Answered]) -> None:
    """Keep what the command reads and what matching answers, file by file."""
    read: list[dict[str, str]] = []

    def find(*, name: str, path: str, document: Document) -> list[Evidence]:
        read.append(strings_of(name, path, document))
        return find_evidence(name=name, path=path, document=document)

    def match(essays: list[EssayClues], students: list[RosterStudent]) -> dict[str, Suggestion]:
        said = match_essays(essays, students)
        answered.extend((strings, said[essay.key]) for strings, essay in zip(read, essays, strict=True))
        read.clear()
        return said

    patch.setattr(evaluate_matching, "find_evidence", find)
    patch.setattr(evaluate_matching, "match_essays", match)


def _scorer(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("corpus_score", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_certain_match_is_wrong(scored: dict[str, Any]) -> None:
    assert scored["wrong_auto"] == []
    assert scored["overall"]["null_recall"] == 1.0


def test_most_files_are_certain_and_nearly_all_are_named(scored: dict[str, Any]) -> None:
    overall = scored["overall"]
    assert overall["missing_files"] == 0
    assert overall["auto_coverage"] >= 0.76
    assert overall["top1_accuracy"] >= 0.985
    assert overall["top3_recall"] >= 0.99
    assert overall["ece"] <= 0.05


def test_no_kind_of_file_is_left_behind(scored: dict[str, Any]) -> None:
    weak = {name: figures["top1_accuracy"] for name, figures in scored["families"].items() if figures["with_student"]}
    assert min(weak.values()) >= 0.85, weak


def test_every_span_a_reason_names_stands_where_it_says(scored: dict[str, Any], answered: list[Answered]) -> None:
    assert len(answered) == scored["overall"]["files"]
    seen = 0
    for strings, said in answered:
        by_id = {item.id: item for item in said.evidence}
        for candidate in said.candidates:
            for item in (by_id[key] for reason in candidate.reasons for key in reason.evidence):
                assert strings[item.field][item.start : item.end] == item.text
                assert item.text.strip()
                seen += 1
    assert seen > len(answered)
