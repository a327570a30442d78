"""What a batch's pages say of its lock, its assessment and its clock, and the buttons for each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from batches import actions
from batches.models import Batch, EssayStudentAssociation
from batches.tasks import keep_deadlines, run_phases
from batches.tests.making import make_batch, make_essays, make_students
from classes.models import SchoolClass
from huleedu.accounts.models import User

ClientFor = Callable[[User], Client]


@pytest.fixture
def batch(teacher: User, owned_class: SchoolClass) -> Batch:
    batch = make_batch(teacher, owned_class)
    students = make_students(owned_class, ["Ada Berg", "Bo Ek"])
    make_essays(batch, 2, students=students, certainty="certain")
    make_essays(batch, 1)
    return batch


def path(name: str, batch: Batch) -> str:
    return reverse(f"batches:{name}", args=[batch.public_id])


def page_of(client: Client, batch: Batch, name: str = "detail") -> str:
    return " ".join(client.get(path(name, batch)).content.decode().split())


def test_the_lock_says_who_since_when_why_and_who_can_open_it(
    batch: Batch, teacher: User, colleague: User, client_for: ClientFor
) -> None:
    actions.lock_batch(batch, actor=colleague)
    own, other = page_of(client_for(teacher), batch), page_of(client_for(colleague), batch)
    assert "by Colleague." in own
    assert "Unlock the batch" in own
    assert "Teacher can unlock it." in other
    assert "Unlock the batch" not in other


def test_the_reasons_of_unlocking_stay_in_the_history(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    client = client_for(teacher)
    for reason in ("One text came late.", "So did another."):
        client.post(path("lock", batch))
        client.post(path("unlock", batch), {"reason": reason})
    page = page_of(client, batch, "history")
    assert page.index("Unlocked the batch: So did another.") < page.index("Unlocked the batch: One text came late.")


def test_assessment_is_shown_and_cancelled(batch: Batch, teacher: User, settings: Any, client_for: ClientFor) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck", "cj_assessment"]
    client = client_for(teacher)
    client.post(path("start", batch), {"without_student": "1"})
    actions.report_phase(batch, phase="spellcheck", status="in_progress", essay_counts={"successful": 2})
    page = page_of(client, batch)
    assert "Spelling: 2 of 3 texts" in page
    assert "Comparative judgement: waiting" in page
    assert "Feedback" not in page
    assert client.post(path("cancel", batch)).status_code == 302
    assert "Assessment is in progress" not in page_of(client, batch)
    batch.refresh_from_db()
    assert batch.status == "cancelled"


def test_what_failed_is_named_and_tried_again(batch: Batch, teacher: User, reader: User, client_for: ClientFor) -> None:
    bad = batch.essays.latest("pk")
    bad.file.text = ""
    bad.file.save()
    client = client_for(teacher)
    client.post(path("start", batch), {"without_student": "1"})
    run_phases(batch.pk, 1)
    page = page_of(client, batch)
    assert "1 text could not be assessed." in page
    assert f"{bad.file.name}: no text inside" in page
    assert path("retry", batch) in page
    assert path("retry", batch) not in page_of(client_for(reader), batch)
    bad.file.text = "Words."
    bad.file.save()
    assert client.post(path("retry", batch)).status_code == 302
    run_phases(batch.pk, 1)
    page = page_of(client, batch)
    assert "could not be assessed" not in page
    assert "Tried again what failed" in page_of(client, batch, "history")


def test_many_failures_are_a_few_names_and_a_number(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    for essay in make_essays(batch, 7):
        essay.file.text = ""
        essay.file.save()
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    page = page_of(client_for(teacher), batch)
    assert "7 texts could not be assessed." in page
    assert page.count("no text inside. Reopen") == 5
    assert "and 2 more" in page


def test_the_exact_time_is_shown_and_one_click_calls_it_off(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    client = client_for(teacher)
    time = timezone.localtime() + timedelta(hours=2)
    values = {"title": "The library", "due": "", "version": batch.version, "auto_confirm": "on"}
    assert client.post(path("rename", batch), {**values, "review_by": f"{time:%Y-%m-%dT%H:%M}"}).status_code == 302
    page = page_of(client, batch)
    assert "2 certain matches will be confirmed by themselves on" in page
    assert f"{time:%H:%M}" in page
    assert client.post(path("keep-undecided", batch)).status_code == 302
    assert "by themselves" not in page_of(client, batch)
    Batch.objects.update(review_by=timezone.now() - timedelta(minutes=1))
    keep_deadlines()
    assert not EssayStudentAssociation.objects.exclude(status="undecided").exists()


def test_what_the_clock_confirmed_says_so_in_the_history(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    Batch.objects.update(review_by=timezone.now() - timedelta(minutes=1), auto_confirm=True)
    keep_deadlines()
    assert "Confirmed by itself: Ada Berg" in page_of(client_for(teacher), batch, "history")


def test_a_time_that_is_past_is_said_at_its_field(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    values = {"title": "x", "due": "", "version": batch.version, "auto_confirm": "on"}
    for review_by in ("", "2020-01-01T12:00"):
        answer = client_for(teacher).post(path("rename", batch), {**values, "review_by": review_by})
        assert answer.status_code == 400
        assert "Choose a time ahead" in answer.content.decode()


def test_a_new_batch_can_have_its_clock_set(teacher: User, settings: Any, client_for: ClientFor) -> None:
    client, new = client_for(teacher), reverse("batches:new")
    values = {"title": "Timed", "auto_confirm": "on"}
    assert client.post(new, {**values, "review_by": "2020-01-01T12:00"}).status_code == 400
    assert client.post(new, {**values, "review_by": "2120-01-01T12:00"}).status_code == 302
    batch = Batch.objects.get()
    assert (batch.auto_confirm, timezone.localtime(batch.review_by).hour) == (True, 12)
    settings.ENABLE_AUTO_CONFIRM = False
    for page in (client.get(new), client.get(path("rename", batch))):
        assert 'name="auto_confirm"' not in page.content.decode()


def test_the_reminder_is_on_the_page(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    Batch.objects.update(review_by=timezone.now() + timedelta(hours=1))
    assert "To be reviewed by" not in page_of(client_for(teacher), batch)
    keep_deadlines()
    assert "To be reviewed by" in page_of(client_for(teacher), batch)


def test_assessment_costs_the_page_no_more_the_more_texts_there_are(
    teacher: User, client_for: ClientFor, django_assert_max_num_queries: Any
) -> None:
    for count in (1, 60):
        batch = make_batch(teacher)
        for essay in make_essays(batch, count):
            essay.file.text = ""
            essay.file.save()
        actions.start_batch(batch, actor=teacher)
        run_phases(batch.pk, 1)
        client = client_for(teacher)
        with django_assert_max_num_queries(17):
            client.get(path("detail", batch))
