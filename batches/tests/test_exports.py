"""The result as CSV, for Excel and as renamed files, at both doors."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook
from rest_framework.test import APIClient

from batches import actions
from batches.exports.packing import add_original, packing
from batches.models import Batch
from batches.tests.making import make_batch, make_stored, make_students, upload
from classes.models import SchoolClass, Student
from files.models import EssayFile
from files.storage import delete_blob
from huleedu.accounts.models import User

Api = Callable[[User | None], APIClient]
ClientFor = Callable[[User | None], Client]


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    return make_batch(teacher, owned_class, title="Argumentation: å, ä/ö?")


def hand_in(batch: Batch, teacher: User, files: dict[str, Student | str | None]) -> None:
    """Add each file and decide whose it is (None: nobody's; "": undecided)."""
    added = actions.add_files(batch, uploads=[upload(name) for name in files], actor=teacher)
    for file, student in zip(added, files.values(), strict=True):
        if student != "":
            actions.decide_student(file.essay, student=student, version=None, actor=teacher)  # type: ignore[arg-type]


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def at_both_doors(batch: Batch, user: User, kind: str, client_for: ClientFor, api: Api) -> list[Any]:
    page = client_for(user).get(reverse("batches:export", args=[batch.public_id]) + f"?format={kind}")
    return [page, api(user).get(f"/api/v1/batches/{batch.public_id}/export/?format={kind}")]


def test_csv_and_excel_hold_the_same_table(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: ClientFor, api: Api
) -> None:
    asa, formula = make_students(owned_class, ["Åsa Öberg", "=1+1 @SUM"])
    hand_in(batch, teacher, {"a.docx": asa, "b.docx": formula, "c.docx": None, "-d.docx": ""})
    for answer in at_both_doors(batch, teacher, "csv", client_for, api):
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        rows = [line.split(";") for line in body(answer).decode("utf-8-sig").splitlines()]
        assert rows[1][:2] == ["'@SUM", "'=1+1"]
        none = [""] * 5
        assert rows[2] == ["Öberg", "Åsa", asa.email, "a.docx", "confirmed", "1", "yes", "0", *none]
        assert rows[3] == ["", "", "", "c.docx", "not in this class", "1", "yes", "0", *none]
        assert rows[4] == ["", "", "", "'-d.docx", "undecided", "1", "yes", "0", *none]
    for answer in at_both_doors(batch, teacher, "xlsx", client_for, api):
        sheet = load_workbook(io.BytesIO(body(answer))).worksheets[0]
        cells = [["" if cell.value is None else cell.value for cell in row] for row in sheet.iter_rows()]
        assert [[str(value) for value in row] for row in cells] == rows
        assert sheet.freeze_panes == "A2"
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


def test_zip_names_files_by_student_and_leads_nowhere_else(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: ClientFor, api: Api
) -> None:
    names = ["Åsa Öberg", "Åsa Öberg", "Åsa Öberg", "../../etc: pass/wd", "CON"]
    asa, twin, third, odd, one = make_students(owned_class, names)
    hand_in(
        batch,
        teacher,
        {
            "a.docx": asa, "b.docx": twin, "c.pdf": odd, "d.txt": one, "e.docx": None, "text.docx": "",
            "folder\\text.docx": "", "utan ändelse": asa, "f.docx": third,
        },
    )  # fmt: skip
    for answer in at_both_doors(batch, teacher, "zip", client_for, api):
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        archive = zipfile.ZipFile(io.BytesIO(body(answer)))
        assert archive.testzip() is None
        names = archive.namelist()
        assert sorted(names) == sorted(
            [
                "Öberg Åsa.docx", "Öberg Åsa (2).docx", "pass_wd .._.._etc_.pdf", "_CON.txt",
                "Not in this class/e.docx", "Undecided/text.docx", "Undecided/folder_text.docx", "Öberg Åsa",
                "Does not count/Öberg Åsa.docx",
            ]
        )  # fmt: skip
        assert archive.read("Does not count/Öberg Åsa.docx").endswith(b"a.docx")
        assert all(".." not in name.split("/") and not name.startswith("/") for name in names)


def test_a_lost_file_costs_no_other(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: ClientFor, api: Api
) -> None:
    asa, bo = make_students(owned_class, ["Åsa Öberg", "Bo Ek"])
    hand_in(batch, teacher, {"a.docx": asa, "b.docx": bo})
    delete_blob(batch.essays.get(file__name="a.docx").file.storage_key)
    for answer in at_both_doors(batch, teacher, "zip", client_for, api):
        assert zipfile.ZipFile(io.BytesIO(body(answer))).namelist() == ["Ek Bo.docx"]


def test_a_student_with_protected_identity_looks_like_any_other(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: ClientFor, api: Api
) -> None:
    """In the list such a student has an alias for a name; nothing marks it."""
    (student,) = make_students(owned_class, ["Kim Almqvist"])
    Student.objects.filter(pk=student.pk).update(protected_identity=True, email=None)
    hand_in(batch, teacher, {"text.docx": student})
    for answer in at_both_doors(batch, teacher, "csv", client_for, api):
        assert body(answer).decode("utf-8-sig").splitlines()[1] == "Almqvist;Kim;;text.docx;confirmed;1;yes;0;;;;;"
    for answer in at_both_doors(batch, teacher, "zip", client_for, api):
        assert zipfile.ZipFile(io.BytesIO(body(answer))).namelist() == ["Almqvist Kim.docx"]


def test_the_download_is_named_after_the_batch(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    answer = client_for(teacher).get(reverse("batches:export", args=[batch.public_id]) + "?format=csv")
    assert "Argumentation_%20%C3%A5%2C%20%C3%A4_%C3%B6_" in answer.headers["Content-Disposition"]


def test_another_format_is_refused_and_csv_is_the_default(
    batch: Batch, teacher: User, client_for: ClientFor, api: Api
) -> None:
    page, call = at_both_doors(batch, teacher, "exe", client_for, api)
    assert (page.status_code, call.status_code, call.data["code"]) == (400, 400, "validation_error")
    assert api(teacher).get(f"/api/v1/batches/{batch.public_id}/export/").headers["Content-Type"].startswith("text/csv")


def test_strangers_export_nothing(batch: Batch, stranger: User, reader: User, client_for: ClientFor, api: Api) -> None:
    for kind in ("csv", "xlsx", "zip"):
        assert {a.status_code for a in at_both_doors(batch, stranger, kind, client_for, api)} == {404}
        answers = at_both_doors(batch, reader, kind, client_for, api)
        assert ([answer.status_code for answer in answers], all(map(body, answers))) == ([200, 200], True)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "zip"])
def test_exports_ask_as_much_at_3_as_at_30(
    kind: str, batch: Batch, teacher: User, owned_class: SchoolClass, api: Api, django_assert_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    students = make_students(owned_class, [f"Given{n} Family{n}" for n in range(30)])
    target = f"/api/v1/batches/{batch.public_id}/export/?format={kind}"
    hand_in(batch, teacher, {f"{n}.docx": students[n] for n in range(3)})
    client = api(teacher)
    with CaptureQueriesContext(connection) as few:
        body(client.get(target))
    hand_in(batch, teacher, {f"{n}.docx": students[n] for n in range(3, 30)})
    with django_assert_num_queries(len(few)):
        body(client.get(target))


def test_a_pasted_text_is_in_the_zip_in_place_of_the_file_it_stands_for(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: ClientFor, api: Api
) -> None:
    (asa,) = make_students(owned_class, ["Åsa Öberg"])
    hand_in(batch, teacher, {"tom.docx": asa})
    EssayFile.objects.filter(batch_file__batch=batch).update(is_pasted=True, text="Den inklistrade texten.")
    for answer in at_both_doors(batch, teacher, "zip", client_for, api):
        archive = zipfile.ZipFile(io.BytesIO(body(answer)))
        assert archive.namelist() == ["Öberg Åsa.txt"]
        assert archive.read("Öberg Åsa.txt").decode() == "Den inklistrade texten."


def test_the_table_is_sorted_as_a_class_list_is(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: ClientFor, api: Api
) -> None:
    bo, ake, af = make_students(owned_class, ["Bo Ek", "Åke Ås", "Isak af Berg"])
    hand_in(batch, teacher, {"1.docx": ake, "2.docx": "", "3.docx": bo, "4.docx": af})
    answer = at_both_doors(batch, teacher, "csv", client_for, api)[0]
    rows = [line.split(";") for line in body(answer).decode("utf-8-sig").splitlines()]
    assert [row[3] for row in rows[1:]] == ["4.docx", "3.docx", "1.docx", "2.docx"]


def test_the_table_ends_with_those_who_have_not_handed_in(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: ClientFor, api: Api
) -> None:
    asa, _bo, _cia = make_students(owned_class, ["Åsa Öberg", "Bo Ek", "Cia Al"])
    hand_in(batch, teacher, {"a.docx": asa})
    for answer in at_both_doors(batch, teacher, "csv", client_for, api):
        rows = [line.split(";") for line in body(answer).decode("utf-8-sig").splitlines()]
        assert [(row[0], row[3], row[4]) for row in rows[1:]] == [
            ("Öberg", "a.docx", "confirmed"), ("Al", "", "not handed in"), ("Ek", "", "not handed in"),
        ]  # fmt: skip


def test_the_table_numbers_versions_and_shows_the_figures_of_a_text(
    batch: Batch, teacher: User, owned_class: SchoolClass, client_for: ClientFor, api: Api
) -> None:
    (asa,) = make_students(owned_class, ["Åsa Öberg"])
    hand_in(batch, teacher, {"first.docx": asa, "second.docx": asa})
    figures = {"sentences": 3, "lix": 31.5, "lexical_variety": 0.8, "reading_minutes": 0.1, "language": None}
    batch.essays.filter(file__name="first.docx").update(counts=False)
    batch.essays.filter(file__name="second.docx").update(counts=True, results={"nlp": figures})
    answer = at_both_doors(batch, teacher, "csv", client_for, api)[0]
    rows = [line.split(";") for line in body(answer).decode("utf-8-sig").splitlines()]
    assert [row[3:] for row in rows[1:]] == [
        ["first.docx", "confirmed", "1", "no", "0", "", "", "", "", ""],
        ["second.docx", "confirmed", "2", "yes", "0", "3", "31.5", "0.8", "0.1", ""],
    ]
    listed = api(teacher).get(f"/api/v1/batches/{batch.public_id}/results/").data["results"]
    assert [(row["name"], row["counts"], row["student"]["family_name"], row["results"]) for row in listed] == [
        ("first.docx", False, "Öberg", {}), ("second.docx", True, "Öberg", {"nlp": figures}),
    ]  # fmt: skip


def test_decimals_are_written_as_the_language_writes_them(
    batch: Batch, teacher: User, client_for: ClientFor, settings: Any
) -> None:
    hand_in(batch, teacher, {"a.docx": None})
    batch.essays.update(results={"nlp": {"lix": 31.5}})
    for language, written in (("sv", "31,5"), ("en", "31.5")):
        User.objects.filter(pk=teacher.pk).update(language=language)
        teacher.refresh_from_db()
        page = client_for(teacher).get(reverse("batches:export", args=[batch.public_id]) + "?format=csv")
        assert body(page).decode("utf-8-sig").splitlines()[1].split(";")[9] == written


def test_an_undecided_text_has_no_student_in_the_results(
    batch: Batch, teacher: User, owned_class: SchoolClass, stranger: User, api: Api
) -> None:
    make_students(owned_class, ["Åsa Öberg"])
    hand_in(batch, teacher, {"Åsa Öberg.docx": ""})
    actions.match_batch(batch, again=True, actor=None)
    (row,) = api(teacher).get(f"/api/v1/batches/{batch.public_id}/results/").data["results"]
    assert (row["status"], row["student"]) == ("undecided", None)
    assert api(stranger).get(f"/api/v1/batches/{batch.public_id}/results/").status_code == 404


def test_what_is_packed_by_itself_is_stored_as_it_is(teacher: User) -> None:
    batch = make_batch(teacher)
    essays = make_stored(batch, 2)
    for essay, kind in zip(essays, ("docx", "txt"), strict=True):
        essay.file.detected_type = kind
    with packing() as (spool, archive):
        for essay in essays:
            add_original(archive, essay.file, essay.file.name)
    with spool, zipfile.ZipFile(spool) as packed:
        assert [entry.compress_type for entry in packed.infolist()] == [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED]
        assert packed.testzip() is None
