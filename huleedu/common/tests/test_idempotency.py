"""One answer per Idempotency-Key: for the same call only, to those who still may see it, and forgotten in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from batches.models import Batch, Essay
from batches.tests.calling import assert_problem, text_file, url
from batches.tests.making import make_batch, make_essays, make_students
from classes import actions as class_actions
from classes.models import ClassShare, SchoolClass, Student
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.common.idempotency import forget_answers
from huleedu.common.models import IdempotencyKey

Api = Callable[..., APIClient]
KEY: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": "k"}


# --- the same call ---------------------------------------------------------------------------------------------------


def test_the_same_file_in_another_folder_is_another_call(api: Api, teacher: User) -> None:
    batch, call = make_batch(teacher), api(teacher)

    def upload(path: str) -> Any:
        body = {"files": [text_file("q.txt")], "paths": [path]}
        return call.post(url(batch, "files"), body, format="multipart", **KEY)

    assert upload("Alva/q.txt").status_code == 202
    assert_problem(upload("Bo/q.txt"), 422, "idempotency_key_reused")
    assert upload("Alva/q.txt")["Idempotent-Replayed"] == "true"
    assert call.get(url(batch, "files")).json()["count"] == 1


def test_another_file_of_the_same_name_and_size_is_another_call(api: Api, teacher: User) -> None:
    batch, call = make_batch(teacher), api(teacher)
    answers = [
        call.post(url(batch, "files"), {"files": [text_file("q.txt", text)]}, format="multipart", **KEY)
        for text in ("One text.", "Two texts")
    ]
    assert [answer.status_code for answer in answers] == [202, 422]


def test_another_query_is_another_call(api: Api, teacher: User) -> None:
    essay = make_essays(make_batch(teacher), 1)[0]
    path, call = f"/api/v1/essays/{essay.public_id}/association/", api(teacher)
    version = essay.association.version
    assert call.delete(f"{path}?version={version}", **KEY).status_code == 200
    assert_problem(call.delete(f"{path}?version={version + 8}", **KEY), 422, "idempotency_key_reused")
    assert call.delete(f"{path}?version={version}", **KEY)["Idempotent-Replayed"] == "true"


# --- whom it is given again ------------------------------------------------------------------------------------------


@pytest.fixture
def student(owned_class: SchoolClass) -> Student:
    return make_students(owned_class, ["Emil Berg"])[0]


@pytest.mark.parametrize(("left", "code"), [("nothing", 404), ("reading", 403)])
def test_no_answer_is_given_again_once_access_is_gone(
    api: Api, colleague: User, owned_class: SchoolClass, student: Student, left: str, code: int
) -> None:
    path = f"/api/v1/students/{student.public_id}/"
    first = api(colleague).patch(path, {"preferred_name": "Emme"}, **KEY)
    again = api(colleague).patch(path, {"preferred_name": "Emme"}, **KEY)
    assert (first.status_code, again["Idempotent-Replayed"], again.json()) == (200, "true", first.json())
    share = ClassShare.objects.filter(school_class=owned_class, user=colleague)
    share.delete() if left == "nothing" else share.update(can_change=False)
    refused = api(colleague).patch(path, {"preferred_name": "Emme"}, **KEY)
    assert refused.status_code == code
    assert "Emme" not in refused.content.decode()


def test_a_batch_made_in_a_class_is_not_told_again_without_the_class(
    api: Api, colleague: User, owned_class: SchoolClass
) -> None:
    body = {"title": "x", "class_id": str(owned_class.public_id)}
    assert api(colleague).post("/api/v1/batches/", body, **KEY).status_code == 201
    ClassShare.objects.filter(school_class=owned_class, user=colleague).delete()
    assert_problem(api(colleague).post("/api/v1/batches/", body, **KEY), 404, "not_found")
    assert Batch.objects.count() == 1


def test_what_a_call_itself_removed_is_no_hindrance(api: Api, owned_class: SchoolClass) -> None:
    call = api(owned_class.owner)
    gone, merged, kept = make_students(owned_class, ["Gone Berg", "Merged Berg", "Kept Berg"])
    for method, path, body, status in (
        ("delete", f"/api/v1/students/{gone.public_id}/", None, 204),
        ("post", f"/api/v1/students/{merged.public_id}/merge/", {"into": str(kept.public_id)}, 200),
    ):
        key: dict[str, Any] = {"HTTP_IDEMPOTENCY_KEY": method}
        first, again = (getattr(call, method)(path, body, **key) for _time in range(2))
        assert (first.status_code, again.status_code, again.data) == (status, status, first.data)
        assert again["Idempotent-Replayed"] == "true"


# --- how long it is kept ---------------------------------------------------------------------------------------------


def test_no_essay_text_is_kept(api: Api, teacher: User) -> None:
    essay = make_essays(make_batch(teacher), 1)[0]
    path = f"/api/v1/essays/{essay.public_id}/"
    decided = api(teacher).put(
        f"{path}association/", {"student_id": None, "version": essay.association.version}, **KEY
    )  # fmt: skip
    assert decided.status_code == 200
    assert "text" not in decided.json()
    assert Essay.objects.get().file.text not in str(IdempotencyKey.objects.get().body)
    assert api(teacher).get(path).json()["text"] == Essay.objects.get().file.text


def test_a_forgotten_answer_is_not_given_again_nor_the_call_made_again(
    api: Api, teacher: User, colleague: User
) -> None:  # fmt: skip
    first = {person: api(person).post("/api/v1/batches/", {"title": "x"}, **KEY) for person in (teacher, colleague)}
    forget_answers([teacher.pk])
    again = api(teacher).post("/api/v1/batches/", {"title": "x"}, **KEY)
    assert (again.status_code, again.data, again["Idempotent-Replayed"]) == (201, None, "true")
    assert Batch.objects.filter(title="x").count() == 2
    assert IdempotencyKey.objects.get(user=colleague).body == first[colleague].json()


@pytest.mark.parametrize("own", [False, True])
def test_an_answer_under_way_is_forgotten_too(api: Api, teacher: User, monkeypatch: Any, own: bool) -> None:
    """It was read before, and is given after. The call that forgets keeps its own."""
    from batches.api import batches
    from huleedu.common.idempotency import current_key

    shown = batches.BatchSerializer.to_representation

    def meanwhile(self: Any, row: Any) -> Any:
        data = shown(self, row)
        mine = current_key.get()
        if not own:
            current_key.set(0)
        forget_answers([teacher.pk])
        current_key.set(mine)
        return data

    monkeypatch.setattr(batches.BatchSerializer, "to_representation", meanwhile)
    assert api(teacher).post("/api/v1/batches/", {"title": "x"}, **KEY).json()["title"] == "x"
    kept = IdempotencyKey.objects.get()
    assert (kept.status, bool(kept.body)) == (201, own)
    assert current_key.get() == 0


@pytest.mark.parametrize("outcome", ["done", "refused"])
def test_a_slow_call_leaves_the_key_to_who_took_it_over(
    api: Api, teacher: User, monkeypatch: pytest.MonkeyPatch, outcome: str
) -> None:
    """It answers after another call has moved the moment."""
    create = "classes.actions.create_class"
    real = class_actions.create_class

    def slow(*args: Any, **options: Any) -> SchoolClass:
        IdempotencyKey.objects.update(created_at=timezone.now() + timedelta(minutes=3))
        if outcome == "refused":
            raise ActionError("validation_error", "No.")
        return real(*args, **options)

    monkeypatch.setattr(create, slow)
    answer = api(teacher).post("/api/v1/classes/", {"designation": "NA25A"}, format="json", **KEY)
    assert answer.status_code == (201 if outcome == "done" else 400)
    assert IdempotencyKey.objects.get().status is None


def test_who_took_a_key_over_keeps_the_answer(api: Api, teacher: User) -> None:
    call, body = api(teacher), {"designation": "NA25A"}
    assert call.post("/api/v1/classes/", body, format="json", **KEY).status_code == 201
    dead = timezone.now() - timedelta(minutes=3)
    IdempotencyKey.objects.update(status=None, body=None, created_at=dead)
    assert call.post("/api/v1/classes/", body, format="json", **KEY).status_code == 201
    assert IdempotencyKey.objects.get().status == 201
