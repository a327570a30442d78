"""The pages of the review: who sees what, deciding without script, candidates, what it costs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse

from batches import actions
from batches.models import Batch, Essay, EssayStudentAssociation
from batches.tests.making import make_batch, make_essays, make_students
from batches.tests.reviewing import decide, match_of, ticks, url
from classes.models import SchoolClass, Student
from files.evidence import Evidence
from files.models import EssayFile
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]


# --- who sees it -----------------------------------------------------------------------------------------------------

PAGES = ["review", "review-text", "texts", "text", "confirm"]
CHANGES = ["decide", "confirm", "undo", "rematch"]
WITH_TEXT = {"review-text", "text", "decide"}


def page_url(name: str, batch: Batch, essay: Essay) -> str:
    return url(name, batch, essay if name in WITH_TEXT else None)


@pytest.mark.parametrize("name", PAGES)
def test_owner_and_colleague_open_every_page(
    client_for: ClientFor, teacher: User, colleague: User, batch: Batch, students: list[Student], name: str
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="certain")
    for person in (teacher, colleague):
        assert client_for(person).get(page_url(name, batch, essay)).status_code == 200


@pytest.mark.parametrize("name", PAGES)
def test_stranger_finds_no_page(client_for: ClientFor, stranger: User, batch: Batch, name: str) -> None:
    [essay] = make_essays(batch, 1)
    assert client_for(stranger).get(page_url(name, batch, essay)).status_code == 404


@pytest.mark.parametrize("name", PAGES)
def test_anonymous_is_sent_to_sign_in(client_for: ClientFor, batch: Batch, name: str) -> None:
    [essay] = make_essays(batch, 1)
    response = client_for(None).get(page_url(name, batch, essay))
    assert response.status_code == 302
    assert reverse("accounts:sign-in") in response["Location"]


@pytest.mark.parametrize("name", CHANGES)
def test_reader_and_stranger_change_nothing(
    client_for: ClientFor, reader: User, stranger: User, batch: Batch, students: list[Student], name: str
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="certain")
    data = {"student": students[0].public_id, "version": 1, "match": ticks([essay])}
    assert client_for(reader).post(page_url(name, batch, essay), data).status_code == 403
    assert client_for(stranger).post(page_url(name, batch, essay), data).status_code == 404
    assert match_of(essay).status == "undecided"


@pytest.mark.parametrize("name", ["decide", "undo", "rematch"])
def test_a_link_changes_nothing(client_for: ClientFor, teacher: User, batch: Batch, name: str) -> None:
    [essay] = make_essays(batch, 1)
    assert client_for(teacher).get(page_url(name, batch, essay)).status_code == 302
    assert match_of(essay).version == essay.association.version


@pytest.mark.parametrize("name", ["texts", "text"])
def test_pages_take_no_posts(client_for: ClientFor, teacher: User, batch: Batch, name: str) -> None:
    [essay] = make_essays(batch, 1)
    assert client_for(teacher).post(page_url(name, batch, essay)).status_code == 405


def test_reader_sees_clues_and_no_controls(
    client_for: ClientFor, reader: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    page = client_for(reader).get(url("review-text", batch, essay)).content.decode()
    assert "Emil Berg" in page
    for control in ('name="student"', 'name="decision"', 'id="undo"', 'id="confirm-certain"', 'type="search"'):
        assert control not in page


def test_a_text_of_another_batch_is_not_found(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    [elsewhere] = make_essays(make_batch(teacher), 1)
    client = client_for(teacher)
    assert client.get(url("review-text", batch, elsewhere)).status_code == 404
    assert client.get(url("text", batch, elsewhere)).status_code == 404
    assert client.post(url("decide", batch, elsewhere), {"decision": "nobody", "version": 1}).status_code == 404


# --- deciding, without script ----------------------------------------------------------------------------------------


def test_confirming_opens_the_next_undecided_text(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    first, second, third = make_essays(batch, 3, students=students, certainty="unsure")
    client = client_for(teacher)
    page = client.get(url("review-text", batch, second))
    assert f'name="next" value="{third.public_id}"' in page.content.decode()
    response = client.post(
        url("decide", batch, second),
        {"student": students[1].public_id, "version": 1, "next": third.public_id, "decision": "student"},
        follow=True,
    )
    assert response.redirect_chain == [(url("review-text", batch, third), 302)]
    assert "Confirmed. 2 left." in response.content.decode()
    match = match_of(second)
    assert (match.status, match.student, match.decided_by) == ("confirmed", students[1], teacher)
    # The one named by the page was decided meanwhile: the first undecided one opens.
    response = decide(client, batch, third, student=students[2].public_id, next=second.public_id)
    assert response["Location"] == url("review-text", batch, first)


def test_the_last_decision_leads_to_the_summary(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    response = client_for(teacher).post(
        url("decide", batch, essay), {"student": students[0].public_id, "version": 1}, follow=True
    )
    page = response.content.decode()
    assert response.redirect_chain == [(url("review", batch), 302)]
    assert "2 students have not handed in" in page


def test_without_a_choice_nothing_is_decided(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    [essay] = make_essays(batch, 1)
    response = client_for(teacher).post(url("decide", batch, essay), {"version": 1}, follow=True)
    assert "Choose a student first." in response.content.decode()
    assert match_of(essay).status == "undecided"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"student": "no-uuid", "version": 1}, 400),
        ({"student": str(uuid4()), "version": 1}, 404),
        ({"decision": "nobody", "version": "old"}, 400),
        ({"decision": "nobody"}, 400),
        ({"decision": "perhaps", "version": 1}, 400),
    ],
)
def test_nonsense_is_refused(
    client_for: ClientFor, teacher: User, batch: Batch, data: dict[str, Any], status: int
) -> None:
    [essay] = make_essays(batch, 1)
    assert client_for(teacher).post(url("decide", batch, essay), data).status_code == status
    assert match_of(essay).status == "undecided"


def test_another_teachers_student_is_not_found(
    client_for: ClientFor, teacher: User, stranger: User, batch: Batch
) -> None:
    [essay] = make_essays(batch, 1)
    theirs = make_students(SchoolClass.objects.create(owner=stranger, designation="NA24A"), ["Maja Forslund"])[0]
    assert decide(client_for(teacher), batch, essay, student=theirs.public_id).status_code == 404


def test_a_decision_is_changed_and_taken_back(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    client = client_for(teacher)
    decide(client, batch, essay, decision="nobody")
    assert match_of(essay).status == "no_student"
    client.post(url("decide", batch, essay), {"student": students[2].public_id, "version": 2})
    assert match_of(essay).student == students[2]
    response = client.post(url("decide", batch, essay), {"decision": "clear", "version": 3}, follow=True)
    page = response.content.decode()
    assert (match_of(essay).status, match_of(essay).student) == ("undecided", students[0])
    assert response.redirect_chain == [(url("review-text", batch, essay), 302)]
    for said in ("You decided: not in this class", "You chose Isak Ekenäs", "You undid the decision"):
        assert said in page


def test_a_locked_batch_is_still_decided(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    actions.lock_batch(batch, actor=teacher)
    assert decide(client_for(teacher), batch, essay, student=students[0].public_id).status_code == 302
    assert match_of(essay).status == "confirmed"


def test_without_a_class_the_page_says_so(client_for: ClientFor, teacher: User) -> None:
    batch = make_batch(teacher)
    [essay] = make_essays(batch, 1)
    client = client_for(teacher)
    page = client.get(url("review-text", batch, essay)).content.decode()
    assert "The batch has no class" in page
    assert 'type="search"' not in page
    assert decide(client, batch, essay, decision="nobody").status_code == 302
    assert match_of(essay).status == "no_student"


# --- candidates ------------------------------------------------------------------------------------------------------


def test_search_finds_students_of_the_class_whatever_the_accents(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="unsure")
    address = url("review-text", batch, essay)
    page = client_for(teacher).post(address, {"q": "ekenas"}).content.decode()
    assert "<html" in page
    assert f'value="{students[2].public_id}"' in page
    assert f'value="{students[1].public_id}"' not in page
    headers = {"HX-Request": "true", "HX-Target": "others"}
    fragment = client_for(teacher).post(address, {"q": "nora"}, headers=headers).content.decode()
    assert "<html" not in fragment
    assert f'value="{students[1].public_id}"' in fragment
    nobody = client_for(teacher).post(address, {"q": "<b>x"}, headers=headers).content.decode()
    assert "Nobody else in the class fits “&lt;b&gt;x”" in nobody
    by_address = client_for(teacher).get(address, {"q": "ekenas"}).content.decode()
    assert f'value="{students[2].public_id}"' not in by_address, "no name stands in an address"


def test_without_a_match_students_without_a_text_are_offered(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    make_essays(batch, 1, students=students, certainty="certain")
    [essay] = make_essays(batch, 1)
    page = client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    offered = [student for student in students if f'value="{student.public_id}"' in page]
    assert offered == students[1:]


def test_a_student_with_another_text_is_said_to_have_one(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [first] = make_essays(batch, 1, students=students, certainty="certain")
    [second] = make_essays(batch, 1, students=students, certainty="unsure")
    client = client_for(teacher)
    page = client.get(url("review-text", batch, second)).content.decode()
    assert "Has another text in this batch, of which this would be a version:" in page
    assert "conflict" not in page.partition('id="decide"')[2].partition("</form>")[0]
    actions.confirm_matches(batch, actor=teacher)
    decide(client, batch, second, student=students[0].public_id)
    assert url("review-text", batch, first) in client.get(url("review-text", batch, second)).content.decode()
    texts = client.get(url("texts", batch)).content.decode()
    assert "version 1" in texts
    assert "version 2" in texts
    assert url("text", batch, first) in client.get(url("text", batch, second)).content.decode()


def test_texts_being_read_wait_outside_the_groups(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students, certainty="certain")
    Essay.objects.filter(pk=essay.pk).update(matched_at=None)
    client = client_for(teacher)
    page = client.get(url("review", batch)).content.decode()
    assert "1 text is being read" in page
    assert 'id="confirm-certain"' not in page
    assert client.get(url("review-text", batch, essay)).status_code == 200
    assert client.get(url("text", batch, essay)).status_code == 200


def test_a_text_cannot_write_into_the_page(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    [essay] = make_essays(batch, 1)
    essay.file.text = "<script>alert(1)</script>\n{{ x }}"
    essay.file.name = '"><img src=x>.txt'
    essay.file.save()
    for name in ("review-text", "text", "texts"):
        page = client_for(teacher).get(page_url(name, batch, essay)).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


# --- cost ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("certainty", ["certain", "unsure"])
def test_queries_do_not_grow_with_the_texts(
    client_for: ClientFor,
    teacher: User,
    batch: Batch,
    owned_class: SchoolClass,
    django_assert_max_num_queries: Any,
    name: str,
    certainty: str,
) -> None:
    students = make_students(owned_class, [f"Student{n} Test" for n in range(40)])
    essays = make_essays(batch, 3, students=students[:1] * 3, certainty=certainty)
    client, address = client_for(teacher), page_url(name, batch, essays[0])
    ContentType.objects.get_for_model(Essay)  # asked for once in a process, for the log
    with django_assert_max_num_queries(16) as few:
        client.get(address)
    make_essays(batch, 297, students=students * 8, certainty=certainty)
    with django_assert_max_num_queries(16) as many:
        client.get(address)
    assert len(many) == len(few)
    with_text = [query for query in many if '"files_essayfile"."text"' in query["sql"]]
    beside = certainty == "certain" and name in ("review", "review-text")
    read = 0 if name in ("texts", "confirm") else 2 if beside else 1
    assert len(with_text) == read, "only the text that is shown is read, and the one beside it"


@pytest.mark.parametrize("turn", [1, -1])
def test_the_easiest_come_first_whatever_was_read_first(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student], turn: int
) -> None:
    names = {"unsure": ["Öl.docx", "text 10.docx", "Text 9.docx"], "conflict": ["b.docx"], "no_match": ["a.docx"]}
    for certainty in list(names)[::turn]:
        essays = make_essays(batch, len(names[certainty]), students=students, certainty=certainty)
        for essay, name in zip(essays, names[certainty][::turn], strict=True):
            EssayFile.objects.filter(pk=essay.file_id).update(name=name)
    page = client_for(teacher).get(url("review", batch)).content.decode()
    listed = re.findall(r'queue-name" title="([^"]+)"', page)
    assert listed == ["Text 9.docx", "text 10.docx", "Öl.docx", "b.docx", "a.docx"]
    first, second = (Essay.objects.get(file__name=name) for name in listed[:2])
    page = client_for(teacher).get(url("review-text", batch, first)).content.decode()
    assert f'id="next" href="{url("review-text", batch, second)}"' in page, "n follows the list"


def test_a_conflict_says_what_disagrees(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, certainty="conflict")
    found = [
        Evidence("1", "page_header", "header:0", 0, 9, "Emil Berg"),
        Evidence("2", "file_name", "name", 0, 9, "Nora Dahl"),
    ]
    evidence = [each.as_json() for each in found]
    reasons = [
        [
            {"code": "full_name", "for": True, "evidence": [own]},
            {"code": "rival_named", "for": False, "evidence": [other]},
        ]
        for own, other in (("1", "2"), ("2", "1"))
    ]
    candidates = [{"student": students[n].pk, "confidence": 0.5, "reasons": reasons[n]} for n in (0, 1)]
    match = EssayStudentAssociation.objects.filter(essay=essay)
    match.update(candidates=candidates, evidence=evidence)
    client, (first, second) = client_for(teacher), (student.name for student in students[:2])
    page = client.get(url("review-text", batch, essay)).content.decode()
    assert f"The clues point to two students: the page header to {first}, the file name to {second}." in page
    assert '<span class="queue-note" title="Header and file name disagree">' in page
    students[1].delete()
    page = client.get(url("review-text", batch, essay)).content.decode()
    assert "<strong>The clues point to two students.</strong>" in page, "one of them is not there any more"


def test_two_texts_that_claim_one_student_say_so(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    make_essays(batch, 1, students=students, certainty="certain")
    make_essays(batch, 2, students=students, certainty="unsure")
    notes = re.findall(r'queue-note" title="([^"]+)"', client_for(teacher).get(url("review", batch)).content.decode())
    assert notes == ["Two texts, one student", "1 possible student", "essay-0.txt"]
