"""`manage.py up`: the whole product on this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from huleedu.devstack.errors import StackError
from huleedu.devstack.supervisor import ROOT, Stack, say


class Command(BaseCommand):
    """PostgreSQL, Valkey, migrations, demo data, web server, worker and beat, until Ctrl-C."""

    help = "Run everything on this machine: PostgreSQL, Valkey, web, worker and beat. Ctrl-C stops it; data is kept."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """`--port`, `--host`, `--data`, `--no-demo`. A default given as text is parsed like an argument."""
        parser.add_argument("--port", type=int, default=os.environ.get("PORT", "8000"), help="default 8000, or PORT")
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="default 127.0.0.1")
        parser.add_argument("--data", type=Path, default=ROOT / ".data", help="where data is kept; default .data/")
        parser.add_argument("--no-demo", action="store_true", help="no demo school")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until stopped; a machine that is not fit gives a message, never a traceback."""
        say("Starting HuleEdu …")
        stack = Stack(data=options["data"], host=options["host"], port=options["port"], demo=not options["no_demo"])
        try:
            status = stack.run()
        except StackError as error:
            raise CommandError(str(error)) from error
        sys.exit(status)
