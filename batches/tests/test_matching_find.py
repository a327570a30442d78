"""Searching a place for the students of a class, and for somebody who is none of them."""
# ruff: noqa: E501  (a case is one line here)

from __future__ import annotations

import itertools

import pytest

from batches.matching import RosterStudent
from batches.matching.find import Finding, RosterIndex, Search, find_all
from batches.matching.weights import OTHER_NAME, OTHER_SIGNED
from files.evidence import Evidence, Place

ELSA = RosterStudent("elsa", "Elsa", "Holm", "", "Elsa.Holm@elev.example", (("canvas", "512685"),))
NILS = RosterStudent(
    "nils",
    "Nils",
    "Holm",
    "",
    "nilhol09@elev.example",
    (("canvas", "77001"), ("moodle", "88002")),
    ("Nisse H", "Snickarn"),
)
JOHAN = RosterStudent("johan", "Johan", "von Berg", "Jojo", "jb@elev.example", (), ("Snickarn",))
ASA = RosterStudent("asa", "Åsa", "Åkerström")
TWIN = RosterStudent("twin", "Elsa", "Holm", "", "elsa.holm2@elev.example")


def in_class() -> RosterIndex:
    return RosterIndex([ELSA, NILS, JOHAN, ASA])


def item(text: str, place: Place = "label", *, field: str = "text", start: int = 0, key: str = "e1") -> Evidence:
    return Evidence(key, place, field, start, start + len(text), text)


def found(*items: Evidence, index: RosterIndex | None = None) -> list[tuple[str, str, str, float, str, bool]]:
    """Student, place, level, exactness, the words, and whether they fit others as well."""
    search = find_all(items, index or in_class())
    texts = {one.id: one.text for one in search.evidence}
    return [
        (f.student, f.place, f.level, round(f.exactness, 3), texts[f.evidence_id], f.shared) for f in search.findings
    ]


def test_the_index_finds_by_address_number_and_account() -> None:
    assert in_class().with_email("ELSA.HOLM@elev.example") == "elsa"
    assert in_class().with_email("x@elev.example") is None
    assert [in_class().with_number(n) for n in ("512685", "77001", "88002", "1")] == ["elsa", "nils", "nils", None]
    assert in_class().with_local("NILHOL09") == "nils"
    assert in_class().with_local("elsa.holm") == "elsa"
    assert in_class().with_local("jb") is None, "too short"
    assert in_class().with_local("holm") is None
    assert in_class().namesakes("elsa") == []


def test_what_two_students_share_is_nobodys() -> None:
    one, other = (
        RosterStudent("1", "Bo", "Ek", email="same@x.example", external_ids=(("a", "5555"),)),
        RosterStudent("2", "Bo", "Ek", email="same@x.example", external_ids=(("a", "5555"),)),
    )
    index = RosterIndex([one, other])
    assert (index.with_email("same@x.example"), index.with_number("5555"), index.with_local("same")) == (
        None,
        None,
        None,
    )
    assert (index.namesakes("1"), index.namesakes("2")) == (["2"], ["1"])


def test_a_local_part_that_is_somebodys_name_says_nothing() -> None:
    index = RosterIndex(
        [
            RosterStudent("1", "Alva", "Lindgren", email="lindgren@x.example"),
            RosterStudent("2", "Bo", "Ek", email="abcd@x.example"),
            RosterStudent("3", "Eva", "Ek", email="abcde@x.example"),
        ]
    )
    assert [index.with_local(local) for local in ("lindgren", "abcd", "abcde")] == [None, None, "3"]


def test_aliases_are_found_as_words_whatever_their_case() -> None:
    assert list(in_class().aliases_in("av NISSE H, 9C")) == [("nils", 3, 10, False)]
    assert list(in_class().aliases_in("Nisse Hult")) == []
    assert list(in_class().aliases_in("xsnickarn snickarn_1")) == [("nils", 10, 18, True), ("johan", 10, 18, True)]
    assert list(RosterIndex([ELSA]).aliases_in("snickarn")) == []
    longer = RosterIndex([RosterStudent("1", "Bo", "Ek", aliases=("Bosse", "Bosse den store"))])
    assert list(longer.aliases_in("bosse den store")) == [("1", 0, 15, False)], "the longest spelling"
    assert list(in_class().aliases_in("İ snickarn")) == [], "a letter that grows in lower case would move the places"


FULL = ("elsa", "label", "full_name", 1.0, "Elsa Holm", False)
FOUND: list[tuple[str, Place, list[tuple[str, str, str, float, str, bool]]]] = [
    ("Elsa Holm, 9C", "label", [FULL]),
    ("elsa.holm@elev.example", "email", [("elsa", "email", "email_equal", 1.0, "elsa.holm@elev.example", False)]),
    ("elsa.holm@elev.example", "body", [("elsa", "body", "email_equal", 1.0, "elsa.holm@elev.example", False)]),
    ("x.y@elev.example", "email", []),
    ("Elsa Holm <e@x.example>", "label", [FULL]),
    ("Elsa Holm", "body", [("elsa", "body", "full_name", 1.0, "Elsa Holm", False)]),
    ("uppsats 512685", "file_name", [("elsa", "file_name", "external_id", 1.0, "512685", False)]),
    ("uppsats 512685", "label", []),
    ("1512685 512", "file_name", []),
    ("nilhol09_uppsats", "file_name", [("nils", "file_name", "email_local", 1.0, "nilhol09", False)]),
    ("uppsats_nilhol09", "file_name", [("nils", "file_name", "email_local", 1.0, "nilhol09", False)]),
    ("Konto nilhol09", "page_header", [("nils", "page_header", "email_local", 1.0, "nilhol09", False)]),
    ("Konto nilhol09", "first_line", []),
    ("Nisse H", "label", [("nils", "label", "alias", 1.0, "Nisse H", False), ("nils", "label", "nickname", 1.0, "Nisse H", False)][:1]),
    ("Intervju med snickarn", "first_line", [("nils", "body", "alias", 1.0, "snickarn", True), ("johan", "body", "alias", 1.0, "snickarn", True)]),
    ("med snickarn", "folder", [("nils", "folder", "alias", 1.0, "snickarn", True), ("johan", "folder", "alias", 1.0, "snickarn", True)]),
    ("Holm", "label", [("elsa", "label", "family_name", 1.0, "Holm", True), ("nils", "label", "family_name", 1.0, "Holm", True)]),
    ("Elsa", "label", [("elsa", "label", "given_name", 1.0, "Elsa", False)]),
    ("av Johan von Berg", "first_line", [("johan", "first_line", "full_name", 1.0, "Johan von Berg", False)]),
    ("von Berg, Johan", "label", [("johan", "label", "full_name", 1.0, "von Berg, Johan", False)]),
    ("Skriven av Elsa Holm", "sign_off", [("elsa", "sign_off", "full_name", 1.0, "Elsa Holm", False)]),
    ("Intervju med Elsa Holm", "first_line", [("elsa", "body", "full_name", 1.0, "Elsa Holm", False)]),
    ("Intervju Elsa Holm", "file_name", [("elsa", "mention", "full_name", 1.0, "Elsa Holm", False)]),
    ("Intervju med Elsa Holm", "label", [FULL]),
    ("Elsas hemlighet", "first_line", [("elsa", "body", "given_name", 0.9, "Elsas", False)]),
    ("Elsas hemlighet", "sign_off", [("elsa", "body", "given_name", 0.9, "Elsas", False)]),
    ("Elsas uppsats", "file_name", [("elsa", "file_name", "given_name", 0.9, "Elsas", False)]),
    ("Elsas", "first_line", [("elsa", "first_line", "given_name", 0.9, "Elsas", False)]),
    ("├àsa ├àkerstr├Âm x", "file_name", [("asa", "file_name", "full_name", 1.0, "├àsa ├àkerstr├Âm x", False)]),
    ("Elsa Holm och Nils Holm", "label", [FULL, ("nils", "label", "full_name", 1.0, "Nils Holm", False)]),
    ("Elsa och Nils Holm", "file_name", [("elsa", "file_name", "full_name", 1.0, "Elsa och Nils Holm", False), ("nils", "file_name", "full_name", 1.0, "Nils Holm", False)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "expected"), FOUND, ids=itertools.count())
def test_what_is_found_in_a_place(
    text: str, place: Place, expected: list[tuple[str, str, str, float, str, bool]]
) -> None:
    assert found(item(text, place)) == expected


def test_letters_that_differ_tell_two_students_apart() -> None:
    index = RosterIndex(
        [RosterStudent("a", "Anna", "Åberg"), RosterStudent("o", "Anna", "Öberg"), RosterStudent("e", "Anna", "Oberg")]
    )
    assert [row[0] for row in found(item("Anna Öberg"), index=index)] == ["o"]
    assert [row[0] for row in found(item("Anna Åberg"), index=index)] == ["a"]
    assert found(item("Anna Oberg"), index=index) == [("e", "label", "full_name", 1.0, "Anna Oberg", False)]


def test_namesakes_share_what_is_found() -> None:
    assert found(item("Elsa Holm"), index=RosterIndex([ELSA, TWIN])) == [(*FULL[:5], True), ("twin", *FULL[1:5], True)]


def test_more_of_the_words_beats_fewer() -> None:
    index = RosterIndex([RosterStudent("ann", "Anna", "Lind"), RosterStudent("both", "Anna Karin", "Lind")])
    assert [row[0] for row in found(item("Anna Karin Lind"), index=index)] == ["both"]
    assert [row[0] for row in found(item("Anna Lind"), index=index)] == ["ann"]


STRANGERS: list[tuple[str, Place, float]] = [
    # a label, a slot or a line with a date states a first name and a surname
    ("Signe Ek", "label", OTHER_NAME), ("signe ek, 9C", "label", OTHER_NAME), ("Signe", "label", 0.0), ("X", "label", 0.0), ("X Y", "label", 0.0), ("NA24B", "label", 0.0),
    ("En Två Tre Fyra Fem", "label", OTHER_NAME), ("En Två Tre Fyra Fem Sex", "label", 0.0), ("Elsa Ek", "label", OTHER_NAME), ("Elsa, 9C Ek", "label", 0.0), ("Elsa Holm", "label", 0.0),
    ("Signe Ek 2026-10-03", "first_line", OTHER_NAME), ("Signe Ek 3 maj 2026", "first_line", OTHER_NAME), ("Signe Ek (2026)", "first_line", OTHER_NAME), ("Signe Ek", "page_header", 0.0), ("Elsa Holm 2026-10-03", "first_line", 0.0),
    # a line that signs, or is a name of which a part is a student's
    ("av Signe Ek", "first_line", OTHER_SIGNED), ("skriven av signe ek", "sign_off", OTHER_SIGNED), ("/Signe Ek", "sign_off", OTHER_SIGNED), ("© Signe Ek 2026", "page_header", OTHER_SIGNED),
    ("Skriven av Signe", "sign_off", OTHER_SIGNED), ("Skriven av Elsa", "sign_off", 0.0), ("En analys av Kallocain", "first_line", 0.0), ("Signe Holm", "first_line", OTHER_SIGNED), ("Signe Holm", "sign_off", OTHER_SIGNED),
    ("Sida 1\tSigne Holm", "page_header", OTHER_SIGNED), ("Signe Ek", "first_line", 0.0), ("Signe Ek NA24B", "first_line", OTHER_SIGNED), ("NA24B Signe Ek", "page_header", OTHER_SIGNED), ("Signe Ek – Sida 2 av 5", "page_header", OTHER_SIGNED), ("Page 1\tSigne Ek", "page_header", OTHER_SIGNED), ("Sida 1 Signe", "page_header", 0.0),
    ("signe ek NA24B", "first_line", OTHER_SIGNED), ("signe holm", "first_line", 0.0), ("Historia 1b", "first_line", 0.0), ("Kära Signe Holm", "first_line", 0.0), ("Rättad av Signe Ek", "sign_off", 0.0), ("Signe Holm", "file_name", 0.0),
    ("av Ett Två Tre Fyra", "first_line", OTHER_SIGNED), ("av ett två tre fyra", "first_line", 0.0), ("av ett två tre Holm", "first_line", OTHER_SIGNED), ("av Ett Två Tre Fyra Fem Sju", "first_line", 0.0), ("Holm", "first_line", 0.0),
    ("En Bok Om Sex Och Holm", "first_line", 0.0), ("Elsa Holm", "sign_off", 0.0), ("E. Holm", "first_line", 0.0), ("S. Holm", "first_line", OTHER_SIGNED), ("av Johan Bergh", "first_line", OTHER_SIGNED),
]  # fmt: skip


@pytest.mark.parametrize(("text", "place", "odds"), STRANGERS, ids=itertools.count())
def test_somebody_who_is_not_in_the_class(text: str, place: Place, odds: float) -> None:
    search = find_all([item(text, place)], in_class())
    assert search.strangers == ({"e1": odds} if odds else {})


def test_a_line_above_a_class_is_a_name() -> None:
    name, below = item("Signe Ek", "first_line"), item("9C", "first_line", start=9, key="e2")
    assert find_all([name, below], in_class()).strangers == {"e1": OTHER_SIGNED}
    assert find_all([name, item("Bron", "first_line", start=9, key="e2")], in_class()).strangers == {}
    assert find_all([below, name], in_class()).strangers == {}
    assert find_all([name, item("9C", "sign_off", start=9, key="e2")], in_class()).strangers == {}


def test_a_name_in_a_systems_slot_is_stated_by_one_long_word_too() -> None:
    def slot(text: str, inner: str) -> dict[str, float]:
        whole = item(text, "folder", field="path")
        return find_all(
            [whole, item(inner, "folder", field="path", start=text.index(inner), key="e2")], in_class()
        ).strangers

    assert slot("Signe Ek_123_assignsubmission_file", "Signe Ek") == {"e2": OTHER_NAME}
    assert slot("ekmansigne_1_2_x", "ekmansigne") == {"e2": OTHER_NAME}
    assert slot("eksigne_1_2_x", "eksigne") == {"e2": OTHER_NAME}
    assert slot("eksign_1_2_x", "eksign") == {}
    assert slot("Elsa Holm_123", "Elsa Holm") == {}
    assert find_all([item("Signe Ek", "folder", field="path")], in_class()).strangers == {}, (
        "a folder alone may be anything"
    )
    assert find_all([item("ekmansigne", "folder", field="name")], in_class()).strangers == {"e1": OTHER_NAME}


def test_a_name_shared_with_a_stranger_supports_nobody_who_is_named_elsewhere() -> None:
    label = item("Signe Holm", "label")
    assert [(row[0], row[2]) for row in found(label)] == [("elsa", "other_given"), ("nils", "other_given")]
    assert [(row[0], row[1]) for row in found(label, item("Elsa Holm", "file_name", field="name", key="e2"))] == [
        ("nils", "label"),
        ("elsa", "file_name"),
    ]
    assert [(row[0], row[2]) for row in found(item("elsa ekman", "label"))] == [("elsa", "other_family")]
    assert [(row[0], row[2]) for row in found(item("av elsa ekman", "first_line"))] == [("elsa", "other_family")]


def test_a_family_name_beside_a_student_named_in_full_is_that_students() -> None:
    assert [row[0] for row in found(item("Elsa Holm", "label"))] == ["elsa"]
    assert [row[:3] for row in found(item("Elsa Holm / Holm", "page_header"))] == [("elsa", "page_header", "full_name")]


def test_a_span_is_the_evidence_that_is_there_or_a_new_one() -> None:
    source = item("Namn: Elsa Holm", "first_line", start=10)
    search = Search([source], _known={("text", 10, 25): "e1"})
    assert search.span(source, 0, 15) == "e1"
    assert search.span(source, 6, 15) == "m2"
    assert search.span(source, 6, 15) == "m2"
    assert search.evidence[1:] == [Evidence("m2", "first_line", "text", 16, 25, "Elsa Holm")]
    search.add("elsa", source, "full_name", (6, 10))
    search.add("elsa", source, "full_name", (6, 15), place="body", exactness=0.5, shared=True)
    assert search.findings == [
        Finding("elsa", "first_line", "full_name", 1.0, "m3"),
        Finding("elsa", "body", "full_name", 0.5, "m2", True),
    ]


def test_the_first_evidence_of_a_span_is_pointed_at() -> None:
    search = find_all([item("Elsa Holm", "label", key="e1"), item("Elsa Holm", "first_line", key="e2")], in_class())
    assert [(f.place, f.evidence_id) for f in search.findings] == [("label", "e1"), ("first_line", "e1")]
