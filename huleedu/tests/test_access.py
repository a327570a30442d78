"""Nobody else's data: every URL and API route, as everyone who might call it.

`ROUTES` names each route with what it takes and to whom it answers. A route that is not listed fails the walk, and so
does a method that is listed for a route which refuses it.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from batches import actions as batch_actions
from batches.models import Batch, Essay
from batches.tests.making import make_batch, make_essays, make_students, upload
from classes import actions as class_actions
from classes.models import SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User

# Who may call. "read" and "change": whoever may read or change the class. "owner": its owner only.
# "own": everyone who is signed in, for their own things. "public": everyone.
PAGES: dict[str, dict[str, str]] = {
    "home": {"GET": "public"},
    "updated": {"GET": "read"},
    "favicon": {"GET": "public"},
    "healthz": {"GET": "public"},
    "readyz": {"GET": "public"},
    "metrics": {"GET": "public"},
    "api-schema": {"GET": "public"},
    "api-docs": {"GET": "public"},
    "accounts:sign-in": {"GET": "public", "POST": "public"},
    "accounts:sign-out": {"POST": "public"},
    "accounts:language": {"POST": "public"},
    "accounts:reset": {"GET": "public", "POST": "public"},
    "accounts:reset-sent": {"GET": "public"},
    "accounts:reset-confirm": {"GET": "public"},
    "accounts:account": {"GET": "own", "POST": "own"},
    "accounts:notices": {"POST": "own"},
    "accounts:password": {"POST": "own"},
    "accounts:sign-out-others": {"POST": "own"},
    "accounts:sign-in-end": {"POST": "own"},
    "accounts:email": {"POST": "own"},
    "accounts:email-confirm": {"GET": "own"},
    "batches:overview": {"GET": "own"},
    "batches:activity": {"GET": "own"},
    "batches:activity-seen": {"POST": "own"},
    "batches:activity-follow": {"GET": "own"},
    "batches:activity-read": {"POST": "own"},
    "batches:privacy": {"GET": "own"},
    "batches:privacy-students": {"GET": "own", "POST": "own"},
    "batches:privacy-student": {"GET": "read"},
    "batches:privacy-export": {"POST": "read"},
    "batches:privacy-delete": {"GET": "owner", "POST": "owner"},
    "batches:privacy-log": {"GET": "own"},
    "classes:list": {"GET": "own"},
    "classes:new": {"GET": "own", "POST": "own"},
    "classes:detail": {"GET": "read"},
    "classes:edit": {"GET": "read", "POST": "change"},
    "classes:archive": {"POST": "owner"},
    "classes:restore": {"POST": "owner"},
    "classes:delete": {"POST": "owner"},
    "classes:export": {"GET": "read"},
    "classes:copy": {"GET": "owner", "POST": "owner"},
    "classes:share": {"POST": "owner"},
    "classes:unshare": {"POST": "owner"},
    "classes:several": {"POST": "change"},
    "classes:leaving-undo": {"POST": "change"},
    "classes:student-add": {"GET": "change", "POST": "change"},
    "classes:student": {"GET": "read", "POST": "change"},
    "classes:student-teach": {"POST": "change"},
    "classes:student-forget": {"POST": "change"},
    "classes:student-forget-number": {"POST": "change"},
    "classes:student-remove": {"POST": "change"},
    "classes:student-return": {"POST": "change"},
    "classes:import": {"GET": "change", "POST": "change"},
    "classes:import-columns": {"GET": "change", "POST": "change"},
    "classes:import-check": {"GET": "change", "POST": "change"},
    "classes:import-apply": {"POST": "change"},
    "classes:import-done": {"GET": "read"},
    "classes:import-progress": {"GET": "change"},
    "classes:import-undo": {"GET": "change", "POST": "change"},
    "classes:imports": {"GET": "read"},
    "batches:list": {"GET": "own"},
    "batches:new": {"GET": "own", "POST": "own"},
    "batches:detail": {"GET": "read"},
    "batches:rename": {"GET": "change", "POST": "change"},
    "batches:title": {"POST": "change"},
    "batches:class": {"GET": "change", "POST": "change"},
    "batches:delete": {"GET": "owner", "POST": "owner"},
    "batches:lock": {"POST": "change"},
    "batches:unlock": {"GET": "owner", "POST": "owner"},
    "batches:start": {"POST": "change"},
    "batches:cancel": {"POST": "change"},
    "batches:reopen": {"GET": "change", "POST": "change"},
    "batches:archive": {"GET": "change", "POST": "change"},
    "batches:retry": {"POST": "change"},
    "batches:keep-undecided": {"POST": "change"},
    "batches:names": {"GET": "read", "POST": "change"},
    "batches:names-undo": {"POST": "change"},
    "batches:missing": {"GET": "read"},
    "batches:of-class": {"GET": "read"},
    "batches:class-history": {"GET": "read"},
    "batches:excuse": {"POST": "change"},
    "batches:expect": {"POST": "change"},
    "batches:print": {"GET": "read"},
    "batches:history": {"GET": "read"},
    "batches:export": {"GET": "read"},
    "batches:upload": {"POST": "change"},
    "batches:file-remove": {"GET": "change", "POST": "change"},
    "batches:file-restore": {"POST": "change"},
    "batches:file-retry": {"POST": "change"},
    "batches:file-paste": {"GET": "change", "POST": "change"},
    "batches:file-replace": {"GET": "change", "POST": "change"},
    "batches:file-download": {"GET": "read", "POST": "read"},
    "batches:student-merge": {"GET": "change", "POST": "change"},
    "batches:student-unmerge": {"GET": "change", "POST": "change"},
    "batches:student-protect": {"GET": "change", "POST": "change"},
    "batches:review": {"GET": "read", "POST": "read"},
    "batches:review-text": {"GET": "read", "POST": "read"},
    "batches:rematch": {"POST": "change"},
    "batches:confirm": {"GET": "change", "POST": "change"},
    "batches:undo": {"POST": "change"},
    "batches:texts": {"GET": "read"},
    "batches:text": {"GET": "read"},
    "batches:decide": {"POST": "change"},
    "batches:count-version": {"POST": "change"},
    "batches:text-retry": {"POST": "change"},
    "batches:teach": {"POST": "change"},
}
API: dict[str, dict[str, str]] = {
    "api:token": {"POST": "public"},
    "api:token-refresh": {"POST": "public"},
    "api:token-revoke": {"POST": "public"},
    "api:me": {"GET": "own", "PATCH": "own"},
    "api:ws-ticket": {"POST": "own"},
    "api:events": {"GET": "own"},
    "api:activity": {"GET": "own"},
    "api:activity-seen": {"POST": "own"},
    "api:activity-read": {"POST": "own"},
    "api:class-list": {"GET": "own", "POST": "own"},
    "api:class-detail": {"GET": "read", "PATCH": "change", "DELETE": "owner"},
    "api:class-archive": {"POST": "owner"},
    "api:class-restore": {"POST": "owner"},
    "api:class-export": {"GET": "read"},
    "api:class-copy": {"POST": "owner"},
    "api:class-shares": {"GET": "owner", "POST": "owner"},
    "api:class-unshare": {"DELETE": "owner"},
    "api:student-list": {"GET": "own"},
    "api:student-detail": {"GET": "read", "PATCH": "change", "DELETE": "owner"},
    "api:student-aliases": {"GET": "read", "POST": "change"},
    "api:student-alias": {"DELETE": "change"},
    "api:roster": {"GET": "read", "POST": "change"},
    "api:roster-student": {"DELETE": "change"},
    "api:leavings": {"GET": "change"},
    "api:leaving-undo": {"POST": "change"},
    "api:roster-imports": {"POST": "change"},
    "api:roster-import": {"GET": "change", "PATCH": "change"},
    "api:roster-import-apply": {"POST": "change"},
    "api:roster-import-undo": {"POST": "change"},
    "api:batch-list": {"GET": "own", "POST": "own"},
    "api:batch-detail": {"GET": "read", "PATCH": "change", "DELETE": "owner"},
    "api:batch-state": {"GET": "read"},
    "api:batch-essays": {"GET": "read"},
    "api:batch-export": {"GET": "read"},
    "api:batch-results": {"GET": "read"},
    "api:batch-confirm-matches": {"POST": "change"},
    "api:batch-undo": {"POST": "change"},
    "api:batch-rematch": {"POST": "change"},
    "api:batch-lock": {"POST": "change"},
    "api:batch-unlock": {"POST": "owner"},
    "api:batch-start": {"POST": "change"},
    "api:batch-cancel": {"POST": "change"},
    "api:batch-reopen": {"POST": "change"},
    "api:batch-archive": {"POST": "change"},
    "api:batch-retry": {"POST": "change"},
    "api:batch-name-pattern": {"GET": "read", "PUT": "change", "DELETE": "change"},
    "api:batch-excuse": {"PUT": "change", "DELETE": "change"},
    "api:batch-files": {"GET": "read", "POST": "change"},
    "api:batch-file": {"DELETE": "change"},
    "api:batch-file-download": {"GET": "read"},
    "api:batch-file-restore": {"POST": "change"},
    "api:batch-file-retry": {"POST": "change"},
    "api:batch-file-replacement": {"POST": "change"},
    "api:batch-file-text": {"POST": "change"},
    "api:privacy-log": {"GET": "own"},
    "api:student-export": {"GET": "read"},
    "api:student-merge": {"POST": "change"},
    "api:student-merges": {"GET": "change"},
    "api:student-unmerge": {"POST": "change"},
    "api:student-protection": {"PUT": "change"},
    "api:essay-detail": {"GET": "read"},
    "api:essay-counts": {"PUT": "change"},
    "api:essay-retry": {"POST": "change"},
    "api:essay-association": {"PUT": "change", "DELETE": "change"},
}
INTERNAL: dict[str, set[str]] = {
    "internal:batch": {"PUT"},
    "internal:pipeline-state": {"GET"},
    "internal:phase": {"PUT"},
    "internal:essays": {"GET"},
}
"""For services with a key and for no person."""
ROUTES = {**PAGES, **API}
MAY = {
    "public": {"anonymous", "stranger", "support", "reader", "colleague", "owner"},
    "own": {"stranger", "support", "reader", "colleague", "owner"},
    "read": {"reader", "colleague", "owner"},
    "change": {"colleague", "owner"},
    "owner": {"owner"},
}
SEES = {"reader", "colleague", "owner"}
"""Those to whom a thing that they may not change answers 403 rather than 404."""


def walk(patterns: Any, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """`(path, name)` of every route but support's admin, which has a test of its own."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{space}{pattern.namespace}:" if pattern.namespace else space
            if inner != "admin:":
                yield from walk(pattern.url_patterns, route, inner)
        elif isinstance(pattern, URLPattern):
            yield route, f"{space}{pattern.name}"


ALL = {name: path for path, name in walk(get_resolver().url_patterns)}


def test_every_route_is_in_the_table_and_no_other() -> None:
    assert set(ALL) - {*ROUTES, *INTERNAL} == set(), "say in this table who may call these"
    assert {*ROUTES, *INTERNAL} - set(ALL) == set(), "these are gone"


@dataclass
class World:
    """The teacher's class with everything in it."""

    school_class: SchoolClass
    student: Student
    batch: Batch
    essay: Essay
    roster_import: Any
    shared_with: User

    def url(self, name: str) -> str:
        """The route filled in with this world's ids."""
        wanted = re.findall(r"<(?:\w+:)?(\w+)>", ALL[name])
        values: dict[str, Any] = {
            "class_id": self.school_class.public_id,
            "batch_id": self.batch.public_id,
            "text_id": self.essay.public_id,
            "file_id": self.essay.file.public_id,
            "student_id": self.student.public_id,
            "import_id": self.roster_import.public_id,
            "user_id": self.shared_with.public_id,
            "alias_id": uuid.uuid4(),
            "merge_id": uuid.uuid4(),
            "leaving_id": uuid.uuid4(),
            "notice_id": uuid.uuid4(),
            "sign_in_id": uuid.uuid4(),
            "kind": "batch",
            "public_id": self.batch.public_id,
            "phase": "nlp",
            "uidb64": uuid.uuid4(),
            "token": "a-token",
        }
        kind = name.removeprefix("api:").partition("-")[0]
        values["id"] = {
            "class": self.school_class, "student": self.student, "batch": self.batch, "essay": self.essay,
        }.get(kind, self.batch).public_id  # fmt: skip
        return reverse(name, kwargs={key: values[key] for key in wanted})


@pytest.fixture
def world(teacher: User, reader: User, owned_class: SchoolClass) -> World:
    (student,) = make_students(owned_class, ["Emil Berg"])
    batch = make_batch(teacher, owned_class)
    (essay,) = make_essays(batch, 1, students=[student], certainty="certain")
    EssayFile.objects.filter(pk=essay.file.pk).update(storage_key=upload("a.txt").blob.key)  # type: ignore[union-attr]
    roster_import = class_actions.preview_roster(owned_class, data="Alva Berg", file_name="", actor=teacher)
    batch_actions.decide_student(essay, student=student, version=None, actor=teacher)
    return World(owned_class, student, batch, essay, roster_import, reader)


@pytest.fixture
def cast(teacher: User, colleague: User, reader: User, stranger: User, support: User) -> dict[str, User | None]:
    return {
        "anonymous": None, "stranger": stranger, "support": support, "reader": reader, "colleague": colleague,
        "owner": teacher,
    }  # fmt: skip


@pytest.fixture
def refusing(settings: Any) -> None:
    """A method that a route does not take is answered by 405, rather than by the way to the page around it."""
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if not each.endswith(".NearestPageMiddleware")]


@pytest.mark.usefixtures("refusing")
@pytest.mark.parametrize(
    ("name", "method"), [(name, method) for name, methods in ROUTES.items() for method in methods], ids=str
)
def test_a_route_answers_those_it_is_for(name: str, method: str, world: World, cast: dict[str, User | None]) -> None:
    for who, person in cast.items():
        with undone():
            answer = _ask(name, method, person, world)
            _judge(name, who, answer, allowed=who in MAY[ROUTES[name][method]])


@pytest.mark.parametrize("name", [name for name, methods in PAGES.items() if "GET" not in methods])
def test_an_address_of_a_button_leads_a_reader_to_the_page_around_it(name: str, world: World, teacher: User) -> None:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(teacher)
    path = world.url(name)
    answer = client.get(path, follow=True)
    page, status = answer.redirect_chain[0]
    assert (status, path.startswith(page), page != path) == (302, True, True)
    assert page != "/" or path.count("/") == 2
    assert (answer.status_code, "Nothing was changed just now." in answer.content.decode()) == (200, True)


@contextmanager
def undone() -> Iterator[None]:
    """What happens within is rolled back. As Django's own TestCase does, it lets durable actions run inside."""
    block = transaction.atomic()
    block._from_testcase = True  # type: ignore[attr-defined]
    with block:
        yield
        transaction.set_rollback(True)


def _ask(name: str, method: str, person: User | None, world: World) -> Any:
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    if person is not None:
        client.force_login(person)
    is_api = name in API or name in INTERNAL
    kind = "application/json" if is_api else "application/x-www-form-urlencoded"
    answer = client.generic(method, world.url(name), b"{}" if is_api else b"", content_type=kind)
    if answer.streaming:
        list(answer)  # to its end, where it is closed
    return answer


def _judge(name: str, who: str, answer: Any, *, allowed: bool) -> None:
    status = answer.status_code
    assert status < 500, who
    is_refused_form = status == 422 and name not in API and answer.request["REQUEST_METHOD"] == "POST"
    assert not is_refused_form or 'class="error-summary"' in answer.content.decode(), who
    assert status != 405, who
    if allowed:
        assert status != 403, who
        assert status != 401 or name.startswith("api:token"), who
        assert status != 404 or name not in API or ROUTES[name].get("GET") != "read", who
        assert not answer.get("Location", "").startswith("/sign-in/") or name.startswith("accounts:"), who
    elif who == "anonymous" and name in API:
        assert (status, answer["WWW-Authenticate"][:6]) == (401, "Bearer")
    elif who == "anonymous":
        assert (status, answer["Location"][:14]) == (302, "/sign-in/?next")
    else:
        assert status == (403 if who in SEES else 404), (who, answer.content[:300])
        assert b"Emil" not in answer.content


@pytest.mark.parametrize(("name", "method"), [(name, m) for name, methods in INTERNAL.items() for m in methods])
def test_an_internal_route_answers_no_person(
    name: str, method: str, world: World, cast: dict[str, User | None], settings: Any
) -> None:
    settings.INTERNAL_API_KEYS = ["a-key-of-services"]
    for who, person in cast.items():
        answer = _ask(name, method, person, world)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated"), who


LISTS = [f"/support/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]


def test_the_support_desk_is_for_support_staff(world: World, cast: dict[str, User | None]) -> None:
    for who, person in cast.items():
        client = Client()
        if person is not None:
            client.force_login(person)
        for path in (
            "/support/",
            *(reverse(f"admin:{m._meta.label_lower.replace('.', '_')}_changelist") for m in admin.site._registry),
        ):
            answer = client.get(path)
            assert (answer.status_code == 200) == (who == "support"), (path, who)
            assert b"Emil" not in answer.content
