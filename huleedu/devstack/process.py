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
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from huleedu.devstack import watchdog as watchdog_script
from huleedu.devstack.places import ServiceUser

LOG_BYTES = 10_000_000
"""Beyond this a log is put aside at the next start."""


class Watchdog:
    """Kills what it was told of once its creator is gone. One small process."""

    def __init__(self, *, remove: Sequence[Path] = ()) -> None:
        """`remove`: folders to delete at the end (the tests' temporary data)."""
        command = [sys.executable, "-I", "-S", watchdog_script.__file__, *map(str, remove)]
        self.process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True, cwd="/"
        )

    def watch(self, pid: int, stop_signal: int) -> None:
        """Add a child. Raises BrokenPipeError when the watchdog itself was killed."""
        assert self.process.stdin is not None  # noqa: S101  (opened as a pipe above)
        self.process.stdin.write(f"{pid} {int(stop_signal)}\n".encode())
        self.process.stdin.flush()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

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
        self.asked = False
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
        try:
            watchdog.watch(self.process.pid, stop_signal)
        except BrokenPipeError:
            self.stop(grace=2)
            raise

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the polite signal, once: a second one makes some programs drop what they do."""
        if not self.asked:
            self.asked = True
            with suppress(ProcessLookupError):
                self.process.send_signal(self.stop_signal)

    def stop(self, *, grace: float = 10.0) -> None:
        """Ask it to stop, wait `grace` seconds, then kill its whole session. Nothing of it is left afterwards."""
        self.ask_to_stop()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=grace)
        kill_group(self.process.pid)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=5)


def kill_group(pid: int) -> None:
    """SIGKILL whatever is left of the session that `pid` led."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def never() -> bool:
    """Nobody wants to stop."""
    return False


def wait_for(ready: Callable[[], bool], *, seconds: float, child: Child, unwanted: Callable[[], bool] = never) -> bool:
    """Poll `ready` until it is true; False after `seconds`, when `child` dies, or once `unwanted` is true."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if ready():
            return True
        if not child.alive or unwanted():
            return False
        time.sleep(0.05)
    return False


def open_log(path: Path) -> IO[bytes]:
    """Open a log to append to. One that has grown beyond `LOG_BYTES` becomes `<name>.1` first."""
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))
    return path.open("ab")


def tail(path: Path, lines: int = 15) -> str:
    """The end of a log, for a message."""
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
