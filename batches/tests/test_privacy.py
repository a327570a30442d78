"""Who read and changed what, and all of one student: whose log it is, no names in addresses, nothing left out."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.test import Client
from django.utils.translation import override
from rest_framework.test import APIClient

from batches import actions
from batches.access_log import Entry, name_entries, read_log
from batches.models import Batch, Essay
from batches.tests.making import make_batch, make_essays, make_students, upload
from batches.tests.pages import url
from classes import actions as class_actions
from classes.models import SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User

Browser = Callable[[User | None], Client]


def lines(user: User, **options: Any) -> list[Entry]:
    with override("en"):
        return name_entries(read_log(user, **options))


@pytest.fixture
def student(owned_class: SchoolClass) -> Student:
    (student,) = make_students(owned_class, ["Emil Berg"])
    return student


@pytest.fixture
def essay(teacher: User, colleague: User, owned_class: SchoolClass, student: Student) -> Essay:
    """Emil's text, confirmed by the colleague; its file has bytes."""
    batch = make_batch(teacher, owned_class)
    (essay,) = make_essays(batch, 1, students=[student], certainty="certain")
    stored = upload("Emil's essay.txt").blob
    EssayFile.objects.filter(pk=essay.file_id).update(storage_key=stored.key if stored else None)
    actions.decide_student(essay, student=student, version=None, actor=colleague)
    return essay


def test_reading_a_text_is_logged_wherever_it_is_read(
    essay: Essay, teacher: User, colleague: User, client_for: Browser, api: Callable[..., APIClient]
) -> None:
    browser = client_for(colleague)
    browser.get(url("text", essay.batch, text_id=essay.public_id))
    browser.get(url("review-text", essay.batch, text_id=essay.public_id))
    browser.get(
        url("review-text", essay.batch, text_id=essay.public_id), headers={"HX-Request": "true", "HX-Target": "queue"}
    )
    api(colleague).get(f"/api/v1/essays/{essay.public_id}/")
    reads = read_log(teacher, what="reads")
    assert [(entry.actor, entry.object_id) for entry in reads] == [(colleague, essay.pk)] * 3
    (line,) = [line for line in lines(teacher, what="reads") if line.did == "Read a text"][:1]
    assert (line.who, line.about, line.where) == ("Colleague", "Emil Berg", "The library")


def test_exports_and_downloads_are_logged(essay: Essay, teacher: User, client_for: Browser) -> None:
    browser = client_for(teacher)
    for address in (url("export", essay.batch), url("file-download", essay.batch, file_id=essay.file.public_id)):
        assert b"".join(browser.get(address))
    assert {line.did for line in lines(teacher, what="exports")} == {"Exported the result", "Downloaded a file"}


def test_filters(essay: Essay, teacher: User, colleague: User, student: Student, owned_class: SchoolClass) -> None:
    class_actions.update_student(student, changes={"given_name": "Emilio"}, actor=teacher)
    assert {line.who for line in lines(teacher, who="me")} == {"Teacher"}
    assert [line.did for line in lines(teacher, who="others")] == ["Confirmed a match"]
    assert {line.did for line in lines(teacher, student=student)} == {"Changed a student", "Confirmed a match"}
    assert lines(teacher, class_id=owned_class.public_id)
    assert lines(teacher, class_id=essay.public_id) == []


def test_a_stranger_has_another_log(essay: Essay, stranger: User, reader: User) -> None:
    assert lines(stranger) == []
    assert "Emil Berg" in {line.about for line in lines(reader)}


def test_what_one_person_did_in_a_minute_is_one_line(teacher: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher, owned_class)
    actions.add_files(batch, uploads=[upload("a.txt"), upload("b.txt")], actor=teacher)
    (added,) = [line for line in lines(teacher) if line.did == "Added a file"]
    assert (added.count, added.about, added.where) == (2, "", "The library")


def test_support_is_named_as_such(essay: Essay, teacher: User, support: User) -> None:
    Batch.objects.get(pk=essay.batch_id)
    actions.update_batch(essay.batch, changes={"title": "New name"}, version=None, actor=support)
    assert "Support: Support" in {line.who for line in lines(teacher)}


def test_pages_and_the_csv(essay: Essay, teacher: User, student: Student, client_for: Browser) -> None:
    browser = client_for(teacher)
    assert "So far <strong>0</strong>" in browser.get("/privacy/").content.decode()
    page = browser.get("/privacy/log/?what=changes&who=others").content.decode()
    assert "Confirmed a match" in page
    assert "Made the batch" not in page
    table = browser.get("/privacy/log/?format=csv").content.decode("utf-8-sig").splitlines()
    assert table[0] == "Time;Who;Did;About;Where"
    assert any("Colleague;Confirmed a match;Emil Berg;The library" in row for row in table)
    assert browser.get("/privacy/log/?student=nonsense&class=nonsense&page=x").status_code == 200


def test_older_entries_are_on_the_next_page(
    essay: Essay, teacher: User, client_for: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batches.views.privacy.PAGE_SIZE", 1)
    browser = client_for(teacher)
    first = browser.get("/privacy/log/?what=changes").content.decode()
    assert 'rel="next" href="?what=changes&amp;page=2"' in first
    assert 'rel="prev"' not in first
    assert (
        'rel="prev" href="?what=changes&amp;page=1"'
        in browser.get("/privacy/log/?what=changes&page=2").content.decode()
    )
    assert "Nothing of this kind yet." in browser.get("/privacy/log/?page=999").content.decode()


def test_a_student_is_found_without_the_name_in_an_address(
    essay: Essay, student: Student, teacher: User, stranger: User, client_for: Browser
) -> None:
    found = client_for(teacher).post("/privacy/students/", {"q": "berg"}).content.decode()
    assert f"/privacy/students/{student.public_id}/" in found
    assert "Emil Berg" in found
    assert "None of your students" in client_for(stranger).post("/privacy/students/", {"q": "berg"}).content.decode()
    assert "Emil" not in client_for(teacher).get("/privacy/students/?q=berg").content.decode()


def test_all_about_one_student(
    essay: Essay, student: Student, teacher: User, reader: User, stranger: User, client_for: Browser
) -> None:
    class_actions.teach_alias(student, spelling="Emil B", actor=teacher)
    path = f"/privacy/students/{student.public_id}/"
    page = client_for(reader).get(path).content.decode()
    for words in ("Emil Berg", student.email or "", "Emil B", "SA24D", "The library", "Colleague"):
        assert words in page
    assert client_for(stranger).get(path).status_code == 404
    entry = LogEntry.objects.get(action=LogEntry.Action.ACCESS)
    assert (entry.actor, entry.object_id, entry.additional_data) == (reader, student.pk, {"what": "student"})


def test_texts_of_batches_that_are_not_shared_are_left_out(
    teacher: User, colleague: User, reader: User, student: Student, client_for: Browser
) -> None:
    own = make_batch(teacher, None, title="My own")
    (essay,) = make_essays(own, 1)
    actions.decide_student(essay, student=student, version=None, actor=teacher)
    path = f"/privacy/students/{student.public_id}/"
    assert "My own" in client_for(teacher).get(path).content.decode()
    assert "My own" not in client_for(reader).get(path).content.decode()


def test_the_export_holds_all_and_is_logged(essay: Essay, student: Student, teacher: User, client_for: Browser) -> None:
    answer: Any = client_for(teacher).post(f"/privacy/students/{student.public_id}/export/")
    assert "Emil" not in answer["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert set(archive.namelist()) == {"Read me.html", "data.json", "texts/essay-0.txt.txt", "files/essay-0.txt"}
    data = json.loads(archive.read("data.json"))
    assert (data["given_name"], data["email"]) == ("Emil", student.email)
    assert [text["batch"] for text in data["texts"]] == ["The library"]
    assert data["log"][0]["did"] == "Confirmed a match"
    assert archive.read("texts/essay-0.txt.txt") == b"Some words."
    assert "Emil Berg" in archive.read("Read me.html").decode()
    exported = LogEntry.objects.get(action=LogEntry.Action.ACCESS)
    assert (exported.actor, exported.additional_data) == (teacher, {"what": "student_data"})


def test_the_number_of_statements_does_not_grow(
    essay: Essay, student: Student, teacher: User, owned_class: SchoolClass, client_for: Browser,
    django_assert_num_queries: Any, django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    browser = client_for(teacher)
    pages = ("/privacy/log/", f"/privacy/students/{student.public_id}/")
    for path in pages:
        browser.get(path)
    few = []
    for path in pages:
        with django_assert_max_num_queries(21) as found:
            browser.get(path)
        few.append(len(found))
    batch = make_batch(teacher, owned_class, title="Another")
    for more in make_essays(batch, 10):
        actions.decide_student(more, student=student, version=None, actor=teacher)
    for path, number in zip(pages, few, strict=True):
        with django_assert_num_queries(number):
            browser.get(path)


def test_the_log_by_the_api(
    essay: Essay, student: Student, teacher: User, stranger: User, api: Callable[..., APIClient]
) -> None:
    call = api(teacher)
    page = call.get("/api/v1/privacy/log/?what=changes&who=others").json()
    assert (page["count"], page["next"]) == (1, None)
    (row,) = page["results"]
    assert (row["who"], row["did"], row["about"], row["where"]) == (
        "Colleague", "Confirmed a match", "Emil Berg", "The library",
    )  # fmt: skip
    assert call.get(f"/api/v1/privacy/log/?student_id={student.public_id}").json()["count"] == 1
    assert call.get("/api/v1/privacy/log/?what=nonsense").json()["code"] == "validation_error"
    table = call.get("/api/v1/privacy/log/?format=csv").content.decode("utf-8-sig").splitlines()
    assert any("Colleague;Confirmed a match;Emil Berg;The library" in row for row in table)
    other = api(stranger)
    assert other.get("/api/v1/privacy/log/").json()["count"] == 0
    assert other.get(f"/api/v1/privacy/log/?student_id={student.public_id}").status_code == 404


def test_the_export_of_a_student_by_the_api(
    essay: Essay, student: Student, teacher: User, api: Callable[..., APIClient]
) -> None:
    answer: Any = api(teacher).get(f"/api/v1/students/{student.public_id}/export/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert "files/essay-0.txt" in archive.namelist()
    assert LogEntry.objects.get(action=LogEntry.Action.ACCESS).additional_data == {"what": "student_data"}


def test_no_title_and_so_no_history_of_a_browser_holds_a_name(
    essay: Essay, student: Student, owned_class: SchoolClass, teacher: User, client_for: Browser
) -> None:
    browser, class_name = client_for(teacher), owned_class.designation
    titles = {
        url("text", essay.batch, text_id=essay.public_id): "Text, The library, HuleEdu",
        f"/classes/{owned_class.public_id}/students/{student.public_id}/": f"Student, {class_name}, HuleEdu",
        f"/privacy/students/{student.public_id}/": "Student, Privacy, HuleEdu",
    }
    for address, title in titles.items():
        page = browser.get(address).content.decode()
        assert f"<title>{title}</title>" in page
        assert "Emil Berg" in page


def test_a_changed_class_is_not_told_as_a_change_of_class(teacher: User, owned_class: SchoolClass) -> None:
    class_actions.update_class(owned_class, changes={"designation": "SA25A"}, actor=teacher)
    with override("sv"):
        assert name_entries(read_log(teacher))[0].did == "Ändrade klassen"


def test_deleting_a_student_says_what_goes_and_asks_for_the_word(
    student: Student, owned_class: SchoolClass, teacher: User, colleague: User, client_for: Browser
) -> None:
    browser, address = client_for(teacher), f"/privacy/students/{student.public_id}/delete/"
    panel = browser.get(f"/classes/{owned_class.public_id}/students/{student.public_id}/").content.decode()
    about = browser.get(f"/privacy/students/{student.public_id}/").content.decode()
    assert all(f'href="{address}"' in page for page in (panel, about))
    page = browser.get(address).content.decode()
    assert all(words in page for words in ("Emil Berg", "SA24D", "2 colleagues", "Type the word delete."))
    for word in ("", "yes"):
        answer = browser.post(address, {"word": word})
        assert (answer.status_code, Student.objects.count()) == (422, 1)
    assert client_for(colleague).post(address, {"word": "delete"}).status_code == 403
    answer = browser.post(address, {"word": " Delete"}, follow=True)
    assert "The log says so, without the name." in answer.content.decode()
    assert not Student.objects.exists()


def test_a_student_with_texts_is_not_offered_for_deletion(
    essay: Essay, student: Student, owned_class: SchoolClass, teacher: User, client_for: Browser
) -> None:
    browser, address = client_for(teacher), f"/privacy/students/{student.public_id}/delete/"
    for path in (f"/classes/{owned_class.public_id}/students/{student.public_id}/", address.removesuffix("delete/")):
        page = browser.get(path).content.decode()
        assert "What you can do" in page
        assert "Delete…" not in page
    page = browser.get(address).content.decode()
    assert "The student has 1 text and cannot be deleted." in page
    assert url("text", essay.batch, text_id=essay.public_id) in page
    assert 'name="word"' not in page
    assert browser.post(address, {"word": "delete"}).status_code == 409
    assert Student.objects.exists()


def test_nothing_that_undoing_an_import_would_bring_back_outlives_a_deleted_student(
    owned_class: SchoolClass, teacher: User
) -> None:
    values = {"given_name": "Emil", "family_name": "Berg", "email": "emil.berg@elev.example"}
    student = class_actions.add_student(owned_class, values=values, actor=teacher)
    text = "Förnamn;Efternamn;E-post\nEmilia;Berg;emil.berg@elev.example\n"
    draft = class_actions.preview_roster(owned_class, data=text, actor=teacher)
    done = class_actions.apply_import(draft, actor=teacher)
    assert "Emil" in json.dumps(done.undo)
    class_actions.delete_student(student, actor=teacher)
    done.refresh_from_db()
    assert "Emil" not in json.dumps(done.undo)


def test_what_has_come_and_gone_of_students_is_told_in_the_log_of_the_class(
    owned_class: SchoolClass, teacher: User, colleague: User, stranger: User, client_for: Browser
) -> None:
    emil, double, bo, gone = make_students(owned_class, ["Emil Berg", "Emil Bergh", "Bo Ek", "Eva Sand"])
    batch = make_batch(teacher, owned_class)
    alias = class_actions.teach_alias(emil, spelling="Emmi", actor=colleague)
    class_actions.forget_alias(emil, alias_id=alias.public_id, actor=colleague)
    actions.excuse_student(batch, student=bo, actor=colleague)
    actions.expect_student(batch, student=bo, actor=colleague)
    actions.merge_students(double, into=emil, actor=colleague)
    class_actions.delete_student(gone, actor=teacher)
    told = [
        ("Deleted a student for good", "", ""),
        ("Merged two students", "Emil Berg", ""),
        ("Marked as expected again", "Bo Ek", "The library"),
        ("Marked as not expected", "Bo Ek", "The library"),
        ("Forgot a spelling", "Emil Berg", ""),
        ("Remembered a spelling", "Emil Berg", ""),
    ]
    for scope in ({}, {"class_id": owned_class.public_id}):
        found = [(line.did, line.about, line.where) for line in lines(teacher, what="changes", **scope)]
        assert [line for line in found if line in told] == told
        assert [did for did, _about, _where in found].count("Deleted a student for good") == 1
    page = client_for(colleague).get(f"/classes/{owned_class.public_id}/history/").content.decode()
    assert all(did in page for did, _about, _where in told)
    assert "Sand" not in page
    assert {"Merged two students", "Forgot a spelling"} <= {line.did for line in lines(teacher, student=emil)}
    assert lines(stranger) == []


def test_leaving_and_coming_back_are_told_apart(owned_class: SchoolClass, teacher: User) -> None:
    (student,) = make_students(owned_class, ["Emil Berg"])
    class_actions.remove_student(owned_class, student=student, actor=teacher)
    class_actions.enrol_student(owned_class, student=student, actor=teacher)
    assert [line.did for line in lines(teacher, what="changes")][:2] == [
        "Put back into the class", "Marked as having left",
    ]  # fmt: skip
