"""The port to the batch orchestrator: may a batch's files change, may it start, and who takes it over then.

Two implementations, chosen by `settings.BATCH_ORCHESTRATOR_URL`: none, and this installation runs its batches itself;
or a remote service that speaks our internal API (`batches.orchestrator.http`). Why calls and transactions never mix,
and what happens when the remote fails: ADR 17.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol
from uuid import UUID

import structlog
from django.conf import settings
from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

logger = structlog.get_logger(__name__)

SILENCE: Promise = _("The assessment service does not answer. Your files are safe. Try again in a little while.")
"""What a person is told when the remote fails, whatever the way it failed."""

_AWAY = "orchestrator-away"
_AWAY_SECONDS = 60
"""How long the last probe's "away" counts: some probes long, so that a beat that has died closes nothing for ever."""


@dataclass(frozen=True, slots=True)
class HandedEssay:
    """A text that is handed over, with the student a person has confirmed."""

    essay_id: UUID
    student_id: UUID | None


@dataclass(frozen=True, slots=True)
class Work:
    """A batch as it is handed over at its start. The orchestrator fetches the texts itself."""

    batch_id: UUID
    user_id: UUID
    course_code: str
    generation: int
    essays: tuple[HandedEssay, ...]


class HandOverRefused(Exception):  # noqa: N818  (an answer, not an error)
    """The orchestrator answered that it will not take the batch; asking again would change nothing."""

    def __init__(self, status: int) -> None:
        super().__init__(f"answered {status}")
        self.status = status


class Orchestrator(Protocol):
    """Whoever runs the phases of a started batch."""

    def is_locked(self, batch_id: UUID) -> bool:
        """Whether it holds the batch's files closed. Raises ActionError `batch_locked` or `orchestrator_unavailable`.

        Not to be called within a transaction: it may take `settings.BOS_REQUEST_TIMEOUT` seconds.
        """
        ...

    def hand_over(self, work: Work) -> None:
        """Give it a started batch; the same twice is once. Raises HandOverRefused, or ActionError as above."""
        ...

    def answers(self) -> bool:
        """Whether it would be asked at all just now. Asks nobody."""
        ...

    def probe(self) -> bool:
        """Ask it whether it is there and knows our key."""
        ...


class InProcess:
    """No remote: our own rows, under their lock, say everything, and the actions look at them themselves."""

    def is_locked(self, batch_id: UUID) -> bool:
        """Nobody else closes a batch of ours."""
        return False

    def hand_over(self, work: Work) -> None:
        """Nobody to give it to: the worker runs the phases."""

    def answers(self) -> bool:
        """Always there."""
        return True

    def probe(self) -> bool:
        """Always there."""
        return True


_alone: ContextVar[bool] = ContextVar("orchestrator_alone", default=False)


@contextmanager
def without_remote() -> Iterator[None]:
    """Within it this installation runs its batches itself, whatever the settings say: those of the demo school."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)


def is_remote() -> bool:
    """Whether batches are handed over to a service elsewhere."""
    return bool(settings.BATCH_ORCHESTRATOR_URL) and not _alone.get()


def orchestrator() -> Orchestrator:
    """The one the settings choose; its breaker lives as long as the process."""
    if not is_remote():
        return InProcess()
    return _remote(
        settings.BATCH_ORCHESTRATOR_URL,
        settings.BATCH_ORCHESTRATOR_API_KEY,
        settings.BOS_REQUEST_TIMEOUT,
        settings.BOS_BREAKER_FAILURES,
        settings.BOS_BREAKER_SECONDS,
    )


@lru_cache(maxsize=1)
def _remote(url: str, key: str, timeout: float, failures: int, seconds: float) -> Orchestrator:
    from batches.orchestrator.http import HttpOrchestrator

    return HttpOrchestrator(url=url, key=key, timeout=timeout, failures=failures, seconds=seconds)


def is_answering() -> bool:
    """Whether the orchestrator works as far as is known: by this process's breaker and by the last probe.

    Pages and readiness ask this. It calls nobody over HTTP, so a dead remote makes no page slow.
    """
    return not is_remote() or (orchestrator().answers() and not _found_away())


def _found_away() -> bool:
    try:
        return cache.get(_AWAY) is not None
    except Exception:
        logger.warning("orchestrator_state_unknown", exc_info=True)
        return False


def probe_orchestrator() -> bool:
    """Ask the remote once and keep the answer where every process sees it. Called by beat."""
    found = orchestrator().probe()
    if found:
        cache.delete(_AWAY)
    else:
        cache.set(_AWAY, 1, timeout=_AWAY_SECONDS)
    return found
