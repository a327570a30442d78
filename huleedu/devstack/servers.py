"""PostgreSQL and Valkey as foreground children on unix sockets."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psycopg

from huleedu.devstack import places
from huleedu.devstack.errors import StackError
from huleedu.devstack.process import Child, Watchdog, never, open_log, tail, wait_for

ROLE = DATABASE = "huleedu"

# `mod` with bound parameters and without parameter values: statements are on record, students' names not (ADR 0007).
_LOGGING = {
    "log_statement": "mod",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
}
_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}
"""For tests only: their data is thrown away. Autovacuum would note that the tables are empty, as they are between two
tests, and the planner then takes 300 rows for one: a join of six tables took minutes."""


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
        """Make the cluster where there is none; True if it did. Raises StackError.

        Made beside its place and then renamed: what an interrupted start leaves is never taken for a cluster.
        """
        if (self.data / "PG_VERSION").exists():
            return False
        fresh = self.data.with_name("postgres.new")
        shutil.rmtree(fresh, ignore_errors=True)
        if not self.data.parent.exists():
            self.data.parent.mkdir(parents=True)
            self.data.parent.chmod(0o711)
        self._owned(fresh)
        command: list[str] = [
            str(self.bin / "initdb"), "-D", str(fresh), "-U", ROLE, "--auth=trust", "--encoding=UTF8",
            "--locale-provider=builtin", "--locale=C.UTF-8", *(["--no-sync"] if self.quick else []),
        ]  # fmt: skip
        done = subprocess.run(  # noqa: S603
            command, env=self._environment(), capture_output=True, text=True, check=False, cwd="/",
            user=self.user.uid if self.user else None, group=self.user.gid if self.user else None,
            extra_groups=[] if self.user else None,
        )  # fmt: skip
        if done.returncode:
            raise StackError(f"PostgreSQL could not be set up in {self.data}:\n{done.stderr.strip()}")
        try:
            fresh.rename(self.data)
        except OSError as error:
            raise StackError(f"{self.data} holds something that is no PostgreSQL data. Move it away.") from error
        return True

    def _remove_stale_pid(self) -> None:
        """After a crash the pid in postmaster.pid may be another program's by now, and PostgreSQL would not start.

        We hold the stack's lock, so no server of ours should run: the file goes unless its process serves this data.
        """
        pid_file = self.data / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        if _serves(pid, self.data):
            raise StackError(f"A PostgreSQL still runs on {self.data}. Stop it first: kill -INT {pid}")
        pid_file.unlink(missing_ok=True)

    def start(self, watchdog: Watchdog, *, unwanted: Callable[[], bool] = never) -> Child:
        """Start and wait until it answers; makes the database. Raises StackError with the end of its log.

        Gives up, by the same error, once `unwanted` is true.
        """
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
        with open_log(self.log) as log:
            child = Child(
                "PostgreSQL", command, watchdog=watchdog, env=self._environment(), user=self.user,
                stop_signal=signal.SIGINT, log=log, cwd=Path("/"),
            )  # fmt: skip
        if not wait_for(self._answers, seconds=60, child=child, unwanted=unwanted):
            child.stop()
            raise StackError(f"PostgreSQL did not start. The end of {self.log}:\n{tail(self.log)}")
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

    def start(self, watchdog: Watchdog, *, unwanted: Callable[[], bool] = never) -> Child:
        """Start and wait until it answers or is `unwanted`. Raises StackError with the end of its log."""
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.socket.unlink(missing_ok=True)
        command: list[str | Path] = [
            places.valkey_server(), "--port", "0", "--unixsocket", self.socket, "--unixsocketperm", "700",
            "--dir", self.data, "--appendonly", "no" if self.quick else "yes", "--save", "",
            "--maxmemory-policy", "noeviction", "--daemonize", "no",
        ]  # fmt: skip
        with open_log(self.log) as log:
            child = Child("Valkey", command, watchdog=watchdog, log=log, cwd=self.data)
        if not wait_for(self._answers, seconds=20, child=child, unwanted=unwanted):
            child.stop()
            raise StackError(f"Valkey did not start. The end of {self.log}:\n{tail(self.log)}")
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


def _serves(pid: int, data: Path) -> bool:
    """Whether process `pid` is a PostgreSQL on `data` (it works in its data folder); on macOS: any PostgreSQL."""
    process = Path(f"/proc/{pid}")
    if Path("/proc/self/comm").exists():
        with suppress(OSError):
            return (process / "comm").read_text().strip() == "postgres" and (process / "cwd").samefile(data)
        return False
    command = ["/bin/ps", "-p", str(pid), "-o", "comm="]
    listed = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return Path(listed.stdout.strip()).name == "postgres"
