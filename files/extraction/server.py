"""The reader process: imports the readers once, then forks a child for every file and watches it.

Speaks JSON lines on standard input and output. The child has its own session, no environment, no network where the
kernel allows it, and none of the rights a process usually has (`files.extraction.child`). Whatever the child does, the
answer comes within the wall-clock limit, and no child outlives its file.
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
import sys
import time
from contextlib import suppress
from enum import Enum
from typing import Any

from files import samples
from files.extraction import child
from files.extraction.limits import Limits
from files.extraction.readers import read_document

MAX_ANSWER = 64_000_000
"""Bytes of a child's JSON: two million characters of any script and their spans fit many times."""
MAX_TRIES = 3
"""A child that somebody else kills, as a kernel short of memory does, is no fault of the file: it gets another."""
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000


class _Outcome(Enum):
    """How the conversation with a child ended."""

    ENDED = "it said all it had to say"
    MUTE = "it was killed for staying after it had hung up without a word"
    LATE = "it was killed at the deadline"
    ENDLESS = "it was killed for saying too much"


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
    for line in sys.stdin:
        request = json.loads(line)
        _say(_serve(request["path"], request["name"], Limits(**request["limits"])))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def warm_up() -> None:
    """Read a small file of each kind and import every text encoding here: a child can import nothing."""
    for kind in samples.KINDS:
        data = samples.make(kind, title="Title", paragraphs=["One paragraph."], header="Header", author="Author")
        read_document(data, name=f"sample.{kind}", limits=Limits())
    for module in pkgutil.iter_modules(encodings.__path__):
        with suppress(ImportError):
            importlib.import_module(f"encodings.{module.name}")


def _cut_network() -> bool:
    """Leave the network namespace. Linux only; needs root or user namespaces."""
    if child.LIBC is None:
        return False
    flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET
    return bool(child.LIBC.unshare(flags) == 0)


def _serve(path: str, name: str, limits: Limits) -> dict[str, Any]:
    began = time.monotonic()
    deadline = began + limits.wall_seconds
    for _try in range(MAX_TRIES):
        outcome, answer, status, peak = _run_child(path, name, limits, deadline)
        result = _result(outcome, answer, status=status, peak_mb=peak, limits=limits)
        if result is not None:
            break
    result = result or {"status": "failed", "problem": "out_of_memory"}
    return {**result, "seconds": round(time.monotonic() - began, 4), "max_rss_mb": round(peak, 1)}


def _run_child(path: str, name: str, limits: Limits, deadline: float) -> tuple[_Outcome, bytes, int, float]:
    """Outcome, answer, exit status and peak memory (MB) of one child."""
    parent = os.getpid()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        child.run(path, name=name, limits=limits, writing=writing, parent=parent)
    os.close(writing)
    try:
        outcome, answer = _collect(pid, reading, deadline)
        if outcome is _Outcome.ENDED and not answer and _stays(pid):
            outcome = _Outcome.MUTE
    finally:
        os.close(reading)
        # It has closed its pipe or must end now; one that lingers, or left somebody behind, is up to no good.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _pid, status, usage = os.wait4(pid, 0)
    return outcome, answer, status, usage.ru_maxrss / (1024 if child.LIBC is not None else 1024 * 1024)


def _stays(pid: int) -> bool:
    """Whether the child still runs a moment later. One that died has its reason left to be read."""
    for _look in range(20):
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return False
        time.sleep(0.01)
    return True


def _collect(pid: int, reading: int, deadline: float) -> tuple[_Outcome, bytes]:
    """The child's output, until it closes the pipe, it is too late or too much; ends us when our own parent is gone."""
    chunks: list[bytes] = []
    size = 0
    poller = select.poll()
    poller.register(reading, select.POLLIN)
    poller.register(0, select.POLLHUP)
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            return _Outcome.LATE, b""
        for descriptor, event in poller.poll(min(left, 1.0) * 1000):
            if descriptor == 0 and event & select.POLLHUP:
                os.kill(pid, signal.SIGKILL)
                os._exit(0)
            if descriptor == reading:
                chunk = os.read(reading, 1 << 20)
                if not chunk:
                    return _Outcome.ENDED, b"".join(chunks)
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_ANSWER:
                    return _Outcome.ENDLESS, b""


def _result(outcome: _Outcome, answer: bytes, *, status: int, peak_mb: float, limits: Limits) -> dict[str, Any] | None:
    """What the child's end means; None where somebody else killed it."""
    if outcome is _Outcome.LATE:
        return {"status": "failed", "problem": "parse_timeout"}
    if outcome is _Outcome.ENDLESS:
        return {"status": "rejected", "problem": "too_long"}
    if outcome is _Outcome.MUTE:
        return {"status": "failed", "problem": "too_complex"}
    if answer:
        with suppress(ValueError, RecursionError):
            decoded = json.loads(answer)
            if isinstance(decoded, dict) and isinstance(decoded.get("status"), str):
                return decoded
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
