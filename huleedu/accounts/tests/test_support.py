"""`/support/`: who gets there and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.apps import apps
from django.contrib import admin
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conftest import PASSWORD
from huleedu.accounts.models import School, User
from huleedu.accounts.tests.conftest import Told

Browser = Callable[..., Client]
PEOPLE = "/support/accounts/user/"


@pytest.fixture
def desk(db: None) -> User:
    """Support staff as they are: by role, without being superuser."""
    return User.objects.create_user("desk@skola.example", PASSWORD, role=User.Role.SUPPORT, language="en")


@pytest.mark.parametrize("path", ["/support/", PEOPLE, "/support/auditlog/logentry/", "/support/accounts/school/add/"])
def test_teachers_find_nothing(teacher: User, client_for: Browser, path: str) -> None:
    """Not even that it is there."""
    response = client_for(teacher).get(path, follow=True)
    assert response.status_code == 404


def test_anonymous_is_sent_to_the_one_sign_in(desk: User, client_for: Browser) -> None:
    """The admin has none of its own, which would have no limit on tries."""
    response: Any = client_for().get("/support/", follow=True)
    assert response.redirect_chain[-1][0] == "/sign-in/?next=%2Fsupport%2F"
    posted: Any = client_for().post("/support/login/", {"username": desk.email, "password": PASSWORD})
    assert posted.status_code == 302
    assert posted["Location"].startswith("/sign-in/")
    client = client_for()
    signed_in: Any = client.post("/sign-in/", {"email": desk.email, "password": PASSWORD, "next": "/support/"})
    assert signed_in["Location"] == "/support/"
    assert client.get("/support/").status_code == 200


def test_every_list_and_page_opens(desk: User, client_for: Browser) -> None:
    """For support staff who are no superusers; nothing is missing from the index."""
    client = client_for(desk)
    School.objects.create(name="Ekskolan")
    index = client.get("/support/").content.decode()
    for model in admin.site._registry:
        path = f"/support/{model._meta.app_label}/{model._meta.model_name}/"
        assert path in index
        assert client.get(path).status_code == 200, path
        assert client.get(path, {"q": "a"}).status_code in (200, 302), path
        row = model._default_manager.first()
        if row is not None:
            assert client.get(f"{path}{row.pk}/change/").status_code == 200, path


def test_people(desk: User, teacher: User, client_for: Browser) -> None:
    """Found by address; no password, not even its hash; no adding, changing, deleting."""
    client = client_for(desk)
    assert "teacher@skola.example" in client.get(PEOPLE, {"q": "teacher@"}).content.decode()
    page = client.get(f"{PEOPLE}{teacher.pk}/change/").content.decode()
    assert teacher.password not in page
    assert "md5$" not in page
    assert 'name="_save"' not in page
    assert client.get(f"{PEOPLE}add/").status_code == 403
    assert client.post(f"{PEOPLE}{teacher.pk}/change/", {"email": "x@skola.example"}).status_code == 403
    assert client.post(f"{PEOPLE}{teacher.pk}/delete/", {"post": "yes"}).status_code == 403
    teacher.refresh_from_db()
    assert teacher.email == "teacher@skola.example"


def act(client: Client, name: str, *people: User, reason: str = "They asked by telephone.") -> Any:
    """Choose an errand in the list and confirm it with a reason."""
    chosen = {"action": name, "_selected_action": [person.pk for person in people]}
    return client.post(PEOPLE, {**chosen, "confirmed": "1", "reason": reason})


def test_deactivate_and_activate(
    desk: User, teacher: User, client_for: Browser, told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    """The teacher is out at once; the audit row names the support person. Nobody shuts themselves out."""
    browser = client_for(teacher)
    assert browser.get("/account/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        assert act(client_for(desk), "deactivate", teacher, desk).status_code == 302
    teacher.refresh_from_db()
    desk.refresh_from_db()
    assert (teacher.is_active, desk.is_active) == (False, True)
    assert browser.get("/account/").status_code == 302
    assert told == [(teacher.pk, {"type": "socket.signed_out", "session": None})]
    entries = LogEntry.objects.get_for_object(teacher).filter(action=LogEntry.Action.UPDATE)
    assert {entry.actor for entry in entries} == {desk}
    act(client_for(desk), "activate", teacher)
    teacher.refresh_from_db()
    assert teacher.is_active
    assert browser.get("/account/").status_code == 302


def test_sign_out_everywhere(desk: User, teacher: User, client_for: Browser) -> None:
    """All sessions end; the person may sign in again."""
    browsers = [client_for(teacher), client_for(teacher)]
    act(client_for(desk), "sign_out", teacher)
    assert [browser.get("/account/").status_code for browser in browsers] == [302, 302]
    assert browsers[0].post("/sign-in/", {"email": teacher.email, "password": PASSWORD}).status_code == 302
    assert browsers[0].get("/account/").status_code == 200


def test_schools(desk: User, client_for: Browser) -> None:
    """Added and renamed, never deleted."""
    client = client_for(desk)
    assert client.post("/support/accounts/school/add/", {"name": "Ekskolan"}).status_code == 302
    school = School.objects.get()
    assert client.post(f"/support/accounts/school/{school.pk}/change/", {"name": "Alskolan"}).status_code == 302
    assert client.post(f"/support/accounts/school/{school.pk}/delete/", {"post": "yes"}).status_code == 403
    school.refresh_from_db()
    assert school.name == "Alskolan"


def test_a_school_is_there_once(desk: User, client_for: Browser) -> None:
    """However its name is written; it keeps its own when it is saved again."""
    client = client_for(desk)
    add = "/support/accounts/school/add/"
    assert client.post(add, {"name": "Åsö skola"}).status_code == 302
    for again in ("Åsö skola", "  åsö  SKOLA ", "Åsö\u00a0skola", "\u200bÅsö skola", "A\u030aso\u0308 skola"):
        answer = client.post(add, {"name": again})
        assert "There is already a school with this name." in answer.content.decode(), again
    for wrong in ("\u200b", "Ekskolan 20060102-2387"):
        assert client.post(add, {"name": wrong}).status_code == 200
    school = School.objects.get()
    assert client.post(f"/support/accounts/school/{school.pk}/change/", {"name": "åsö skola"}).status_code == 302
    assert School.objects.get().name == "åsö skola"
    with pytest.raises(IntegrityError):
        School.objects.create(name="ÅSÖ SKOLA")


def test_schools_of_one_name_are_told_apart_when_the_rule_comes(db: None) -> None:
    """The first keeps its name; none is lost, and no teacher changes school."""
    rule = School._meta.constraints[0]
    with connection.schema_editor() as editor:
        editor.remove_constraint(School, rule)
    first, second, other = (School.objects.create(name=name) for name in ("Ekskolan", "EKSKOLAN", "Alskolan"))
    import_module("huleedu.accounts.migrations.0009_one_school_per_name").tell_apart(apps, None)
    with connection.schema_editor() as editor:
        editor.add_constraint(School, rule)
    names = dict(School.objects.values_list("pk", "name"))
    later = f"EKSKOLAN ({str(second.public_id)[:8]})"
    assert names == {first.pk: "Ekskolan", second.pk: later, other.pk: "Alskolan"}


def test_password_and_groups_are_not_here(desk: User, client_for: Browser) -> None:
    """The password is changed on the account page, which also ends tokens and sockets; groups mean nothing."""
    client = client_for(desk)
    for path in (
        *("password_change/", "password_change/done/", "jsi18n/", "autocomplete/", "logout/", "r/1/1/", "auth/group/"),
        *("accounts/school/?_popup=1", "accounts/school/add/?_popup=1", "accounts/user/?_to_field=email"),
    ):
        assert client.get(f"/support/{path}").status_code == 404, path
    assert client.post("/support/accounts/school/add/", {"name": "Ekskolan", "_popup": "1"}).status_code == 404
    assert not School.objects.exists()
    assert client.post("/support/logout/").status_code == 404
    assert client.get("/support/accounts/").status_code == 302
    assert client.get("/support/nowhere/").status_code == 404


def test_list_of_people_has_a_fixed_number_of_statements(desk: User, client_for: Browser) -> None:
    """At 3 and at 30 people."""
    school = School.objects.create(name="Ekskolan")
    client = client_for(desk)
    counts = []
    for number in (3, 27):
        for index in range(number):
            User.objects.create_user(f"p{number}-{index}@skola.example", None, school=school)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(PEOPLE).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
