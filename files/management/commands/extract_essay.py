"""`manage.py extract_essay PATH...`: read files, and what is in zips of them, exactly as a worker would."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from files.actions import split_path
from files.authorship import find_evidence
from files.evidence import Document
from files.reading import configured_limits
from files.sandbox import read_file
from files.zip_detection import is_zip
from files.zip_extraction import open_zip

_AT_ONCE = 2
"""A worker reads with two processes unless told otherwise."""


class Command(BaseCommand):
    """One JSON object per file and line. Exit 0 however the files fare, 2 on wrong use. No running stack needed."""

    help = "Read essay files, and zips of them, in the worker's sandbox; print one JSON object per line. No database."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`PATH...`, `--json`."""
        parser.add_argument("paths", nargs="+", metavar="PATH")
        parser.add_argument("--json", action="store_true", help="print JSON (always so; kept for clarity in scripts)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Read the paths and print the answers in their order."""
        for given in options["paths"]:
            if not Path(given).is_file():
                raise CommandError(f"no such file: {given}", returncode=2)
        for given, answer in zip(options["paths"], read_paths(map(Path, options["paths"])), strict=True):
            self.stdout.write(json.dumps({"path": given, **answer}, ensure_ascii=False))


def read_paths(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    """What the command says of each path, in their order. As many are read at the same time as by a worker."""
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        yield from pool.map(_answer, paths)


def _answer(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        opens = is_zip(path.name, file)
    return open_zip(path) if opens else _read(path)


def _read(path: Path) -> dict[str, Any]:
    _folders, name = split_path(path.name)
    result = read_file(path, name=name, limits=configured_limits())
    document = result.document
    # As in the database: a refused file has no evidence, one that merely could not be read has its name.
    known = document or Document(detected_type="", text="")
    evidence = [] if result.status == "rejected" else find_evidence(name=name, path="", document=known)
    return {
        "status": result.status,
        "problem": result.problem,
        "warning": result.warning,
        "detected_type": result.detected_type,
        "text": document.text if document else "",
        "evidence": [item.as_json() for item in evidence],
        "seconds": result.seconds,
        "max_rss_mb": result.max_rss_mb,
    }
