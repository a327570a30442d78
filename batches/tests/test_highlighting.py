"""Marking clues: nothing lost, nothing unescaped, overlaps and old spans."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from batches.review.highlighting import Clue, Segment, cut, line_html, lines, piece_html, text_html, unwrapped


def clue(source: str, start: int, end: int, *, letters: str = "A", key: str = "m1") -> Clue:
    return Clue(key, letters, start, end, source[start:end])


def test_a_clue_is_a_segment_of_its_own() -> None:
    source = "Namn: Emil Berg, SA24D"
    segments = cut(source, [clue(source, 6, 15)])
    assert segments == [Segment("Namn: "), Segment("Emil Berg", "A", ("m1",)), Segment(", SA24D")]


def test_overlapping_clues_carry_both_letters_where_they_overlap() -> None:
    source = "Emil Andersson Berg"
    segments = cut(source, [clue(source, 0, 14), clue(source, 5, 19, letters="B", key="m2")])
    assert [(s.text, s.letters) for s in segments] == [("Emil ", "A"), ("Andersson", "AB"), (" Berg", "B")]


def test_clues_of_one_letter_that_touch_or_overlap_are_one_mark() -> None:
    source = "Emil Berg"
    segments = cut(source, [clue(source, 0, 5), clue(source, 5, 9, key="m2"), clue(source, 3, 9, key="m3")])
    assert segments == [Segment("Emil Berg", "A", ("m1", "m3", "m2"))]


def test_offsets_are_code_points() -> None:
    source = "👩‍🎓 Åsa Öberg"
    start = source.index("Åsa")
    assert cut(source, [clue(source, start, start + 3)])[1].text == "Åsa"


def test_a_span_that_no_longer_fits_is_left_out() -> None:
    old = Clue("m1", "A", 0, 4, "Emil")
    for source in ("Nora wrote this", "Em", ""):
        assert not any(segment.letters for segment in cut(source, [old]))
    assert not any(s.letters for s in cut("Emil", [Clue("m1", "A", 3, 1, ""), Clue("m2", "A", 2, 2, "")]))


def test_a_file_name_is_one_line() -> None:
    html = line_html("Emil A <b>.docx", [Clue("m1", "B", 0, 6, "Emil A")])
    assert html.startswith('<span id="clue-m1"></span><mark class="clue-b" data-clues="m1">Emil A<sup>')
    assert html.endswith(" &lt;b&gt;.docx")


def test_a_text_has_a_paragraph_for_each_line_and_each_anchor_once() -> None:
    source = "Emil\nBerg\n\n" + "word " * 40
    html = text_html(source, [clue(source, 0, 9)])
    assert html.count("<p>") == 2
    assert html.count('<p class="paragraph">') == 1
    assert html.count("<mark ") == 2
    assert html.count('id="clue-m1"') == 1


def test_a_long_text_is_cut_quickly() -> None:
    source = "Ordet är fritt. " * 60_000
    clues = [clue(source, n * 16, n * 16 + 5, key=f"m{n}") for n in range(60)]
    assert len(cut(source, clues)) == 120


def test_what_comes_after_the_opening_of_a_text_is_drawn_later() -> None:
    source = "\n".join(["Emil Berg", "word " * 250, "word " * 40, "The end."])
    assert re.findall(r"<p[^>]*>", text_html(source, ())) == [
        "<p>", '<p class="paragraph">', '<p class="paragraph later">', '<p class="later">',
    ]  # fmt: skip


@given(st.text(alphabet="ab \n", max_size=80), st.integers(1, 40), st.data())
def test_the_pieces_of_a_text_are_the_text(source: str, most: int, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(source)))
    clues = [clue(source, start, data.draw(st.integers(start, len(source))))]
    pieces, at = [], 0
    while True:
        piece = piece_html(source, clues, start=at, most=most)
        pieces.append(piece.html)
        if piece.rest_at is None:
            break
        assert at < piece.rest_at <= at + most
        at = piece.rest_at
    words = [re.sub(r"<sup>.*?</sup>|<[^>]+>|\s", "", html) for html in ("".join(pieces), text_html(source, clues))]
    assert words[0] == words[1]
    assert "".join(pieces).count('id="clue-m1"') <= 1


def test_a_piece_ends_at_a_line_break_else_at_a_word_else_where_it_is_full() -> None:
    assert piece_html("abc def\nghi jkl", (), most=10).rest_at == 8
    assert piece_html("a\nbc def ghi jkl", (), most=10).rest_at == 9
    assert piece_html("abcdefghijklmno", (), most=10).rest_at == 10
    assert piece_html("abc\ndef", (), most=10).rest_at is None


class _Seen(HTMLParser):
    """What a browser would show and which elements it would make."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.tags: set[str] = set()
        self._sup = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._sup = self._sup or tag == "sup"

    def handle_endtag(self, tag: str) -> None:
        self._sup = self._sup and tag != "sup"

    def handle_data(self, data: str) -> None:
        if not self._sup:
            self.text.append(data)


_SOURCES = st.text(alphabet="ab<>&;\"'/= \nåÖé{}%#\u0301\u200b中👩🎓", max_size=60)


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, list[Clue]]:
    """A source with clues that fit it, and some that do not."""
    source = draw(_SOURCES)
    place = st.integers(-2, len(source) + 2)
    spans = draw(st.lists(st.tuples(place, place, st.sampled_from(["A", "B", "AB"])), max_size=6))
    return source, [
        Clue(f"m{n}", letters, start, end, source[max(start, 0) : end]) for n, (start, end, letters) in enumerate(spans)
    ]


@given(marked())
def test_joined_the_segments_are_the_source(case: tuple[str, list[Clue]]) -> None:
    source, clues = case
    segments = cut(source, clues)
    assert "".join(segment.text for segment in segments) == source
    assert "\n".join("".join(s.text for s in line) for line in lines(segments)) == source
    for key in {key for segment in segments for key in segment.ids}:
        [found] = [one for one in clues if one.id == key]
        assert found.text in "".join(segment.text for segment in segments if key in segment.ids)


@given(marked())
def test_the_markup_shows_the_source_and_makes_no_other_element(case: tuple[str, list[Clue]]) -> None:
    source, clues = case
    seen = _Seen()
    seen.feed(line_html(source, clues))
    seen.close()
    assert "".join(seen.text) == source
    assert seen.tags <= {"span", "mark", "sup"}
    paragraphs = text_html(source, clues)
    assert set(re.findall(r"<(\w+)", paragraphs)) <= {"p", "span", "mark", "sup"}


PAGE = """Emil Berg SA24D
Books and long evenings
The library is open until eight in the evening,
and nobody seems to know of it. Last week I asked
ten people in the canteen what they would change,
and I wrote down the answers as they came to me.
Most of them had never been there at all.
Firstly, we should look at how different homes are.
Some of us have a room with a door and a desk, and
others share a kitchen table with two brothers."""


def test_the_line_breaks_of_a_page_flow_and_those_of_the_writer_stay() -> None:
    flowing = unwrapped(PAGE)
    assert flowing.split("\n")[:2] == ["Emil Berg SA24D", "Books and long evenings"]
    assert "until eight in the evening, and nobody seems" in flowing
    assert "never been there at all. Firstly" in flowing  # as long as the others: no one can tell
    start = PAGE.index("nobody")
    assert '<mark class="clue-a" data-clues="m1">nobody<sup>' in text_html(PAGE, [clue(PAGE, start, start + 6)])


def test_poems_lists_and_long_paragraphs_stay_as_they_are() -> None:
    poem = "\n".join(
        ["Jag gick", "genom den stora skogen om kvällen", "ensam", "och sjöng", "för ingen alls", "en visa"]
    )
    written = "\n".join(["Namn: Emil Berg", *["Det var en gång en fågel som flög över ån. " * 6] * 8])
    for text in ("", "Emil", poem, written):
        assert unwrapped(text) == text


@given(st.text(alphabet="ab \n", max_size=400))
def test_every_character_keeps_its_place(text: str) -> None:
    flowing = unwrapped(text)
    assert len(flowing) == len(text)
    assert flowing.replace("\n", " ") == text.replace("\n", " ")
