"""The arithmetic of matching: what one finding is worth, and several together."""

from __future__ import annotations

import pytest

from batches.matching.find import Finding
from batches.matching.weights import LEVELS, PLACES, SECOND_TEXT, names, odds_of, probabilities, settles


def finding(
    place: str, level: str = "full_name", *, span: str = "", exactness: float = 1.0, shared: bool = False
) -> Finding:
    return Finding("a", place, level, exactness, span or place, shared)


LABEL, FILE, FOLDER = (PLACES[place].odds for place in ("label", "file_name", "folder"))


def test_one_place_gives_its_odds() -> None:
    assert odds_of([finding("label")])[0] == pytest.approx(LABEL)
    assert odds_of([finding("label", exactness=0.9)])[0] == pytest.approx(LABEL * 0.9)


def test_a_second_place_counts_by_its_square_root_and_a_third_by_its_fourth() -> None:
    two = odds_of([finding("file_name"), finding("label")])[0]
    assert two == pytest.approx((1 + LABEL) * (1 + FILE) ** 0.5 - 1)
    three = odds_of([finding("file_name"), finding("label"), finding("folder", exactness=0.9)])[0]
    assert three == pytest.approx((1 + LABEL) * (1 + FILE) ** 0.5 * (1 + FOLDER * 0.9) ** 0.25 - 1)


def test_the_same_place_or_span_counts_once_as_the_stronger() -> None:
    assert odds_of([finding("label"), finding("label", span="x", exactness=0.8)])[0] == pytest.approx(LABEL)
    assert odds_of([finding("file_name", span="x"), finding("label", span="x")])[0] == pytest.approx(LABEL)
    assert odds_of([finding("label", span="x"), finding("file_name", span="x")])[0] == pytest.approx(LABEL)


def test_what_is_shared_counts_in_full_beside_the_rest() -> None:
    odds = odds_of([finding("label", shared=True), finding("email", "email_equal")])[0]
    assert odds == pytest.approx((1 + LABEL) * (1 + PLACES["email"].odds) - 1)


def test_outsiders_take_the_share_of_the_most_telling_finding() -> None:
    outside = odds_of([finding("file_name", "given_name"), finding("label", "initials")])[1]
    assert outside == pytest.approx(PLACES["label"].others * LEVELS["initials"].chance)


def test_probabilities_leave_room_for_others_outsiders_and_strangers() -> None:
    outside = PLACES["label"].others * LEVELS["full_name"].chance
    one = {"a": [finding("label")]}
    assert probabilities(one) == {"a": pytest.approx(LABEL / (1 + LABEL) / (1 + outside))}
    assert probabilities(one, other_name=7.0) == {"a": pytest.approx(LABEL / (8 + LABEL) / (1 + outside))}
    second = probabilities(one, second=["a", "z"])
    assert second == {"a": pytest.approx(LABEL * SECOND_TEXT / (1 + LABEL * SECOND_TEXT) / (1 + outside))}


def test_two_students_and_outsiders_share_what_there_is() -> None:
    both = {"a": [finding("label")], "b": [finding("property", "other_given")]}
    outside = PLACES["property"].others * LEVELS["other_given"].chance
    chances = probabilities(both)
    assert chances["b"] == pytest.approx(
        PLACES["property"].odds / (1 + LABEL + PLACES["property"].odds) / (1 + outside)
    )
    assert chances["a"] > 0.95, "a parent's account does not make a signed text doubtful"
    assert sum(chances.values()) < 1


@pytest.mark.parametrize("place", ["property", "mention", "body"])
def test_weak_places_settle_nothing(place: str) -> None:
    assert names(finding(place))
    assert not settles(finding(place))
    assert settles(finding("label"))
    assert not settles(finding("label", shared=True))
    assert not settles(finding("label", "given_name"))


NAMING = {
    "external_id", "email_equal", "email_local", "alias", "full_name", "concatenated_name",
    "initials", "single_name", "slip", "misprint",
}  # fmt: skip


def test_which_levels_name_a_student() -> None:
    assert {level for level in LEVELS if names(finding("label", level))} == NAMING


def test_places_stand_in_order_of_trust() -> None:
    trusts = [weight.trust for weight in PLACES.values()]
    assert trusts == sorted(trusts, reverse=True)
    assert all(0 < trust < 1 for trust in trusts)
