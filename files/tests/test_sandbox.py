"""The reader process and its children as real processes: what they may not do, and who outlives whom.

A hostile reader is put in place of the real one in a copy of the server that runs only in these tests.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from files import sandbox
from files.extraction.child import landlock_version
from files.extraction.limits import Limits
from files.sandbox import ReaderProcess, ReaderUnavailableError, read_file
from files.tests.hostile import HOSTILE

ROOT = Path(sandbox.__file__).resolve().parents[1]
IS_ROOT = os.geteuid() == 0
NOBODY = 65534
READ = {"kind": "read"}
PIPE = "next(fd for fd in range(3, 64) if attempt(lambda: os.fstat(fd)).startswith('os.'))"
"""Within a child: the descriptor its answer goes to."""


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Iterator[ReaderProcess]:
    """A reader process whose reader obeys files that begin with `!`."""
    real = subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        return real([sys.executable, "-c", HOSTILE], **options)

    monkeypatch.setattr(sandbox.subprocess, "Popen", start)
    process = ReaderProcess()
    yield process
    process.close()


@pytest.fixture
def ask(reader: ReaderProcess, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """`ask(expression)`: evaluate it inside a child and give the answer."""

    def run(expression: str, **limits: int) -> dict[str, Any]:
        path = tmp_path / "order.txt"
        path.write_text(expression if expression.startswith("Det") else f"!{expression}")
        return reader.read(path, name="order.txt", limits=Limits(**limits), job=READ)

    return run


def said(answer: dict[str, Any]) -> str:
    text: str = answer["document"]["text"]
    return text


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool], *, seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


# --- limits ----------------------------------------------------------------------------------------------------------


def test_memory_hog(ask: Callable[..., dict[str, Any]]) -> None:
    answer = ask("len(b'x' * 2_000_000_000)")
    assert (answer["status"], answer["problem"]) == ("failed", "out_of_memory")
    answer = ask("[bytearray(10_000_000) for _ in iter(int, 1)]", memory_mb=300)
    assert answer["problem"] == "out_of_memory"
    assert answer["max_rss_mb"] < 300


def test_endless_loop_and_endless_sleep(ask: Callable[..., dict[str, Any]]) -> None:
    for order in ("[0 for _ in iter(int, 1)]", "time.sleep(3600)", f"(os.close({PIPE}), time.sleep(3600))"):
        answer = ask(order, wall_seconds=1)
        assert answer["problem"] in ("parse_timeout", "too_complex"), order
        assert answer["seconds"] < 3
    answer = ask("[0 for _ in iter(int, 1)]", cpu_seconds=1, wall_seconds=10)
    assert answer["problem"] == "parse_timeout"
    assert answer["seconds"] < 5


def test_a_deaf_child_is_killed(ask: Callable[..., dict[str, Any]]) -> None:
    answer = ask("(signal.signal(signal.SIGTERM, signal.SIG_IGN), signal.alarm(0), time.sleep(3600))", wall_seconds=1)
    assert answer["problem"] == "parse_timeout"


@pytest.mark.parametrize(
    "crime",
    [
        "os.fork()",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "os.execv('/bin/true', ['true'])",
        "__import__('threading').Thread(target=print).start()",
        "open('/etc/passwd').read()",
        "open('/tmp/huleedu-crime', 'w').write('x')",
        "os.mkdir('/tmp/huleedu-crime')",
        "os.listdir('/')",
        "os.pipe()",
        "os.dup(1)",
        "socket.socket()",
        "socket.socketpair()",
    ],
)
def test_a_child_may_do_nothing_but_compute(ask: Callable[..., dict[str, Any]], crime: str) -> None:
    assert "Error: " in said(ask(f"attempt(lambda: {crime})"))
    assert not Path(tempfile.gettempdir(), "huleedu-crime").exists()


def test_a_child_may_not_remove_or_rename_what_its_user_owns(
    ask: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    if not (IS_ROOT or landlock_version()):
        pytest.skip("neither root nor a kernel with Landlock")
    for parent in (tmp_path, tmp_path.parent):
        parent.chmod(0o777)
    target = tmp_path / "target"
    target.write_text("x")
    if IS_ROOT:
        os.chown(target, NOBODY, NOBODY)
    for crime in (
        f"os.unlink({str(target)!r})",
        f"os.rename({str(target)!r}, {str(target) + '2'!r})",
        f"os.truncate({str(target)!r}, 0)",
    ):
        assert "Error: " in said(ask(f"attempt(lambda: {crime})"))
    assert target.read_text() == "x"


def test_a_child_may_not_signal_others(ask: Callable[..., dict[str, Any]]) -> None:
    if not (IS_ROOT or landlock_version() >= 6):
        pytest.skip("neither root nor a kernel with scoped signals")
    assert "PermissionError" in said(ask(f"attempt(lambda: os.kill({os.getpid()}, 0))"))
    assert "PermissionError" in said(ask("attempt(lambda: os.kill(os.getppid(), 9))"))


def test_the_child_sees_nothing_of_its_owner(
    ask: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CANARY", "kanariefågel")
    assert said(ask("dict(os.environ)")) == "{}"
    assert said(ask("os.getcwd()")) == "/"
    assert said(ask("os.getsid(0) == os.getpid()")) == "True"
    assert len(said(ask("[fd for fd in range(64) if attempt(lambda: os.fstat(fd)).startswith('os.')]")).split()) == 4


def test_limits_are_really_set(ask: Callable[..., dict[str, Any]]) -> None:
    kinds = ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE")
    answer = said(
        ask(f"[resource.getrlimit(getattr(resource, 'RLIMIT_' + k)) for k in {kinds!r}]", memory_mb=700, cpu_seconds=7)
    )
    memory = 700 * 1024 * 1024
    assert answer == repr([(memory, memory), (7, 8), (0, 0), (0, 0), (0, 0), (0, 0)])


@pytest.mark.skipif(not IS_ROOT, reason="only root has rights to drop")
def test_root_is_dropped(ask: Callable[..., dict[str, Any]]) -> None:
    assert said(ask("(os.getresuid(), os.getresgid(), os.getgroups())")) == repr(((NOBODY,) * 3, (NOBODY,) * 3, []))
    assert "PermissionError" in said(ask("attempt(lambda: os.setuid(0))"))


# --- answers ---------------------------------------------------------------------------------------------------------


def test_a_child_that_talks_without_end(ask: Callable[..., dict[str, Any]]) -> None:
    answer = ask(f"[os.write({PIPE}, b'x' * 100_000) for _ in iter(int, 1)]")
    assert (answer["status"], answer["problem"]) == ("rejected", "too_long")


@pytest.mark.parametrize(
    "lie", ['{"status": "read"', '{"status": "read", "document": {"text": 3}}', "[]", '{"status": 1}', "null", '"x"']
)
def test_a_child_that_lies(reader: ReaderProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lie: str) -> None:
    monkeypatch.setattr(sandbox, "_readers", reader)
    path = tmp_path / "lie.txt"
    path.write_text(f"!(os.write({PIPE}, {lie.encode()!r}), os._exit(0))")
    result = read_file(path, name="lie.txt")
    assert result.status in ("failed", "rejected")
    assert result.problem in ("corrupt", "too_complex")


def test_a_reader_with_a_mistake_in_it_is_a_damaged_file(ask: Callable[..., dict[str, Any]]) -> None:
    answer = ask("1 / 0")
    assert (answer["status"], answer["problem"]) == ("failed", "corrupt")


def test_a_crash_in_a_library_is_told_and_the_next_file_is_read(ask: Callable[..., dict[str, Any]]) -> None:
    for order in ("ctypes.string_at(0)", "os._exit(7)", "os.abort()"):
        answer = ask(order)
        assert (answer["status"], answer["problem"]) == ("failed", "too_complex")
    assert said(ask("Det går bra")) == "Det går bra"


def test_a_file_that_is_not_there(reader: ReaderProcess, tmp_path: Path) -> None:
    answer = reader.read(tmp_path / "gone.bin", name="gone.txt", limits=Limits(), job=READ)
    assert (answer["status"], answer["problem"]) == ("failed", "corrupt")


class TimeIsUp(Exception):  # noqa: N818  (as Celery's SoftTimeLimitExceeded: raised by a signal, wherever one waits)
    pass


def test_who_is_interrupted_never_gets_another_files_text(
    ask: Callable[..., dict[str, Any]], reader: ReaderProcess
) -> None:
    """Whatever is raised while an answer is awaited: the next question gets its own."""

    def ring(*_args: object) -> None:
        raise TimeIsUp

    assert said(ask("Det går bra")) == "Det går bra"
    before = signal.signal(signal.SIGALRM, ring)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(TimeIsUp):
            ask("(time.sleep(0.6), 'ALVA')[1]")
    finally:
        signal.signal(signal.SIGALRM, before)
    assert reader._process is None
    assert said(ask("'YUSUF'")) == "YUSUF"
    assert said(ask("'EMIL'")) == "EMIL"


def test_an_answer_to_another_question_is_not_taken(ask: Callable[..., dict[str, Any]], reader: ReaderProcess) -> None:
    """One that is left in the pipe, however it came there, costs its reader its life and no file its text."""
    assert said(ask("'EMIL'")) == "EMIL"
    assert reader._process is not None
    assert reader._process.stdin is not None
    left = {"path": "/dev/null", "name": "a.txt", "limits": Limits().as_json(), "job": READ, "nonce": "another"}
    reader._process.stdin.write(json.dumps(left).encode() + b"\n")
    reader._process.stdin.flush()
    assert said(ask("'YUSUF'")) == "YUSUF"


# --- deaths ----------------------------------------------------------------------------------------------------------


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.fixture
def slow(reader: ReaderProcess, tmp_path: Path) -> Callable[[], tuple[threading.Thread, list[Any], int, int]]:
    """Start reading a file that never ends; gives the thread, its answers, the reader's pid and the child's."""

    def start() -> tuple[threading.Thread, list[Any], int, int]:
        path = tmp_path / "slow.txt"
        path.write_text("!time.sleep(3600)")
        answers: list[Any] = []

        def read() -> None:
            try:
                answers.append(reader.read(path, name="slow.txt", limits=Limits(wall_seconds=4), job=READ))
            except ReaderUnavailableError as error:
                answers.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        assert wait_until(lambda: reader._process is not None and bool(children_of(reader._process.pid)))
        assert reader._process is not None
        return thread, answers, reader._process.pid, children_of(reader._process.pid)[0]

    return start


def test_a_killed_child_gets_another_try(slow: Any) -> None:
    thread, answers, server, child = slow()
    os.kill(child, signal.SIGKILL)
    assert wait_until(lambda: bool(set(children_of(server)) - {child}))
    thread.join(20)
    assert answers[0]["problem"] == "parse_timeout"
    assert answers[0]["seconds"] < 6


def test_a_child_killed_every_time_is_given_up(slow: Any) -> None:
    thread, answers, server, _child = slow()
    while thread.is_alive():
        for child in children_of(server):
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        thread.join(0.02)
    assert (answers[0]["status"], answers[0]["problem"]) == ("failed", "out_of_memory")


def test_a_child_that_died_while_it_waited_costs_no_file(slow: Any, ask: Callable[..., dict[str, Any]]) -> None:
    thread, answers, server, _child = slow()
    assert wait_until(lambda: len(children_of(server)) == 2)
    waiting = children_of(server)[1]
    os.kill(waiting, signal.SIGKILL)
    thread.join(20)
    assert answers[0]["problem"] == "parse_timeout"
    assert said(ask("Det går bra")) == "Det går bra"


def test_a_killed_reader_takes_its_child_along_and_the_next_file_is_read(
    slow: Any, ask: Callable[..., dict[str, Any]]
) -> None:
    thread, answers, server, child = slow()
    os.kill(server, signal.SIGKILL)
    assert wait_until(lambda: not alive(child))
    thread.join(30)
    # The same file is asked for once more, of a new reader.
    assert answers[0]["problem"] == "parse_timeout"
    assert said(ask("Det går bra")) == "Det går bra"


def test_a_stopped_reader_is_replaced(
    slow: Any, ask: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_MARGIN", 0.5)
    thread, answers, server, child = slow()
    os.kill(server, signal.SIGSTOP)
    thread.join(30)
    assert answers
    assert wait_until(lambda: not alive(server) and not alive(child))
    assert said(ask("Det går bra")) == "Det går bra"


def test_no_reader_to_be_had(reader: ReaderProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: Any, **_options: Any) -> Any:
        raise OSError

    monkeypatch.setattr(sandbox.subprocess, "Popen", refuse)
    with pytest.raises(ReaderUnavailableError):
        reader.read(tmp_path / "a.txt", name="a.txt", limits=Limits(), job=READ)


OWNER = """
import sys, time
from pathlib import Path
from files import sandbox
from files.extraction.limits import Limits
real = sandbox.subprocess.Popen
sandbox.subprocess.Popen = lambda command, **options: real([sys.executable, "-c", sys.argv[2]], **options)
reader = sandbox.ReaderProcess()
path = Path(sys.argv[1])
path.write_text("Det går bra")
status = reader.read(path, name="a.txt", limits=Limits(), job={"kind": "read"})["status"]
print(">", status, reader._process.pid, flush=True)
path.write_text(sys.argv[3])
reader.read(path, name="a.txt", limits=Limits(), job={"kind": "read"})
time.sleep(60)
"""


@pytest.mark.parametrize("order", ["!time.sleep(60)", "Det går bra"], ids=["busy", "idle"])
def test_nothing_outlives_a_killed_worker(tmp_path: Path, order: str) -> None:
    command = [sys.executable, "-c", OWNER, str(tmp_path / "a.txt"), HOSTILE, order]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        _sign, status, server = next(line for line in owner.stdout if line.startswith(">")).split()
        assert status == "read"
        assert wait_until(lambda: bool(children_of(int(server))))
        children = children_of(int(server))
        owner.kill()
    assert wait_until(lambda: not alive(int(server)))
    assert wait_until(lambda: not any(map(alive, children)))


def test_thirty_files_do_not_leave_anything_behind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Det går bra")
    process = ReaderProcess()
    try:
        for _file in range(30):
            assert process.read(path, name="a.txt", limits=Limits(), job=READ)["status"] == "read"
        assert process._process is not None
        server = process._process.pid
        # Nothing but the child that waits for the next file.
        assert wait_until(lambda: len(children_of(server)) == 1)
        assert len(list(Path(f"/proc/{process._process.pid}/fd").iterdir())) < 12
    finally:
        process.close()
