"""`manage.py sample_essays DIR`: files to drop on a batch, a zip of them, and the class list that goes with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from batches.samples import canvas_zip, class_list, sample_essays


class Command(BaseCommand):
    """Writes thirty sample essays, the same as a Canvas zip, and `class-list.csv`, into a new or empty folder."""

    help = "Write thirty sample essays, a zip of them and class-list.csv into DIR, to drop on a batch and import."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """One folder."""
        parser.add_argument("folder", metavar="DIR", type=Path)

    def handle(self, *args: Any, folder: Path, **options: Any) -> None:
        """Raises CommandError rather than write among other files."""
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise CommandError(f"{folder} is there already and not an empty folder")
        essays = folder / "essays"
        files = list(sample_essays())
        for file in files:
            target = essays / file.full_path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)
        zipped = canvas_zip()
        archive = folder / zipped.name
        archive.write_bytes(zipped.content)
        # A byte order mark, as Excel writes it: the importer must know that one as well.
        (folder / "class-list.csv").write_text(class_list(), encoding="utf-8-sig")
        self.stdout.write(f"{len(files)} essays in {essays}, all of them in {archive}")
        self.stdout.write(f"the class list in {folder / 'class-list.csv'}")
