"""Print how many mutants each module's tests killed, after `mutmut run`; `make mutate`.

A mutant that no test reaches or that times out the suite counts as mutmut counts it: not reached has survived, a
time-out is killed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

SURVIVED = {0, 5, 33}
"""mutmut's exit codes: every test passed, or no test reaches the function."""


def main() -> None:
    """One line a module and one for all."""
    total = killed = 0
    for meta in sorted(Path("mutants").rglob("*.py.meta")):
        codes = [code for code in json.loads(meta.read_text())["exit_code_by_key"].values() if code is not None]
        if codes:
            alive = sum(code in SURVIVED for code in codes)
            sys.stdout.write(f"{meta.name.removesuffix('.meta'):24} {_share(len(codes) - alive, len(codes))}\n")
            total, killed = total + len(codes), killed + len(codes) - alive
    sys.stdout.write(f"{'all':24} {_share(killed, total)}\n")


def _share(killed: int, total: int) -> str:
    return f"{killed:5} of {total:5} killed ({killed / max(1, total):.1%})"


if __name__ == "__main__":
    main()
