"""The whole way on a labelled corpus: read, find, match. Bounds, not examples."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture(scope="module")
def scored(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The scorer's figures for the product's own answers."""
    corpus = shared / "corpus"
    out = tmp_path_factory.mktemp("corpus") / "predictions.json"
    call_command("evaluate_matching", str(corpus), out=out)
    scorer = _scorer(corpus / "score.py")
    labelled = scorer.load_corpus(str(corpus))
    predictions = scorer.check_predictions(json.loads(out.read_text(encoding="utf-8")), labelled)
    figures: dict[str, Any] = scorer.score(labelled, predictions)
    return figures


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
    assert overall["auto_coverage"] >= 0.70
    assert overall["top1_accuracy"] >= 0.97
    assert overall["top3_recall"] >= 0.98
    assert overall["ece"] <= 0.08


def test_no_kind_of_file_is_left_behind(scored: dict[str, Any]) -> None:
    weak = {name: figures["top1_accuracy"] for name, figures in scored["families"].items() if figures["with_student"]}
    assert min(weak.values()) >= 0.85, weak
