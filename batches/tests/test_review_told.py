"""What a colleague decides about another text is told once, in passing; students of one name are told apart."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from batches import actions
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.reviewing import url
from classes.models import Enrolment, SchoolClass, Student, StudentAlias
from files.authorship import find_evidence
from files.evidence import Document
from files.models import EssayFile
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]
HEADERS = {"HX-Request": "true", "HX-Target": "meanwhile"}


@pytest.fixture
def texts(batch: Batch, students: list[Student]) -> list[Essay]:
    return make_essays(batch, 3, students=students, certainty="certain")


def ask(client: Client, batch: Batch, essay: Essay, told: str = "0", seen: int = 1) -> str:
    """What the open text is told."""
    answer = client.get(url("review-text", batch, essay), {"seen": str(seen), "told": told}, headers=HEADERS)
    assert answer.status_code == 200
    return " ".join(re.sub(r"</?strong>", "", answer.content.decode()).split())


def told_at(page: str) -> str:
    found = re.search(r'name="told" value="([\d.]+)"', page)
    assert found
    return found[1]


# --- a colleague's decision ------------------------------------------------------------------------------------------


def test_a_decision_on_another_text_is_told_once(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, texts: list[Essay], students: list[Student]
) -> None:
    client = client_for(teacher)
    page = client.get(url("review-text", batch, texts[0])).content.decode()
    assert "toast" not in page
    actions.decide_student(texts[1], student=students[2], version=1, actor=colleague)
    said = ask(client, batch, texts[0], told_at(page))
    assert "Colleague matched essay-1.txt to Isak Ekenäs." in said
    assert url("review-text", batch, texts[1]) in said
    assert "toast" not in ask(client, batch, texts[0], told_at(said))
    assert "toast" not in ask(client, batch, texts[1], seen=2), "it is the open text's own banner that says so"


def test_one_step_with_many_texts_is_told_as_one(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, texts: list[Essay]
) -> None:
    actions.confirm_matches(batch, actor=colleague)
    assert "Colleague decided 2 texts." in ask(client_for(teacher), batch, texts[0])


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ("nobody", "Colleague decided on essay-1.txt: not in this class."),
        ("clear", "Colleague undid the decision on essay-1.txt."),
    ],
)
def test_other_decisions_are_told_in_their_own_words(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, texts: list[Essay], decision: str, said: str
) -> None:
    actions.decide_student(texts[1], student=None, version=1, actor=colleague)
    if decision == "clear":
        actions.clear_decision(texts[1], version=2, actor=colleague)
    assert said in ask(client_for(teacher), batch, texts[0])


def test_nobody_is_told_of_themselves_of_the_past_or_of_what_was_undone(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, texts: list[Essay], students: list[Student]
) -> None:
    client = client_for(teacher)
    actions.decide_student(texts[1], student=students[1], version=1, actor=teacher)
    assert "toast" not in ask(client, batch, texts[0])
    actions.decide_student(texts[2], student=students[2], version=1, actor=colleague)
    for nonsense in ("", "no-time", "nan", "inf", "-1e400"):
        assert "essay-2.txt" in ask(client, batch, texts[0], nonsense)
    actions.undo_decisions(batch, actor=colleague)
    assert "toast" not in ask(client, batch, texts[0])
    actions.decide_student(texts[2], student=students[2], version=None, actor=colleague)
    Decision.objects.filter(essay=texts[2]).update(created_at="2026-01-01T08:00:00Z")
    assert "toast" not in ask(client, batch, texts[0])


def test_a_stranger_is_told_nothing(client_for: ClientFor, stranger: User, batch: Batch, texts: list[Essay]) -> None:
    answer = client_for(stranger).get(url("review-text", batch, texts[0]), {"seen": 1}, headers=HEADERS)
    assert answer.status_code == 404


# --- students of one name --------------------------------------------------------------------------------------------


def test_students_of_one_name_are_told_apart(
    client_for: ClientFor, teacher: User, stranger: User, batch: Batch, owned_class: SchoolClass
) -> None:
    twins = make_students(owned_class, ["Emil Andersson", "emil Andersson"])
    Student.objects.filter(pk=twins[0].pk).update(external_ids={"canvas": "4301"})
    StudentAlias.objects.create(student=twins[1], spelling="Emil A")
    [essay] = make_essays(batch, 1, students=twins, certainty="unsure")
    candidates = [{"student": twin.pk, "confidence": 0.5, "reasons": []} for twin in twins]
    EssayStudentAssociation.objects.filter(essay=essay).update(candidates=candidates)
    earlier = make_batch(teacher, owned_class, title="Reading log")
    [before] = make_essays(earlier, 1, students=[twins[1]], certainty="certain")
    actions.decide_student(before, student=twins[1], version=1, actor=teacher)
    hidden_class = SchoolClass.objects.create(owner=stranger, designation="Elsewhere")
    Enrolment.objects.create(school_class=hidden_class, student=twins[0])
    [hidden] = make_essays(
        make_batch(stranger, hidden_class, title="Secret"), 1, students=[twins[0]], certainty="certain"
    )
    EssayStudentAssociation.objects.filter(essay=hidden).update(status="confirmed")

    page = client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    said = " ".join(re.sub(r"</?strong>", "", page).split())
    assert "The class has two Emil Andersson. Compare e-mail or earlier texts." in said
    for mark in ("Canvas 4301", "Also written as “Emil A”", "Latest text: essay-0.txt in Reading log"):
        assert said.count(f">{mark}<") == 1
    assert "Secret" not in said


def test_whoever_is_named_is_told_apart(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, owned_class: SchoolClass
) -> None:
    first, second = make_students(owned_class, ["Elsa Lind", "Elsa Lind"])
    Student.objects.filter(pk=second.pk).update(email=None, external_ids={"canvas": "4301"})
    essays = make_essays(batch, 2, students=[first, second], certainty="certain")
    client, by_mail, by_number = client_for(teacher), f"Elsa Lind, {first.email}", "Elsa Lind, Canvas 4301"

    certain = client.get(url("confirm", batch)).content.decode()
    assert f">{by_mail}</label>" in certain
    assert f">{by_number}</label>" in certain
    page = client.get(url("review-text", batch, essays[1])).content.decode()
    assert f"<span>Confirm {by_number}</span>" in page
    assert f'data-name="{by_number}"' in page, "what the script writes on the button"
    actions.decide_student(essays[1], student=second, version=1, actor=colleague)
    assert f"matched essay-1.txt to {by_number}." in ask(client, batch, essays[0], told_at(page))
    assert f"Colleague chose {by_number} just now." in ask(client, batch, essays[1])
    late = client.post(url("decide", batch, essays[1]), {"student": first.public_id, "version": 1})
    assert late.status_code == 409
    theirs, _dt, yours = late.content.decode().partition("<dt>Theirs</dt>")[2].partition("<dt>Yours</dt>")
    assert by_number in theirs
    assert by_mail in yours.partition("</dl>")[0]


def test_who_is_shown_beside_the_class_is_told_apart_from_it(
    client_for: ClientFor, teacher: User, batch: Batch, owned_class: SchoolClass
) -> None:
    """A search finds students of the teacher's other classes too, and two of whom nothing but the name is known."""
    other = SchoolClass.objects.create(owner=teacher, designation="Other")
    [here], [there] = make_students(owned_class, ["Elsa Lind"]), make_students(other, ["Elsa Lind"])
    pair = make_students(owned_class, ["Bo Ek", "Bo Ek"])
    Student.objects.filter(pk__in=[one.pk for one in pair]).update(email=None)
    [essay] = make_essays(batch, 1)
    client = client_for(teacher)
    for words, named in (
        ("Elsa", [f"Elsa Lind, {here.email}", f"Elsa Lind, {there.email}"]),
        ("Bo Ek", ["Bo Ek, 1 of 2", "Bo Ek, 2 of 2"]),
    ):
        page = client.post(url("review-text", batch, essay), {"q": words}).content.decode()
        assert sorted(re.findall(r'data-name="([^"]*)"', page)) == sorted(named)
    assert ">1 of 2<" in page


def test_where_names_differ_nothing_more_is_said(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    Student.objects.filter(pk=students[0].pk).update(external_ids={"canvas": "4301"})
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    page = client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    assert "<span>Confirm Emil Berg</span>" in page
    assert "Canvas 4301" not in page
    assert "The class has" not in page


# --- locked, archived, and what the clock will do ------------------------------------------------------------------


def around(client: Client, batch: Batch) -> str:
    """What an open review is told of its batch, without a reload."""
    answer = client.get(url("review", batch), headers={"HX-Request": "true", "HX-Target": "around"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_locked_batch_says_so_in_the_review(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, texts: list[Essay]
) -> None:
    client, address = client_for(teacher), url("review-text", batch, texts[0])
    assert "has been locked" not in client.get(address).content.decode() + around(client, batch)
    actions.lock_batch(batch, actor=colleague)
    page = client.get(address).content.decode()
    assert "Matches can still be corrected." in page
    assert 'id="confirm"' in page
    said = around(client, batch)
    assert "by Colleague." in said
    assert "data-archived" not in said
    Batch.objects.filter(pk=batch.pk).update(status="archived")
    assert "data-archived" in around(client, batch), "it tells the script that nothing can be decided"


def test_an_open_review_is_told_what_the_clock_will_do_for_little(
    client_for: ClientFor,
    teacher: User,
    colleague: User,
    batch: Batch,
    texts: list[Essay],
    django_assert_max_num_queries: Any,
) -> None:
    client = client_for(teacher)
    Batch.objects.filter(pk=batch.pk).update(auto_confirm=True, review_by=timezone.now() + timedelta(days=1))
    around(client, batch)
    with django_assert_max_num_queries(10):
        assert "3 certain matches will be confirmed by themselves" in " ".join(around(client, batch).split()).replace(
            "<strong>", ""
        )
    batch.refresh_from_db()
    actions.update_batch(batch, changes={"auto_confirm": False}, actor=colleague)
    assert "by themselves" not in around(client, batch)


# --- whom nothing tells apart ----------------------------------------------------------------------------------------


def _named(batch: Batch, *names: str) -> list[Essay]:
    """Texts of nothing but these file names, matched."""
    essays = make_essays(batch, len(names))
    for essay, name in zip(essays, names, strict=True):
        evidence = find_evidence(name=name, path="", document=Document("docx", "Some words."))
        EssayFile.objects.filter(pk=essay.file_id).update(name=name, evidence=[item.as_json() for item in evidence])
    actions.match_batch(batch, again=True)
    return essays


def test_of_two_whom_the_clues_fit_alike_nobody_is_chosen(
    client_for: ClientFor, teacher: User, batch: Batch, owned_class: SchoolClass
) -> None:
    names = ("Emil Andersson", "Emil Andersson Berg")
    make_students(owned_class, names)
    [essay] = _named(batch, "Emil A SA24D.docx")
    page = client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    assert "The clues point to two students: they fit Emil Andersson and Emil Andersson Berg alike." in page
    assert "Nothing is chosen for you." in page
    assert 'class="queue-note" title="2 possible students"' in page
    assert not re.search(r'name="student"[^>]* checked', page)
    assert "Confirm the chosen student" in page
    assert re.findall(r">(Fits [^<]+)<", page) == [f"Fits {name} just as well" for name in reversed(names)]
    assert "candidate-clue" not in page, "there is no clue to one against another"
    make_students(owned_class, ["Emil Ask"])
    actions.match_batch(batch, again=True)
    page = client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    assert "The clues point to several students: they fit" in page
    assert 'title="3 possible students"' in page


def test_who_has_no_text_yet_is_chosen_and_the_doubt_names_the_other(
    client_for: ClientFor, teacher: User, batch: Batch, owned_class: SchoolClass
) -> None:
    make_students(owned_class, ["Emil Andersson", "Emil Andersson Berg"])
    [_certain, essay] = _named(batch, "Emil Andersson.docx", "Emil A SA24D.docx")
    page = client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    assert re.search(r'name="student"[^>]* data-name="Emil Andersson Berg"[^>]* checked', page)
    assert "“Emil A” in the file name may also be Emil Andersson<" in page
