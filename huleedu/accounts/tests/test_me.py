"""The own account through the API, by token and by session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from rest_framework.test import APIClient

from huleedu.accounts.models import User
from huleedu.accounts.notices import NoticeKind

ME = "/api/v1/me/"
Api = Callable[..., APIClient]


def test_me(teacher: User, api: Api) -> None:
    """The contract's shape."""
    assert api(teacher).get(ME).json() == {
        "id": str(teacher.public_id),
        "email": "teacher@skola.example",
        "display_name": "Teacher",
        "language": "en",
        "theme": "system",
        "density": "compact",
        "shortcuts": "on",
        "go_on": True,
        "page_notices": NoticeKind.values,
        "email_notices": ["reminder", "auto_due", "shared"],
        "roles": ["teacher"],
    }


def test_change_me(teacher: User, api: Api) -> None:
    """Name and language; the audit row names the person and hides the name."""
    response = api(teacher).patch(ME, {"language": "sv", "display_name": "  Tove\u200b  Lind "})
    assert response.status_code == 200
    assert (response.json()["language"], response.json()["display_name"]) == ("sv", "Tove Lind")
    teacher.refresh_from_db()
    assert (teacher.language, teacher.display_name) == ("sv", "Tove Lind")
    entry = LogEntry.objects.get_for_object(teacher).filter(action=LogEntry.Action.UPDATE).get()
    assert entry.actor == teacher
    assert entry.changes == {"display_name": ["***", "***"], "language": ["en", "sv"]}


def test_change_how_pages_are(teacher: User, api: Api) -> None:
    """What was not named stays."""
    sent = {"theme": "dark", "density": "roomy", "shortcuts": "alt", "go_on": False}
    answer = api(teacher).patch(ME, sent, format="json").json()
    assert {**answer, **sent} == answer
    assert api(teacher).patch(ME, {"go_on": True}, format="json").json() == {**answer, "go_on": True}


def test_change_notices(teacher: User, api: Api) -> None:
    """Each list as a whole, in its own order, each kind once; the other list stays."""
    answer = api(teacher).patch(ME, {"email_notices": ["shared", "matches", "matches"]}, format="json").json()
    assert (answer["email_notices"], answer["page_notices"]) == (["matches", "shared"], NoticeKind.values)
    assert api(teacher).patch(ME, {"email_notices": ["everything"]}, format="json").status_code == 400
    answer = api(teacher).patch(ME, {"page_notices": []}, format="json").json()
    assert (answer["email_notices"], answer["page_notices"]) == (["matches", "shared"], [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"language": "de"}, "language"),
        ({"display_name": "x" * 151}, "display_name"),
        ({"shortcuts": "ctrl"}, "shortcuts"),
    ],
)
def test_change_me_refused(teacher: User, api: Api, body: dict[str, str], field: str) -> None:
    """400 naming the field."""
    response = api(teacher).patch(ME, body)
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == [field]


def test_what_cannot_be_changed_here(teacher: User, api: Api) -> None:
    """Address and role stay."""
    api(teacher).patch(ME, {"email": "other@skola.example", "roles": ["support"], "role": "support"})
    teacher.refresh_from_db()
    assert (teacher.email, teacher.role) == ("teacher@skola.example", "teacher")


def test_session_may_read_and_needs_csrf_to_write(teacher: User) -> None:
    """A page of another site cannot write with the person's cookie."""
    client = Client(enforce_csrf_checks=True, HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(teacher)
    assert client.get(ME).status_code == 200
    refused: Any = client.patch(ME, {"language": "sv"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    client.get("/account/")
    token = client.cookies["csrftoken"].value
    done = client.patch(ME, {"language": "sv"}, content_type="application/json", headers={"X-CSRFToken": token})
    assert done.status_code == 200


def test_language_of_the_api(teacher: User, client_for: Callable[..., Client]) -> None:
    """What the call names wins; a session's call that names none gets the person's."""
    client = Client()
    client.force_login(teacher)
    assert client.get("/api/v1/nothing/").status_code == 404
    english = client.patch(ME, {"language": "x"}, content_type="application/json").json()["detail"]
    swedish = client.patch(
        ME, {"language": "x"}, content_type="application/json", headers={"Accept-Language": "sv"}
    ).json()["detail"]
    assert english == '"x" is not a valid choice.'
    assert swedish != english
