"""`manage.py read_roster FILE`: a class list as the import preview reads it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from classes.rosters.parsing import ParsedRoster, Problem, RosterError, parse_roster


class Command(BaseCommand):
    """Reads a class list and prints rows, problems and what was left out. No database needed."""

    help = "Read a class list as the import preview does and print what it holds. No database needed."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`FILE`, `--text`, `--json`."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--text", action="store_true", help="the file holds pasted text (UTF-8)")
        parser.add_argument("--json", action="store_true", help="print JSON (always so; kept for clarity in scripts)")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print one JSON object; a list that cannot be read has its code as a problem of line 0."""
        path: Path = options["file"]
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CommandError(f"cannot read {path}: {error.strerror}") from error
        try:
            content: bytes | str = data.decode("utf-8") if options["text"] else data
            shown = _shape(parse_roster(content))
        except UnicodeDecodeError as error:
            raise CommandError(f"{path} is not UTF-8 text") from error
        except RosterError as error:
            shown = {**_EMPTY, "problems": [{"line": 0, "code": error.code}]}
        self.stdout.write(json.dumps(shown, ensure_ascii=False, indent=1))


_EMPTY: dict[str, Any] = {
    "encoding": None,
    "delimiter": None,
    "source": None,
    "rows": [],
    "problems": [],
    "ignored": [],
    "discarded_columns": [],
    "personnummer_removed": 0,
}


def _shape(parsed: ParsedRoster) -> dict[str, Any]:
    rows = []
    for row in parsed.rows:
        shown: dict[str, Any] = {"given_name": row.given_name, "family_name": row.family_name, "email": row.email}
        optional = {
            "preferred_name": row.preferred_name,
            "class": row.school_class,
            "external_ids": dict(row.external_ids),
        }
        rows.append(shown | {key: value for key, value in optional.items() if value})
    return {
        "encoding": parsed.encoding,
        "delimiter": parsed.delimiter,
        "source": parsed.source,
        "sheet": parsed.sheet or None,
        "sheets": list(parsed.sheets),
        "header_line": parsed.header_line,
        "rows": rows,
        "problems": [_problem(problem) for problem in parsed.problems],
        "ignored": [{"line": line, "why": why} for line, why in parsed.ignored],
        "discarded_columns": list(parsed.discarded_columns),
        "personnummer_removed": parsed.personnummer_removed,
    }


def _problem(problem: Problem) -> dict[str, Any]:
    """Line and code; the file inside an archive, and which of several people on the line, where there are any."""
    shown: dict[str, Any] = {"line": problem.line, "code": problem.code}
    return shown | ({"file": problem.file} if problem.file else {}) | ({"item": problem.item} if problem.item else {})
