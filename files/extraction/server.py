"""The reader process: imports the readers once, then forks a child for every file and watches it.

Speaks JSON lines on standard input and output. The child has its own session, no environment, no network where the
kernel allows it, limits on memory, CPU, files and processes, and no rights (as root it becomes `nobody`). Whatever the
child does, the answer comes within the wall-clock limit.
"""

from __future__ import annotations

import codecs
import ctypes
import ctypes.util
import json
import os
import resource
import select
import shutil
import signal
import stat
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import lxml

from files import samples
from files.extraction import ExtractionError, Limits, read_document

MAX_ANSWER = 64_000_000
"""Bytes of a child's JSON: two million characters of any script and their evidence fit many times."""
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_NOBODY = 65534


def _open_to_others(path: str) -> bool:
    """Whether any user can reach the file: each folder above it may be entered."""
    folders = [parent for parent in Path(path).resolve().parents if parent.exists()]
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)


_DROP_RIGHTS = os.geteuid() == 0 and all(map(_open_to_others, (os.__file__, __file__, lxml.__file__)))
"""As root the child becomes `nobody`, unless Python itself lies in a private home: it could import nothing then."""


def main() -> None:
    """Serve until standard input closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    _warm_up()
    network = "cut" if _cut_network() else "open"
    _say({"ready": True, "network": network, "rights": "dropped" if _DROP_RIGHTS else "kept"})
    for line in sys.stdin:
        request = json.loads(line)
        _say(_serve(request["path"], request["name"], Limits(**request["limits"])))


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


def _warm_up() -> None:
    """Read one small file of each kind here, so that no child has to import anything (and few have the right to)."""
    for kind in samples.KINDS:
        data = samples.make(kind, title="Title", paragraphs=["One paragraph."], header="Header", author="Author")
        read_document(data, name=f"sample.{kind}", limits=Limits())
    for encoding in ("utf_16", "utf_16_le", "utf_16_be", "utf_8_sig", "cp1252", "cp437", "cp850", "mac_roman", "latin_1"):
        codecs.lookup(encoding)


def _cut_network() -> bool:
    """Leave the network namespace. Linux only; needs root or user namespaces."""
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(ctypes.util.find_library("c"), use_errno=True)
    flags = (_CLONE_NEWNET,) if os.geteuid() == 0 else (_CLONE_NEWUSER | _CLONE_NEWNET,)
    return any(libc.unshare(flag) == 0 for flag in flags)


def _serve(path: str, name: str, limits: Limits) -> dict[str, Any]:
    began = time.monotonic()
    folder = tempfile.mkdtemp(prefix="huleedu-read-")
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        _child(path, name, limits, folder, writing)
    os.close(writing)
    try:
        answer, timed_out = _collect(pid, reading, began + limits.wall_seconds)
        _pid, status, usage = os.wait4(pid, 0)
    finally:
        os.close(reading)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)
    peak = usage.ru_maxrss / (1024 if sys.platform.startswith("linux") else 1024 * 1024)
    result = _result(answer, status=status, timed_out=timed_out, peak_mb=peak, limits=limits)
    return {**result, "seconds": round(time.monotonic() - began, 4), "max_rss_mb": round(peak, 1)}


def _collect(pid: int, reading: int, deadline: float) -> tuple[bytes, bool]:
    """The child's output; kills it at the deadline, when it says too much, or when our own parent is gone."""
    chunks: list[bytes] = []
    size = 0
    poller = select.poll()
    poller.register(reading, select.POLLIN)
    poller.register(0, select.POLLHUP)
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or size > MAX_ANSWER:
            os.kill(pid, signal.SIGKILL)
            return b"", left <= 0
        for descriptor, event in poller.poll(min(left, 1.0) * 1000):
            if descriptor == 0 and event & select.POLLHUP:
                os.kill(pid, signal.SIGKILL)
                os._exit(0)
            if descriptor == reading:
                chunk = os.read(reading, 1 << 20)
                if not chunk:
                    return b"".join(chunks), False
                chunks.append(chunk)
                size += len(chunk)


def _result(answer: bytes, *, status: int, timed_out: bool, peak_mb: float, limits: Limits) -> dict[str, Any]:
    if timed_out or (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGXCPU):
        return {"status": "failed", "problem": "parse_timeout"}
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) == 0 and answer:
        decoded: dict[str, Any] = json.loads(answer)
        return decoded
    starved = peak_mb > 0.5 * limits.memory_mb
    return {"status": "failed", "problem": "out_of_memory" if starved else "too_complex"}


def _child(path: str, name: str, limits: Limits, folder: str, writing: int) -> None:
    """Never returns."""
    code = 1
    try:
        os.setsid()
        os.closerange(3, writing)
        os.closerange(writing + 1, 256)
        with open(path, "rb") as file:  # noqa: PTH123  (as few layers as possible here)
            data = file.read(limits.max_bytes + 1)
        os.chdir(folder)
        _give_up_rights(limits)
        with os.fdopen(writing, "wb") as out:
            out.write(json.dumps(_read(data, name, limits)).encode())
        code = 0
    except BaseException:  # noqa: BLE001  (the parent judges by the exit status; nothing may be printed)
        code = 1
    finally:
        os._exit(code)


def _give_up_rights(limits: Limits) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    if _DROP_RIGHTS:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, limits.cpu_seconds)
    _limit(resource.RLIMIT_FSIZE, MAX_ANSWER)
    _limit(resource.RLIMIT_NOFILE, 32)
    _limit(resource.RLIMIT_NPROC, 0)
    _limit(resource.RLIMIT_AS, limits.memory_mb * 1024 * 1024)


def _limit(kind: int, value: int) -> None:
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (value, value))


def _read(data: bytes, name: str, limits: Limits) -> dict[str, Any]:
    try:
        document = read_document(data, name=name, limits=limits)
    except ExtractionError as error:
        status = "no_text" if error.code == "no_text" else "rejected"
        return {"status": status, "problem": error.code}
    except MemoryError:
        return {"status": "failed", "problem": "out_of_memory"}
    except RecursionError:
        return {"status": "rejected", "problem": "too_complex"}
    fields = {
        "detected_type": document.detected_type,
        "text": document.text,
        "headers": document.headers,
        "properties": document.properties,
        "tables": document.tables,
        "warning": document.warning,
        "personnummer_removed": document.personnummer_removed,
    }
    if not document.text.strip():
        return {"status": "no_text", "problem": "no_text", "document": fields}
    return {"status": "read", "problem": None, "document": fields}


if __name__ == "__main__":
    main()
