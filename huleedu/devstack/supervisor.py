"""Starting everything in order, watching it, stopping it in reverse."""

from __future__ import annotations

import errno
import fcntl
import http.client
import os
import secrets
import shlex
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

from huleedu.devstack import places
from huleedu.devstack.environment import forget_environment, keep_environment
from huleedu.devstack.errors import StackError
from huleedu.devstack.process import Child, Watchdog, open_log, tail, wait_for
from huleedu.devstack.servers import Postgres, Valkey

ROOT = Path(__file__).resolve().parents[2]
PLACEHOLDER = "not-used-to-sign-anything"
"""What manage.py gives commands that need no SECRET_KEY: never passed on."""
GRACE = 8.0
"""Seconds for the web server, the worker and beat together to end what they are doing."""


def say(text: str) -> None:
    """A line for the person at the terminal, who may have closed it."""
    with suppress(OSError):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


class Stack:
    """One running copy of the product. `run()` blocks until it is stopped and returns the exit status."""

    def __init__(self, *, data: Path, host: str, port: int, demo: bool) -> None:
        self.data, self.host, self.port, self.demo = data.resolve(), host, port, demo
        self.env = dict(os.environ)
        self.servers: list[Child] = []
        self.programs: list[Child] = []
        self.stopping = False

    def run(self) -> int:
        """Start, watch, stop. Raises StackError when something is not fit."""
        self._refuse_open_demo()
        places.make_data(self.data)
        with self._take_lock():
            self._check_port()
            # The handler only takes note: what is being started is always known to the watchdog and to `_stop`.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, self._on_signal)
            self.watchdog = Watchdog()
            try:
                self._start()
                return self._watch()
            except (StackError, BrokenPipeError) as error:
                if self.stopping:
                    return 0
                if isinstance(error, BrokenPipeError):
                    raise StackError("The watchdog was killed.") from error
                raise
            finally:
                self._stop()

    # --- before anything starts --------------------------------------------------------------------------------------

    def _take_lock(self) -> IO[str]:
        try:
            lock = (self.data / "lock").open("a+")
        except OSError as error:
            raise StackError(f"{self.data} belongs to another user. Use another DATA folder.") from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            pid = lock.read().strip() or "unknown"
            lock.close()
            raise StackError(
                f"HuleEdu is already running on {self.data} (process {pid}). Stop it, or use another DATA folder."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        return lock

    def _refuse_open_demo(self) -> None:
        """Everybody knows the passwords of the demo school. Raises StackError where others could reach it unasked."""
        if self.demo and self.host not in ("127.0.0.1", "::1", "localhost") and self.env.get("DEMO") != "1":
            raise StackError(
                f"With the address {self.host} others can reach the demo school, whose passwords everybody knows. "
                "Leave it out (make up ARGS=--no-demo), or say that you mean it (DEMO=1)."
            )

    def _check_port(self) -> None:
        with socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OverflowError as error:
                raise StackError(f"{self.port} is no port: choose one from 1024 to 65535.") from error
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    message = f"Port {self.port} is taken. Stop what uses it, or choose another: {self._elsewhere()}"
                    raise StackError(message) from error
                raise StackError(f"Cannot listen on {self.host} port {self.port}: {error.strerror}.") from error

    def _elsewhere(self) -> str:
        """The command that starts the same on the next port."""
        data = "" if self.data == (ROOT / ".data").resolve() else f" DATA={shlex.quote(str(self.data))}"
        return f"make up PORT={self.port + 1}{data}{'' if self.demo else ' ARGS=--no-demo'}"

    # --- starting ----------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        began = time.monotonic()
        self._start_servers()
        self._set_environment()
        static = self._command("collectstatic", "--noinput", "--verbosity", "0")
        try:
            untimed = {"DB_STATEMENT_SECONDS": "0", "DB_IDLE_SECONDS": "0"}
            self._finish(self._command("migrate", "--noinput", "--verbosity", "0", **untimed), "database migrated")
            made = self.data / "demo-made"
            if self.demo and not made.exists():
                self._finish(self._command("demo", "--if-empty"), "demo school made")
                made.touch()
            self._finish(static, "static files gathered")
        finally:
            static.stop(grace=2)
        self._start_programs()
        self._welcome(time.monotonic() - began)

    def _start_servers(self) -> None:
        if "DATABASE_URL" not in os.environ:
            postgres = Postgres(self.data)
            began = time.monotonic()
            if postgres.initialise():
                say("  new PostgreSQL cluster made")
            self.servers.append(postgres.start(self.watchdog, unwanted=self._unwanted))
            self.env["DATABASE_URL"] = postgres.url
            say(f"  PostgreSQL ready ({time.monotonic() - began:.1f} s), data in {postgres.data}")
        if "REDIS_URL" not in os.environ:
            valkey = Valkey(self.data)
            began = time.monotonic()
            self.servers.append(valkey.start(self.watchdog, unwanted=self._unwanted))
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
            "PUBLIC_URL": f"http://{self._address()}",
            "EMAIL_URL": f"filemail:///{self.data / 'mail'}",  # letters hold addresses and links: not for a log
            "DJANGO_SETTINGS_MODULE": "huleedu.settings",
            "C_FORCE_ROOT": "1",
        }
        if self.env.get("SECRET_KEY") == PLACEHOLDER:
            del self.env["SECRET_KEY"]
        for name, value in defaults.items():
            self.env.setdefault(name, value)
        if "ALLOWED_HOSTS" in self.env:  # the supervisor itself asks on this address whether the server is ready
            self.env["ALLOWED_HOSTS"] += f",{self._own_address()}"
        if self.demo:
            self.env["DEMO"] = "1"
        keep_environment(self.data, self.env)

    def _secret(self) -> str:
        path = self.data / "secret-key"
        path.touch(mode=0o600)
        if not path.read_text().strip():
            path.write_text(secrets.token_urlsafe(50))
        return path.read_text().strip()

    def _command(self, *arguments: str, **settings: str) -> Child:
        """Start a management command, with some settings of its own."""
        log = self.data / f"{arguments[0]}.log"
        log.unlink(missing_ok=True)
        return self._spawn(arguments[0], [sys.executable, "-W", "ignore", "manage.py", *arguments], log=log, **settings)

    def _finish(self, command: Child, text: str) -> None:
        """Wait for a management command. Raises StackError with what it said when it fails or we are to stop."""
        began = time.monotonic()
        while command.alive and not self.stopping:
            time.sleep(0.02)
        command.stop(grace=5)
        if command.process.returncode:
            said = tail(self.data / f"{command.name}.log", 40)
            raise StackError(f"`manage.py {command.name}` failed:\n{said}")
        say(f"  {text} ({time.monotonic() - began:.1f} s)")

    def _start_programs(self) -> None:
        python = [sys.executable, "-W", "ignore", "-m"]
        celery = [*python, "celery", "-A", "huleedu"]
        worker = ["worker", "--loglevel", "WARNING", "--concurrency", self.env.get("WORKERS", "2"), "--without-mingle"]
        beat = ["beat", "--loglevel", "WARNING", "--schedule", str(self.data / "beat-schedule"), "--pidfile", ""]
        uvicorn = [
            *python, "uvicorn", "huleedu.asgi:application", "--host", self.host, "--port", str(self.port),
            "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "5", "--ws-max-size", "65536",
            "--no-proxy-headers",  # X-Forwarded-For is anybody's to write: the settings say whose counts
        ]  # fmt: skip
        began = time.monotonic()
        self._launch("web", uvicorn)
        if not wait_for(self._ready, seconds=90, child=self.programs[0], unwanted=self._unwanted):
            log = self.data / "web.log"
            raise StackError(f"The web server did not become ready. The end of {log}:\n{tail(log)}")
        say(f"  web server ready ({time.monotonic() - began:.1f} s)")
        self._launch("worker", [*celery, *worker, "--without-gossip"])
        self._launch("beat", [*celery, *beat])

    def _launch(self, name: str, command: list[str]) -> None:
        self.programs.append(self._spawn(name, command, log=self.data / f"{name}.log"))

    def _spawn(self, name: str, command: list[str], *, log: Path, **settings: str) -> Child:
        with open_log(log) as file:
            return Child(name, command, watchdog=self.watchdog, env={**self.env, **settings}, log=file, cwd=ROOT)

    def _own_address(self) -> str:
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  (compared, not bound)

    def _ready(self) -> bool:
        connection = http.client.HTTPConnection(self._own_address(), self.port, timeout=5)
        with suppress(OSError, http.client.HTTPException):
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.HTTPStatus.OK
        return False

    def _unwanted(self) -> bool:
        return self.stopping

    def _welcome(self, seconds: float) -> None:
        say(f"\nHuleEdu is running (started in {seconds:.0f} s): http://{self._address()}/")
        if self.demo:
            say("Sign in as teacher@demo.example with the password demo-teacher.")
        say(f"Logs are in {self.data}, letters in {self.data / 'mail'}. Stop with Ctrl-C; the data is kept.")

    def _address(self) -> str:
        host = "localhost" if self.host in ("127.0.0.1", "0.0.0.0") else self.host  # noqa: S104  (compared, not bound)
        return f"[{host}]:{self.port}" if ":" in host else f"{host}:{self.port}"

    # --- running and stopping ----------------------------------------------------------------------------------------

    def _watch(self) -> int:
        while not self.stopping:
            for child in (*self.servers, *self.programs):
                if not child.alive:
                    log = self.data / f"{child.name.lower()}.log"
                    say(f"\n{child.name} has stopped by itself (exit {child.process.returncode}). See {log}.")
                    return 1
            if not self.watchdog.alive:
                say("\nThe watchdog was killed.")
                return 1
            time.sleep(0.2)
        return 0

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if not self.stopping:
            self.stopping = True
            say("\nStopping …")

    def _stop(self) -> None:
        self.stopping = True
        for child in self.programs:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE
        for child in self.programs:
            child.stop(grace=max(0.0, deadline - time.monotonic()))
        for child in reversed(self.servers):
            child.stop()
        forget_environment(self.data)
        self.watchdog.close()
        say("Stopped. The data is kept.")
