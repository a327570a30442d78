"""Every change has an audit row with the person behind it, whatever the door."""

from __future__ import annotations

from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model
from django.test import Client
from rest_framework.test import APIClient

from batches.models import Batch, EssayStudentAssociation
from batches.tasks import match_essays
from batches.tests.making import make_batch, make_essays, make_students
from classes.models import SchoolClass, Student
from conftest import PASSWORD
from files.models import EssayFile
from huleedu.accounts.models import User


def last_entry(model: type[Model]) -> LogEntry:
    entry = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model)).order_by("-pk").first()
    assert entry is not None
    return entry


def test_a_change_through_a_page_names_the_person(teacher: User, colleague: User, owned_class: SchoolClass) -> None:
    browser = Client()
    browser.force_login(colleague)
    browser.post(f"/classes/{owned_class.public_id}/students/new/", {"given_name": "Emil", "family_name": "Berg"})
    entry = last_entry(Student)
    assert entry.actor == colleague
    assert entry.cid
    assert "Emil" not in str(entry.changes) + entry.object_repr


def test_a_change_through_a_token_names_the_person(teacher: User) -> None:
    call = APIClient()
    pair = call.post("/api/v1/auth/token/", {"email": teacher.email, "password": PASSWORD}).json()
    call.credentials(HTTP_AUTHORIZATION=f"Bearer {pair['access']}")
    assert call.post("/api/v1/batches/", {"title": "The library"}).status_code == 201
    assert last_entry(Batch).actor == teacher


def test_what_the_worker_does_names_nobody_and_is_on_record(owned_class: SchoolClass) -> None:
    (student,) = make_students(owned_class, ["Emil Berg"])
    batch = make_batch(owned_class.owner, owned_class)
    (essay,) = make_essays(batch, 1)
    essay.file.evidence = [
        {"id": "e1", "place": "label", "field": "text", "start": 0, "end": 9, "text": "Emil Berg"},
    ]
    essay.file.save()
    essay.matched_at = None
    essay.save()
    match_essays(batch.pk)
    entry = last_entry(EssayStudentAssociation)
    assert entry.actor is None
    assert EssayStudentAssociation.objects.get(essay=essay).student == student


@pytest.mark.parametrize("name", ["Emil Berg.txt"])
def test_a_files_name_is_masked_in_full(teacher: User, name: str, api: Any) -> None:
    batch = make_batch(teacher)
    sent = SimpleUploadedFile(name, b"Some words of an essay. " * 9)
    api(teacher).post(f"/api/v1/batches/{batch.public_id}/files/", {"files": [sent]}, format="multipart")
    entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(EssayFile))
    assert {entry.actor for entry in entries} == {teacher}
    assert all("Emil" not in str(entry.changes) + entry.object_repr for entry in entries)
