"""What must hold at any moment, whatever crashed or raced: each check gives one line per row that breaks it.

Lines name kinds and ids only. `manage.py check_invariants` prints them; race and fault tests end with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, Count, Exists, F, Max, Min, OuterRef, Q, Subquery, When
from django.db.models.functions import Now

from batches.letters import PAUSE
from batches.models import Batch, BatchFile, Decision, Essay, EssayStudentAssociation, Excuse, PhaseRun
from batches.pipeline import BUILT_IN
from files.models import ZIP, EssayFile
from files.storage import CHUNK, open_blob
from huleedu.accounts.models import Letter
from huleedu.outbox.models import Delivery, DeliveryCursor, OutboxEvent

Association = EssayStudentAssociation
LEASE_GRACE = timedelta(seconds=60)
"""A lease that has just run out waits for the sweeper, which comes every 15 seconds."""
ORDER_GRACE = timedelta(seconds=10)
"""An event's number is taken before its commit: two at the same moment may change places, later ones may not."""


def broken_invariants(*, blobs: bool = True) -> Iterator[str]:
    """Every breach, as `check: what it is about`. Without `blobs` the stored bytes are not looked at."""
    for name, check in CHECKS.items():
        if name != "blob" or blobs:
            for line in check():
                yield f"{name}: {line}"


def _blobs() -> Iterator[str]:
    """Every file row has its bytes, unchanged."""
    rows = EssayFile.objects.exclude(sha256="").order_by("pk")
    for public_id, key, sha256, size in rows.values_list("public_id", "storage_key", "sha256", "size").iterator():
        digest, found = hashlib.sha256(), 0
        try:
            with open_blob(key) as handle:
                while chunk := handle.read(CHUNK):
                    digest.update(chunk)
                    found += len(chunk)
        except FileNotFoundError:
            yield f"file {public_id} has no bytes"
            continue
        if (digest.hexdigest(), found) != (sha256, size):
            yield f"file {public_id} has other bytes than were handed in"


def _locked() -> Iterator[str]:
    """No file of a locked batch was added, taken out, replaced, read or matched after the lock."""
    rows = BatchFile.objects.filter(batch__locked_at__isnull=False)
    lock = F("batch__locked_at")
    # A batch may be cancelled while its files are read; then reading and matching go on to their end.
    closed_in_peace = ~Q(batch__status__in=[*Batch.CLOSED_EARLY])
    breaches = {
        "was added": Q(created_at__gt=lock),
        "was removed": Q(removed_at__gt=lock),
        "was read": Q(removed_at=None, file__read_at__gt=lock) & closed_in_peace,
        "is to be read": Q(removed_at=None, file__status__in=[*EssayFile.ON_THE_WAY])
        & ~Q(file__detected_type=ZIP)
        & closed_in_peace,
        "was matched": Q(file__essay__matched_at__gt=lock) & closed_in_peace,
        "got a text": Q(file__essay__created_at__gt=lock),
    }
    for what, condition in breaches.items():
        for file, batch in rows.filter(condition).values_list("file__public_id", "batch__public_id"):
            yield f"file {file} of batch {batch} {what} after the lock"


def _owners() -> Iterator[str]:
    """Nothing joins what belongs to different teachers."""
    owner = Case(
        When(essay__batch__school_class=None, then="essay__batch__owner"), default="essay__batch__school_class__owner"
    )
    matches = Association.objects.annotate(roster_owner=owner).exclude(student=None)
    for essay in matches.exclude(student__created_by=F("roster_owner")).values_list("essay__public_id", flat=True):
        yield f"essay {essay} is matched to another teacher's student"
    chosen = Essay.objects.exclude(chosen_for=None).exclude(chosen_for__created_by=F("batch__owner"))
    for essay in chosen.values_list("public_id", flat=True):
        yield f"essay {essay} counts for another teacher's student"
    excuses = Excuse.objects.exclude(student__created_by=F("batch__owner"))
    for batch in excuses.values_list("batch__public_id", flat=True):
        yield f"batch {batch} excuses another teacher's student"
    for file in BatchFile.objects.exclude(file__owner=F("batch__owner")).values_list("file__public_id", flat=True):
        yield f"file {file} is in another teacher's batch"
    for essay in Essay.objects.exclude(file__batch_file__batch=F("batch")).values_list("public_id", flat=True):
        yield f"essay {essay} is in another batch than its file"


def _decisions() -> Iterator[str]:
    """Every decided match is what a person (or the asked-for deadline) decided last, and no machine took it back."""
    last = Decision.objects.filter(essay=OuterRef("essay"), undone_at=None).order_by("-pk")
    matches = Association.objects.filter(Exists(last)).annotate(decided=Subquery(last.values("after")[:1]))
    for match in matches.select_related("essay").defer("candidates", "evidence", "essay__results").order_by("pk"):
        if not _agrees(match, match.decided):
            yield f"essay {match.essay.public_id} is not what was decided last"
    alone = Association.objects.exclude(status="undecided").filter(~Exists(last))
    for essay in alone.values_list("essay__public_id", flat=True):
        yield f"essay {essay} is decided, and nobody decided it"
    by_machine = Decision.objects.filter(actor=None, after__method="deadline").exclude(before__status="undecided")
    for essay in by_machine.values_list("essay__public_id", flat=True):
        yield f"essay {essay} was decided by a person before the deadline decided it"


def _agrees(match: Association, after: dict[str, Any]) -> bool:
    if after["status"] == Association.Status.UNDECIDED:
        return not match.is_decided
    return (match.status, match.student_id, match.method) == (after["status"], after["student"], after["method"])


def _leases() -> Iterator[str]:
    """No file is being read by nobody."""
    dead = EssayFile.objects.filter(status=EssayFile.Status.READING, batch_file__removed_at=None)
    for file in dead.filter(lease_until__lt=Now() - LEASE_GRACE).values_list("public_id", flat=True):
        yield f"file {file} is being read without a live lease"


def _outbox() -> Iterator[str]:
    """Events of one thing are told in order, and nobody's sequence has a gap."""
    later = OutboxEvent.objects.filter(
        aggregate=OuterRef("aggregate"), pk__gt=OuterRef("pk"), relayed_at__isnull=False,
        created_at__gt=OuterRef("created_at") + ORDER_GRACE,
    )  # fmt: skip
    waiting = OutboxEvent.objects.filter(relayed_at=None, dead_at=None)
    for event in waiting.filter(Exists(later)).values_list("event_id", flat=True):
        yield f"event {event} waits although a later one was told"
    for event in _out_of_order():
        yield f"event {event} was told before an earlier one"
    people = Delivery.objects.order_by().values("user_id")
    for user, first, last, count in people.annotate(a=Min("seq"), b=Max("seq"), n=Count("pk")).values_list(
        "user__public_id", "a", "b", "n"
    ):
        if last - first + 1 != count:
            yield f"user {user} has a gap in what was told"
    ahead = Delivery.objects.filter(user=OuterRef("user"), seq__gt=OuterRef("last_seq"))
    for user in DeliveryCursor.objects.filter(Exists(ahead)).values_list("user__public_id", flat=True):
        yield f"user {user} was told more than was counted"


def _out_of_order() -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT event_id FROM (
                SELECT e.event_id, e.id, e.created_at,
                       max(e.id) OVER told_before AS highest, max(e.created_at) OVER told_before AS latest
                FROM outbox_delivery d JOIN outbox_outboxevent e ON e.id = d.event_id
                WINDOW told_before AS (
                    PARTITION BY d.user_id, e.aggregate ORDER BY d.seq
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
                )
            ) AS told
            WHERE id < highest AND created_at < latest - make_interval(secs => %s)
            """,
            [ORDER_GRACE.total_seconds()],
        )
        return [row[0] for row in cursor.fetchall()]


def _versions() -> Iterator[str]:
    """Of each student's confirmed texts in a batch exactly one counts; in assessment those that it began with do."""
    assessed = PhaseRun.objects.filter(
        batch__status=Batch.Status.PROCESSING, generation=F("batch__generation"), phase__in=BUILT_IN
    )
    counting = Count("batch__essays", filter=Q(batch__essays__counts=True, batch__essays__removed_at=None))
    changed = assessed.annotate(counting=counting).exclude(total=F("counting"))
    for batch in changed.values_list("batch__public_id", flat=True):
        yield f"batch {batch} is assessed with other texts than it began with"
    texts = Essay.objects.live().filter(association__status="confirmed").order_by()
    texts = texts.exclude(batch__lock_reason=Batch.LockReason.ASSESSMENT)
    counted = texts.values("batch__public_id", "association__student__public_id").annotate(
        n=Count("pk", filter=Q(counts=True))
    )
    for batch, student, n in counted.exclude(n=1).values_list(
        "batch__public_id", "association__student__public_id", "n"
    ):
        yield f"student {student} has {n} counting texts in batch {batch}"


def _texts() -> Iterator[str]:
    """No file that was refused or skipped has a text: it would be waited for and never matched."""
    without = [EssayFile.Status.REJECTED, EssayFile.Status.SKIPPED]
    for essay in Essay.objects.live().filter(file__status__in=without).values_list("public_id", flat=True):
        yield f"essay {essay} is the text of a file that has none"


def _letters() -> Iterator[str]:
    """Nobody is told the same twice: letters of one kind about the same thing lie at least the pause apart."""
    same = Letter.objects.filter(user=OuterRef("user"), kind=OuterRef("kind"), about=OuterRef("about"))
    before = same.filter(created_at__lt=OuterRef("created_at"), created_at__gt=OuterRef("created_at") - PAUSE)
    for letter in Letter.objects.filter(Exists(before)).values_list("pk", flat=True):
        yield f"letter {letter} follows another too soon"


CHECKS: dict[str, Callable[[], Iterator[str]]] = {
    "blob": _blobs,
    "lock": _locked,
    "owner": _owners,
    "decision": _decisions,
    "lease": _leases,
    "letter": _letters,
    "outbox": _outbox,
    "text": _texts,
    "version": _versions,
}
