"""What commands need to reach the stack that runs on this machine. Written when it starts, gone when it stops."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

_NAMES = (
    "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "DATA_DIR", "STATIC_ROOT", "PUBLIC_URL", "EMAIL_URL",
    "DEMO",
)  # fmt: skip


def keep_environment(data: Path, environment: Mapping[str, str]) -> None:
    """Write it to the data folder, for the owner's eyes only: it holds the secret key."""
    path = _path(data)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(json.dumps({name: environment[name] for name in _NAMES if name in environment}))


def forget_environment(data: Path) -> None:
    """The stack has stopped."""
    _path(data).unlink(missing_ok=True)


def take_environment(root: Path) -> None:
    """Take it over where this installation is not configured otherwise: by the environment or by `.env`.

    Looks into `DATA_DIR`, else into `.data` below `root`; nothing happens where no stack runs.
    """
    if "SECRET_KEY" in os.environ or (root / ".env").is_file():
        return
    path = _path(Path(os.environ.get("DATA_DIR", root / ".data")))
    if path.is_file():
        for name, value in json.loads(path.read_text()).items():
            os.environ.setdefault(name, value)


def _path(data: Path) -> Path:
    return data / "environment.json"
