"""Gives the test suite its own PostgreSQL and Valkey, unless DATABASE_URL and REDIS_URL name some.

A `-p` plugin, since pytest-django loads the settings before any conftest.py. Workers of pytest-xdist share
PostgreSQL, in databases of their own, and have a Valkey each.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from huleedu.devstack.places import sockets
from huleedu.devstack.process import Child, Watchdog
from huleedu.devstack.servers import Postgres, Valkey

_OWN_VALKEY = "HULEEDU_TEST_VALKEY"
"""Set once REDIS_URL names a Valkey of ours: each worker of pytest-xdist then starts one of its own."""
_running: list[Child] = []
_watchdog: list[Watchdog] = []


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Start what is missing, before Django's settings are read."""
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" * 4)
    os.environ["DB_POOL_MAX"] = "0"
    if os.environ.get(_OWN_VALKEY) and "PYTEST_XDIST_WORKER" in os.environ:
        del os.environ["REDIS_URL"]  # the one inherited: its queue and its sockets are those of the other workers too
    if {"DATABASE_URL", "REDIS_URL"} <= set(os.environ):
        return
    data = Path(tempfile.mkdtemp(prefix="huleedu-test-", dir="/tmp"))  # not TMPDIR: PostgreSQL's user must get there
    data.chmod(0o755)
    watchdog = Watchdog(remove=[data, sockets(data)])
    _watchdog.append(watchdog)
    if "DATABASE_URL" not in os.environ:
        postgres = Postgres(data, quick=True)
        postgres.initialise()
        _running.append(postgres.start(watchdog))
        os.environ["DATABASE_URL"] = postgres.url
    if "REDIS_URL" not in os.environ:
        valkey = Valkey(data, quick=True)
        _running.append(valkey.start(watchdog))
        os.environ["REDIS_URL"] = valkey.url
        os.environ[_OWN_VALKEY] = "1"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop what was started; the watchdog removes the data, and does it all where pytest was killed."""
    while _running:
        _running.pop().stop(grace=5)
    while _watchdog:
        _watchdog.pop().close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared test data, `HULEEDU_SHARED`. Skips where it is absent, as in a bare clone."""
    root = Path(__file__).resolve().parents[2]
    folder = Path(os.environ.get("HULEEDU_SHARED", str(root.parent / "shared")))
    if not (folder / "corpus").is_dir():
        reason = f"no shared test data (HULEEDU_SHARED={folder})"
        if os.environ.get("HULEEDU_REQUIRE_SHARED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder
