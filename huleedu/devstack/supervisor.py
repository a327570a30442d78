"""Starting everything in order, watching it, stopping it in reverse."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

from huleedu.devstack.errors import StackError
from huleedu.devstack.process import Child, Watchdog, wait_for
from huleedu.devstack.servers import Postgres, Valkey

ROOT = Path(__file__).resolve().parents[2]


def say(text: str) -> None:
    """A line for the person at the terminal."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class Stack:
    """One running copy of the product. `run()` blocks until it is stopped and returns the exit status."""

    def __init__(self, *, data: Path, host: str, port: int, demo: bool) -> None:
        self.data, self.host, self.port, self.demo = data.resolve(), host, port, demo
        self.env = dict(os.environ)
        self.children: list[Child] = []
        self.lock: IO[str] | None = None
        self.watchdog: Watchdog | None = None
        self.stopping = False

    def run(self) -> int:
        """Start, watch, stop."""
        self._take_lock()
        self._check_port()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        self.watchdog = Watchdog()
        try:
            self._start()
            return self._watch()
        except _Stopped:
            return 0
        finally:
            self._stop()

    # --- before anything starts --------------------------------------------------------------------------------------

    def _take_lock(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self.lock = (self.data / "lock").open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.lock.seek(0)
            pid = self.lock.read().strip() or "unknown"
            raise StackError(
                f"HuleEdu is already running on {self.data} (process {pid}). Stop it, or use another DATA folder."
            ) from error
        self.lock.truncate(0)
        self.lock.write(str(os.getpid()))
        self.lock.flush()

    def _check_port(self) -> None:
        with socket.socket(socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    message = f"Port {self.port} is taken. Stop what uses it, or choose another: make up PORT=8001"
                    raise StackError(message) from error
                raise StackError(f"Cannot listen on {self.host}:{self.port}: {error.strerror}.") from error

    # --- starting ----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        self._start_servers()
        self._set_environment()
        self._step("Preparing the database", "migrate", "--noinput", "--verbosity", "0")
        self._step("Preparing static files", "collectstatic", "--noinput", "--verbosity", "0")
        if self.demo:
            self._step("Checking the demo school", "demo", "--if-empty")
        python = [sys.executable, "-W", "ignore"]
        celery = [*python, "-m", "celery", "-A", "huleedu"]
        worker = ["worker", "--loglevel", "WARNING", "--concurrency", self.env.get("WORKERS", "2"), "--without-mingle"]
        self._launch("worker", [*celery, *worker, "--without-gossip"])
        beat = ["beat", "--loglevel", "WARNING", "--schedule", str(self.data / "beat-schedule"), "--pidfile", ""]
        self._launch("beat", [*celery, *beat])
        web = self._launch(
            "web",
            [*python, "-m", "uvicorn", "huleedu.asgi:application", "--host", self.host, "--port", str(self.port),
             "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "5", "--ws-max-size", "65536"],
        )  # fmt: skip
        began = time.monotonic()
        if not wait_for(self._ready, seconds=60, child=web):
            raise StackError(f"The web server did not become ready. See {self.data / 'web.log'}.")
        say(f"  web server ready ({time.monotonic() - began:.1f} s)")
        self._welcome()

    def _start_servers(self) -> None:
        assert self.watchdog is not None  # noqa: S101  (run() makes it)
        if "DATABASE_URL" not in os.environ:
            postgres = Postgres(self.data)
            began = time.monotonic()
            if postgres.initialise():
                say("  new PostgreSQL cluster made")
            self.children.append(postgres.start(self.watchdog))
            self.env["DATABASE_URL"] = postgres.url
            say(f"  PostgreSQL ready ({time.monotonic() - began:.1f} s), data in {postgres.data}")
        if "REDIS_URL" not in os.environ:
            valkey = Valkey(self.data)
            began = time.monotonic()
            self.children.append(valkey.start(self.watchdog))
            self.env["REDIS_URL"] = valkey.url
            say(f"  Valkey ready ({time.monotonic() - began:.1f} s)")

    def _set_environment(self) -> None:
        metrics = self.data / "metrics"
        metrics.mkdir(exist_ok=True)
        for old in metrics.glob("*.db"):
            old.unlink()
        defaults = {
            "SECRET_KEY": self._secret(),
            "DATA_DIR": str(self.data),
            "STATIC_ROOT": str(self.data / "static"),
            "PROMETHEUS_MULTIPROC_DIR": str(metrics),
            "DEBUG": "0",
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "huleedu.settings",
            "C_FORCE_ROOT": "1",
        }
        if self.env.get("SECRET_KEY") == "not-used-to-sign-anything":
            del self.env["SECRET_KEY"]
        for name, value in defaults.items():
            self.env.setdefault(name, value)
        if self.demo:
            self.env["DEMO"] = "1"

    def _secret(self) -> str:
        path = self.data / "secret-key"
        if not path.exists():
            with path.open("x", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
                file.write(secrets.token_urlsafe(50))
        return path.read_text().strip()

    def _step(self, text: str, *arguments: str) -> None:
        began = time.monotonic()
        command = [sys.executable, "-W", "ignore", "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            raise StackError(f"{text} failed:\n{(done.stderr or done.stdout).strip()}")
        say(f"  {text.lower()}: done ({time.monotonic() - began:.1f} s)")
        if done.stdout.strip():
            say(done.stdout.strip())

    def _launch(self, name: str, command: list[str]) -> Child:
        assert self.watchdog is not None  # noqa: S101
        with (self.data / f"{name}.log").open("ab") as log:
            child = Child(name, command, watchdog=self.watchdog, env=self.env, log=log, cwd=ROOT)
        self.children.append(child)
        return child

    def _ready(self) -> bool:
        host = "127.0.0.1" if self.host in ("0.0.0.0", "") else self.host  # noqa: S104  (compared, not bound)
        with suppress(OSError), urllib.request.urlopen(f"http://{host}:{self.port}/readyz", timeout=5) as answer:  # noqa: S310
            return bool(answer.status == 200)
        return False

    def _welcome(self) -> None:
        say(f"\nHuleEdu is running: http://{'localhost' if self.host == '127.0.0.1' else self.host}:{self.port}/")
        if self.demo:
            say("Sign in as teacher@demo.example with the password demo-teacher.")
        say(f"Logs are in {self.data}. Stop with Ctrl-C; the data is kept.")

    # --- running and stopping ----------------------------------------------------------------------------------------

    def _watch(self) -> int:
        while not self.stopping:
            for child in self.children:
                if not child.alive:
                    log = self.data / f"{child.name.lower()}.log"
                    say(f"\n{child.name} has stopped by itself (exit {child.process.returncode}). See {log}.")
                    return 1
            time.sleep(0.2)
        return 0

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.stopping:
            return
        self.stopping = True
        say("\nStopping …")
        raise _Stopped

    def _stop(self) -> None:
        self.stopping = True
        for child in reversed(self.children):
            child.stop(grace=15)
        if self.watchdog is not None:
            self.watchdog.close()
        if self.lock is not None:
            self.lock.close()
        say("Stopped. Your data is kept.")


class _Stopped(Exception):  # noqa: N818  (a wish, not an error)
    """The person wants it to stop."""
