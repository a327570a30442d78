"""The pages of classes: who sees what, what each form does, and that wrong input is told beside its field."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from batches.tests.making import make_students
from classes import actions
from classes.models import ClassShare, Enrolment, RosterImport, SchoolClass, Student
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]
LIST = "Förnamn;Efternamn;E-post\nEmil;Öberg;emil@elev.example\nSaga;Ahl;saga@elev.example\n"


@pytest.fixture
def student(owned_class: SchoolClass, teacher: User) -> Student:
    values = {"given_name": "Linnéa", "family_name": "Öberg", "email": "linnea@elev.example"}
    return actions.add_student(owned_class, values=values, actor=teacher)


@pytest.fixture
def draft(owned_class: SchoolClass, teacher: User) -> RosterImport:
    return actions.preview_roster(owned_class, data=LIST, actor=teacher)


def url(name: str, school_class: SchoolClass, *more: Any) -> str:
    keys = [row.public_id if hasattr(row, "public_id") else row for row in (school_class, *more)]
    return reverse(f"classes:{name}", args=keys)


GETS = ["detail", "edit", "student-add", "student", "import", "import-columns", "import-check", "imports"]
POSTS = [
    "archive", "restore", "delete", "share", "unshare", "student-remove", "student-return",
    "import-apply",
]  # fmt: skip
OWNER_ONLY = {"archive", "restore", "delete", "share", "unshare"}


def _keys(name: str, student: Student, draft: RosterImport, reader: User) -> list[Any]:
    if (name.startswith("student-") and name != "student-add") or name == "student":
        return [student]
    if name.startswith("import-"):
        return [draft]
    return [reader] if name == "unshare" else []


@pytest.mark.parametrize("name", [*GETS, *POSTS])
def test_stranger_finds_nothing_and_anonymous_signs_in(
    name: str, client_for: ClientFor, owned_class: SchoolClass, student: Student, draft: RosterImport, stranger: User,
    reader: User,
) -> None:  # fmt: skip
    address = url(name, owned_class, *_keys(name, student, draft, reader))
    send = "get" if name in GETS else "post"
    assert getattr(client_for(stranger), send)(address).status_code == 404
    answer = getattr(client_for(None), send)(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:sign-in"))


@pytest.mark.parametrize("name", POSTS)
def test_reader_changes_nothing(
    name: str, client_for: ClientFor, owned_class: SchoolClass, student: Student, draft: RosterImport, reader: User
) -> None:
    answer = client_for(reader).post(url(name, owned_class, *_keys(name, student, draft, reader)))
    assert answer.status_code == 403
    owned_class.refresh_from_db()
    assert owned_class.archived_at is None
    assert owned_class.shares.count() == 2
    assert Enrolment.objects.get(student=student).left_at is None


@pytest.mark.parametrize("name", sorted(OWNER_ONLY))
def test_colleague_does_not_do_what_is_the_owners(
    name: str, client_for: ClientFor, owned_class: SchoolClass, student: Student, draft: RosterImport, colleague: User,
    reader: User,
) -> None:  # fmt: skip
    answer = client_for(colleague).post(url(name, owned_class, *_keys(name, student, draft, reader)))
    assert answer.status_code == 403
    assert "Only the owner can do this." in answer.content.decode()


@pytest.mark.parametrize("name", POSTS)
def test_a_change_is_never_a_get(
    name: str, client_for: ClientFor, owned_class: SchoolClass, student: Student, draft: RosterImport, teacher: User,
    reader: User,
) -> None:  # fmt: skip
    answer = client_for(teacher).get(url(name, owned_class, *_keys(name, student, draft, reader)))
    assert answer.status_code == 302
    assert answer["Location"].startswith("/classes/")


@pytest.mark.parametrize("name", GETS)
def test_owner_sees_every_page(
    name: str, client_for: ClientFor, owned_class: SchoolClass, student: Student, draft: RosterImport, teacher: User
) -> None:
    answer = client_for(teacher).get(url(name, owned_class, *_keys(name, student, draft, teacher)))
    assert answer.status_code == 200
    assert "SA24D" in answer.content.decode()


def test_reader_sees_the_class_without_controls(
    client_for: ClientFor, owned_class: SchoolClass, student: Student, reader: User
) -> None:
    page = client_for(reader).get(url("detail", owned_class)).content.decode()
    assert "You can read this class. Teacher can change it." in page
    assert "Linnéa" in page
    assert "Add student" not in page
    panel = client_for(reader).get(url("student", owned_class, student)).content.decode()
    assert "<form" not in panel.split("<aside")[1].split("</aside>")[0]
    assert client_for(reader).get(url("student-add", owned_class)).status_code == 403


def test_archived_class_is_read_only_and_can_be_taken_back(
    client_for: ClientFor, owned_class: SchoolClass, student: Student, teacher: User
) -> None:
    client = client_for(teacher)
    assert client.post(url("archive", owned_class)).status_code == 302
    page = client.get(url("detail", owned_class)).content.decode()
    assert "can only be read" in page
    assert "Add student" not in page
    answer = client.post(url("student", owned_class, student), {"given_name": "Linn"})
    assert answer.status_code == 409
    student.refresh_from_db()
    assert student.given_name == "Linnéa"
    assert "SA24D" not in client.get(reverse("classes:list")).content.decode()
    assert "SA24D" in client.get(reverse("classes:list") + "?archived=1").content.decode()
    client.post(url("restore", owned_class))
    assert "SA24D" in client.get(reverse("classes:list")).content.decode()


def test_new_class_goes_on_to_the_import(client_for: ClientFor, teacher: User) -> None:
    values = {"designation": "ES24B", "courses": ["SV1", "SV2"], "school_year": "2026/27"}
    answer = client_for(teacher).post(reverse("classes:new"), values)
    made = SchoolClass.objects.get(owner=teacher, designation="ES24B")
    assert answer["Location"] == url("import", made)
    assert [course.code for course in made.courses.all()] == ["SV1", "SV2"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"designation": " ", "school_year": "2026/27"}, "This field is required."),
        ({"designation": "x" * 101, "school_year": "2026/27"}, "at most 100 characters"),
        ({"designation": "A\x00B", "school_year": "2026/27"}, "Null characters are not allowed."),
        ({"designation": "A 121212-1212", "school_year": "2026/27"}, "Remove the number."),
        ({"designation": "A", "school_year": "2020/99"}, "Select a valid choice."),
        ({"designation": "A", "school_year": "2026/27", "courses": ["MA1"]}, "Select a valid choice."),
    ],
)
def test_wrong_class_is_told_and_kept(
    values: dict[str, Any], message: str, client_for: ClientFor, teacher: User
) -> None:
    answer = client_for(teacher).post(reverse("classes:new"), values)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert message in page
    if len(values["designation"]) < 100 and values["designation"].isprintable():
        assert f'value="{values["designation"]}"' in page
    assert not SchoolClass.objects.exists()


def test_settings_are_saved(client_for: ClientFor, owned_class: SchoolClass, colleague: User) -> None:
    values = {"designation": "SA24E", "courses": ["SV3"], "school_year": owned_class.school_year}
    assert client_for(colleague).post(url("edit", owned_class), values).status_code == 302
    owned_class.refresh_from_db()
    assert owned_class.designation == "SA24E"
    assert [course.code for course in owned_class.courses.all()] == ["SV3"]
    answer = client_for(colleague).post(url("edit", owned_class), {**values, "designation": ""})
    assert answer.status_code == 422


def test_sharing(client_for: ClientFor, owned_class: SchoolClass, teacher: User, stranger: User) -> None:
    client = client_for(teacher)
    assert client.post(url("share", owned_class), {"email": "stranger@skola.example"}).status_code == 302
    assert not ClassShare.objects.get(user=stranger).can_change
    client.post(url("share", owned_class), {"email": "STRANGER@skola.example", "can_change": "yes"})
    assert ClassShare.objects.get(user=stranger).can_change
    assert client_for(stranger).get(url("detail", owned_class)).status_code == 200
    client.post(url("unshare", owned_class, stranger))
    assert client_for(stranger).get(url("detail", owned_class)).status_code == 404
    answer = client.post(url("share", owned_class), {"email": "nobody@skola.example"})
    assert answer.status_code == 422
    assert "No colleague here has this e-mail address." in answer.content.decode()
    assert 'value="nobody@skola.example"' in answer.content.decode()
    assert client.post(url("unshare", owned_class, uuid4())).status_code == 404


def test_delete_asks_only_when_there_are_no_batches(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    from batches.models import Batch

    batch = Batch.objects.create(owner=teacher, title="Argument", school_class=owned_class)
    answer = client_for(teacher).post(url("delete", owned_class))
    assert answer.status_code == 409
    assert "Archive it instead." in answer.content.decode()
    batch.delete()
    assert client_for(teacher).post(url("delete", owned_class)).status_code == 302
    assert not SchoolClass.objects.filter(pk=owned_class.pk).exists()


def test_add_students_one_after_another(client_for: ClientFor, owned_class: SchoolClass, colleague: User) -> None:
    client = client_for(colleague)
    answer = client.post(url("student-add", owned_class), {"given_name": "Bo", "another": "1"})
    assert answer["Location"] == url("student-add", owned_class)
    answer = client.post(url("student-add", owned_class), {"family_name": "Ek", "email": "ek@elev.example"})
    assert answer["Location"] == url("detail", owned_class)
    assert {student.name for student in Student.objects.in_class(owned_class)} == {"Bo", "Ek"}
    assert {student.created_by_id for student in Student.objects.all()} == {owned_class.owner_id}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"preferred_name": "Lo"}, "Give a first name or a surname."),
        ({"given_name": "Lo", "email": "lo"}, "This is not an e-mail address."),
        ({"given_name": "Lo", "email": "LINNEA@elev.example"}, "Another of your students has this e-mail address."),
        ({"given_name": "Lo 121212-1212"}, "Remove the number."),
        ({"given_name": "Lo\u200b", "email": "lo@elev.example\u0000"}, "Null characters are not allowed."),
    ],
)
def test_wrong_student_is_told_beside_the_field_and_kept(
    values: dict[str, str],
    message: str,
    client_for: ClientFor,
    owned_class: SchoolClass,
    student: Student,
    teacher: User,
) -> None:
    answer = client_for(teacher).post(url("student-add", owned_class), values)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert message in page
    assert 'aria-invalid="true"' in page
    assert 'value="Lo' in page
    assert Student.objects.count() == 1


def test_change_remove_undo(client_for: ClientFor, owned_class: SchoolClass, student: Student, teacher: User) -> None:
    client = client_for(teacher)
    page = client.get(url("student", owned_class, student)).content.decode()
    assert 'value="linnea@elev.example"' in page
    answer = client.post(url("student", owned_class, student), {"given_name": "Linn", "family_name": "", "email": ""})
    assert answer["Location"] == url("student", owned_class, student)
    student.refresh_from_db()
    assert (student.given_name, student.family_name, student.email) == ("Linn", "", None)
    answer = client.post(url("student-remove", owned_class, student), follow=True)
    assert "Linn has left the class. Texts are kept." in answer.content.decode()
    assert not Student.objects.in_class(owned_class).exists()
    client.post(url("student-return", owned_class, student))
    assert Student.objects.in_class(owned_class).get() == student


def test_student_of_another_class_has_no_panel_here(
    client_for: ClientFor, owned_class: SchoolClass, student: Student, teacher: User
) -> None:
    other = SchoolClass.objects.create(owner=teacher, designation="ES24B")
    assert client_for(teacher).get(url("student", other, student)).status_code == 404
    assert client_for(teacher).post(url("student-remove", other, student)).status_code == 404


def test_roster_is_in_swedish_order_and_searched_without_an_address(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    for family in ["Öberg", "Zetterlund", "Åkerström", "af Ekenäs", "Ek", "Ärlig"]:
        actions.add_student(owned_class, values={"given_name": "A", "family_name": family}, actor=teacher)
    client = client_for(teacher)
    page = client.get(url("detail", owned_class)).content.decode()
    order = [page.index(f">{name}</a>") for name in ("Ek", "af Ekenäs", "Zetterlund", "Åkerström", "Ärlig", "Öberg")]
    assert order == sorted(order)
    part = client.post(url("detail", owned_class), {"search": "oberg"}, HTTP_HX_REQUEST="true").content.decode()
    assert "Öberg" in part
    assert "Zetterlund" not in part
    assert "<html" not in part
    assert "No student in this class" in client.post(url("detail", owned_class), {"search": "xyz"}).content.decode()


def test_large_class_is_shown_in_pages(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    text = "Förnamn;Efternamn\n" + "".join(f"A{n:03d};B{n:03d}\n" for n in range(260))
    actions.apply_import(actions.preview_roster(owned_class, data=text, actor=teacher), actor=teacher)
    page = client_for(teacher).get(url("detail", owned_class) + "?page=6").content.decode()
    assert "B259" in page
    assert "B200" not in page
    assert "251–260 of 260" in page


def _many(school_class: SchoolClass, n: int) -> None:
    students = Student.objects.bulk_create(
        Student(created_by_id=school_class.owner_id, given_name="A", family_name=f"B{school_class.pk}-{i}", email=None)
        for i in range(n)
    )
    Enrolment.objects.bulk_create(Enrolment(school_class=school_class, student=student) for student in students)


def _queries(client: Client, address: str, django_assert_max_num_queries: Any) -> int:
    with django_assert_max_num_queries(20) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_the_imports_of_years_are_shown_in_pages(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    made = [
        RosterImport(
            school_class=owned_class, created_by=teacher, status="applied", applied_at=now(), file_name=f"{n}.csv"
        )
        for n in range(51)
    ]
    RosterImport.objects.bulk_create(made)
    client = client_for(teacher)
    pages = [client.get(url("imports", owned_class) + more).content.decode() for more in ("", "?page=2")]
    assert [page.count(".csv") for page in pages] == [50, 1]
    assert 'href="?page=2"' in pages[0]
    assert "51–51 of 51" in pages[1]


def test_pages_ask_the_same_at_3_and_at_300_rows(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User, django_assert_max_num_queries: Any
) -> None:
    client = client_for(teacher)
    roster, index, check = url("detail", owned_class), reverse("classes:list"), ""
    counts = []
    for n in (3, 297):
        _many(owned_class, n)
        SchoolClass.objects.bulk_create(SchoolClass(owner=teacher, designation=f"C{n}-{i}") for i in range(n - 1))
        text = "Förnamn;Efternamn\n" + "".join(f"X;Y{i}\n" for i in range(n))
        check = url("import-check", owned_class, actions.preview_roster(owned_class, data=text, actor=teacher))
        pages = [roster, index, check, url("edit", owned_class), url("imports", owned_class)]
        counts.append([_queries(client, page, django_assert_max_num_queries) for page in pages])
    assert counts[0] == counts[1]


def test_the_list_has_batches_and_filters(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    from batches.tests.making import make_batch

    actions.update_class(owned_class, changes={"courses": ["ENG6"]}, actor=teacher)
    old = actions.create_class(teacher, designation="Old one", courses=["SV1"], actor=teacher)
    SchoolClass.objects.filter(pk=old.pk).update(school_year="2020/21")
    make_batch(teacher, owned_class)
    client, address = client_for(teacher), reverse("classes:list")
    page = client.get(address).content.decode()
    assert "Old one" not in page
    assert 'data-label="Open batches">1<' in page
    assert "Old one" in client.get(address + "?year=").content.decode()
    only = client.get(address + "?year=&course=SV1").content.decode()
    assert "Old one" in only
    assert url("detail", owned_class) not in only
    assert "No class with this course." in client.get(address + "?course=SV3").content.decode()


def test_an_empty_class_takes_its_list_on_the_spot(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User, reader: User
) -> None:
    address = f"/classes/{owned_class.public_id}/"
    page = client_for(teacher).get(address).content.decode()
    form = re.search(r'<form class="form import-form" id="drop-list".*?</form>', page, re.DOTALL)
    assert form
    assert f'action="{address}import/"' in form[0]
    assert re.findall(r'name="(key|text|file)"', form[0]) == ["key", "text", "file"]
    assert "drop.js" in page
    fetched_again = client_for(teacher).post(address, headers={"HX-Request": "true"}).content.decode()
    assert "The class list is empty" in fetched_again
    assert "drop-list" not in fetched_again  # what is pasted stays
    assert "import-form" not in client_for(reader).get(address).content.decode()
    answer = client_for(teacher).post(f"{address}import/", {"text": "Bo Ek\nMy Ahl\n"})
    assert answer["Location"].endswith("/check/")
    make_students(owned_class, ["Bo Ek"])
    assert "import-form" not in client_for(teacher).get(address).content.decode()
