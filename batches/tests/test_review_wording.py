"""What the review says: its counts, and its button before any script says it."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from batches import actions
from batches.models import Batch, Essay, EssayStudentAssociation
from batches.tests.making import make_essays
from batches.tests.reviewing import decide, url
from classes.models import Student
from huleedu.accounts.models import User

ClientFor = Callable[[User | None], Client]


def test_what_is_certain_is_not_to_review(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    make_essays(batch, 2, certainty="no_match")
    certain, unread = make_essays(batch, 2, students=students, certainty="certain")
    Essay.objects.filter(pk=unread.pk).update(matched_at=None)
    client = client_for(teacher)

    def shown() -> tuple[str, list[str], list[str], list[str], bool]:
        review, files = client.get(url("review", batch)).text, client.get(url("detail", batch)).text
        headers = {"HX-Request": "true", "HX-Target": "queue"}
        live = client.get(url("review", batch), headers=headers).text
        counts = re.findall(r'Review(?: matches)? <span class="count">(\d+)<', files)
        told = re.findall(r'data-announce="([^"]+)"|id="done">([^<]+)', live)
        return (
            re.findall(r"<title>([^,]*)", review)[0], counts, re.findall(r'review-place">([^<]*)', review),
            [announced or done for announced, done in told],
            batch in Batch.objects.needing_review(),
        )  # fmt: skip

    assert shown() == ("2 to review", ["2", "2"], ["1 of 2 left"], ["2 left", "2 texts to review"], True)
    for essay in Essay.objects.filter(batch=batch, association__certainty="no_match", matched_at__isnull=False):
        answer = client.post(url("decide", batch, essay), {"decision": "nobody", "version": 1}, follow=True)
    assert "1 certain match left." in answer.text
    assert shown() == ("1 to confirm", ["0"], [], ["1 to confirm", "1 to confirm"], False)
    decide(client, batch, certain, student=students[0].public_id)
    assert shown() == ("Review", ["0"], [], ["0 left", "Still reading"], False)


def test_a_page_opened_too_early_leads_to_the_texts_that_came(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    client = client_for(teacher)
    assert "Nothing to review yet" in client.get(url("review", batch)).text
    essays = make_essays(batch, 2, students=students, certainty="unsure")
    headers = {"HX-Request": "true", "HX-Target": "queue"}
    live = client.get(url("review", batch), headers=headers).text
    assert "2 texts to review" in live
    assert f'href="{url("review", batch)}"' in live
    beside_a_text = client.get(url("review-text", batch, essays[0]), headers=headers).text
    assert "review-done" not in beside_a_text


def test_where_nobody_can_be_chosen_the_button_says_so(client_for: ClientFor, teacher: User, batch: Batch) -> None:
    [essay] = make_essays(batch, 1)
    page = client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    assert re.search(r'id="confirm"[^>]* aria-disabled="true"><span>No student to choose<', page)
    assert page.count("The class list is empty") == 2, "beside the list of texts, and where a student is chosen"
    assert batch.school_class is not None
    assert page.count(reverse("classes:import", args=[batch.school_class.public_id])) == 2
    assert "Is the class list complete?" not in page


def test_a_decided_text_offers_another_student_only(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    [essay] = make_essays(batch, 1, students=students)
    assert 'id="confirm" name="decision" value="student" data-keys="Enter" data-pick="Choose a student first"' in (
        page := client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    )
    assert "data-decided" not in page
    decide(client_for(teacher), batch, essay, student=students[0].public_id)
    page = client_for(teacher).get(url("review-text", batch, essay)).content.decode()
    assert f'data-decided="{students[0].public_id}"' in page
    assert "Change to the chosen student" in page


def test_the_bar_hints_at_keys_that_do_something(
    client_for: ClientFor, teacher: User, batch: Batch, students: list[Student]
) -> None:
    first, last = make_essays(batch, 2, certainty="conflict")
    candidates = [{"student": student.pk, "confidence": 0.5, "reasons": []} for student in students[:2]]
    EssayStudentAssociation.objects.update(candidates=candidates)
    page = client_for(teacher).get(url("review-text", batch, first)).text
    (digits,) = re.findall(r'class="when-not-chosen" aria-hidden="true">(.*?)</span>', page)
    assert re.findall(r">(\d)<", digits) == ["1", "2"]
    assert '<kbd class="key key-letter">n</kbd> Next' in page
    actions.decide_student(first, student=students[0], version=None, actor=teacher)
    page = client_for(teacher).get(url("review-text", batch, last)).text
    assert "Back to batch" in page
    assert '<kbd class="key key-letter">n</kbd> Next' not in page


def test_a_text_of_a_batch_without_a_class_says_so_instead_of_no_name(
    client_for: ClientFor, teacher: User, batch: Batch
) -> None:
    make_essays(batch, 1)
    page = client_for(teacher).get(url("review", batch)).text
    assert re.findall(r'class="queue-note"[^>]*>([^<]*)<', page) == ["No name found"]
    Batch.objects.filter(pk=batch.pk).update(school_class=None)
    page = client_for(teacher).get(url("review", batch)).text
    assert re.findall(r'class="queue-note"[^>]*>([^<]*)<', page) == ["The batch has no class"]
