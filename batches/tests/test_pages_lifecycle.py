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
from batches.models import Batch, BatchFile, EssayStudentAssociation
from batches.tasks import keep_deadlines, run_phases
from batches.tests.making import make_batch, make_essays, make_students
from classes.models import SchoolClass
from files.models import EssayFile
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


HIDDEN = "\u200b\u202e"


@pytest.mark.parametrize("data", [{}, {"reason": ""}, {"reason": f" {HIDDEN} "}])
def test_unlocking_needs_words_that_can_be_seen(
    batch: Batch, teacher: User, client_for: ClientFor, data: dict[str, str]
) -> None:
    client = client_for(teacher)
    client.post(path("lock", batch))
    answer = client.post(path("unlock", batch), data)
    assert answer.status_code == 422
    assert "aria-invalid" in answer.content.decode()
    batch.refresh_from_db()
    assert batch.status == "ready"


@pytest.mark.parametrize(("into", "out"), [("lock", "unlock"), ("cancel", "reopen")])
@pytest.mark.parametrize("by_api", [False, True])
def test_no_reason_is_kept_as_it_was_typed(
    batch: Batch, teacher: User, client_for: ClientFor, api: Any, into: str, out: str, by_api: bool
) -> None:
    client = client_for(teacher)
    client.post(path(into, batch))
    reason = f"Late:{HIDDEN}\n 20080101-1234"
    if by_api:
        api(teacher).post(f"/api/v1/batches/{batch.public_id}/{out}/", {"reason": reason}, format="json")
    else:
        client.post(path(out, batch), {"reason": reason})
    batch.refresh_from_db()
    (kept,) = batch.processing_metadata["unlocks" if out == "unlock" else "reopenings"]
    assert kept["reason"] == "Late: ***"


def test_assessment_is_shown_and_cancelled(batch: Batch, teacher: User, settings: Any, client_for: ClientFor) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck", "cj_assessment"]
    client = client_for(teacher)
    client.post(path("start", batch), {"anyway": "1"})
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
    client.post(path("start", batch), {"anyway": "1"})
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


def test_one_failed_text_has_a_button_in_its_row(
    batch: Batch, teacher: User, reader: User, client_for: ClientFor, api: Any
) -> None:
    first, second = batch.essays.order_by("pk")[:2]
    EssayFile.objects.filter(essay__in=[first, second]).update(text="")
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    EssayFile.objects.filter(essay__in=[first, second]).update(text="Words.")
    button = reverse("batches:text-retry", args=[batch.public_id, first.public_id])
    client = client_for(teacher)
    for name in ("detail", "texts"):
        assert button in page_of(client, batch, name)
        assert button not in page_of(client_for(reader), batch, name)
    answer = client.post(f"{button}?to=texts")
    assert (answer.status_code, answer.headers["Location"]) == (302, path("texts", batch))
    assert client.post(button).status_code == 409, "once is enough"
    run_phases(batch.pk, 1)
    page = page_of(client, batch)
    assert f"{second.file.name}: no text inside" in page
    assert "1 text could not be assessed." in page
    call = api(teacher)
    assert call.post(f"/api/v1/essays/{second.public_id}/retry/").status_code == 202
    run_phases(batch.pk, 1)
    assert call.post(f"/api/v1/essays/{second.public_id}/retry/").json()["code"] == "illegal_transition"
    assert "could not be assessed" not in page_of(client, batch)


def test_reopening_asks_why_and_keeps_the_answer(batch: Batch, teacher: User, client_for: ClientFor, api: Any) -> None:
    client = client_for(teacher)
    client.post(path("cancel", batch))
    assert "Why?" in page_of(client, batch, "reopen")
    assert client.post(path("reopen", batch), {"reason": "Two texts were forgotten."}).status_code == 302
    client.post(path("cancel", batch))
    assert client.post(path("reopen", batch)).status_code == 302, "a reason is not demanded"
    client.post(path("cancel", batch))
    address = f"/api/v1/batches/{batch.public_id}/reopen/"
    assert api(teacher).post(address, {"reason": "And a third."}, format="json").status_code == 200
    page = page_of(client, batch, "history")
    assert page.count("Reopened the batch") == 3
    assert page.index("Reopened the batch: And a third.") < page.index("Reopened the batch: Two texts were forgotten.")


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
    assert "2 matches were confirmed by themselves" in page_of(client_for(teacher), batch, "history")


def test_what_was_decided_in_one_step_is_one_line(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    client = client_for(teacher)
    actions.confirm_matches(batch, actor=teacher)
    actions.undo_decisions(batch, actor=teacher)
    actions.confirm_matches(batch, actor=teacher)
    page = page_of(client, batch, "history")
    assert page.count("Confirmed 2 matches") == 2
    assert page.count('<del>Confirmed 2 matches</del> <span class="chip">undone ') == 1
    assert "Ada Berg" not in page


@pytest.mark.parametrize(
    ("status", "word"),
    [
        ("collecting", "collecting"), ("ready", "locked"), ("processing", "being assessed"), ("completed", "done"),
        ("completed_with_failures", "done, with problems"), ("failed", "failed"), ("cancelled", "cancelled"),
        ("archived", "archived"),
    ],
)  # fmt: skip
def test_beside_its_title_stands_the_state(
    status: str, word: str, batch: Batch, teacher: User, client_for: ClientFor
) -> None:
    locked: dict[str, Any] = {"locked_at": timezone.now(), "lock_reason": "teacher"} if status != "collecting" else {}
    Batch.objects.update(status=status, **locked)
    for name in ("detail", "history", "texts"):
        head = page_of(client_for(teacher), batch, name).split("</header>")[1]
        assert f"</svg> {word}</span>" in head
    assert f"</svg> {word}</span>" in page_of_list(client_for(teacher))


def page_of_list(client: Client) -> str:
    return " ".join(client.get(reverse("batches:list"), {"state": "all"}).content.decode().split())


def test_a_batch_that_is_done_leads_to_what_came_of_it(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    client = client_for(teacher)
    client.post(path("start", batch), {"anyway": "1"})
    assert "Assessment is done." not in page_of(client, batch)
    run_phases(batch.pk, 1)
    banner = page_of(client, batch).split('id="batch-assessment"')[1].split("</div>")[0]
    assert "Assessment is done." in banner
    assert path("texts", batch) in banner
    assert f"{path('export', batch)}?format=xlsx" in banner


def test_a_cancelled_batch_says_by_whom(
    batch: Batch, teacher: User, colleague: User, client_for: ClientFor, django_assert_max_num_queries: Any
) -> None:
    actions.lock_batch(batch, actor=teacher)
    client_for(colleague).post(path("cancel", batch))
    client = client_for(teacher)
    with django_assert_max_num_queries(20):
        page = page_of(client, batch)
    assert "<strong>The batch was cancelled</strong> on" in page
    assert "by Colleague." in page
    assert "has been locked" not in page


def test_archiving_asks_first_and_is_final(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    client = client_for(teacher)
    actions.cancel_batch(batch, actor=teacher)
    page = page_of(client, batch)
    assert f'<a href="{path("archive", batch)}">Archive batch</a>' in page
    assert f'formaction="{path("archive", batch)}"' not in page
    assert "This cannot be undone" in page_of(client, batch, "archive")
    batch.refresh_from_db()
    assert batch.status == "cancelled"
    client.post(path("archive", batch))
    page = page_of(client, batch)
    assert "<strong>The batch is archived</strong> and can only be read" in page
    assert "stays as it is" not in page
    assert path("archive", batch) not in page


def test_starting_with_files_that_could_not_be_read_asks_first(
    teacher: User, owned_class: SchoolClass, client_for: ClientFor
) -> None:
    batch, client = make_batch(teacher, owned_class), client_for(teacher)
    students = make_students(owned_class, ["Ada Berg", "Bo Ek", "Cia Falk"])
    make_essays(batch, 1, students=students[:1], certainty="certain")
    actions.confirm_matches(batch, actor=teacher)
    bad = EssayFile.objects.create(owner=teacher, name="Bo Ek.docx", size=9, status="failed", problem="corrupt")
    BatchFile.objects.create(batch=batch, file=bad)
    asked = " ".join(client.post(path("start", batch)).content.decode().split())
    assert "1 file could not be read." in asked
    assert "no student yet" not in asked
    batch.refresh_from_db()
    assert batch.status == "collecting"
    for name in ("missing", "detail"):
        assert "1 file could not be read and may be by one of them." in page_of(client, batch, name)
    assert client.post(path("start", batch), {"anyway": "1"}).status_code == 302
    batch.refresh_from_db()
    assert batch.status == "processing"


def test_a_file_without_text_whose_student_is_known_is_nobody_elses(
    teacher: User, owned_class: SchoolClass, client_for: ClientFor
) -> None:
    batch = make_batch(teacher, owned_class)
    ada, _bo = make_students(owned_class, ["Ada Berg", "Bo Ek"])
    [essay] = make_essays(batch, 1, students=[ada], certainty="certain")
    EssayFile.objects.filter(pk=essay.file_id).update(status="failed", problem="no_text")
    assert "may be by one of them" not in page_of(client_for(teacher), batch, "missing")


def test_a_time_that_is_past_is_said_at_its_field(batch: Batch, teacher: User, client_for: ClientFor) -> None:
    values = {"title": "x", "due": "", "version": batch.version, "auto_confirm": "on"}
    for review_by in ("", "2020-01-01T12:00"):
        answer = client_for(teacher).post(path("rename", batch), {**values, "review_by": review_by})
        assert answer.status_code == 422
        assert "Choose a time ahead" in answer.content.decode()


def test_a_new_batch_can_have_its_clock_set(teacher: User, settings: Any, client_for: ClientFor) -> None:
    client, new = client_for(teacher), reverse("batches:new")
    values = {"title": "Timed", "auto_confirm": "on"}
    assert client.post(new, {**values, "review_by": "2020-01-01T12:00"}).status_code == 422
    assert client.post(new, {**values, "review_by": "2099-01-01T12:00"}).status_code == 302
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
