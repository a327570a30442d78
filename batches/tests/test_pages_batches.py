"""The pages of a batch beside its files: the list, a new one, not handed in, history, and what they all cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from batches import actions, activity
from batches.models import Batch, Decision
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.pages import essay, read_all, send, url
from classes.models import ClassCourse, SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]


# --- list, new, rename -----------------------------------------------------------------------------------------------


def test_new_batch(owner: Client, teacher: User, owned_class: SchoolClass) -> None:
    target = reverse("batches:new")
    page = owner.get(f"{target}?class={owned_class.public_id}").content.decode()
    assert f'value="{owned_class.public_id}" selected' in page
    assert 'name="course_code"' not in page
    answer = owner.post(target, {"title": " The  library ", "school_class": owned_class.public_id, "due": "2026-11-30"})
    batch = Batch.objects.get()
    assert answer.headers["Location"] == url("detail", batch)
    assert (batch.title, batch.course_code, batch.owner) == ("The library", "ENG6", teacher)
    assert batch.due_at is not None
    assert batch.due_at.isoformat() == "2026-11-30T22:59:00+00:00"
    assert owner.post(target, {"title": "​"}).status_code == 422
    assert owner.post(target, {"title": "x", "due": "soon"}).status_code == 422
    assert owner.post(target, {"title": "Without class"}).status_code == 302


@pytest.mark.parametrize("title", ["Saga 20060102-2387", "Saga 20060102_2387", "Saga 2006-01-02 23\u200b87"])
def test_no_batch_is_named_by_a_personal_identity_number(
    owner: Client, api: Callable[[User | None], APIClient], teacher: User, title: str
) -> None:
    target = reverse("batches:new")
    answer = owner.post(target, {"title": title})
    assert (answer.status_code, Batch.objects.count()) == (422, 0)
    assert "Personal identity numbers are not kept here." in answer.content.decode()
    owner.post(target, {"title": "Saga"})
    batch = Batch.objects.get()
    assert owner.post(url("title", batch) + "?version=1", {"title": title}).status_code == 400
    assert owner.post(url("rename", batch), {"title": title, "version": 1}).status_code == 422
    client, path = api(teacher), "/api/v1/batches/"
    for call, where in ((client.post, path), (client.patch, f"{path}{batch.public_id}/")):
        assert call(where, {"title": title}, format="json").json()["errors"][0]["field"] == "title"
    assert list(Batch.objects.values_list("title", flat=True)) == ["Saga"]


def test_of_a_dropped_folder_named_so_the_number_is_masked(owner: Client) -> None:
    owner.post(reverse("batches:new"), {"title": "Saga 20060102_2387", "is_dropped": "on"})
    assert Batch.objects.get().title == "Saga [personnummer]"


def test_the_course_is_asked_for_where_a_class_has_several(owner: Client, owned_class: SchoolClass) -> None:
    ClassCourse.objects.create(school_class=owned_class, code="SV2")
    target, values = reverse("batches:new"), {"title": "x", "school_class": owned_class.public_id}
    assert 'name="course_code"' in owner.get(target).content.decode()
    assert owner.post(target, {**values, "course_code": "ENG7"}).status_code == 422
    assert owner.post(target, {**values, "course_code": "SV2"}).status_code == 302
    assert Batch.objects.get().course_code == "SV2"


def test_a_batch_cannot_be_made_in_a_class_one_may_only_read(
    reader: User, stranger: User, colleague: User, teacher: User, owned_class: SchoolClass, client_for: ClientFor
) -> None:
    values = {"title": "x", "school_class": owned_class.public_id}
    for user in (reader, stranger):
        assert client_for(user).post(reverse("batches:new"), values).status_code == 422
    assert client_for(colleague).post(reverse("batches:new"), values).status_code == 302
    assert Batch.objects.get().owner == teacher


def test_rename_does_not_overwrite_a_colleague(owner: Client, batch: Batch) -> None:
    values = {"title": "Mine", "due": "", "version": batch.version}
    assert owner.post(url("rename", batch), values).status_code == 302
    late = owner.post(url("rename", batch), {**values, "title": "Theirs"})
    assert late.status_code == 409
    page = late.content.decode()
    assert "Now: Mine" in page
    assert "You wrote: Theirs" in page
    assert "Keep theirs" in page
    batch.refresh_from_db()
    assert batch.title == "Mine"
    # "Use mine" sends the same form again, over what the other wrote.
    assert f'name="version" value="{batch.version}"' in page
    again = owner.post(url("rename", batch), {**values, "title": "Theirs", "version": batch.version})
    assert again.status_code == 302
    batch.refresh_from_db()
    assert batch.title == "Theirs"


def test_the_list_filters_and_counts(
    owner: Client, teacher: User, batch: Batch, owned_class: SchoolClass, stranger: User
) -> None:
    students = make_students(owned_class, ["Ada Berg", "Bo Ek", "Cia Falk"])
    make_essays(batch, 1, students=students, certainty="certain")
    make_batch(stranger, title="Somebody else's")
    put_away = make_batch(teacher, title="Put away")
    Batch.objects.filter(pk=put_away.pk).update(status="archived")
    page = owner.get(reverse("batches:list")).content.decode()
    assert "The library" in page
    assert "Put away" not in page
    assert "Somebody else's" not in page
    row = owner.get(reverse("batches:list")).context["page"][0]
    assert (row.n_essays, row.n_undecided, row.n_missing) == (1, 1, 2)
    assert "Put away" in owner.get(reverse("batches:list") + "?state=archived").content.decode()
    everything = owner.get(reverse("batches:list") + "?state=all").content.decode()
    assert "Put away" in everything
    assert "The library" in everything
    for query in ("?class=nonsense", "?year=1999/00", "?state=failed", f"?class={stranger.public_id}"):
        assert "No batch fits this choice." in owner.get(reverse("batches:list") + query).content.decode()
    part = owner.get(reverse("batches:list"), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    # A live event leaves alone what is in use.
    assert 'hx-trigger="live:any from:document, live:again" hx-ext="parts" hx-swap="parts" hidden></div>' in part
    assert '<div id="batch-rows" data-part>' in part


# --- not handed in, history ------------------------------------------------------------------------------------------


def test_not_handed_in(owner: Client, batch: Batch, owned_class: SchoolClass) -> None:
    ada, bo, cia = make_students(owned_class, ["Ada Berg", "Bo Ek", "=Cia Falk"])
    make_essays(batch, 1, students=[ada], certainty="certain")
    make_essays(batch, 1, students=[bo], certainty="unsure")
    page = owner.get(url("missing", batch)).content.decode()
    assert "Ada Berg" not in page
    assert "may have" in page
    sheet = owner.get(url("missing", batch) + "?format=csv").content.decode("utf-8-sig").splitlines()
    assert sheet[1].split(";")[:2] == ["Falk", "'=Cia"]
    assert sheet[1].endswith(";not handed in")
    assert sheet[2].endswith(";may have handed in")
    assert cia.name in page
    make_essays(batch, 1, students=[cia], certainty="unsure")
    page = owner.get(url("detail", batch)).content.decode()
    assert "=Cia Falk, Bo Ek may have:" in page or "Bo Ek, =Cia Falk may have:" in page


def test_history_tells_who_did_what(owner: Client, batch: Batch, teacher: User, owned_class: SchoolClass) -> None:
    ada, bo = make_students(owned_class, ["Ada Berg", "Bo Ek"])
    send(owner, batch, essay("one.docx"), essay("two.docx"))
    read_all(batch)
    text = batch.essays.get(file__name="one.docx")
    actions.decide_student(text, student=ada, version=None, actor=teacher)
    actions.decide_student(text, student=bo, version=None, actor=teacher)
    actions.decide_student(text, student=None, version=None, actor=teacher)
    actions.undo_decisions(batch, actor=teacher)
    owner.post(url("file-remove", batch, file_id=EssayFile.objects.get(name="two.docx").public_id))
    actions.lock_batch(batch, actor=teacher)
    page = owner.get(url("history", batch)).content.decode()
    for words in (
        "Confirmed: Ada Berg", "Changed from Ada Berg to Bo Ek", "<del>Decided: not in this class</del>",
        "Added 2 files", "Removed a file", "two.docx", "Locked the batch", "Made the batch", "Teacher",
    ):  # fmt: skip
        assert words in page
    assert Decision.objects.count() == 3


# --- the same number of statements however much there is --------------------------------------------------------------


@pytest.mark.parametrize("name", ["detail", "missing", "history"])
@pytest.mark.parametrize("htmx", [False, True])
def test_pages_ask_as_much_at_3_as_at_300(
    name: str, htmx: bool, owner: Client, batch: Batch, owned_class: SchoolClass, teacher: User,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    headers = {"HX-Request": "true"} if htmx else {}
    students = make_students(owned_class, [f"Given{n} Family{n}" for n in range(303)])
    make_essays(batch, 3, students=students, certainty="certain")
    actions.confirm_matches(batch, actor=teacher)
    owner.get(url(name, batch), headers=headers)
    with CountQueries() as few:
        assert owner.get(url(name, batch), headers=headers).status_code == 200
    make_essays(batch, 297, students=students[3:300], certainty="certain")
    actions.confirm_matches(batch, actor=teacher)
    with django_assert_num_queries(few.count):
        assert owner.get(url(name, batch), headers=headers).status_code == 200


def test_the_list_asks_as_much_at_3_as_at_300(
    owner: Client, teacher: User, owned_class: SchoolClass, django_assert_num_queries: Any
) -> None:
    for number in range(3):
        make_essays(make_batch(teacher, owned_class, title=f"Batch {number}"), 2)
    owner.get(reverse("batches:list"))
    with CountQueries() as few:
        owner.get(reverse("batches:list"))
    Batch.objects.bulk_create(Batch(owner=teacher, school_class=owned_class, title=f"More {n}") for n in range(297))
    with django_assert_num_queries(few.count):
        answer = owner.get(reverse("batches:list"))
    assert answer.context["page"].paginator.count == 300


def test_what_depends_on_the_batch_alone_is_not_worked_out_for_every_text(teacher: User) -> None:
    """As it was while rows were grouped by it: a list of forty batches took a fifth of a second."""
    listed = Batch.objects.with_progress().with_missing().with_last_change()
    assert str(listed.query).count('FROM "classes_enrolment"') == 1
    happened = activity._batches({1}, teacher)
    assert str(happened.query).count('FROM "batches_batchfile"') == 1
    assert str(happened.query).count('FROM "classes_classshare"') == 1


class CountQueries:
    """How many statements ran within it."""

    def __enter__(self) -> CountQueries:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self._context = CaptureQueriesContext(connection)
        self._context.__enter__()
        return self

    def __exit__(self, *exc: Any) -> None:
        self._context.__exit__(*exc)
        self.count = len(self._context)


@pytest.mark.parametrize("version", ["", "?version=", "?version=abc", "?version=-1", "?version=" + "9" * 5000])
def test_a_title_without_the_version_seen_is_not_saved(teacher: User, client_for: ClientFor, version: str) -> None:
    batch = make_batch(teacher, title="The river")
    address = reverse("batches:title", args=[batch.public_id])
    answer = client_for(teacher).post(address + version, {"title": "The sea"})
    assert answer.status_code == 400
    assert "The page is out of date." in answer.content.decode()
    batch.refresh_from_db()
    assert batch.title == "The river"


@pytest.mark.parametrize("name", ["state", "class", "year", "page"])
@pytest.mark.parametrize("value", ["\x00", "2026/27\x00", "9" * 5000, "\ud800"])
def test_what_no_filter_can_be_is_answered(teacher: User, client_for: ClientFor, name: str, value: str) -> None:
    make_batch(teacher)
    wanted = quote(value, errors="surrogatepass")
    assert client_for(teacher).get(f"{reverse('batches:list')}?{name}={wanted}").status_code == 200


def test_the_title_is_changed_where_it_stands(teacher: User, reader: User, client_for: ClientFor) -> None:
    batch = make_batch(teacher)
    browser = client_for(teacher)
    address = reverse("batches:title", args=[batch.public_id])
    assert address in browser.get(reverse("batches:detail", args=[batch.public_id])).content.decode()
    answer = browser.post(f"{address}?version=1&to=history", {"title": "  The  river "})
    assert (answer.status_code, answer.headers["Location"]) == (302, reverse("batches:history", args=[batch.public_id]))
    batch.refresh_from_db()
    assert (batch.title, batch.version) == ("The river", 2)
    assert browser.post(f"{address}?version=2", {"title": " "}).status_code == 400
    late = browser.post(f"{address}?version=1", {"title": "The sea"})
    page = late.content.decode()
    assert (late.status_code, "Keep theirs" in page) == (409, True)
    assert page.index("Now: The river") < page.index("You wrote: The sea")
    batch.refresh_from_db()
    assert batch.title == "The river"
