"""Bytes on disk: whole or not at all, and swept where no row came to own them."""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.http import Http404

from files import storage, tasks
from files.actions import register_file
from files.downloads import download_response
from files.models import EssayFile
from files.storage import blob_path, delete_blob, open_blob, save_blob, stored_keys
from huleedu.accounts.models import User

DATA = "Det var en gång en fågel.".encode()


def on_disk() -> list[Path]:
    return sorted(path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def age(path: Path, *, seconds: int = 2 * tasks.ORPHAN_SECONDS) -> None:
    """Make the file look as old."""
    then = time.time() - seconds
    os.utime(path, (then, then))


def test_what_is_stored_comes_back_and_is_known_by_its_hash() -> None:
    blob = save_blob(ContentFile(DATA))
    assert (blob.size, blob.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    with open_blob(blob.key) as handle:
        assert handle.read() == DATA
    with blob_path(blob.key) as path:
        assert path.read_bytes() == DATA
    assert [key for key, _changed in stored_keys()] == [blob.key]


def test_the_bytes_are_on_the_disk_before_they_have_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Temp file, fsync, rename, fsync of each folder that changed: in this order."""
    seen: list[str] = []
    sync, rename = os.fsync, Path.rename

    def note_sync(handle: int) -> None:
        seen.append("folder" if Path(f"/proc/self/fd/{handle}").resolve().is_dir() else "file")
        sync(handle)

    def note_rename(path: Path, target: Path) -> Path:
        seen.append("rename")
        return rename(path, target)

    monkeypatch.setattr(storage.os, "fsync", note_sync)
    monkeypatch.setattr(Path, "rename", note_rename)
    save_blob(ContentFile(DATA))
    assert seen[-3:] == ["file", "rename", "folder"]
    assert set(seen[:-3]) == {"folder"}


@pytest.mark.parametrize("trouble", ["fsync", "write", "rename"])
def test_a_disk_that_refuses_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    def refuse(*_args: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    if trouble == "fsync":
        monkeypatch.setattr(storage.os, "fsync", refuse)
    elif trouble == "rename":
        monkeypatch.setattr(Path, "rename", refuse)
    content = ContentFile(DATA)
    if trouble == "write":
        chunks: Iterator[Any] = iter([content.chunks, refuse])
        monkeypatch.setattr(content, "chunks", lambda size: next(chunks)(size))
    with pytest.raises(OSError, match="No space left"):
        save_blob(content)
    monkeypatch.undo()
    assert on_disk() == []


@pytest.mark.django_db
def test_blobs_that_never_got_a_row_are_swept_and_others_stay(teacher: User) -> None:
    owned, orphan, fresh = (save_blob(ContentFile(DATA)) for _blob in range(3))
    file = register_file(owned, name="a.txt", path="", owner=teacher)
    for blob in (owned, orphan):
        with blob_path(blob.key) as path:
            age(path)
    left = Path(settings.MEDIA_ROOT) / fresh.key.hex[:2] / f"{storage.INCOMING}half"
    left.write_bytes(b"half")
    age(left)
    stray = left.parent / "readme.bin"
    stray.write_bytes(b"")
    age(stray)
    assert tasks.purge_orphan_blobs() == 2
    assert {key for key, _changed in stored_keys()} == {owned.key, fresh.key}
    assert stray.exists()
    assert not left.exists()
    assert EssayFile.objects.get().pk == file.pk
    assert tasks.purge_orphan_blobs() == 0


@pytest.mark.django_db
def test_sweeping_an_empty_storage_does_nothing() -> None:
    assert tasks.purge_orphan_blobs() == 0


def test_deleting_twice_does_no_harm() -> None:
    blob = save_blob(ContentFile(DATA))
    delete_blob(blob.key)
    delete_blob(blob.key)
    with pytest.raises(FileNotFoundError):
        open_blob(blob.key)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("Alva Berg.docx", 'attachment; filename="Alva Berg.docx"'),
        ("essä 📚.docx", "attachment; filename*=utf-8''ess%C3%A4%20%F0%9F%93%9A.docx"),
        ('a";x.docx', 'attachment; filename="a\\";x.docx"'),
    ],
)
def test_a_download_is_an_attachment_that_no_browser_runs(teacher: User, name: str, disposition: str) -> None:
    file = register_file(save_blob(ContentFile(DATA)), name=name, path="", owner=teacher)
    file.detected_type = "docx"
    response = download_response(file)
    assert response["Content-Disposition"] == disposition
    assert response["Content-Type"].startswith("application/vnd.openxmlformats")
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response) == DATA  # type: ignore[arg-type]
    response.close()


@pytest.mark.django_db
def test_a_download_of_bytes_that_are_gone_is_not_found(teacher: User) -> None:
    blob = storage.Blob(key=uuid.uuid4(), sha256="", size=0)
    file = register_file(blob, name="a.txt", path="", owner=teacher)
    with pytest.raises(Http404):
        download_response(file)


@pytest.mark.django_db
def test_the_quota_counts_what_is_stored_and_nothing_else(teacher: User, stranger: User) -> None:
    register_file(save_blob(ContentFile(DATA)), name="a.txt", path="", owner=teacher)
    EssayFile.objects.create(owner=teacher, name="b.txt", size=10**9, status="rejected", problem="file_too_large")
    assert EssayFile.objects.bytes_of(teacher) == len(DATA)
    assert EssayFile.objects.bytes_of(stranger) == 0


@pytest.mark.django_db
def test_numbers_in_a_name_are_counted_with_those_of_the_text(teacher: User) -> None:
    from files.actions import split_path
    from files.evidence import Document

    path, name = split_path("080131-1234/20080131-1234.docx")
    file = register_file(save_blob(ContentFile(DATA)), name=name, path=path, owner=teacher)
    assert file.personnummer_removed == 2
    file.keep(Document("docx", "Text", personnummer_removed=3))
    assert file.personnummer_removed == 5
