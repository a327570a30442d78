"""PostgreSQL and Valkey by themselves: stale pid files, interrupted set-ups, logs, and the watchdog."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from huleedu.devstack import places
from huleedu.devstack.errors import StackError
from huleedu.devstack.process import LOG_BYTES, Child, Watchdog, open_log
from huleedu.devstack.servers import Postgres, Valkey
from huleedu.devstack.tests.running import eventually


@pytest.fixture
def data() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="huleedu-servers-", dir="/tmp"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)
    shutil.rmtree(places.sockets(folder))


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    watchdog = Watchdog()
    yield watchdog
    watchdog.close()


def _foreign_process(user: places.ServiceUser | None) -> subprocess.Popen[bytes]:
    """A living process of PostgreSQL's own user that is no PostgreSQL."""
    return subprocess.Popen(["/bin/sleep", "60"], user=user.uid if user else None, cwd="/")


def test_a_stale_pid_file_that_names_a_living_process_is_no_hindrance(data: Path, watchdog: Watchdog) -> None:
    postgres = Postgres(data, quick=True)
    assert postgres.initialise()
    sleeper = _foreign_process(postgres.user)
    try:
        (postgres.data / "postmaster.pid").write_text(f"{sleeper.pid}\n{postgres.data}\n1\n5432\n{postgres.socket}\n")
        server = postgres.start(watchdog)
        server.stop()
    finally:
        sleeper.kill()
        sleeper.wait()
    assert server.process.returncode == 0


def test_a_server_that_still_runs_on_the_data_is_named(data: Path, watchdog: Watchdog) -> None:
    postgres = Postgres(data, quick=True)
    postgres.initialise()
    server = postgres.start(watchdog)
    with pytest.raises(StackError, match=f"kill -INT {server.process.pid}"):
        postgres.start(watchdog)
    assert server.alive
    server.stop()


def test_a_half_made_cluster_is_made_anew_and_a_whole_one_is_kept(data: Path) -> None:
    postgres = Postgres(data, quick=True)
    half = postgres.data.with_name("postgres.new")
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    assert postgres.initialise() is True
    assert not half.exists()
    assert postgres.initialise() is False


def test_what_is_no_cluster_is_not_overwritten(data: Path) -> None:
    postgres = Postgres(data, quick=True)
    postgres.data.mkdir(parents=True)
    (postgres.data / "thesis.txt").write_text("ten years of work")
    with pytest.raises(StackError, match="no PostgreSQL data"):
        postgres.initialise()
    assert (postgres.data / "thesis.txt").read_text() == "ten years of work"


def test_the_statement_log_shows_no_value(data: Path, watchdog: Watchdog) -> None:
    postgres = Postgres(data, quick=True)
    postgres.initialise()
    server = postgres.start(watchdog)
    with psycopg.connect(host=str(postgres.socket), user="huleedu", dbname="huleedu", autocommit=True) as connection:
        connection.execute("CREATE TABLE pupils (name text UNIQUE)")
        connection.execute("INSERT INTO pupils VALUES (%s)", ["Rut Testsson"])
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO pupils VALUES (%s)", ["Rut Testsson"])
    server.stop()
    log = postgres.log.read_text()
    assert "INSERT INTO pupils VALUES ($1)" in log
    assert "duplicate key" in log
    assert "Testsson" not in log


def test_valkey_answers_and_stops(data: Path, watchdog: Watchdog) -> None:
    server = Valkey(data, quick=True).start(watchdog)
    assert server.alive
    server.stop()
    assert not server.alive


def test_the_watchdog_stops_children_when_its_creator_is_killed() -> None:
    script = (
        "import time; from huleedu.devstack.process import Child, Watchdog\n"
        "child = Child('sleeper', ['/bin/sleep', '60'], watchdog=Watchdog())\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as creator:
        assert creator.stdout is not None
        sleeper = int(creator.stdout.readline())
        creator.kill()
    assert eventually(lambda: not _runs(sleeper), seconds=5)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2][:3] if Path("/proc").is_dir() else True


def test_a_child_that_ignores_the_signal_is_killed(watchdog: Watchdog) -> None:
    script = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    with tempfile.TemporaryFile() as log:
        child = Child("deaf", [sys.executable, "-c", script], watchdog=watchdog, log=log)
        assert eventually(lambda: os.fstat(log.fileno()).st_size, seconds=10)
        child.stop(grace=0.2)
    assert child.process.returncode == -signal.SIGKILL


def test_a_large_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    with log.open("wb") as file:
        file.truncate(LOG_BYTES + 1)
    open_log(log).close()
    assert log.stat().st_size == 0
    assert log.with_name("web.log.1").stat().st_size == LOG_BYTES + 1


def test_the_data_folder_is_private(tmp_path: Path) -> None:
    places.make_data(tmp_path / "a" / "data")
    assert (tmp_path / "a" / "data").stat().st_mode & 0o077 == (0o011 if os.geteuid() == 0 else 0)
