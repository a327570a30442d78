"""No page with names repeats what its address says: compressed, its length would tell whether a name was guessed."""

from __future__ import annotations

import pytest
from django.test import Client

from huleedu.accounts.models import User
from huleedu.tests import test_access
from huleedu.tests.test_access import PAGES, World

world = test_access.world
ASKED = (
    "class", "course", "different", "file", "find", "format", "left", "mine", "names", "other", "page", "q",
    "school_class", "seen", "show", "sort", "state", "student", "text", "to", "told", "version", "w", "what", "who",
    "year",
)  # fmt: skip
"""What addresses ask for, and what none does. Not `next`, which a form of its page takes."""


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}], ids=["page", "part"])
def test_nothing_of_an_address_is_repeated(headers: dict[str, str], world: World, teacher: User) -> None:
    client = Client(headers=headers)
    client.force_login(teacher)
    for name, methods in PAGES.items():
        if methods.get("GET", "public") != "public":
            answer = client.get(world.url(name), dict.fromkeys(ASKED, "a-guess"))
            assert b"a-guess" not in answer.getvalue(), name
