"""`manage.py extract_essay`, as a check outside the repository calls it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from files import samples
from files.tests.documents import SENTENCE, overlapping_zip, par, word, zipped

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


def test_a_zip_is_opened_and_its_files_are_read(tmp_path: Path) -> None:
    stem = "Saga_x1_attempt_2026-01-02-10-10-10"
    receipt = f"Name: Åsa Berg (x1)\nFiles:\n\tOriginal filename: saga.docx\n\tFilename: {stem}_saga.docx\n"
    made: dict[str, bytes | str] = {
        f"{stem}_saga.docx": samples.make("docx", title="Saga", paragraphs=[SENTENCE]),
        f"{stem}.txt": receipt,
        "Saga_x2_attempt_2026-01-02-10-10-11_saga.txt": SENTENCE * 2,
        "Saga_x3_attempt_2026-01-02-10-10-12_saga.txt": SENTENCE * 2,
        "Saga_x4_attempt_2026-01-02-10-10-13_scan.docx": word(par("")),
        "Saga_x5_attempt_2026-01-02-10-10-14_bad.docx": "no docx",
        "../Bo Dahl.txt": SENTENCE,
        "__MACOSX/._x": "",
    }
    path, bomb = tmp_path / "Cia Ek.zip", tmp_path / "bomb.ZIP"
    path.write_bytes(zipped(made))
    bomb.write_bytes(overlapping_zip({"a.txt": "a" * 5_000_000}, copies=400))
    done = extract("--json", str(path), str(bomb))
    assert done.returncode == 0, done.stderr
    answer, refused = [json.loads(line) for line in done.stdout.splitlines()]
    assert set(answer) == set(refused) == FIELDS | {"source", "entries"}
    assert (answer["status"], answer["problem"], answer["detected_type"]) == ("read", None, "zip")
    assert answer["source"] == "blackboard"
    assert [(entry["path"], entry["status"], entry["problem"]) for entry in answer["entries"]] == [
        (name, *rest)
        for name, rest in zip(
            made,
            [
                ("accepted", None), ("ignored", None), ("accepted", None), ("ignored", "duplicate"),
                ("accepted", "no_text"), ("rejected", "type_mismatch"), ("rejected", "unsafe_path"), ("ignored", None),
            ],
            strict=True,
        )
    ]  # fmt: skip
    first = answer["entries"][0]
    assert SENTENCE.strip() in " ".join(first["text"].split())
    beside = [item for item in first["evidence"] if item["place"] == "sidecar"]
    assert [(item["field"], item["text"]) for item in beside] == [
        (f"sidecar:{stem}.txt", "Åsa Berg"),
        (f"sidecar:{stem}.txt", "x1"),
    ]
    assert "Cia" not in json.dumps(answer["entries"])
    assert (refused["status"], refused["problem"], refused["entries"]) == ("rejected", "archive_overlap", [])


@pytest.mark.parametrize("arguments", [(), ("/no/such/file.docx",)])
def test_wrong_use_ends_with_two(arguments: tuple[str, ...]) -> None:
    done = extract(*arguments)
    assert done.returncode == 2
    assert done.stderr
