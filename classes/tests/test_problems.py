"""Every problem of a class list is told in both languages, with its row and, where it is about one, its column."""

from __future__ import annotations

import pytest
from django.utils import translation

from classes.problems import MESSAGES, message_for
from classes.rosters.parsing import parse_roster

_WHOLE_LIST = {
    "no_name_column", "too_many_rows", "corrupt", "unsupported_type", "empty_file", "password_protected",
    "no_such_sheet",
}  # fmt: skip


@pytest.mark.parametrize("code", MESSAGES)
def test_row_and_language(code: str) -> None:
    with translation.override("en"):
        english = message_for(code, line=417)
    with translation.override("sv"):
        swedish = message_for(code, line=417)
    assert ("417" in english) == ("417" in swedish) == (code not in _WHOLE_LIST)
    assert english != swedish


def test_column() -> None:
    parsed = parse_roster("Namn;Skolmejl\nBo Ek;nej\n;x@elev.example\n")
    nameless = parse_roster("Bo\tEk\tbo@elev.example\nLo\tEk\tnej\nMy\tAhl\tmy@elev.example\n")
    with translation.override("en"):
        told = [message_for(p.code, line=p.line, columns=parsed.columns) for p in parsed.problems]
        by_number = message_for("bad_email", line=2, columns=nameless.columns)
    assert [message.rpartition("Column: ")[2] for message in told] == ["Skolmejl.", "Namn."]
    assert by_number.endswith(" See column 3 of the list.")


def test_what_is_not_taken_is_named() -> None:
    (problem,) = parse_roster("Namn;Skolmejl\nBo Ek;bo at skolan\n").problems
    assert problem.value == "bo at skolan"
    with translation.override("en"):
        assert "has “bo at skolan” in the place of an e-mail address" in message_for("bad_email", value=problem.value)
        assert "“" + "x" * 60 + "…”" in message_for("bad_email", value="x" * 1_000)
