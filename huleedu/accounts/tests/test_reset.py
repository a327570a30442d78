"""Setting a forgotten or first password by a link."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils.translation import get_language

from conftest import PASSWORD
from huleedu.accounts.links import password_path
from huleedu.accounts.models import User
from huleedu.accounts.tasks import send_reset_link

RESET = "/sign-in/reset/"
NEW = "brand-new-long-password"
Browser = Callable[..., Client]


@pytest.fixture(autouse=True)
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What Celery got, and done at once."""
    calls: list[tuple[int, str]] = []

    def delay(user_pk: int, base_url: str) -> None:
        calls.append((user_pk, base_url))
        send_reset_link(user_pk, base_url)

    monkeypatch.setattr(send_reset_link, "delay", delay)
    return calls


def link_in(letter: Any) -> str:
    """The path of the letter's link."""
    found = re.search(r"http://localhost:8000(/\S+)", letter.body)
    assert found is not None
    return found[1]


def set_by(client: Client, path: str, password: str = NEW) -> Any:
    """Follow a link and set a password."""
    first: Any = client.get(path)
    if first.status_code != 302:
        return first
    return client.post(first["Location"], {"new_password1": password, "new_password2": password})


def test_the_whole_way(teacher: User, client_for: Browser, queued: list[tuple[int, str]]) -> None:
    """Ask, read, follow, set, sign in. The link works once and holds neither address nor key."""
    client = client_for()
    asked: Any = client.post(RESET, {"email": "Teacher@SKOLA.example"})
    assert (asked.status_code, asked["Location"]) == (302, f"{RESET}sent/")
    assert queued == [(teacher.pk, "http://localhost:8000")]
    (letter,) = mail.outbox
    assert letter.to == [teacher.email]
    assert letter.subject == "Set a password for HuleEdu"
    path = link_in(letter)
    assert "skola" not in path
    done = set_by(client, path)
    assert (done.status_code, done["Location"]) == (302, "/sign-in/")
    assert "Your password is set." in client.get("/sign-in/").content.decode()
    assert client.post("/sign-in/", {"email": teacher.email, "password": NEW}).status_code == 302
    again = set_by(client_for(), path)
    assert again.status_code == 200
    assert "does not work any more" in again.content.decode()


def test_the_letter_is_in_the_persons_language(
    teacher: User, client_for: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not in that of whoever asks."""
    seen: list[str | None] = []

    def render(_template: str, _context: Any) -> str:
        seen.append(get_language())
        return "Subject\n\nBody"

    monkeypatch.setattr("huleedu.accounts.mail.render_to_string", render)
    User.objects.filter(pk=teacher.pk).update(language="sv")
    client_for().post(RESET, {"email": teacher.email})
    assert seen == ["sv"]
    assert [(letter.subject, letter.body) for letter in mail.outbox] == [("Subject", "Body")]


def test_known_and_unknown_look_the_same(teacher: User, client_for: Browser) -> None:
    """Status, target and page; a letter goes to the known one only."""
    answers = set()
    for email in (teacher.email, "nobody@skola.example"):
        client = client_for()
        response: Any = client.post(RESET, {"email": email})
        page = client.get(response["Location"]).content.decode()
        assert email not in page
        answers.add((response.status_code, response["Location"], "If there is an account" in page))
    assert answers == {(302, f"{RESET}sent/", True)}
    assert [letter.to for letter in mail.outbox] == [[teacher.email]]


def test_who_is_turned_away_gets_no_letter(teacher: User, client_for: Browser) -> None:
    """And a link sent before does not work any more."""
    path = password_path(teacher)
    User.objects.update(is_active=False)
    client_for().post(RESET, {"email": teacher.email})
    assert mail.outbox == []
    assert set_by(client_for(), path).status_code == 200
    teacher.refresh_from_db()
    assert teacher.check_password(PASSWORD)


def test_who_never_had_a_password_gets_a_letter(db: None, client_for: Browser) -> None:
    """The first link may be too old by now."""
    User.objects.create_user("new@skola.example", None)
    client_for().post(RESET, {"email": "new@skola.example"})
    assert len(mail.outbox) == 1


def test_too_many_letters(teacher: User, client_for: Browser, settings: Any) -> None:
    """Nobody's mailbox is flooded."""
    settings.API_RATES = {**settings.API_RATES, "sign_in": "2/h"}
    codes = [client_for().post(RESET, {"email": teacher.email}).status_code for _try in range(3)]
    assert codes == [302, 302, 429]
    assert len(mail.outbox) == 2


def test_without_broker_the_letter_still_goes(teacher: User, client_for: Browser, monkeypatch: Any) -> None:
    """Slower, but it goes."""
    from kombu.exceptions import OperationalError

    def away(*_args: Any) -> None:
        raise OperationalError

    monkeypatch.setattr(send_reset_link, "delay", away)
    assert client_for().post(RESET, {"email": teacher.email}).status_code == 302
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("change", ["expired", "password", "address", "signed in", "garbage", "another person"])
def test_links_that_do_not_hold(
    teacher: User, colleague: User, client_for: Browser, settings: Any, change: str
) -> None:
    """Too old, or something about the person changed since."""
    path = password_path(teacher)
    if change == "expired":
        settings.PASSWORD_RESET_TIMEOUT = -1
    elif change == "password":
        teacher.set_password("another-long-password")
        teacher.save()
    elif change == "address":
        User.objects.filter(pk=teacher.pk).update(email="other@skola.example")
    elif change == "signed in":
        client_for().post("/sign-in/", {"email": teacher.email, "password": PASSWORD})
    elif change == "garbage":
        path = path[:-3] + "/"
    else:
        path = path.replace(str(teacher.public_id), str(colleague.public_id))
    response = set_by(client_for(), path)
    assert response.status_code == 200
    assert "does not work any more" in response.content.decode()


@pytest.mark.parametrize("password", ["short", "password123", "teacher@skola.example", "1234567890"])
def test_weak_passwords(teacher: User, client_for: Browser, password: str) -> None:
    """The page says what is wrong."""
    response = set_by(client_for(), password_path(teacher), password)
    assert response.status_code == 422
    teacher.refresh_from_db()
    assert teacher.check_password(PASSWORD)


def test_setting_a_password_ends_other_sessions(teacher: User, client_for: Browser) -> None:
    """Who stole the old one is out."""
    thief = client_for(teacher)
    assert thief.get("/account/").status_code == 200
    set_by(client_for(), password_path(teacher))
    assert thief.get("/account/").status_code == 302
