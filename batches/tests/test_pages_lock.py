"""A locked batch on its pages, and its steps one after the other."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from batches import actions
from batches.models import Batch
from batches.tests.pages import essay, read_all, send, url
from files.models import EssayFile
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]


def test_a_locked_batch_refuses_with_its_reason_and_shows_why(owner: Client, batch: Batch, teacher: User) -> None:
    send(owner, batch, essay("in time.docx"))
    read_all(batch)
    assert owner.post(url("lock", batch)).status_code == 302
    for htmx in (True, False):
        late = send(owner, batch, essay("late.docx"), htmx=htmx)
        assert late.status_code == 409
        assert "late.docx arrived after the batch was locked and was not added." in late.content.decode()
        assert "The batch is locked. Unlock it to add or remove files." in late.content.decode()
    assert "<title>Error: " in late.content.decode(), "the page without script says it as any form does"
    file = EssayFile.objects.get()
    for name in ("file-remove", "file-replace", "file-paste", "file-retry"):
        answer = owner.post(url(name, batch, file_id=file.public_id), {"text": "words", "files": essay()})
        assert answer.status_code == 409
        assert "locked" in answer.content.decode()
    page = owner.get(url("detail", batch)).content.decode()
    assert "The batch has been locked" in page
    assert 'aria-disabled="true" aria-describedby="lock-reason"' in page
    assert 'type="file"' not in page
    assert EssayFile.objects.count() == 1


def test_only_the_owner_unlocks_and_says_why(
    owner: Client, batch: Batch, teacher: User, colleague: User, client_for: ClientFor
) -> None:
    actions.lock_batch(batch, actor=teacher)
    page = client_for(colleague).get(url("detail", batch)).content.decode()
    assert "Teacher can unlock it." in page
    assert url("unlock", batch) not in page
    assert client_for(colleague).post(url("unlock", batch), {"reason": "x"}).status_code == 403
    assert owner.post(url("unlock", batch), {"reason": ""}).status_code == 422
    assert owner.post(url("unlock", batch), {"reason": "One text came late."}).status_code == 302
    batch.refresh_from_db()
    assert (batch.is_locked, batch.processing_metadata["unlocks"][0]["reason"]) == (False, "One text came late.")


def test_the_steps_of_a_batch(owner: Client, batch: Batch) -> None:
    send(owner, batch, essay())
    assert owner.post(url("start", batch)).status_code == 409
    read_all(batch)
    asked = owner.post(url("start", batch))
    assert "1 text has no student yet" in asked.content.decode()
    batch.refresh_from_db()
    assert batch.status == "collecting"
    for name, status in (
        ("start", "processing"), ("cancel", "cancelled"), ("reopen", "collecting"), ("lock", "ready"),
        ("cancel", "cancelled"), ("archive", "archived"),
    ):  # fmt: skip
        assert owner.post(url(name, batch), {"anyway": "1"}).status_code == 302
        batch.refresh_from_db()
        assert batch.status == status
        assert owner.get(url("detail", batch)).status_code == 200
    assert owner.post(url("reopen", batch)).status_code == 409
    assert owner.post(url("delete", batch)).status_code == 302
