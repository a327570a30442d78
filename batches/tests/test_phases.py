"""The phases after start: who runs them, what is reported, what failure does, and that every batch comes to an end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from batches import actions
from batches.models import Batch, Essay, PhaseRun
from batches.pipeline import WELL
from batches.state import pipeline_state
from batches.tasks import run_phases, watch_assessment
from batches.tests.making import make_batch, make_essays
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError
from huleedu.outbox.models import OutboxEvent

S = PhaseRun.Status
ALL = ["spellcheck", "cj_assessment", "ai_feedback"]


def started(teacher: User, *, texts: int = 2) -> Batch:
    batch = make_batch(teacher)
    make_essays(batch, texts)
    return actions.start_batch(batch, actor=teacher)


def statuses(batch: Batch) -> dict[str, str]:
    batch.refresh_from_db()
    return dict(batch.phase_runs.filter(generation=batch.generation).values_list("phase", "status"))


def report(batch: Batch, phase: str, status: str, *, generation: int | None = None, **counts: int) -> PhaseRun:
    return actions.report_phase(batch, phase=phase, status=status, essay_counts=counts, generation=generation)


def code_of(batch: Batch, phase: str, status: str, **counts: int) -> str:
    with pytest.raises(ActionError) as caught:
        report(batch, phase, status, **counts)
    return caught.value.code


def test_with_downstream_services_each_phase_waits_for_what_it_needs(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ALL
    batch = started(teacher)
    assert statuses(batch) == {
        "spellcheck": "dispatch_initiated", "nlp": "dispatch_initiated",
        "cj_assessment": "pending_dependencies", "ai_feedback": "pending_dependencies",
    }  # fmt: skip
    report(batch, "spellcheck", "completed_successfully")
    assert statuses(batch)["cj_assessment"] == "dispatch_initiated"
    assert statuses(batch)["ai_feedback"] == "pending_dependencies"
    run_phases(batch.pk, 1)
    assert statuses(batch)["ai_feedback"] == "dispatch_initiated"
    report(batch, "cj_assessment", "completed_successfully")
    report(batch, "ai_feedback", "completed_with_partial_success", successful=1, failed=1)
    assert batch.status != "completed_with_failures"
    batch.refresh_from_db()
    assert batch.status == "completed_with_failures"
    told = OutboxEvent.objects.filter(event_type="batch.phase.changed").order_by("pk")
    assert [(e.public["phase"], e.public["status"]) for e in told if e.public["phase"] == "cj_assessment"] == [
        ("cj_assessment", "dispatch_initiated"), ("cj_assessment", "completed_successfully"),
    ]  # fmt: skip


def test_without_downstream_services_they_are_skipped_and_the_batch_completes(teacher: User) -> None:
    batch = started(teacher)
    run_phases(batch.pk, 1)
    assert statuses(batch) == {**dict.fromkeys(ALL, "skipped_by_user_config"), "nlp": "completed_successfully"}
    assert batch.status == "completed"


def test_what_needs_a_failed_phase_is_skipped_for_that(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ALL
    batch = started(teacher)
    run_phases(batch.pk, 1)
    report(batch, "spellcheck", "failed", failed=2)
    assert statuses(batch)["cj_assessment"] == statuses(batch)["ai_feedback"] == S.SKIPPED_DUE_TO_DEPENDENCY_FAILURE
    assert batch.status == "completed_with_failures"


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (("in_progress", 1, 0), ("in_progress", 0, 0), ("in_progress", 1, 0)),
        (("in_progress", 1, 0), ("in_progress", 1, 1), ("in_progress", 1, 1)),
        (("completed_successfully", 2, 0), ("in_progress", 1, 0), ("completed_successfully", 2, 0)),
        (("completed_successfully", 2, 0), ("failed", 0, 2), ("completed_successfully", 2, 0)),
        (("failed", 0, 2), ("completed_successfully", 2, 0), ("failed", 0, 2)),
        (("in_progress", 1, 1), ("completed_successfully", 2, 0), ("completed_successfully", 2, 0)),
        (("in_progress", 2, 0), ("failed", 0, 2), ("failed", 0, 2)),
    ],
)
def test_a_report_never_goes_backwards(
    teacher: User, settings: Any, first: tuple[str, int, int], second: tuple[str, int, int], stands: Any
) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = started(teacher)
    for status, successful, failed in (first, second):
        run = report(batch, "spellcheck", status, successful=successful, failed=failed)
    assert (run.status, run.successful, run.failed) == stands
    run.refresh_from_db()
    assert (run.status, run.successful, run.failed) == stands


def test_the_same_report_again_tells_nobody_again(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = started(teacher)
    report(batch, "spellcheck", "in_progress", successful=1)
    told = OutboxEvent.objects.count()
    again = report(batch, "spellcheck", "in_progress", successful=1)
    assert OutboxEvent.objects.count() == told
    assert again.successful == 1


def test_reports_that_make_no_sense_are_refused(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = make_batch(teacher)
    assert code_of(batch, "spellcheck", "in_progress") == "not_found"
    batch = started(teacher)
    assert code_of(batch, "grammar", "in_progress") == "not_found"
    assert code_of(batch, "spellcheck", "done") == "validation_error"
    assert code_of(batch, "spellcheck", "in_progress", successful=3) == "validation_error"
    assert code_of(batch, "spellcheck", "in_progress", failed=-1) == "validation_error"
    assert code_of(batch, "nlp", "in_progress") == "illegal_transition"
    assert code_of(batch, "ai_feedback", "in_progress") == "illegal_transition"


@pytest.mark.parametrize("status", sorted({*S.values} - {"in_progress", "failed"} - {*WELL}))
def test_a_service_gives_no_status_that_is_ours_to_give(teacher: User, settings: Any, status: str) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = started(teacher)
    with pytest.raises(ActionError) as caught:
        report(batch, "spellcheck", status)
    assert (caught.value.code, caught.value.field) == ("validation_error", "status")
    assert statuses(batch)["spellcheck"] == "dispatch_initiated"


@pytest.mark.parametrize(
    ("status", "counts"),
    [
        ("in_progress", {"total": 1_000_000}),
        ("in_progress", {"total": 1, "successful": 1}),
        ("completed_successfully", {"successful": 1, "failed": 1}),
        ("completed_successfully", {"successful": 1}),
        ("completed_successfully", {"failed": 1}),
        ("completed_successfully", {"total": 0}),
        ("completed_with_partial_success", {}),
        ("completed_with_partial_success", {"successful": 2, "failed": 0}),
        ("completed_with_partial_success", {"successful": 0, "failed": 2}),
        ("completed_with_partial_success", {"total": 10**6, "successful": 999_999, "failed": 1}),
        ("failed", {"successful": 1, "failed": 1}),
        ("failed", {"failed": 3}),
    ],
)
def test_a_report_that_contradicts_itself_is_refused_and_hinders_no_true_one(
    teacher: User, settings: Any, status: str, counts: dict[str, int]
) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = started(teacher)
    assert code_of(batch, "spellcheck", status, **counts) == "validation_error"
    run = report(batch, "spellcheck", "completed_with_partial_success", total=2, successful=1)
    assert (run.total, run.successful, run.failed) == (2, 1, 1)


@pytest.mark.parametrize("failed", [None, 0, 1, 2])
def test_of_a_failed_phase_no_text_went_well(teacher: User, settings: Any, failed: int | None) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = started(teacher)
    report(batch, "spellcheck", "in_progress", successful=1)
    run = report(batch, "spellcheck", "failed", **({} if failed is None else {"failed": failed}))
    assert (run.status, run.successful, run.failed) == ("failed", 0, 2)


def test_the_number_of_texts_is_also_what_it_is_by_now(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = started(teacher, texts=3)
    Essay.objects.filter(pk=batch.essays.latest("pk").pk).update(counts=False)
    assert report(batch, "spellcheck", "completed_successfully", total=2).total == 2


def test_after_a_retry_the_service_is_heard_anew(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck", "cj_assessment"]
    batch = started(teacher, texts=3)
    run_phases(batch.pk, 1)
    report(batch, "spellcheck", "completed_with_partial_success", total=3, successful=2, failed=1)
    report(batch, "cj_assessment", "failed")
    batch = actions.retry_phases(batch, actor=teacher)
    run = batch.phase_runs.get(phase="spellcheck")
    assert (run.status, run.successful, run.failed) == ("dispatch_initiated", 2, 0)
    assert report(batch, "spellcheck", "in_progress", total=3, successful=1, failed=0).successful == 1
    report(batch, "spellcheck", "completed_successfully", total=3, successful=3, failed=0)
    report(batch, "cj_assessment", "completed_successfully")
    batch.refresh_from_db()
    assert batch.status == "completed"


def test_a_phase_that_waits_is_not_reported_on(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck", "cj_assessment"]
    batch = started(teacher)
    for status in ("in_progress", "completed_successfully", "failed"):
        assert code_of(batch, "cj_assessment", status) == "illegal_transition"
    report(batch, "spellcheck", "failed")
    assert report(batch, "cj_assessment", "completed_successfully").status == S.SKIPPED_DUE_TO_DEPENDENCY_FAILURE


def test_a_late_report_of_an_earlier_run_is_no_news_of_this_one(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = started(teacher)
    actions.cancel_batch(batch, actor=teacher)
    actions.start_batch(actions.reopen_batch(batch, actor=teacher), actor=teacher)
    assert report(batch, "spellcheck", "completed_successfully", generation=1).status == "dispatch_initiated"
    assert report(batch, "spellcheck", "completed_successfully", generation=2).status == "completed_successfully"


def test_phases_refused_late_are_not_those_of_the_next_run(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ALL
    batch = started(teacher)
    actions.refuse_phases(batch, generation=0, error_info="orchestrator_refused")
    assert "failed" not in statuses(batch).values()
    actions.refuse_phases(batch, generation=1, error_info="orchestrator_refused")
    assert statuses(batch) == {**dict.fromkeys(ALL, "failed"), "nlp": "dispatch_initiated"}
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    assert batch.status == "completed_with_failures"


def test_a_report_to_a_cancelled_batch_changes_nothing(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = started(teacher)
    actions.cancel_batch(batch, actor=teacher)
    assert report(batch, "spellcheck", "completed_successfully").status == "cancelled"
    batch.refresh_from_db()
    assert batch.status == "cancelled"


def test_one_text_that_fails_is_told_by_name_and_tried_again_alone(teacher: User, monkeypatch: Any) -> None:
    batch = make_batch(teacher)
    bad, good = make_essays(batch, 2)
    bad.file.text = ""
    bad.file.save()
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    run = batch.phase_runs.get(phase="nlp")
    assert (batch.status, run.status) == ("completed_with_failures", "completed_with_partial_success")
    assert (run.total, run.successful, run.failed) == (2, 1, 1)
    bad.refresh_from_db()
    assert bad.results == {"nlp": {"error": "no_text"}}

    measured: list[str] = []

    def measure(text: str) -> dict[str, Any]:
        measured.append(text)
        return {"words": 2}

    monkeypatch.setattr("batches.tasks.measure_text", measure)
    bad.file.text = "Now readable."
    bad.file.save()
    again = actions.retry_phases(batch, actor=teacher)
    assert (again.status, again.generation, again.is_locked) == ("processing", 1, True)
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert measured == ["Now readable."]
    assert (batch.status, bad.results) == ("completed", {"nlp": {"words": 2}})
    assert good.results["nlp"]["lix"] is not None


def test_a_text_that_breaks_the_measuring_does_not_hold_up_the_others(teacher: User, monkeypatch: Any) -> None:
    batch = make_batch(teacher)
    first, second = make_essays(batch, 2)
    first.file.text = "broken"
    first.file.save()

    def measure(text: str) -> dict[str, Any]:
        if text == "broken":
            raise RecursionError
        return {"words": 2}

    monkeypatch.setattr("batches.tasks.measure_text", measure)
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.results, second.results) == ({"nlp": {"error": "internal_error"}}, {"nlp": {"words": 2}})


def test_a_new_run_measures_everything_anew(teacher: User) -> None:
    batch = started(teacher, texts=1)
    run_phases(batch.pk, 1)
    actions.reopen_batch(batch, actor=teacher)
    essay = Essay.objects.select_related("file").get(batch=batch)
    essay.file.text = "One two three four."
    essay.file.save()
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 2)
    essay.refresh_from_db()
    assert essay.results["nlp"]["words"] == 4


def test_a_phase_nothing_is_heard_of_fails_and_the_batch_ends(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck", "cj_assessment"]
    batch = started(teacher)
    run_phases(batch.pk, 1)
    report(batch, "spellcheck", "in_progress", successful=1)
    assert watch_assessment() == 0
    silent = timezone.now() - timedelta(seconds=settings.PHASE_DEADLINE_SECONDS + 1)
    batch.phase_runs.filter(phase="spellcheck").update(reported_at=silent)
    assert watch_assessment() == 1
    run = batch.phase_runs.get(phase="spellcheck")
    assert (run.status, run.error_info, run.successful, run.failed) == ("failed", "no_report", 1, 1)
    assert statuses(batch)["cj_assessment"] == S.SKIPPED_DUE_TO_DEPENDENCY_FAILURE
    assert batch.status == "completed_with_failures"
    assert watch_assessment() == 0


def test_the_built_in_phase_without_a_worker_fails_too(teacher: User, settings: Any) -> None:
    batch = started(teacher)
    batch.phase_runs.filter(phase="nlp").update(reported_at=timezone.now() - timedelta(days=1))
    assert watch_assessment() == 1
    batch.refresh_from_db()
    assert batch.status == "failed"
    actions.retry_phases(batch, actor=teacher)
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    assert batch.status == "completed"


@pytest.mark.parametrize("left", ["ended", "none", "waiting"])
def test_a_batch_left_half_way_is_put_right(teacher: User, settings: Any, left: str) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck", "cj_assessment"]
    batch = started(teacher)
    if left == "none":
        batch.phase_runs.all().delete()
    else:
        batch.phase_runs.update(status=S.COMPLETED_SUCCESSFULLY)
    if left == "waiting":
        batch.phase_runs.filter(phase="cj_assessment").update(status=S.PENDING_DEPENDENCIES)
    assert watch_assessment() == 1
    batch.refresh_from_db()
    assert (batch.status, statuses(batch).get("cj_assessment")) == {
        "ended": ("completed", "completed_successfully"),
        "none": ("completed", None),
        "waiting": ("processing", "dispatch_initiated"),
    }[left]


def test_support_sees_what_is_stuck(teacher: User, support: User, client_for: Any, settings: Any) -> None:
    well, stuck = started(teacher), started(teacher)
    past = timezone.now() - timedelta(seconds=settings.PHASE_DEADLINE_SECONDS + settings.STUCK_SECONDS + 1)
    stuck.phase_runs.filter(phase="nlp").update(reported_at=past)
    assert list(Batch.objects.stuck(timezone.now())) == [stuck]
    page = client_for(support).get("/support/batches/batch/?stuck=yes").content.decode()
    assert str(stuck.public_id) in page
    assert str(well.public_id) not in page


def test_the_pipeline_state_is_that_of_the_contract(
    teacher: User, settings: Any, django_assert_num_queries: Any
) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ["spellcheck"]
    batch = make_batch(teacher)
    make_essays(batch, 2)
    before = pipeline_state(batch)
    assert (before["locked"], before["lock_reason"]) == (False, None)
    assert before["pipeline_state"]["requested_pipelines"] == []
    assert before["pipeline_state"]["spellcheck"]["status"] == "pending_dependencies"
    assert before["pipeline_state"]["ai_feedback"]["status"] == "skipped_by_user_config"
    batch = actions.start_batch(batch, actor=teacher)
    report(batch, "spellcheck", "in_progress", successful=1)
    with django_assert_num_queries(4):
        after = pipeline_state(batch)
    assert set(after) == {"batch_id", "user_id", "pipeline_state", "locked", "lock_reason"}
    state = after["pipeline_state"]
    assert set(state) == {"batch_id", "requested_pipelines", *PhaseRun.Phase.values, "student_matching", "last_updated"}
    assert (after["batch_id"], after["user_id"]) == (str(batch.public_id), str(teacher.public_id))
    assert state["requested_pipelines"] == ["spellcheck", "nlp"]
    assert state["spellcheck"]["essay_counts"] == {
        "total": 2, "pending_dispatch_or_processing": 1, "successful": 1, "failed": 0,
    }  # fmt: skip
    assert state["spellcheck"]["progress_percentage"] == 50
    assert set(state["nlp"]) == {
        "status", "essay_counts", "started_at", "completed_at", "error_info", "progress_percentage",
    }  # fmt: skip
