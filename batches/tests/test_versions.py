"""Versions: several texts of one student, of which exactly one counts, whatever is decided, undone or removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from batches import actions
from batches.actions.doubts import doubt_matches
from batches.invariants import broken_invariants
from batches.models import Batch, Essay, PhaseRun
from batches.tasks import run_phases
from batches.tests.calling import assert_problem
from batches.tests.making import make_essays, make_students
from batches.versions import Place, Text, handed_in_at, place_versions
from classes.models import SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

NOON = datetime(2026, 3, 12, 12, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def local(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=STOCKHOLM)  # type: ignore[arg-type, misc]  # year to minute


# --- the order itself ------------------------------------------------------------------------------------------------


def text(key: int, student: int | None = 1, *, hours: int = 0, **fields: Any) -> Text:
    return Text(key, student, NOON + timedelta(hours=hours), **fields)


@pytest.mark.parametrize(
    ("texts", "order", "counting"),
    [
        ([text(1), text(2, hours=1)], [1, 2], 2),
        ([text(1, hours=1), text(2)], [2, 1], 1),
        ([text(2), text(1)], [1, 2], 2),
        ([text(1, chosen=True), text(2, hours=1)], [1, 2], 1),
        ([text(1), text(2, hours=1, confirmed=False)], [1, 2], 1),
        ([text(1, confirmed=False), text(2, hours=1, confirmed=False)], [1, 2], 2),
        ([text(1), text(2, hours=1, confirmed=False, chosen=True)], [1, 2], 1),
        ([text(1, confirmed=False, chosen=True), text(2, hours=1, confirmed=False)], [1, 2], 1),
        ([text(1, chosen=True), text(2, hours=1, chosen=True), text(3, hours=2)], [1, 2, 3], 2),
    ],
)
def test_the_newest_counts_unless_a_person_chose(texts: list[Text], order: list[int], counting: int) -> None:
    places = place_versions(texts)
    assert [places[key].replaces for key in order] == [None, *order[:-1]]
    assert [key for key in order if places[key].counts] == [counting]


def test_a_text_of_nobody_counts_and_is_no_version() -> None:
    assert place_versions([text(1, None), text(2, None)]) == {1: Place(), 2: Place()}


@given(
    st.lists(
        st.builds(
            Text,
            key=st.integers(1, 10_000),
            student=st.one_of(st.none(), st.integers(1, 4)),
            handed_in=st.integers(0, 5).map(lambda hours: NOON + timedelta(hours=hours)),
            confirmed=st.booleans(),
            chosen=st.booleans(),
        ),
        max_size=12,
        unique_by=lambda one: one.key,
    )
)
def test_of_each_students_texts_exactly_one_counts(texts: list[Text]) -> None:
    places = place_versions(texts)
    assert places == place_versions(texts[::-1])
    for student in {one.student for one in texts if one.student is not None}:
        own = [one.key for one in texts if one.student == student]
        assert sum(places[key].counts for key in own) == 1
        chain = sorted(own, key=lambda key: _depth(places, key))
        assert [places[key].replaces for key in chain] == [None, *chain[:-1]], "one chain, no branches"


def _depth(places: dict[int, Place], key: int) -> int:
    before = places[key].replaces
    return 0 if before is None else 1 + _depth(places, before)


@pytest.mark.parametrize(
    ("path", "name", "expected"),
    [
        ("", "Essay_emiber01_attempt_2026-03-12-10-45-00_text.docx", local(2026, 3, 12, 10, 45)),
        ("z/45123-2201 - Emil Berg - Mar 12, 2026 1045 PM", "a.docx", local(2026, 3, 12, 22, 45)),
        ("45123-2201 - Emil Berg - 12 mars, 2026 1045", "a.docx", local(2026, 3, 12, 10, 45)),
        ("45123-2201 - Emil Berg - Oct 2, 2026 1205 AM", "a.docx", local(2026, 10, 2, 0, 5)),
        ("45123-2201 - Emil Berg - 2 okt 2026 12:05", "a.docx", local(2026, 10, 2, 12, 5)),
        ("", "x_attempt_2026-13-42-10-45-00_text.docx", NOON),
        ("1-2 - Emil Berg - Foo 12, 2026 1045 PM", "a.docx", NOON),
        ("1-2 - Emil Berg - March 2026 1045", "a.docx", NOON),
        ("Berg Emil", "essay 2026-03-12.docx", NOON),
    ],
)  # fmt: skip
def test_when_a_file_was_handed_in(path: str, name: str, expected: datetime) -> None:
    assert handed_in_at(path, name, received=NOON, zone=STOCKHOLM) == expected


# --- in a batch ------------------------------------------------------------------------------------------------------


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Nora Dahlgren"])


@pytest.fixture
def essays(batch: Batch) -> list[Essay]:
    """Three texts of nobody yet."""
    return make_essays(batch, 3)


def confirm(essays: Sequence[Essay], student: Student | None, actor: User) -> None:
    for essay in essays:
        actions.decide_student(essay, student=student, version=None, actor=actor)


def chain(essays: Sequence[Essay]) -> list[tuple[int | None, bool]]:
    """For each text which of them it replaces (its place in the list) and whether it counts."""
    keys = [essay.pk for essay in essays]
    rows = Essay.objects.in_bulk(keys)
    found = [rows[key] for key in keys]
    return [(keys.index(row.replaces_id) if row.replaces_id else None, row.counts) for row in found]


def test_confirmed_texts_of_a_student_are_versions(
    batch: Batch, essays: list[Essay], students: list[Student], teacher: User
) -> None:
    confirm(essays[:1], students[0], teacher)
    assert chain(essays) == [(None, True), (None, True), (None, True)]
    confirm(essays[1:2], students[0], teacher)
    assert chain(essays) == [(None, False), (0, True), (None, True)]
    confirm(essays[2:], students[1], teacher)
    assert chain(essays) == [(None, False), (0, True), (None, True)], "another student's"
    confirm(essays[2:], students[0], teacher)
    assert chain(essays) == [(None, False), (0, False), (1, True)]


def test_what_the_platform_says_of_the_time_comes_first(
    essays: list[Essay], students: list[Student], teacher: User
) -> None:
    late = "Essay_emiber01_attempt_2199-03-12-10-45-00_text.docx"
    EssayFile.objects.filter(pk=essays[0].file_id).update(name=late)
    confirm(essays[:2], students[0], teacher)
    assert chain(essays[:2]) == [(1, True), (None, False)]


def test_a_correction_an_undo_and_a_removal_leave_one_that_counts(
    batch: Batch, essays: list[Essay], students: list[Student], teacher: User
) -> None:
    confirm(essays, students[0], teacher)
    confirm(essays[1:2], students[1], teacher)
    assert chain(essays) == [(None, False), (None, True), (0, True)]
    actions.undo_decisions(batch, actor=teacher)
    assert chain(essays) == [(None, False), (0, False), (1, True)]
    actions.clear_decision(essays[2], version=None, actor=teacher)
    assert chain(essays) == [(None, False), (0, True), (None, True)]
    confirm(essays[2:], students[0], teacher)
    actions.remove_file(batch, file=essays[2].file, actor=teacher)
    assert chain(essays[:2]) == [(None, False), (0, True)]
    actions.remove_file(batch, file=essays[0].file, actor=teacher)
    assert chain(essays[1:2]) == [(None, True)]


def test_certain_matches_are_versions_before_anybody_confirms(
    batch: Batch, students: list[Student], teacher: User
) -> None:
    essays = make_essays(batch, 2, students=[students[0], students[0]], certainty="certain")
    EssayFile.objects.update(
        evidence=[{"id": "e1", "place": "label", "field": "text", "start": 0, "end": 9, "text": "Emil Berg"}]
    )
    actions.match_batch(batch, again=True)
    assert chain(essays) == [(None, False), (0, True)]
    actions.confirm_matches(batch, essay_ids=[essays[0].public_id], actor=teacher)
    assert chain(essays) == [(None, True), (0, False)], "what a person confirmed goes before"
    error = refusal(lambda: actions.count_version(essays[1], instead_of=essays[0].public_id, actor=teacher))
    assert error.code == "illegal_transition"
    actions.confirm_matches(batch, actor=teacher)
    assert chain(essays) == [(None, False), (0, True)]


def test_a_text_that_is_doubted_is_no_version(batch: Batch, students: list[Student], teacher: User) -> None:
    essays = make_essays(batch, 2, students=[students[0], students[0]], certainty="certain")
    confirm(essays[:1], students[0], teacher)
    assert chain(essays) == [(None, True), (0, False)]
    doubt_matches(batch, essay_ids=[essays[1].public_id], actor=teacher)
    assert chain(essays) == [(None, True), (None, True)]


def test_two_students_who_are_one_have_versions(essays: list[Essay], students: list[Student], teacher: User) -> None:
    confirm(essays[:1], students[0], teacher)
    confirm(essays[1:2], students[1], teacher)
    actions.merge_students(students[0], into=students[1], actor=teacher)
    assert chain(essays) == [(None, False), (0, True), (None, True)]


# --- choosing --------------------------------------------------------------------------------------------------------


@pytest.fixture
def versions(essays: list[Essay], students: list[Student], teacher: User) -> list[Essay]:
    """Emil's three; the last one counts."""
    confirm(essays, students[0], teacher)
    return essays


def test_a_person_chooses_which_counts(
    batch: Batch, versions: list[Essay], students: list[Student], colleague: User, teacher: User
) -> None:
    found = actions.count_version(versions[0], instead_of=versions[2].public_id, actor=colleague)
    assert (found.counts, found.pk) == (True, versions[0].pk)
    assert chain(versions) == [(None, True), (0, False), (1, False)]
    [event] = OutboxEvent.objects.filter(event_type="essay.version.counted")
    assert event.payload["essay_id"] == str(versions[0].public_id)
    [late] = make_essays(batch, 1)
    confirm([late], students[0], teacher)
    assert chain([*versions, late]) == [(None, True), (0, False), (1, False), (2, False)], "the choice outlives it"
    actions.count_version(versions[1], instead_of=versions[0].public_id, actor=teacher)
    assert chain(versions) == [(None, False), (0, True), (1, False)]


def test_a_choice_is_for_one_student_and_comes_back_with_an_undo(
    batch: Batch, versions: list[Essay], students: list[Student], teacher: User
) -> None:
    actions.count_version(versions[0], instead_of=versions[2].public_id, actor=teacher)
    confirm(versions[:1], students[1], teacher)
    [other] = make_essays(batch, 1)
    confirm([other], students[1], teacher)
    assert chain([versions[0], other]) == [(None, False), (0, True)], "nobody chose among Nora's"
    actions.undo_decisions(batch, actor=teacher)
    actions.undo_decisions(batch, actor=teacher)
    assert chain(versions) == [(None, True), (0, False), (1, False)]


def test_a_choice_ends_with_the_next_one_also_where_its_text_is_out(
    batch: Batch, versions: list[Essay], teacher: User
) -> None:
    actions.count_version(versions[1], instead_of=versions[2].public_id, actor=teacher)
    actions.remove_file(batch, file=versions[1].file, actor=teacher)
    actions.count_version(versions[0], instead_of=versions[2].public_id, actor=teacher)
    actions.restore_file(batch, file=versions[1].file, actor=teacher)
    assert chain(versions) == [(None, True), (0, False), (1, False)]


def test_the_same_choice_again_changes_nothing(versions: list[Essay], teacher: User) -> None:
    actions.count_version(versions[2], instead_of=versions[0].public_id, actor=teacher)
    assert chain(versions)[2] == (1, True)
    assert not OutboxEvent.objects.filter(event_type="essay.version.counted").exists()


def refusal(call: Callable[[], Any]) -> ActionError:
    with pytest.raises(ActionError) as caught:
        call()
    return caught.value


def test_a_late_choice_is_refused_with_what_stands(versions: list[Essay], teacher: User, colleague: User) -> None:
    actions.count_version(versions[0], instead_of=versions[2].public_id, actor=colleague)
    late = lambda: actions.count_version(versions[1], instead_of=versions[2].public_id, actor=teacher)  # noqa: E731
    error = refusal(late)
    assert (error.code, error.current) == ("version_conflict", versions[1])
    assert chain(versions) == [(None, True), (0, False), (1, False)]


def test_once_assessment_has_begun_the_choice_stands(batch: Batch, versions: list[Essay], teacher: User) -> None:
    Batch.objects.filter(pk=batch.pk).update(status="processing", lock_reason="assessment", locked_at=NOON)
    error = refusal(lambda: actions.count_version(versions[0], instead_of=versions[2].public_id, actor=teacher))
    assert error.code == "batch_locked"
    Batch.objects.filter(pk=batch.pk).update(status="ready", lock_reason="teacher")
    assert actions.count_version(versions[0], instead_of=versions[2].public_id, actor=teacher).counts


def test_a_decision_in_assessment_leaves_the_texts_that_are_assessed(
    batch: Batch, essays: list[Essay], students: list[Student], teacher: User
) -> None:
    confirm(essays[:2], students[0], teacher)
    confirm(essays[2:], students[1], teacher)
    assert chain(essays) == [(None, False), (0, True), (None, True)]
    actions.start_batch(batch, actor=teacher)
    confirm(essays[2:], students[0], teacher)
    assert chain(essays) == [(None, False), (0, True), (1, True)], "in order, and none given up"
    confirm(essays[1:2], students[1], teacher)
    assert [essay.pk for essay in Essay.objects.handed_over().filter(batch=batch)] == [essays[1].pk, essays[2].pk]
    assert list(broken_invariants(blobs=False)) == []
    run_phases(batch.pk, 1)
    assert PhaseRun.objects.get(batch=batch, phase="nlp").total == 2
    actions.undo_decisions(batch, actor=teacher)
    assert [counts for _before, counts in chain(essays)] == [False, True, True]
    actions.reopen_batch(batch, actor=teacher)
    assert chain(essays) == [(None, False), (0, False), (1, True)], "settled anew"
    assert list(broken_invariants(blobs=False)) == []


# --- two at once -----------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_two_texts_of_a_student_confirmed_at_once(
    essays: list[Essay], students: list[Student], teacher: User, colleague: User, race: Callable[..., list[Any]]
) -> None:
    race(
        lambda: confirm(essays[:1], students[0], teacher),
        lambda: confirm(essays[1:2], students[0], colleague),
        lambda: confirm(essays[2:], students[0], teacher),
    )
    assert chain(essays) == [(None, False), (0, False), (1, True)]


@pytest.mark.django_db(transaction=True)
def test_two_tabs_choose_at_once(
    versions: list[Essay], teacher: User, colleague: User, race: Callable[..., list[Any]]
) -> None:
    outcomes = race(
        lambda: actions.count_version(versions[0], instead_of=versions[2].public_id, actor=teacher),
        lambda: actions.count_version(versions[1], instead_of=versions[2].public_id, actor=colleague),
    )
    assert outcomes.count("version_conflict") == 1
    winner = next(index for index, outcome in enumerate(outcomes) if outcome != "version_conflict")
    assert [counts for _before, counts in chain(versions)] == [winner == 0, winner == 1, False]


# --- the API ---------------------------------------------------------------------------------------------------------


def test_the_api_says_and_changes_which_counts(
    versions: list[Essay], colleague: User, reader: User, api: Callable[..., APIClient]
) -> None:
    path = f"/api/v1/essays/{versions[0].public_id}/counts/"
    body = {"instead_of": str(versions[2].public_id)}
    assert api(reader).put(path, body, format="json").status_code == 403
    assert api(colleague).put(path, {}, format="json").status_code == 400
    answer = api(colleague).put(path, body, format="json").json()
    assert (answer["id"], answer["counts"], answer["version_of"]) == (str(versions[0].public_id), True, None)
    second = f"/api/v1/essays/{versions[1].public_id}/"
    refused = assert_problem(api(colleague).put(f"{second}counts/", body, format="json"), 409, "version_conflict")
    assert refused["current"] == api(colleague).get(second).json()
    assert (refused["current"]["counts"], refused["current"]["version_of"]) == (False, str(versions[0].public_id))
