"""What the reader process and the platform each hold, since the first cannot import the second, is one rule.

`files.extraction.cleaning` runs where neither Django nor Celery may be loaded, which importing `huleedu` does.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files.extraction.cleaning import nfc as nfc_of_files
from files.extraction.cleaning import remove_personal_numbers
from huleedu.common.text import nfc, strip_personal_numbers

# Luhn-right numbers of nobody: the last four digits 238x are set aside by the tax agency for testing.
WRITTEN = ["200812312387", "20081231-2387", "081231-2387", "0812312387", "20081231 2387", "081231+2387", "081231–2387"]


@given(st.text(st.characters(codec="utf-8"), max_size=80))
def test_normal_forms_are_the_same(text: str) -> None:
    assert nfc_of_files(text) == nfc(text)


@pytest.mark.parametrize(
    "number", ["20081231 0000", "081231-0000", "070-123 45 67", "99181", "4302_99181", "2026-11-26", *WRITTEN]
)
def test_a_number_is_one_in_both_or_in_neither(number: str) -> None:
    found = remove_personal_numbers(f"a {number} b")[1], strip_personal_numbers(f"a {number} b")[1]
    assert found == ((1, 1) if number in WRITTEN else (0, 0))
