"""What the clues of a conflict disagree about: found from the match, said in a note and in a sentence."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from django.utils import translation

from batches.matching import EssayClues, RosterStudent, match_essays
from batches.matching.disagreement import Disagreement, Kind, disagreement
from batches.review.reasons import NAMED_BY, disagreement_note, disagreement_sentence
from files.authorship import find_evidence
from files.evidence import Document

STORY = "It was a long day at the library and nobody had read the book.\n" * 8
CLASS = [
    RosterStudent("1", "Axel", "Strömbäck", email="axst08@elev.example", external_ids=(("canvas", "512685"),)),
    RosterStudent("2", "Yusuf", "Demir"),
    RosterStudent("3", "Johanna", "Lundell"),
]


def found_in(*, name: str = "Dokument1.docx", path: str = "", text: str = STORY, headers: tuple[str, ...] = ()) -> str:
    """The note; checks on the way that it is a conflict."""
    evidence = find_evidence(name=name, path=path, document=Document("docx", text, headers=headers))
    suggestion = match_essays([EssayClues("1", tuple(evidence), has_text=True)], CLASS)["1"]
    assert suggestion.certainty == "conflict"
    candidates = [
        {
            "student": candidate.student,
            "reasons": [
                {"code": reason.code, "for": reason.supports, "evidence": list(reason.evidence)}
                for reason in candidate.reasons
            ],
        }
        for candidate in suggestion.candidates
    ]
    with translation.override("en"):
        return disagreement_note(disagreement(candidates, [asdict(item) for item in suggestion.evidence]))


@pytest.mark.parametrize(
    ("file", "note"),
    [
        ({"name": "Yusuf Demir.docx", "headers": ("Johanna Lundell",)}, "Header and file name disagree"),
        ({"name": "Yusuf Demir.docx", "text": f"Johanna Lundell\n{STORY}"}, "Text and file name disagree"),
        ({"name": "Johanna Lundell.docx", "text": f"axst08@elev.example\n\n{STORY}"}, "E-mail and name disagree"),
        ({"name": "Yusuf Demir_512685.docx"}, "Number and name disagree"),
        ({"name": "Yusuf Demir, Johanna Lundell.docx"}, "Two students: file name"),
    ],
)
def test_what_disagrees_is_read_from_the_match(file: dict[str, Any], note: str) -> None:
    assert found_in(**file) == note


def test_a_match_that_names_nobody_alone_says_nothing_more() -> None:
    reasons = [{"code": "family_name", "for": True, "evidence": ["1"]}]
    candidates = [{"student": key, "reasons": reasons} for key in (1, 2)]
    assert disagreement(candidates, [{"id": "1", "place": "file_name"}]) is None
    assert disagreement(candidates[:1], []) is None
    with translation.override("en"):
        assert disagreement_note(None) == "The clues disagree"
        assert disagreement_sentence(None, "Johan", "Yusuf") == "The clues point to two students."


@pytest.mark.parametrize(
    ("first", "second", "english", "swedish"),
    [
        (
            ("page_header",),
            ("folder", "file_name"),
            "The clues point to two students: the page header to A, the folder name and the file name to B.",
            "Ledtrådarna pekar på två elever: sidhuvudet på A, mappnamnet och filnamnet på B.",
        ),
        (
            ("file_name",),
            ("file_name",),
            "The clues point to two students: the file name to both A and B.",
            "Ledtrådarna pekar på två elever: filnamnet på både A och B.",
        ),
    ],
)
def test_the_banner_says_which_clues_point_to_whom(
    first: tuple[Kind, ...], second: tuple[Kind, ...], english: str, swedish: str
) -> None:
    for language, said in (("en", english), ("sv", swedish)):
        with translation.override(language):
            assert disagreement_sentence(Disagreement(first, second), "A", "B") == said


def test_the_note_in_swedish() -> None:
    with translation.override("sv"):
        assert disagreement_note(Disagreement(("text",), ("text", "file_name"))) == "Text och filnamn säger olika"
        assert disagreement_note(Disagreement(("email",), ("file_name",))) == "E-post och namn säger olika"
        assert disagreement_note(Disagreement(("sidecar",), ("sidecar",))) == "Två elever: lista"


def test_every_kind_has_its_words() -> None:
    with translation.override("sv"):
        for note, sentence in NAMED_BY.values():
            assert str(note) != str(sentence)
