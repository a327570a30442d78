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
        told.append(message_for("bad_email", line=2, columns=nameless.columns))
    assert [message.rpartition("Column: ")[2] for message in told] == ["Skolmejl.", "Namn.", "3."]
