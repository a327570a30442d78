"""`manage.py create_teacher EMAIL`: an account, and a link to set its password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from huleedu.accounts import actions
from huleedu.accounts.links import password_url
from huleedu.common.errors import ActionError


class Command(BaseCommand):
    """Makes a teacher who has no password yet."""

    help = "Make a teacher's account and print a one-time link to set the password. PUBLIC_URL names the site."

    def add_arguments(self, parser: CommandParser) -> None:
        """`EMAIL`, `--name`, `--school`."""
        parser.add_argument("email")
        parser.add_argument("--name", default="", help="as colleagues see it")
        parser.add_argument("--school", default="", help="name of the school; made where it is new")

    @no_translations
    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the link; a taken or malformed address gives a message and exit status 1. Speaks English."""
        try:
            user = actions.create_teacher(
                options["email"], display_name=options["name"], school_name=options["school"], actor=None
            )
        except ActionError as error:
            raise CommandError(str(error.message)) from error
        hours = settings.PASSWORD_RESET_TIMEOUT // 3600
        self.stdout.write(f"The account is made. This link sets its password, once, within {hours} hours:")
        self.stdout.write(password_url(user))
