"""The review of several: a late decision overwrites nothing, the certain ones in one step, and undo."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from batches import actions
from batches.models import Batch, EssayStudentAssociation
from batches.tests.making import make_essays
from batches.tests.reviewing import decide, match_of, ticks, url
from classes.models import Student
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]


# --- two people ------------------------------------------------------------------------------------------------------


def test_a_late_decision_is_shown_both_choices_and_overwrites_nothing(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    actions.decide_student(essay, student=students[1], version=1, actor=colleague)
    client = client_for(teacher)
    response = decide(client, batch, essay, student=students[2].public_id)
    page = response.content.decode()
    assert response.status_code == 409
    for said in ("Nora Dahlgren", "Colleague, just now", "Isak Ekenäs", "Keep theirs", "Use mine"):
        assert said in page
    assert match_of(essay).student == students[1]
    # "Use mine" sends the same choice with the version that the page showed.
    assert f'name="student" value="{students[2].public_id}"' in page
    response = client.post(url("decide", batch, essay), {"student": students[2].public_id, "version": 2})
    assert response.status_code == 302
    assert match_of(essay).student == students[2]


@pytest.mark.parametrize("decision", ["nobody", "clear"])
def test_a_late_decision_of_another_kind_is_asked_too(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, students: list[Student], decision: str
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    actions.decide_student(essay, student=students[1], version=1, actor=colleague)
    response = decide(client_for(teacher), batch, essay, decision=decision)
    assert response.status_code == 409
    assert f'name="decision" value="{decision}"' in response.content.decode()
    assert match_of(essay).student == students[1]


def test_the_open_text_is_told_what_a_colleague_chose(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    client, address = client_for(teacher), url("review-text", batch, essay)
    headers = {"HX-Request": "true", "HX-Target": "meanwhile"}
    before = client.get(address, {"seen": 1}, headers=headers).content.decode()
    assert "just now" not in before
    actions.decide_student(essay, student=students[1], version=1, actor=colleague)
    after = client.get(address, {"seen": 1}, headers=headers).content.decode()
    assert "Colleague chose Nora Dahlgren just now" in after
    assert "<html" not in after
    assert 'name="student"' not in after


def test_the_live_queue_is_a_fragment(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    essays = make_essays(batch, 2, students=students, certainty="certain")
    headers = {"HX-Request": "true", "HX-Target": "queue"}
    fragment = client_for(teacher).get(url("review-text", batch, essays[0]), headers=headers).content.decode()
    assert "<html" not in fragment
    assert "Confirm 2 certain matches" in fragment
    assert "essay-text" not in fragment


def test_the_queue_stays_live_beside_a_removed_text(
    client_for: ClientFor, teacher: User, colleague: User, stranger: User, batch: Batch, students: list[Student]
) -> None:
    first, second = make_essays(batch, 2, students=students, certainty="unsure")
    actions.remove_file(batch, file=first.file, actor=colleague)
    headers = {"HX-Request": "true", "HX-Target": "queue"}
    fragment = client_for(teacher).get(url("review-text", batch, first), headers=headers)
    assert fragment.status_code == 200
    assert url("review-text", batch, second) in fragment.content.decode()
    assert client_for(teacher).get(url("review-text", batch, first)).status_code == 404
    assert client_for(stranger).get(url("review-text", batch, first), headers=headers).status_code == 404


# --- the certain ones ------------------------------------------------------------------------------------------------


def test_certain_matches_are_listed_then_confirmed_and_undone_in_one_step(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    essays = make_essays(batch, 3, students=students, certainty="certain")
    client = client_for(teacher)
    page = client.get(url("confirm", batch)).content.decode()
    assert page.count('name="match"') == 3
    response = client.post(url("confirm", batch), {"match": ticks(essays[:2])}, follow=True)
    assert "2 confirmed." in response.content.decode()
    assert [match_of(essay).status for essay in essays] == ["confirmed", "confirmed", "undecided"]
    response = client.post(url("undo", batch), follow=True)
    assert "Undone. 2 texts wait for you again." in response.content.decode()
    assert [match_of(essay).status for essay in essays] == ["undecided"] * 3


def test_what_is_no_longer_certain_is_named(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    essays = make_essays(batch, 2, students=students, certainty="certain")
    EssayStudentAssociation.objects.filter(essay=essays[1]).update(certainty="unsure")
    response = client_for(teacher).post(url("confirm", batch), {"match": ticks(essays)}, follow=True)
    said = response.content.decode()
    assert "1 confirmed. 1 is no longer certain and waits for you: essay-1.txt" in said


def test_a_certain_match_that_names_another_student_by_now_is_not_confirmed(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="certain")
    listed = ticks([essay])
    EssayStudentAssociation.objects.filter(essay=essay).update(student=students[1])
    response = client_for(teacher).post(url("confirm", batch), {"match": listed}, follow=True)
    assert "0 confirmed. 1 is no longer certain" in response.content.decode()
    assert match_of(essay).status == "undecided"


def test_confirming_nothing_says_so(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    response = client_for(teacher).post(url("confirm", batch), follow=True)
    assert "Nothing was ticked" in response.content.decode()
    assert client_for(teacher).post(url("confirm", batch), {"match": "no-uuid"}).status_code == 400


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_opens_the_text_again(client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    client = client_for(teacher)
    decide(client, batch, essay, student=students[0].public_id)
    response = client.post(url("undo", batch), follow=True)
    assert response.redirect_chain == [(url("review-text", batch, essay), 302)]
    assert "Undone. essay-0.txt is waiting for you again." in response.content.decode()
    response = client.post(url("undo", batch), follow=True)
    assert "There is nothing to undo." in response.content.decode()


def test_undo_after_a_colleague_is_refused_with_the_name(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    actions.decide_student(essay, student=students[0], version=1, actor=teacher)
    actions.decide_student(essay, student=students[1], version=2, actor=colleague)
    response = client_for(teacher).post(url("undo", batch), follow=True)
    assert "Colleague has decided since" in response.content.decode()
    assert match_of(essay).student == students[1]


# --- what of the queue is listed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posted", "listed"),
    [
        ({"find": ""}, "ABC"),
        ({"find": "ekenas"}, "C"),
        ({"find": "essay-1"}, "B"),
        ({"find": "nobody"}, ""),
        ({"find": "", "mine": "1"}, "BC"),
    ],
    ids=str,
)
def test_the_queue_is_narrowed_by_what_is_posted(
    client_for: ClientFor,
    teacher: User,
    colleague: User,
    batch: Batch,
    students: list[Student],
    posted: dict[str, str],
    listed: str,
) -> None:
    essays = make_essays(batch, 3, students=students, certainty="certain")
    actions.decide_student(essays[0], student=students[0], version=1, actor=colleague)
    page = client_for(teacher).post(url("review", batch), posted).content.decode()

    def rows(page: str) -> str:
        return "".join(name for name, essay in zip("ABC", essays, strict=True) if f'id="row-{essay.public_id}"' in page)

    assert rows(page) == listed
    assert "find=" not in page, "no name stands in an address"
    by_address = client_for(teacher).get(url("review", batch), posted).content.decode()
    assert rows(by_address) == ("BC" if "mine" in posted else "ABC")
    assert ("No text fits." in page.split('id="queue-none" hidden')[0].partition('id="queue-none"')[2]) == (not listed)


def test_words_to_find_are_kept_without_script(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    first, second = make_essays(batch, 2)
    client, opens = client_for(teacher), f'formaction="{url("review-text", batch, second)}" class="queue-item"'
    page = client.post(url("review", batch), {"find": "essay-1"}).content.decode()
    assert opens in page
    page = client.post(url("review-text", batch, second), {"find": "essay-1"}).content.decode()
    assert 'name="find" value="essay-1"' in page
    assert f'id="row-{first.public_id}"' not in page
    assert opens in page


@pytest.mark.parametrize("decides", ["student", "nobody", "nothing", "undo"])
def test_words_searched_go_along_with_every_form(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student], decides: str
) -> None:
    """Without script: those for texts stay with whatever is done, those for students with the text they were for."""
    first, second, third = make_essays(batch, 3, students=students, certainty="unsure")
    actions.decide_student(third, student=students[2], version=1, actor=teacher)
    client, open_text = client_for(teacher), url("review-text", batch, first)
    page = client.post(open_text, {"q": "nora", "find": "essay", "mine": "1"}).content.decode()
    forms = re.findall(r'<form[^>]* id="([^"]+)"[^>]*>(.*?)</form>', page, re.DOTALL)
    assert {name for name, form in forms if 'name="find"' in form} >= {"queue-find", "decide", "undo", "class-search"}
    assert {name for name, form in forms if 'name="text"' in form} >= {"queue-find", "decide", "undo"}

    fields = {"q": "nora", "text": str(first.public_id), "find": "essay", "mine": "1", "version": "1"}
    student = {"student": str(students[0].public_id)} if decides == "student" else {}
    decision = {"decision": "nobody"} if decides == "nobody" else {}
    address = url("undo", batch) if decides == "undo" else url("decide", batch, first)
    answer = client.post(address, {**fields, **student, **decision, "next": str(second.public_id)}, follow=True)
    page = answer.content.decode()
    opened = {"nothing": first, "undo": third}.get(decides, second)
    assert [to for to, _status in answer.redirect_chain] == [url("review-text", batch, opened)]
    assert 'name="find" value="essay"' in page
    assert 'name="mine" value="1" checked' in page
    assert ('name="q" value="nora"' in page) == (opened == first)
