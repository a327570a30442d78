"""`manage.py extract_essay PATH...`: read files exactly as a worker would."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from files.actions import split_path
from files.authorship import find_evidence
from files.evidence import Document
from files.reading import configured_limits
from files.sandbox import read_file


class Command(BaseCommand):
    """One JSON object per file and line. Exit 0 however the files fare, 2 on wrong use. No running stack needed."""

    help = "Read essay files in the worker's sandbox and print one JSON object per line. No database needed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`PATH...`, `--json`."""
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--json", action="store_true", help="print JSON (always so; kept for clarity in scripts)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read each path in turn."""
        for given in options["paths"]:
            path = Path(given)
            if not path.is_file():
                raise CommandError(f"no such file: {given}", returncode=2)
            self.stdout.write(json.dumps(_read(given, path), ensure_ascii=False))


def _read(given: str, path: Path) -> dict[str, Any]:
    _folders, name = split_path(path.name)
    result = read_file(path, name=name, limits=configured_limits())
    document = result.document
    # As in the database: a refused file has no evidence, one that merely could not be read has its name.
    known = document or Document(detected_type="", text="")
    evidence = [] if result.status == "rejected" else find_evidence(name=name, path="", document=known)
    return {
        "path": given,
        "status": result.status,
        "problem": result.problem,
        "warning": result.warning,
        "detected_type": result.detected_type,
        "text": document.text if document else "",
        "evidence": [item.as_json() for item in evidence],
        "seconds": result.seconds,
        "max_rss_mb": result.max_rss_mb,
    }
