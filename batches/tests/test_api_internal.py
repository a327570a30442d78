"""The internal API: for services with a key, and the same words our own client speaks."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from rest_framework.test import APIClient

from batches import actions
from batches.models import Batch, Essay, EssayStudentAssociation
from batches.orchestrator import HandedEssay, HandOverRefused, Work
from batches.orchestrator.http import HttpOrchestrator
from batches.tests.calling import assert_problem
from batches.tests.making import make_batch, make_essays, make_students
from classes.models import SchoolClass
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError

KEYS = ["the-first-of-two-keys", "the-second-of-two-keys"]
PHASES = ("spellcheck", "nlp", "cj_assessment", "ai_feedback", "student_matching")


@pytest.fixture(autouse=True)
def _keys(settings: Any) -> None:
    settings.INTERNAL_API_KEYS = KEYS
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]


@pytest.fixture
def batch(teacher: User) -> Batch:
    batch = make_batch(teacher)
    make_essays(batch, 2)
    return batch


@pytest.fixture
def service() -> APIClient:
    return APIClient(HTTP_X_INTERNAL_API_KEY=KEYS[0], HTTP_ACCEPT_LANGUAGE="en")


def path(batch: Batch | uuid.UUID, *parts: str) -> str:
    key = batch.public_id if isinstance(batch, Batch) else batch
    return "/".join([f"/internal/v1/batches/{key}", *parts])


def handed(batch: Batch, **changes: Any) -> dict[str, Any]:
    essays = [{"id": str(essay.public_id), "student_id": None} for essay in batch.essays.order_by("pk")]
    return {"user_id": str(batch.owner.public_id), "course_code": None, "essays": essays, **changes}


# --- who gets in -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_both_live_keys_open(batch: Batch, key: str) -> None:
    assert APIClient(HTTP_X_INTERNAL_API_KEY=key).get(path(batch, "pipeline-state")).status_code == 200


@pytest.mark.parametrize("key", [None, "", "wrong", KEYS[0][:-1], KEYS[0] + "x", ",".join(KEYS), "nyckeln-på-svenska"])
def test_a_missing_or_wrong_key_is_401(batch: Batch, key: str | None) -> None:
    client = APIClient() if key is None else APIClient(HTTP_X_INTERNAL_API_KEY=key)
    for call in (
        client.get(path(batch, "pipeline-state")),
        client.get(path(batch, "essays")),
        client.put(path(batch), handed(batch)),
        client.put(path(batch, "phases", "spellcheck"), {"status": "in_progress"}),
        client.get(path(uuid.uuid4(), "pipeline-state")),
    ):
        assert_problem(call, 401, "not_authenticated")
        assert call["WWW-Authenticate"] == "X-Internal-API-Key"


@pytest.mark.parametrize("keys", [[], [""]])
def test_without_keys_nobody_gets_in(batch: Batch, settings: Any, keys: list[str]) -> None:
    settings.INTERNAL_API_KEYS = keys
    for key in ("", *KEYS):
        answer = APIClient(HTTP_X_INTERNAL_API_KEY=key).get(path(batch, "pipeline-state"))
        assert_problem(answer, 401, "not_authenticated")


def test_a_person_gets_in_by_neither_session_nor_token(batch: Batch, teacher: User) -> None:
    browser = Client()
    browser.force_login(teacher)
    assert_problem(browser.get(path(batch, "pipeline-state")), 401, "not_authenticated")
    signed_in = APIClient().post(
        "/api/v1/auth/token/", {"email": teacher.email, "password": "a-long-enough-password"}
    ).json()  # fmt: skip
    bearer = APIClient(HTTP_AUTHORIZATION=f"Bearer {signed_in['access']}")
    assert bearer.get("/api/v1/batches/").status_code == 200
    assert_problem(bearer.get(path(batch, "pipeline-state")), 401, "not_authenticated")


def test_a_key_opens_nothing_of_peoples(service: APIClient, batch: Batch) -> None:
    assert service.get(f"/api/v1/batches/{batch.public_id}/").status_code == 401
    assert service.get(f"/batches/{batch.public_id}/").status_code == 302


def test_paths_have_no_slash_at_the_end_and_unknown_ones_are_problems(service: APIClient, batch: Batch) -> None:
    for wrong in (path(batch, "pipeline-state") + "/", path(batch, "elsewhere"), "/internal/v1/"):
        assert_problem(service.get(wrong), 404, "not_found")
    assert_problem(service.get(path(uuid.uuid4(), "pipeline-state")), 404, "not_found")
    assert_problem(service.post(path(batch)), 405, "method_not_allowed")


def test_it_is_limited(service: APIClient, batch: Batch, settings: Any) -> None:
    settings.API_RATES = {**settings.API_RATES, "internal": "2/m"}
    assert [service.get(path(batch, "pipeline-state")).status_code for _time in range(3)] == [200, 200, 429]


def test_it_is_in_no_public_schema() -> None:
    schema = Client().get("/api/schema/").content.decode()
    assert "/api/v1/batches/" in schema
    assert "internal" not in schema.lower().replace("internal_error", "")


# --- pipeline-state --------------------------------------------------------------------------------------------------


def test_the_state_before_and_after_the_start(service: APIClient, batch: Batch) -> None:
    before = service.get(path(batch, "pipeline-state")).json()
    assert set(before) == {"batch_id", "user_id", "pipeline_state", "locked", "lock_reason"}
    assert (before["batch_id"], before["user_id"]) == (str(batch.public_id), str(batch.owner.public_id))
    assert (before["locked"], before["lock_reason"]) == (False, None)
    assert set(before["pipeline_state"]) == {"batch_id", "requested_pipelines", "last_updated", *PHASES}
    for phase in PHASES:
        state = before["pipeline_state"][phase]
        assert set(state) == {
            "status", "essay_counts", "started_at", "completed_at", "error_info", "progress_percentage",
        }  # fmt: skip
        assert set(state["essay_counts"]) == {"total", "pending_dispatch_or_processing", "successful", "failed"}
    actions.start_batch(batch, actor=batch.owner)
    after = service.get(path(batch, "pipeline-state")).json()
    assert (after["locked"], after["lock_reason"]) == (True, "assessment")
    assert after["pipeline_state"]["requested_pipelines"] == ["spellcheck", "nlp"]
    assert after["pipeline_state"]["spellcheck"]["status"] == "dispatch_initiated"


# --- being handed a batch --------------------------------------------------------------------------------------------


def test_a_batch_handed_over_starts_once(service: APIClient, batch: Batch) -> None:
    body = handed(batch)
    first, again = service.put(path(batch), body), service.put(path(batch), body)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    batch.refresh_from_db()
    assert (batch.status, batch.generation, batch.locked_by) == ("processing", 1, batch.owner)


def test_a_hand_over_after_the_end_changes_nothing(service: APIClient, batch: Batch) -> None:
    actions.start_batch(batch, actor=batch.owner)
    Batch.objects.filter(pk=batch.pk).update(status="completed")
    assert service.put(path(batch), handed(batch)).status_code == 200
    batch.refresh_from_db()
    assert (batch.status, batch.generation) == ("completed", 1)


def test_a_hand_over_of_other_texts_or_by_a_stranger_starts_nothing(
    service: APIClient, batch: Batch, stranger: User
) -> None:
    for changes, status, code in (
        ({"essays": []}, 409, "version_conflict"),
        ({"essays": [{"id": str(uuid.uuid4())}]}, 409, "version_conflict"),
        ({"user_id": str(stranger.public_id)}, 404, "not_found"),
        ({"user_id": str(uuid.uuid4())}, 404, "not_found"),
        ({"user_id": "nobody"}, 400, "validation_error"),
        ({"essays": "all"}, 400, "validation_error"),
    ):
        assert_problem(service.put(path(batch), handed(batch, **changes)), status, code)
    actions.cancel_batch(batch, actor=batch.owner)
    assert_problem(service.put(path(batch), handed(batch)), 409, "illegal_transition")
    batch.refresh_from_db()
    assert (batch.status, batch.generation) == ("cancelled", 0)


# --- reports ---------------------------------------------------------------------------------------------------------


def report(service: APIClient, batch: Batch, phase: str = "spellcheck", **body: Any) -> Any:
    return service.put(path(batch, "phases", phase), body)


def test_a_phase_is_reported_forward_only(service: APIClient, batch: Batch) -> None:
    actions.start_batch(batch, actor=batch.owner)
    going = report(service, batch, status="in_progress", essay_counts={"total": 2, "successful": 1, "failed": 0})
    assert going.status_code == 200
    counts = {"total": 2, "pending_dispatch_or_processing": 1, "successful": 1, "failed": 0}
    assert going.json()["pipeline_state"]["spellcheck"]["essay_counts"] == counts
    late = report(service, batch, status="in_progress", essay_counts={"successful": 0})
    assert late.json()["pipeline_state"]["spellcheck"]["essay_counts"] == counts
    done: dict[str, Any] = {
        "status": "completed_with_partial_success",
        "essay_counts": {"total": 2, "successful": 1, "failed": 1},
        "error_info": "one was empty",
    }
    first, again = report(service, batch, **done), report(service, batch, **done)
    assert first.json()["pipeline_state"] == again.json()["pipeline_state"]
    assert again.json()["pipeline_state"]["spellcheck"]["error_info"] == "one was empty"
    back = report(service, batch, status="failed")
    assert back.json()["pipeline_state"]["spellcheck"]["status"] == "completed_with_partial_success"


def test_a_report_that_cannot_be_is_refused(service: APIClient, batch: Batch) -> None:
    assert_problem(report(service, batch, status="in_progress"), 404, "not_found")
    actions.start_batch(batch, actor=batch.owner)
    assert_problem(report(service, batch, "nlp", status="in_progress"), 409, "illegal_transition")
    assert_problem(report(service, batch, "ai_feedback", status="in_progress"), 409, "illegal_transition")
    assert_problem(report(service, batch, "grading", status="in_progress"), 404, "not_found")
    assert_problem(report(service, batch, status="begun"), 400, "validation_error")
    assert_problem(report(service, batch), 400, "validation_error")
    wrong = {"total": 1, "successful": 5, "failed": 0}
    assert_problem(report(service, batch, status="in_progress", essay_counts=wrong), 400, "validation_error")
    wrong = {"total": -1}
    assert_problem(report(service, batch, status="in_progress", essay_counts=wrong), 400, "validation_error")
    for field, body in (
        ("status", {"status": "cancelled"}),
        ("essay_counts.total", {"status": "in_progress", "essay_counts": {"total": 1_000_000}}),
        ("essay_counts", {"status": "completed_successfully", "essay_counts": {"successful": 0, "failed": 2}}),
        ("generation", {"status": "failed", "generation": -1}),
    ):
        refused = assert_problem(report(service, batch, **body), 400, "validation_error")
        assert [error["field"] for error in refused["errors"]] == [field]
    assert batch.phase_runs.get(phase="spellcheck").status == "dispatch_initiated"


def test_a_report_on_another_run_changes_nothing(service: APIClient, batch: Batch) -> None:
    actions.start_batch(batch, actor=batch.owner)
    before = service.get(path(batch, "pipeline-state")).json()
    late = report(service, batch, status="completed_successfully", generation=0)
    assert (late.status_code, late.json()) == (200, before)
    generation = service.get(path(batch, "essays")).json()["generation"]
    now = report(service, batch, status="completed_successfully", generation=generation)
    assert now.json()["pipeline_state"]["spellcheck"]["status"] == "completed_successfully"


# --- texts -----------------------------------------------------------------------------------------------------------


def test_texts_are_handed_out_while_they_are_assessed_and_each_time_on_record(
    service: APIClient, owned_class: SchoolClass
) -> None:
    emil, hidden, guessed = make_students(owned_class, ["Emil Berg", "Maja Hidden", "Alva Lind"])
    hidden.protected_identity = True
    hidden.email = None
    hidden.save()
    batch = make_batch(owned_class.owner, owned_class)
    essays = make_essays(batch, 5, students=[emil, hidden, guessed], certainty="certain")
    EssayStudentAssociation.objects.filter(student__in=[emil, hidden]).update(status="confirmed")
    Essay.objects.filter(pk=essays[3].pk).update(counts=False)
    Essay.objects.filter(pk=essays[4].pk).update(removed_at=batch.created_at)
    assert_problem(service.get(path(batch, "essays")), 409, "illegal_transition")
    actions.start_batch(batch, actor=batch.owner)
    answer = service.get(path(batch, "essays")).json()
    assert answer == {
        "batch_id": str(batch.public_id),
        "generation": 1,
        "essays": [
            {"id": str(essays[0].public_id), "text": "Some words.", "student_id": str(emil.public_id)},
            {"id": str(essays[1].public_id), "text": "Some words.", "student_id": None},
            {"id": str(essays[2].public_id), "text": "Some words.", "student_id": None},
        ],
    }
    read = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(Batch), object_pk=str(batch.pk), action=LogEntry.Action.ACCESS
    )
    assert [(entry.actor, entry.changes) for entry in read] == [(None, {"texts": [None, 3]})]
    actions.cancel_batch(batch, actor=batch.owner)
    assert_problem(service.get(path(batch, "essays")), 409, "illegal_transition")
    assert read.count() == 1


# --- our client against our own server -------------------------------------------------------------------------------


@pytest.fixture
def ours(live_server: Any) -> HttpOrchestrator:
    return HttpOrchestrator(url=live_server.url, key=KEYS[1], timeout=20, failures=3, seconds=60)


@pytest.mark.django_db(transaction=True)
def test_our_client_and_our_server_agree(ours: HttpOrchestrator, batch: Batch, live_server: Any) -> None:
    assert ours.probe()
    assert ours.is_locked(uuid.uuid4()) is False
    assert ours.is_locked(batch.public_id) is False
    essays = tuple(HandedEssay(essay.public_id, None) for essay in batch.essays.order_by("pk"))
    work = Work(batch.public_id, batch.owner.public_id, "", 1, essays)
    with pytest.raises(HandOverRefused) as other:
        ours.hand_over(Work(batch.public_id, batch.owner.public_id, "", 1, ()))
    assert other.value.status == 409
    with pytest.raises(HandOverRefused) as unknown:
        ours.hand_over(Work(uuid.uuid4(), batch.owner.public_id, "", 1, essays))
    assert unknown.value.status == 404
    ours.hand_over(work)
    ours.hand_over(work)
    assert ours.is_locked(batch.public_id) is True
    batch.refresh_from_db()
    assert (batch.status, batch.generation) == ("processing", 1)
    wrong = HttpOrchestrator(url=live_server.url, key="wrong", timeout=20, failures=3, seconds=60)
    with pytest.raises(ActionError) as refused:
        wrong.is_locked(batch.public_id)
    assert refused.value.code == "orchestrator_unavailable"
    assert not wrong.probe()
