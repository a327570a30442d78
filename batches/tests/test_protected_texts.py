"""Whose words are changed for a protected student: nobody's text but the student's own, beyond the whole name."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from batches import actions
from batches.actions.protecting import hide_marked
from batches.models import Batch, Essay
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.test_zip_upload import read_all
from batches.uploads import receive_files
from classes.models import Enrolment, SchoolClass, Student
from files.models import EssayFile
from huleedu.accounts.models import User

MOUNTAIN = "Ett berg i Norge\n\nDet var en gång ett berg. Berg är höga, och Anna gick dit."


@pytest.fixture
def anna(owned_class: SchoolClass, teacher: User) -> Student:
    """Anna Berg, whom everybody knows as Elev 1 by now."""
    student, _bo = make_students(owned_class, ["Anna Berg", "Bo Ek"])
    Student.objects.filter(pk=student.pk).update(email="anna.berg@elev.example")
    student.refresh_from_db()
    return actions.protect_student(student, alias="Elev 1", actor=teacher)


def hand_in(batch: Batch, name: str, text: str) -> EssayFile:
    receive_files(batch, files=[SimpleUploadedFile(name, text.encode())], actor=batch.owner)
    read_all(batch)
    return EssayFile.objects.filter(batch_file__batch=batch).latest("pk")


def confirm(file: EssayFile, student: Student | None, teacher: User) -> EssayFile:
    actions.decide_student(Essay.objects.get(file=file), student=student, version=None, actor=teacher)
    return EssayFile.objects.get(pk=file.pk)


@pytest.mark.parametrize("name", ["Bo Ek.txt", "x.txt"])
def test_a_classmates_words_stay(name: str, anna: Student, teacher: User, owned_class: SchoolClass) -> None:
    file = hand_in(make_batch(teacher, owned_class), name, "Bo Ek\n\n" + MOUNTAIN)
    assert (file.name, file.text) == (name, "Bo Ek\n\n" + MOUNTAIN)


def test_another_class_is_let_alone(anna: Student, teacher: User) -> None:
    other = SchoolClass.objects.create(owner=teacher, designation="B", school_year="2026/27")
    make_students(other, ["Anna Svensson", "Karl Berg"])
    text = "Anna Svensson\n\n" + MOUNTAIN
    file = hand_in(make_batch(teacher, other), "Anna Svensson.txt", text)
    assert (file.name, file.text) == ("Anna Svensson.txt", text)
    assert Essay.objects.get().association.certainty == "certain"


def test_without_class_nobody_is_looked_for_until_there_is_one(
    anna: Student, teacher: User, owned_class: SchoolClass
) -> None:
    batch = make_batch(teacher, None)
    text = "Anna Berg\n\n" + MOUNTAIN
    file = hand_in(batch, "Anna Berg.txt", text)
    assert (file.name, file.text) == ("Anna Berg.txt", text)
    actions.update_batch(batch, changes={"school_class": owned_class}, actor=teacher)
    file.refresh_from_db()
    assert (file.name, file.text) == ("Elev 1.txt", "Elev 1\n\n" + MOUNTAIN)


def test_a_classmate_who_shares_a_word_keeps_file_and_text(
    anna: Student, teacher: User, owned_class: SchoolClass
) -> None:
    make_students(owned_class, ["Anna Svensson", "Karl Berg"])
    batch = make_batch(teacher, owned_class)
    for name in ("Anna Svensson", "Karl Berg"):
        file = hand_in(batch, f"{name}.txt", f"{name}\n\n" + MOUNTAIN)
        assert (file.name, file.text) == (f"{name}.txt", f"{name}\n\n" + MOUNTAIN)
    assert set(Essay.objects.values_list("association__certainty", flat=True)) == {"certain"}


def test_the_students_own_file_handed_in_again(anna: Student, teacher: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher, owned_class)
    text = "Anna\nBerg och dalar\n\nAv Anna Berg, anna.berg@elev.example"
    file = hand_in(batch, "Anna_Berg.txt", text)
    assert (file.name, file.text) == ("Elev 1.txt", "Anna\nBerg och dalar\n\nAv Elev 1, Elev 1")
    match = Essay.objects.get().association
    assert (match.student, match.certainty) == (anna, "unsure")
    changed = confirm(file, anna, teacher)
    assert (changed.name, changed.text) == ("Elev 1.txt", "Elev 1\nElev 1 och dalar\n\nAv Elev 1, Elev 1")
    match.refresh_from_db()
    assert match.evidence == []


def test_what_is_suggested_only_changes_no_single_word(anna: Student, teacher: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher, owned_class)
    file = hand_in(batch, "Berg.txt", MOUNTAIN)
    assert Essay.objects.get().association.student == anna
    assert file.text == MOUNTAIN
    assert confirm(file, None, teacher).text == MOUNTAIN
    assert confirm(file, Student.objects.get(given_name="Bo"), teacher).text == MOUNTAIN


def test_a_decision_that_is_restored_hides_too(teacher: User, owned_class: SchoolClass) -> None:
    anna, bo = make_students(owned_class, ["Anna Berg", "Bo Ek"])
    batch = make_batch(teacher, owned_class)
    file = hand_in(batch, "x.txt", MOUNTAIN)
    confirm(file, anna, teacher)
    confirm(file, bo, teacher)
    actions.protect_student(anna, alias="Elev 1", actor=teacher)
    file.refresh_from_db()
    assert file.text == MOUNTAIN
    actions.undo_decisions(batch, actor=teacher)
    file.refresh_from_db()
    assert file.text == "Ett Elev 1 i Norge\n\nDet var en gång ett Elev 1. Elev 1 är höga, och Elev 1 gick dit."


def test_of_who_has_left_the_class_the_name_goes_too(anna: Student, teacher: User, owned_class: SchoolClass) -> None:
    Enrolment.objects.filter(student=anna).update(left_at=anna.created_at)
    file = hand_in(make_batch(teacher, owned_class), "Anna Berg.txt", "Anna Berg\n\n" + MOUNTAIN)
    assert (file.name, file.text) == ("Elev 1.txt", "Elev 1\n\n" + MOUNTAIN)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Rosa Stark kom hem.", "Elev 1 kom hem."),
        ("Stark, Rosa", "Elev 1"),
        ("ROSA STARKS BOK", "Elev 1S BOK"),
        ("hon (rosa.stark@elev.example) skrev", "hon (Elev 1) skrev"),
        ("ett rosa, stark berg", None),
        ("en stark rosa färg", None),
        ("Hon heter Rosa. Stark är hon.", None),
        ("Rosa\nStark blåst", None),
        ("Rosa rosa Rosa", None),
        ("RosaStark", None),
        ("Rosa Starkare", None),
    ],
)
@pytest.mark.parametrize("before", [True, False], ids=["there before", "handed in later"])
def test_what_counts_as_the_whole_name_in_a_text(
    before: bool, written: str, expected: str | None, teacher: User, owned_class: SchoolClass
) -> None:
    rosa, _bo = make_students(owned_class, ["Rosa Stark", "Bo Ek"])
    Student.objects.filter(pk=rosa.pk).update(email="rosa.stark@elev.example")
    rosa.refresh_from_db()
    batch = make_batch(teacher, owned_class)
    if before:
        (essay,) = make_essays(batch, 1)
        EssayFile.objects.filter(pk=essay.file_id).update(text=written)
        actions.protect_student(rosa, alias="Elev 1", actor=teacher)
        text = EssayFile.objects.get(pk=essay.file_id).text
    else:
        actions.protect_student(rosa, alias="Elev 1", actor=teacher)
        text = hand_in(batch, "x.txt", written).text
    assert text.strip() == (expected or written)


def test_a_heading_is_the_writers_as_the_text_is(anna: Student, teacher: User, owned_class: SchoolClass) -> None:
    batch = make_batch(teacher, owned_class)
    (essay,) = make_essays(batch, 1)
    EssayFile.objects.filter(pk=essay.file_id).update(headers=["Ett berg i Norge", "Anna Berg 9B"])
    hide_marked(list(EssayFile.objects.all()), batch)
    assert EssayFile.objects.get().headers == ["Ett berg i Norge", "Elev 1 9B"]
