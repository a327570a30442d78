"""The sign-in page, signing out, and the language before signing in."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from rest_framework.test import APIClient

from classes.models import SchoolClass
from conftest import PASSWORD
from huleedu.accounts.models import User
from huleedu.accounts.tests.conftest import Told
from huleedu.common.throttling import SignInAddressThrottle, SignInThrottle

SIGN_IN = "/sign-in/"
Browser = Callable[..., Client]


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: str) -> Any:
    """Send the form."""
    return client.post(SIGN_IN, {"email": email, "password": password, **more})


def test_the_form(db: None, client_for: Browser) -> None:
    """Password managers know the fields; nothing forbids pasting."""
    page = client_for().get(SIGN_IN)
    assert page.status_code == 200
    text = page.content.decode()
    assert 'autocomplete="username"' in text
    assert 'autocomplete="current-password"' in text
    assert "onpaste" not in text


def test_sign_in_goes_to_the_overview(teacher: User, client_for: Browser) -> None:
    """In any case of the address; the session is a new one and the time is noted."""
    client = client_for()
    response = sign_in(client, "TEACHER@Skola.example")
    assert (response.status_code, response["Location"]) == (302, reverse("batches:overview"))
    assert client.session["_auth_user_id"] == str(teacher.pk)
    teacher.refresh_from_db()
    assert teacher.last_login is not None


def test_who_is_signed_in_does_not_see_the_form(teacher: User, client_for: Browser) -> None:
    """On to where they wanted."""
    response = client_for(teacher).get(SIGN_IN, {"next": "/classes/"})
    assert (response.status_code, response["Location"]) == (302, "/classes/")


def test_next_is_kept_and_followed(teacher: User, client_for: Browser) -> None:
    """From the page that asked for the sign-in, also over a wrong try."""
    client = client_for()
    first = client.get("/account/")
    assert (first.status_code, first["Location"]) == (302, "/sign-in/?next=/account/")
    assert 'name="next" value="/account/"' in client.get(first["Location"]).content.decode()
    wrong = sign_in(client, teacher.email, "wrong", next="/account/")
    assert 'name="next" value="/account/"' in wrong.content.decode()
    assert sign_in(client, teacher.email, next="/account/")["Location"] == "/account/"


@pytest.mark.parametrize(
    "bad",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
        "\x00//evil.example",
        " //evil.example",
        "https://testserver.evil.example/",
        "classes",
        "batches:list",
        "²",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "signed in", "language"])
def test_next_never_leads_away(teacher: User, client_for: Browser, bad: str, method: str) -> None:
    """Another site's address is dropped, at every place that takes one."""
    client = client_for(teacher if method == "signed in" else None)
    if method == "get":
        assert 'name="next"' not in client.get(SIGN_IN, {"next": bad}).content.decode().split("language-choice")[0]
        return
    if method == "language":
        response: Any = client.post("/language/", {"language": "en", "next": bad})
        assert response["Location"] == SIGN_IN
        return
    response = client.get(SIGN_IN, {"next": bad}) if method == "signed in" else sign_in(client, teacher.email, next=bad)
    assert response["Location"] == reverse("batches:overview")


def test_one_text_for_all_causes(teacher: User, colleague: User, client_for: Browser) -> None:
    """Unknown, wrong, turned away, without a password: the same status and the same page."""
    User.objects.filter(pk=colleague.pk).update(is_active=False)
    unset = User.objects.create_user("unset@skola.example", None)
    pages = set()
    for email, password in [
        ("nobody@skola.example", PASSWORD),
        (teacher.email, "wrong"),
        (colleague.email, PASSWORD),
        (unset.email, PASSWORD),
    ]:
        response = sign_in(client_for(), email, password)
        assert response.status_code == 422
        text = response.content.decode().replace(email, "ADDRESS")
        assert PASSWORD not in text
        pages.add(_without_tokens(text))
    assert len(pages) == 1
    assert "do not match" in pages.pop()


def _without_tokens(text: str) -> str:
    import re

    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"|"X-CSRFToken": "[^"]+"|nonce="[^"]+"', "", text)


def test_too_many_tries(teacher: User, client_for: Browser, settings: Any) -> None:
    """429, the minutes in words, and the time to wait in the header; the right password does not help then."""
    settings.API_RATES = {**settings.API_RATES, "sign_in": "2/h"}
    for _try in range(2):
        assert sign_in(client_for(), teacher.email, "wrong").status_code == 422
    response = sign_in(client_for(), teacher.email, next="/classes/")
    assert response.status_code == 429
    assert 3500 < int(response["Retry-After"]) <= 3600
    assert "Try again in 60 minutes." in response.content.decode()
    assert 'value="/classes/"' in response.content.decode()


@pytest.mark.parametrize("door", ["page", "api"])
def test_one_password_on_many_accounts_is_stopped(
    teacher: User, client_for: Browser, api: Callable[[User | None], APIClient], settings: Any, door: str
) -> None:
    """Thirty times the tries of one account for one address; another address goes on."""
    settings.API_RATES = {**settings.API_RATES, "sign_in": "1/h"}

    def attempt(number: int, address: str = "192.0.2.1") -> int:
        pair = {"email": f"teacher{number}@skola.example", "password": "Sommar2026!"}
        if door == "page":
            return client_for(None).post("/sign-in/", pair, REMOTE_ADDR=address).status_code
        return api(None).post("/api/v1/auth/token/", pair, REMOTE_ADDR=address).status_code

    refused = 422 if door == "page" else 401
    assert {attempt(number) for number in range(30)} == {refused}
    assert attempt(30) == 429
    assert attempt(31, "192.0.2.2") == refused


def test_one_account_has_one_limit_however_it_is_spelled(rf: RequestFactory) -> None:
    """The database takes a dotless i for an i: each spelling with its own limit would multiply the tries."""
    spellings = ["titti@skola.example", " TITTI@Skola.example", "tıttı@skola.example"]
    assert len({SignInThrottle().get_cache_key(rf.post("/", {"email": email}), None) for email in spellings}) == 1


def test_the_limit_is_not_told_by_the_address_in_the_cache(teacher: User, client_for: Browser, settings: Any) -> None:
    """No address, of mail or of the network, is written to Valkey, nor what a list of addresses could be held to."""
    from django.core.cache import cache

    settings.API_RATES = {**settings.API_RATES, "sign_in": "9/h"}
    form = {"email": teacher.email, "password": "wrong"}
    client_for().post("/sign-in/", form, REMOTE_ADDR="192.0.2.77")
    keys = [key.decode() for key in cache._cache.get_client().scan_iter("*throttle*")]  # type: ignore[attr-defined]
    assert len(keys) == 4  # of the address and of the account, each with when it began
    written = "".join(keys)
    assert "skola" not in written
    assert "192.0.2" not in written
    for known in (teacher.email, teacher.email.upper(), "192.0.2.77"):
        assert hashlib.sha256(known.encode()).hexdigest()[:16] not in written


def test_limits_are_counted_under_keys_of_this_installation(rf: RequestFactory, settings: Any) -> None:
    asked = rf.post("/", {"email": "titti@skola.example"})
    throttles = [made() for made in (SignInThrottle, SignInAddressThrottle)]
    here = {throttle.get_cache_key(asked, None) for throttle in throttles}
    settings.SECRET_KEY = "another-installation"
    assert here.isdisjoint({throttle.get_cache_key(asked, None) for throttle in throttles})


def test_csrf(teacher: User) -> None:
    """Signing in and out, and the language, need the form's token."""
    client = Client(enforce_csrf_checks=True)
    assert sign_in(client, teacher.email).status_code == 403
    assert client.post("/language/", {"language": "en"}).status_code == 403
    client.force_login(teacher)
    assert client.post("/sign-out/").status_code == 403
    assert client.session["_auth_user_id"] == str(teacher.pk)


@pytest.mark.parametrize("email", ["", "x" * 300, "nul\x00@skola.example", "no address"])
def test_nonsense_is_refused(db: None, client_for: Browser, email: str) -> None:
    """Never a 500."""
    assert sign_in(client_for(), email).status_code == 422


def test_sign_out(teacher: User, client_for: Browser, told: Told, django_capture_on_commit_callbacks: Any) -> None:
    """By POST only; the session is gone and its sockets, only its, close."""
    from huleedu.realtime.delivery import session_tag

    client = client_for(teacher)
    key = client.session.session_key
    assert client.get("/sign-out/")["Location"] == "/"
    assert "_auth_user_id" in client.session
    with django_capture_on_commit_callbacks(execute=True):
        response: Any = client.post("/sign-out/")
    assert (response.status_code, response["Location"]) == (302, SIGN_IN)
    assert client.get("/account/").status_code == 302
    assert told == [(teacher.pk, {"type": "socket.signed_out", "session": session_tag(key)})]


def test_a_message_that_nobody_has_seen_ends_with_the_session(
    owned_class: SchoolClass, teacher: User, client_for: Browser
) -> None:
    """It names a student: the browser keeps nothing of it, and whoever comes next sees nothing."""
    client = client_for(teacher)
    values = {"given_name": "Saga", "family_name": "Wik", "key": str(uuid4())}
    assert client.post(f"/classes/{owned_class.public_id}/students/new/", values).status_code == 302
    assert client.session["_messages"]
    assert "messages" not in client.cookies
    client.post("/sign-out/")
    assert "Saga" not in client.get(SIGN_IN).content.decode()


def test_sign_out_when_nobody_is_signed_in(db: None, client_for: Browser) -> None:
    """A second click is no error."""
    assert client_for().post("/sign-out/").status_code == 302


def test_no_address_in_the_log(teacher: User, client_for: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """Neither of a right nor of a wrong try."""
    with caplog.at_level("DEBUG"):
        sign_in(client_for(), teacher.email, "wrong")
        sign_in(client_for(), "nobody@skola.example", "wrong")
        sign_in(client_for(), teacher.email)
    lines = [line for line in caplog.text.splitlines() if "django.db.backends" not in line]
    assert lines
    assert not [line for line in lines if "skola.example" in line]


# --- language --------------------------------------------------------------------------------------------------------


def language_of(response: Any) -> str:
    """Of a page."""
    return str(response["Content-Language"])


def test_language_before_signing_in(db: None) -> None:
    """The browser's, until one is chosen; then the cookie's."""
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    assert language_of(client.get(SIGN_IN)) == "en"
    response: Any = client.post("/language/", {"language": "sv", "next": "/sign-in/?next=/classes/"})
    assert (response.status_code, response["Location"]) == (302, "/sign-in/?next=/classes/")
    assert language_of(client.get(SIGN_IN)) == "sv"
    assert client.cookies["django_language"]["samesite"] == "Lax"


def test_swedish_where_the_browser_names_nothing_we_have(db: None) -> None:
    """The product's first language."""
    assert language_of(Client(HTTP_ACCEPT_LANGUAGE="fr").get(SIGN_IN)) == "sv"


def test_unknown_language_is_ignored(db: None, client_for: Browser) -> None:
    """No cookie of it."""
    client = client_for()
    assert client.post("/language/", {"language": "xx/../.."}).status_code == 302
    assert "django_language" not in client.cookies


def test_own_language_wins_over_browser_and_cookie(teacher: User) -> None:
    """Wherever the person signs in."""
    client = Client(HTTP_ACCEPT_LANGUAGE="sv")
    client.cookies["django_language"] = "sv"
    client.force_login(teacher)
    assert language_of(client.get("/account/")) == "en"


def test_choosing_a_language_signed_in_keeps_it(teacher: User, client_for: Browser) -> None:
    """With the account."""
    client = client_for(teacher)
    client.post("/language/", {"language": "sv", "next": "/account/"})
    teacher.refresh_from_db()
    assert teacher.language == "sv"
    assert language_of(client.get("/account/")) == "sv"


def test_the_password_can_be_shown(db: None, client_for: Browser) -> None:
    """By a script alone: without one the button stays hidden."""
    page = client_for(None).get("/sign-in/").content.decode()
    assert re.search(r'<button [^>]*data-show="id_password"[^>]* hidden>', page)
    assert page.count("data-show") == 1
