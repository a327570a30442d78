"""What matching says of a file to the last reason, and how it spreads a batch's files over the class."""

from __future__ import annotations

from dataclasses import replace

import pytest

from batches.matching import Candidate, EssayClues, Reason, RosterStudent, Suggestion, match_essays
from batches.matching.weights import ALIKE, CERTAIN, LEVELS, ONLY_ONE_LEFT, OTHER_NAME, PLACES, SECOND_TEXT
from files.evidence import Evidence, Place

ELSA, NILS = RosterStudent("elsa", "Elsa", "Holm"), RosterStudent("nils", "Nils", "Holm")
MAJA, OVE = RosterStudent("maja", "Maja", "Lindgren"), RosterStudent("ove", "Ove", "Falk")
CLASS = [ELSA, NILS, MAJA, OVE]
FIRST = Reason("no_other_text", supports=True)
SECOND = Reason("already_matched", supports=False)


def item(text: str, place: Place = "label", key: str = "e1", start: int = 0) -> Evidence:
    field = {"file_name": "name", "property": "property:author"}.get(place, "text")
    return Evidence(key, place, field, start, start + len(text), text)


def essay(*evidence: Evidence, key: str = "1", has_text: bool = True, decided: str | None = None) -> EssayClues:
    return EssayClues(key, evidence, has_text, decided)


def one(*evidence: Evidence, roster: list[RosterStudent] = CLASS) -> Suggestion:
    return match_essays([essay(*evidence)], roster)["1"]


def chance(place: str, level: str, *, exactness: float = 1.0, others: float = 0.0) -> float:
    """The probability of the only student named; `others`: odds of whoever else may have written."""
    odds = PLACES[place].odds * exactness
    return round(odds / (1 + odds + others) / (1 + PLACES[place].others * LEVELS[level].chance), 4)


def reasons(said: Suggestion, student: str) -> tuple[Reason, ...]:
    return next(candidate.reasons for candidate in said.candidates if candidate.student == student)


def test_a_certain_match_with_its_reason() -> None:
    label = item("Elsa Holm")
    by_name = Reason("full_name", supports=True, evidence=("e1",))
    candidate = Candidate("elsa", chance("label", "full_name"), (by_name, FIRST))
    assert one(label) == Suggestion("certain", "elsa", chance("label", "full_name"), (candidate,), (label,))


def test_nothing_to_say() -> None:
    evidence = item("Dokument", "file_name")
    assert one(evidence) == Suggestion("no_match", None, 0.0, (), (evidence,))


def test_the_same_name_in_two_places_is_one_reason_and_each_span_once() -> None:
    said = one(item("Elsa Holm"), item("Elsa Holm 9C", "file_name", "e2"), item("Elsa Holm", "first_line", "e3"))
    assert reasons(said, "elsa") == (Reason("full_name", supports=True, evidence=("e1", "m3")), FIRST)


def test_two_who_are_named_speak_against_each_other() -> None:
    said = one(item("Elsa Holm"), item("Ove Falk", "file_name", "e2"))
    assert (said.certainty, said.student) == ("conflict", None)
    assert [candidate.student for candidate in said.candidates] == ["elsa", "ove"]
    against = (Reason("rival_named", supports=False, evidence=("e2",)), FIRST)
    assert reasons(said, "elsa") == (Reason("full_name", supports=True, evidence=("e1",)), *against)
    assert reasons(said, "ove")[1] == Reason("rival_named", supports=False, evidence=("e1",))


def test_who_is_mentioned_is_no_rival() -> None:
    said = one(item("Elsa Holm"), item("Intervju Ove Falk", "file_name", "e2"))
    assert (said.certainty, said.student) == ("certain", "elsa")
    assert reasons(said, "elsa")[1:] == (FIRST,)
    thanked = one(item("Elsa Holm"), item("Tack till Ove Falk", "first_line", "e2"))
    assert (thanked.certainty, thanked.student) == ("certain", "elsa")


def test_somebody_outside_the_class_speaks_against() -> None:
    said = one(item("Signe Ek"), item("Ove Falk", "file_name", "e2"))
    expected = chance("file_name", "full_name", others=OTHER_NAME)
    assert (said.certainty, said.student, said.confidence) == ("unsure", "ove", expected)
    assert reasons(said, "ove")[1] == Reason("other_name", supports=False, evidence=("e1",))


def test_doubts_are_neither_for_nor_against() -> None:
    said = one(item("Maja Lindgrem", "property"))
    doubts = (Reason("property_only", None), Reason("slip", None))
    assert reasons(said, "maja") == (Reason("full_name", supports=True, evidence=("e1",)), *doubts, FIRST)
    hidden = one(item("Ove Falk"), roster=[replace(OVE, protected=True)])
    assert reasons(hidden, "ove")[1] == Reason("protected", None)
    assert (hidden.certainty, hidden.student) == ("unsure", "ove")
    twins = one(item("Ove Falk"), roster=[OVE, replace(OVE, key="twin")])
    assert [Reason("namesake", None) in candidate.reasons for candidate in twins.candidates] == [True, True]
    assert (twins.certainty, twins.student) == ("conflict", None)


def test_a_name_in_a_weak_place_beside_a_strong_one_is_no_doubt() -> None:
    said = one(item("Ove Falk", "property"), item("Ove", "label", "e2"))
    by_name = [
        Reason(code, supports=True, evidence=(key,)) for code, key in (("full_name", "e1"), ("given_name", "e2"))
    ]
    assert reasons(said, "ove") == (*by_name, Reason("given_name", None, ("e2",)), FIRST)


EMILS = [RosterStudent("a", "Emil", "Andersson"), RosterStudent("b", "Emil", "Andersson Berg")]


def test_whom_the_clues_fit_alike_nobody_is_suggested() -> None:
    said = one(item("Emil A", "file_name"), roster=EMILS)
    assert (said.certainty, said.student) == ("conflict", None)
    by_name = Reason("initials", supports=True, evidence=("e1",))
    assert [candidate.reasons for candidate in said.candidates] == [(by_name, Reason("tied", None), FIRST)] * 2
    apart = one(item("Ove", "file_name"), item("Maja", "file_name", "e2"))
    assert (apart.certainty, [candidate.student for candidate in apart.candidates]) == ("conflict", ["maja", "ove"])
    assert reasons(apart, "ove") == (Reason("given_name", supports=True, evidence=("e1",)), Reason("tied", None), FIRST)


def test_who_has_no_text_yet_goes_first_and_the_other_is_the_doubt() -> None:
    files = [essay(item("Emil Andersson", "file_name"), key="1"), essay(item("Emil A", "file_name"), key="2")]
    said = match_essays(files, EMILS)["2"]
    assert (said.certainty, said.student) == ("unsure", "b")
    doubt = Reason("shared", None, ("e1",))
    assert reasons(said, "b") == (Reason("initials", supports=True, evidence=("e1",)), doubt, FIRST)
    assert reasons(said, "a") == (Reason("initials", supports=True, evidence=("e1",)), doubt, SECOND)


def test_how_near_the_second_must_be() -> None:
    odds = {place: PLACES[place].odds for place in ("table", "page_header")}
    assert odds["table"] / odds["page_header"] < ALIKE, "these two are told apart"
    said = one(item("Ove", "table"), item("Maja", "page_header", "e2"))
    assert (said.certainty, said.student) == ("unsure", "maja")


def test_the_doubt_is_what_keeps_it_from_being_certain() -> None:
    initial = one(item("E. Holm", "file_name"), item("Signe Ek", "label", "e2"), roster=[ELSA, OVE])
    assert reasons(initial, "elsa")[1] == Reason("initials", None, ("e1",))
    rival = one(item("Elsa Holm", "file_name"), item("Maja", "file_name", "e2"))
    assert (rival.certainty, rival.student) == ("unsure", "elsa")
    assert reasons(rival, "elsa")[1:-1] == (Reason("rival_named", None, ("e2",)),)
    assert reasons(rival, "maja")[1:-1] == (Reason("rival_named", supports=False, evidence=("e1",)),)


def test_many_little_things_are_a_doubt_too() -> None:
    mates = [RosterStudent(f"s{n}", given, "Ek") for n, given in enumerate("Ada Bea Cia Dan Eli Fay".split())]
    spoken_of = [item(f"{mate.given_name} Ek", "body", f"b{n}", 99 * n) for n, mate in enumerate(mates)]
    said = one(item("Elsa Holm", "file_name"), *spoken_of, roster=[ELSA, *mates])
    assert (said.certainty, said.student) == ("unsure", "elsa")
    assert reasons(said, "elsa")[:-1] == tuple(Reason("full_name", supports, ("e1",)) for supports in (True, None))


def test_a_misprint_is_certain_but_doubted() -> None:
    said = one(item("Maja Lindgern"))
    assert (said.certainty, said.confidence) == ("certain", chance("label", "misprint", exactness=0.84))
    assert [reason.code for reason in reasons(said, "maja")] == ["full_name", "slip", "no_other_text"]


def test_a_slip_is_likely_but_not_certain() -> None:
    said = one(item("Maja Lindgrem"))
    assert (said.certainty, said.confidence) == ("unsure", chance("label", "slip", exactness=0.8))
    assert said.confidence < CERTAIN


def test_at_most_five_are_suggested() -> None:
    family = [RosterStudent(f"s{n}", given, "Holm") for n, given in enumerate("Ada Bea Cia Dan Eli Fay Gus".split())]
    said = one(item("Holm", "file_name"), roster=family)
    assert [candidate.student for candidate in said.candidates] == ["s0", "s1", "s2", "s3", "s4"]
    assert len({candidate.confidence for candidate in said.candidates}) == 1


def test_two_versions_are_certain_and_say_so() -> None:
    both = match_essays([essay(item("Elsa Holm"), key="1"), essay(item("Elsa Holm"), key="2")], CLASS)
    assert [said.certainty for said in both.values()] == ["certain", "certain"]
    assert [reasons(said, "elsa")[-1] for said in both.values()] == [SECOND, SECOND]


def test_siblings_come_first_in_a_text_each_and_neither_is_suggested() -> None:
    said = match_essays([essay(item("Holm"), key=key) for key in "123"], CLASS)
    assert [(said[key].certainty, said[key].student) for key in "123"] == [("conflict", None)] * 3
    assert [[c.student for c in said[key].candidates] for key in "12"] == [["elsa", "nils"], ["nils", "elsa"]]


def test_who_has_a_text_is_less_likely_to_have_written_one_more() -> None:
    files = [essay(item("Elsa Holm"), key="1"), essay(item("Holm"), key="2")]
    said = match_essays(files, CLASS)["2"]
    assert [candidate.student for candidate in said.candidates] == ["nils", "elsa"]
    assert said.candidates[1].confidence == pytest.approx(said.candidates[0].confidence * SECOND_TEXT, abs=1e-4)
    assert (reasons(said, "elsa")[-1], reasons(said, "nils")[-1]) == (SECOND, FIRST)


def test_assignment_overrules_no_text_that_speaks_for_one() -> None:
    files = [
        essay(item("Ove", "file_name"), key="1"),
        essay(item("Ove", "file_name"), item("Maja", "property", "e2"), key="2"),
    ]
    said = match_essays(files, CLASS)
    assert [said[key].student for key in "12"] == ["ove", "ove"]


def test_a_persons_decision_counts_as_the_students_text() -> None:
    files = [essay(item("Holm"), key="1"), essay(key="2", decided="elsa")]
    said = match_essays(files, CLASS)
    assert said["1"].student == "nils"
    assert match_essays([essay(item("Holm"), key="1", decided="elsa")], CLASS)["1"].candidates[0].student == "elsa"
    assert reasons(said["1"], "elsa")[-1] == SECOND


def test_the_last_text_is_perhaps_the_last_students() -> None:
    named = [essay(item(f"{s.given_name} {s.family_name}"), key=s.key) for s in (ELSA, NILS, MAJA)]
    said = match_essays([*named, essay(key="x")], CLASS)["x"]
    expected = Candidate("ove", ONLY_ONE_LEFT, (Reason("only_one_left", None), FIRST))
    assert said == Suggestion("unsure", "ove", ONLY_ONE_LEFT, (expected,), ())
    assert match_essays([*named, essay(key="x", has_text=False)], CLASS)["x"].certainty == "no_match"
    assert match_essays([*named, essay(key="x"), essay(key="y")], CLASS)["x"].certainty == "no_match"
    assert match_essays([*named[:2], essay(key="x")], CLASS)["x"].certainty == "no_match"
    assert match_essays([*named, essay(item("Signe Ek"), key="x")], CLASS)["x"].certainty == "no_match"
    assert match_essays([*named, essay(key="x", decided="ove")], CLASS)["x"].certainty == "no_match"
    assert match_essays([*named, essay(key="y", decided="ove"), essay(key="x")], CLASS)["x"].certainty == "no_match"


def test_an_answer_for_every_file() -> None:
    files = [essay(key="b"), essay(item("Elsa Holm"), key="a")]
    assert set(match_essays(files, CLASS)) == {"a", "b"}
    assert match_essays(files, []) == {
        "a": Suggestion("no_match", None, 0.0, (), (item("Elsa Holm"),)),
        "b": Suggestion("no_match", None, 0.0),
    }


LEFT = RosterStudent("left", "Elsa", "Berg Holm", left=True)


@pytest.mark.parametrize("place", ["label", "first_line", "file_name", "folder"])
def test_a_text_of_one_who_left_the_class_is_no_namesakes(place: Place) -> None:
    """The longer name of two that once stood side by side in the class list."""
    evidence = item("Elsa Berg Holm", place)
    assert one(evidence).student == "elsa", "a name between the two is a second surname as a rule"
    said = one(evidence, roster=[*CLASS, LEFT])
    assert (said.certainty, said.student, said.candidates) == ("no_match", None, ())


def test_who_left_is_never_suggested_and_takes_nothing_else() -> None:
    assert one(item("Elsa Holm"), roster=[*CLASS, LEFT]).certainty == "certain"
    assert one(item("Elsa H"), roster=[*CLASS, LEFT]) == one(item("Elsa H"))
    assert one(item("Sam Ek"), roster=[*CLASS, RosterStudent("sam", "Sam", "Ek", left=True)]).candidates == ()
    again = replace(ELSA, key="again", left=True)
    assert one(item("Elsa Holm"), roster=[*CLASS, again]) == one(item("Elsa Holm")), (
        "the same person under a new address"
    )


def test_a_name_in_full_is_nobodys_pet_form() -> None:
    """`Johan Lundell` is Johan's, though Johanna may be called so: her address beside it is a conflict, no doubt."""
    johan = RosterStudent("johan", "Johan", "Lundell", email="johan.lundell@elev.example")
    johanna = RosterStudent("johanna", "Johanna", "Lundell", email="johanna.lundell@elev.example")
    roster = [*CLASS, johan, johanna]
    name, address = item("Johan Lundell", "file_name"), item("johanna.lundell@elev.example", "email", "e2")
    said = one(name, address, roster=roster)
    assert (said.certainty, said.student) == ("conflict", None)
    assert {candidate.student for candidate in said.candidates} == {"johan", "johanna"}
    assert (one(name, roster=roster).certainty, one(name, roster=roster).student) == ("certain", "johan")
