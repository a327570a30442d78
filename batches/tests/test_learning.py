"""Learning from people: what a decision teaches, and matching again when a class's students change."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from batches import actions, tasks
from batches.matching import RosterStudent
from batches.matching.spellings import spelling_to_learn
from batches.models import Batch, Essay
from batches.tests.making import make_essays, make_students
from classes import actions as class_actions
from classes.models import SchoolClass, Student, StudentAlias
from files.authorship import find_evidence
from files.evidence import Document
from files.models import EssayFile
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]
EMIL = RosterStudent("1", "Emil", "Andersson Berg")
OTHERS = [RosterStudent("2", "Nora", "Dahlgren"), RosterStudent("3", "Emma", "Ek")]
STORY = "Det var en gång en fågel som flög över ån, och ingen visste vart den var på väg.\n" * 4


@pytest.mark.parametrize(
    ("text", "name", "learnt"),
    [
        (f"Namn: Millan Sjö, NA24B\n{STORY}", "x.docx", "Millan Sjö"),
        (f"Namn: Millan\n{STORY}", "x.docx", "Millan"),
        (STORY, "Millan Sjö_3217958_assignsubmission_file_x.docx", "Millan Sjö"),
        (f"Millan Sjö 2026-10-02\n{STORY}", "x.docx", "Millan Sjö"),
        (f"Namn: Emil Andersson Berg\n{STORY}", "x.docx", None),
        (f"Namn: Emil\n{STORY}", "x.docx", None),
        (f"Namn: BERG, Emil\n{STORY}", "x.docx", None),
        (f"Namn: Nora D\n{STORY}", "x.docx", None),
        (f"Namn: Emma\n{STORY}", "x.docx", None),
        (f"The Lantern\n{STORY}", "Uppsats.docx", None),
        (STORY, "Dokument1.docx", None),
    ],
)
def test_what_a_decision_teaches(text: str, name: str, learnt: str | None) -> None:
    evidence = find_evidence(name=name, path="", document=Document("docx", text))
    found = spelling_to_learn(evidence, EMIL, OTHERS)
    assert (found.text if found else None) == learnt


@pytest.fixture
def students(owned_class: SchoolClass) -> list[Student]:
    return make_students(owned_class, ["Emil Berg", "Nora Dahlgren"])


def label(essay: Essay, written: str) -> None:
    """Let the text say so on a label."""
    text = f"Namn: {written}\n{STORY}"
    evidence = find_evidence(name=essay.file.name, path="", document=Document("txt", text))
    EssayFile.objects.filter(pk=essay.file_id).update(text=text, evidence=[item.as_json() for item in evidence])


def match_of(essay: Essay) -> tuple[str, int | None, bool]:
    association = Essay.objects.get(pk=essay.pk).association
    return association.certainty, association.student_id, association.is_new


def test_a_decision_offers_to_remember_and_the_next_text_is_found(
    batch: Batch, students: list[Student], teacher: User, client_for: ClientFor
) -> None:
    first, second = make_essays(batch, 2)
    label(first, "Millan Sjö")
    label(second, "Millan Sjö")
    client = client_for(teacher)
    decide = reverse("batches:decide", args=[batch.public_id, first.public_id])
    answer = client.post(decide, {"student": students[0].public_id, "version": 1}, follow=True)
    assert "Remember “Millan Sjö” as Emil Berg?" in answer.content.decode()
    client.post(reverse("batches:teach", args=[batch.public_id, first.public_id]))
    alias = StudentAlias.objects.get()
    assert (alias.student, alias.spelling, alias.place) == (students[0], "Millan Sjö", "label")
    assert alias.learnt_from == first.public_id
    tasks.rematch_essays(batch.pk)
    assert match_of(second) == ("certain", students[0].pk, True)
    again = client.get(reverse("batches:review", args=[batch.public_id]) + f"?learn={first.public_id}")
    assert "Remember “" not in again.content.decode()


@pytest.mark.parametrize("sharing", ["another's", "many"])
def test_what_other_texts_say_too_is_no_name(
    sharing: str, batch: Batch, students: list[Student], teacher: User, client_for: ClientFor
) -> None:
    """The folder around a whole zip, the school in a page header: once remembered it would claim every next text."""
    first, *others = make_essays(batch, 2 if sharing == "another's" else 4)
    for essay in (first, *others):
        evidence = find_evidence(name=essay.file.name, path="Inlämning", document=Document("txt", STORY))
        EssayFile.objects.filter(pk=essay.file_id).update(evidence=[item.as_json() for item in evidence])
    if sharing == "another's":
        actions.decide_student(others[0], student=students[1], version=None, actor=teacher)
    decide = reverse("batches:decide", args=[batch.public_id, first.public_id])
    answer = client_for(teacher).post(decide, {"student": students[0].public_id, "version": 1}, follow=True)
    assert "Remember “" not in answer.content.decode()
    client_for(teacher).post(reverse("batches:teach", args=[batch.public_id, first.public_id]))
    assert not StudentAlias.objects.exists()


def test_a_protected_students_spelling_is_not_offered(
    batch: Batch, students: list[Student], teacher: User, client_for: ClientFor
) -> None:
    Student.objects.filter(pk=students[0].pk).update(protected_identity=True)
    (essay,) = make_essays(batch, 1)
    label(essay, "Millan Sjö")
    decide = reverse("batches:decide", args=[batch.public_id, essay.public_id])
    answer = client_for(teacher).post(decide, {"student": students[0].public_id, "version": 1}, follow=True)
    assert "Remember “" not in answer.content.decode()
    client_for(teacher).post(reverse("batches:teach", args=[batch.public_id, essay.public_id]))
    assert not StudentAlias.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_new_student_is_matched_and_decisions_stay(
    batch: Batch, students: list[Student], owned_class: SchoolClass, teacher: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    undecided, decided = make_essays(batch, 2)
    label(undecided, "Signe Ek")
    label(decided, "Signe Ek")
    actions.decide_student(decided, student=students[1], version=None, actor=teacher)
    queued: list[int] = []
    monkeypatch.setattr(tasks.rematch_class, "delay", queued.append)
    signe = class_actions.add_student(owned_class, values={"given_name": "Signe", "family_name": "Ek"}, actor=teacher)
    assert queued == [owned_class.pk]
    monkeypatch.setattr(tasks.rematch_essays, "delay", tasks.rematch_essays)
    assert tasks.rematch_class(owned_class.pk) == 1
    assert match_of(undecided) == ("certain", signe.pk, True)
    assert match_of(decided)[1] == students[1].pk


def test_locked_batches_are_left_alone(batch: Batch, owned_class: SchoolClass, teacher: User) -> None:
    make_essays(batch, 1)
    assert tasks.rematch_class(owned_class.pk) == 1
    actions.lock_batch(batch, actor=teacher)
    assert tasks.rematch_class(owned_class.pk) == 0


def test_a_text_of_one_who_leaves_the_class_goes_to_no_namesake(
    batch: Batch, owned_class: SchoolClass, teacher: User
) -> None:
    emil, namesake = make_students(owned_class, ["Emil Andersson Berg", "Emil Berg"])
    mine, theirs = make_essays(batch, 2)
    label(mine, "Emil Andersson Berg")
    label(theirs, "Emil Berg")
    tasks.rematch_essays(batch.pk)
    assert [match_of(essay)[:2] for essay in (mine, theirs)] == [("certain", emil.pk), ("certain", namesake.pk)]
    class_actions.remove_student(owned_class, student=emil, actor=teacher)
    tasks.rematch_essays(batch.pk)
    assert [match_of(essay)[:2] for essay in (mine, theirs)] == [("no_match", None), ("certain", namesake.pk)]
