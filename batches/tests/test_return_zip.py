"""The way back: a zip that the platform the texts came from takes as its own."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from batches import actions
from batches.models import Batch, Essay
from batches.state import batch_state
from batches.tests.making import make_batch, make_students, upload
from batches.tests.test_zip_upload import CANVAS, STORY, drop, read_all
from batches.uploads import receive_files
from classes.models import SchoolClass, Student
from huleedu.accounts.models import User

Api = Callable[[User | None], APIClient]
ClientFor = Callable[[User | None], Client]

PLATFORMS: dict[str, list[str]] = {
    "canvas": list(CANVAS),
    "moodle": [
        "Alva Berg_3001_assignsubmission_file/saga.txt",
        "Bo Dahl_3002_assignsubmission_file/mapp/saga.txt",
        "Cia Ek_3003_assignsubmission_file/åäö (2).txt",
    ],
    "blackboard": [
        "Saga_alvber_attempt_2026-01-02-10-10-10_saga.txt",
        "Saga_bodahl_attempt_2026-01-02-10-10-11_saga.txt",
        "Saga_ciaek_attempt_2026-01-02-10-10-12_saga.txt",
    ],
    "brightspace": [
        "1001-2001 - Alva Berg - Jan 2, 2026 1010 AM - saga.txt",
        "1002-2001 - Bo Dahl - Jan 2, 2026 1011 AM - saga.txt",
        "1003-2001 - Cia Ek - Jan 2, 2026 1012 AM - saga.txt",
    ],
    "itslearning": ["Berg_Alva (alvber)/saga.txt", "Dahl_Bo (bodahl)/saga.txt", "Ek_Cia (ciaek)/saga.txt"],
    "sakai": [
        "Saga/Berg, Alva(alvber)/Submission attachment(s)/saga.txt",
        "Saga/Dahl, Bo(bodahl)/Submission attachment(s)/saga.txt",
        "Saga/Ek, Cia(ciaek)/Submission attachment(s)/saga.txt",
    ],
}


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    make_students(owned_class, ["Alva Berg", "Bo Dahl", "Cia Ek"])
    return make_batch(teacher, owned_class)


def texts(names: list[str]) -> dict[str, str]:
    return {name: f"{STORY} {number}" for number, name in enumerate(names)}


def export(batch: Batch, client: APIClient, names: str = "") -> zipfile.ZipFile:
    answer: Any = client.get(f"/api/v1/batches/{batch.public_id}/export/?format=zip&names={names}")
    assert answer.status_code == 200
    archive = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    assert archive.testzip() is None
    return archive


@pytest.mark.parametrize("source", PLATFORMS)
def test_what_came_from_a_platform_goes_back_as_it_came(
    batch: Batch, teacher: User, owned_class: SchoolClass, api: Api, source: str
) -> None:
    """And dropped again it is recognised again: the names say all that the platform's said."""
    sent = texts(PLATFORMS[source])
    drop(batch, sent)
    read_all(batch)
    back = export(batch, api(teacher))
    assert {name: back.read(name).decode() for name in back.namelist()} == sent
    again = make_batch(teacher, owned_class, title="Again")
    drop(again, {name: f"{back.read(name).decode()} igen" for name in back.namelist()})
    read_all(again)
    again.refresh_from_db()
    assert batch_state(again)["source"] == source


def test_a_text_goes_back_to_where_it_was_handed_in_whoever_wrote_it(batch: Batch, teacher: User, api: Api) -> None:
    drop(batch, CANVAS)
    read_all(batch)
    essay = Essay.objects.get(batch=batch, file__name__startswith="bergalva")
    cia = Student.objects.get(given_name="Cia")
    actions.decide_student(essay, student=cia, version=None, actor=teacher)
    assert set(export(batch, api(teacher)).namelist()) == set(CANVAS)
    assert "Ek Cia.txt" in export(batch, api(teacher), "students").namelist()


def test_what_came_another_way_lies_apart_and_versions_that_do_not_count_stay(
    batch: Batch, teacher: User, api: Api
) -> None:
    drop(batch, CANVAS)
    read_all(batch)
    actions.add_files(batch, uploads=[upload("late.docx")], actor=teacher)
    Essay.objects.filter(batch=batch, file__name__startswith="dahlbo").update(counts=False)
    names = set(export(batch, api(teacher)).namelist())
    assert names == {*CANVAS, "Not from the zip/Undecided/late.docx"} - {"dahlbo_LATE_4302_99102_saga.txt"}


def test_two_zips_go_back_in_a_folder_each(batch: Batch, teacher: User, api: Api) -> None:
    drop(batch, CANVAS, name="first.zip")
    drop(batch, {"ekcia_4303_99104_saga.txt": f"{STORY} fyra"}, name="second.zip")
    read_all(batch)
    names = set(export(batch, api(teacher)).namelist())
    assert names == {*(f"first/{name}" for name in CANVAS), "second/ekcia_4303_99104_saga.txt"}


def test_loose_files_go_by_student_and_the_page_offers_no_way_back(
    batch: Batch, teacher: User, api: Api, client_for: ClientFor
) -> None:
    receive_files(batch, files=[SimpleUploadedFile("Alva Berg.txt", STORY.encode())], actor=teacher)
    read_all(batch)
    assert export(batch, api(teacher)).namelist() == ["Undecided/Alva Berg.txt"]
    page = client_for(teacher).get(reverse("batches:detail", args=[batch.public_id])).content.decode()
    assert "names=students" in page
    assert "names=source" not in page


def test_the_page_offers_the_way_back_by_the_name_of_the_platform(
    batch: Batch, teacher: User, client_for: ClientFor
) -> None:
    drop(batch, CANVAS)
    read_all(batch)
    page = client_for(teacher).get(reverse("batches:detail", args=[batch.public_id])).content.decode()
    assert "Download the files to upload to Canvas" in page


def test_another_way_to_name_files_is_refused(batch: Batch, teacher: User, api: Api) -> None:
    answer = api(teacher).get(f"/api/v1/batches/{batch.public_id}/export/?format=zip&names=weekday")
    assert (answer.status_code, answer.data["code"]) == (400, "validation_error")
    assert [error["field"] for error in answer.data["errors"]] == ["names"]
