"""The README's walk through the API, run as it is written."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import zipfile
from pathlib import Path

import pytest

from e2e.conftest import ROOT, Stack

pytestmark = pytest.mark.e2e

BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_line_of_the_readme_works(stack: Stack, tmp_path: Path) -> None:
    blocks = BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8"))
    assert len(blocks) >= 6
    script = "\necho\n".join(["set -euo pipefail", *blocks, 'cp "$essays/export.zip" export.zip'])
    script = script.replace("http://localhost:8000", stack.url)
    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    lines = done.stdout.splitlines()
    last = max(number for number, line in enumerate(lines) if '"not_handed_in"' in line)
    state = json.loads(lines[last])
    assert (state["counts"]["essays"], state["counts"]["confirmed"], state["locked"]) == (3, 3, True)
    assert state["not_handed_in"] == []
    assert '"batch_locked"' in done.stdout
    table = list(csv.reader(lines[last + 1 :], delimiter=";"))
    assert {row[0] for row in table[1:] if row} == {"Holm", "Demir", "Sjö"}
    with zipfile.ZipFile(tmp_path / "export.zip") as archive:
        names = [name for name in archive.namelist() if name.endswith(".txt")]
    assert len(names) == 3
    assert any("Klara" in name for name in names)
