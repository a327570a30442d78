"""The pages of a class list on its way in, step by step."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from batches.models import Batch
from batches.tests.making import make_batch, make_essays, make_students
from classes import actions
from classes.models import RosterImport, SchoolClass, Student
from classes.tests.test_views import LIST, ClientFor, url
from huleedu.accounts.models import User


def test_import_from_paste_to_undo(client_for: ClientFor, owned_class: SchoolClass, colleague: User) -> None:
    client = client_for(colleague)
    text = LIST + ";;nameless@elev.example\nLo;Ek;emil@elev.example\nMy;Ek;19121212-1212\n"
    answer = client.post(url("import", owned_class), {"text": text})
    draft = RosterImport.objects.get()
    assert answer["Location"] == url("import-check", owned_class, draft)
    page = client.get(answer["Location"]).content.decode()
    assert "1 personal identity number was found and removed. It was never saved." in page
    assert "Import 3 new" in page
    assert "2 problem rows are left out." in page
    assert not Student.objects.exists()
    sent = {"shown": "4,5,2,3,6,", "include": ["2", "6"], "4.given_name": "Suriya", "4.email": "nameless@elev.example"}
    answer = client.post(url("import-check", owned_class, draft) + "?show=new", sent)
    assert answer["Location"].endswith("check/?show=new")
    assert "Import 3 new" in client.get(answer["Location"]).content.decode()  # Saga left out, Suriya mended
    done = client.post(url("import-apply", owned_class, draft), {"shown": ""}, follow=True)
    assert "3 new students" in done.content.decode()
    assert {student.name for student in Student.objects.in_class(owned_class)} == {"Emil Öberg", "Suriya", "My Ek"}
    assert client.post(url("import-apply", owned_class, draft)).status_code == 302
    assert Student.objects.count() == 3
    assert "3 new students" in client.get(url("imports", owned_class)).content.decode()
    asked = client.get(url("import-undo", owned_class, draft)).content.decode()
    assert "3 students are taken away" in asked
    assert "Suriya" in asked
    assert Student.objects.count() == 3
    undone = client.post(url("import-undo", owned_class, draft), follow=True)
    assert "This import was undone." in undone.content.decode()
    assert not Student.objects.exists()
    for step in ("import-check", "import-columns"):
        assert client.get(url(step, owned_class, draft)).status_code == 302


def test_ticking_who_has_left(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    student = actions.add_student(owned_class, values={"given_name": "Linnéa"}, actor=teacher)
    draft = actions.preview_roster(owned_class, data=LIST, actor=teacher)
    client = client_for(teacher)
    page = client.get(url("import-check", owned_class, draft)).content.decode()
    assert "Stays in the class." in page
    sent = {"shown": f"2,3,{student.public_id}", "include": ["2", str(student.public_id)]}
    client.post(url("import-apply", owned_class, draft), sent)
    assert [one.given_name for one in Student.objects.in_class(owned_class)] == ["Emil"]


def test_a_wrong_correction_is_told_in_place_and_kept(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    draft = actions.preview_roster(owned_class, data=LIST + ";;x@elev.example\n", actor=teacher)
    sent = {"shown": "4,2,3", "include": ["2", "3"], "4.given_name": "Xi", "4.email": "no address"}
    for step in ("import-check", "import-apply"):
        answer = client_for(teacher).post(url(step, owned_class, draft), sent)
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "This is not an e-mail address." in page
        assert 'value="no address"' in page
        assert 'value="Xi"' in page
    assert not Student.objects.exists()


def test_unsure_columns_are_asked_about(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    client = client_for(teacher)
    answer = client.post(url("import", owned_class), {"text": "Telefon;Smeknamnet\n070;Bo\n"})
    draft = RosterImport.objects.get()
    assert answer["Location"] == url("import-columns", owned_class, draft)
    page = client.get(answer["Location"]).content.decode()
    assert "No column with names was found." in page
    twice = client.post(answer["Location"], {"columns.0": "email", "columns.1": "email"})
    assert twice.status_code == 422
    assert "Two columns cannot be the same thing." in twice.content.decode()
    answer = client.post(answer["Location"], {"columns.0": "", "columns.1": "given_name"})
    assert answer["Location"] == url("import-check", owned_class, draft)
    assert "Bo" in client.get(answer["Location"]).content.decode()


def test_a_file_is_read_another_way(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    client = client_for(teacher)
    upload = SimpleUploadedFile("klass.csv", LIST.encode("cp1252"))
    client.post(url("import", owned_class), {"file": upload})
    draft = RosterImport.objects.get()
    page = client.get(url("import-columns", owned_class, draft)).content.decode()
    assert "Öberg" in page
    columns = {"columns.0": "given_name", "columns.1": "family_name", "columns.2": "email"}
    answer = client.post(url("import-columns", owned_class, draft), {**columns, "encoding": "utf-8"})
    assert answer.status_code == 422
    answer = client.post(url("import-columns", owned_class, draft), {**columns, "encoding": "mac_roman"})
    assert answer["Location"] == url("import-columns", owned_class, draft)
    page = client.get(answer["Location"]).content.decode()
    # One click shows it as it was; what it would look like stands on the button.
    assert 'name="encoding" value="cp1252">Windows text: Förnamn, Öberg' in page
    answer = client.post(answer["Location"], {"encoding": ["mac_roman", "cp1252"]})
    assert "Öberg" in client.get(url("import-check", owned_class, draft)).content.decode()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("klass.pdf", b"%PDF-1.7 ...", "We cannot read this kind of list."),
        ("klass.csv", b"", "The list is empty."),
        ("klass.csv", b"\x00\x01\x02" * 50, "We cannot read this kind of list."),
        ("klass.xlsx", b"PK\x03\x04 broken", "The list cannot be read."),
        ("klass.csv", b"Namn\n" + b"Bo Ek\n" * 6_000, "at most 5,000 students"),
        ("klass.csv", b"x" * 5_000_001, "at most 5 MB"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(
    name: str, content: bytes, message: str, client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    answer = client_for(teacher).post(url("import", owned_class), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert message in answer.content.decode()
    assert not RosterImport.objects.exists()


@pytest.mark.parametrize(
    ("text", "status", "message"),
    [
        ("", 422, "Paste a list, or choose a file."),
        (" \n\t", 422, "Paste a list, or choose a file."),
        ("Bo\x00", 422, "Null characters are not allowed."),
        ("x" * 10_000_000, 413, "at most 5 MB"),
        ("Namn\n" + "Bo Ek\n" * 6_000, 422, "at most 5,000 students"),
    ],
)
def test_pasted_text_that_cannot_be_read_is_told(
    text: str, status: int, message: str, client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    answer = client_for(teacher).post(url("import", owned_class), {"text": text})
    assert answer.status_code == status
    assert message in answer.content.decode()
    assert not RosterImport.objects.exists()


def test_a_long_list_is_checked_in_pages(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    text = "Förnamn;Efternamn\n" + "".join(f"A{n};B{n}\n" for n in range(250))
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    client = client_for(teacher)
    page = client.get(url("import-check", owned_class, draft) + "?page=3").content.decode()
    assert "201–250 of 250" in page
    shown = [str(line) for line in range(202, 252)]
    client.post(url("import-check", owned_class, draft) + "?page=3", {"shown": ",".join(shown), "include": shown[1:]})
    assert "Import 249 new" in client.get(url("import-check", owned_class, draft)).content.decode()


def test_undo_says_what_it_cannot(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    from batches.tests.making import make_batch, make_essays

    first = actions.preview_roster(owned_class, data="Namn;E-post\nBo Ek;bo@elev.example\n", actor=teacher)
    actions.apply_import(first, actor=teacher)
    text = "Förnamn;Efternamn;E-post\nBo;Ekman;bo@elev.example\nEva;Lund;eva@elev.example\n"
    draft = actions.preview_roster(owned_class, data=text + "Ida;Holm;ida@elev.example\n", actor=teacher)
    actions.apply_import(draft, actor=teacher)
    bo, eva = (Student.objects.get(given_name=name) for name in ("Bo", "Eva"))
    actions.update_student(bo, changes={"family_name": "Ekberg"}, actor=teacher)
    make_essays(make_batch(teacher, owned_class), 1, students=[eva], certainty="certain")
    client = client_for(teacher)
    page = client.get(url("import-undo", owned_class, draft)).content.decode()
    assert "This can no longer be undone" in page
    assert "1 leaves the class, but is kept with their texts" in page
    assert page.count("Eva Lund") == 1
    assert "Bo Ekberg keeps what was written after the import" in page
    assert "1 student is taken away" in page
    client.post(url("import-undo", owned_class, draft))
    assert client.get(url("import-undo", owned_class, draft)).status_code == 302
    assert {student.name for student in Student.objects.all()} == {"Bo Ekberg", "Eva Lund"}


def test_progress_is_told_while_it_is_applied(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from classes import progress
    from classes.actions import applying

    monkeypatch.setattr(applying, "AT_ONCE", 2)
    text = "Förnamn;E-post\n" + "".join(f"E{n};e{n}@elev.example\n" for n in range(5))
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    client = client_for(teacher)
    address = url("import-progress", owned_class, draft)
    assert "Importing" in client.get(address).content.decode()
    told: list[Any] = []
    keep = progress.cache.set

    def watched(key: str, value: Any, ttl: int) -> None:
        told.append(value)
        keep(key, value, ttl)

    monkeypatch.setattr(progress.cache, "set", watched)
    answer = client.post(url("import-apply", owned_class, draft), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == url("import-done", owned_class, draft)
    assert told == [(2, 5), (4, 5), (5, 5), (5, 5)]
    assert "5 of 5 students" in client.get(address).content.decode()


def test_a_line_that_is_no_name_is_asked_about(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    draft = actions.preview_roster(owned_class, data="Hej!\nAnna Berg\n;Bo Ek\n", actor=teacher)
    client = client_for(teacher)
    page = client.get(url("import-check", owned_class, draft)).content.decode()
    assert "Line 1 does not look like a name." in page
    assert "Import 2 new" in page
    client.post(url("import-check", owned_class, draft), {"shown": "1,2,3", "include": ["1", "2", "3"]})
    assert "Import 3 new" in client.get(url("import-check", owned_class, draft)).content.decode()
    client.post(url("import-apply", owned_class, draft), {"shown": "1,2,3", "include": ["2", "3"]})
    assert sorted(student.name for student in Student.objects.all()) == ["Anna Berg", "Bo Ek"]


def test_a_class_is_not_shared_with_its_owner(client_for: ClientFor, owned_class: SchoolClass, teacher: User) -> None:
    answer = client_for(teacher).post(url("share", owned_class), {"email": teacher.email})
    assert answer.status_code == 422
    assert "the class is yours already" in answer.content.decode()


def test_a_list_of_headings_only_has_no_students(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    draft = actions.preview_roster(owned_class, data="Förnamn;Efternamn;E-post\n", actor=teacher)
    page = client_for(teacher).get(url("import-check", owned_class, draft)).content.decode()
    assert "The list has no students" in page
    assert "Nothing differs" not in page


def test_rows_are_counted_as_the_tabs_count_them_and_no_address_is_no_problem(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    for name in ("Linnéa", "Saga"):
        actions.add_student(owned_class, values={"given_name": name, "family_name": "Ahl"}, actor=teacher)
    text = "Förnamn;Efternamn;E-post\nSaga;Ahl;\nBo;Ek;\nMy;Ek;my@elev.example\nLo;Ek;my@elev.example\n"
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    page = client_for(teacher).get(url("import-check", owned_class, draft)).content.decode()
    assert "4 rows." in page  # 2 new, 1 the same, 1 problem
    counts = dict(re.findall(r'\\?show=(\w+)"[^>]*><span class="count">(\d+)</span>', page))
    assert counts == {"decide": "4", "new": "2", "changed": "0", "unchanged": "1", "missing": "1", "problem": "1"}
    assert "has no e-mail address" not in page


def test_who_is_known_from_another_class_is_said_to_join(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User, django_assert_max_num_queries: Any
) -> None:
    other = actions.create_class(teacher, designation="ES24B", actor=teacher)
    for name in ("Bo", "My"):
        values = {"given_name": name, "family_name": "Ek", "email": f"{name.lower()}@elev.example"}
        actions.add_student(other, values=values, actor=teacher)
    text = "Förnamn;Efternamn;E-post\nBo;Ek;bo@elev.example\nMy;Ekman;my@elev.example\nLo;Ahl;lo@elev.example\n"
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    browser = client_for(teacher)
    with django_assert_max_num_queries(12):
        page = browser.get(url("import-check", owned_class, draft)).content.decode()
    counts = dict(re.findall(r'\\?show=(\w+)"[^>]*><span class="count">(\d+)</span>', page))
    assert (counts["decide"], counts["new"], counts["joining"], counts["changed"]) == ("3", "1", "2", "0")
    assert "Already your students, join this class" in page
    assert "Add to SA24D. Already in ES24B.<" in page
    assert "Add to SA24D. Already in ES24B. New surname.<" in page
    assert "Import 1 new and 2 of your students" in page
    done = browser.post(url("import-apply", owned_class, draft), follow=True).content.decode()
    history = browser.get(url("imports", owned_class)).content.decode()
    for told in (done, history):
        assert " ".join(told.split()).count("1 new student, 0 changed. 2 of your students joined the class.") == 1


def test_lines_that_are_left_out_are_given_their_reason(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    text = "Förnamn;Efternamn;Skyddad identitet\nBo;Ek;\nMy;Ahl;ja\nLo;Ahl;ja\n"
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    page = client_for(teacher).get(url("import-check", owned_class, draft)).content.decode()
    assert "2 lines are left out: they are about students with protected identity." in page
    assert "need a look" not in page


@pytest.mark.parametrize("step", ["import-check", "import-columns"])
def test_the_columns_of_a_school_systems_zip_are_named_in_words(
    step: str, client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("users.csv", "sourcedId,enabledUser,givenName,familyName,role\n1,true,Bo,Ek,student\n")
    draft = actions.preview_roster(owned_class, data=out.getvalue(), file_name="skola.zip", actor=teacher)
    page = client_for(teacher).get(url(step, owned_class, draft)).content.decode()
    headings = re.findall(r'<p class="strong">(?:<label[^>]*>)?([^<]*)', page)
    assert headings[:2] == ["First name", "Surname"]
    assert not [heading for heading in headings if "_" in heading]


def test_what_happened_meanwhile_is_said_and_asked_about(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User, colleague: User
) -> None:
    browser = client_for(teacher)
    draft = actions.preview_roster(owned_class, data="Åsa Öberg\nBo Ek\n", actor=teacher)
    check = f"/classes/{owned_class.public_id}/import/{draft.public_id}/check/"
    page = browser.get(check).content.decode()
    assert "meanwhile" not in page
    assert 'name="said" value="Import 2 new"' in page
    other = actions.preview_roster(owned_class, data="Bo Ek\n", actor=colleague)
    actions.apply_import(other, actor=colleague)
    assert f"{colleague.name} imported a list meanwhile" in browser.get(check).content.decode()
    apply = check.replace("check", "apply")
    answer = browser.post(apply, {"said": "Import 2 new"})
    assert answer.status_code == 409
    assert "The class has changed meanwhile." in answer.content.decode()
    assert Student.objects.in_class(owned_class).count() == 1
    assert browser.post(apply, {"said": "Import 1 new"}).status_code == 302
    assert Student.objects.in_class(owned_class).count() == 2


def test_a_list_that_waits_is_offered_for_a_day(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User, colleague: User
) -> None:
    address = f"/classes/{owned_class.public_id}/import/"
    draft = actions.preview_roster(owned_class, data="Åsa Öberg\n", actor=teacher)
    assert f"{draft.public_id}/check/" in client_for(teacher).get(address).content.decode()
    assert "not imported yet" not in client_for(colleague).get(address).content.decode()
    RosterImport.objects.update(created_at=timezone.now() - timedelta(hours=25))
    assert "not imported yet" not in client_for(teacher).get(address).content.decode()


def test_done_says_which_batches_are_matched_again(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    batch = make_batch(teacher, owned_class)
    make_essays(batch, 2)
    done = actions.apply_import(actions.preview_roster(owned_class, data="Åsa Öberg\n", actor=teacher), actor=teacher)
    address = f"/classes/{owned_class.public_id}/import/{done.public_id}/done/"
    assert "1 open batch has texts that nobody has decided." in client_for(teacher).get(address).content.decode()
    Batch.objects.update(status="archived")
    assert "nobody has decided" not in client_for(teacher).get(address).content.decode()


def test_who_is_not_in_the_list_stands_as_on_the_page_of_the_class(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    make_students(owned_class, ["Saga", "Adam Lund", "Bo Ek"])
    draft = actions.preview_roster(owned_class, data="Förnamn;Efternamn\nMy;Ek\n", actor=teacher)
    page = client_for(teacher).get(url("import-check", owned_class, draft) + "?show=missing").content.decode()
    assert re.findall('aria-label="(.*) has left"', page) == ["Bo Ek", "Adam Lund", "Saga "]


@pytest.mark.parametrize(
    ("go", "place"), [("show=decide&page=2", "/check/?show=decide&page=2"), ("show=new", "/check/?show=new")]
)
def test_another_page_or_tab_keeps_ticks_and_corrections(
    go: str, place: str, client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    text = "Förnamn;Efternamn;E-post\n;;nameless@elev.example\n" + "".join(f"A{n};B{n};\n" for n in range(150))
    draft = actions.preview_roster(owned_class, data=text, actor=teacher)
    client, address = client_for(teacher), url("import-check", owned_class, draft)
    page = client.get(address).content.decode()
    assert f'name="go" value="{go.replace("&", "&amp;")}"' in page
    assert not re.findall(r'href="\?', page)
    sent = {"shown": "2,3,4,", "include": ["4"], "2.given_name": "Suriya", "2.email": "nameless@elev.example"}
    answer = client.post(address + "?show=decide&page=1", {**sent, "go": go})
    assert answer["Location"].endswith(place)
    assert "Import 150 new" in client.get(answer["Location"]).content.decode()  # Suriya mended, line 3 left out
    answer = client.post(answer["Location"], {"shown": "150,151,152,", "include": ["150", "151"], "go": "columns"})
    assert answer["Location"] == url("import-columns", owned_class, draft)
    client.post(url("import-apply", owned_class, draft), {"shown": ""})
    names = {student.name for student in Student.objects.in_class(owned_class)}
    assert len(names) == 149
    assert "Suriya" in names
    assert not {"A0 B0", "A149 B149"} & names


def test_a_wrong_correction_is_told_on_its_page_not_on_the_next(
    client_for: ClientFor, owned_class: SchoolClass, teacher: User
) -> None:
    draft = actions.preview_roster(owned_class, data=LIST + ";;x@elev.example\n", actor=teacher)
    sent = {"shown": "4", "4.given_name": "Xi", "4.email": "no address", "go": "show=missing"}
    answer = client_for(teacher).post(url("import-check", owned_class, draft) + "?show=problem&page=1", sent)
    assert answer.status_code == 422
    assert 'value="no address"' in answer.content.decode()


def test_a_pasted_list_is_not_thrown_away_for_a_file(client_for: ClientFor, owned_class: SchoolClass) -> None:
    given = {"text": "Bo Ek\n", "file": SimpleUploadedFile("list.csv", b"My Ahl\n")}
    answer = client_for(owned_class.owner).post(url("import", owned_class), given)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "You gave a pasted list and a file, and one is read at a time." in page
    assert "Bo Ek\n</textarea>" in page
    assert not RosterImport.objects.exists()
