"""The figures of a text against counts made by hand and against published values."""

from __future__ import annotations

import pytest

from batches.text_statistics import measure_text

# Counted by hand: 20 words in 2 sentences, five of more than six letters (skogen has six).
SWEDISH = (
    "Biblioteket ligger mitt i den gamla staden och har öppet till klockan åtta.\n\n"
    "Eleverna skriver sina uppsatser där efter skolan."
)


def test_the_figures_are_those_counted_by_hand() -> None:
    found = measure_text(SWEDISH)
    # Biblioteket, klockan, Eleverna, skriver, uppsatser.
    assert (found["words"], found["sentences"], found["paragraphs"], found["long_words"]) == (20, 2, 2, 5)
    assert found["lix"] == 35.0  # 20 / 2 + 100 * 5 / 20
    assert (found["lexical_variety"], found["reading_minutes"], found["language"]) == (1.0, 0.1, "sv")


@pytest.mark.parametrize(
    ("words", "sentences", "long_words", "lix"),
    [(100, 10, 10, 20.0), (120, 8, 36, 45.0), (60, 2, 30, 80.0)],
    ids=["very easy", "medium", "very hard"],
)
def test_lix_is_bjornssons_formula(words: int, sentences: int, long_words: int, lix: float) -> None:
    """LIX = words / sentences + 100 * words of more than six letters / words."""
    per_sentence = words // sentences
    all_words = ["abcdefg"] * long_words + ["abc"] * (words - long_words)
    text = " ".join(
        " ".join(all_words[start : start + per_sentence]) + "." for start in range(0, words, per_sentence)
    )  # fmt: skip
    assert measure_text(text)["lix"] == lix


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (SWEDISH, "sv"),
        ("The library is in the old part of town and it was built for the people.", "en"),
        ("Jag läste en bok som heter The Lord of the Rings och den var bra, men det är lång tid sedan.", "sv"),
        ("My Swedish friend says jag and och all the time, but that is what we like about him.", "en"),
        ("1, 2, 3.", None),
        ("", None),
        ("Hej!", None),
    ],
)
def test_the_language_is_told_by_its_small_words(text: str, language: str | None) -> None:
    assert measure_text(text)["language"] == language


@pytest.mark.parametrize(
    ("text", "words", "sentences", "paragraphs"),
    [
        ("", 0, 0, 0),
        ("   \n\n ", 0, 0, 0),
        ("No full stop at the end", 6, 1, 1),
        ("He said: “Stop!” Then he left.", 6, 2, 1),
        ("Well-known isn't two words.", 4, 1, 1),
        ("One.\nTwo.\n\nThree.", 3, 3, 3),
        ("Wait... what?", 2, 2, 1),
        ("Åsa åt ägg på ön.", 5, 1, 1),
    ],
)
def test_words_sentences_and_paragraphs(text: str, words: int, sentences: int, paragraphs: int) -> None:
    found = measure_text(text)
    assert (found["words"], found["sentences"], found["paragraphs"]) == (words, sentences, paragraphs)
