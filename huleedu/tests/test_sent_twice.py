"""Double click, double Enter, sent again after a time limit: every form that makes something makes it once.

`FORMS` names each, with the page it stands on; what it carries hidden is taken from there. A form that is added to the
product belongs here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Q
from django.test import Client

from batches.actions import lock_batch, protect_student
from batches.models import Batch, Essay, Excuse
from batches.tests.making import make_batch, make_essays, make_students
from classes import actions as class_actions
from classes.models import (
    ClassShare,
    Leaving,
    RosterImport,
    SchoolClass,
    Student,
    StudentAlias,
    StudentMerge,
    current_school_year,
)
from files.models import EssayFile
from huleedu.accounts.models import School, User
from huleedu.common.once import save_once, sent_once

ClientFor = Callable[[User | None], Client]
ROWS = (
    *(SchoolClass, Student, RosterImport, ClassShare, StudentAlias, StudentMerge, Leaving),
    *(Batch, Essay, EssayFile, Excuse, School),
)
ERRANDS = Q(additional_data__has_key="support")


@dataclass(frozen=True)
class Form:
    """`page` and `to` (empty: the same) are filled with ids of what is there; `of` says which row is made."""

    page: str
    of: type[Any]
    fields: dict[str, Any]
    to: str = ""
    by: str = "teacher"
    answers: tuple[int, int] = (302, 302)


NEW_CLASS = {"designation": "ES24B", "school_year": current_school_year()}
FORMS = {
    "class": Form("/classes/new/", SchoolClass, NEW_CLASS),
    "copy of a class": Form("/classes/{school_class}/copy/", SchoolClass, NEW_CLASS),
    "student": Form("/classes/{school_class}/students/new/", Student, {"given_name": "Vi"}),
    "student with an address": Form(
        "/classes/{school_class}/students/new/", Student, {"given_name": "Vi", "email": "vi@elev.example"}
    ),
    "student and another": Form(
        "/classes/{school_class}/students/new/", Student, {"given_name": "Vi", "another": "1"}, by="colleague"
    ),
    "class list": Form("/classes/{school_class}/import/", RosterImport, {"text": "Bo Ek\nMy Ahl\n"}),
    "import": Form(
        "/classes/{school_class}/import/{draft}/check/", Student, {}, to="/classes/{school_class}/import/{draft}/apply/"
    ),
    "share": Form(
        "/classes/{school_class}/settings/", ClassShare, {"email": "stranger@skola.example"},
        to="/classes/{school_class}/shares/",
    ),
    "spelling": Form(
        "/classes/{school_class}/students/{student}/", StudentAlias, {"spelling": "Emme"},
        to="/classes/{school_class}/students/{student}/spellings/",
    ),
    "marked as left": Form(
        "/classes/{school_class}/", Leaving, {"do": "left", "student": "{student}"},
        to="/classes/{school_class}/students/several/",
    ),
    "moved": Form(
        "/classes/{school_class}/", Leaving, {"do": "move", "student": "{student}", "to": "{other_class}"},
        to="/classes/{school_class}/students/several/",
    ),
    "batch": Form("/batches/new/", Batch, {"title": "Debate", "school_class": "{school_class}"}),
    "batch without a class": Form("/batches/new/", Batch, {"title": "Debate", "school_class": ""}),
    "upload": Form(
        "/batches/{batch}/", EssayFile, {"files": b"Some words of an essay."}, to="/batches/{batch}/upload/"
    ),
    "student of a text": Form(
        "/batches/{batch}/review/{text}/", Student, {"decision": "new", "given_name": "Vi", "version": "1"},
        to="/batches/{batch}/texts/{text}/decide/",
    ),
    "excuse": Form("/batches/{batch}/missing/", Excuse, {}, to="/batches/{batch}/missing/{student}/excuse/"),
    "errand": Form(
        "/support/batches/batch/", LogEntry,
        {"action": "match_again", "_selected_action": "{batch_row}", "confirmed": "1", "reason": "Asked to."},
        by="support",
    ),
    "errand on an account": Form(
        "/support/accounts/user/", LogEntry,
        {"action": "sign_out", "_selected_action": "{user_row}", "confirmed": "1", "reason": "Asked to."}, by="support",
    ),
    "school": Form("/support/accounts/school/add/", School, {"name": "Ekskolan"}, by="support", answers=(302, 200)),
}  # fmt: skip


@pytest.fixture
def ids(owned_class: SchoolClass, teacher: User) -> dict[str, str]:
    """What the addresses and fields of `FORMS` refer to."""
    student = make_students(owned_class, ["Emil Berg"])[0]
    batch = make_batch(teacher, owned_class)
    text = make_essays(batch, 1)[0]
    other = class_actions.create_class(teacher, designation="NA24", actor=teacher)
    draft = class_actions.preview_roster(owned_class, data="Lo Ek\n", actor=teacher)
    rows = {"school_class": owned_class, "student": student, "batch": batch, "text": text, "draft": draft}
    made = {name: str(row.public_id) for name, row in rows.items()}
    return made | {"other_class": str(other.public_id), "batch_row": str(batch.pk), "user_row": str(teacher.pk)}


def count(model: type[Any]) -> int:
    return int(LogEntry.objects.filter(ERRANDS).count() if model is LogEntry else model.objects.count())


@pytest.mark.parametrize("name", FORMS)
def test_a_form_that_is_sent_twice_makes_it_once(
    name: str, ids: dict[str, str], stranger: User, client_for: ClientFor, request: pytest.FixtureRequest
) -> None:
    form = FORMS[name]
    browser = client_for(request.getfixturevalue(form.by))
    page = form.page.format(**ids)
    if form.by == "support" and form.of is LogEntry:  # the page of an errand is the answer to choosing it
        chosen = {key: form.fields[key].format(**ids) for key in ("action", "_selected_action")}
        shown = browser.post(page, chosen).content.decode()
    else:
        shown = browser.get(page).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(key)" value="([^"]+)"', shown))
    before = {model: count(model) for model in (*ROWS, LogEntry)}
    answers = []
    for _time in range(2):
        fields = {
            key: value.format(**ids) if isinstance(value, str) else SimpleUploadedFile("anna.txt", value)
            for key, value in form.fields.items()
        }
        answers.append(browser.post(form.to.format(**ids) or page, {**hidden, **fields}).status_code)
    assert tuple(answers) == form.answers
    assert count(form.of) == before[form.of] + 1
    assert all(count(model) <= n + 1 for model, n in before.items())


@pytest.mark.parametrize("name", ["class", "student", "class list", "batch"])
def test_another_page_makes_another(name: str, ids: dict[str, str], teacher: User, client_for: ClientFor) -> None:
    form = FORMS[name]
    page = form.page.format(**ids)
    before = count(form.of)
    for _time in range(2):
        key = re.search(r'name="key" value="([^"]+)"', client_for(teacher).get(page).content.decode())
        assert key
        fields = {name: value.format(**ids) for name, value in form.fields.items()}
        assert client_for(teacher).post(page, {"key": key[1], **fields}).status_code == 302
    assert count(form.of) == before + 2


def test_the_id_of_another_row_is_not_taken_over(owned_class: SchoolClass, stranger: User) -> None:
    made = class_actions.create_class(stranger, designation="SA24D", key=owned_class.public_id, actor=stranger)
    assert made.pk != owned_class.pk
    assert made.public_id != owned_class.public_id


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_is_made(teacher: User, race: Callable[..., list[Any]]) -> None:
    key = uuid4()

    def make() -> int:
        return class_actions.create_class(teacher, designation="ES24B", key=key, actor=teacher).pk

    assert len(set(race(make, make, make))) == 1
    assert SchoolClass.objects.count() == 1


def test_without_a_key_each_is_one_of_its_own(teacher: User) -> None:
    rows = [save_once(SchoolClass(owner=teacher, designation="ES24B"), None, same=("owner",)) for _time in range(2)]
    assert rows[0].pk != rows[1].pk


def test_a_form_that_comes_again_undoes_nothing(owned_class: SchoolClass, teacher: User, client_for: ClientFor) -> None:
    """Its student has left the class since, or is protected: the form holds the old name."""
    browser, page = client_for(teacher), f"/classes/{owned_class.public_id}/students/new/"
    fields = {"given_name": "Vi", "family_name": "Ek", "key": str(uuid4())}
    assert browser.post(page, fields).status_code == 302
    student = Student.objects.get()
    class_actions.remove_student(owned_class, student=student, actor=teacher)
    assert browser.post(page, fields).status_code == 422
    assert browser.post(page, {**fields, "given_name": "Bo"}).status_code == 302, (
        "another student, typed over the first"
    )
    class_actions.enrol_student(owned_class, student=student, actor=teacher)
    protect_student(student, alias="Student 1", actor=teacher)
    assert browser.post(page, fields).status_code == 422
    assert Student.objects.in_class(owned_class.pk).count() == 2


def test_what_broke_was_not_sent(ids: dict[str, str], support: User, client_for: ClientFor, monkeypatch: Any) -> None:
    """The second try does it, and a third is told that it was sent."""
    form = FORMS["errand"]
    browser, page = client_for(support), form.page.format(**ids)
    browser.raise_request_exception = False
    fields = {name: value.format(**ids) for name, value in form.fields.items()} | {"key": str(uuid4())}
    with monkeypatch.context() as broken:
        broken.setattr("huleedu.common.errands.on_errand", lambda errand: 1 / 0)
        assert browser.post(page, fields).status_code == 500
    before = count(LogEntry)
    told = [browser.post(page, fields, follow=True).content.decode() for _time in range(2)]
    assert count(LogEntry) == before + 1
    assert ["This was sent already." in said for said in told] == [False, True]


def test_a_key_of_the_api_is_none_of_a_page(teacher: User, api: Callable[[User], Any]) -> None:
    key = uuid4()
    for prefix in ("form ", "form\n"):
        api(teacher).post("/api/v1/classes/", NEW_CLASS, format="json", HTTP_IDEMPOTENCY_KEY=f"{prefix}{key}")
    with sent_once(teacher, key, form="/") as is_first:
        assert is_first


def test_a_key_of_another_form_is_none_of_this_one(
    ids: dict[str, str], teacher: User, support: User, client_for: ClientFor
) -> None:
    """Of another errand on the same list, and of the same errand's name on another list."""
    browser, key = client_for(support), str(uuid4())
    batch = Batch.objects.get(pk=ids["batch_row"])
    make_essays(batch, 1)
    lock_batch(batch, actor=teacher)
    fields = {"_selected_action": ids["batch_row"], "confirmed": "1", "reason": "Asked to.", "key": key}
    account = {**FORMS["errand on an account"].fields, "_selected_action": ids["user_row"], "key": key}
    before = count(LogEntry)
    for did in ("unlock", "match_again"):
        assert browser.post("/support/batches/batch/", {**fields, "action": did}).status_code == 302
    assert browser.post("/support/accounts/user/", account).status_code == 302
    assert count(LogEntry) == before + 3
