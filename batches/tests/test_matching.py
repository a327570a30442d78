"""Matching as a pure function: one table of how people write names, then the rules of a whole batch."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from batches.matching import REASONS, Certainty, EssayClues, RosterStudent, Suggestion, match_essays
from files.authorship import find_evidence
from files.evidence import Document

STORY = "Det var en gång en fågel som flög över ån, och ingen visste vart den var på väg.\n" * 8


def pupil(name: str, *, preferred: str = "", email: str = "", **fields: object) -> RosterStudent:
    """A student `Given names|Family names`, or `Given Family`."""
    given, _bar, family = name.partition("|") if "|" in name else name.partition(" ")
    student = RosterStudent(name.replace("|", " "), given, family, preferred, email)
    return replace(student, **fields)  # type: ignore[arg-type]


CLASS = [
    pupil("Åsa|Åkerström", email="asa.akerstrom@elev.example"),
    pupil("Anna-Karin|Lind", preferred="Anka", email="anklin09@elev.example"),
    pupil("Alexander|Falk", preferred="Alex", email="afalk@elev.example"),
    pupil("Örjan|Öberg", email="orjan.oberg@elev.example"),
    pupil("Camila|de la Cruz Peña", email="camila.delacruz@elev.example", external_ids=(("canvas", "512685"),)),
    pupil("Johan|von Essen-Berg", email="jovoes08@elev.example"),
    pupil("Ibrahim|Al-Sayed"),
    pupil("Christopher|Bergqvist"),
    pupil("Elsa|Holm"),
    pupil("Nils|Holm"),
    pupil("Mohammed|", preferred="Mo"),
    pupil("Nina|Nyström", aliases=("Ninja99",)),
    pupil("Hêlîn|Şahin"),
]


def essay(
    key: str = "1",
    *,
    name: str = "Dokument1.docx",
    path: str = "",
    text: str = STORY,
    headers: tuple[str, ...] = (),
    properties: tuple[tuple[str, str], ...] = (),
    decided: str | None = None,
) -> EssayClues:
    document = Document("docx", text, headers=headers, properties=properties)
    evidence = find_evidence(name=name, path=path, document=document)
    return EssayClues(key, tuple(evidence), has_text=bool(text), decided_student=decided)


def match(one: EssayClues, roster: list[RosterStudent] = CLASS) -> Suggestion:
    return match_essays([one], roster)[one.key]


def first(suggestion: Suggestion) -> str | None:
    return suggestion.candidates[0].student if suggestion.candidates else None


def codes(suggestion: Suggestion) -> set[str]:
    return {reason.code for reason in suggestion.candidates[0].reasons}


WRITTEN: list[tuple[str, str, Certainty]] = [
    # order of names
    ("Åsa Åkerström", "Åsa Åkerström", "certain"),
    ("Åkerström, Åsa", "Åsa Åkerström", "certain"),
    ("ÅKERSTRÖM ÅSA", "Åsa Åkerström", "certain"),
    # letters folded or spelled out
    ("Asa Akerstrom", "Åsa Åkerström", "certain"),
    ("Orjan Oberg", "Örjan Öberg", "certain"),
    ("Oerjan Oeberg", "Örjan Öberg", "certain"),
    ("Helin Sahin", "Hêlîn Şahin", "certain"),
    # mojibake
    ("Ã–rjan Ã–berg", "Örjan Öberg", "certain"),
    # preferred names, nicknames, aliases
    ("Alex Falk", "Alexander Falk", "certain"),
    ("Anka Lind", "Anna-Karin Lind", "certain"),
    ("Ninja99", "Nina Nyström", "certain"),
    # hyphens and particles
    ("Anna Karin Lind", "Anna-Karin Lind", "certain"),
    ("Anna Lind", "Anna-Karin Lind", "certain"),
    ("Johan Essen-Berg", "Johan von Essen-Berg", "certain"),
    ("Ibrahim AlSayed", "Ibrahim Al-Sayed", "certain"),
    ("Camila Cruz", "Camila de la Cruz Peña", "certain"),
    # slips of the pen
    ("Christopher Bergkvist", "Christopher Bergqvist", "unsure"),
    # initials
    ("Å. Åkerström", "Åsa Åkerström", "certain"),
    ("Alexander F", "Alexander Falk", "certain"),
    ("E. Holm", "Elsa Holm", "certain"),
    # genitive
    ("Alexander Falks uppsats", "Alexander Falk", "certain"),
    # a part only
    ("Alexander", "Alexander Falk", "unsure"),
    ("Mo", "Mohammed ", "unsure"),
]


@pytest.mark.parametrize(("written", "student", "certainty"), WRITTEN, ids=range(len(WRITTEN)))
def test_as_written_on_a_label(written: str, student: str, certainty: Certainty) -> None:
    suggestion = match(essay(text=f"Namn: {written}\n{STORY}"))
    assert (first(suggestion), suggestion.certainty) == (student, certainty)


NAMED: list[tuple[str, str, str | None, Certainty]] = [
    ("Åsa Åkerström uppsats (2).docx", "", "Åsa Åkerström", "certain"),
    ("åkerströmåsa_512_998_essay.docx", "", "Åsa Åkerström", "certain"),
    ("akerstromasa_LATE_660616_6113491_Dokument1.docx", "", "Åsa Åkerström", "certain"),
    ("delacruzpeñacamila_1_2_x.docx", "", "Camila de la Cruz Peña", "certain"),
    ("AlexanderFalk.docx", "", "Alexander Falk", "certain"),
    ("NNyström.docx", "", "Nina Nyström", "certain"),
    ("Alexanders writing assignment.docx", "", "Alexander Falk", "unsure"),
    ("essay.docx", "Ibrahim Al-Sayed_3217958_assignsubmission_file", "Ibrahim Al-Sayed", "certain"),
    ("essay.docx", "NA24B/Falk Alexander", "Alexander Falk", "certain"),
    ("x_512685_99.docx", "", "Camila de la Cruz Peña", "certain"),
    ("anklin09 uppsats.docx", "", "Anna-Karin Lind", "certain"),
    ("afalk_nationellt_prov.docx", "", "Alexander Falk", "certain"),
    ("├àsa ├àkerstr├Âm.docx", "", "Åsa Åkerström", "certain"),
    ("Holm.docx", "", "Elsa Holm", "conflict"),
    ("Dokument1.docx", "", None, "no_match"),
    ("falkenberg resa.docx", "", None, "no_match"),
]


@pytest.mark.parametrize(("name", "path", "student", "certainty"), NAMED, ids=range(len(NAMED)))
def test_as_named_by_a_file(name: str, path: str, student: str | None, certainty: Certainty) -> None:
    suggestion = match(essay(name=name, path=path))
    assert (first(suggestion), suggestion.certainty) == (student, certainty)


def test_an_address_is_worth_as_much_as_a_name() -> None:
    suggestion = match(essay(text=f"afalk@elev.example\n{STORY}"))
    assert (suggestion.student, suggestion.certainty) == ("Alexander Falk", "certain")
    assert "email_equal" in codes(suggestion)


@pytest.mark.parametrize(
    "text",
    [
        f"Lärare: Åsa Åkerström\n{STORY}",
        f"Klass: NA24B Lärare: Åsa Åkerström\n{STORY}",
        f"Lärare: asa.akerstrom@elev.example\n{STORY}",
        f"{STORY}\nMed vänlig hälsning\nÅsa Åkerström",
        f"{STORY * 3}Åsa Åkerström gick hem genom skogen, och det var sent på kvällen när hon kom fram.\n{STORY * 3}",
    ],
)
def test_a_name_that_is_not_the_writers(text: str) -> None:
    assert match(essay(text=text)).certainty == "no_match"


def test_computer_accounts_alone_are_never_certain() -> None:
    suggestion = match(essay(properties=(("author", "Alexander Falk"),)))
    assert (suggestion.student, suggestion.certainty) == ("Alexander Falk", "unsure")
    assert "property_only" in codes(suggestion)


def test_header_and_file_name_disagree() -> None:
    suggestion = match(essay(name="Alexander Falk.docx", text=f"Åsa Åkerström\n{STORY}"))
    assert (suggestion.certainty, suggestion.student) == ("conflict", None)
    assert [candidate.student for candidate in suggestion.candidates[:2]] == ["Åsa Åkerström", "Alexander Falk"]
    assert "rival_named" in codes(suggestion)


def test_a_protected_student_is_never_certain() -> None:
    roster = [replace(student, protected=student.given_name == "Alexander") for student in CLASS]
    suggestion = match(essay(name="Alexander Falk.docx", text=f"Namn: Alexander Falk\n{STORY}"), roster)
    assert (suggestion.student, suggestion.certainty) == ("Alexander Falk", "unsure")


def test_namesakes_are_never_certain_by_name_and_are_told_apart_by_address() -> None:
    twins = [
        RosterStudent("one", "Robin", "Lund", email="rlund1@elev.example"),
        RosterStudent("two", "Robin", "Lund", email="rlund2@elev.example"),
    ]
    by_name = match(essay(text=f"Namn: Robin Lund\n{STORY}"), twins)
    assert (by_name.certainty, by_name.student) == ("conflict", None)
    assert {candidate.student for candidate in by_name.candidates} == {"one", "two"}
    assert "namesake" in codes(by_name)
    by_address = match(essay(text=f"Namn: Robin Lund\nrlund2@elev.example\n{STORY}"), twins)
    assert first(by_address) == "two"


def test_siblings_are_told_apart_by_the_given_name() -> None:
    assert first(match(essay(name="Nils Holm.docx"))) == "Nils Holm"
    shared = match(essay(name="Holm.docx"))
    assert (shared.certainty, shared.student) == ("conflict", None)
    assert {candidate.student for candidate in shared.candidates} == {"Elsa Holm", "Nils Holm"}


def test_two_students_with_nearly_one_name() -> None:
    roster = [pupil("Anna Åberg"), pupil("Anna Öberg")]
    assert first(match(essay(name="Anna Öberg.docx"), roster)) == "Anna Öberg"
    assert first(match(essay(name="Anna Åberg.docx"), roster)) == "Anna Åberg"
    assert match(essay(name="Anna Oberg.docx"), roster).student != "Anna Åberg"


def test_two_versions_both_belong_to_the_student() -> None:
    both = match_essays([essay("1", name="Elsa Holm.docx"), essay("2", name="Elsa Holm v2.docx")], CLASS)
    assert [(answer.student, answer.certainty) for answer in both.values()] == [("Elsa Holm", "certain")] * 2
    assert "already_matched" in codes(both["2"])


def test_a_decision_of_a_person_constrains_the_rest() -> None:
    roster = [pupil("Elsa Holm"), pupil("Nils Holm")]
    undecided = match_essays([essay("1", name="Holm.docx")], roster)
    assert (undecided["1"].certainty, undecided["1"].student) == ("conflict", None)
    decided = match_essays([essay("1", name="Holm.docx"), essay("2", decided="Elsa Holm")], roster)
    assert (decided["1"].certainty, decided["1"].student) == ("unsure", "Nils Holm")


def test_the_only_text_left_is_perhaps_the_only_students_left() -> None:
    roster = [pupil("Elsa Holm"), pupil("Nils Falk")]
    answers = match_essays([essay("1", name="Elsa Holm.docx"), essay("2")], roster)
    assert (answers["2"].certainty, answers["2"].student) == ("unsure", "Nils Falk")
    assert "only_one_left" in codes(answers["2"])
    assert answers["2"].confidence <= 0.5


@pytest.mark.parametrize("more", [essay("3"), essay("3", text="Namn: Signe Ek\n" + STORY), None])
def test_nothing_is_given_away_while_something_else_may_be_true(more: EssayClues | None) -> None:
    roster = [pupil("Elsa Holm"), pupil("Nils Falk"), *([] if more else [pupil("Maja Berg")])]
    files = [essay("1", name="Elsa Holm.docx"), essay("2"), *([more] if more else [])]
    answers = match_essays(files, roster)
    assert answers["2"].certainty == "no_match"


SPOKEN_OF = [
    f"Intervju med Åsa Åkerström\n{STORY}",
    f"An Interview With Åsa Åkerström\n{STORY}",
    f"Opponent: Åsa Åkerström\n{STORY}",
    f"Kamratrespons: Åsa Åkerström\n{STORY}",
    f"Åsa Åkerströms hemlighet\n{STORY}",
    f"Cc: asa.akerstrom@elev.example\n{STORY}",
    f"Skuggor\n{STORY}Skriv till asa.akerstrom@elev.example om du vill vara med och spela.\n{STORY}",
    f"Skuggor\n{STORY}\nTack till Åsa Åkerström",
    f"Skuggor\n{STORY}\nReferences\nÅkerström, Åsa. Bron. 2019",
]


@pytest.mark.parametrize("text", SPOKEN_OF, ids=range(len(SPOKEN_OF)))
def test_somebody_spoken_of_is_hardly_a_candidate(text: str) -> None:
    suggestion = match(essay(text=text))
    assert suggestion.certainty in ("unsure", "no_match")
    assert suggestion.confidence < 0.2


def test_a_labelled_stranger_makes_a_classmates_file_name_unsure() -> None:
    suggestion = match(essay(name="Alexander Falk.docx", text=f"Namn: Signe Ek\n{STORY}"))
    assert (suggestion.certainty, suggestion.student) == ("unsure", "Alexander Falk")
    assert "other_name" in codes(suggestion)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Elsa Holm och Alexander Falk.docx", STORY),
        ("x.docx", f"Namn: Elsa Holm & Alexander Falk\n{STORY}"),
        ("x.docx", f"av Elsa Holm, Alexander Falk\n{STORY}"),
    ],
)
def test_two_writers_are_a_conflict_with_both(name: str, text: str) -> None:
    suggestion = match(essay(name=name, text=text))
    assert (suggestion.certainty, suggestion.student) == ("conflict", None)
    assert {candidate.student for candidate in suggestion.candidates} == {"Elsa Holm", "Alexander Falk"}


def test_first_name_and_surname_on_labels_of_their_own() -> None:
    suggestion = match(essay(text=f"Förnamn: Alexander\nEfternamn: Falk\n{STORY}"))
    assert (suggestion.certainty, suggestion.student) == ("certain", "Alexander Falk")


def test_a_number_beside_a_long_name_hides_nothing() -> None:
    suggestion = match(essay(name="AlexanderFalk2.docx"))
    assert (suggestion.certainty, suggestion.student) == ("certain", "Alexander Falk")


def test_a_class_is_no_surname_and_a_year_no_number() -> None:
    roster = [pupil("Hamza Ek"), pupil("Noor Berg", external_ids=(("canvas", "2026"),))]
    assert match(essay(name="EK24C uppsats 2026.docx"), roster).certainty == "no_match"


def test_an_empty_text_is_matched_by_its_name_only() -> None:
    suggestion = match(essay(name="Alexander Falk.pdf", text=""))
    assert suggestion.student == "Alexander Falk"
    assert match(essay(text="")).certainty == "no_match"


def test_no_roster_and_no_essays() -> None:
    assert match_essays([], CLASS) == {}
    assert match(essay(name="Alexander Falk.docx"), []).certainty == "no_match"


def test_the_order_of_essays_and_students_does_not_matter() -> None:
    essays = [essay("1", name="Holm.docx"), essay("2", name="Elsa.docx"), essay("3", name="Alexander Falk.docx")]
    roster = [pupil("Elsa Holm"), pupil("Nils Holm"), pupil("Alexander Falk")]
    expected = match_essays(essays, roster)
    for order in itertools.permutations(essays):
        for students in itertools.permutations(roster):
            assert match_essays(order, students) == expected


def test_every_reason_is_known_and_points_at_evidence_that_is_there() -> None:
    answers = match_essays(
        [essay(str(n), name=f"{written}.docx") for n, (written, *_rest) in enumerate(WRITTEN)], CLASS
    )
    for answer in answers.values():
        ids = {item.id for item in answer.evidence}
        for candidate in answer.candidates:
            assert 0 <= candidate.confidence <= 1
            for reason in candidate.reasons:
                assert reason.code in REASONS
                assert set(reason.evidence) <= ids


def test_one_text_and_one_student_are_no_pair() -> None:
    assert match(essay(), [pupil("Elsa Holm")]).certainty == "no_match"


def test_who_is_left_over_is_not_called_named_in_passing() -> None:
    answers = match_essays([essay("1", name="Elsa Holm.docx"), essay("2")], [pupil("Elsa Holm"), pupil("Nils Falk")])
    assert codes(answers["2"]) == {"only_one_left", "no_other_text"}


def test_the_first_of_two_given_names_gives_way_to_the_whole_name() -> None:
    roster = [pupil("Anna-Karin|Lind"), pupil("Anna|Lind")]
    suggestion = match(essay(text=f"Namn: Anna Lind\n{STORY}"), roster)
    assert (suggestion.student, suggestion.certainty) == ("Anna Lind", "certain")


def test_a_surname_beside_another_first_name_supports_nobody_named_elsewhere() -> None:
    suggestion = match(essay(name="Åsa Åkerström.docx", text=f"Namn: Linnea Åkerström\n{STORY}"))
    assert (suggestion.certainty, first(suggestion)) == ("unsure", "Åsa Åkerström")
    assert "family_name" not in codes(suggestion)
    assert "other_name" in codes(suggestion)


def test_a_broken_name_is_pointed_at_as_a_whole() -> None:
    suggestion = match(essay(name="├àsa ├àkerstr├Âm.docx"))
    [reason] = [reason for reason in suggestion.candidates[0].reasons if reason.code == "full_name"]
    texts = {item.id: item.text for item in suggestion.evidence}
    assert [texts[key] for key in reason.evidence] == ["├àsa ├àkerstr├Âm"]


def test_a_label_with_an_initial_only_is_no_stranger() -> None:
    suggestion = match(essay(name="Alexander Falk.docx", text=f"Namn: X\n{STORY}"))
    assert (suggestion.certainty, suggestion.student) == ("certain", "Alexander Falk")
