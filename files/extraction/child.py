"""The child that reads one file: it gives up every right first, then reads, then answers in JSON and ends.

All it may do is compute and write to the one pipe that is open. It can open no file and no socket (no descriptor is
left to be had), start no process, change nothing on disk, send no signal. What a kernel cannot promise is left out:
Landlock is Linux ≥ 5.13, everything else POSIX.
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

_NOBODY = 65534
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_LANDLOCK_CREATE, _LANDLOCK_RESTRICT = 444, 446
_EXECUTE, _WRITES = 1 << 0, (1 << 1) | sum(1 << bit for bit in range(4, 13))
_TRUNCATE = 1 << 14

LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform.startswith("linux") else None


def landlock_version() -> int:
    """The kernel's Landlock, 0 where there is none."""
    return max(0, LIBC.syscall(_LANDLOCK_CREATE, None, 0, 1)) if LIBC is not None else 0


def run(path: str, *, name: str, limits: Limits, writing: int, parent: int) -> NoReturn:
    """Read the file and write the answer to the descriptor `writing`. Never returns."""
    code = 1
    try:
        os.setsid()
        os.closerange(3, writing)
        os.closerange(writing + 1, writing + 64)
        gc.disable()
        data = None
        with suppress(OSError), open(path, "rb") as file:  # noqa: PTH123  (as few layers as possible here)
            data = file.read(limits.max_bytes + 1)
        _give_up_rights(limits, parent)
        answer = _unreadable() if data is None else _read(data, name, limits)
        with os.fdopen(writing, "wb") as out:
            out.write(json.dumps(answer).encode())
        code = 0
    except BaseException:  # the parent judges by the answer and the exit status; nothing may be printed
        code = 1
    finally:
        os._exit(code)


def _unreadable() -> dict[str, Any]:
    return {"status": "failed", "problem": "corrupt"}


def _give_up_rights(limits: Limits, parent: int) -> None:
    """From here on the file is at work. The order matters: `setuid` forgets the signal of the parent's death."""
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.close(null)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)
    _die_with(parent, limits)
    _seal_the_disk()
    with suppress(OSError, ValueError):
        # At the first number comes SIGXCPU, which tells the reason; at the second SIGKILL.
        resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    for kind, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_AS, limits.memory_mb * 1024 * 1024),
        (resource.RLIMIT_NOFILE, 0),
    ):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (value, value))


def _die_with(parent: int, limits: Limits) -> None:
    """End when the parent does, and soon after the wall-clock limit where nobody is left to kill."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(limits.wall_seconds + 5)
    if LIBC is not None:
        LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


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


def _read(data: bytes, name: str, limits: Limits) -> dict[str, Any]:
    try:
        document = read_document(data, name=name, limits=limits)
    except ExtractionError as error:
        return {"status": "no_text" if error.code == "no_text" else "rejected", "problem": error.code}
    except MemoryError:
        return {"status": "failed", "problem": "out_of_memory"}
    except RecursionError:
        return {"status": "rejected", "problem": "too_complex"}
    except Exception:
        # A reader met something its authors did not think of: to the teacher that is a damaged file.
        return _unreadable()
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
