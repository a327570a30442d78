"""Look for anything that must never be: `manage.py check_invariants`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from batches.invariants import broken_invariants


class Command(BaseCommand):
    """Exit status 0 where all holds; otherwise one line per breach and exit status 1."""

    help = "Check what must hold whatever happens: bytes, locks, owners, decisions, leases, outbox, versions."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--no-blobs`: rows only."""
        parser.add_argument("--no-blobs", action="store_true", help="do not read the stored files (they may be many)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print each breach as it is found."""
        found = 0
        for line in broken_invariants(blobs=not options["no_blobs"]):
            self.stdout.write(line)
            found += 1
        if found:
            raise CommandError(f"{found} broken")
