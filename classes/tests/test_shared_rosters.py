"""Every class list of the shared test data gives exactly what must come out of it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

_OPTIONAL = ("preferred_name", "class", "external_ids")
_ALWAYS = ("encoding", "delimiter", "discarded_columns", "personnummer_removed")


def _read(path: Path, *options: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("read_roster", str(path), "--json", *options, stdout=out)
    shown: dict[str, Any] = json.loads(out.getvalue())
    return shown


def _row(row: dict[str, Any], *, joined: bool) -> dict[str, Any]:
    shown = {"email": (row["email"] or "").casefold()} | {name: row[name] for name in _OPTIONAL if row.get(name)}
    if joined:
        return shown | {"name": f"{row['given_name']} {row['family_name']}"}
    return shown | {"given_name": row["given_name"], "family_name": row["family_name"]}


def _problems(shown: dict[str, Any]) -> list[tuple[str, int, int, str]]:
    return sorted((p.get("file", ""), p["line"], p.get("item", 0), p["code"]) for p in shown["problems"])


def _ignored(shown: dict[str, Any]) -> list[tuple[int, str]]:
    return sorted((line["line"], line["why"]) for line in shown.get("ignored", []))


def test_every_list_gives_what_is_expected(shared: Path) -> None:
    expected: dict[str, dict[str, Any]] = json.loads((shared / "rosters" / "expected.json").read_text("utf-8"))
    assert len(expected) >= 32
    for name, wanted in expected.items():
        got = _read(shared / "rosters" / name)
        joined = wanted.get("full_name_only", False)
        assert [_row(row, joined=joined) for row in got["rows"]] == [
            _row(row, joined=joined) for row in wanted["rows"]
        ], name
        assert _problems(got) == _problems(wanted), name
        assert _ignored(got) == _ignored(wanted), name
        for key in (*_ALWAYS, *(key for key in ("header_line", "sheet") if key in wanted)):
            assert got[key] == wanted[key], (name, key)


@pytest.mark.parametrize("name", ["paste_mails_only.txt", "paste_name_mail.txt", "paste_surname_first.txt"])
def test_pasted_text_gives_the_same_as_its_file(name: str, shared: Path) -> None:
    path = shared / "rosters" / name
    pasted = _read(path, "--text")
    assert pasted["source"] == "paste"
    assert pasted["rows"] == _read(path)["rows"]
