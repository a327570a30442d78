"""Reasons as sentences: every code, in every direction, with its quote and place."""

from __future__ import annotations

import pytest
from django.utils import translation

from batches.matching import REASONS
from batches.matching.weights import LEVELS
from batches.review.reasons import SENTENCES, place_of, sentence, tie_sentence, where
from files.evidence import PLACES, Evidence, Place

TEXT = "Emil A. Berg 2026-11-20\nProv: The library\n\nemil.berg@elev.example\n"


def evidence(place: Place, field: str, quote: str, start: int = 0) -> Evidence:
    return Evidence("m1", place, field, start, start + len(quote), quote)


BERG = evidence("first_line", "text", "Berg", TEXT.index("Berg"))


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"):
        yield


@pytest.mark.parametrize("supports", [True, False, None])
@pytest.mark.parametrize("code", sorted(REASONS))
def test_every_reason_is_a_sentence(code: str, supports: bool | None) -> None:
    said = sentence(code, supports, evidence=[BERG], text=TEXT)
    assert said
    assert "{" not in said
    assert said[0].isupper() or said[0] == "“"
    without = sentence(code, supports)
    assert "{" not in without
    assert "  " not in without


@pytest.mark.parametrize("code", sorted({level.code for level in LEVELS.values()}))
def test_what_was_found_is_quoted_with_its_place_whichever_way_it_points(code: str) -> None:
    said = [sentence(code, supports, evidence=[BERG], text=TEXT) for supports in (True, False, None)]
    assert all("“Berg” in line 1" in one for one in said)
    assert len(set(said)) == 3, "for, against and in doubt are told apart"


def test_a_doubt_names_whom_else_the_clues_fit() -> None:
    assert sentence("tied", None, others=["Emil Andersson"]) == "Fits Emil Andersson just as well"
    assert sentence("tied", None) == "Fits somebody else just as well"
    with translation.override("sv"):
        several = sentence("shared", None, evidence=[BERG], text=TEXT, others=["Elsa Berg", "Ove Berg"])
        assert several == "”Berg” på rad 1 kan också vara Elsa Berg och Ove Berg"
        assert sentence("tied", None, others=["Emil Andersson Berg"]) == "Stämmer lika bra på Emil Andersson Berg"


def test_a_tie_names_the_students() -> None:
    assert tie_sentence(["A", "B"]) == "The clues point to two students: they fit A and B alike."
    assert tie_sentence(["A", "B", "C"]) == "The clues point to several students: they fit A, B and C alike."
    assert tie_sentence(["A"]) == "The clues point to two students.", "the other is not there any more"


def test_there_is_no_sentence_too_many() -> None:
    assert set(SENTENCES) == set(REASONS)


def test_a_surname_in_a_line() -> None:
    assert sentence("family_name", supports=True, evidence=[BERG], text=TEXT) == "Surname “Berg” in line 1"


def test_the_same_words_in_two_places_are_quoted_once() -> None:
    found = [BERG, evidence("file_name", "name", "Berg")]
    assert where(found, TEXT) == "“Berg” in line 1 and in the file name"


def test_different_words_are_quoted_each() -> None:
    found = [BERG, evidence("email", "text", "emil.berg@elev.example", TEXT.index("emil."))]
    assert where(found, TEXT) == "“Berg” in line 1 and “emil.berg@elev.example” in line 4"


@pytest.mark.parametrize(
    ("place", "field", "said"),
    [
        ("label", "text", "in line 1"),
        ("file_name", "name", "in the file name"),
        ("email", "name", "in the file name"),
        ("folder", "path", "in the folder name"),
        ("page_header", "header:0", "in the page header"),
        ("property", "property:author", "in the file's properties"),
        ("sidecar", "sidecar:list.csv", "in the list beside the file"),
    ],
)
def test_every_place_has_words(place: Place, field: str, said: str) -> None:
    assert place in PLACES
    assert place_of(evidence(place, field, "Emil"), TEXT) == said


def test_without_the_text_no_line_is_made_up() -> None:
    assert place_of(BERG, "") == "in the text"


def test_a_long_quote_is_cut_and_braces_are_only_words() -> None:
    said = sentence("given_name", supports=True, evidence=[evidence("file_name", "name", "{where} " * 20)])
    assert said.startswith("First name “{where} {where}")
    assert len(said) < 120
    assert "…" in said


def test_a_protected_students_reason_gives_no_hint() -> None:
    assert {sentence("protected", supports) for supports in (True, False, None)} == {"Check this one yourself"}
