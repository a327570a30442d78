"""PostgreSQL and Valkey as foreground children on unix sockets."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

import psycopg

from huleedu.devstack import places
from huleedu.devstack.errors import StackError
from huleedu.devstack.process import Child, Watchdog, wait_for

ROLE = DATABASE = "huleedu"

# `mod` with bound parameters and without parameter values: statements are on record, pupils' names are not (ADR 0007).
_LOGGING = {
    "log_statement": "mod",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests only: their data is thrown away."""


class Postgres:
    """PostgreSQL 18 in `data`/postgres. As root it runs as an unprivileged user."""

    def __init__(self, data: Path, *, quick: bool = False) -> None:
        self.user = places.service_user()
        self.bin = places.postgres_install(self.user) / "bin"
        self.data = places.postgres_data(data, self.user)
        self.socket = places.sockets(data) / "pg"
        self.quick = quick
        self.log = data / "postgres.log"

    @property
    def url(self) -> str:
        """DATABASE_URL of the product's database. An absolute path after the host's slash is django-environ's way."""
        return f"postgres://{ROLE}@/{self.socket}/{DATABASE}"

    def _owned(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self.user:
            os.chown(folder, self.user.uid, self.user.gid)
        folder.chmod(0o700)

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{self.bin}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.data)}

    def initialise(self) -> bool:
        """Make the cluster where there is none; True if it did. Half a cluster of an interrupted start is replaced."""
        if (self.data / "PG_VERSION").exists() and (self.data / "initialised").exists():
            return False
        if self.data.exists():
            shutil.rmtree(self.data)
        self._owned(self.data)
        command: list[str] = [
            str(self.bin / "initdb"), "-D", str(self.data), "-U", ROLE, "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", *(["--no-sync"] if self.quick else []),
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603
            command, env=self._environment(), capture_output=True, text=True, check=False, cwd="/",
            user=self.user.uid if self.user else None, group=self.user.gid if self.user else None,
            extra_groups=[] if self.user else None,
        )  # fmt: skip
        if done.returncode:
            raise StackError(f"PostgreSQL could not be set up in {self.data}:\n{done.stderr.strip()}")
        (self.data / "initialised").touch()
        return True

    def _remove_stale_pid(self) -> None:
        """After a crash the pid in postmaster.pid may by now be another program's, and PostgreSQL would refuse to start.

        We hold the stack's lock, so no server of ours runs: the file goes unless its process really is a postgres.
        """
        pid_file = self.data / "postmaster.pid"
        with suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text().splitlines()[0])
            listed = subprocess.run(["ps", "-p", str(pid), "-o", "comm="], capture_output=True, text=True, check=False)  # noqa: S603, S607
            if "postgres" not in listed.stdout:
                pid_file.unlink()
            else:
                raise StackError(f"A PostgreSQL already runs on {self.data} (process {pid}). Stop it first.")

    def start(self, watchdog: Watchdog) -> Child:
        """Start and wait until it answers; makes the database. Raises StackError with the end of its log."""
        self._owned(self.socket)
        self._remove_stale_pid()
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket),
            "max_connections": "200",
            "shared_buffers": "128MB",
            **_LOGGING,
            **(_QUICK if self.quick else {}),
        }
        command: list[str | Path] = [self.bin / "postgres", "-D", self.data]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            child = Child(
                "PostgreSQL", command, watchdog=watchdog, env=self._environment(), user=self.user,
                stop_signal=signal.SIGINT, log=log, cwd=Path("/"),
            )  # fmt: skip
        if not wait_for(self._answers, seconds=60, child=child):
            child.stop()
            raise StackError(f"PostgreSQL did not start. The end of {self.log}:\n{_tail(self.log)}")
        self._make_database()
        return child

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(host=str(self.socket), user=ROLE, dbname=database, autocommit=True, connect_timeout=2)

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _make_database(self) -> None:
        with self._connect("postgres") as connection, suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(f"CREATE DATABASE {DATABASE}")


class Valkey:
    """Valkey on a unix socket. Everything in it may be lost; it is kept on disk all the same."""

    def __init__(self, data: Path, *, quick: bool = False) -> None:
        self.data = data / "valkey"
        self.socket = places.sockets(data) / "valkey.sock"
        self.quick = quick
        self.log = data / "valkey.log"

    @property
    def url(self) -> str:
        """REDIS_URL."""
        return f"unix://{self.socket}?db=0"

    def start(self, watchdog: Watchdog) -> Child:
        """Start and wait until it answers. Raises StackError with the end of its log."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.unlink(missing_ok=True)
        command: list[str | Path] = [
            places.valkey_server(), "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--dir", self.data, "--appendonly", "no" if self.quick else "yes", "--save", "",
            "--maxmemory-policy", "noeviction", "--daemonize", "no",
        ]  # fmt: skip
        with self.log.open("ab") as log:
            child = Child("Valkey", command, watchdog=watchdog, log=log, cwd=self.data)
        if not wait_for(self._answers, seconds=20, child=child):
            child.stop()
            raise StackError(f"Valkey did not start. The end of {self.log}:\n{_tail(self.log)}")
        return child

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            try:
                client.connect(str(self.socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
            except OSError:
                return False


def _tail(path: Path, lines: int = 15) -> str:
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return "(no log)"
