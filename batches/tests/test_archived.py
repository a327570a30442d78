"""An archived batch is only read: its pages offer no change, and none is made."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from batches.models import Batch
from batches.tests.pages import url
from huleedu.accounts.models import User


@pytest.fixture
def archived(batch: Batch) -> Batch:
    Batch.objects.filter(pk=batch.pk).update(status="archived", locked_at=timezone.now(), lock_reason="teacher")
    batch.refresh_from_db()
    return batch


def test_the_title_and_the_files_offer_no_change(owner: Client, archived: Batch) -> None:
    page = owner.get(url("detail", archived)).content.decode()
    assert "The batch is archived" in page
    for control in ('id="new-title"', url("rename", archived), 'id="dropzone"', "the batch is locked"):
        assert control not in page
    assert "You can read this batch." not in page


def test_a_new_title_is_refused(owner: Client, archived: Batch) -> None:
    answers = [
        owner.post(f"{url('title', archived)}?version={archived.version}", {"title": "Another"}),
        owner.post(url("rename", archived), {"title": "Another", "version": archived.version}),
    ]
    assert [answer.status_code for answer in answers] == [409, 422]
    assert all("The batch is archived and can only be read." in answer.content.decode() for answer in answers)
    assert Batch.objects.get().title == archived.title


def test_a_reader_is_told_who_changes_it_as_before(
    archived: Batch, reader: User, client_for: Callable[[User | None], Client]
) -> None:
    assert "You can read this batch." in client_for(reader).get(url("detail", archived)).content.decode()
