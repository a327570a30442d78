"""Files that could not be read, and whose name tells the student, who so may have handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from batches import actions
from batches.models import Batch, EssayStudentAssociation
from batches.overview import read_overview
from batches.state import batch_state, who_has_not_handed_in
from batches.tests.making import make_batch, make_essays, make_students, upload
from batches.tests.pages import read_all, url
from classes.models import SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User

GARBAGE = b"PK\x03\x04 and then nothing"


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Andersson Berg", "Emil Lund", "Nora Dahlgren", "Bo Ek"])


def damage(batch: Batch, *names: str) -> None:
    actions.add_files(batch, uploads=[upload(name, GARBAGE) for name in names], actor=batch.owner)
    read_all(batch)
    assert set(EssayFile.objects.values_list("status", flat=True)) == {"rejected"}


def test_a_damaged_file_that_names_its_student(
    batch: Batch, students: list[Student], teacher: User, client_for: Callable[[User], Client]
) -> None:
    damage(batch, "Emil Andersson Berg.docx", "essay.docx")
    handed_in = who_has_not_handed_in(batch)
    assert handed_in.may_have == (students[0],)
    assert set(handed_in.missing) == set(students[1:])
    assert batch_state(batch)["may_have"] == [str(students[0].public_id)]
    page = " ".join(client_for(teacher).get(url("detail", batch)).content.decode().split())
    assert "Probably Emil Andersson Berg" in page
    assert "By its name it is probably Emil Andersson Berg&#x27;s." in page or "probably Emil Andersson Berg's." in page
    assert "1 file could not be read and may be by one of them." in page


@pytest.mark.parametrize("name", ["Emil.docx", "essay.docx", "Nora Bo.docx"])
def test_a_name_that_tells_nobody_for_certain_counts_for_nobody(batch: Batch, name: str) -> None:
    damage(batch, name)
    assert who_has_not_handed_in(batch).may_have == ()


def test_who_has_a_text_as_well_has_handed_in(batch: Batch, students: list[Student], teacher: User) -> None:
    damage(batch, "Bo Ek.docx")
    actions.add_files(batch, uploads=[upload("Bo Ek again.txt")], actor=teacher)
    read_all(batch)
    essay = batch.essays.live().get()
    actions.decide_student(essay, student=students[3], version=None, actor=teacher)
    handed_in = who_has_not_handed_in(batch)
    assert students[3] not in (*handed_in.missing, *handed_in.may_have)


def test_without_refused_files_nothing_more_is_asked(batch: Batch, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):
        who_has_not_handed_in(batch, problems=False)


def test_lists_and_overview_count_as_the_page(
    batch: Batch, students: list[Student], teacher: User, owned_class: SchoolClass, client_for: Callable[[User], Client]
) -> None:
    """Also where the student has a text beside the unreadable file, is excused, or has left the class."""
    damage(batch, "Emil Andersson Berg.docx", "Bo Ek.docx", "Nora Dahlgren.docx")
    actions.add_files(batch, uploads=[upload("Bo Ek again.txt")], actor=teacher)
    read_all(batch)
    actions.decide_student(batch.essays.live().get(), student=students[3], version=None, actor=teacher)
    actions.excuse_student(batch, student=students[2], actor=teacher)
    other = make_batch(teacher, owned_class)
    handed_in = who_has_not_handed_in(batch)
    assert [len(handed_in.missing), len(handed_in.may_have)] == [1, 1]
    client = client_for(teacher)
    listed = client.get(reverse("batches:list")).context["page"].object_list
    assert {row.pk: row.n_missing for row in listed} == {batch.pk: 1, other.pk: 4}
    of_class = client.get(reverse("batches:of-class", kwargs={"class_id": owned_class.public_id})).context["rows"]
    assert {row.pk: row.n_missing for row in of_class} == {batch.pk: 1, other.pk: 4}
    (row,) = read_overview(teacher).missing
    assert (row.not_handed_in.first_missing, row.not_handed_in.first_may_have) == (
        ["Emil Lund"],
        ["Emil Andersson Berg"],
    )


def in_conflict(batch: Batch, *candidates: Student, code: str = "full_name") -> None:
    """A text of which nobody is suggested: its clues point to the first two, or to all whom they fit alike."""
    (essay,) = make_essays(batch, 1, certainty="conflict")
    reasons: list[dict[str, object]] = [{"code": code, "for": None, "evidence": []}]
    rows = [{"student": student.pk, "confidence": 0.5, "reasons": reasons} for student in candidates]
    EssayStudentAssociation.objects.filter(essay=essay).update(candidates=rows)


def test_those_of_a_text_in_conflict_may_have_handed_in(
    batch: Batch, students: list[Student], teacher: User, owned_class: SchoolClass, client_for: Callable[[User], Client]
) -> None:
    in_conflict(batch, *students[1:])
    other = make_batch(teacher, owned_class)
    in_conflict(other, *students[1:], code="tied")
    handed_in = who_has_not_handed_in(batch)
    assert set(handed_in.may_have) == set(students[1:3])
    assert set(handed_in.missing) == {students[0], students[3]}
    assert set(who_has_not_handed_in(other).may_have) == set(students[1:])
    client = client_for(teacher)
    listed = client.get(reverse("batches:list")).context["page"].object_list
    assert {row.pk: row.n_missing for row in listed} == {batch.pk: 2, other.pk: 1}
    counted = {row.batch.pk: row.not_handed_in for row in read_overview(teacher).missing}
    assert {pk: (len(found.missing), len(found.may_have)) for pk, found in counted.items()} == {
        batch.pk: (2, 2), other.pk: (1, 3),
    }  # fmt: skip


def test_a_conflict_takes_nothing_from_who_has_a_text_or_is_excused(
    batch: Batch, students: list[Student], teacher: User, client_for: Callable[[User], Client]
) -> None:
    in_conflict(batch, *students[1:3])
    make_essays(batch, 1, students=students[1:], certainty="certain")
    actions.excuse_student(batch, student=students[2], actor=teacher)
    handed_in = who_has_not_handed_in(batch)
    assert (len(handed_in.missing), handed_in.may_have) == (2, ())
    (row,) = client_for(teacher).get(reverse("batches:list")).context["page"].object_list
    assert row.n_missing == 2
