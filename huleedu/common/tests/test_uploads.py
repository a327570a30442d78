"""What of an upload reaches the disk, and whose."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.test import Client
from rest_framework.test import APIClient

from batches.tests.making import make_batch
from classes.models import SchoolClass
from conftest import PASSWORD
from huleedu.accounts.models import User


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Bytes of each chunk that was written to disk."""
    chunks: list[int] = []
    real = TemporaryFileUploadHandler.receive_data_chunk

    def count(self: Any, raw_data: bytes, start: int) -> None:
        chunks.append(len(raw_data))
        real(self, raw_data, start)

    monkeypatch.setattr(TemporaryFileUploadHandler, "receive_data_chunk", count)
    return chunks


def _file(size: int) -> SimpleUploadedFile:
    return SimpleUploadedFile("Alva Holm.txt", b"x" * size)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/sign-in/", "/batches/", "/classes/new/", "/nowhere/"])
def test_a_strangers_file_is_written_nowhere(written: list[int], path: str) -> None:
    for client in (Client(), Client(enforce_csrf_checks=True)):
        answer = client.post(path, {"a": _file(200_000)})
        assert answer.status_code < 500
    assert written == []


def test_a_teachers_file_is(written: list[int], teacher: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher, owned_class)
    page, api = Client(), APIClient()
    page.force_login(teacher)
    assert page.post(f"/batches/{batch.public_id}/upload/", {"files": _file(200)}).status_code < 400
    given = api.post("/api/v1/auth/token/", {"email": teacher.email, "password": PASSWORD})
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {given.data['access']}")
    answer = api.post(f"/api/v1/batches/{batch.public_id}/files/", {"files": _file(300)}, format="multipart")
    assert (answer.status_code, written) == (202, [200, 300])


def test_no_more_than_the_limit_is_written_and_the_size_is_told(
    written: list[int], client_for: Callable[[User], Client], teacher: User, owned_class: SchoolClass, settings: Any
) -> None:
    settings.MAX_FILE_BYTES = settings.MAX_ZIP_BYTES = 100_000
    batch = make_batch(teacher, owned_class)
    files = [_file(1_000_000), _file(50)]
    client_for(teacher).post(f"/batches/{batch.public_id}/upload/", {"files": files})
    assert sum(written) < 200_000
    kept = batch.batch_files.order_by("pk").values_list("file__status", "file__problem", "file__size")
    assert list(kept) == [("rejected", "file_too_large", 1_000_000), ("stored", "", 50)]


def test_more_than_a_batch_at_once_is_refused(
    client_for: Callable[[User], Client], teacher: User, owned_class: SchoolClass, settings: Any
) -> None:
    settings.MAX_FILE_BYTES = settings.MAX_ZIP_BYTES = 1000
    settings.MAX_FILES_PER_BATCH = 3
    batch = make_batch(teacher, owned_class)
    answer = client_for(teacher).post(f"/batches/{batch.public_id}/upload/", {"files": [_file(3000), _file(50)]})
    assert answer.status_code == 413
    assert "fewer files" in answer.content.decode()
