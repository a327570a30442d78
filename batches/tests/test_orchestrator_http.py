"""The client of a remote orchestrator, over real HTTP against one that answers in every way."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client import REGISTRY
from structlog.testing import capture_logs

from batches.orchestrator import HandedEssay, HandOverRefused, Work
from batches.orchestrator import http as orchestrator_http
from batches.orchestrator.http import HttpOrchestrator
from batches.tests.standing_in import KEY, StandIn, standing_in
from huleedu.common.errors import ActionError

BATCH = uuid.uuid4()
WORK = Work(BATCH, uuid.uuid4(), "ENG6", 2, (HandedEssay(uuid.uuid4(), uuid.uuid4()), HandedEssay(uuid.uuid4(), None)))
OPEN_FOR = 0.2
"""Seconds, where a test waits for the breaker to let one try."""
LONG = 600.0
DEAD = ("timeout", "slow"), ("timeout", "drip"), ("error", 500), ("error", 502), ("error", 503), ("garbage", "garbage")
ODD = ("garbage", "other_batch"), ("garbage", "endless"), ("garbage", "redirect"), ("error", 418), ("error", 429)
KEYS = ("key_refused", 401), ("key_refused", 403)


@pytest.fixture
def remote() -> Iterator[StandIn]:
    with standing_in() as stand_in:
        yield stand_in


def client_of(url: str, *, timeout: float = 10, seconds: float = LONG) -> HttpOrchestrator:
    return HttpOrchestrator(url=url, key=KEY, timeout=timeout, failures=3, seconds=seconds)


@pytest.fixture
def client(remote: StandIn) -> HttpOrchestrator:
    return client_of(remote.url)


def code_of(call: Callable[[], Any]) -> ActionError:
    with pytest.raises(ActionError) as caught:
        call()
    return caught.value


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("huleedu_orchestrator_calls_total", {"outcome": outcome}) or 0.0


@pytest.mark.parametrize(("answer", "locked"), [("open", False), (404, False), ("locked", True), ("phases_run", True)])
def test_an_answer_says_whether_it_is_locked(
    remote: StandIn, client: HttpOrchestrator, answer: int | str, locked: bool
) -> None:
    remote.answer = answer
    assert client.is_locked(BATCH) is locked
    (call,) = remote.calls
    assert (call.method, call.path) == ("GET", f"/internal/v1/batches/{BATCH}/pipeline-state")
    assert call.headers["x-internal-api-key"] == KEY
    assert uuid.UUID(call.headers["x-request-id"])


def test_a_conflict_is_a_lock(remote: StandIn, client: HttpOrchestrator) -> None:
    remote.answer = 409
    assert code_of(lambda: client.is_locked(BATCH)).code == "batch_locked"


@pytest.mark.parametrize(("outcome", "answer"), [*DEAD, *ODD, *KEYS])
def test_no_answer_is_unavailable_within_its_time(remote: StandIn, outcome: str, answer: int | str) -> None:
    client = client_of(remote.url, timeout=0.3 if outcome == "timeout" else 10)
    remote.answer = answer
    before, began = counted(outcome), time.monotonic()
    error = code_of(lambda: client.is_locked(BATCH))
    assert (error.code, error.status) == ("orchestrator_unavailable", 503)
    assert error.retry_after
    assert counted(outcome) == before + 1
    assert time.monotonic() - began < 5


def test_nobody_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refuses every connection
        client = client_of(f"http://127.0.0.1:{taken.getsockname()[1]}")
        before = counted("unreachable")
        assert code_of(lambda: client.is_locked(BATCH)).code == "orchestrator_unavailable"
        assert code_of(lambda: client.hand_over(WORK)).code == "orchestrator_unavailable"
        assert counted("unreachable") == before + 2


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_an_error_for_the_operator(remote: StandIn, client: HttpOrchestrator, status: int) -> None:
    remote.answer = status
    with capture_logs() as logs:
        code_of(lambda: client.is_locked(BATCH))
    assert {"event": "orchestrator_refuses_our_key", "status": status, "log_level": "error"} in logs
    assert str(BATCH) not in str(logs)
    assert KEY not in str(logs)


def test_handing_over_sends_what_was_agreed(remote: StandIn, client: HttpOrchestrator) -> None:
    client.hand_over(WORK)
    (call,) = remote.calls
    assert (call.method, call.path) == ("PUT", f"/internal/v1/batches/{BATCH}")
    first, second = WORK.essays
    assert call.body == {
        "user_id": str(WORK.user_id),
        "course_code": "ENG6",
        "generation": 2,
        "essays": [
            {"id": str(first.essay_id), "student_id": str(first.student_id)},
            {"id": str(second.essay_id), "student_id": None},
        ],
    }


@pytest.mark.parametrize("status", [400, 404, 409, 422])
def test_a_hand_over_may_be_refused_for_good(remote: StandIn, client: HttpOrchestrator, status: int) -> None:
    remote.answer = status
    with pytest.raises(HandOverRefused) as caught:
        client.hand_over(WORK)
    assert caught.value.status == status


@pytest.mark.parametrize("answer", [500, 401, "slow", 429])
def test_a_hand_over_that_fails_is_for_another_time(remote: StandIn, answer: int | str) -> None:
    client = client_of(remote.url, timeout=0.3 if answer == "slow" else 10)
    remote.answer = answer
    assert code_of(lambda: client.hand_over(WORK)).code == "orchestrator_unavailable"


# --- the breaker -----------------------------------------------------------------------------------------------------


def fail(client: HttpOrchestrator, times: int) -> None:
    for _time in range(times):
        assert code_of(lambda: client.is_locked(BATCH)).code == "orchestrator_unavailable"


def wait_until_it_may_try(client: HttpOrchestrator) -> None:
    assert threading.Event().wait(OPEN_FOR + 0.05) is False
    assert client.answers()


@pytest.mark.parametrize("answer", [500, "garbage", "slow", 401])
def test_it_opens_after_three_failures_and_then_asks_nobody(remote: StandIn, answer: int | str) -> None:
    client = client_of(remote.url, timeout=0.1 if answer == "slow" else 10)
    remote.answer = answer
    fail(client, 2)
    assert (client.breaker.current_state, client.answers()) == ("closed", True)
    fail(client, 1)
    assert (client.breaker.current_state, client.answers(), len(remote.calls)) == ("open", False, 3)
    error = code_of(lambda: client.is_locked(BATCH))
    assert error.code == "orchestrator_unavailable"
    assert LONG - 60 < (error.retry_after or 0) <= LONG
    assert code_of(lambda: client.hand_over(WORK)).code == "orchestrator_unavailable"
    assert len(remote.calls) == 3


@pytest.mark.parametrize("answer", [404, 409])
def test_an_answer_that_says_no_never_opens_it(remote: StandIn, client: HttpOrchestrator, answer: int) -> None:
    remote.answer = 500
    fail(client, 2)
    remote.answer = answer
    for _time in range(5):
        outcome = client.is_locked(BATCH) if answer == 404 else code_of(lambda: client.is_locked(BATCH)).code
        assert outcome in (False, "batch_locked")
    remote.answer = 500
    fail(client, 2)
    assert client.breaker.current_state == "closed"


def test_it_opens_half_opens_and_closes(remote: StandIn) -> None:
    client = client_of(remote.url, seconds=OPEN_FOR)
    remote.answer = 500
    with capture_logs() as logs:
        fail(client, 3)
        wait_until_it_may_try(client)
        fail(client, 1)
        assert (client.breaker.current_state, len(remote.calls)) == ("open", 4)
        wait_until_it_may_try(client)
        remote.answer = "open"
        assert client.is_locked(BATCH) is False
    assert client.breaker.current_state == "closed"
    states = [line["state"] for line in logs if line["event"] == "orchestrator_breaker"]
    assert states == ["open", "half-open", "open", "half-open", "closed"]
    assert REGISTRY.get_sample_value("huleedu_orchestrator_breaker_open") == 0


def test_a_trial_that_is_answered_with_no_closes_it(remote: StandIn) -> None:
    client = client_of(remote.url, seconds=OPEN_FOR)
    remote.answer = 500
    fail(client, 3)
    wait_until_it_may_try(client)
    remote.answer = 404
    assert client.is_locked(BATCH) is False
    assert client.breaker.current_state == "closed"


def test_one_call_alone_tries_while_it_is_half_open(remote: StandIn) -> None:
    client = client_of(remote.url, timeout=60, seconds=OPEN_FOR)
    remote.answer = 500
    fail(client, 3)
    wait_until_it_may_try(client)
    remote.answer = "slow"
    outcome: list[bool] = []
    trial = threading.Thread(target=lambda: outcome.append(client.is_locked(BATCH)))
    for _call in range(3):
        assert remote.arrived.acquire(timeout=30)
    trial.start()
    assert remote.arrived.acquire(timeout=30)
    assert client.breaker.current_state == "half-open"
    began = time.monotonic()
    fail(client, 5)
    assert time.monotonic() - began < 10  # the trial goes on for as long as the stand-in is not released
    assert len(remote.calls) == 4
    remote.released.set()
    trial.join(timeout=30)
    assert (outcome, client.breaker.current_state) == ([False], "closed")


def test_calls_go_side_by_side_while_it_is_closed(remote: StandIn) -> None:
    """One that is slow keeps no other waiting."""
    client = client_of(remote.url, timeout=60)
    remote.answer = "slow"
    outcomes: list[bool] = []
    threads = [threading.Thread(target=lambda: outcomes.append(client.is_locked(BATCH))) for _number in range(4)]
    for thread in threads:
        thread.start()
    for _number in range(4):
        assert remote.arrived.acquire(timeout=30)
    remote.released.set()
    for thread in threads:
        thread.join(timeout=30)
    assert outcomes == [False] * 4


@pytest.mark.parametrize(("answer", "found"), [(404, True), ("open", True), (409, True), (500, False), (403, False)])
def test_a_probe_asks_for_a_batch_that_nobody_has(
    remote: StandIn, client: HttpOrchestrator, answer: int | str, found: bool
) -> None:
    remote.answer = answer
    assert client.probe() is found
    assert remote.paths("GET") == [f"/internal/v1/batches/{orchestrator_http.NOBODY}/pipeline-state"]
    assert client.breaker.fail_counter == 0
