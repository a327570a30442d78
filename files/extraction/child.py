"""The child that reads one file: it gives up every right, waits for the file, reads it, answers in JSON and ends.

All it may do is compute and write to the one pipe that is open. It can open no file and no socket (no descriptor is
left to be had; the file's bytes are handed to it), start no process, change nothing on disk, send no signal. What a
kernel cannot promise is left out: Landlock is Linux ≥ 5.13, everything else POSIX.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import resource
import signal
import struct
import sys
from contextlib import suppress
from typing import Any, NoReturn

from files.extraction.errors import ExtractionError
from files.extraction.limits import Limits
from files.extraction.readers import read_document
from files.extraction.sniff import UNREADABLE
from files.extraction.zip_jobs import list_zip, unpack_entry

_NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_EXECUTE, _WRITES = 1 << 0, (1 << 1) | sum(1 << bit for bit in range(4, 13))
_TRUNCATE = 1 << 14

LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def landlock_version() -> int:
    """The kernel's Landlock, 0 where there is none."""
    return max(0, LIBC.syscall(_LANDLOCK_CREATE, None, 0, 1)) if LIBC is not None else 0


def run(*, requests: int, answers: int, parent: int) -> NoReturn:
    """Give up all rights, wait for a file on the descriptor `requests`, write the answer to `answers`. Never returns.

    The request is a line of JSON (`name`, `limits`, `job`, `size`), then `size` bytes. Ends when no request comes any
    more.
    """
    code = 1
    try:
        os.setsid()
        _close_all_but(requests, answers)
        gc.disable()
        _give_up_rights(parent)
        with os.fdopen(requests, "rb") as asked:
            request = json.loads(asked.readline())
            limits = Limits(**request["limits"])
            _limit(limits)
            data = asked.read(request["size"])
        answer = _work(data, request, limits) if len(data) == request["size"] else _unreadable()
        answer["max_rss_mb"] = round(_peak_mb(), 1)
        with os.fdopen(answers, "wb") as out:
            out.write(json.dumps(answer).encode())
        code = 0
    except BaseException:  # the parent judges by the answer and the exit status; nothing may be printed
        code = 1
    finally:
        os._exit(code)


def _close_all_but(*kept: int) -> None:
    """Close what the reader process has open beside its standard streams."""
    first, second = sorted(kept)
    os.closerange(3, first)
    os.closerange(first + 1, second)
    os.closerange(second + 1, second + 64)


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 if LIBC is not None else 1024 * 1024)


def _unreadable() -> dict[str, Any]:
    return {"status": "failed", "problem": "corrupt"}


def _give_up_rights(parent: int) -> None:
    """From here on nothing can be opened or begun. The order matters: `setuid` forgets who is to die with whom."""
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if LIBC is not None:
        LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    _seal_the_disk()
    for kind in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
        _set_limit(kind, 0, 0)


def _limit(limits: Limits) -> None:
    """What this file may cost. Soon after the wall-clock limit the child ends even where nobody is left to kill it."""
    signal.alarm(limits.wall_seconds + 5)
    # At the first number comes SIGXCPU, which tells the reason; at the second SIGKILL.
    _set_limit(resource.RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1)
    _set_limit(resource.RLIMIT_AS, limits.memory_mb * 1024 * 1024, limits.memory_mb * 1024 * 1024)


def _set_limit(kind: int, soft: int, hard: int) -> None:
    with suppress(OSError, ValueError):
        resource.setrlimit(kind, (soft, hard))


def _seal_the_disk() -> None:
    """Landlock without a single exception: nothing written, made, removed or run; no TCP; no signals to others."""
    version = landlock_version()
    if LIBC is None or version == 0:
        return
    handled = _EXECUTE | _WRITES | (_TRUNCATE if version >= 3 else 0)
    rules = struct.pack("=Q", handled)
    if version >= 4:
        rules += struct.pack("=Q", 0b11)
    if version >= 6:
        rules += struct.pack("=Q", 0b11)
    LIBC.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    ruleset = LIBC.syscall(_LANDLOCK_CREATE, rules, len(rules), 0)
    if ruleset >= 0:
        LIBC.syscall(_LANDLOCK_RESTRICT, ruleset, 0)
        os.close(ruleset)


def _work(data: bytes, request: dict[str, Any], limits: Limits) -> dict[str, Any]:
    """Do the job: read a document, list a zip, or unpack one entry of it."""
    job = request["job"]
    try:
        if job["kind"] == "list":
            return list_zip(data, name=request["name"], limits=limits)
        if job["kind"] == "entry":
            return unpack_entry(data, entry=job["entry"], limits=limits)
        return _read(data, request["name"], limits)
    except ExtractionError as error:
        return {"status": "no_text" if error.code == "no_text" else "rejected", "problem": error.code}
    except MemoryError:
        return {"status": "failed", "problem": "out_of_memory"}
    except RecursionError:
        return {"status": "rejected", "problem": "too_complex"}
    except Exception:
        # A reader met something its authors did not think of: to the teacher that is a damaged file.
        return _unreadable()


def _read(data: bytes, name: str, limits: Limits) -> dict[str, Any]:
    document = read_document(data, name=name, limits=limits)
    fields = {
        "detected_type": document.detected_type,
        "text": document.text,
        "headers": document.headers,
        "properties": document.properties,
        "tables": document.tables,
        "warning": document.warning,
        "personnummer_removed": document.personnummer_removed,
    }
    if document.detected_type in UNREADABLE:
        return {"status": "failed", "problem": "unsupported_type", "document": fields}
    if not document.text.strip():
        return {"status": "no_text", "problem": "no_text", "document": fields}
    return {"status": "read", "problem": None, "document": fields}
