"""Every form that is refused says so above the page, with a link to each control that is wrong, and in the title."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import Any

import pytest
from django.template import Context, Template
from django.test import Client
from django.urls import reverse

from batches import actions as batch_actions
from batches.tests.making import make_batch, make_essays, make_students
from classes import actions as class_actions
from classes.models import SchoolClass
from huleedu.accounts.links import password_path
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

Browser = Callable[[User | None], Client]
Field = Mapping[str, Any]


class Page(HTMLParser):
    """The links of the summary, the ids of the page, what describes each control, and the title."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.controls: dict[str, dict[str, str | None]] = {}
        self.described: set[str] = set()
        self.focused: list[str] = []
        self.title = ""
        self._within = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if "autofocus" in values:
            self.focused.append(values.get("class") or tag)
        if values.get("class") == "error-summary":
            self._within = "summary"
        elif tag == "title" and not self.title:
            self._within = "title"
        elif tag == "a" and self._within == "summary":
            self.links.append((values["href"] or "").removeprefix("#"))
        self.described |= set((values.get("aria-describedby") or "").split())
        if values.get("id"):
            self.controls[str(values["id"])] = values

    def handle_endtag(self, tag: str) -> None:
        if tag == {"summary": "div", "title": "title"}.get(self._within):
            self._within = ""

    def handle_data(self, data: str) -> None:
        if self._within == "title":
            self.title += data


ACCOUNT: list[tuple[str, Field, list[str]]] = [
    ("account", {"language": "xx"}, ["id_language_0", "id_theme_0"]),
    ("notices", {"page_notices": ["everything"]}, ["id_page_notices"]),
    ("password", {"old_password": "wrong", "new_password1": "a", "new_password2": "b"}, ["id_old_password"]),
    ("email", {"email": "no address", "current_password": "wrong"}, ["id_email", "id_current_password"]),
    ("sign-in", {"email": "", "password": ""}, ["id_email", "id_password"]),
    ("reset", {"email": ""}, ["id_email"]),
]
CLASS: list[tuple[str, Field, list[str]]] = [
    ("new", {}, ["id_designation", "id_school_year"]),
    ("edit", {"designation": "", "school_year": "2026/27", "courses": ["none"]}, ["id_designation", "id_courses_0"]),
    ("share", {"email": "no@skola.example"}, ["id_email"]),
    ("copy", {"designation": "", "student_ids": ["nobody"]}, ["id_designation", "id_student_ids_0"]),
    ("import", {}, ["id_text"]),
    ("student-add", {"given_name": "Bo", "email": "bo"}, ["id_email"]),
    ("student", {"given_name": "", "family_name": "", "email": "bo"}, ["id_email"]),
    ("student-teach", {"spelling": "Emil Berg"}, ["id_spelling"]),
    ("import-columns", {"columns.0": "shoes"}, ["id_columns.0"]),
    ("import-check", {"shown": "3,", "3.given_name": "Xi", "3.email": "no address"}, ["id_3.email"]),
]
BATCH: list[tuple[str, Field, list[str]]] = [
    ("new", {"title": "", "review_by": "soon"}, ["id_title", "id_review_by"]),
    ("rename", {"title": "", "due": "soon", "version": "1"}, ["id_title", "id_due"]),
    ("class", {"school_class": "none", "version": "1"}, ["id_school_class"]),
    ("unlock", {"reason": " "}, ["id_reason"]),
    ("reopen", {"reason": "why " * 200}, ["id_reason"]),
    ("file-paste", {"text": " "}, ["id_text"]),
    ("upload", {}, ["id_files"]),
    ("file-replace", {}, ["id_files"]),
    ("student-merge", {"into": "nobody"}, ["id_into"]),
    ("student-protect", {"alias": ""}, ["id_alias"]),
]


def _assert_told(answer: Any, targets: list[str]) -> Page:
    page = Page(answer.content.decode())
    assert answer.status_code in (400, 422)
    assert page.title.startswith("Error: ")
    assert set(targets) <= set(page.links)
    assert page.focused[0] == "error-summary"
    for link in filter(None, page.links):
        assert f"{link}_error" in page.controls or f"{link[:-2]}_error" in page.controls, link
        assert link in page.controls
    assert {key for key in page.controls if key.endswith("_error")} <= page.described
    return page


@pytest.mark.parametrize(("name", "sent", "targets"), ACCOUNT, ids=[name for name, _sent, _targets in ACCOUNT])
def test_forms_of_the_account(name: str, sent: Field, targets: list[str], teacher: User, client_for: Browser) -> None:
    client = client_for(None if name in ("sign-in", "reset") else teacher)
    _assert_told(client.post(reverse(f"accounts:{name}"), sent), targets)


def test_a_new_password_by_a_link(teacher: User, client_for: Browser) -> None:
    client = client_for(None)
    form = client.get(password_path(teacher))
    _assert_told(client.post(form["Location"], {"new_password1": "a", "new_password2": "b"}), ["id_new_password2"])


def test_what_is_wrong_with_all_of_a_form_has_no_link(db: None, client_for: Browser) -> None:
    answer = client_for(None).post(reverse("accounts:sign-in"), {"email": "no@skola.example", "password": "none"})
    assert _assert_told(answer, []).links == []
    assert "do not match" in answer.content.decode()


@pytest.mark.parametrize(("name", "sent", "targets"), CLASS, ids=[name for name, _sent, _targets in CLASS])
def test_forms_of_classes(
    name: str, sent: Field, targets: list[str], teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    (student,) = make_students(owned_class, ["Emil Berg"])
    text = "Förnamn;Efternamn;E-post\nAlva;Berg;alva@elev.example\n;;x@elev.example\n"
    draft = class_actions.preview_roster(owned_class, data=text, actor=teacher)
    keys = {"import-columns": [draft.public_id], "import-check": [draft.public_id], "new": []}
    keys |= {key: [student.public_id] for key in ("student", "student-teach")}
    address = reverse(f"classes:{name}", args=([] if name == "new" else [owned_class.public_id]) + keys.get(name, []))
    _assert_told(client_for(teacher).post(address, sent), targets)


@pytest.mark.parametrize(("name", "sent", "targets"), BATCH, ids=[name for name, _sent, _targets in BATCH])
def test_forms_of_batches(
    name: str, sent: Field, targets: list[str], teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    student, _other = make_students(owned_class, ["Emil Berg", "Alva Ek"])
    batch = make_batch(teacher, owned_class)
    (essay,) = make_essays(batch, 1)
    keys = [batch.public_id]
    if name == "new":
        keys = []
    elif name.startswith("file"):
        assert essay.file is not None
        keys.append(essay.file.public_id)
    elif name.startswith("student"):
        keys = [owned_class.public_id, student.public_id]
    if name == "unlock":
        batch_actions.lock_batch(batch, actor=teacher)
    _assert_told(client_for(teacher).post(reverse(f"batches:{name}", args=keys), sent), targets)


def test_in_a_panel_the_summary_comes_with_the_panel(
    teacher: User, owned_class: SchoolClass, client_for: Browser
) -> None:
    headers = {"HX-Request": "true", "HX-Target": "panel"}
    address = reverse("classes:student-add", args=[owned_class.public_id])
    answer = client_for(teacher).post(address, {"given_name": "Bo", "email": "bo"}, headers=headers)
    _assert_told(answer, ["id_email"])
    before, panel = answer.content.decode().split('id="panel"')
    assert ("error-summary" in before, "error-summary" in panel) == (False, True)


def test_words_that_are_no_name(teacher: User, owned_class: SchoolClass, client_for: Browser) -> None:
    batch = make_batch(teacher, owned_class)
    (essay,) = make_essays(batch, 1)
    file = essay.file
    assert file is not None
    file.name = "one two three.txt"
    file.save(update_fields=["name"])
    client = client_for(teacher)
    sent = {"file": str(file.public_id), "w": ["9g"]}
    page = Page(client.get(reverse("batches:names", args=[batch.public_id]), sent).content.decode())
    assert (page.links, page.title[:7], "id_w" in page.controls) == (["id_w"], "Error: ", True)


def test_each_control_that_was_refused_is_marked() -> None:
    """Beside its hint, where it has one."""
    refusals = [ActionError("validation_error", "Which?", field=name) for name in ("given_name", "email")]
    marks = Template("{% load errors %}{% for name in names %}<input{% invalid name %}>{% endfor %}")
    marked = marks.render(Context({"refusals": refusals, "names": ["given_name", "family_name", "email"]}))
    assert marked == (
        '<input aria-invalid="true" aria-describedby="id_given_name_error">'
        '<input><input aria-invalid="true" aria-describedby="id_email_error">'
    )
    hinted = Template('{% load errors %}{% invalid "email" hint="why" %}')
    assert (
        hinted.render(Context({"refusals": refusals})) == ' aria-invalid="true" aria-describedby="why id_email_error"'
    )
    assert hinted.render(Context({})) == ' aria-describedby="why"'
