"""`manage.py evaluate_matching CORPUS_DIR --out FILE`: the product's own answers on a labelled corpus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from batches.matching import EssayClues, RosterStudent, Suggestion, match_essays
from classes.rosters.parsing import parse_roster
from files.authorship import find_evidence
from files.evidence import Document
from files.reading import configured_limits
from files.sandbox import read_file

_DECISIONS = {"certain": "auto", "unsure": "suggested", "conflict": "suggested", "no_match": "none"}


class Command(BaseCommand):
    """Reads and matches every batch of a corpus with the product's own code; leaves nothing in the database."""

    help = "Read and match every <batch>/ with roster.csv and files/ below CORPUS_DIR; write the predictions as JSON."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`CORPUS_DIR`, `--out`."""
        parser.add_argument("corpus", type=Path, metavar="CORPUS_DIR")
        parser.add_argument("--out", type=Path, required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write `{batch: {relative path: prediction}}`."""
        corpus: Path = options["corpus"]
        folders = sorted(path.parent for path in corpus.glob("*/roster.csv") if (path.parent / "files").is_dir())
        if not folders:
            raise CommandError(f"no <batch>/roster.csv with files/ below {corpus}")
        predictions = {folder.name: _evaluate(folder) for folder in folders}
        options["out"].write_text(json.dumps(predictions, ensure_ascii=False, indent=1), encoding="utf-8")


def _evaluate(folder: Path) -> dict[str, dict[str, Any]]:
    roster = parse_roster((folder / "roster.csv").read_bytes())
    students = [
        RosterStudent(
            key=str(index),
            given_name=row.given_name,
            family_name=row.family_name,
            preferred_name=row.preferred_name,
            email=row.email or "",
            external_ids=row.external_ids,
        )
        for index, row in enumerate(roster.rows)
    ]
    addresses = {str(index): row.email for index, row in enumerate(roster.rows)}
    root = folder / "files"
    essays = [_clues(path, root) for path in sorted(root.rglob("*")) if path.is_file()]
    return {key: _prediction(answer, addresses) for key, answer in match_essays(essays, students).items()}


def _clues(path: Path, root: Path) -> EssayClues:
    relative = path.relative_to(root)
    result = read_file(path, name=path.name, limits=configured_limits())
    document = result.document or Document(detected_type="", text="")
    parent = "" if relative.parent == Path() else relative.parent.as_posix()
    evidence = find_evidence(name=path.name, path=parent, document=document)
    return EssayClues(relative.as_posix(), tuple(evidence), has_text=result.status == "read")


def _prediction(answer: Suggestion, addresses: dict[str, str | None]) -> dict[str, Any]:
    candidates = [addresses[candidate.student] for candidate in answer.candidates]
    return {
        "student": candidates[0] if candidates else None,
        "confidence": answer.confidence,
        "decision": _DECISIONS[answer.certainty],
        "candidates": candidates,
    }
