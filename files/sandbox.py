"""Reading a file in a process that may be killed. Nothing a file holds can hurt the caller.

A reader process is started at the first file and kept (one per thread that reads at a time); it forks a child per file.
Dies with its owner, is replaced when it dies.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from files.evidence import Document
from files.extraction.errors import CODES
from files.extraction.limits import Limits

logger = structlog.get_logger(__name__)

_ROOT = Path(__file__).resolve().parents[1]
_MARGIN = 10.0
"""Seconds beyond the wall-clock limit after which the reader process itself is taken for hung."""
_START_SECONDS = 30


class ReaderUnavailableError(Exception):
    """No reader process can be had. Says nothing about the file: it is to be read later."""


STATUSES = frozenset({"read", "no_text", "rejected", "failed"})


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What reading gave: `status` is one of `STATUSES`; `problem` is a code or None."""

    status: str
    problem: str | None
    warning: str | None
    detected_type: str | None
    document: Document | None
    seconds: float
    max_rss_mb: float


class ReaderProcess:
    """A running `files.extraction.server`, used by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def read(self, path: Path, *, name: str, limits: Limits, job: dict[str, Any]) -> dict[str, Any]:
        """Ask for one file; tries once more with a fresh process when this one has died.

        Raises ReaderUnavailableError when that one dies too. Whatever else interrupts the conversation (a worker's time
        limit is raised anywhere) ends the process: its answer would be taken for that of the next file.
        """
        request = {"path": str(path.resolve()), "name": name, "limits": limits.as_json(), "job": job}
        with self._lock:
            for _attempt in range(2):
                try:
                    return self._ask(request, seconds=limits.wall_seconds + _MARGIN)
                except (OSError, EOFError, ValueError) as error:
                    self._discard()
                    lost = error
                except BaseException:
                    self._discard()
                    raise
            raise ReaderUnavailableError from lost

    def _ask(self, request: dict[str, Any], *, seconds: float) -> dict[str, Any]:
        process = self._running()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  (pipes, see _running)
        nonce = secrets.token_hex(16)
        process.stdin.write(json.dumps({**request, "nonce": nonce}).encode() + b"\n")
        process.stdin.flush()
        answer = self._answer(process, seconds=seconds)
        if answer.pop("nonce", None) != nonce:
            raise ValueError("the answer to another question")
        return answer

    @staticmethod
    def _answer(process: subprocess.Popen[bytes], *, seconds: float) -> dict[str, Any]:
        assert process.stdout is not None  # noqa: S101
        poller = select.poll()
        poller.register(process.stdout, select.POLLIN)
        ready = poller.poll(seconds * 1000)
        line = process.stdout.readline() if ready else b""
        if not line:
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _running(self) -> subprocess.Popen[bytes]:
        """The process of this very Python process: after a fork the inherited one belongs to the parent."""
        if self._process is not None and self._owner == os.getpid() and self._process.poll() is None:
            return self._process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "files.extraction.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={"PYTHONPATH": str(_ROOT), "PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        self._owner = os.getpid()
        hello = self._answer(self._process, seconds=_START_SECONDS)
        logger.info("reader_started", network=hello["network"], rights=hello["rights"], disk=hello["disk"])
        return self._process

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=5)
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()

    def close(self) -> None:
        """End the reader process."""
        with self._lock:
            self._discard()


class ReaderPool:
    """Reader processes, as many as threads read at the same time: one in a worker."""

    def __init__(self) -> None:
        self._free: list[ReaderProcess] = []

    def read(self, path: Path, *, name: str, limits: Limits, job: dict[str, Any]) -> dict[str, Any]:
        """As `ReaderProcess.read`, by one that is free."""
        try:
            reader = self._free.pop()
        except IndexError:
            reader = ReaderProcess()
        try:
            return reader.read(path, name=name, limits=limits, job=job)
        finally:
            self._free.append(reader)

    def close(self) -> None:
        """End the processes."""
        while self._free:
            self._free.pop().close()


_readers = ReaderPool()
atexit.register(_readers.close)


def ask(path: Path, *, job: dict[str, Any], name: str, limits: Limits) -> dict[str, Any]:
    """What a child answers that was given the file at `path` and one of the jobs of `files.extraction.child`.

    To be believed no more than the file itself. Raises ReaderUnavailableError where no reader process can be had.
    """
    return _readers.read(path, name=name, limits=limits, job=job)


def read_file(path: Path, *, name: str, limits: Limits | None = None) -> ReadResult:
    """Read the file at `path`, whose name was `name`, within `limits`. Never raises for what the file holds.

    Raises ReaderUnavailableError where no reader process can be had.
    """
    answer = ask(path, job={"kind": "read"}, name=name, limits=limits or Limits())
    try:
        return _result(answer)
    except (KeyError, TypeError, ValueError):
        # Only a file that took its reader over could answer so.
        return _result({"status": "failed", "problem": "corrupt"})


def _result(answer: dict[str, Any]) -> ReadResult:
    """Raises KeyError, TypeError or ValueError for an answer of another shape."""
    if answer["status"] not in STATUSES or answer.get("problem") not in CODES | {None}:
        raise ValueError
    fields = answer.get("document")
    document = None
    if fields:
        document = Document(
            detected_type=str(fields["detected_type"]),
            text=str(fields["text"]),
            headers=tuple(map(str, fields["headers"])),
            properties=tuple((str(key), str(value)) for key, value in fields["properties"]),
            tables=tuple((int(start), int(end)) for start, end in fields["tables"]),
            warning=str(fields["warning"]) if fields["warning"] else None,
            personnummer_removed=int(fields["personnummer_removed"]),
        )
    return ReadResult(
        status=answer["status"],
        problem=answer.get("problem"),
        warning=document.warning if document else None,
        detected_type=document.detected_type if document else None,
        document=document,
        seconds=float(answer.get("seconds", 0.0)),
        max_rss_mb=float(answer.get("max_rss_mb", 0.0)),
    )
