"""What workers do. Each task takes ids, reloads, returns early if the world moved on, and calls one action."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.cache import cache
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from batches import actions
from batches.letters import compose, people_to_look_at
from batches.models import Batch, Essay, PhaseRun
from batches.queue import READING, matching_key, rematching_key
from batches.text_statistics import measure_text
from batches.unpacking import open_zip
from files.models import ZIP, EssayFile
from files.reading import read_stored_file
from huleedu.accounts import mail
from huleedu.accounts.letters import end_letter, letters_to_send, postpone_letter, take_letter
from huleedu.accounts.models import Letter
from huleedu.common.errors import ActionError
from huleedu.common.nudging import begin, nudge
from huleedu.observability import metrics

logger = structlog.get_logger(__name__)


_READABLE = Q(batch_file__removed_at=None) & (~Q(detected_type=ZIP) | Q(batch_file__batch__locked_at=None))
"""A locked batch takes in no files, so a zip of it waits until the batch is open again."""


_SWEPT = 60
"""Seconds after which a message is forgotten whose work the sweeper finds again: none pile up without workers."""


@shared_task(expires=_SWEPT)
def ingest_next() -> str | None:
    """Read the file whose turn it is, of all that wait. Before that, the next worker is called if there are more."""
    begin(READING)
    for _try in range(10):
        waiting = EssayFile.objects.waiting().filter(_READABLE)
        pk = waiting.in_turn().values_list("pk", flat=True).first()
        if pk is None:
            return None
        if waiting.exclude(pk=pk).exists():
            nudge(READING, ingest_next.delay)
        status = ingest_essay(pk)
        if status is not None:
            return status
    return None


@shared_task
def ingest_essay(file_pk: int) -> str | None:
    """Read one file (a zip: open it) in a killable child process. Returns its status, None when it was not its turn."""
    file = EssayFile.objects.waiting().filter(_READABLE, pk=file_pk).first()
    if file is None:
        return None
    if file.attempts >= settings.READ_MAX_ATTEMPTS:
        ended = actions.give_up_reading(file_pk, problem="parse_timeout", actor=None)
        return ended.status if ended else None
    claimed = actions.begin_reading(file_pk, actor=None)
    if claimed is None or claimed.lease_token is None:
        return None
    if claimed.is_zip:
        return open_zip(claimed, lease_token=claimed.lease_token)
    result = read_stored_file(claimed)
    finished = actions.finish_reading(file_pk, lease_token=claimed.lease_token, result=result, actor=None)
    if finished is None:
        return None
    metrics.FILES_READ.labels(finished.status).inc()
    metrics.READ_SECONDS.observe(result.seconds)
    return finished.status


@shared_task(expires=_SWEPT)
def match_essays(batch_pk: int) -> int:
    """Match what was read and not yet matched. Returns how many suggestions are new."""
    begin(matching_key(batch_pk))
    batch = Batch.objects.filter(pk=batch_pk).first()
    return actions.match_batch(batch, actor=None) if batch else 0


@shared_task
def rematch_essays(batch_pk: int) -> int:
    """Match every undecided text of an open batch again. Returns how many suggestions changed."""
    batch = Batch.objects.filter(pk=batch_pk).first()
    return actions.match_batch(batch, again=True, actor=None) if batch else 0


@shared_task
def rematch_class(class_pk: int) -> int:
    """Match the open batches of a class again after its students changed. Returns how many there are."""
    begin(rematching_key(class_pk))
    undecided = Essay.objects.live().filter(matched_at__isnull=False, association__status="undecided")
    batches = Batch.objects.filter(school_class_id=class_pk, locked_at=None, pk__in=undecided.values("batch_id"))
    pks = list(batches.order_by("pk").values_list("pk", flat=True))
    for pk in pks:
        rematch_essays.delay(pk)
    return len(pks)


@shared_task(expires=_SWEPT)
def run_phases(batch_pk: int, generation: int) -> None:
    """Run the built-in phase `nlp` over the texts that count; after a retry over those that have no figures yet.

    One worker at a time: the sweeper calls again and again until the phase has ended. The mark is in the cache, since
    two workers at once would only do the same work twice.
    """
    mark = f"phases-{batch_pk}-{generation}"
    if not cache.add(mark, 1, timeout=settings.CELERY_TASK_TIME_LIMIT):
        return
    try:
        _run_phases(batch_pk, generation)
    finally:
        cache.delete(mark)


def _run_phases(batch_pk: int, generation: int) -> None:
    batch = Batch.objects.filter(pk=batch_pk, generation=generation, status=Batch.Status.PROCESSING).first()
    run = batch.phase_runs.filter(generation=generation, phase=PhaseRun.Phase.NLP).first() if batch else None
    if batch is None or run is None:
        return
    essays = Essay.objects.live().filter(batch=batch, counts=True)
    results = {}
    for public_id, found, text in essays.values_list("public_id", "results", "file__text").iterator(chunk_size=20):
        # On a retry what this generation found stands: the texts cannot have changed, since files are closed. So do
        # failures that are still counted: then another text is tried again alone.
        figures = found.get(run.phase, {})
        if not ((run.successful and "words" in figures) or (run.failed and "error" in figures)):
            results[public_id] = _measured(text)
    actions.complete_phase(batch, generation=generation, phase=PhaseRun.Phase.NLP, results=results, actor=None)


def _measured(text: str) -> dict[str, Any]:
    """The figures, or a code: one text that cannot be measured does not hold up the others."""
    if not text.strip():
        return {"error": "no_text"}
    try:
        return measure_text(text)
    except SoftTimeLimitExceeded:
        raise  # the worker's time is up, which says nothing of the text
    except Exception:
        logger.exception("text_not_measured")
        return {"error": "internal_error"}


@shared_task
def watch_assessment() -> int:
    """Put right every batch in assessment that no longer moves (`actions.give_up_phases`). Returns how many were."""
    batches = Batch.objects.filter(status=Batch.Status.PROCESSING).order_by("pk")
    righted = sum(actions.give_up_phases(batch, actor=None) for batch in batches)
    stuck = Batch.objects.stuck(timezone.now()).count()
    if righted or stuck:
        logger.warning("assessment_watched", righted=righted, stuck=stuck)
    return righted


@shared_task
def keep_deadlines() -> dict[str, int]:
    """Remind of dates that are near, and confirm what a teacher asked to have confirmed at its date."""
    now = timezone.now()
    reminded = sum(actions.remind_of_deadline(batch, now=now, actor=None) for batch in Batch.objects.to_remind(now))
    due = Batch.objects.to_auto_confirm(now).order_by("review_by", "pk")
    confirmed = sum(actions.confirm_at_deadline(batch, now=now, actor=None) or 0 for batch in due)
    return {"reminded": reminded, "confirmed": confirmed}


@shared_task
def keep_letters() -> dict[str, int]:
    """Write the letters that people are to get by now, and have every one that waits sent. Returns how many of each."""
    now, written = timezone.now(), 0
    for user in people_to_look_at(now):
        try:
            written += actions.write_letters(user, now=now, actor=None)
        except Exception:  # one person's trouble holds up nobody else's letters; the next round tries again
            logger.exception("letters_not_written")
    waiting = list(letters_to_send(now).values_list("pk", flat=True)[:500])
    for pk in waiting:
        send_letter.delay(str(pk))
    return {"written": written, "waiting": len(waiting)}


@shared_task(expires=_SWEPT)
def send_letter(letter_pk: str) -> str | None:
    """Hand one letter to the mail server, at most once. Returns what became of it; None where it was another's turn."""
    pk, now = UUID(letter_pk), timezone.now()
    letter = letters_to_send(now).select_related("user").filter(pk=pk).first()
    if letter is None:
        return None
    composed = compose(letter)
    if composed is None:
        end_letter(pk, outcome=Letter.Outcome.GONE, actor=None)
        return Letter.Outcome.GONE.value
    if not take_letter(pk, told_to=composed.told_to, now=now, actor=None):
        return None
    handed_over = mail.deliver(composed.subject, composed.body, to=letter.user.email)
    if handed_over is None:
        return None  # it may be on its way: it stays taken, and is sent no second time
    if handed_over:
        end_letter(pk, outcome=Letter.Outcome.SENT, actor=None)
        return Letter.Outcome.SENT.value
    postpone_letter(pk, now=timezone.now(), actor=None)
    return Letter.Outcome.WAITING.value


_MOST = 100
"""Batches that one sweep queues again at most; the next one comes soon."""
STUCK_AFTER = timedelta(seconds=20)
"""Work that nobody has taken by then has lost its message; a queued one that is merely late does no harm twice."""


@shared_task
def sweep_stuck() -> dict[str, int]:
    """Queue again whatever waits without a message: files, matching, phases. Valkey may have been wiped."""
    late = Now() - STUCK_AFTER
    files = EssayFile.objects.waiting().filter(_READABLE, updated_at__lt=late).order_by("pk")
    waiting_files = files.count()
    if waiting_files:
        ingest_next.delay()
    ended = ~Q(file__status__in=[*EssayFile.ON_THE_WAY])
    matched = Q(batch__locked_at=None) | Q(batch__status__in=[*Batch.CLOSED_EARLY])
    unmatched = Essay.objects.live().filter(ended, matched, matched_at=None, file__updated_at__lt=late)
    batch_pks = list(unmatched.values_list("batch_id", flat=True).distinct().order_by("batch_id")[:_MOST])
    for pk in batch_pks:
        match_essays.delay(pk)
    waiting = PhaseRun.objects.exclude(status__in=PhaseRun.ENDS).filter(
        batch__status=Batch.Status.PROCESSING, phase=PhaseRun.Phase.NLP, started_at__lt=late
    )
    runs = list(waiting.values_list("batch_id", "generation")[:_MOST])
    for batch_pk, generation in runs:
        run_phases.delay(batch_pk, generation)
    found = {"files": waiting_files, "batches": len(batch_pks), "phases": len(runs)}
    if any(found.values()):
        logger.info("swept", **found)
    return found


@shared_task
def purge_removed_files() -> int:
    """Delete what was taken out of its batch `settings.REMOVED_FILES_DAYS` ago. Returns how many files."""
    before = timezone.now() - timedelta(days=settings.REMOVED_FILES_DAYS)
    old = Batch.objects.filter(batch_files__removed_at__lt=before).distinct().order_by("pk")
    deleted = 0
    for batch in old:
        with suppress(ActionError):  # somebody has deleted the batch meanwhile
            deleted += actions.purge_removed_files(batch, before=before, actor=None)
    if deleted:
        logger.info("removed_files_deleted", count=deleted)
    return deleted
