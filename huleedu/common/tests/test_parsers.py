"""What a JSON body may hold."""

from __future__ import annotations

import io

import pytest
from django.utils.translation import override
from rest_framework.exceptions import ParseError

from huleedu.common.parsers import SafeJSONParser


@pytest.mark.parametrize("body", [r'{"a": "\\u0000"}', r'{"a": "C:\\\\u0000"}', r'["\\u0001"]'])
def test_a_backslash_and_letters_are_taken(body: str) -> None:
    SafeJSONParser().parse(io.BytesIO(body.encode()))


@pytest.mark.parametrize("body", [r'{"a": "\u0000"}', r'{"\u0000": 1}', r'["\\\u0000"]', r'["\ud800"]'])
def test_a_nul_is_refused(body: str) -> None:
    with pytest.raises(ParseError):
        SafeJSONParser().parse(io.BytesIO(body.encode()))


def test_what_is_wrong_is_said_in_the_language_of_the_person_and_with_its_place() -> None:
    with override("sv"), pytest.raises(ParseError) as refused:
        SafeJSONParser().parse(io.BytesIO(b"{\n a: 1}"))
    assert str(refused.value.detail) == "Begäran är inte giltig JSON. (2:2)"
