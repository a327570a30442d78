"""`manage.py up`, with real servers: what it refuses, what it survives, what it leaves behind (nothing)."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import psycopg
import pytest

from huleedu.devstack.errors import StackError
from huleedu.devstack.places import sockets
from huleedu.devstack.supervisor import Stack
from huleedu.devstack.tests.running import Running, eventually, free_port, processes_of

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks processes up in /proc")

Up = Callable[..., Running]


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder with a space and a letter beyond ASCII in its path, where PostgreSQL's user may go."""
    parent = Path(tempfile.mkdtemp(prefix="huleedu-up-", dir="/tmp"))
    parent.chmod(0o711)
    folder = parent / "på en disk"
    yield folder
    shutil.rmtree(parent)
    shutil.rmtree(sockets(folder))


@pytest.fixture
def up(data: Path) -> Iterator[Up]:
    """`up(data=…, port=…)`: start a stack; whatever still runs at the end is killed."""
    running = []

    def start(*, folder: Path = data, port: int | None = None) -> Running:
        running.append(Running(folder, port=port))
        return running[-1]

    yield start
    for stack in running:
        stack.clear()


def _remember(data: Path, value: str | None = None) -> list[str]:
    """Write a value into the stack's database, or read all of them."""
    with psycopg.connect(host=str(sockets(data) / "pg"), user="huleedu", dbname="huleedu") as connection:
        if value is not None:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (value text)")
            connection.execute("INSERT INTO kept VALUES (%s)", [value])
        return [row[0] for row in connection.execute("SELECT value FROM kept")]


def _command(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A management command as an operator types it, who knows of nothing but the data folder."""
    known = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    command = [sys.executable, "-W", "ignore", "manage.py", *arguments]
    return subprocess.run(
        command, cwd=ROOT, env={**known, "DATA_DIR": str(data)}, capture_output=True, text=True, check=False, timeout=60
    )


def test_a_running_stack_keeps_others_out_and_stops_at_ctrl_c(up: Up, data: Path) -> None:
    stack = up()
    assert stack.says("HuleEdu is running"), stack.printed()
    with urlopen(f"http://127.0.0.1:{stack.port}/readyz", timeout=5) as answer:
        assert answer.status == 200

    with pytest.raises(StackError, match=rf"already running on {data} \(process {stack.process.pid}\)"):
        Stack(data=data, host="127.0.0.1", port=free_port(), demo=False).run()
    another = data.with_name("another")
    again = f"Port {stack.port} is taken.*: make up PORT={stack.port + 1} DATA={another} ARGS=--no-demo$"
    with pytest.raises(StackError, match=again):
        Stack(data=another, host="127.0.0.1", port=stack.port, demo=False).run()

    assert _command(data, "check_invariants").returncode == 0
    invited = _command(data, "create_teacher", "new@school.example")
    assert f"http://localhost:{stack.port}/" in invited.stdout, invited.stderr

    stack.interrupt()
    assert stack.says("Stopping")
    stack.interrupt()
    assert stack.ended(seconds=20) == 0
    assert stack.printed().count("Stopping") == 1
    assert "Traceback" not in stack.printed()
    assert processes_of(data) == []
    assert "SECRET_KEY" in _command(data, "check_invariants").stderr


def test_a_killed_server_stops_the_stack_and_a_killed_supervisor_leaves_nothing(up: Up, data: Path) -> None:
    stack = up()
    assert stack.says("HuleEdu is running"), stack.printed()
    _remember(data, "before the first kill")
    os.kill(stack.child("bin/postgres"), signal.SIGKILL)
    assert stack.ended() == 1
    assert "PostgreSQL has stopped by itself (exit -9)" in stack.printed()
    assert eventually(lambda: not processes_of(data), seconds=5)

    again = up()
    assert again.says("HuleEdu is running"), again.printed()
    assert _remember(data, "before the second kill") == ["before the first kill", "before the second kill"]
    again.process.kill()
    assert eventually(lambda: not processes_of(data), seconds=10), processes_of(data)

    last = up()
    assert last.says("PostgreSQL ready"), last.printed()
    assert _remember(data) == ["before the first kill", "before the second kill"]
    last.process.terminate()  # while it starts
    assert last.ended() == 0
    assert processes_of(data) == []


def test_a_killed_watchdog_stops_the_stack(up: Up, data: Path) -> None:
    stack = up()
    assert stack.says("PostgreSQL ready"), stack.printed()
    watchdog = next(
        int(entry.name)
        for entry in Path("/proc").iterdir()
        if entry.name.isdigit() and _parent(entry) == stack.process.pid and b"watchdog.py" in _command_line(entry)
    )
    os.kill(watchdog, signal.SIGKILL)
    assert stack.ended(seconds=60) == 1
    assert "The watchdog was killed" in stack.printed()
    assert processes_of(data) == []


def _parent(entry: Path) -> int:
    try:
        return int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def _command_line(entry: Path) -> bytes:
    try:
        return (entry / "cmdline").read_bytes()
    except OSError:
        return b""


def test_what_is_no_folder_or_no_port_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match="is no folder that you may write in"):
        Stack(data=tmp_path / "file", host="127.0.0.1", port=free_port(), demo=False).run()
    with pytest.raises(StackError, match="99999 is no port"):
        Stack(data=tmp_path / "data", host="127.0.0.1", port=99999, demo=False).run()
    with pytest.raises(StackError, match=r"Cannot listen on 192\.0\.2\.1"):
        Stack(data=tmp_path / "data", host="192.0.2.1", port=free_port(), demo=False).run()


def test_the_demo_school_is_not_shown_to_others_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DEMO", raising=False)
    with pytest.raises(StackError, match="demo school"):
        Stack(data=tmp_path / "data", host="0.0.0.0", port=1, demo=True).run()  # noqa: S104
    assert not (tmp_path / "data").exists()
