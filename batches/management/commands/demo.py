"""`manage.py demo`: a school to try everything out on."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from batches.demo import PEOPLE, make_demo, remove_demo
from huleedu.accounts.models import User


class Command(BaseCommand):
    """Makes what is missing of the demo school. Refused unless `DEMO` is set: its passwords are known to everybody."""

    help = "Make the demo school: teacher@demo.example / demo-teacher, and two more. Needs DEMO=1."

    def add_arguments(self, parser: CommandParser) -> None:
        """Two ways that exclude each other."""
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--reset", action="store_true", help="remove its classes, batches and files first")
        how.add_argument("--if-empty", action="store_true", help="do nothing where anybody has an account already")

    def handle(self, *args: Any, reset: bool, if_empty: bool, **options: Any) -> None:
        """Raises CommandError unless `DEMO` is set."""
        if not settings.DEMO:
            raise CommandError("This is no demo: set DEMO=1 where everybody may know the passwords.")
        if if_empty and User.objects.exists():
            return
        if reset:
            remove_demo()
        make_demo()
        for email, (_name, password, _role) in PEOPLE.items():
            self.stdout.write(f"{email} / {password}")
