"""A remote orchestrator that fails hurts no teacher: over real HTTP, through the product's own doors."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from rest_framework.test import APIClient

from batches import actions, orchestrator
from batches.models import Batch, EssayStudentAssociation, HandOver
from batches.orchestrator import probe_orchestrator
from batches.orchestrator import tasks as orchestrator_tasks
from batches.orchestrator.http import HttpOrchestrator
from batches.state import pipeline_state
from batches.tasks import run_phases
from batches.tests.calling import assert_problem, send, text_file, url
from batches.tests.making import make_batch, make_essays, make_students, upload
from batches.tests.standing_in import KEY, StandIn, standing_in
from classes.models import SchoolClass
from files.models import EssayFile
from huleedu.accounts.models import User

SAFE = "The assessment service does not answer. Your files are safe."
UNAVAILABLE = [401, 403, 500, "garbage", "slow", "refused"]


@pytest.fixture
def remote(settings: Any) -> Iterator[StandIn]:
    """A stand-in that the product is set to use, asked before files change too."""
    orchestrator._remote.cache_clear()
    with standing_in() as stand_in:
        settings.BATCH_ORCHESTRATOR_URL = stand_in.url
        settings.BATCH_ORCHESTRATOR_API_KEY = KEY
        settings.ENABLE_BATCH_STATE_VALIDATION = True
        settings.BOS_REQUEST_TIMEOUT = 10.0
        yield stand_in
    orchestrator._remote.cache_clear()


@pytest.fixture
def batch(teacher: User) -> Batch:
    batch = make_batch(teacher)
    make_essays(batch, 2)
    return batch


@pytest.fixture
def call(api: Callable[..., APIClient], teacher: User) -> APIClient:
    return api(teacher)


def put(remote: StandIn, answer: int | str, settings: Any) -> None:
    """Have the remote answer so; `refused`: nobody listens where it is looked for."""
    remote.answer = answer
    if answer == "slow":
        settings.BOS_REQUEST_TIMEOUT = 0.2
    if answer == "refused":
        settings.BATCH_ORCHESTRATOR_URL = "http://127.0.0.1:1"


def dead(remote: StandIn) -> None:
    """Fail so often that this process's breaker opens."""
    remote.answer = 500
    made = orchestrator.orchestrator()
    assert isinstance(made, HttpOrchestrator)
    for _time in range(3):
        with pytest.raises(Exception, match="orchestrator_unavailable"):
            made.is_locked(uuid.uuid4())
    assert made.breaker.current_state == "open"
    remote.calls.clear()


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [("open", 202, ""), (404, 202, ""), ("locked", 409, "batch_locked"), (409, 409, "batch_locked"),
     *((answer, 503, "orchestrator_unavailable") for answer in UNAVAILABLE)],
)  # fmt: skip
def test_files_change_as_the_remote_answers(
    remote: StandIn, settings: Any, call: APIClient, batch: Batch, answer: int | str, status: int, code: str
) -> None:
    put(remote, answer, settings)
    kept = EssayFile.objects.count()
    result = send(call, batch, [text_file("new.txt")])
    if code:
        assert_problem(result, status, code)
        assert EssayFile.objects.count() == kept
    else:
        assert (result.status_code, EssayFile.objects.count()) == (202, kept + 1)
    assert ("Retry-After" in result) == (status == 503)
    blobs = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] if settings.MEDIA_ROOT.exists() else []
    assert len(blobs) == (0 if code else 1)


def test_every_change_of_files_asks_and_none_is_made_without_an_answer(
    remote: StandIn, call: APIClient, batch: Batch
) -> None:
    remote.answer = 500
    file = batch.batch_files.first().file  # type: ignore[union-attr]
    EssayFile.objects.filter(pk=file.pk).update(status="failed", problem="corrupt")
    path = url(batch, "files", str(file.public_id))
    for answer in (
        call.delete(path),
        call.post(f"{path}retry/"),
        call.post(f"{path}text/", {"text": "Words."}),
    ):
        assert_problem(answer, 503, "orchestrator_unavailable")
    assert len(remote.calls) == 3
    file.refresh_from_db()
    assert (file.status, batch.batch_files.filter(removed_at=None).count()) == ("failed", 2)


def test_without_the_flag_nobody_is_asked_before_files_change(
    remote: StandIn, settings: Any, call: APIClient, batch: Batch
) -> None:
    settings.ENABLE_BATCH_STATE_VALIDATION = False
    remote.answer = 500
    assert send(call, batch, [text_file("new.txt")]).status_code == 202
    assert remote.calls == []


def test_a_batch_we_have_locked_ourselves_needs_no_question(remote: StandIn, call: APIClient, batch: Batch) -> None:
    actions.lock_batch(batch, actor=batch.owner)
    assert_problem(send(call, batch, [text_file("new.txt")]), 409, "batch_locked")
    assert remote.calls == []


@pytest.mark.django_db(transaction=True)
def test_no_row_is_locked_while_the_remote_thinks(remote: StandIn, call: APIClient, batch: Batch) -> None:
    """Another connection takes the batch's row at once while the question is being answered."""
    taken: list[int] = []

    def take() -> None:
        try:
            with transaction.atomic():
                taken.append(Batch.objects.select_for_update(nowait=True).get(pk=batch.pk).pk)
        finally:
            connection.close()

    remote.meanwhile = take
    assert send(call, batch, [text_file("new.txt")]).status_code == 202
    EssayFile.objects.filter(status="stored").update(status="read")
    batch.essays.update(matched_at=batch.created_at)
    assert call.post(url(batch, "start")).status_code == 202
    orchestrator_tasks.hand_over(batch.pk)
    assert [c.method for c in remote.calls] == ["GET", "GET", "PUT"]
    assert taken == [batch.pk] * 3


# --- start and hand-over ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", UNAVAILABLE)
def test_start_is_refused_and_the_batch_stays_open(
    remote: StandIn, settings: Any, call: APIClient, batch: Batch, answer: int | str
) -> None:
    put(remote, answer, settings)
    result = call.post(url(batch, "start"))
    body = assert_problem(result, 503, "orchestrator_unavailable")
    assert body["detail"].startswith(SAFE)
    assert int(result["Retry-After"]) > 0
    batch.refresh_from_db()
    assert (batch.status, batch.locked_at, batch.phase_runs.count(), HandOver.objects.count()) == (
        "collecting", None, 0, 0,
    )  # fmt: skip


def test_a_start_the_remote_knows_a_lock_against_is_a_conflict(remote: StandIn, call: APIClient, batch: Batch) -> None:
    remote.answer = 409
    assert_problem(call.post(url(batch, "start")), 409, "batch_locked")


@pytest.mark.parametrize("answer", ["open", 404, "locked"])
def test_a_started_batch_is_handed_over_once_its_files_are_closed(
    remote: StandIn, settings: Any, owned_class: SchoolClass, call: APIClient, answer: int | str
) -> None:
    """What the remote knows of an earlier run hinders no new one. A protected student is not told."""
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    emil, hidden, guessed = make_students(owned_class, ["Emil Berg", "Maja Hidden", "Alva Lind"])
    hidden.protected_identity = True
    hidden.email = None
    hidden.save()
    batch = make_batch(owned_class.owner, owned_class)
    essays = make_essays(batch, 3, students=[emil, hidden, guessed], certainty="certain")
    EssayStudentAssociation.objects.filter(student__in=[emil, hidden]).update(status="confirmed")
    remote.answer = answer
    assert call.post(url(batch, "start")).status_code == 202
    remote.answer = "open"
    assert orchestrator_tasks.hand_over(batch.pk) == "taken"
    assert orchestrator_tasks.hand_over(batch.pk) is None
    (handed,) = [c for c in remote.calls if c.method == "PUT"]
    assert handed.path == f"/internal/v1/batches/{batch.public_id}"
    assert handed.headers["x-internal-api-key"] == KEY
    assert handed.body == {
        "user_id": str(batch.owner.public_id),
        "course_code": "ENG6",
        "generation": 1,
        "essays": [
            {"id": str(essays[0].public_id), "student_id": str(emil.public_id)},
            {"id": str(essays[1].public_id), "student_id": None},
            {"id": str(essays[2].public_id), "student_id": None},
        ],
    }
    batch.refresh_from_db()
    assert pipeline_state(batch)["pipeline_state"]["spellcheck"]["status"] == "dispatch_initiated"


def test_a_remote_that_dies_after_the_question_gets_the_batch_when_it_is_back(
    remote: StandIn, settings: Any, batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    settings.BOS_BREAKER_SECONDS = 0.0
    sent: list[int] = []
    monkeypatch.setattr(orchestrator_tasks.hand_over, "delay", sent.append)
    actions.start_batch(batch, actor=batch.owner)
    for answer in (500, "slow", 401):
        put(remote, answer, settings)
        assert orchestrator_tasks.hand_over(batch.pk) is None
        assert orchestrator_tasks.watch_orchestrator() == {"found": 0, "waiting": 1}
    assert sent == []
    batch.refresh_from_db()
    assert (batch.status, batch.is_locked) == ("processing", True)
    settings.BOS_REQUEST_TIMEOUT = 10.0
    remote.answer = "open"
    assert orchestrator_tasks.watch_orchestrator() == {"found": 1, "waiting": 1}
    assert sent == [batch.pk]
    assert orchestrator_tasks.hand_over(batch.pk) == "taken"
    assert orchestrator_tasks.watch_orchestrator() == {"found": 1, "waiting": 0}


def test_a_batch_the_remote_will_not_take_comes_to_an_end_the_teacher_can_leave(
    remote: StandIn, settings: Any, batch: Batch
) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck", "cj_assessment"]
    actions.start_batch(batch, actor=batch.owner)
    remote.answer = 409
    assert orchestrator_tasks.hand_over(batch.pk) == "refused"
    run = batch.phase_runs.get(phase="spellcheck")
    assert (run.status, run.error_info) == ("failed", "orchestrator_refused")
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    assert batch.status == "completed_with_failures"
    remote.answer = "open"
    actions.retry_phases(batch, actor=batch.owner)
    assert orchestrator_tasks.hand_over(batch.pk) == "taken"


@pytest.mark.parametrize("reopened", [False, True])
def test_a_batch_that_was_cancelled_meanwhile_is_not_handed_over(remote: StandIn, batch: Batch, reopened: bool) -> None:
    actions.start_batch(batch, actor=batch.owner)
    actions.cancel_batch(batch, actor=batch.owner)
    if reopened:
        actions.reopen_batch(batch, actor=batch.owner)
    assert orchestrator_tasks.hand_over(batch.pk) == "superseded"
    assert remote.paths("PUT") == []


def test_without_a_remote_nothing_waits_for_one(batch: Batch) -> None:
    actions.start_batch(batch, actor=batch.owner)
    assert HandOver.objects.count() == 0
    assert orchestrator_tasks.watch_orchestrator() is None


# --- pages and health ------------------------------------------------------------------------------------------------


def page(client: Client, batch: Batch) -> str:
    answer = client.get(f"/batches/{batch.public_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_page_calls_nobody(remote: StandIn, client_for: Callable[..., Client], batch: Batch) -> None:
    client = client_for(batch.owner)
    assert SAFE not in page(client, batch)
    dead(remote)
    assert SAFE in page(client, batch)
    for path in ("review/", "texts/", "missing/", "history/"):
        assert client.get(f"/batches/{batch.public_id}/{path}").status_code == 200
    assert client.get("/readyz").json()["checks"]["orchestrator"] == "degraded"
    assert remote.calls == []


def test_the_page_switches_off_what_would_be_refused_and_nothing_else(
    remote: StandIn, settings: Any, client_for: Callable[..., Client], batch: Batch
) -> None:
    EssayStudentAssociation.objects.filter(essay__batch=batch).update(status="no_student")
    client = client_for(batch.owner)
    before = page(client, batch)
    assert 'type="file"' in before
    assert f"/batches/{batch.public_id}/start/" in before
    dead(remote)
    off = page(client, batch)
    assert 'type="file"' not in off
    assert "data-locked" in off
    assert f"/batches/{batch.public_id}/start/" not in off
    assert off.count('aria-describedby="orchestrator-away"') >= 3
    assert off.count('id="orchestrator-away"') == 1
    assert f"/batches/{batch.public_id}/lock/" in off
    assert f"/batches/{batch.public_id}/cancel/" in off
    settings.ENABLE_BATCH_STATE_VALIDATION = False
    part = page(client, batch)
    assert 'type="file"' in part
    assert SAFE in part
    assert f"/batches/{batch.public_id}/start/" not in part


def test_a_plain_form_is_told_and_the_page_comes_back_by_itself(
    remote: StandIn, settings: Any, client_for: Callable[..., Client], batch: Batch
) -> None:
    settings.BOS_BREAKER_SECONDS = 300.0
    client = client_for(batch.owner)
    dead(remote)
    sent = client.post(f"/batches/{batch.public_id}/upload/", {"files": [text_file("a.txt")]})
    assert sent.status_code == 503
    assert 200 < int(sent["Retry-After"]) <= 300
    assert SAFE in sent.content.decode()
    started = client.post(f"/batches/{batch.public_id}/start/", {"anyway": "1"})
    assert started.status_code == 503
    assert 200 < int(started["Retry-After"]) <= 300
    assert SAFE in started.content.decode()
    ask: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}
    path = f"/batches/{batch.public_id}/?away"
    assert "We ask it again at " in client.get(path, **ask).content.decode()
    remote.answer = "open"
    settings.BOS_BREAKER_SECONDS = 0.0
    orchestrator._remote.cache_clear()
    assert client.get(path, **ask)["HX-Refresh"] == "true"
    assert 'type="file"' in page(client, batch)


def test_what_a_probe_found_every_process_knows(
    remote: StandIn, client_for: Callable[..., Client], batch: Batch
) -> None:
    client = client_for(batch.owner)
    remote.answer = 503
    assert probe_orchestrator() is False
    assert SAFE in page(client, batch)
    assert client.get("/readyz").json()["checks"]["orchestrator"] == "degraded"
    remote.answer = 404
    assert probe_orchestrator() is True
    assert SAFE not in page(client, batch)
    assert client.get("/readyz").json()["checks"]["orchestrator"] == "ok"


def test_a_cache_that_is_away_hides_no_page(
    remote: StandIn, client_for: Callable[..., Client], batch: Batch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_args: Any, **_more: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(orchestrator.cache, "get", away)
    assert SAFE not in page(client_for(batch.owner), batch)


def test_a_batch_in_assessment_hears_only_that_it_is_safe(
    remote: StandIn, client_for: Callable[..., Client], batch: Batch
) -> None:
    actions.start_batch(batch, actor=batch.owner)
    dead(remote)
    shown = page(client_for(batch.owner), batch)
    assert SAFE in shown
    assert "cannot be started" not in shown
    assert shown.count('aria-describedby="lock-reason"') >= 2


def test_a_finished_batch_is_not_bothered(remote: StandIn, client_for: Callable[..., Client], batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(status="completed", locked_at=batch.created_at, lock_reason="assessment")
    dead(remote)
    assert SAFE not in page(client_for(batch.owner), batch)


def test_in_process_nothing_is_said_and_nothing_is_asked(batch: Batch, client_for: Callable[..., Client]) -> None:
    made = orchestrator.orchestrator()
    assert (made.is_locked(batch.public_id), made.answers(), made.probe()) == (False, True, True)
    assert orchestrator.is_answering()
    assert cache.get("orchestrator-away") is None
    assert SAFE not in page(client_for(batch.owner), batch)
    actions.add_files(batch, uploads=[upload("a.txt")], actor=batch.owner)
