"""The sandbox of a user without rights: the limits must hold where there are none to drop."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import lxml
import pytest

from files.extraction.child import landlock_version
from files.extraction.limits import Limits
from files.tests.test_sandbox import HOSTILE, IS_ROOT, READ, ROOT, said

ORDINARY = 12345
"""A user without any rights of its own."""


def _python_for_all() -> list[str]:
    """A Python of this version that another user may run, with our packages."""
    for python in (sys.executable, "/usr/bin/python3"):
        command = ["setpriv", f"--reuid={ORDINARY}", f"--regid={ORDINARY}", "--clear-groups", python]
        version = "import sys; print(sys.version_info[:2])"
        done = subprocess.run([*command, "-c", version], capture_output=True, text=True, check=False)
        if done.stdout.strip() == str(sys.version_info[:2]):
            return command
    pytest.skip("this Python lies in a private home: another user cannot run it")


@pytest.mark.skipif(not IS_ROOT, reason="only root can become somebody else")
def test_an_ordinary_user_reads_in_the_same_sandbox(tmp_path: Path) -> None:
    """The crimes again, as a user who is not root: the limits must hold without rights to drop."""
    order = tmp_path / "order.txt"
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == os.geteuid() and not folder.stat().st_mode & 0o001:
            folder.chmod(0o755)  # pytest's own folders are private
    crimes = (
        "os.fork()",
        "open('/etc/passwd')",
        "socket.socket()",
        f"os.unlink({str(order)!r})",
        "os.mkdir('/tmp/crime')",
    )
    order.write_text("![" + ", ".join(f"attempt(lambda: {crime})" for crime in crimes) + "]")
    request = json.dumps(
        {"path": str(order), "name": "order.txt", "limits": Limits().as_json(), "job": READ, "nonce": ""}
    )
    os.chown(order, ORDINARY, ORDINARY)
    environment = {"PYTHONPATH": f"{ROOT}:{Path(lxml.__file__).parents[1]}", "LC_ALL": "C.UTF-8"}
    command = [*_python_for_all(), "-c", HOSTILE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, env=environment) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        hello = json.loads(server.stdout.readline())
        server.stdin.write(f"{request}\n".encode())
        server.stdin.flush()
        answer = json.loads(server.stdout.readline())
        server.stdin.close()
    assert hello["rights"] == "kept"
    # Where the kernel has no Landlock, an ordinary user's child can still change the names of that user's files.
    assert said(answer).count("Error: ") >= (len(crimes) if landlock_version() else 3)
    assert order.exists() or not landlock_version()
