"""The API's rows of classes, students and class lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from classes import actions
from classes.models import Enrolment, RosterImport, SchoolClass, Student
from huleedu.accounts.models import User

Api = Callable[[User | None], APIClient]
CLASSES = "/api/v1/classes/"
LIST = "Förnamn;Efternamn;E-post\nEmil;Öberg;emil@elev.example\nSaga;Ahl;saga@elev.example\n"


def of(school_class: SchoolClass, path: str = "") -> str:
    return f"{CLASSES}{school_class.public_id}/{path}"


@pytest.fixture
def student(owned_class: SchoolClass, teacher: User) -> Student:
    values = {"given_name": "Linnéa", "family_name": "Öberg", "email": "linnea@elev.example"}
    return actions.add_student(owned_class, values=values, actor=teacher)


def problem(answer: Any, status: int, code: str, field: str = "") -> None:
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    if field:
        assert field in [error["field"] for error in answer.json()["errors"]]


def test_class_made_read_changed_archived_deleted(api: Api, teacher: User) -> None:
    client = api(teacher)
    made = client.post(CLASSES, {"designation": "SA24D", "courses": ["ENG6"], "school_year": "2026/27"})
    assert made.status_code == 201
    body = made.json()
    assert {key: body[key] for key in ("designation", "courses", "school_year", "archived", "students")} == {
        "designation": "SA24D", "courses": ["ENG6"], "school_year": "2026/27", "archived": False, "students": 0
    }  # fmt: skip
    path = f"{CLASSES}{body['id']}/"
    assert client.get(path).json() == body
    assert client.get(CLASSES).json() == {"count": 1, "next": None, "previous": None, "results": [body]}
    assert client.patch(path, {"designation": "SA24E"}).json()["designation"] == "SA24E"
    assert client.post(f"{path}archive/").json()["archived"] is True
    problem(client.patch(path, {"designation": "SA24F"}), 409, "illegal_transition")
    assert client.get(CLASSES).json()["count"] == 0
    assert client.get(f"{CLASSES}?archived=true").json()["count"] == 1
    assert client.post(f"{path}restore/").json()["archived"] is False
    assert client.delete(path).status_code == 204
    problem(client.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "designation"),
        ({"designation": " "}, "designation"),
        ({"designation": "x" * 101}, "designation"),
        ({"designation": "A", "courses": ["MA1"]}, "courses.0"),
        ({"designation": "A", "courses": "ENG6"}, "courses"),
        ({"designation": "A", "school_year": "26/27"}, "school_year"),
    ],
)
def test_wrong_class_names_the_field(body: dict[str, Any], field: str, api: Api, teacher: User) -> None:
    problem(api(teacher).post(CLASSES, body), 400, "validation_error", field)


@pytest.mark.parametrize("raw", [b'{"designation": "\\ud800"}', b'{"designation": "a\\u0000b"}', b"{", b"\xff"])
def test_text_that_cannot_be_stored_is_refused(raw: bytes, api: Api, teacher: User, owned_class: SchoolClass) -> None:
    for path in (CLASSES, of(owned_class, "students/"), of(owned_class, "roster-imports/")):
        answer = api(teacher).post(path, raw, content_type="application/json")
        assert answer.status_code == 400, path
        assert answer.json()["code"] in ("parse_error", "validation_error")


@pytest.mark.parametrize("query", ["search=%00", "school_year=%00", "search=%F0%9F", "page=0", "page=x"])
def test_odd_queries_are_no_error_of_ours(query: str, api: Api, teacher: User, owned_class: SchoolClass) -> None:
    assert api(teacher).get(f"{CLASSES}?{query}").status_code in (200, 404)
    assert api(teacher).get(f"{of(owned_class, 'students/')}?{query}").status_code in (200, 404)


WAYS = [
    ("get", ""), ("patch", ""), ("delete", ""), ("post", "archive/"), ("post", "restore/"), ("get", "shares/"),
    ("post", "shares/"), ("get", "students/"), ("post", "students/"), ("post", "roster-imports/"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), WAYS)
def test_stranger_404_anonymous_401_reader_403(
    method: str, path: str, api: Api, owned_class: SchoolClass, stranger: User, reader: User
) -> None:
    address = of(owned_class, path)
    problem(getattr(api(stranger), method)(address, {}), 404, "not_found")
    anonymous = getattr(api(None), method)(address, {})
    problem(anonymous, 401, "not_authenticated")
    assert anonymous["WWW-Authenticate"] == "Bearer"
    answer = getattr(api(reader), method)(address, {})
    if method == "get" and path != "shares/":
        assert answer.status_code == 200
    else:
        problem(answer, 403, "permission_denied")


def test_shares(api: Api, owned_class: SchoolClass, teacher: User, stranger: User, colleague: User) -> None:
    client = api(teacher)
    made = client.post(of(owned_class, "shares/"), {"email": stranger.email, "can_change": True})
    assert made.status_code == 201
    assert made.json() == {
        "user_id": str(stranger.public_id), "email": stranger.email, "display_name": "Stranger", "can_change": True
    }  # fmt: skip
    assert len(client.get(of(owned_class, "shares/")).json()) == 3
    problem(client.post(of(owned_class, "shares/"), {"email": "no@skola.example"}), 400, "validation_error", "email")
    assert client.delete(of(owned_class, f"shares/{stranger.public_id}/")).status_code == 204
    problem(client.delete(of(owned_class, f"shares/{uuid4()}/")), 404, "not_found")
    assert client.delete(of(owned_class, f"shares/{'-' * 36}/")).status_code == 404
    problem(api(colleague).get(of(owned_class, "shares/")), 403, "permission_denied")


def test_roster_add_list_remove(api: Api, owned_class: SchoolClass, colleague: User) -> None:
    client = api(colleague)
    made = client.post(of(owned_class, "students/"), {"given_name": "Bo", "email": None})
    assert made.status_code == 201
    assert made.json() == {
        "id": made.json()["id"], "given_name": "Bo", "family_name": "", "preferred_name": "", "email": None,
        "external_ids": {},
    }  # fmt: skip
    assert client.get(of(owned_class, "students/")).json()["results"] == [made.json()]
    assert client.get(of(owned_class, "students/?search=xyz")).json()["count"] == 0
    address = of(owned_class, f"students/{made.json()['id']}/")
    assert client.delete(address).status_code == 204
    assert client.get(of(owned_class, "students/")).json()["count"] == 0
    again = client.post(of(owned_class, "students/"), {"student_id": made.json()["id"]})
    assert again.status_code == 201
    assert Enrolment.objects.get().left_at is None
    problem(client.post(of(owned_class, "students/"), {"student_id": str(uuid4())}), 404, "not_found")
    problem(client.post(of(owned_class, "students/"), {"student_id": "x"}), 400, "validation_error", "student_id")
    problem(client.post(of(owned_class, "students/"), {"email": "bo"}), 400, "validation_error", "email")
    problem(client.post(of(owned_class, "students/"), {}), 400, "validation_error", "given_name")


def test_foreign_student_is_not_there(
    api: Api, owned_class: SchoolClass, student: Student, stranger: User, teacher: User
) -> None:
    elsewhere = actions.create_class(stranger, designation="ES24B", actor=stranger)
    body = {"student_id": str(student.public_id)}
    problem(api(stranger).post(of(elsewhere, "students/"), body), 404, "not_found")
    problem(api(stranger).get(f"/api/v1/students/{student.public_id}/"), 404, "not_found")
    assert api(stranger).get("/api/v1/students/").json()["count"] == 0


def test_student_read_changed_deleted(api: Api, student: Student, teacher: User, colleague: User, reader: User) -> None:
    path = f"/api/v1/students/{student.public_id}/"
    assert api(reader).get(path).json()["email"] == "linnea@elev.example"
    problem(api(reader).patch(path, {"given_name": "X"}), 403, "permission_denied")
    assert api(colleague).patch(path, {"email": ""}).json()["email"] is None
    problem(api(colleague).delete(path), 403, "permission_denied")
    assert api(teacher).get("/api/v1/students/").json()["count"] == 1
    assert api(teacher).delete(path).status_code == 204
    problem(api(teacher).get(path), 404, "not_found")


def test_import_preview_revise_apply_undo(api: Api, owned_class: SchoolClass, teacher: User) -> None:
    client = api(teacher)
    made = client.post(of(owned_class, "roster-imports/"), {"text": LIST})
    assert made.status_code == 201
    body = made.json()
    assert set(body) >= {
        "id", "status", "source", "encoding", "delimiter", "columns", "rows", "new", "changed", "unchanged", "missing",
        "problems", "personnummer_removed",
    }  # fmt: skip
    assert set(body["rows"][0]) >= {"line", "action", "student_id", "values", "changes", "problems", "include"}
    path = of(owned_class, f"roster-imports/{body['id']}/")
    assert client.get(path).json() == body
    revised = client.patch(path, {"rows": {"3": {"include": False, "values": {"given_name": "Sagan"}}}}).json()
    assert revised["rows"][1]["include"] is False
    assert revised["rows"][1]["values"]["given_name"] == "Sagan"
    for _twice in range(2):
        applied = client.post(f"{path}apply/")
        assert applied.status_code == 200
        assert (applied.json()["status"], applied.json()["new"]) == ("applied", 1)
    assert Student.objects.count() == 1
    problem(client.patch(path, {"encoding": ""}), 409, "illegal_transition")
    for _twice in range(2):
        assert client.post(f"{path}undo/").json()["status"] == "undone"
    assert not Student.objects.exists()


def test_import_of_a_file(api: Api, owned_class: SchoolClass, teacher: User) -> None:
    upload = SimpleUploadedFile("klass.csv", LIST.encode("cp1252"))
    made = api(teacher).post(of(owned_class, "roster-imports/"), {"file": upload}, format="multipart")
    assert made.status_code == 201
    assert (made.json()["encoding"], made.json()["new"]) == ("cp1252", 2)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 400, "text"),
        ({"text": " \n"}, 400, "text"),
        ({"text": "x" * 10_000_000}, 413, ""),
        ({"text": "Namn\n" + "A B\n" * 6_000}, 400, "text"),
        ({"text": 3}, 201, ""),
    ],
)
def test_wrong_text(
    body: dict[str, Any], status: int, field: str, api: Api, owned_class: SchoolClass, teacher: User
) -> None:
    answer = api(teacher).post(of(owned_class, "roster-imports/"), body)
    if status == 201:
        assert answer.status_code == 201
        assert [found["code"] for found in answer.json()["problems"]] == ["no_name_column"]
        return
    problem(answer, status, "file_too_large" if status == 413 else "validation_error", field)
    assert not RosterImport.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"rows": {"2": {"values": "given_name"}}},
        {"rows": {"2": {"values": {"given_name": ["x"]}}}},
        {"rows": {"2": {"include": "perhaps"}}},
        {"rows": {"2": 3}},
        {"rows": []},
        {"columns": {"x": "email"}},
        {"columns": {"0": 7}},
        {"encoding": "rot13"},
    ],
)
def test_wrong_revision(body: dict[str, Any], api: Api, owned_class: SchoolClass, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    path = of(owned_class, f"roster-imports/{draft.public_id}/")
    problem(api(teacher).patch(path, body), 400, "validation_error")


def test_import_belongs_to_its_class(
    api: Api, owned_class: SchoolClass, teacher: User, stranger: User, reader: User
) -> None:
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    elsewhere = actions.create_class(teacher, designation="ES24B", actor=teacher)
    for way in ("", "apply/", "undo/"):
        path = f"roster-imports/{draft.public_id}/{way}"
        send = "post" if way else "get"
        problem(getattr(api(teacher), send)(of(elsewhere, path)), 404, "not_found")
        problem(getattr(api(stranger), send)(of(owned_class, path)), 404, "not_found")
        problem(getattr(api(reader), send)(of(owned_class, path)), 403, "permission_denied")
    assert not Student.objects.exists()


def _fill(teacher: User, owned_class: SchoolClass, n: int) -> None:
    SchoolClass.objects.bulk_create(SchoolClass(owner=teacher, designation=f"C{n}-{i}") for i in range(n))
    students = Student.objects.bulk_create(
        Student(created_by=teacher, given_name="A", family_name=f"B{n}-{i}") for i in range(n)
    )
    Enrolment.objects.bulk_create(Enrolment(school_class=owned_class, student=student) for student in students)


@pytest.mark.parametrize("n", [3, 300])
def test_class_list_is_one_statement_and_roster_two(
    n: int, api: Api, owned_class: SchoolClass, teacher: User, django_assert_num_queries: Any
) -> None:
    _fill(teacher, owned_class, n)
    client = api(teacher)
    for path, statements in ((CLASSES, 1), (of(owned_class, "students/"), 2), ("/api/v1/students/", 2)):
        with django_assert_num_queries(statements):
            answer = client.get(f"{path}?page_size=200")
        assert answer.json()["count"] == (n + 1 if path == CLASSES else n)
        assert len(answer.json()["results"]) == min(200, answer.json()["count"])
