"""Child processes that never outlive the stack.

Every child leads its own session, so a ^C at the terminal reaches the supervisor only. A watchdog holds the reading end
of a pipe: when the supervisor goes, however it goes, the pipe closes and the watchdog stops every child.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from huleedu.devstack.places import ServiceUser


class Watchdog:
    """Kills what it was told of once its creator is gone. One small process."""

    def __init__(self, *, remove: Sequence[Path] = ()) -> None:
        """`remove`: folders to delete at the end (the tests' temporary data)."""
        command = [sys.executable, "-m", "huleedu.devstack.watchdog", *map(str, remove)]
        root = Path(__file__).resolve().parents[2]
        self.process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, start_new_session=True, cwd=root, close_fds=True
        )

    def watch(self, pid: int, stop_signal: int) -> None:
        """Add a child. Raises BrokenPipeError when the watchdog itself was killed."""
        assert self.process.stdin is not None  # noqa: S101  (opened as a pipe above)
        self.process.stdin.write(f"{pid} {int(stop_signal)}\n".encode())
        self.process.stdin.flush()

    def close(self) -> None:
        """All children are stopped already: let it end."""
        if self.process.stdin is not None:
            with suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process.wait(timeout=20)


class Child:
    """One long-running process of the stack."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        watchdog: Watchdog,
        env: Mapping[str, str] | None = None,
        user: ServiceUser | None = None,
        stop_signal: int = signal.SIGTERM,
        log: IO[bytes] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = name
        self.stop_signal = stop_signal
        self.process = subprocess.Popen(  # noqa: S603
            [str(part) for part in command],
            env=dict(env) if env is not None else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT if log else None,
            start_new_session=True,
            cwd=cwd,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
        watchdog.watch(self.process.pid, stop_signal)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def stop(self, *, grace: float = 10.0) -> None:
        """Ask it to stop, wait `grace` seconds, then kill its whole session. Nothing of it is left afterwards."""
        if self.alive:
            with suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=grace)
        kill_group(self.process.pid)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)


def kill_group(pid: int) -> None:
    """SIGKILL whatever is left of the session that `pid` led."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def wait_for(ready: object, *, seconds: float, child: Child | None = None) -> bool:
    """Poll the callable `ready` until it is true; False after `seconds` or when `child` dies."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if callable(ready) and ready():
            return True
        if child is not None and not child.alive:
            return False
        time.sleep(0.05)
    return False
