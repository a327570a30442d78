"""`manage.py extract_essay`, as a check outside the repository calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from files import samples
from files.tests.documents import SENTENCE, par, word

ROOT = Path(__file__).resolve().parents[2]
FIELDS = {
    "path", "status", "problem", "warning", "detected_type", "text", "evidence", "seconds", "max_rss_mb",
}  # fmt: skip


def extract(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command with a database that is not there."""
    command = [sys.executable, "manage.py", "extract_essay", *arguments]
    environment = {
        **os.environ,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, timeout=120, check=False)


def test_every_kind_and_a_bad_file_one_line_each(tmp_path: Path) -> None:
    paths = []
    for kind in samples.KINDS:
        path = tmp_path / f"Alva Berg.{kind}"
        path.write_bytes(samples.make(kind, title="Fågeln", paragraphs=[SENTENCE], header="Alva Berg NA24B"))
        paths.append(path)
    bad = tmp_path / "bad.docx"
    bad.write_bytes(word(par("x"))[:100])
    scan = tmp_path / "Bo Dahl.docx"
    scan.write_bytes(word(par("")))
    done = extract("--json", *map(str, [*paths, bad, scan]))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [answer["path"] for answer in answers] == [str(path) for path in (*paths, bad, scan)]
    assert all(set(answer) == FIELDS for answer in answers)
    for kind, answer in zip(samples.KINDS, answers, strict=False):
        assert (answer["status"], answer["detected_type"], answer["problem"]) == ("read", kind, None)
        assert SENTENCE.strip() in " ".join(answer["text"].split())
        assert {item["place"] for item in answer["evidence"]} >= {"file_name"}
        assert 0 < answer["seconds"] < 20
        assert 0 < answer["max_rss_mb"] < 768
    assert [(answer["status"], answer["problem"]) for answer in answers[-2:]] == [
        ("rejected", "corrupt"),
        ("no_text", "no_text"),
    ]
    assert answers[-2]["evidence"] == []
    assert [item["text"] for item in answers[-1]["evidence"]] == ["Bo Dahl"]


@pytest.mark.parametrize("arguments", [(), ("/no/such/file.docx",)])
def test_wrong_use_ends_with_two(arguments: tuple[str, ...]) -> None:
    done = extract(*arguments)
    assert done.returncode == 2
    assert done.stderr
