"""Runs beside the supervisor: once its standard input closes, stops every process it was told of."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from contextlib import suppress

GRACE = 5.0
"""Seconds between the polite signal and SIGKILL."""


def main() -> None:
    """Read `pid signal` lines until the end, then stop those that still run, last started first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    watched: list[tuple[int, int]] = []
    for line in sys.stdin:
        pid, stop_signal = line.split()
        watched.append((int(pid), int(stop_signal)))
    for pid, stop_signal in reversed(watched):
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(pid) == pid:
                os.kill(pid, stop_signal)
    deadline = time.monotonic() + GRACE
    while time.monotonic() < deadline and any(_runs(pid) for pid, _signal in watched):
        time.sleep(0.1)
    for pid, _stop_signal in watched:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    for folder in sys.argv[1:]:
        shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


if __name__ == "__main__":
    main()
