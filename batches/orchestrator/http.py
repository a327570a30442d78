"""A remote orchestrator over HTTP: one call at a time, limited in time and size, behind a circuit breaker.

What the remote says stays apart: 404 (it does not know the batch), 409 (locked there), 401 and 403 (it does not know
our key, which an operator must mend), anything else that is no answer (5xx, too slow, refused, not what was agreed).
Only the last two count against it; after `failures` of them in a row nobody asks it for `seconds`, then one call tries.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, TypeVar
from uuid import UUID

import httpx
import structlog
from django.utils.translation import gettext_lazy as _
from pybreaker import (
    STATE_CLOSED,
    STATE_HALF_OPEN,
    STATE_OPEN,
    CircuitBreaker,
    CircuitBreakerError,
    CircuitBreakerListener,
    CircuitBreakerState,
)
from pydantic import BaseModel, ValidationError

from batches.orchestrator import SILENCE, HandOverRefused, Work
from huleedu.common.errors import ActionError
from huleedu.observability.metrics import ORCHESTRATOR_CALLS, ORCHESTRATOR_OPEN
from huleedu.observability.request_id import correlation_id

logger = structlog.get_logger(__name__)
T = TypeVar("T")

CONNECT_SECONDS = 1.0
MAX_ANSWER_BYTES = 1_000_000
RETRY_SECONDS = 10
"""What a caller is told to wait after a failure that has not opened the breaker."""
NOBODY = UUID(int=0)
"""The batch that a probe asks for: nobody has it, and an orchestrator in order says so."""
LOCKING = frozenset({"dispatch_initiated", "in_progress", "completed_successfully", "completed_with_partial_success"})
"""A phase in one of these closes the files, where the remote leaves out `locked`."""


class _Answered(Exception):  # noqa: N818  (an answer, not an error)
    """The remote works and says no: 404, 409 or another 4xx about this one request."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}")
        self.status = status


class _Failed(Exception):  # noqa: N818  (named by what happened)
    """No answer that can be used. `outcome` is the metric's label."""

    def __init__(self, outcome: str) -> None:
        super().__init__(outcome)
        self.outcome = outcome


class _PipelineState(BaseModel):
    """What of the answer is used. More fields may come; fewer are no answer."""

    batch_id: UUID
    pipeline_state: dict[str, Any]
    locked: bool | None = None

    def is_locked(self) -> bool:
        """As the remote says, or as its phases mean."""
        if self.locked is not None:
            return self.locked
        phases = [phase for phase in self.pipeline_state.values() if isinstance(phase, dict)]
        return any(phase.get("status") in LOCKING for phase in phases)


class _Watch(CircuitBreakerListener):
    """Writes down each change of the breaker, for the log, the metric and pages."""

    opened: float | None = None
    """When it opened, on the monotonic clock; None while it is not open."""

    def state_change(
        self, cb: CircuitBreaker, old_state: CircuitBreakerState | None, new_state: CircuitBreakerState
    ) -> None:
        """Called within the breaker's lock."""
        self.opened = time.monotonic() if new_state.name == STATE_OPEN else None
        ORCHESTRATOR_OPEN.set(0 if new_state.name == STATE_CLOSED else 1)
        level = logger.info if new_state.name == STATE_CLOSED else logger.warning
        level("orchestrator_breaker", state=new_state.name)


class HttpOrchestrator:
    """Implements `batches.orchestrator.Orchestrator`. One per process; safe to share between threads."""

    def __init__(self, *, url: str, key: str, timeout: float, failures: int, seconds: float) -> None:
        """`timeout` and `seconds` (how long the breaker stays open) are in seconds."""
        self._base = f"{url.rstrip('/')}/internal/v1/batches/"
        self._timeout = timeout
        self._seconds = seconds
        self._watch = _Watch()
        self.breaker = CircuitBreaker(
            fail_max=failures,
            reset_timeout=seconds,
            exclude=[_Answered],
            listeners=[self._watch],
            throw_new_error_on_trip=False,
        )
        # A connection for each call: they are few, and one that was kept may have died unseen.
        self._client = httpx.Client(
            headers={"X-Internal-API-Key": key, "Accept": "application/json"},
            timeout=httpx.Timeout(timeout, connect=min(CONNECT_SECONDS, timeout)),
            limits=httpx.Limits(max_keepalive_connections=0),
            follow_redirects=False,
            trust_env=False,
        )

    def is_locked(self, batch_id: UUID) -> bool:
        """See `Orchestrator.is_locked`."""
        try:
            return self._guarded(lambda: self._read_state(batch_id))
        except _Answered as answer:
            if answer.status == 404:
                return False
            raise ActionError("batch_locked", _("The assessment service holds the batch locked.")) from answer

    def hand_over(self, work: Work) -> None:
        """See `Orchestrator.hand_over`."""
        body = {
            "user_id": str(work.user_id),
            "course_code": work.course_code or None,
            "generation": work.generation,
            "essays": [
                {"id": str(essay.essay_id), "student_id": str(essay.student_id) if essay.student_id else None}
                for essay in work.essays
            ],
        }
        try:
            self._guarded(lambda: self._request("PUT", str(work.batch_id), body))
        except _Answered as answer:
            raise HandOverRefused(answer.status) from answer

    def answers(self) -> bool:
        """Not while the breaker is open and its time not over. Then somebody's next call is the trial."""
        opened = self._watch.opened
        return opened is None or time.monotonic() - opened >= self._seconds

    def probe(self) -> bool:
        """Past the breaker, which knows only the calls of this one process."""
        try:
            self._read_state(NOBODY)
        except _Answered:
            return True
        except _Failed:
            return False
        return True

    def _guarded(self, call: Callable[[], T]) -> T:
        """`call` behind the breaker. Raises _Answered, or ActionError `orchestrator_unavailable`."""
        try:
            if self.breaker.current_state == STATE_HALF_OPEN:
                raise CircuitBreakerError("another thread tries")
            if self.breaker.current_state == STATE_CLOSED:
                # pybreaker keeps its lock while it calls. Only the trial needs that; others go side by side.
                return self.breaker.call(_outcome_of(call))
            return self.breaker.call(call)
        except CircuitBreakerError as error:
            ORCHESTRATOR_CALLS.labels("not_asked").inc()
            raise ActionError("orchestrator_unavailable", SILENCE, retry_after=self._wait()) from error
        except _Failed as error:
            raise ActionError("orchestrator_unavailable", SILENCE, retry_after=self._wait()) from error

    def _wait(self) -> int:
        """Seconds until it makes sense to try again."""
        opened = self._watch.opened
        if opened is None:
            return RETRY_SECONDS
        return max(1, round(opened + self._seconds - time.monotonic()))

    def _read_state(self, batch_id: UUID) -> bool:
        """Whether the batch is locked there. Raises _Answered (404, 409) or _Failed."""
        content = self._request("GET", f"{batch_id}/pipeline-state", None, answers=(404, 409))
        try:
            state = _PipelineState.model_validate_json(content)
        except ValidationError as error:
            raise self._failed("garbage") from error
        if state.batch_id != batch_id:
            raise self._failed("garbage")
        return state.is_locked()

    def _request(
        self, method: Literal["GET", "PUT"], path: str, body: Any, answers: tuple[int, ...] | None = None
    ) -> bytes:
        """The body of a 2xx. Raises _Answered for the statuses `answers` (None: any 4xx about the request), or _Failed.

        `settings.BOS_REQUEST_TIMEOUT` holds for the whole of it.
        """
        request_id = str(correlation_id())
        headers = {"X-Request-ID": request_id, "X-Correlation-ID": request_id}
        with _Deadline(self._timeout) as deadline:
            try:
                extensions = {"trace": deadline.trace}
                with self._client.stream(
                    method, self._base + path, json=body, headers=headers, extensions=extensions
                ) as response:
                    content = _read_at_most(response, MAX_ANSWER_BYTES)
                if deadline.passed:  # what looks like the end of the answer may be where it was cut off
                    raise self._failed("timeout")
            except _Failed:
                raise
            except Exception as error:
                slow = deadline.passed or isinstance(error, httpx.TimeoutException)
                raise self._failed("timeout" if slow else "unreachable") from error
        return self._judge(response.status_code, content, answers)

    def _judge(self, status: int, content: bytes | None, answers: tuple[int, ...] | None) -> bytes:
        if status in (401, 403):
            logger.error("orchestrator_refuses_our_key", status=status)
            raise self._failed("key_refused")
        about_the_request = 400 <= status < 500 and status not in (408, 425, 429)
        if status in answers if answers is not None else about_the_request:
            ORCHESTRATOR_CALLS.labels({404: "unknown", 409: "locked"}.get(status, "refused")).inc()
            raise _Answered(status)
        if not 200 <= status < 300:
            raise self._failed("error" if status >= 400 else "garbage")
        if content is None:
            raise self._failed("garbage")
        ORCHESTRATOR_CALLS.labels("answered").inc()
        return content

    def _failed(self, outcome: str) -> _Failed:
        ORCHESTRATOR_CALLS.labels(outcome).inc()
        logger.warning("orchestrator_failed", outcome=outcome)
        return _Failed(outcome)


def _outcome_of(call: Callable[[], T]) -> Callable[[], T]:
    """Make the call now; what is returned gives or raises what came of it."""
    try:
        result = call()
    except (_Answered, _Failed) as error:
        failure = error

        def give() -> T:
            raise failure

        return give
    return lambda: result


def _read_at_most(response: httpx.Response, limit: int) -> bytes | None:
    """The body; None where it is longer than `limit` bytes."""
    content = b""
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > limit:
            return None
    return content


class _Deadline:
    """Ends a call `seconds` after its beginning. httpx's own limits start anew with every byte that drips in."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._stream: Any = None
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """httpx tells of each step: keep the connection once there is one."""
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._stream = info["return_value"]

    def _end(self) -> None:
        self.passed = True
        if self._stream is not None:
            with suppress(OSError):
                # The plain socket's own: one with TLS would first wait for the other side.
                socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)
