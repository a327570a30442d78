"""Reading as a worker does it: leases, late writers, tries, and work that lost its message."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from prometheus_client import REGISTRY
from redis import Redis

from batches import actions, tasks
from batches.models import Batch, Essay
from batches.state import count_batch
from batches.tests.making import make_batch, make_students, upload
from classes.models import SchoolClass
from files import samples
from files.evidence import Document
from files.models import EssayFile
from files.problems import MESSAGES, message_for
from files.sandbox import ReaderUnavailableError, ReadResult
from files.storage import delete_blob
from files.tests.documents import ole
from huleedu.accounts.models import User
from huleedu.outbox.models import OutboxEvent

STORY = ["Det var en gång en fågel som flög över ån, och ingen visste vart den var på väg."] * 3


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    make_students(owned_class, ["Alva Berg", "Bo Dahl"])
    return make_batch(teacher, owned_class)


def add(batch: Batch, *names: str, data: bytes | None = None) -> list[EssayFile]:
    content = {} if data is None else {"data": data}
    return actions.add_files(batch, uploads=[upload(name, **content) for name in names], actor=batch.owner)


def result(text: str, status: str = "read") -> ReadResult:
    return ReadResult(status, None, None, "txt", Document("txt", text), seconds=0.1, max_rss_mb=1)


def expire(file: EssayFile) -> None:
    EssayFile.objects.filter(pk=file.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def read_events(file: EssayFile) -> list[str]:
    events = OutboxEvent.objects.filter(event_type="essay.read", payload__file_id=str(file.public_id)).order_by("pk")
    return [event.payload["status"] for event in events]


def test_a_file_is_read_and_matched(batch: Batch) -> None:
    data = samples.make("docx", title="Fågeln", paragraphs=STORY, header="Alva Berg")
    (file,) = actions.add_files(batch, uploads=[_exactly("essay.docx", data)], actor=batch.owner)
    assert tasks.ingest_essay(file.pk) == "read"
    file.refresh_from_db()
    assert (file.status, file.detected_type, file.attempts) == ("read", "docx", 1)
    assert file.text.startswith("Fågeln")
    assert file.headers == ["Alva Berg"]
    assert (file.lease_token, file.lease_until) == (None, None)
    assert {item.place for item in file.document_evidence()} >= {"file_name", "page_header"}
    assert read_events(file) == ["reading", "read"]
    assert tasks.match_essays(batch.pk) == 1
    association = Essay.objects.get(file=file).association
    assert (association.certainty, association.student and association.student.given_name) == ("certain", "Alva")
    # A second message for the same file does nothing.
    assert tasks.ingest_essay(file.pk) is None
    assert read_events(file) == ["reading", "read"]


def _exactly(name: str, data: bytes) -> Any:
    from django.core.files.base import ContentFile

    from batches.actions.files import Upload
    from files.storage import save_blob

    blob = save_blob(ContentFile(data, name=name))
    return Upload(blob=blob, name=name, path="", size=blob.size)


@pytest.mark.parametrize(
    ("name", "data", "status", "problem", "essays"),
    [
        ("a.docx", b"PK\x03\x04 not really", "rejected", "corrupt", 0),
        ("a.txt", b"", "rejected", "empty_file", 0),
        ("a.pdf", b"<html>hej</html>", "rejected", "type_mismatch", 0),
        ("Alva Berg.pdf", samples.make("pdf", title="", paragraphs=[""]), "no_text", "no_text", 1),
    ],
)
def test_a_bad_file_ends_with_its_reason_and_the_others_go_on(
    batch: Batch, name: str, data: bytes, status: str, problem: str, essays: int
) -> None:
    bad, good = actions.add_files(batch, uploads=[_exactly(name, data), upload("good.txt")], actor=batch.owner)
    assert tasks.ingest_essay(bad.pk) == status
    assert tasks.ingest_essay(good.pk) == "read"
    bad.refresh_from_db()
    assert (bad.status, bad.problem) == (status, problem)
    assert Essay.objects.live().filter(file=bad).count() == essays
    # What merely has no text is still found by its name.
    assert [item.text for item in bad.document_evidence()] == (["Alva Berg"] if essays else [])
    tasks.match_essays(batch.pk)
    counts = count_batch(batch)
    assert (counts.files, counts.problems, counts.reading) == (2, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_exactly_one_takes_the_file(batch: Batch) -> None:
    for _round in range(10):
        (file,) = add(batch, f"{_round}.txt")
        start = threading.Barrier(2)
        claimed: list[EssayFile | None] = []

        def claim(pk: int = file.pk, start: threading.Barrier = start, claimed: Any = claimed) -> None:
            start.wait()
            try:
                claimed.append(actions.begin_reading(pk, actor=None))
            finally:
                connection.close()

        threads = [threading.Thread(target=claim) for _worker in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len([taken for taken in claimed if taken is not None]) == 1
        file.refresh_from_db()
        assert (file.status, file.attempts) == ("reading", 1)
        assert read_events(file) == ["reading"]


def test_a_late_writer_is_fenced_off(batch: Batch) -> None:
    (file,) = add(batch, "a.txt")
    slow = actions.begin_reading(file.pk, actor=None)
    assert slow is not None
    assert slow.lease_token is not None
    assert actions.begin_reading(file.pk, actor=None) is None
    expire(file)
    quick = actions.begin_reading(file.pk, actor=None)
    assert quick is not None
    assert quick.lease_token is not None
    late: dict[str, Any] = {"lease_token": slow.lease_token, "result": result("Sent"), "actor": None}
    assert actions.finish_reading(file.pk, **late) is None
    assert actions.finish_reading(file.pk, lease_token=quick.lease_token, result=result("I tid"), actor=None)
    assert actions.finish_reading(file.pk, **late) is None
    file.refresh_from_db()
    assert (file.text, file.status, file.attempts) == ("I tid", "read", 2)
    assert read_events(file) == ["reading", "reading", "read"]


def test_three_tries_and_then_it_has_failed_with_a_reason(batch: Batch) -> None:
    (file,) = add(batch, "Alva Berg.txt")
    for _try in range(settings.READ_MAX_ATTEMPTS):
        assert actions.begin_reading(file.pk, actor=None) is not None
        expire(file)
    assert tasks.ingest_essay(file.pk) == "failed"
    file.refresh_from_db()
    assert (file.status, file.problem, file.attempts) == ("failed", "parse_timeout", 3)
    assert [item.text for item in file.document_evidence()] == ["Alva Berg"]
    assert tasks.ingest_essay(file.pk) is None
    # A teacher may ask for three more.
    actions.retry_batch_file(batch, file=file, actor=batch.owner)
    assert tasks.ingest_essay(file.pk) == "read"


def test_no_reader_to_be_had_costs_a_try_and_not_the_file(batch: Batch, monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = add(batch, "a.txt")

    def refuse(_file: EssayFile) -> ReadResult:
        raise ReaderUnavailableError

    monkeypatch.setattr(tasks, "read_stored_file", refuse)
    with pytest.raises(ReaderUnavailableError):
        tasks.ingest_essay(file.pk)
    monkeypatch.undo()
    expire(file)
    assert tasks.ingest_essay(file.pk) == "read"


def test_a_blob_that_is_gone_is_a_damaged_file(batch: Batch) -> None:
    (file,) = add(batch, "a.txt")
    delete_blob(file.storage_key)
    assert tasks.ingest_essay(file.pk) == "failed"
    file.refresh_from_db()
    assert file.problem == "corrupt"


def test_an_old_word_file_and_a_picture_stay_for_a_person_to_match(batch: Batch) -> None:
    picture = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(40)
    uploads = [_exactly("Alva Berg.doc", ole("WordDocument")), _exactly("Bo Dahl.png", picture)]
    messages = set()
    for file in actions.add_files(batch, uploads=uploads, actor=batch.owner):
        assert tasks.ingest_essay(file.pk) == "failed"
        file.refresh_from_db()
        assert (file.problem, file.detected_type) in {("unsupported_type", "doc"), ("unsupported_type", "picture")}
        assert Essay.objects.live().filter(file=file).exists()
        assert [item.text for item in file.document_evidence()] == [file.name.partition(".")[0]]
        messages.add(message_for(file))
    assert len(messages - {str(MESSAGES["unsupported_type"])}) == 2


def test_a_file_that_was_removed_meanwhile_is_not_read(batch: Batch) -> None:
    (file,) = add(batch, "a.txt")
    actions.remove_file(batch, file=file, actor=batch.owner)
    assert tasks.ingest_essay(file.pk) is None
    file.refresh_from_db()
    assert (file.status, file.attempts) == ("stored", 0)


def test_a_file_removed_while_it_is_read_ends_quietly(batch: Batch) -> None:
    (file,) = add(batch, "a.txt")
    claimed = actions.begin_reading(file.pk, actor=None)
    assert claimed is not None
    assert claimed.lease_token is not None
    actions.remove_file(batch, file=file, actor=batch.owner)
    actions.finish_reading(file.pk, lease_token=claimed.lease_token, result=result("Sent"), actor=None)
    assert not Essay.objects.live().filter(batch=batch).exists()


# --- the sweeper -----------------------------------------------------------------------------------------------------


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What the sweeper queues: the task, then its ids."""
    queued: list[tuple[str, ...]] = []

    def note(name: str) -> Callable[..., None]:
        return lambda *keys: queued.append((name, *keys))

    for name in ("ingest_next", "match_essays", "run_phases"):
        monkeypatch.setattr(getattr(tasks, name), "delay", note(name))
    return queued


def make_old(*files: EssayFile) -> None:
    EssayFile.objects.filter(pk__in=[file.pk for file in files]).update(
        updated_at=timezone.now() - timedelta(minutes=5)
    )


def test_what_waits_without_a_message_is_queued_again(batch: Batch, queue: list[tuple[str, ...]]) -> None:
    waiting, _fresh, held, lost, done, removed = add(batch, *(f"{letter}.txt" for letter in "abcdef"))
    for file in (held, lost):
        assert actions.begin_reading(file.pk, actor=None) is not None
    expire(lost)
    tasks.ingest_essay(done.pk)
    actions.remove_file(batch, file=removed, actor=batch.owner)
    make_old(waiting, held, lost, done, removed)
    queue.clear()
    assert tasks.sweep_stuck()["files"] == 2
    assert queue == [("ingest_next",), ("match_essays", batch.pk)]


def test_valkey_is_wiped_while_files_wait(batch: Batch, django_capture_on_commit_callbacks: Any) -> None:
    broker = Redis.from_url(settings.REDIS_URL)
    broker.delete("default")
    with django_capture_on_commit_callbacks(execute=True):
        files = add(batch, "a.txt", "b.txt", "c.txt")
    assert broker.llen("default") == 1, "one message, however many files"
    broker.flushdb()
    assert broker.llen("default") == 0
    make_old(*files)
    assert tasks.sweep_stuck()["files"] == 3
    assert broker.llen("default") == 1
    assert tasks.ingest_next() == "read"
    assert broker.llen("default") == 2, "who begins with one of several files calls the next worker"
    broker.delete("default")


def test_what_was_read_is_counted(batch: Batch) -> None:
    def counted() -> float:
        return REGISTRY.get_sample_value("huleedu_files_read_total", {"status": "read"}) or 0.0

    before = counted()
    (file,) = add(batch, "a.txt")
    assert tasks.ingest_essay(file.pk) == "read"
    assert counted() == before + 1
