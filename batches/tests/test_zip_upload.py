"""A zip of essays from the drop to the last text: what comes out of it, and what may happen meanwhile."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from batches import actions, tasks
from batches.models import Batch, Essay
from batches.state import batch_state, count_batch
from batches.tests.dropping import CANVAS, STORY, drop, entries, events, read_all, zipped
from batches.tests.making import make_batch, make_students
from batches.uploads import receive_files
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    make_students(owned_class, ["Alva Berg", "Bo Dahl", "Cia Ek", "Dan Falk"])
    return make_batch(teacher, owned_class)


def test_a_zip_of_canvas_becomes_texts(batch: Batch) -> None:
    file = drop(batch, {**CANVAS, "__MACOSX/._bergalva.txt": "x", ".DS_Store": "x"})
    assert (file.status, file.is_zip) == ("stored", True)
    assert not Essay.objects.filter(file=file).exists()
    assert count_batch(batch).reading == 1
    assert tasks.ingest_essay(file.pk) == "read"
    assert [(entry.name, entry.path, entry.status) for entry in entries(file)] == [
        (name, "submissions.zip", "stored") for name in CANVAS
    ]
    counts = count_batch(batch)
    assert (counts.files, counts.reading, counts.read) == (4, 3, 1)
    read_all(batch)
    counts = count_batch(batch)
    assert (counts.files, counts.reading, counts.read, counts.problems, counts.skipped) == (4, 0, 4, 0, 0)
    batch.refresh_from_db()
    state = batch_state(batch)
    assert state["source"] == "canvas"
    (about,) = batch.processing_metadata["zips"].values()
    assert (about["files"], about["recognised"], about["system"]) == (3, 3, 2)
    found = {
        essay.file.name.split("_")[0]: essay.association.student and essay.association.student.given_name
        for essay in Essay.objects.live().filter(batch=batch, association__certainty="certain")
    }
    assert found == {"bergalva": "Alva", "dahlbo": "Bo"}
    assert {event.payload["status"] for event in events("essay.read", file)} == {"reading", "read"}
    assert len(events("batch.file.added")) == 4
    assert len(events("student.parsing.completed")) == 1


def test_what_a_receipt_says_is_evidence(batch: Batch) -> None:
    stem = "Saga_x1_attempt_2026-01-02-10-10-10"
    receipt = (
        f"Name: Cia Ek (x1)\nAssignment: Saga\nFiles:\n\tOriginal filename: saga.txt\n\tFilename: {stem}_saga.txt\n"
    )
    other = "Saga_x2_attempt_2026-01-02-10-10-11_saga.txt"
    file = drop(batch, {f"{stem}_saga.txt": f"{STORY} ett", f"{stem}.txt": receipt, other: f"{STORY} två"})
    read_all(batch)
    text, sidecar, _other = entries(file)
    assert (sidecar.status, sidecar.problem, sidecar.sha256) == ("skipped", "", "")
    assert not Essay.objects.filter(file=sidecar).exists()
    (found,) = [item for item in text.document_evidence() if item.text == "Cia Ek"]
    assert (found.place, found.field, found.start, found.end) == ("sidecar", f"sidecar:{stem}.txt", 0, 6)
    match = Essay.objects.get(file=text).association
    assert (match.certainty, match.student and match.student.given_name) == ("certain", "Cia")
    counts = count_batch(batch)
    assert (counts.files, counts.read, counts.skipped, counts.reading) == (4, 3, 1, 0)


def test_the_name_of_the_zip_names_nobody(batch: Batch) -> None:
    file = drop(batch, {"text 1.txt": f"{STORY} ett", "text 2.txt": f"{STORY} två"}, name="Alva Berg.zip")
    read_all(batch)
    assert {item.text for entry in entries(file) for item in entry.document_evidence()} == {"text 1", "text 2"}


def test_one_bad_entry_fails_no_other(batch: Batch) -> None:
    file = drop(batch, {"../Alva Berg.txt": "x", "inner.zip": b"PK", "Bo Dahl.docx": "no docx", "Cia Ek.txt": STORY})
    read_all(batch)
    file.refresh_from_db()
    assert (file.status, file.problem) == ("read", "")
    assert {(entry.name, entry.status, entry.problem) for entry in entries(file)} == {
        ("Alva Berg.txt", "rejected", "unsafe_path"),
        ("inner.zip", "rejected", "nested_archive"),
        ("Bo Dahl.docx", "rejected", "type_mismatch"),
        ("Cia Ek.txt", "read", ""),
    }
    counts = count_batch(batch)
    assert (counts.files, counts.problems, counts.read, counts.reading, counts.essays) == (5, 3, 2, 0, 1)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "no_usable_entries"),
        ({".DS_Store": "x", "__MACOSX/._a.txt": "x"}, "no_usable_entries"),
        ({"a.zip": b"PK", "b.zip": b"PK!"}, "nested_archive"),
        ({"[Content_Types].xml": "<a/>", "word/document.xml": "<a/>"}, "type_mismatch"),
    ],
)
def test_a_zip_without_a_text_ends_with_its_reason(batch: Batch, files: dict[str, str], problem: str) -> None:
    file = drop(batch, files)
    assert tasks.ingest_essay(file.pk) == "rejected"
    file.refresh_from_db()
    assert (file.status, file.problem) == ("rejected", problem)
    assert entries(file) == []
    counts = count_batch(batch)
    assert (counts.files, counts.problems, counts.reading) == (1, 1, 0)
    # It may be tried again, and ends the same; no text can be pasted in its place.
    assert actions.retry_batch_file(batch, file=file, actor=batch.owner).status == "stored"
    assert tasks.ingest_essay(file.pk) == "rejected"
    assert not Essay.objects.filter(file=file).exists()


def test_what_is_no_zip_is_refused(batch: Batch) -> None:
    (file,) = receive_files(batch, files=[SimpleUploadedFile("a.ZIP", b"no zip at all")], actor=batch.owner)
    assert tasks.ingest_essay(file.pk) == "rejected"
    file.refresh_from_db()
    assert file.problem == "corrupt"


def test_everything_is_read_also_when_the_last_file_brought_no_text(batch: Batch) -> None:
    drop(batch, {"Alva Berg.txt": STORY})
    read_all(batch)
    assert len(events("student.parsing.completed")) == 1
    drop(batch, {}, name="empty.zip")
    (bad,) = receive_files(batch, files=[SimpleUploadedFile("bad.docx", b"no docx")], actor=batch.owner)
    read_all(batch)
    bad.refresh_from_db()
    assert bad.status == "rejected"
    assert count_batch(batch).reading == 0
    assert len(events("student.parsing.completed")) == 2


# --- how much ------------------------------------------------------------------------------------------------------


def test_more_texts_than_a_batch_takes(batch: Batch, settings: Any) -> None:
    settings.MAX_FILES_PER_BATCH = 2
    file = drop(batch, CANVAS)
    assert tasks.ingest_essay(file.pk) == "rejected"
    file.refresh_from_db()
    assert (file.problem, entries(file)) == ("too_many_entries", [])
    # System files, receipts and the zip itself do not count.
    fitting = drop(batch, {name: CANVAS[name] for name in list(CANVAS)[:2]} | {".DS_Store": "x"}, name="b.zip")
    assert tasks.ingest_essay(fitting.pk) == "read"
    with pytest.raises(ActionError, match="too_many_files"):
        receive_files(batch, files=[SimpleUploadedFile("c.txt", b"c")], actor=batch.owner)


def test_more_bytes_than_the_teacher_has_room_for(batch: Batch, settings: Any) -> None:
    file = drop(batch, {"Alva Berg.txt": STORY * 20, "Bo Dahl.txt": STORY * 21})
    settings.TEACHER_QUOTA_BYTES = file.size + len(STORY.encode()) * 30
    assert tasks.ingest_essay(file.pk) == "rejected"
    file.refresh_from_db()
    assert (file.problem, entries(file)) == ("archive_too_large", [])


def test_a_zip_may_be_larger_than_a_file(batch: Batch, settings: Any) -> None:
    settings.MAX_FILE_BYTES, settings.MAX_ZIP_BYTES = 300, 600
    entry = {"a.txt": bytes(range(256)), "b.txt": b"Alva Berg, a text."}
    assert 300 < len(zipped(entry)) < 600
    assert drop(batch, entry).status == "stored"
    with pytest.raises(ActionError) as refused:
        drop(batch, {"a.txt": random.Random(1).randbytes(700)})
    assert refused.value.code == "file_too_large"


def test_the_same_bytes_are_kept_once(batch: Batch) -> None:
    receive_files(
        batch,
        files=[SimpleUploadedFile("Alva.txt", CANVAS["bergalva_4301_99101_saga.txt"].encode())],
        actor=batch.owner,
    )
    first = drop(batch, {**CANVAS, "copy of two.txt": CANVAS["dahlbo_LATE_4302_99102_saga.txt"]})
    read_all(batch)
    assert [(entry.status, entry.problem) for entry in entries(first)] == [
        ("skipped", "duplicate"), ("read", ""), ("read", ""), ("skipped", "duplicate"),
    ]  # fmt: skip
    again = drop(batch, {**CANVAS, "copy of two.txt": CANVAS["dahlbo_LATE_4302_99102_saga.txt"]}, name="again.zip")
    assert (again.status, again.duplicate_of) == ("skipped", first)
    counts = count_batch(batch)
    assert (counts.files, counts.essays, counts.skipped, counts.read) == (7, 3, 3, 4)


def test_removing_the_zip_leaves_its_texts(batch: Batch) -> None:
    file = drop(batch, CANVAS)
    twin = drop(batch, CANVAS, name="twin.zip")
    read_all(batch)
    actions.remove_file(batch, file=file, actor=batch.owner)
    counts = count_batch(batch)
    assert (counts.files, counts.essays, counts.skipped, counts.reading) == (4, 3, 1, 0)
    twin.refresh_from_db()
    assert twin.status == "skipped"


# --- both doors ----------------------------------------------------------------------------------------------------


def test_the_api_takes_a_zip_and_lists_what_came_out(batch: Batch, api: Any, teacher: User) -> None:
    client, base = api(teacher), f"/api/v1/batches/{batch.public_id}/"
    answer = client.post(
        f"{base}files/", {"files": SimpleUploadedFile("class.zip", zipped(CANVAS))}, format="multipart"
    )
    assert answer.status_code == 202
    (row,) = answer.json()["results"]
    assert (row["detected_type"], row["status"], row["archive_id"], row["essay_id"]) == ("zip", "stored", None, None)
    read_all(batch)
    rows = client.get(f"{base}files/").json()["results"]
    assert [(one["name"], one["path"], one["status"]) for one in rows] == [
        ("class.zip", "", "read"), *((name, "class.zip", "read") for name in CANVAS),
    ]  # fmt: skip
    assert {one["archive_id"] for one in rows[1:]} == {row["id"]}
    assert all(one["essay_id"] for one in rows[1:])
    state = client.get(f"{base}state/").json()
    assert state["source"] == "canvas"
    assert {key: state["counts"][key] for key in ("files", "reading", "problems", "skipped", "essays")} == {
        "files": 4, "reading": 0, "problems": 0, "skipped": 0, "essays": 3,
    }  # fmt: skip
    download = client.get(f"{base}files/{row['id']}/download/")
    assert (download["Content-Type"], b"".join(download.streaming_content)) == ("application/zip", zipped(CANVAS))
    pasted = client.post(f"{base}files/{row['id']}/text/", {"text": "x"}, format="json")
    assert (pasted.status_code, pasted.json()["code"]) == (409, "illegal_transition")
    assert client.delete(f"{base}files/{row['id']}/").status_code == 204
    assert client.get(f"{base}files/").json()["count"] == 3


@pytest.mark.parametrize("name", ["export", "export.ZIP.1"])
def test_both_doors_take_a_zip_of_any_name(
    batch: Batch, api: Any, client_for: Any, teacher: User, settings: Any, name: str
) -> None:
    settings.MAX_FILE_BYTES = 200
    by_api = SimpleUploadedFile(name, zipped(CANVAS))
    answer = api(teacher).post(f"/api/v1/batches/{batch.public_id}/files/", {"files": by_api}, format="multipart")
    assert (answer.status_code, answer.json()["results"][0]["detected_type"]) == (202, "zip")
    by_page = SimpleUploadedFile(name, zipped({"Alva Berg.txt": STORY * 9}))
    client_for(teacher).post(f"/batches/{batch.public_id}/upload/", {"files": by_page})
    settings.MAX_FILE_BYTES = 25_000_000
    read_all(batch)
    zips = EssayFile.objects.filter(batch_file__batch=batch, detected_type="zip")
    assert [file.status for file in zips] == ["read", "read"]
    assert [entry.path for file in zips for entry in entries(file)] == [name] * 4


def test_a_colleague_who_drops_a_zip_is_named_with_its_texts(batch: Batch, colleague: User) -> None:
    receive_files(batch, files=[SimpleUploadedFile("class.zip", zipped(CANVAS))], actor=colleague)
    read_all(batch)
    added = events("batch.file.added")
    assert len(added) == 4
    assert {event.payload["added_by_user_id"] for event in added} == {str(colleague.public_id)}
    assert set(EssayFile.objects.values_list("owner", "uploaded_by")) == {(batch.owner_id, colleague.pk)}


def test_the_page_says_who_made_the_zip(batch: Batch, client_for: Any, teacher: User) -> None:
    page, address = client_for(teacher), f"/batches/{batch.public_id}/"
    assert "Drop files, folders or zip files here" in page.get(address).content.decode()
    file = drop(batch, {**CANVAS, "notes.txt": f"{STORY} fyra", "Thumbs.db": "x"})
    assert "Waiting" in page.get(address).content.decode()
    read_all(batch)
    shown = page.get(address).content.decode()
    assert "Canvas zip recognised, 3 of 4 files carry a Canvas number\n" in shown
    assert "1 system file left out (Thumbs.db)." in shown
    assert "4 of 4 files read" in shown
    assert "and 1 zip opened" in shown
    assert "Opened" in shown
    assert "4 files came out of it." in shown
    skipped = shown[shown.index('id="skipped"') :].split("</details>")[0]
    assert "Thumbs.db</span> Made by a computer" in skipped
    asked = page.get(f"{address}files/{file.public_id}/remove/").content.decode()
    assert "The files that came out of it stay" in asked


def test_what_was_skipped_is_counted_and_named_with_its_reason(batch: Batch, client_for: Any, teacher: User) -> None:
    """Also after a reload: it stands in the batch, not in the upload's answer. No name of a system file is kept."""
    page, address = client_for(teacher), f"/batches/{batch.public_id}/"
    drop(batch, {"Alva Berg.txt": STORY, "again/Alva Berg.txt": STORY, "__MACOSX/._Alva Berg.txt": "x"})
    read_all(batch)
    shown = page.get(address).content.decode()
    skipped = shown[shown.index('id="skipped"') :].split("</details>")[0]
    assert "1 file was skipped. 1 system file left out (__MACOSX)." in skipped
    assert "Alva Berg.txt</span> Same content as Alva Berg.txt. We kept one." in skipped
    assert "__MACOSX</span> Made by a computer" in skipped
    assert "._Alva" not in shown
    live = page.get(address, headers={"HX-Request": "true"}).content.decode()
    assert 'id="skipped"' in live
