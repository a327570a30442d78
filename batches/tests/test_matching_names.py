"""Comparing names as people write them: words, letters, initials, parts."""
# ruff: noqa: E501  (cases side by side)

from __future__ import annotations

import itertools

import pytest

from batches.matching.names import (
    Name,
    Part,
    Token,
    Vocabulary,
    find_initial,
    find_joined,
    find_part,
    find_word,
    fold,
    is_short_for,
    make_name,
    repair,
    spelled,
    tokens,
    words,
)


def part(*used: int, exactness: float = 1.0) -> Part:
    return Part(frozenset(used), pytest.approx(exactness))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Åkerström", "akerstrom"), ("A\u030akerstro\u0308m", "akerstrom"), ("ØRSTED", "orsted"), ("Æbele", "aebele"),
        ("Łukasz", "lukasz"), ("Weiß", "weiss"), ("Đặng", "dang"), ("Guðrún", "gudrun"), ("Işık", "isik"),
        ("İbrahim", "ibrahim"), ("Þór", "thor"), ("Œuvre", "oeuvre"), ("O'Neill", "oneill"), ("A.", "a"),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_letters_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "said"),
    [("Åsa", "aasa"), ("Nyström", "nystroem"), ("Bäck", "baeck"), ("Sørensen", "soerensen"), ("Müller", "mueller"),
     ("Æbele", "aebele"), ("O\u0308berg", "oeberg"), ("Ek", "ek")],
    ids=itertools.count(),
)  # fmt: skip
def test_letters_are_spelled_out(text: str, said: str) -> None:
    assert spelled(text) == said


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Anna-Karin Lind", ["Anna", "Karin", "Lind"]), ("AnnaBerg", ["Anna", "Berg"]), ("NNyström", ["N", "Nyström"]),
        ("ANNA", ["ANNA"]), ("O'Brien", ["O'Brien"]), ("E.Berg", ["E.", "Berg"]), ("anna_berg2", ["anna", "berg"]),
        ("D’Angelo", ["D’Angelo"]), ("Ann 3 x", ["Ann", "x"]), ("", []), ("42", []), ("AB", ["AB"]), ("ABerg", ["A", "Berg"]), ("aB", ["a", "B"]), ("annaB", ["anna", "B"]), ("ABb", ["A", "Bb"]),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_a_string_falls_into_words(text: str, found: list[str]) -> None:
    assert [token.text for token in tokens(text)] == found
    assert [text[token.start : token.end] for token in tokens(text)] == found


def test_a_word_beside_digits_is_part_of_a_code() -> None:
    assert [token.in_code for token in tokens("NA24B Ek 9C x")] == [True, True, False, True, False]
    assert [token.in_code for token in tokens("AB1_ x 1_c d_1")] == [True, False, False, False]


@pytest.mark.parametrize(
    ("text", "initials"),
    [("A. Lind", [True, False]), ("A Lind", [True, False]), ("a lind", [False, False]), ("A-lMasri", [False, False, False]),
     ("A-Masri", [True, False]), ("K-J Berg", [True, True, False]), ("Al-masri", [False, False]), ("A lind", [True, False])],
    ids=itertools.count(),
)  # fmt: skip
def test_one_capital_letter_is_an_initial_unless_it_goes_on(text: str, initials: list[bool]) -> None:
    assert [token.is_initial for token in tokens(text)] == initials


def test_words_have_no_full_stop() -> None:
    assert words("Anna-K. Lind") == ("Anna", "K", "Lind")


def test_a_roster_name_is_prepared() -> None:
    name = make_name("Anna-Karin", "von Öst", "Anka")
    assert (name.given, name.family, name.preferred) == (("Anna", "Karin"), ("Öst",), ("Anka",))
    assert name.solid == ("vonÖst",)
    assert name.joined == (
        "vonostannakarin", "vonoestannakarin", "annakarinvonost", "annakarinvonoest",
        "ostannakarin", "oestannakarin", "annakarinost", "annakarinoest",
        "vonostanka", "vonoestanka", "ankavonost", "ankavonoest",
        "ostanka", "oestanka", "ankaost", "ankaoest",
    )  # fmt: skip
    assert name.key == ("annakarin", "ost")


def test_a_name_without_particles_or_family_is_simple() -> None:
    assert make_name("Elsa", "Holm", "") == Name(("Elsa",), ("Holm",), (), ("holmelsa", "elsaholm"), ())
    assert make_name("Eva", "Sand Berg", "").joined == ("sandbergeva", "evasandberg")
    assert make_name("Suriya", "", "") == Name(("Suriya",), (), (), (), ())
    assert make_name("", "Suriya", "Su") == Name((), ("Suriya",), ("Su",), (), ())
    assert make_name("Li", "De La", "").family == ("De", "La"), "a name of particles only keeps them"
    assert make_name("Văn Hùng", "Trần Văn", "").family == ("Trần", "Văn"), (
        "a name that only folds to a particle is none"
    )


ELSA = make_name("Elsa", "Holm", "")
FOUND = [
    ("Elsa Holm", ("Holm",), False, part(1)), ("elsa HOLM", ("Holm",), False, part(1)), ("Asa", ("Åsa",), False, part(0, exactness=0.95)),
    ("Aasa", ("Åsa",), False, part(0, exactness=0.95)), ("Holms", ("Holm",), False, part(0, exactness=0.9)), ("Eks", ("Eks",), False, part(0)),
    ("Eks", ("Ek",), False, None), ("Boss", ("Bos",), False, None), ("Holmm", ("Holm",), True, None), ("Lindgern", ("Lindgren",), True, part(0, exactness=0.84)), ("Lindgrem", ("Lindgren",), True, part(0, exactness=0.8)),
    ("Lindgern", ("Lindgren",), False, None), ("Kindgren", ("Lindgren",), True, None), ("Lndgern", ("Lindgren",), True, None), ("Bergs", ("Bergq",), True, part(0, exactness=0.8)),
    ("Oppenheimrr", ("Oppenheimer",), True, part(0, exactness=0.8)), ("Oppenhimrr", ("Oppenheimer",), True, part(0, exactness=0.8)),
    ("Openhimrr", ("Oppenheimer",), True, None), ("Oppxnhxixer", ("Oppenheimer",), True, None), ("Anna Karin Lind", ("Anna", "Karin"), False, part(0, 1)), ("Annakarin", ("Anna", "Karin"), False, part(0, exactness=0.97)),
    ("Karin Anna", ("Anna", "Karin"), False, None), ("Anna B Karin", ("Anna", "Karin"), False, None), ("Asa Holm Åsa", ("Åsa",), False, part(2)),
    ("Åsa Asa", ("Åsa",), False, part(0)), ("x", (), False, None), ("", ("Holm",), False, None), ("Anna Karinn", ("Anna", "Karin"), True, part(0, 1, exactness=0.8)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name", "slips", "found"), FOUND, ids=itertools.count())
def test_a_part_of_a_name_is_found(text: str, name: tuple[str, ...], slips: bool, found: Part | None) -> None:
    assert find_part(tokens(text), name, slips=slips) == found


def test_words_that_are_taken_are_not_found_again() -> None:
    written = tokens("Ali Ali Annakarin Anna Karin")
    assert find_part(written, ("Ali",), free=frozenset({0})) == part(1)
    assert find_part(written, ("Ali",), free=frozenset({0, 1})) is None
    assert find_part(written, ("Anna", "Karin"), free=frozenset({2})) == part(3, 4)
    assert find_part(written, ("Anna", "Karin"), free=frozenset({4})) == part(2, exactness=0.97)
    assert find_word(written, ("Ali",), free=frozenset({0})) == part(1)


def test_one_word_of_several_is_found_if_it_is_more_than_a_letter() -> None:
    assert find_word(tokens("Anna Berg"), ("Sand", "Berg")) == part(1)
    assert find_word(tokens("Anna B"), ("B", "Berg")) is None
    assert find_word(tokens("Asa Åsa"), ("Åsa",)) == part(1)
    assert find_word(tokens("Lindgern"), ("Lindgren",)) is None
    assert find_word(tokens("Bo"), ("Bo",)) == part(0)


INITIALS = [
    ("E. Holm", 1, part(0, exactness=0.9)), ("Holm E", 0, part(1, exactness=0.9)), ("e. Holm", 1, None), ("F. Holm", 1, None),
    ("E. A. Holm", 2, part(0, exactness=0.9)), ("A. E. Holm", 2, part(1, exactness=0.9)), ("Holm A E", 0, part(2, exactness=0.9)),
    ("E x Holm", 2, None), ("É. Holm", 1, part(0, exactness=0.8)), ("Holm", 0, None), ("É Holm E", 1, part(2, exactness=0.9)), ("E Holm É", 1, part(0, exactness=0.9)), ("E Holm E", 1, part(0, exactness=0.9)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "beside", "found"), INITIALS, ids=itertools.count())
def test_an_initial_stands_beside(text: str, beside: int, found: Part | None) -> None:
    assert find_initial(tokens(text), ("Sara", "Elsa"), beside=frozenset({beside})) == found


def test_initials_stand_around_a_name_of_two_words() -> None:
    assert find_initial(tokens("E Sand Berg"), ("Elsa",), beside=frozenset({1, 2})) == part(0, exactness=0.9)
    assert find_initial(tokens("Sand Berg E"), ("Elsa",), beside=frozenset({0, 1})) == part(2, exactness=0.9)


@pytest.mark.parametrize(
    ("written", "name", "short"),
    [("Jo", "Josefin", True), ("Stina", "Kristina", True), ("Jossan", "Josefin", True), ("J", "Josefin", False), ("Na", "Kristina", False),
     ("ina", "Kristina", True), ("Ling", "Li", False), ("Lia", "Lisa", True), ("Lia", "Lis", False), ("Li", "Lis", False), ("Xo", "Josefin", False), ("jö", "Josefin", True)],
    ids=itertools.count(),
)  # fmt: skip
def test_pet_forms(written: str, name: str, short: bool) -> None:
    assert is_short_for(written, (name,)) is short
    assert is_short_for(written, ("Qqqqq", name)) is short


def test_a_whole_name_in_one_word() -> None:
    assert find_joined(tokens("12 holmelsa_3"), ELSA) == part(0, exactness=0.95)
    assert find_joined(tokens("x elsaholm"), ELSA) == part(1, exactness=0.95)
    assert find_joined(tokens("x ElsaHolm"), ELSA) == part(1, 2, exactness=0.95)
    assert find_joined(tokens("Elsa Holm"), ELSA) is None
    assert find_joined(tokens("elsaholmb"), ELSA) is None


@pytest.mark.parametrize(
    ("broken", "whole"),
    [("├àsa", "Åsa"), ("Ã…sa Ek", "Åsa Ek"), ("Åsa", "Åsa"), ("Elsa", "Elsa"), ("Ünal", "Ünal"), ("Ã–rjan_Ã–berg", "Örjan_Öberg")],
    ids=itertools.count(),
)  # fmt: skip
def test_broken_letters_are_repaired_word_by_word(broken: str, whole: str) -> None:
    assert repair(broken) == whole


def vocabulary() -> Vocabulary:
    names = {
        "a": make_name("Åsa", "Lindgren", "Ossi"),
        "b": make_name("Per", "von Öst", ""),
        "c": make_name("De", "La", ""),
    }
    return Vocabulary({**names, "d": make_name("Lars", "Ås", "")})


@pytest.mark.parametrize(
    ("text", "students"),
    [
        ("Åsa", ["a"]), ("aasa", ["a"]), ("ASA", ["a"]), ("Åsas", ["a"]), ("ossi", ["a"]), ("Lindgern", ["a"]), ("Lndgern", ["a"]), ("Lnnngrn", []), ("Kindgren", []),
        ("Öst", ["b"]), ("vonÖst", ["b"]), ("OestPer", ["b"]), ("peroest", ["b"]), ("Lind", []), ("x", []), ("Per Åsa", ["a", "b"]), ("lindgren asa", ["a"]), ("Asa s", ["a"]), ("Lars", ["d"]), ("Ås", ["d"]), ("larss", ["d"]),
    ],
    ids=itertools.count(),
)  # fmt: skip
def test_who_may_be_meant_by_a_word(text: str, students: list[str]) -> None:
    known = vocabulary()
    assert known.students_in(tokens(text)) == students
    assert known.students_in(tokens(text)) == students, "the same when asked again"


def test_what_is_known_and_what_is_a_particle() -> None:
    known = vocabulary()
    assert [known.knows(word) for word in ("asa", "Öst", "vonÖst", "Ossi", "Lindgrens", "von")] == [
        True,
        True,
        True,
        True,
        False,
        False,
    ]
    said = [known.is_particle(token) for token in tokens("von de la VAN Y y Öst El Văn")]
    assert said == [True, False, False, True, False, True, False, True, False]


def test_a_token_says_where_it_stands() -> None:
    assert tokens("7a Bo-x")[0] == Token(1, 2, "a", in_code=True)
    assert tokens("7a Bo-x")[1] == Token(3, 5, "Bo", goes_on=True)
