#!/usr/bin/env python
"""Run Django's and the product's management commands."""

import os
import sys
from pathlib import Path

from huleedu.devstack.environment import take_environment

KEYLESS = {
    "up",
    "sample_essays",
    "extract_essay",
    "read_roster",
    "evaluate_matching",
    "makemigrations",
    "spectacular",
    "event_schemas",
}
"""Commands that sign nothing: they work without a configured SECRET_KEY. `up` keeps one of its own."""

PLACEHOLDER = "not-used-to-sign-anything"


def main() -> None:
    """Hand the command line to Django."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huleedu.settings")
    if len(sys.argv) > 1 and sys.argv[1] in KEYLESS:
        os.environ.setdefault("SECRET_KEY", PLACEHOLDER)
    else:
        # `manage.py create_teacher` and the like speak to the stack that `make up` runs here.
        take_environment(Path(__file__).resolve().parent)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
