"""Reading names by a pattern: what one marked file name says of the others, and that explanations stay true."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from batches.matching import EssayClues, RosterStudent, match_essays
from batches.matching.name_pattern import (
    Fit,
    NamePattern,
    Part,
    common_words,
    derive_pattern,
    narrow,
    read_name,
    words_of,
)
from files.authorship import find_evidence
from files.evidence import Document, Evidence

ROSTER = ["Emil Berg", "Nora Dahlgren", "Anna-Karin Lind", "Isak von Ekenäs", "Ali Sjö"]


def fits(reading: str) -> Fit:
    words = {word.text.casefold() for word in words_of(reading)}
    named = [words - {word.text.casefold() for word in words_of(name)} for name in ROSTER if _named(name) <= words]
    return "" if not named else "among" if all(named) else "exactly"


def _named(name: str) -> set[str]:
    return {word.text.casefold() for word in words_of(name)}


def marks(name: str, given_name: str, family_name: str) -> dict[int, Part]:
    """The words of `name` that stand in the two, marked so."""
    found: dict[int, Part] = {}
    for index, word in enumerate(words_of(name)):
        if word.text in given_name.split():
            found[index] = "given"
        elif word.text in family_name.split():
            found[index] = "family"
    return found


def read_all(names: list[str], pattern: NamePattern | None) -> list[str | None]:
    assert pattern is not None
    spans = [read_name(pattern, name, common_words(names)) for name in names]
    return [name[span[0] : span[1]] if span else None for name, span in zip(names, spans, strict=True)]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # After the task, then free words.
        (
            ["Engelska 6 - Emil Berg - Nora reser.docx", "Engelska 6 - Nora Dahlgren - min text.docx",
             "Engelska 6 - Anna-Karin Lind - Emil.docx", "Engelska 6 - Isak von Ekenäs - ön.pdf"],
            ["Emil Berg", "Nora Dahlgren", "Anna-Karin Lind", "Isak von Ekenäs"],
        ),
        # At the end, after a title of any length.
        (
            ["Romeo och Julia Emil Berg.docx", "Skolan Nora Dahlgren.docx", "Om en bok Ali Sjö.docx"],
            ["Emil Berg", "Nora Dahlgren", "Ali Sjö"],
        ),
        # The task's word now before, now after.
        (
            ["uppsats_Emil_Berg.docx", "Nora_Dahlgren_uppsats.docx", "uppsats_Anna_Karin_Lind.docx",
             "Ali_Sjö_uppsats.odt"],
            ["Emil_Berg", "Nora_Dahlgren", "Anna_Karin_Lind", "Ali_Sjö"],
        ),
        # Surname first, then a date.
        (
            ["Emil Berg, 2026-10-02.docx", "Nora Dahlgren, 2026-10-03.docx", "Isak von Ekenäs, 2026-10-04.docx"],
            ["Emil Berg", "Nora Dahlgren", "Isak von Ekenäs"],
        ),
        # Titles of any length before names of two words: not all from the third word on.
        (
            ["Romeo och Julia Emil Berg.docx", "Min bok Nora Dahlgren.docx", "Skolan i min by Ali Sjö.docx"],
            ["Emil Berg", "Nora Dahlgren", "Ali Sjö"],
        ),
        # Written as one word.
        (["EmilBergText.docx", "NoraDahlgrenText.docx", "AliSjöText.docx"], ["EmilBerg", "NoraDahlgren", "AliSjö"]),
        # In brackets.
        (["Text (Emil Berg) v2.docx", "Min bok (Anna-Karin Lind) v10.docx"], ["Emil Berg", "Anna-Karin Lind"]),
        # A name that does not follow is left alone.
        (["SA24D_Emil Berg_x.docx", "SA24D_Nora Dahlgren_y.docx", "scan.docx"], ["Emil Berg", "Nora Dahlgren", None]),
    ],
)  # fmt: skip
def test_one_marked_name_reads_the_others(names: list[str], expected: list[str | None]) -> None:
    pattern = derive_pattern(names[0], marks(names[0], "Emil", "Berg"), names, fits)
    assert read_all(names, pattern) == expected


def test_the_order_of_the_names_is_kept() -> None:
    names = ["berg_emil_x.docx", "dahlgren_nora_y.docx"]
    pattern = derive_pattern(names[0], {0: "family", 1: "given"}, names, fits)
    assert pattern is not None
    assert pattern.order == "family_first"
    assert NamePattern.from_json(pattern.as_json()) == pattern
    assert not any(word in str(pattern.as_json()) for word in ("berg", "emil", "x", "nora"))
    alone = derive_pattern(names[0], {0: "family"}, names, fits)
    assert alone is not None
    assert alone.order == ""


def test_nothing_marked_is_no_pattern() -> None:
    assert derive_pattern("Emil Berg.docx", {}, ["Emil Berg.docx"], fits) is None
    assert derive_pattern("Emil Berg.docx", {7: "given"}, ["Emil Berg.docx"], fits) is None
    assert derive_pattern("2026 10.docx", {0: "given"}, ["2026 10.docx"], fits) is None


def test_a_family_name_that_most_share_is_still_read() -> None:
    """Three siblings: `Berg` is common, but the marked words are never left out."""
    names = ["Emil Berg a.docx", "Nora Berg b.docx", "Ali Berg c.docx"]
    pattern = derive_pattern(names[0], {0: "given", 1: "family"}, names, lambda _reading: "exactly")
    assert read_all(names, pattern) == ["Emil Berg", "Nora Berg", "Ali Berg"]


def test_without_a_roster_the_pattern_that_reads_most_is_taken() -> None:
    names = ["Emil Berg - saga.docx", "Nora Dahlgren - min långa saga.docx", "Anna Karin Lind - x.docx"]
    pattern = derive_pattern(names[0], {0: "given", 1: "family"}, names, lambda _reading: "")
    assert read_all(names, pattern) == ["Emil Berg", "Nora Dahlgren", "Anna Karin Lind"]


LETTERS = st.text(st.sampled_from("abåÅBC1'"), min_size=1, max_size=6)
GAPS = st.sampled_from(["_", " ", " - ", "-", ".", ", ", " (", ""])
FILE_NAME = st.lists(st.tuples(LETTERS, GAPS), min_size=1, max_size=6)
NAMES = st.lists(
    FILE_NAME.map(lambda parts: "".join(word + gap for word, gap in parts) + ".docx"), min_size=1, max_size=6
)


@given(NAMES, st.data())
def test_a_derived_pattern_reads_what_was_marked(names: list[str], data: st.DataObject) -> None:
    words = words_of(names[0])
    if not words:
        return
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    pattern = derive_pattern(names[0], {first: "given", last: "family"}, names, fits)
    marked = names[0][words[first].start : words[last].end]
    if pattern is None:
        assert not any(c.isalpha() for c in marked)
        return
    assert read_all(names, pattern)[0] == marked
    assert read_all(names[::-1], pattern) == read_all(names, pattern)[::-1], "the order of files does not matter"


@given(NAMES, st.integers(0, 4), st.integers(0, 4), st.one_of(st.none(), st.integers(0, 4)), st.booleans())
def test_a_reading_begins_and_ends_with_a_word(
    names: list[str], before: int, after: int, count: int | None, without_common: bool
) -> None:
    for separator in ("dash", "underscore", "word"):
        pattern = NamePattern(separator, before, None if count else after, count, without_common)
        for name in names:
            span = read_name(pattern, name, common_words(names))
            if span:
                words = words_of(name)
                assert span[0] in {word.start for word in words}
                assert span[1] in {word.end for word in words}


# --- as evidence -----------------------------------------------------------------------------------------------------


def evidence_of(name: str, path: str = "") -> list[Evidence]:
    return find_evidence(name=name, path=path, document=Document("docx", "Det var en gång."))


def test_a_narrowed_name_says_nothing_of_its_other_words() -> None:
    name = "Julia Nilsson som huvudperson - Emil Berg - 4711.docx"
    start = name.index("Emil")
    narrowed = narrow(evidence_of(name), name, (start, start + 9))
    assert all(name[item.start : item.end] == item.text for item in narrowed if item.field == "name")
    assert [item.text for item in narrowed if item.place == "file_name"] == ["Emil Berg", "4711"]
    students = [RosterStudent("1", "Emil", "Berg"), RosterStudent("2", "Julia", "Nilsson")]
    essay = EssayClues("a", tuple(evidence_of(name)), has_text=True)
    assert match_essays([essay], students)["a"].certainty != "certain"
    found = match_essays([EssayClues("a", narrowed, has_text=True)], students)["a"]
    assert (found.certainty, found.student) == ("certain", "1")
    ids = {item.id: item for item in found.evidence}
    assert len(ids) == len(found.evidence)
    pointed = [ids[key] for reason in found.candidates[0].reasons for key in reason.evidence]
    assert pointed
    assert all(name[item.start : item.end] == item.text for item in pointed)


def test_a_number_in_the_rest_of_the_name_is_still_proof() -> None:
    name = "bergemil_482910_771_min text.docx"
    narrowed = narrow(evidence_of(name), name, (name.index("min"), name.index(".docx")))
    students = [RosterStudent("1", "Nora", "Dahlgren", external_ids=(("canvas", "482910"),))]
    assert match_essays([EssayClues("a", narrowed, has_text=True)], students)["a"].student == "1"


def test_other_places_are_left_alone() -> None:
    name = "Emil Berg_3217958_assignsubmission_file_Nora Dahlgren.docx"
    start = name.index("Nora")
    before = [*evidence_of(name, "Class/Text"), Evidence("e90", "email", "name", 0, 4, "Emil")]
    narrowed = narrow(before, name, (start, start + 13))
    assert [item for item in narrowed if item.field != "name"] == [item for item in before if item.field != "name"]
    assert "Emil Berg" not in [item.text for item in narrowed]
    assert before[-1] in narrowed


def test_evidence_of_another_name_is_left_as_it_is() -> None:
    """A student was hidden meanwhile: the file has a new name, and its evidence is gone."""
    assert narrow([], "Emil Berg.docx", (0, 4)) == ()
    old = evidence_of("Emil Berg.docx")
    assert narrow(old, "Elev 7, text.docx", (0, 4)) == tuple(old)
