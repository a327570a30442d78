"""The frame around every page, and what people see when something does not work."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import yaml
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils.translation import override
from drf_spectacular.generators import SchemaGenerator
from structlog.contextvars import bound_contextvars

from batches.context_processors import Navigation
from batches.tests.making import make_batch
from classes.models import SchoolClass
from huleedu import views
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.common.middleware import ActionErrorMiddleware

Browser = Callable[[User | None], Client]


def test_paper_says_in_its_margin_what_it_is_about(owned_class: SchoolClass, client_for: Browser) -> None:
    """The style sheet takes the margin's words from the page's root."""
    batch = make_batch(owned_class.owner, owned_class, title="Letters")
    reader = client_for(owned_class.owner)
    of_class = reader.get(reverse("classes:detail", args=[owned_class.public_id])).content.decode()
    of_batch = reader.get(reverse("batches:missing", args=[batch.public_id])).content.decode()
    assert f'data-paper="SA24D {owned_class.school_year}"' in of_class
    assert 'data-paper="Letters · SA24D"' in of_batch


def test_a_signed_in_page_has_navigation_live_state_and_the_persons_theme(teacher: User, client_for: Browser) -> None:
    teacher.theme = User.Theme.DARK
    teacher.save()
    page = client_for(teacher).get(reverse("batches:overview")).content.decode()
    assert '<html lang="en" data-theme="dark" data-density="compact"' in page
    assert "data-live-state" in page
    assert 'aria-current="page"' in page
    for name in ("batches:overview", "classes:list", "batches:list", "batches:new", "accounts:account"):
        assert f'href="{reverse(name)}"' in page


def test_pages_go_compressed_and_files_as_they_are(
    teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    browser, accepts = client_for(teacher), {"Accept-Encoding": "gzip, br"}
    page = browser.get(reverse("batches:overview"), headers=accepts)
    assert page["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in page["Vary"]
    assert b"data-live-state" in gzip.decompress(page.content)
    export = reverse("batches:export", args=[make_batch(teacher, owned_class).public_id])
    file = browser.get(export, {"format": "zip"}, headers=accepts)
    assert not file.has_header("Content-Encoding")
    assert int(file["Content-Length"]) == len(b"".join(file.streaming_content))


@pytest.mark.parametrize(
    ("name", "keys", "section"),
    [
        ("batches:overview", 0, "overview"),
        ("batches:class", 1, "batches"),
        ("batches:of-class", 1, "classes"),
        ("batches:class-history", 1, "classes"),
        ("batches:student-merge", 2, "classes"),
        ("batches:student-protect", 2, "classes"),
        ("batches:privacy-student", 1, ""),
        ("classes:detail", 1, "classes"),
        ("accounts:account", 0, ""),
    ],
)
def test_the_menu_marks_where_the_trail_of_the_page_begins(
    name: str, keys: int, section: str, rf: RequestFactory
) -> None:
    address = reverse(name, args=[uuid4()] * keys)
    request = rf.get(address)
    request.resolver_match = resolve(address)
    assert Navigation(request).section == section


def test_an_anonymous_page_has_no_navigation_and_opens_no_socket(db: None, client_for: Browser) -> None:
    page = client_for(None).get(reverse("accounts:sign-in")).content.decode()
    assert "main-nav" not in page
    assert "data-live" not in page
    assert 'href="#content"' in page


def test_not_found_tells_nothing_but_that(teacher: User, client_for: Browser) -> None:
    response = client_for(teacher).get("/batches/00000000-0000-4000-8000-000000000000/")
    assert response.status_code == 404
    page = response.content.decode()
    assert "Not here, or not shared with you" in page
    nonce = page.partition('<style nonce="')[2].partition('"')[0]
    assert nonce
    assert f"'nonce-{nonce}'" in response["Content-Security-Policy"].partition("style-src")[2]


@pytest.mark.parametrize(("theme", "asks_device"), [("dark", False), ("light", False), ("system", True)])
def test_an_error_page_is_in_the_persons_own_theme(
    theme: str, asks_device: bool, teacher: User, client_for: Browser
) -> None:
    teacher.theme = theme
    teacher.save()
    page = client_for(teacher).get(reverse("batches:detail", args=[uuid4()])).text
    assert (f'name="color-scheme" content="{theme}"' in page) is not asks_device
    assert ("prefers-color-scheme" in page, "#11181A" in page) == (asks_device, theme != "light")


def test_the_server_error_page_stands_alone(rf: RequestFactory) -> None:
    response = views.server_error(rf.get("/"))  # without the fixture `db` a query would be an error here
    page = response.content.decode()
    assert response.status_code == 500
    assert len(response.content) < 6_000
    assert "/static/" not in page
    assert "<script" not in page


def test_the_server_error_page_gives_a_short_reference_and_tries_again_what_was_only_read(rf: RequestFactory) -> None:
    request_id = str(uuid4())
    with override("en"), bound_contextvars(request_id=request_id):
        read, sent = views.server_error(rf.get("/")).text, views.server_error(rf.post("/")).text
    assert f"<code>{request_id[:8]}</code>" in read
    assert f"<code>{request_id[:8]}</code>" in sent
    assert ('<a href="">Try again</a>' in read, '<a href="">' in sent) == (True, False)


def test_a_script_takes_the_words_of_an_error_page_alone(rf: RequestFactory) -> None:
    """What it parses keeps to the policy of the page it is on."""
    for aim, has_style in (("document", True), ("empty", False)):
        page = views.not_found(rf.get("/", headers={"Sec-Fetch-Dest": aim}), Exception()).text
        assert ("<style" in page, "<h1>" in page) == (has_style, True)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_error_page_stands_alone_and_brings_its_style(rf: RequestFactory, language: str) -> None:
    request = rf.get("/")
    request.user = AnonymousUser()
    with override(language):
        pages = [
            views.bad_request(request, Exception()),
            views.bad_request(request, RequestDataTooBig()),
            views.bad_request(request, TooManyFilesSent()),
            views.forbidden(request, Exception()),
            views.csrf_failure(request),
            views.not_found(request, Exception()),
            refused(request, "throttled"),
            refused(request, "orchestrator_unavailable"),
            views.server_error(request),
        ]
    assert [page.status_code for page in pages] == [400, 413, 413, 403, 403, 404, 429, 503, 500]
    for page in pages:
        assert len(page.content) < 6_000
        assert b"/static/" not in page.content
        assert b"<style nonce=" in page.content
        assert f'<html lang="{language}">' in page.content.decode()
        assert ("To the overview" in page.content.decode()) == (language == "en")


def test_whoever_tries_too_often_is_told_when_to_try_again(rf: RequestFactory) -> None:
    request = rf.post("/")
    with override("en"):
        page = refused(request, "throttled", retry_after=130)
    assert "Try again in 3 minutes." in page.content.decode()
    assert page["Retry-After"] == "130"


def test_without_the_database_a_page_tries_again_by_itself(rf: RequestFactory) -> None:
    with override("en"):
        try:
            raise OperationalError("no connection")
        except OperationalError:
            read, sent = views.server_error(rf.get("/")), views.server_error(rf.post("/"))
    assert (read.status_code, read["Retry-After"]) == (503, "15")
    assert '<meta http-equiv="refresh" content="15">' in read.content.decode()
    assert "This page tries again by itself at" in read.content.decode()
    assert "refresh" not in sent.content.decode()


def refused(request: HttpRequest, code: str = "batch_locked", retry_after: int = 7) -> HttpResponse:
    error = ActionError(code, "The batch is locked.", retry_after=retry_after)
    response = ActionErrorMiddleware(lambda _request: HttpResponse()).process_exception(request, error)
    assert response is not None
    return response


def test_a_refused_action_of_a_fragment_says_why_among_the_messages(rf: RequestFactory) -> None:
    request = rf.post("/")
    request.htmx = True  # type: ignore[attr-defined]
    response = refused(request)
    assert response.status_code == 409
    assert response["Retry-After"] == "7"
    assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#messages", "innerHTML")
    assert response["HX-Reselect"].removeprefix("#") in response.content.decode()
    assert "<html" not in response.content.decode()


@pytest.mark.django_db
def test_a_refused_action_of_a_page_is_a_page(rf: RequestFactory, teacher: User) -> None:
    request = rf.post("/")
    request.user = teacher
    response = refused(request)
    assert response.status_code == 409
    assert "The batch is locked." in response.content.decode()
    assert "HX-Retarget" not in response


@pytest.mark.django_db
def test_what_the_schemas_address_says_reaches_no_header(client: Client) -> None:
    """A control character in a header ends the connection without an answer."""
    answer = client.get("/api/schema/", {"version": "a\x00b\r\nX: y"})
    assert answer["Content-Disposition"] == 'inline; filename="HuleEdu API.yaml"'


@pytest.mark.django_db
def test_the_schema_is_made_once_per_language_and_form(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    real = SchemaGenerator.get_schema

    def counted(*args: Any, **options: Any) -> Any:
        made.append(options)
        return real(*args, **options)

    monkeypatch.setattr(SchemaGenerator, "get_schema", counted)
    views._schema.cache_clear()
    forms = [
        client.get("/api/schema/", headers={"Accept-Language": language, "Accept": accepted})
        for language in ("en", "sv")
        for accepted in ("application/vnd.oai.openapi", "application/vnd.oai.openapi+json")
        for _time in range(3)
    ]
    assert len(made) == 4
    assert {answer.status_code for answer in forms} == {200}
    assert len({answer.content for answer in forms}) == 4
    assert forms[3]["Content-Disposition"] == 'inline; filename="HuleEdu API.json"'
    assert json.loads(forms[3].content)["paths"].keys() == yaml.safe_load(forms[0].content)["paths"].keys()


def test_the_readable_schema_is_only_read(db: None, client_for: Browser) -> None:
    """What else is asked of it, by anybody, is no error of ours."""
    address = reverse("api-docs")
    assert client_for(None).get(address).status_code == 200
    assert client_for(None).options(address).status_code == 405
