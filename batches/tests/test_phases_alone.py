"""One text that has failed is tried again alone."""

from __future__ import annotations

from typing import Any

import pytest

from batches import actions
from batches.models import Batch, Essay
from batches.tasks import run_phases
from batches.tests.making import make_batch, make_essays
from batches.tests.test_phases import ALL, report, statuses
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.errors import ActionError


def with_failures(teacher: User, *, texts: int, empty: int) -> tuple[Batch, list[Essay]]:
    """A batch that ended with failures, and the texts that have no figures; they have words by now."""
    batch = make_batch(teacher)
    failed = make_essays(batch, texts)[:empty]
    files = EssayFile.objects.filter(essay__in=failed)
    files.update(text="")
    actions.start_batch(batch, actor=teacher)
    run_phases(batch.pk, 1)
    files.update(text="Some words at last.")
    return batch, failed


@pytest.mark.parametrize(("texts", "end"), [(3, "completed_with_failures"), (2, "completed_with_failures")])
def test_one_text_is_tried_again_alone(teacher: User, texts: int, end: str) -> None:
    batch, failed = with_failures(teacher, texts=texts, empty=2)
    actions.retry_phases(batch, essay=failed[0], actor=teacher)
    run_phases(batch.pk, 1)
    found = dict(Essay.objects.filter(pk__in=[essay.pk for essay in failed]).values_list("pk", "results"))
    assert found[failed[0].pk]["nlp"]["words"] == 4
    assert found[failed[1].pk]["nlp"] == {"error": "no_text"}
    batch.refresh_from_db()
    run = batch.phase_runs.get(phase="nlp")
    assert (batch.status, run.successful, run.failed) == (end, texts - 1, 1)
    actions.retry_phases(batch, essay=failed[1], actor=teacher)
    run_phases(batch.pk, 1)
    batch.refresh_from_db()
    assert batch.status == "completed"


def test_a_text_that_has_not_failed_is_not_tried_again(teacher: User) -> None:
    batch, _failed = with_failures(teacher, texts=2, empty=1)
    well = Essay.objects.filter(batch=batch, results__nlp__has_key="words").get()
    with pytest.raises(ActionError) as caught:
        actions.retry_phases(batch, essay=well, actor=teacher)
    batch.refresh_from_db()
    assert (caught.value.code, batch.status) == ("illegal_transition", "completed_with_failures")


def test_what_waited_for_the_text_begins_and_other_phases_stay(teacher: User, settings: Any) -> None:
    settings.PIPELINE_EXTERNAL_PHASES = ALL
    batch, failed = with_failures(teacher, texts=1, empty=1)
    report(batch, "spellcheck", "completed_successfully")
    report(batch, "cj_assessment", "failed")
    assert statuses(batch)["ai_feedback"] == "skipped_due_to_dependency_failure"
    actions.retry_phases(batch, essay=failed[0], actor=teacher)
    assert statuses(batch) == {
        "spellcheck": "completed_successfully", "nlp": "dispatch_initiated",
        "cj_assessment": "failed", "ai_feedback": "pending_dependencies",
    }  # fmt: skip
    run_phases(batch.pk, 1)
    assert statuses(batch)["ai_feedback"] == "dispatch_initiated"
