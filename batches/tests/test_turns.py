"""Teachers take turns at the worker, and no file keeps the others waiting for ever."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby

import pytest
from django.conf import settings
from django.utils import timezone

from batches import actions, tasks
from batches.tests.making import make_batch, upload
from files.evidence import Document
from files.models import EssayFile
from files.sandbox import ReadResult
from huleedu.accounts.models import User


@pytest.fixture
def order(monkeypatch: pytest.MonkeyPatch) -> list[EssayFile]:
    """The files in the order in which workers read them."""
    read: list[EssayFile] = []

    def note(file: EssayFile) -> ReadResult:
        read.append(file)
        return ReadResult("read", None, None, "txt", Document("txt", "Hej"), seconds=0.1, max_rss_mb=1)

    monkeypatch.setattr(tasks, "read_stored_file", note)
    return read


def add(owner: User, count: int) -> list[EssayFile]:
    uploads = [upload(f"{number}.txt") for number in range(count)]
    return actions.add_files(make_batch(owner), uploads=uploads, actor=owner)


def work() -> int:
    """Read until nothing waits; how many messages that took."""
    messages = 0
    while tasks.ingest_next() is not None:
        messages += 1
    return messages


def test_one_file_does_not_wait_behind_two_hundred(teacher: User, colleague: User, order: list[EssayFile]) -> None:
    many = add(teacher, 40)
    (single,) = add(colleague, 1)
    assert work() == 41
    assert order.index(single) <= 1
    assert [file for file in order if file != single] == many


def test_three_teachers_take_turns(teacher: User, colleague: User, stranger: User, order: list[EssayFile]) -> None:
    for owner, count in ((teacher, 9), (colleague, 5), (stranger, 2)):
        add(owner, count)
    assert work() == 16
    owners = [file.owner_id for file in order]
    assert all(len(set(owners[start : start + 3])) == 3 for start in (0, 3))
    assert max(len(list(run)) for _owner, run in groupby(owners[:10])) == 1
    assert {file.owner_id for file in order[:6]} == {teacher.pk, colleague.pk, stranger.pk}


def test_who_has_a_file_being_read_lets_the_others_go_first(
    teacher: User, colleague: User, order: list[EssayFile]
) -> None:
    many = add(teacher, 3)
    assert actions.begin_reading(many[0].pk, actor=None) is not None
    others = add(colleague, 2)
    assert tasks.ingest_next() == "read"
    assert tasks.ingest_next() == "read"
    assert order == others


def test_a_file_that_takes_workers_down_goes_behind_the_others_and_ends(teacher: User, order: list[EssayFile]) -> None:
    poison, *others = add(teacher, 4)
    for _death in range(settings.READ_MAX_ATTEMPTS):
        assert actions.begin_reading(poison.pk, actor=None) is not None
        EssayFile.objects.filter(pk=poison.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert work() == 4
    assert order == others
    poison.refresh_from_db()
    assert (poison.status, poison.problem) == ("failed", "parse_timeout")


def test_two_workers_take_two_files(teacher: User, order: list[EssayFile], monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = add(teacher, 2)
    real = actions.begin_reading

    def lose_the_race(file_pk: int, *, actor: None = None) -> EssayFile | None:
        monkeypatch.setattr(actions, "begin_reading", real)
        assert real(file_pk, actor=None) is not None, "the other worker"
        return None

    monkeypatch.setattr(actions, "begin_reading", lose_the_race)
    assert tasks.ingest_next() == "read"
    assert order == [second]
    first.refresh_from_db()
    assert first.status == "reading"
    assert tasks.ingest_next() is None
