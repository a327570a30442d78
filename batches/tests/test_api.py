"""The API's rows for batches, files and essays, as contracts name them."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from batches import actions
from batches.models import Batch, Essay
from batches.tasks import ingest_essay, match_essays
from batches.tests.calling import assert_problem, send, text_file, url
from batches.tests.making import make_batch, make_essays, make_students, upload
from classes.models import SchoolClass, Student
from files import samples
from files.models import EssayFile
from huleedu.accounts.models import User

BATCH = {
    "id", "title", "class_id", "course_code", "due_at", "review_by", "auto_confirm", "status", "locked", "version",
    "created_at",
}  # fmt: skip
STATE = {
    "status", "locked", "lock_reason", "locked_at", "locked_by", "unlock", "version", "source", "counts", "phases",
    "not_handed_in", "may_have", "excused", "left_class",
}  # fmt: skip
COUNTS = {
    "files", "reading", "problems", "skipped", "essays", "certain", "suggested", "undecided", "confirmed", "no_student",
}  # fmt: skip
FILE = {
    "id", "essay_id", "name", "path", "size", "status", "problem", "warning", "message", "detected_type",
    "duplicate_of", "archive_id", "attempts", "created_at",
}  # fmt: skip
ESSAY = {
    "id", "batch_id", "file", "version", "words", "association", "candidates", "evidence", "version_of", "counts",
    "results",
}  # fmt: skip
ASSOCIATION = {"status", "certainty", "student", "method", "confidence", "decided_by", "decided_at", "is_new"}


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Alva Bergström", "Nils Ahlqvist"])


@pytest.fixture
def call(api: Callable[[User], APIClient], teacher: User) -> APIClient:
    return api(teacher)


def read_all(batch: Batch) -> None:
    for pk in EssayFile.objects.filter(batch_file__batch=batch).values_list("pk", flat=True):
        ingest_essay(pk)
    match_essays(batch.pk)


# --- batches ---------------------------------------------------------------------------------------------------------


def test_a_batch_is_made_read_changed_listed_and_deleted(call: APIClient, owned_class: SchoolClass) -> None:
    made = call.post("/api/v1/batches/", {"title": " The  library ", "class_id": str(owned_class.public_id)})
    assert made.status_code == 201
    body = made.json()
    assert set(body) == BATCH
    assert (body["title"], body["course_code"], body["status"], body["locked"]) == (
        "The library", "ENG6", "collecting", False,
    )  # fmt: skip
    path = f"/api/v1/batches/{body['id']}/"
    assert call.get(path).json() == body
    assert call.patch(path, {"title": "Other", "version": 1}).json()["version"] == 2
    stale = assert_problem(call.patch(path, {"title": "Third", "version": 1}), 409, "version_conflict")
    assert stale["current"]["title"] == "Other"
    assert [row["id"] for row in call.get("/api/v1/batches/").json()["results"]] == [body["id"]]
    assert call.delete(path).status_code == 204
    assert_problem(call.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "title"),
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "x", "course_code": "MATH"}, "course_code"),
        ({"title": "x", "class_id": "nonsense"}, "class_id"),
        ({"title": "x", "class_id": str(uuid.uuid4())}, "class_id"),
        ({"title": "x", "due_at": "soon"}, "due_at"),
        ({"title": ["x"]}, "title"),
    ],
)
def test_a_batch_that_cannot_be_names_the_field(call: APIClient, body: dict[str, Any], field: str) -> None:
    problem = assert_problem(call.post("/api/v1/batches/", body), 400, "validation_error")
    assert [error["field"] for error in problem["errors"]] == [field]


@pytest.mark.parametrize("body", [b"{", b'{"title": "a\\u0000b"}', b'{"title": "\\ud800"}', b"\xff", b"[" * 3000])
def test_a_body_that_is_no_json_is_a_parse_error(call: APIClient, body: bytes) -> None:
    assert_problem(call.post("/api/v1/batches/", body, content_type="application/json"), 400, "parse_error")


def test_another_media_type_and_another_method_are_refused_in_the_same_shape(call: APIClient, batch: Batch) -> None:
    answer = call.post("/api/v1/batches/", b"<a/>", content_type="application/xml")
    assert_problem(answer, 415, "unsupported_media_type")
    assert_problem(call.put(url(batch), {"title": "x"}), 405, "method_not_allowed")


def test_problems_speak_the_callers_language(call: APIClient, batch: Batch) -> None:
    swedish = call.get("/api/v1/batches/nonsense/", HTTP_ACCEPT_LANGUAGE="sv")
    assert swedish.status_code == 404
    answer = call.post("/api/v1/batches/", {"title": " "}, HTTP_ACCEPT_LANGUAGE="sv")
    english = call.post("/api/v1/batches/", {"title": " "}, HTTP_ACCEPT_LANGUAGE="en")
    assert answer.json()["detail"] != english.json()["detail"]
    assert answer["Content-Language"] == "sv"


def test_lists_are_filtered_and_paged(call: APIClient, teacher: User, batch: Batch) -> None:
    make_essays(batch, 1)
    other = make_batch(teacher, title="Without a class")
    ids = lambda query: [row["id"] for row in call.get(f"/api/v1/batches/?{query}").json()["results"]]  # noqa: E731
    assert ids("") == [str(other.public_id), str(batch.public_id)]
    assert ids("needs=review") == ids(f"class={batch.school_class.public_id}") == [str(batch.public_id)]  # type: ignore[union-attr]
    assert ids("status=ready") == ids("status=%00") == ids("status=unheard_of") == []
    page = call.get("/api/v1/batches/?page_size=1").json()
    assert (page["count"], len(page["results"]), page["previous"]) == (2, 1, None)
    assert call.get(page["next"]).json()["results"][0]["id"] == str(batch.public_id)
    assert call.get("/api/v1/batches/?page=99").status_code == 404
    assert call.get("/api/v1/batches/?class=nonsense").status_code == 404


# --- files -----------------------------------------------------------------------------------------------------------


def test_files_are_taken_read_matched_and_counted(
    call: APIClient, batch: Batch, students: list[Student], django_capture_on_commit_callbacks: Any
) -> None:
    sent = [
        SimpleUploadedFile(f"Emil Berg.{kind}", samples.make(kind, title="T", paragraphs=["One two three. " * 20]))
        for kind in samples.KINDS
    ]
    answer = send(call, batch, sent)
    assert answer.status_code == 202
    rows = answer.json()["results"]
    assert [set(row) for row in rows] == [FILE] * 5
    assert {row["status"] for row in rows} == {"stored"}
    assert all(row["essay_id"] for row in rows)
    read_all(batch)
    rows = call.get(url(batch, "files")).json()["results"]
    assert [(row["status"], row["problem"], row["message"]) for row in rows] == [("read", None, "")] * 5
    assert [row["detected_type"] for row in rows] == list(samples.KINDS)
    state = call.get(url(batch, "state")).json()
    assert set(state) == STATE
    assert set(state["counts"]) == COUNTS
    assert state["counts"] == {
        "files": 5, "reading": 0, "problems": 0, "skipped": 0, "essays": 5, "certain": 5, "suggested": 5,
        "undecided": 5, "confirmed": 0, "no_student": 0,
    }  # fmt: skip
    assert state["not_handed_in"] == [str(students[2].public_id), str(students[1].public_id)]


def test_the_bad_ones_say_why_and_the_rest_goes_on(call: APIClient, batch: Batch, settings: Any) -> None:
    settings.MAX_FILE_BYTES = 5_000
    sent = [
        text_file("good.txt"),
        SimpleUploadedFile("empty.docx", b""),
        SimpleUploadedFile("broken.docx", b"PK\x03\x04 not really"),
        SimpleUploadedFile("picture.png", b"\x89PNG\r\n\x1a\n" + b"x" * 100),
        SimpleUploadedFile("huge.txt", b"x" * 6_000),
        SimpleUploadedFile("liar.pdf", b"MZ program"),
    ]
    assert send(call, batch, sent).status_code == 202
    read_all(batch)
    rows = {row["name"]: row for row in call.get(url(batch, "files")).json()["results"]}
    assert {name: row["problem"] for name, row in rows.items()} == {
        "good.txt": None, "empty.docx": "empty_file", "broken.docx": "corrupt", "picture.png": "unsupported_type",
        "huge.txt": "file_too_large", "liar.pdf": "type_mismatch",
    }  # fmt: skip
    assert all(row["message"] for name, row in rows.items() if name != "good.txt")
    counts = call.get(url(batch, "state")).json()["counts"]
    assert (counts["files"], counts["problems"], counts["reading"], counts["essays"]) == (6, 5, 0, 1)


def test_a_single_file_that_is_too_large_is_413_naming_it(call: APIClient, batch: Batch, settings: Any) -> None:
    settings.MAX_FILE_BYTES = 10
    answer = send(call, batch, [SimpleUploadedFile("stor.txt", b"x" * 11)])
    assert "stor.txt" in assert_problem(answer, 413, "file_too_large")["detail"]


def test_no_file_and_too_many_files_are_refused_whole(call: APIClient, batch: Batch, settings: Any) -> None:
    assert_problem(call.post(url(batch, "files"), {}, format="multipart"), 400, "validation_error")
    settings.MAX_FILES_PER_BATCH = 2
    many = [text_file(f"{number}.txt") for number in range(3)]
    assert_problem(send(call, batch, many), 413, "too_many_files")
    assert call.get(url(batch, "files")).json()["count"] == 0


def test_two_hundred_files_in_one_request(call: APIClient, batch: Batch) -> None:
    sent = [SimpleUploadedFile(f"{number}.txt", str(number).encode() * 60) for number in range(200)]
    assert len(send(call, batch, sent).json()["results"]) == 200


def test_folders_come_along_and_never_climb(call: APIClient, batch: Batch) -> None:
    paths = ["class/Emil Berg/essay.txt", "../../etc/passwd"]
    rows = send(call, batch, [text_file("essay.txt"), text_file("passwd")], paths=paths).json()["results"]
    assert [(row["path"], row["name"]) for row in rows] == [("class/Emil Berg", "essay.txt"), ("etc", "passwd")]
    answer = send(call, batch, [text_file("a.txt")], paths=["a", "b"])
    assert_problem(answer, 400, "validation_error")


def test_a_file_is_downloaded_as_it_came_and_shown_by_no_browser(call: APIClient, batch: Batch) -> None:
    sent = text_file("Åsa & co <b>.txt")
    row = send(call, batch, [sent]).json()["results"][0]
    answer = call.get(url(batch, "files", row["id"], "download"))
    sent.seek(0)
    assert b"".join(answer.streaming_content) == sent.read()
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_problem_is_retried_pasted_replaced_or_removed(call: APIClient, batch: Batch) -> None:
    rows = send(call, batch, [SimpleUploadedFile(f"{n}.docx", b"PK\x03\x04" + bytes([n])) for n in range(3)]).json()
    read_all(batch)
    one, two, three = (row["id"] for row in rows["results"])
    assert call.post(url(batch, "files", one, "retry")).json()["status"] == "stored"
    pasted = call.post(url(batch, "files", two, "text"), {"text": "Namn: Emil Berg\n\nMy text. " * 5})
    assert (pasted.status_code, pasted.json()["status"]) == (202, "read")
    replaced = call.post(url(batch, "files", three, "replacement"), {"files": text_file("new.txt")}, format="multipart")
    assert [row["name"] for row in replaced.json()["results"]] == ["new.txt"]
    assert call.delete(url(batch, "files", one)).status_code == 204
    names = [row["name"] for row in call.get(url(batch, "files")).json()["results"]]
    assert names == ["1.docx", "new.txt"]
    assert_problem(call.get(url(batch, "files", one, "download")), 404, "not_found")


def test_a_locked_batch_refuses_the_whole_request(call: APIClient, batch: Batch, teacher: User) -> None:
    (essay,) = make_essays(batch, 1)
    assert call.post(url(batch, "lock")).json()["lock_reason"] == "teacher"
    assert_problem(send(call, batch, [text_file("late.txt")]), 409, "batch_locked")
    assert_problem(call.delete(url(batch, "files", str(essay.file.public_id))), 409, "batch_locked")
    assert_problem(call.post(url(batch, "rematch")), 409, "batch_locked")
    assert call.get(url(batch, "files")).json()["count"] == 1


# --- essays ----------------------------------------------------------------------------------------------------------


def test_an_essay_reads_as_the_contract_says(call: APIClient, batch: Batch, students: list[Student]) -> None:
    row = send(call, batch, [text_file("Emil Berg.txt", "Namn: Emil Berg\nSome words. ")]).json()["results"][0]
    read_all(batch)
    (listed,) = call.get(url(batch, "essays")).json()["results"]
    essay = call.get(f"/api/v1/essays/{row['essay_id']}/").json()
    assert set(listed) == ESSAY
    assert set(essay) == ESSAY | {"text"}
    assert set(essay["association"]) == ASSOCIATION
    assert essay["association"]["student"]["id"] == str(students[0].public_id)
    assert essay["association"]["certainty"] == "certain"
    best = essay["candidates"][0]
    assert set(best) == {"student", "confidence", "reasons"}
    spans = {item["id"]: item for item in essay["evidence"]}
    fields = {"text": essay["text"], "name": "Emil Berg.txt"}
    pointed = [spans[key] for reason in best["reasons"] for key in reason["evidence"]]
    assert pointed
    assert all(fields[span["field"]][span["start"] : span["end"]] == span["text"] for span in pointed)


def test_deciding_clearing_and_a_stale_version(call: APIClient, batch: Batch, students: list[Student]) -> None:
    (essay,) = make_essays(batch, 1, students=students, certainty="certain")
    path = f"/api/v1/essays/{essay.public_id}/association/"
    decided = call.put(path, {"student_id": str(students[1].public_id), "version": 1}).json()
    assert (decided["association"]["status"], decided["version"]) == ("confirmed", 2)
    assert call.put(path, {"student_id": str(students[1].public_id), "version": 1}).status_code == 200
    stale = assert_problem(call.put(path, {"student_id": None, "version": 1}), 409, "version_conflict")
    assert stale["current"] == call.get(f"/api/v1/essays/{essay.public_id}/").json()
    nobody = call.put(path, {"student_id": None, "version": 2}).json()["association"]
    assert (nobody["status"], nobody["student"], nobody["method"]) == ("no_student", None, "person")
    for other in ("1", "99999999999", "1" * 30):
        assert_problem(call.delete(f"{path}?version={other}"), 409, "version_conflict")
    for unreadable in ("", "-1", "x", "1e9", "%D9%A3x", "9" * 5000):
        assert_problem(call.delete(f"{path}?version={unreadable}"), 400, "validation_error")
    assert call.get(f"/api/v1/essays/{essay.public_id}/").json()["association"]["status"] == "no_student"
    cleared = call.delete(f"{path}?version=3").json()["association"]
    assert (cleared["status"], cleared["student"]["id"]) == ("undecided", str(students[0].public_id))
    assert_problem(call.put(path, {"version": 4}), 400, "validation_error")


def test_another_teachers_student_is_not_found(call: APIClient, batch: Batch, stranger: User) -> None:
    (essay,) = make_essays(batch, 1)
    foreign = Student.objects.create(created_by=stranger, given_name="Eva")
    path = f"/api/v1/essays/{essay.public_id}/association/"
    assert_problem(call.put(path, {"student_id": str(foreign.public_id), "version": 1}), 404, "not_found")


def test_the_certain_ones_are_confirmed_in_one_undoable_step(
    call: APIClient, batch: Batch, students: list[Student]
) -> None:
    certain = make_essays(batch, 2, students=students, certainty="certain")
    (unsure,) = make_essays(batch, 1, students=students[2:], certainty="unsure")
    named = [str(certain[0].public_id), str(unsure.public_id), str(uuid.uuid4())]
    answer = call.post(url(batch, "confirm-matches"), {"essay_ids": named}).json()
    assert answer["confirmed"] == [named[0]]
    assert {row["essay_id"]: row["code"] for row in answer["refused"]} == {
        named[1]: "not_certain",
        named[2]: "not_found",
    }
    answer = call.post(url(batch, "confirm-matches")).json()
    assert (answer["confirmed"], answer["state"]["counts"]["confirmed"]) == ([str(certain[1].public_id)], 2)
    undone = call.post(url(batch, "undo"), {"decision_id": answer["decision_id"]}).json()
    assert undone["counts"]["confirmed"] == 1
    assert call.post(url(batch, "undo")).json()["counts"]["confirmed"] == 0
    assert_problem(call.post(url(batch, "undo")), 409, "not_undoable")


def test_confirming_none_by_an_empty_list_confirms_none(call: APIClient, batch: Batch, students: list[Student]) -> None:
    make_essays(batch, 2, students=students, certainty="certain")
    assert call.post(url(batch, "confirm-matches"), {"essay_ids": []}).json()["confirmed"] == []


def test_start_locks_and_a_person_may_still_correct(call: APIClient, batch: Batch, students: list[Student]) -> None:
    (essay,) = make_essays(batch, 1, students=students, certainty="certain")
    started = call.post(url(batch, "start"))
    assert (started.status_code, started.json()["status"], started.json()["lock_reason"]) == (
        202, "processing", "assessment",
    )  # fmt: skip
    path = f"/api/v1/essays/{essay.public_id}/association/"
    assert call.put(path, {"student_id": str(students[2].public_id), "version": 1}).status_code == 200
    assert_problem(call.post(url(batch, "start")), 409, "illegal_transition")
    assert call.post(url(batch, "cancel")).json()["status"] == "cancelled"
    assert call.post(url(batch, "reopen")).json()["locked"] is False


@pytest.mark.parametrize("kind", ["csv", "xlsx", "zip"])
def test_the_result_is_exported(
    call: APIClient, batch: Batch, teacher: User, students: list[Student], kind: str
) -> None:
    (file,) = actions.add_files(batch, uploads=[upload("bad name.txt")], actor=teacher)
    ingest_essay(file.pk)
    actions.decide_student(Essay.objects.get(file=file), student=students[0], version=None, actor=teacher)
    answer = call.get(url(batch, "export") + f"?format={kind}")
    data = b"".join(answer.streaming_content) if answer.streaming else answer.content
    assert answer.status_code == 200
    if kind == "csv":
        assert "Berg;Emil" in data.decode("utf-8-sig")
    else:
        names = zipfile.ZipFile(io.BytesIO(data)).namelist()
        assert any("Berg" in name or name.endswith("sheet1.xml") for name in names)
    assert_problem(call.get(url(batch, "export") + "?format=pdf"), 400, "validation_error")
