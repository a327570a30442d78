"""Who signs and who is only spoken of: a line, the name in it, and what place the name counts for."""
# ruff: noqa: E501  (a case is one line here)

from __future__ import annotations

import itertools

import pytest

from batches.matching.spoken_of import by_line, signs_with_one, speaks_of, stands_as

NAME = "Elsa Holm"
LINES = [
    # a line that is a name, with a class, a date, a label or a word that signs
    ("Elsa Holm", "first_line", "first_line"), ("Elsa Holm, NA24B", "first_line", "first_line"), ("Elsa Holm NA24B", "first_line", "first_line"),
    ("NA24B Elsa Holm", "first_line", "first_line"), ("Svenska 2, Elsa Holm", "first_line", "first_line"), ("/Elsa Holm", "sign_off", "sign_off"),
    ("av Elsa Holm", "first_line", "first_line"), ("Skriven av Elsa Holm", "sign_off", "sign_off"), ("En uppsats av Elsa Holm", "first_line", "first_line"),
    ("Bron by Elsa Holm", "first_line", "first_line"), ("Elev Elsa Holm", "first_line", "first_line"), ("Elsa Holm – Bron", "first_line", "first_line"),
    ("© Elsa Holm 2026", "sign_off", "sign_off"), ("Elsa Holm\t1", "first_line", "first_line"), ("Umeå 2026 Elsa Holm", "first_line", "first_line"),
    ("Elsa Holm den 3 maj", "first_line", "first_line"), ("Elsa Holm.", "sign_off", "sign_off"), ("Namn Elsa Holm", "sign_off", "sign_off"),
    ("NA24B, Elsa Holm", "sign_off", "sign_off"),
    ("Uppsats i åk nio av Elsa Holm", "first_line", "first_line"),
    # a phrase about somebody
    ("Intervju med Elsa Holm", "first_line", "body"), ("Tack Elsa Holm", "sign_off", "body"), ("An Interview With Elsa Holm", "first_line", "body"),
    ("Kära Elsa Holm,", "first_line", "body"), ("Elsa Holm gick hem", "first_line", "body"), ("Elsa Holm och jag", "first_line", "body"),
    ("Jag och Elsa Holm", "first_line", "body"), ("Me and Elsa Holm", "page_header", "body"), ("Nils Falk och Elsa Holm", "page_header", "page_header"),
    ("Min Elsa Holm", "first_line", "body"), ("min bok handlar kanske: Elsa Holm", "first_line", "body"), ("min bok: Elsa Holm", "first_line", "first_line"), ("min lilla bok: Elsa Holm", "first_line", "body"),
    # what somebody is to the writer
    ("Lärare Elsa Holm", "page_header", "body"), ("Fru Elsa Holm", "page_header", "body"), ("Elsa Holm (lärare)", "first_line", "body"), ("Elsa Holm, teacher", "page_header", "body"),
    ("Elsa Holm – min vän", "first_line", "body"), ("Elsa Holm – a hero", "first_line", "body"), ("Elsa Holm - Another Day", "first_line", "first_line"),
    # who only read it, or is in the picture
    ("Rättad av Elsa Holm", "first_line", "body"), ("Proofread by Elsa Holm", "sign_off", "body"), ("Feedback from Elsa Holm", "page_header", "body"),
    ("Porträtt av Elsa Holm", "file_name", "body"), ("Recension av Elsa Holm", "file_name", "body"), ("Inlämnad av Elsa Holm", "sign_off", "sign_off"),
    ("Made by Elsa Holm", "page_header", "page_header"), ("Edited by Elsa Holm", "page_header", "body"),
    # the ends of letters
    ("Puss, Elsa Holm", "sign_off", "body"), ("XOXO Elsa Holm", "sign_off", "body"), ("Hälsningar / Elsa Holm", "sign_off", "body"),
    # names of files and folders
    ("uppsats Elsa Holm", "file_name", "file_name"), ("Intervju Elsa Holm", "file_name", "mention"), ("feedback_Elsa Holm", "folder", "mention"), ("Intervju - Elsa Holm", "file_name", "mention"),
    ("Brev till Elsa Holm", "file_name", "body"), ("Copy of Elsa Holm", "file_name", "file_name"), ("Kopia av Kopia av Elsa Holm", "file_name", "file_name"), ("kopia_av_Elsa Holm", "file_name", "file_name"),
    ("Copy of Letter to Elsa Holm", "file_name", "body"), ("Copy of Elsa Holm", "first_line", "body"), ("Elsa Holm och Nils", "file_name", "file_name"), ("Intervju Elsa Holm", "first_line", "body"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "counts"), LINES, ids=itertools.count())
def test_a_name_signs_or_is_spoken_of(text: str, place: str, counts: str) -> None:
    start = text.index(NAME)
    assert stands_as(text, start, start + len(NAME), place) == counts


def test_a_name_in_lower_case_is_told_by_the_words_beside_it_only() -> None:
    text = "min bok handlar kanske: elsa holm"
    assert stands_as(text, text.index("elsa"), len(text), "first_line") == "first_line"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("av Elsa Holm", "Elsa Holm"), ("Skriven av: Elsa Holm", "Elsa Holm"), ("En uppsats av Elsa Holm", "Elsa Holm"), ("/Elsa Holm", "Elsa Holm"), ("// Elsa Holm", "Elsa Holm"),
        ("© Elsa Holm 2026", "Elsa Holm 2026"), ("– Holm, Elsa", "Holm, Elsa"), ("Från Elsa", "Elsa"), ("Elsa Holm", ""), ("Rättad av Elsa Holm", ""), ("Ett porträtt av Elsa Holm", ""),
        ("Avesta", ""), ("Nu är det slut på allt av Elsa", ""), ("", ""), ("Bron by Elsa", "Elsa"),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_a_line_that_signs(text: str, name: str) -> None:
    assert by_line(text) == name


@pytest.mark.parametrize(
    ("text", "signs"),
    [("Skriven av Elsa", True), ("/Elsa", True), ("av Elsa", True), ("En analys av Kallocain", False), ("av en slump", False), ("av slump", False), ("av Elsa Holm", False), ("Elsa", False),
     ("Written by Elsa", True)],
    ids=itertools.count(),
)  # fmt: skip
def test_a_line_that_signs_with_one_name(text: str, signs: bool) -> None:
    assert signs_with_one(text) is signs


@pytest.mark.parametrize(
    ("text", "speaks"),
    [("Kära Elsa,", True), ("Lärare Holm", True), ("Intervju Elsa", True), ("Elsa Holm", False), ("Elsa, kära", False), ("– Hej Elsa", True), ("", False), ("42", False)],
    ids=itertools.count(),
)  # fmt: skip
def test_a_line_that_speaks_of_somebody(text: str, speaks: bool) -> None:
    assert speaks_of(text) is speaks
