"""`manage.py event_schemas`: the JSON Schema of every event under docs/events/."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from pydantic import BaseModel

from huleedu.outbox.events import REGISTRY, Envelope


def schema_files() -> dict[str, str]:
    """File name → JSON Schema: one per event type, `<event type>.v1.json`, and the envelope around them."""
    models: dict[str, type[BaseModel]] = {"envelope.v1.json": Envelope}
    models |= {f"{event_type}.v1.json": model for event_type, model in sorted(REGISTRY.items())}
    return {
        name: json.dumps(model.model_json_schema(), ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        for name, model in models.items()
    }


class Command(BaseCommand):
    """Write the schemas, or with `--check` fail when the written ones differ."""

    help = "Write the JSON Schema of every event to docs/events/; --check fails where they are not up to date."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--check`, `--to`."""
        parser.add_argument("--check", action="store_true", help="write nothing; fail where a schema differs")
        parser.add_argument("--to", type=Path, default=settings.BASE_DIR / "docs" / "events", help="the folder")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Raises CommandError naming the files that differ."""
        folder: Path = options["to"]
        wanted = schema_files()
        there = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
        if options["check"]:
            stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
            if stale:
                raise CommandError(f"docs/events/ is not up to date ({', '.join(stale)}). Run: make schema")
            return
        folder.mkdir(parents=True, exist_ok=True)
        for name in there.keys() - wanted.keys():
            (folder / name).unlink()
        for name, text in wanted.items():
            (folder / name).write_text(text, encoding="utf-8")
        self.stdout.write(f"{len(wanted)} schemas in {folder}")
