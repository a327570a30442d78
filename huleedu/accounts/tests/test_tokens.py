"""Tokens: sign in, rotate, reuse, revoke, and everything that ends them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from conftest import PASSWORD
from huleedu.accounts import actions
from huleedu.accounts.models import TokenFamily, User
from huleedu.accounts.tests.conftest import Told
from huleedu.common.errors import ActionError
from huleedu.realtime.delivery import session_tag

TOKEN, REFRESH, REVOKE = (f"/api/v1/auth/token/{part}" for part in ("", "refresh/", "revoke/"))
Api = Callable[..., APIClient]
TokensOf = Callable[[User], dict[str, Any]]


def me(access: str) -> Any:
    """Call the API with an access token."""
    return APIClient(HTTP_ACCEPT_LANGUAGE="en").get("/api/v1/me/", headers={"Authorization": f"Bearer {access}"})


def test_tokens_for_the_right_pair(teacher: User, api: Api) -> None:
    """The address is taken in any case; `sub` is the public id and no address is inside."""
    response = api().post(TOKEN, {"email": " TEACHER@skola.example ", "password": PASSWORD})
    assert response.status_code == 200
    body = response.json()
    assert set(body) == {"access", "refresh", "expires_in"}
    assert body["expires_in"] == 600
    claims = jwt.decode(body["access"], options={"verify_signature": False})
    assert claims["sub"] == str(teacher.public_id)
    assert "skola.example" not in str(claims)
    assert me(body["access"]).json()["id"] == str(teacher.public_id)


@pytest.mark.parametrize("who", ["unknown", "wrong password", "inactive", "without password"])
def test_wrong_pair_is_one_answer(teacher: User, colleague: User, api: Api, who: str) -> None:
    """Status and body do not tell who has an account."""
    expected = api().post(TOKEN, {"email": colleague.email, "password": "something else"})
    teacher.is_active = who != "inactive"
    if who == "without password":
        teacher.set_unusable_password()
    teacher.save()
    email = "nobody@skola.example" if who == "unknown" else teacher.email
    password = "something else" if who == "wrong password" else PASSWORD
    response = api().post(TOKEN, {"email": email, "password": password})
    assert response.status_code == 401
    assert response.json() == expected.json()
    assert response.json()["code"] == "invalid_credentials"
    assert response["WWW-Authenticate"] == "Bearer"
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("who", ["unknown", "wrong password", "inactive", "without password", "right"])
def test_one_hash_either_way(teacher: User, api: Api, monkeypatch: pytest.MonkeyPatch, who: str) -> None:
    """The time of the answer is that of one hash, whoever asks."""
    from django.contrib.auth.hashers import MD5PasswordHasher

    teacher.is_active = who != "inactive"
    if who == "without password":
        teacher.set_unusable_password()
    teacher.save()
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: Any, password: str, salt: str) -> str:
        hashed.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    email = "nobody@skola.example" if who == "unknown" else teacher.email
    response = api().post(TOKEN, {"email": email, "password": "wrong" if who == "wrong password" else PASSWORD})
    assert (response.status_code == 200) == (who == "right")
    assert len(hashed) == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "validation_error"),
        ([], "validation_error"),
        ({"email": {"a": 1}, "password": "x"}, "validation_error"),
        ({"email": "a", "password": "x" * 5000}, "validation_error"),
    ],
)
def test_malformed_sign_in(db: None, api: Api, body: Any, code: str) -> None:
    """400, also with the limit on."""
    response = api().post(TOKEN, body)
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_broken_json_with_the_limit_on(db: None, api: Api, settings: Any) -> None:
    """The limit, which looks into the body, does not hide that it is broken."""
    settings.API_RATES = {**settings.API_RATES, "sign_in": "5/m"}
    response = api().post(TOKEN, data="{", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (400, "parse_error")


def test_too_many_tries(teacher: User, api: Api, settings: Any) -> None:
    """429 with the time to wait, per account: also the right password no longer helps, another account does."""
    settings.API_RATES = {**settings.API_RATES, "sign_in": "3/m"}
    for _try in range(3):
        assert api().post(TOKEN, {"email": teacher.email, "password": "wrong"}).status_code == 401
    response = api().post(TOKEN, {"email": teacher.email.upper(), "password": PASSWORD})
    assert (response.status_code, response.json()["code"]) == (429, "throttled")
    assert 0 < int(response["Retry-After"]) <= 60
    assert api().post(TOKEN, {"email": "other@skola.example", "password": "wrong"}).status_code == 401


def test_rotation_keeps_the_sign_in(teacher: User, api: Api, tokens_of: TokensOf) -> None:
    """Each refresh gives new tokens of the same sign-in, three statements each."""
    first = tokens_of(teacher)
    second = api().post(REFRESH, {"refresh": first["refresh"]}).json()
    third = api().post(REFRESH, {"refresh": second["refresh"]}).json()
    assert len({first["refresh"], second["refresh"], third["refresh"]}) == 3
    assert me(third["access"]).status_code == 200
    assert TokenFamily.objects.get().revoked_at is None


def test_reuse_revokes_the_sign_in(
    teacher: User, api: Api, tokens_of: TokensOf, told: Told, django_capture_on_commit_callbacks: Any
) -> None:
    """The old token, the new token and the access tokens are all dead; another sign-in of the person goes on."""
    other = tokens_of(teacher)
    first = tokens_of(teacher)
    second = api().post(REFRESH, {"refresh": first["refresh"]}).json()
    with django_capture_on_commit_callbacks(execute=True):
        reused = api().post(REFRESH, {"refresh": first["refresh"]})
    assert (reused.status_code, reused.json()["code"]) == (401, "token_reused")
    assert reused["WWW-Authenticate"] == "Bearer"
    revoked = TokenFamily.objects.exclude(revoked_at=None).get()
    assert told == [(teacher.pk, {"type": "socket.signed_out", "session": session_tag(str(revoked.pk))})]
    after = api().post(REFRESH, {"refresh": second["refresh"]})
    assert (after.status_code, after.json()["code"]) == (401, "not_authenticated")
    assert me(second["access"]).status_code == 401
    assert me(other["access"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_two_connections_with_one_refresh_token(teacher: User) -> None:
    """One gets tokens, the other counts as reuse. Both are made to wait at the row, so that both come at once."""
    refresh = actions.issue_tokens(teacher, actor=teacher).refresh
    results: list[Any] = []

    def rotate() -> None:
        try:
            results.append(actions.rotate_tokens(refresh))
        finally:
            connection.close()

    threads = [threading.Thread(target=rotate) for _number in range(2)]
    with transaction.atomic():
        TokenFamily.objects.select_for_update().get()
        for thread in threads:
            thread.start()
        _wait_until_blocked(2)
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(result is None for result in results) == [False, True]
    assert TokenFamily.objects.get().revoked_at is not None


def _wait_until_blocked(number: int) -> None:
    deadline = time.monotonic() + 10
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_stat_clear_snapshot()")  # else one transaction always sees the same
            cursor.execute(query)
            if cursor.fetchone()[0] >= number:
                return
        time.sleep(0.01)
    pytest.fail("the other connections never came to the row")


def test_revoke(teacher: User, api: Api, tokens_of: TokensOf) -> None:
    """204, also the second time; refresh and access tokens of the sign-in are dead at once."""
    pair = tokens_of(teacher)
    for _time in range(2):
        assert api().post(REVOKE, {"refresh": pair["refresh"]}).status_code == 204
    assert api().post(REFRESH, {"refresh": pair["refresh"]}).status_code == 401
    assert me(pair["access"]).status_code == 401


@pytest.mark.parametrize("kind", ["garbage", "access", "expired", "foreign", "other key", "no family"])
@pytest.mark.parametrize("path", [REFRESH, REVOKE])
def test_useless_refresh_tokens(
    teacher: User, api: Api, tokens_of: TokensOf, settings: Any, kind: str, path: str
) -> None:
    """401, whatever is wrong with it."""
    pair = tokens_of(teacher)
    token = RefreshToken(pair["refresh"])
    if kind == "expired":
        token.set_exp(lifetime=-timedelta(seconds=1))
    if kind == "no family":
        del token["family"]
    text = {"garbage": "a.b.c", "access": pair["access"]}.get(kind, str(token))
    if kind == "other key":
        text = jwt.encode(token.payload, "another key, long enough for its algorithm", algorithm="HS256")
    if kind == "foreign":
        text = jwt.encode({**token.payload, "iss": "other"}, settings.SECRET_KEY, algorithm="HS256")
    response = api().post(path, {"refresh": text})
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("change", ["password", "inactive", "everywhere", "deactivated"])
def test_what_ends_tokens(teacher: User, support: User, api: Api, tokens_of: TokensOf, change: str) -> None:
    """A changed password, a person turned away, signed out everywhere: neither token works."""
    pair = tokens_of(teacher)
    if change == "password":
        actions.set_password(teacher, password="another-long-password", actor=teacher)
    elif change == "everywhere":
        actions.sign_out_everywhere(teacher, actor=support)
    elif change == "deactivated":
        actions.set_active(teacher, active=False, actor=support)
    else:
        User.objects.filter(pk=teacher.pk).update(is_active=False)
    assert me(pair["access"]).status_code == 401
    assert api().post(REFRESH, {"refresh": pair["refresh"]}).status_code == 401


def test_a_password_set_past_the_action_ends_tokens(teacher: User, api: Api, tokens_of: TokensOf) -> None:
    """`manage.py changepassword` knows no families: the password's own mark in the tokens is enough."""
    pair = tokens_of(teacher)
    teacher.set_password("another-long-password")
    teacher.save()
    assert me(pair["access"]).status_code == 401
    assert api().post(REFRESH, {"refresh": pair["refresh"]}).status_code == 401


@pytest.mark.parametrize("kind", ["none", "garbage", "expired", "refresh", "no family", "no sub", "two words"])
def test_anonymous_is_401(teacher: User, tokens_of: TokensOf, kind: str) -> None:
    """Never 403, and with the header that says how to sign in."""
    pair = tokens_of(teacher)
    token = AccessToken(pair["access"])
    if kind == "expired":
        token.set_exp(lifetime=-timedelta(seconds=1))
    if kind.startswith("no "):
        del token[kind.removeprefix("no ")]
    text = {"none": "", "garbage": "x", "refresh": pair["refresh"], "two words": "a b"}.get(kind, str(token))
    client = APIClient(HTTP_ACCEPT_LANGUAGE="en")
    headers = {} if kind == "none" else {"Authorization": f"Bearer {text}"}
    response = client.get("/api/v1/me/", headers=headers)
    assert (response.status_code, response.json()["code"]) == (401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_bearer_is_known_by_one_statement(teacher: User, tokens_of: TokensOf, django_assert_num_queries: Any) -> None:
    """Person, sign-in and password together."""
    access = tokens_of(teacher)["access"]
    with django_assert_num_queries(1):
        assert me(access).status_code == 200


def test_purge(teacher: User, tokens_of: TokensOf) -> None:
    """Only what can no longer be used is forgotten."""
    tokens_of(teacher)
    tokens_of(teacher)
    old = TokenFamily.objects.first()
    assert old is not None
    TokenFamily.objects.filter(pk=old.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    actions.purge_expired()
    assert TokenFamily.objects.count() == 1
    assert not TokenFamily.objects.filter(pk=old.pk).exists()


def test_rotate_refuses_in_words(db: None) -> None:
    """The action raises the one error of all actions."""
    with pytest.raises(ActionError) as caught:
        actions.rotate_tokens("x")
    assert caught.value.code == "not_authenticated"
