"""Prints pip's settings as the environment variables uv reads, for a shell to `eval`.

A variable of uv's own that is set already is left alone.
"""

from __future__ import annotations

import ast
import os
import shlex
import subprocess
import sys

NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
}


def pip_settings() -> dict[str, str]:
    """pip's merged settings by their short name; the environment's win over files, `install.` over `global.`."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    found: dict[tuple[int, str], str] = {}
    for line in listed.splitlines():
        name, _equals, value = line.partition("=")
        section, _dot, key = name.rpartition(".")
        rank = {"global": 0, "install": 1, ":env:": 2}.get(section)
        if rank is not None and key in NAMES:
            found[rank, key] = str(ast.literal_eval(value))
    return {key: found[rank, key] for rank, key in sorted(found)}


def main() -> None:
    """One `export NAME=value` a line."""
    for key, value in pip_settings().items():
        variable = NAMES[key]
        if variable not in os.environ:
            separator = "," if key == "find-links" else " "
            print(f"export {variable}={shlex.quote(separator.join(value.split()))}")  # noqa: T201
    if "UV_INDEX_STRATEGY" not in os.environ:
        print("export UV_INDEX_STRATEGY=unsafe-best-match")  # noqa: T201  (as pip chooses among several indexes)


if __name__ == "__main__":
    main()
