"""Names that were read wrong: marked in one file name, previewed on the others, saved, matched again, undone."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from batches import actions
from batches.matching.name_pattern import NamePattern
from batches.models import Batch, Essay, EssayStudentAssociation
from batches.tests.calling import assert_problem
from batches.tests.making import make_batch, make_essays, make_students
from classes.actions import remove_student
from classes.models import SchoolClass, Student
from files.authorship import find_evidence
from files.evidence import Document
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

ClientFor = Callable[[User | None], Client]
NAMES = [
    "Hassan Ali Emil Berg.docx",
    "Om Emil och detektiverna Nora Dahlgren.docx",
    "Nora Dahlgren skriver Hassan Ali.docx",
]
"""A title that names people, then the writer."""


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Nora Dahlgren", "Hassan Ali"])


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass, students: list[Student]) -> Batch:
    """Three texts whose file names name two people each."""
    made = make_batch(teacher, owned_class)
    named(made, NAMES)
    actions.match_batch(made, again=True)
    return made


def named(batch: Batch, names: Sequence[str]) -> list[Essay]:
    essays = make_essays(batch, len(names))
    for essay, name in zip(essays, names, strict=True):
        evidence = find_evidence(name=name, path="", document=Document("docx", "Some words."))
        EssayFile.objects.filter(pk=essay.file_id).update(name=name, evidence=[item.as_json() for item in evidence])
    return essays


def texts(batch: Batch) -> list[Essay]:
    return list(Essay.objects.filter(batch=batch).select_related("file", "association__student").order_by("pk"))


def found(batch: Batch) -> list[tuple[str, str]]:
    return [
        (e.association.student.name if e.association.student else "", e.association.certainty) for e in texts(batch)
    ]


PATTERN = NamePattern("word", None, 0, 2, without_common=False, order="given_first")
RIGHT = [("Emil Berg", "certain"), ("Nora Dahlgren", "certain"), ("Hassan Ali", "certain")]


def url(batch: Batch, name: str = "names") -> str:
    return reverse(f"batches:{name}", args=[batch.public_id])


def marked(batch: Batch, *, which: int = 0) -> dict[str, Any]:
    return {"file": str(texts(batch)[which].file.public_id), "w": ["", "", "2g", "3f"]}


def test_saved_undecided_texts_are_matched_so_and_explained_truly(batch: Batch, teacher: User) -> None:
    assert RIGHT[2] not in found(batch)
    actions.set_name_pattern(batch, pattern=PATTERN, actor=teacher)
    actions.match_batch(batch, again=True)
    assert found(batch) == RIGHT
    for essay in texts(batch):
        spans = {item["id"]: item for item in essay.association.evidence}
        pointed = [key for reason in essay.association.candidates[0]["reasons"] for key in reason["evidence"]]
        assert pointed
        for key in pointed:
            span = spans[key]
            assert essay.file.name[span["start"] : span["end"]] == span["text"]
    late = named(batch, ["Emil Berg och Anna Nora Dahlgren.docx"])
    actions.match_batch(batch, again=True)
    assert EssayStudentAssociation.objects.get(essay=late[0]).student == texts(batch)[1].association.student


def test_undone_by_one_click_and_a_decision_stays(batch: Batch, teacher: User, students: list[Student]) -> None:
    before = found(batch)
    decided = texts(batch)[1]
    actions.set_name_pattern(batch, pattern=PATTERN, actor=teacher)
    actions.decide_student(decided, student=students[2], version=None, actor=teacher)
    actions.match_batch(batch, again=True)
    assert found(batch)[1][0] == "Hassan Ali", "what a person decided is not touched"
    actions.clear_decision(decided, version=None, actor=teacher)
    actions.clear_name_pattern(batch, actor=teacher)
    actions.match_batch(batch, again=True)
    assert found(batch) == before


def test_nothing_of_a_name_is_kept(batch: Batch, teacher: User) -> None:
    kept = actions.set_name_pattern(batch, pattern=PATTERN, actor=teacher)
    assert kept.processing_metadata["name_pattern"] == PATTERN.as_json()
    again = actions.set_name_pattern(batch, pattern=PATTERN, version=kept.version, actor=teacher)
    assert again.version == kept.version, "the same again changes nothing"
    with pytest.raises(ActionError) as caught:
        actions.set_name_pattern(batch, pattern=PATTERN, version=kept.version - 1, actor=teacher)
    assert caught.value.code == "version_conflict"
    assert actions.clear_name_pattern(batch, actor=teacher).processing_metadata == {}


@pytest.mark.parametrize("change", [lambda b, t: actions.set_name_pattern(b, pattern=PATTERN, actor=t),
                                    lambda b, t: actions.clear_name_pattern(b, actor=t)])  # fmt: skip
def test_a_locked_batch_is_read_as_it_is(batch: Batch, teacher: User, change: Callable[[Batch, User], Any]) -> None:
    actions.lock_batch(batch, actor=teacher)
    with pytest.raises(ActionError) as caught:
        change(batch, teacher)
    assert caught.value.code == "batch_locked"


# --- the page --------------------------------------------------------------------------------------------------------


def test_the_batch_page_leads_to_how_names_were_read(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    client = client_for(teacher)
    assert url(batch) in client.get(url(batch, "detail")).content.decode()
    page = client.get(url(batch)).content.decode()
    assert page.count("Mark the name") == 3
    assert page.count("<mark>") >= 3
    assert "Save and match again" not in page


def test_marking_shows_the_effect_before_anything_is_saved(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    before = found(batch)
    page = client_for(teacher).get(url(batch), marked(batch)).content.decode()
    assert "<mark>Nora Dahlgren</mark>.docx" in page
    assert "<mark>Hassan Ali</mark>.docx" in page
    assert "until now:" in page
    assert "Texts with a student: " in page
    assert "Save and match again" in page
    assert found(batch) == before
    assert Batch.objects.get(pk=batch.pk).processing_metadata == {}


def test_saving_and_undoing_by_forms(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    client = client_for(teacher)
    answer = client.post(url(batch), marked(batch), follow=True)
    assert answer.redirect_chain == [(url(batch, "detail"), 302)]
    assert Batch.objects.get(pk=batch.pk).processing_metadata["name_pattern"]["count"] == 2
    assert "Undo: read names as before" in client.get(url(batch)).content.decode()
    client.post(url(batch, "names-undo"))
    assert Batch.objects.get(pk=batch.pk).processing_metadata == {}


@pytest.mark.parametrize("words", [["9g"], ["0x", "gg", "-1g"], []])
def test_words_that_are_none_are_refused(client_for: ClientFor, teacher: User, batch: Batch, words: list[str]) -> None:
    data = {**marked(batch), "w": words}
    client = client_for(teacher)
    page = client.get(url(batch), data).content.decode()
    assert "Save and match again" not in page
    assert client.post(url(batch), data).status_code == 400
    assert client.post(url(batch), {**marked(batch), "file": "none"}).status_code in (302, 400)


def test_a_locked_batch_offers_no_marking(client_for: ClientFor, teacher: User, reader: User, batch: Batch) -> None:
    assert "Mark the name" not in client_for(reader).get(url(batch), marked(batch)).content.decode()
    assert client_for(reader).post(url(batch), marked(batch)).status_code == 403
    actions.lock_batch(batch, actor=teacher)
    page = client_for(teacher).get(url(batch), marked(batch)).content.decode()
    assert "Mark the name" not in page
    assert "Save and match again" not in page
    assert client_for(teacher).post(url(batch), marked(batch)).status_code == 409


def test_without_a_class_names_are_read_all_the_same(client_for: ClientFor, teacher: User) -> None:
    alone = make_batch(teacher)
    named(alone, NAMES)
    page = client_for(teacher).get(url(alone), marked(alone)).content.decode()
    assert "<mark>Nora Dahlgren</mark>.docx" in page
    assert "No texts yet." in client_for(teacher).get(url(make_batch(teacher))).content.decode()


@pytest.mark.parametrize("previewing", [False, True])
def test_queries_do_not_grow_with_the_files(
    client_for: ClientFor, teacher: User, batch: Batch, previewing: bool, django_assert_max_num_queries: Any
) -> None:
    client, data = client_for(teacher), marked(batch) if previewing else {}
    with django_assert_max_num_queries(20) as few:
        client.get(url(batch), data)
    named(batch, [f"Skolan {n} Emil Berg.docx" for n in range(60)])
    with django_assert_max_num_queries(20) as many:
        client.get(url(batch), data)
    assert len(many) == len(few)
    assert not any('"files_essayfile"."text"' in query["sql"] for query in many), "no text is read"


# --- the API ---------------------------------------------------------------------------------------------------------


def test_the_api_previews_saves_and_undoes(
    batch: Batch, colleague: User, reader: User, students: list[Student], api: Callable[..., APIClient]
) -> None:
    path = f"/api/v1/batches/{batch.public_id}/name-pattern/"
    call = api(colleague)
    body: dict[str, Any] = {"file_id": str(texts(batch)[0].file.public_id), "given": [2], "family": [3]}
    now = api(reader).get(path).json()
    assert (now["pattern"], now["saved"], len(now["rows"])) == (None, False, 3)
    assert [word["text"] for word in now["rows"][0]["words"]] == ["Hassan", "Ali", "Emil", "Berg"]
    preview = call.put(path, {**body, "dry_run": True}, format="json").json()
    assert preview["saved"] is False
    assert [row["new"][0]["text"] for row in preview["rows"]] == ["Emil Berg", "Nora Dahlgren", "Hassan Ali"]
    assert [row["after"]["student_id"] for row in preview["rows"]] == [str(s.public_id) for s in students]
    assert preview["pattern"]["order"] == "given_first"
    assert call.get(path).json() == now
    assert call.put(path, body, format="json").json() == {**preview, "saved": True}
    assert call.get(path).json()["pattern"] == preview["pattern"]
    stale = call.put(path, {**body, "given": [0], "family": [1], "version": 1}, format="json")
    assert assert_problem(stale, 409, "version_conflict")["current"]["id"] == str(batch.public_id)
    assert call.delete(path).status_code == 204
    assert call.get(path).json() == now


def test_the_api_refuses_what_is_no_name(
    batch: Batch, teacher: User, reader: User, api: Callable[..., APIClient]
) -> None:
    path = f"/api/v1/batches/{batch.public_id}/name-pattern/"
    body: dict[str, Any] = {"file_id": str(texts(batch)[0].file.public_id), "given": [2], "family": [3]}
    assert_problem(api(reader).put(path, body, format="json"), 403, "permission_denied")
    assert_problem(api(teacher).put(path, {**body, "given": [], "family": []}, format="json"), 400, "validation_error")
    assert_problem(
        api(teacher).put(path, {**body, "file_id": str(batch.public_id)}, format="json"), 400, "validation_error"
    )
    actions.lock_batch(batch, actor=teacher)
    assert_problem(api(teacher).put(path, body, format="json"), 409, "batch_locked")
    assert_problem(api(teacher).delete(path), 409, "batch_locked")


def test_what_a_person_has_decided_is_told_by_name_and_is_no_example_of_a_wrong_reading(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student], owned_class: SchoolClass
) -> None:
    first, second, third = texts(batch)
    actions.decide_student(first, student=students[0], version=None, actor=teacher)
    actions.decide_student(third, student=students[2], version=None, actor=teacher)
    actions.decide_student(second, student=None, version=None, actor=teacher)
    for student in students:
        remove_student(owned_class, student=student, actor=teacher)
    page = client_for(teacher).get(url(batch)).content.decode()
    cells = re.findall(r"</th>\s*<td>([^<]*)</td>", page)
    assert sorted(cells) == ["Emil Berg", "Hassan Ali", "Not in this class"]
    EssayStudentAssociation.objects.filter(essay=second).update(status="undecided", decided_at=None)
    page = client_for(teacher).get(url(batch)).content.decode()
    assert f'name="file" value="{second.file.public_id}"' in page
