"""`manage.py create_teacher`."""

from __future__ import annotations

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from huleedu.accounts.models import School, User


def run(*args: str) -> str:
    """What the command prints."""
    out = StringIO()
    call_command("create_teacher", *args, stdout=out)
    return out.getvalue()


def test_account_and_link(db: None, settings: Any) -> None:
    """The link begins with the site's address and lets the teacher set a password, then sign in."""
    settings.PUBLIC_URL = "https://huleedu.example/"
    printed = run("Karin@skola.example", "--name", "Karin Berg", "--school", "Ekskolan")
    user = User.objects.get()
    assert (user.email, user.display_name, user.role) == ("Karin@skola.example", "Karin Berg", "teacher")
    assert user.school is not None
    assert user.school.name == "Ekskolan"
    assert not user.has_usable_password()
    found = re.search(r"https://huleedu\.example(/\S+)", printed)
    assert found is not None
    client = Client()
    first: Any = client.get(found[1])
    new = "brand-new-long-password"
    client.post(first["Location"], {"new_password1": new, "new_password2": new})
    assert client.post("/sign-in/", {"email": "karin@skola.example", "password": new}).status_code == 302


def test_a_school_is_made_once(db: None) -> None:
    """In any case."""
    run("a@skola.example", "--school", "Ekskolan")
    run("b@skola.example", "--school", "ekskolan")
    assert School.objects.count() == 1


@pytest.mark.parametrize(
    ("email", "message"),
    [
        ("TEACHER@skola.example", "already an account"),
        ("no address", "not an e-mail address"),
        ("", "not an e-mail address"),
        ("20060102-2387@skola.example", "Personal identity numbers"),
        (f"{'x' * 60}@{'y' * 60}.{'z' * 60}.{'w' * 60}.{'v' * 60}.example", "e-mail address"),
    ],
)
def test_refused(teacher: User, email: str, message: str) -> None:
    """A clear message (CommandError is exit status 1), and nothing is made, not even the school."""
    with pytest.raises(CommandError, match=message):
        run(email, "--school", "Ny skola")
    assert User.objects.count() == 1
    assert not School.objects.exists()


def test_no_name_is_a_personal_identity_number(db: None) -> None:
    """Neither the person's nor the school's."""
    for given in (("--name", "Karin 20060102-2387"), ("--school", "Ekskolan 20060102-2387")):
        with pytest.raises(CommandError, match="Personal identity numbers"):
            run("a@skola.example", *given)
    assert not School.objects.exists()
