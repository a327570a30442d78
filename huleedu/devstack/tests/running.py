"""A stack started by a test as a person would: by its command, in a process of its own."""

from __future__ import annotations

import os
import pty
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from huleedu.devstack.supervisor import ROOT

OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DB_POOL_MAX", "DEMO")
"""What the test session sets for itself and a stack must not inherit."""


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(true: Callable[[], object], *, seconds: float) -> bool:
    """Whether `true` becomes true within `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return bool(true())


def processes_of(data: Path) -> list[int]:
    """Every living process that works for the stack on `data`, whoever its parent is."""
    mark = os.fsencode(data)
    found = []
    for process in Path("/proc").iterdir():
        with suppress(OSError):
            if process.name.isdigit() and int(process.name) != os.getpid():
                known = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                if mark in known and (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z":
                    found.append(int(process.name))
    return found


class Running:
    """`manage.py up` at a terminal of its own."""

    def __init__(self, data: Path, *, port: int | None = None) -> None:
        self.data, self.port = data, port or free_port()
        self.terminal, inner = pty.openpty()
        self.text = ""
        command = ["manage.py", "up", "--no-demo", "--port", str(self.port), "--data", str(data)]
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", *command],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if name not in OURS},
            stdin=inner,
            stdout=inner,
            stderr=inner,
            preexec_fn=lambda: os.login_tty(os.dup(inner)),
        )
        os.close(inner)
        os.set_blocking(self.terminal, False)

    def printed(self) -> str:
        """All it has said so far, as plain lines."""
        with suppress(OSError):
            while more := os.read(self.terminal, 65536):
                self.text += more.decode(errors="replace")
        return re.sub(r"\r+\n", "\n", self.text)

    def says(self, text: str, *, seconds: float = 120) -> bool:
        """Whether it prints `text` before it ends."""
        eventually(lambda: text in self.printed() or self.process.poll() is not None, seconds=seconds)
        return text in self.printed()

    def ended(self, *, seconds: float = 30) -> int:
        """Its exit status. Raises TimeoutExpired."""
        eventually(lambda: self.printed() is None or self.process.poll() is not None, seconds=seconds)
        return self.process.wait(timeout=1)

    def child(self, name: str) -> int:
        """The process id of a child whose command line holds `name`; the first one started."""
        for pid in sorted(processes_of(self.data)):
            with suppress(OSError):
                if pid != self.process.pid and name.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                    return pid
        raise AssertionError(f"no {name} among the processes")

    def interrupt(self) -> None:
        """Ctrl-C."""
        os.write(self.terminal, b"\x03")

    def clear(self) -> None:
        """Whatever a test that failed left running."""
        for pid in [self.process.pid, *processes_of(self.data)]:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(timeout=10)
        os.close(self.terminal)
