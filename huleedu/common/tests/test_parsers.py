"""What a JSON body may hold."""

from __future__ import annotations

import io

import pytest
from rest_framework.exceptions import ParseError

from huleedu.common.parsers import SafeJSONParser


@pytest.mark.parametrize("body", [r'{"a": "\\u0000"}', r'{"a": "C:\\\\u0000"}', r'["\\u0001"]'])
def test_a_backslash_and_letters_are_taken(body: str) -> None:
    SafeJSONParser().parse(io.BytesIO(body.encode()))


@pytest.mark.parametrize("body", [r'{"a": "\u0000"}', r'{"\u0000": 1}', r'["\\\u0000"]', r'["\ud800"]'])
def test_a_nul_is_refused(body: str) -> None:
    with pytest.raises(ParseError):
        SafeJSONParser().parse(io.BytesIO(body.encode()))
