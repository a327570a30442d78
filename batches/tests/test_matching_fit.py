"""At what level a string names a student, by which of its words, and how exactly."""

from __future__ import annotations

import itertools

import pytest

from batches.matching.fit import Hit, fit
from batches.matching.names import make_name, tokens

ELSA = ("Elsa", "Holm", "")
ANKA = ("Anna-Karin", "von Lind", "Anka")
MARIA = ("María José", "García Núñez", "")
MO = ("Mohammed", "", "Mo")
JO = ("Josefin", "Åkerström", "")
LOPEZ = ("Inés", "López Díaz", "")

Case = tuple[tuple[str, str, str], str, str, str | None, tuple[int, ...], float]
CASES: list[Case] = [
    # both names: order, middle names, what stands too far apart
    (ELSA, "Elsa Holm", "label", "full_name", (0, 1), 1.0),
    (ELSA, "Holm, Elsa", "label", "full_name", (0, 1), 1.0),
    (ELSA, "Elsa Maria Kristina Holm", "label", "full_name", (0, 3), 1.0),
    (ELSA, "Elsa Maria Kristina Eva Holm", "file_name", "family_name", (4,), 1.0),
    (ELSA, "Elsa Ek Holm, Elsa", "label", "full_name", (2, 3), 1.0),
    (ELSA, "Elsa a b c Holm Elsa", "label", "full_name", (4, 5), 1.0),
    (ELSA, "Nils Holm och Elsa Holm", "file_name", "full_name", (3, 4), 1.0),
    (ELSA, "Nils Holm, 9C, i samma grupp: Elsa Holm", "label", "full_name", (6, 7), 1.0),
    (ELSA, "ELSA EK & Elsa Holm", "file_name", "full_name", (2, 3), 1.0),
    (ELSA, "Elsa och Nils Holm", "file_name", "full_name", (0, 3), 1.0),
    (ELSA, "elsas Holm", "file_name", "full_name", (0, 1), 0.9),
    (ELSA, "holmelsa_1_2", "file_name", "concatenated_name", (0,), 0.95),
    (ELSA, "x ElsaHolm", "file_name", "concatenated_name", (1, 2), 0.95),
    (JO, "Josefin Akerstrom", "label", "full_name", (0, 1), 0.95),
    # several given names, two surnames, particles, a preferred name
    (ANKA, "Anna Karin Lind", "label", "full_name", (0, 1, 2), 1.0),
    (ANKA, "Annakarin Lind", "label", "full_name", (0, 1), 0.97),
    (ANKA, "Anna Lind", "label", "full_name", (0, 1), 0.95),
    (ANKA, "Anka Lind", "label", "full_name", (0, 1), 1.0),
    (ANKA, "Anka vonLind", "label", "full_name", (0, 2), 1.0),
    (ANKA, "Karin Lind", "file_name", "nickname", (0, 1), 1.0),
    (MARIA, "María José García Núñez", "label", "full_name", (0, 1, 2, 3), 1.0),
    (MARIA, "Maria Jose Núñez", "label", "full_name", (0, 1, 2), 0.9),
    (MARIA, "María García", "label", "full_name", (0, 1), 0.9),
    # slips
    (JO, "Josefin Åkerströn", "label", "slip", (0, 1), 0.8),
    (JO, "Josefni Åkerström", "label", "misprint", (0, 1), 0.84),
    (JO, "Josefi Åkerström", "label", "slip", (0, 1), 0.8),
    (LOPEZ, "Inés Lóepz Díaz", "label", "misprint", (0, 1, 2), 0.84),
    (JO, "Josefni Åkerströn", "label", "slip", (0, 1), 0.8),
    (LOPEZ, "Díaz", "label", "family_name", (0,), 1.0),
    (ANKA, "vonLind", "file_name", "family_name", (1,), 1.0),
    (LOPEZ, "Inés Díaz Ek", "label", "nickname", (0, 1), 1.0),
    (LOPEZ, "Inés Díaz Ek", "file_name", "full_name", (0, 1), 0.95),
    (LOPEZ, "Inés Díaz López", "label", "full_name", (0, 1), 0.95),
    (LOPEZ, "Inés Díaz", "label", "full_name", (0, 1), 0.95),
    # initials
    (ELSA, "E. Holm", "label", "initials", (0, 1), 0.9),
    (ELSA, "Elsa H", "label", "initials", (0, 1), 0.9),
    (ELSA, "Holm E", "label", "initials", (0, 1), 0.9),
    (ELSA, "A. E. Holm", "label", "initials", (1, 2), 0.9),
    (ANKA, "A Lind", "label", "initials", (0, 1), 0.9),
    (JO, "J Akerstrom", "label", "initials", (0, 1), 0.9),
    (JO, "Josefin Å", "label", "initials", (0, 1), 0.9),
    (JO, "Josefin A", "label", "nickname", (0, 1), 0.9),
    (("Åsa", "Berg", ""), "A Berg", "label", "nickname", (0, 1), 0.9),
    (("Åsa", "Öst", ""), "A Ost", "label", "initials", (0, 1), 0.9),
    # a pet form
    (JO, "Jossan Åkerström", "label", "nickname", (0, 1), 1.0),
    (JO, "Åkerström Fin", "label", "nickname", (0, 1), 1.0),
    # one name alone, or beside somebody else's
    (ELSA, "Holm", "label", "family_name", (0,), 1.0),
    (ELSA, "Elsa", "label", "given_name", (0,), 1.0),
    (ELSA, "Holms", "label", "family_name", (0,), 0.9),
    (ELSA, "Signe Holm", "label", "other_given", (1,), 1.0),
    (ELSA, "Holm Signe", "folder", "other_given", (0,), 1.0),
    (ELSA, "signe Holm", "label", "family_name", (1,), 1.0),
    (ELSA, "Signe Holm", "file_name", "family_name", (1,), 1.0),
    (ELSA, "S. Holm", "label", "other_given", (1,), 1.0),
    (ELSA, "S. Holm", "file_name", "family_name", (1,), 1.0),
    (ELSA, "Holm 9C", "label", "family_name", (0,), 1.0),
    (ELSA, "Elsa Ek", "label", None, (), 0.0),
    (ELSA, "Elsa Ek", "first_line", None, (), 0.0),
    (ELSA, "Elsa Ek", "file_name", "given_name", (0,), 1.0),
    (ELSA, "Elsa NA24B", "label", "given_name", (0,), 1.0),
    (ELSA, "Elsa X", "label", "given_name", (0,), 1.0),
    (ELSA, "Ek", "label", None, (), 0.0),
    # a student of one name
    (MO, "Mohammed", "label", "single_name", (0,), 1.0),
    (MO, "Mohammed NA24B", "first_line", "single_name", (0,), 1.0),
    (MO, "Mohammed x", "first_line", "single_name", (0,), 1.0),
    (MO, "Mohammed Ek", "label", "given_name", (0,), 1.0),
    (MO, "Mohammed", "file_name", "given_name", (0,), 1.0),
    (MO, "Mo", "label", "given_name", (0,), 1.0),
    (MO, "Mohamed", "label", "given_name", (0,), 0.8),
    (MO, "Ek", "label", None, (), 0.0),
    (("", "Suriya", ""), "Suriya", "sign_off", "single_name", (0,), 1.0),
    (("Suriya", "", ""), "suriyas", "table", "single_name", (0,), 0.9),
]


@pytest.mark.parametrize(("name", "text", "place", "level", "used", "exactness"), CASES, ids=itertools.count())
def test_a_string_names_a_student(
    name: tuple[str, str, str], text: str, place: str, level: str | None, used: tuple[int, ...], exactness: float
) -> None:
    hit = fit(tokens(text), make_name(*name), place=place)
    expected = Hit(level, frozenset(used), pytest.approx(exactness)) if level else None  # type: ignore[arg-type]
    assert hit == expected


@pytest.mark.parametrize("place", ["label", "folder", "table", "page_header", "property", "sign_off", "first_line"])
def test_places_that_hold_little_but_a_name(place: str) -> None:
    hit = fit(tokens("Signe Holm"), make_name(*ELSA), place=place)
    assert hit is not None
    assert hit.level == "other_given"


@pytest.mark.parametrize("place", ["file_name", "body", "email", "sidecar"])
def test_places_that_hold_other_words_too(place: str) -> None:
    hit = fit(tokens("Signe Holm"), make_name(*ELSA), place=place)
    assert hit is not None
    assert hit.level == "family_name"
