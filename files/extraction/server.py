"""The reader process: imports the readers once, then forks a child for every file and watches it.

Speaks JSON lines on standard input and output. The child has its own session, no environment, no network where the
kernel allows it, and none of the rights a process usually has (`files.extraction.child`). Whatever the child does, the
answer comes within the wall-clock limit, and no child outlives its file. The next child is forked while the last one
reads, and waits with its rights given up: starting it costs no file any time where there is a second processor.
"""

from __future__ import annotations

import encodings
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import stat
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import IO, Any

from files import samples
from files.extraction import child, zip_jobs
from files.extraction.limits import Limits
from files.extraction.readers import read_document

MAX_ANSWER = 64_000_000
"""Bytes of a child's JSON: two million characters of any script and their spans fit many times."""
_CHUNK = 1 << 18
"""Bytes of a file handed to a child at a time."""
MAX_TRIES = 3
"""A child that somebody else kills, as a kernel short of memory does, is no fault of the file: it gets another."""
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000


class _Outcome(Enum):
    """How the conversation with a child ended."""

    ENDED = "it said all it had to say"
    MUTE = "it was killed for staying after it had hung up without a word"
    LATE = "it was killed at the deadline"
    ENDLESS = "it was killed for saying too much"


@dataclass(frozen=True, slots=True)
class _Child:
    """A forked child that waits for a file, or reads it."""

    pid: int
    requests: int
    answers: int

    @classmethod
    def fork(cls) -> _Child:
        """A new one. Its ends of the two pipes are its own."""
        parent = os.getpid()
        asked, requests = os.pipe()
        answers, answered = os.pipe()
        pid = os.fork()
        if pid == 0:
            child.run(requests=asked, answers=answered, parent=parent)
        os.close(asked)
        os.close(answered)
        return cls(pid, requests, answers)

    def send(self, file: IO[bytes], *, name: str, limits: Limits, job: dict[str, Any]) -> None:
        """Hand over the file's bytes, one more than allowed at most. Raises BrokenPipeError where the child is dead."""
        start, size = _part(os.fstat(file.fileno()).st_size, limits, job)
        request = {"name": name, "limits": limits.as_json(), "job": job, "size": size}
        file.seek(start)
        with os.fdopen(self.requests, "wb", buffering=0) as out:
            _write(out, json.dumps(request).encode() + b"\n")
            while size > 0 and (chunk := file.read(min(_CHUNK, size))):
                _write(out, chunk)
                size -= len(chunk)

    def end(self) -> tuple[int, float]:
        """Exit status and peak memory (MB), after killing what still runs."""
        os.close(self.answers)
        # It has closed its pipe or must end now; one that lingers, or left somebody behind, is up to no good.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        _pid, status, usage = os.wait4(self.pid, 0)
        return status, usage.ru_maxrss / (1024 if child.LIBC is not None else 1024 * 1024)


def _part(size: int, limits: Limits, job: dict[str, Any]) -> tuple[int, int]:
    """Which bytes of a file of `size` the job needs: start and number."""
    if job["kind"] == "entry":
        start = min(job["entry"]["offset"], size)
        return start, min(job["entry"]["length"], size - start)
    return 0, min(size, (limits.max_zip_bytes if job["kind"] == "list" else limits.max_bytes) + 1)


def _write(out: IO[bytes], content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[out.write(view) :]


def main() -> None:
    """Serve until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    warm_up()
    rights = "dropped" if os.geteuid() == 0 else "kept"
    network = "cut" if _cut_network() else "open"
    disk = "sealed" if child.landlock_version() else "open"
    # What lives now lives for ever: children do not copy its pages by collecting garbage.
    gc.collect()
    gc.freeze()
    _say({"ready": True, "network": network, "rights": rights, "disk": disk})
    _Server().run()


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def warm_up() -> None:
    """Read a small file of each kind and import every text encoding here: a child can import nothing."""
    for kind in samples.KINDS:
        data = samples.make(kind, title="Title", paragraphs=["One paragraph."], header="Header", author="Author")
        read_document(data, name=f"sample.{kind}", limits=Limits())
    read_document(b"<p>A text that was typed into a page.", name="onlinetext.html", limits=Limits())
    zip_jobs.warm_up()
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(ImportError):
            importlib.import_module(f"encodings.{module.name}")


def _cut_network() -> bool:
    """Leave the network namespace. Linux only; needs root or user namespaces."""
    if child.LIBC is None:
        return False
    flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET
    return bool(child.LIBC.unshare(flags) == 0)


class _Server:
    """Reads one file after the other, each by the child that is ready."""

    def __init__(self) -> None:
        self._ready = _Child.fork()
        self._ended: list[_Child] = []

    def run(self) -> None:
        """Answer every request on standard input."""
        for line in sys.stdin:
            request = json.loads(line)
            answer = self._serve(request["path"], request["name"], Limits(**request["limits"]), request["job"])
            # Last, so that no child can say which question it answers.
            _say({**answer, "nonce": request["nonce"]})
            # Burying a child takes a millisecond: the answer does not wait for that.
            while self._ended:
                self._ended.pop().end()

    def _serve(self, path: str, name: str, limits: Limits, job: dict[str, Any]) -> dict[str, Any]:
        began = time.monotonic()
        result: dict[str, Any] | None = None
        try:
            with _open_file(path) as file:
                for _try in range(MAX_TRIES):
                    result = self._try_once(file, name, limits, job, began + limits.wall_seconds)
                    if result is not None:
                        break
        except OSError:
            result = {"status": "failed", "problem": "corrupt"}
        result = result or {"status": "failed", "problem": "out_of_memory"}
        return {"max_rss_mb": 0.0, **result, "seconds": round(time.monotonic() - began, 4)}

    def _try_once(
        self, file: IO[bytes], name: str, limits: Limits, job: dict[str, Any], deadline: float
    ) -> dict[str, Any] | None:
        """What a child says, or what its end means; None where somebody else killed it."""
        running = self._ready
        with suppress(BrokenPipeError):
            running.send(file, name=name, limits=limits, job=job)
        self._ready = _Child.fork()
        outcome, answer = _collect(running, deadline)
        if outcome is _Outcome.ENDED and (result := _decoded(answer)) is not None:
            self._ended.append(running)
            return result
        if outcome is _Outcome.ENDED and not answer and _stays(running.pid):
            outcome = _Outcome.MUTE
        status, peak = running.end()
        result = _verdict(outcome, status=status, peak_mb=peak, limits=limits)
        return result and {**result, "max_rss_mb": round(peak, 1)}


def _open_file(path: str) -> IO[bytes]:
    """Raises OSError for what is no ordinary file: a pipe would keep us waiting."""
    file = open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))  # noqa: SIM115
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError
    return file


def _stays(pid: int) -> bool:
    """Whether the child still runs a moment later. One that died has its reason left to be read."""
    for _look in range(20):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return False
        time.sleep(0.01)
    return True


def _collect(running: _Child, deadline: float) -> tuple[_Outcome, bytes]:
    """The child's output, until it closes the pipe, it is too late or too much; ends us when our own parent is gone."""
    chunks: list[bytes] = []
    size = 0
    poller = select.poll()
    poller.register(running.answers, select.POLLIN)
    poller.register(0, select.POLLHUP)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return _Outcome.LATE, b""
        for descriptor, event in poller.poll(min(left, 1.0) * 1000):
            if descriptor == 0 and event & select.POLLHUP:
                os.kill(running.pid, signal.SIGKILL)
                os._exit(0)
            if descriptor == running.answers:
                chunk = os.read(running.answers, 1 << 20)
                if not chunk:
                    return _Outcome.ENDED, b"".join(chunks)
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_ANSWER:
                    return _Outcome.ENDLESS, b""


def _decoded(answer: bytes) -> dict[str, Any] | None:
    """The child's answer where it is one."""
    with suppress(ValueError, RecursionError):
        decoded = json.loads(answer)
        if isinstance(decoded, dict) and isinstance(decoded.get("status"), str):
            return decoded
    return None


def _verdict(outcome: _Outcome, *, status: int, peak_mb: float, limits: Limits) -> dict[str, Any] | None:
    """What the end of a child without an answer means; None where somebody else killed it."""
    if outcome is _Outcome.LATE:
        return {"status": "failed", "problem": "parse_timeout"}
    if outcome is _Outcome.ENDLESS:
        return {"status": "rejected", "problem": "too_long"}
    if outcome is _Outcome.MUTE:
        return {"status": "failed", "problem": "too_complex"}
    ended_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    if ended_by in (signal.SIGXCPU, signal.SIGALRM):
        return {"status": "failed", "problem": "parse_timeout"}
    if peak_mb > 0.5 * limits.memory_mb:
        return {"status": "failed", "problem": "out_of_memory"}
    if ended_by == signal.SIGKILL:
        return None
    return {"status": "failed", "problem": "too_complex"}


if __name__ == "__main__":
    main()
