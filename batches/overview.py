"""What the overview shows: which batches need their teacher, are on the way or are done.

Five statements in all, one more while files are being read, one where texts are in conflict and three where files
cannot be read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import TYPE_CHECKING, Any

from django.db.models import BooleanField, Count, Exists, ExpressionWrapper, F, Max, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from batches.models import Batch, BatchFile, Decision, Essay, EssayStudentAssociation, Excuse, PhaseRun
from batches.querysets import file_counts
from batches.reads import seconds_left
from batches.unread import probable_writers_of, students_in_conflict
from classes.models import Enrolment
from classes.ordering import name_key

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Status = Batch.Status
Name = tuple[str, str]
"""Given and family name."""
DONE_DAYS = 14
MAX_NEEDS, MAX_DONE, MAX_MISSING, MAX_NAMES = 12, 8, 5, 3
"""Rows of what needs action; of what is decided, and of what is done; batches whose missing are named; names of one."""


@dataclass(frozen=True, slots=True)
class NotHandedIn:
    """Students without any text, and those whom only an unsure text fits; in no order."""

    missing: tuple[Name, ...] = ()
    may_have: tuple[Name, ...] = ()
    students: int = 0

    @property
    def handed_in(self) -> int:
        """How many are certain to have a text."""
        return self.students - len(self.missing) - len(self.may_have)

    @property
    def first_missing(self) -> list[str]:
        """The first of those without any text, as a line shows them."""
        return _first(self.missing)

    @property
    def first_may_have(self) -> list[str]:
        """The same of those who may have."""
        return _first(self.may_have)

    @property
    def more(self) -> int:
        """How many the line leaves out."""
        return max(0, len(self.missing) - MAX_NAMES)


def _first(names: Iterable[Name]) -> list[str]:
    """Few are shown: putting all of a class in order for every batch would be most of the page's work."""
    return [" ".join(filter(None, name)) for name in nsmallest(MAX_NAMES, names, key=lambda name: name_key(*name))]


@dataclass(slots=True)
class Row:
    """A batch with its counts; `finished_at` and `finished_by` where it is done."""

    batch: Any
    read: int = 0
    reading: int = 0
    problems: int = 0
    essays: int = 0
    certain: int = 0
    unsure: int = 0
    conflict: int = 0
    no_match: int = 0
    decided_at: datetime | None = None
    """When the last text was decided."""
    not_handed_in: NotHandedIn = field(default_factory=NotHandedIn)
    seconds_left: int | None = None
    """About how long reading will take, once three files show how fast it goes."""

    @property
    def to_review(self) -> int:
        """Texts that need more than a nod."""
        return self.unsure + self.conflict + self.no_match

    @property
    def undecided(self) -> int:
        """Texts nobody has decided yet."""
        return self.to_review + self.certain

    @property
    def new_students(self) -> int:
        """Students who came into the class after matching and may fit a text that fits nobody so far."""
        fits_nobody = self.unsure + self.no_match and not self.batch.is_locked
        return int(self.batch.n_new_students or 0) if fits_nobody else 0

    @property
    def n_things(self) -> int:
        """Undecided things; confirming all that is certain counts as one."""
        return self.to_review + self.problems or int(bool(self.certain))

    @property
    def is_going(self) -> bool:
        """Whether the machine is at work and the teacher can wait."""
        return self.reading > 0 or self.batch.status == Status.PROCESSING

    @property
    def finished_at(self) -> datetime | None:
        """When assessment ended, or the last text was decided if that came later; None before."""
        if self.batch.status not in Batch.ENDS:
            return None
        return max(filter(None, (self.batch.ended_at, self.decided_at)), default=None)

    @property
    def is_decided(self) -> bool:
        """Whether it only waits for assessment: each text is decided, each file read."""
        is_open = self.is_going or self.undecided > 0 or self.problems > 0
        return self.essays > 0 and not is_open and self.batch.status not in Batch.ENDS

    @property
    def files(self) -> int:
        """Files that are, or will be, texts."""
        return self.read + self.reading + self.problems

    @property
    def urgency(self) -> tuple[Any, ...]:
        """Sorts: conflicts, files that cannot be read, texts to review, a match worth repeating, then the date."""
        review_by = self.batch.review_by
        dated = (review_by is None, review_by or self.batch.created_at)
        return (not self.conflict, not self.problems, not self.to_review, not self.new_students, *dated, self.batch.pk)


@dataclass(frozen=True, slots=True)
class Overview:
    """The parts of the page, in its order."""

    needs_action: list[Row]
    """The most urgent."""
    n_needs_action: int
    """All that need action."""
    n_things: int
    """Undecided things in all of them."""
    in_progress: list[Row]
    """At work by itself; then those that were decided in the last days and only wait for assessment."""
    done: list[Row]
    missing: list[Row]
    next_review_by: datetime | None = None
    """The next day that open batches are to be reviewed by."""

    @property
    def n_going(self) -> int:
        """Batches that are read or assessed just now."""
        return sum(row.is_going for row in self.in_progress)

    @property
    def n_more(self) -> int:
        """How many that need action the page leaves to the list of batches."""
        return self.n_needs_action - len(self.needs_action)


def read_overview(user: User) -> Overview:
    """Everything about the batches the person sees."""
    since = timezone.now() - timedelta(days=DONE_DAYS)
    rows = _counted(_batches(user, since))
    going = [row for row in rows if row.is_going]
    decided = [row for row in rows if row.is_decided and (row.decided_at or since) > since]
    needs = [row for row in rows if row.batch.needs_action]
    needs.sort(key=lambda row: row.urgency)
    done = [row for row in rows if not row.is_going and (row.finished_at or since) > since]
    done.sort(key=lambda row: row.finished_at or since, reverse=True)
    unfinished = [row for row in rows if row.batch.status not in Batch.ENDS and row.batch.school_class_id and row.files]
    _name_missing([*unfinished[:MAX_MISSING], *needs[:MAX_NEEDS], *done[:MAX_DONE]])
    _estimate([row for row in going if row.reading])
    dates = [row.batch.review_by for row in rows if row.batch.status not in Batch.ENDS and row.batch.review_by]
    return Overview(
        needs_action=needs[:MAX_NEEDS],
        n_needs_action=len(needs),
        n_things=sum(row.n_things for row in needs),
        in_progress=[*going, *decided[:MAX_DONE]],
        done=done[:MAX_DONE],
        missing=[row for row in unfinished[:MAX_MISSING] if row.not_handed_in.missing or row.not_handed_in.may_have],
        next_review_by=min((date for date in dates if date > timezone.now()), default=None),
    )


def _batches(user: User, since: datetime) -> QuerySet[Batch]:
    """Open batches and those that ended after `since`, newest first, with who decided last. One statement."""
    essays = Essay.objects.live().filter(batch=OuterRef("pk")).order_by().values("batch")
    decisions = Decision.objects.filter(essay__batch=OuterRef("pk"), undone_at=None).order_by("-pk")
    runs = PhaseRun.objects.filter(batch=OuterRef("pk"), generation=OuterRef("generation")).order_by().values("batch")
    waiting = Batch.objects.editable_by(user).needing_action()
    joined = Enrolment.objects.filter(school_class=OuterRef("school_class"), left_at=None).order_by()
    since_matching = joined.filter(created_at__gt=OuterRef("matched_at")).values("school_class")
    return (
        Batch.objects.visible_to(user)
        .select_related("school_class")
        .annotate(
            matched_at=Subquery(essays.annotate(at=Max("matched_at")).values("at")),
            ended_at=Subquery(runs.annotate(at=Max("completed_at")).values("at")),
            decider_id=Subquery(decisions.values("actor_id")[:1]),
            decider_name=Subquery(decisions.values("actor__display_name")[:1]),
        )
        .annotate(
            n_new_students=Subquery(since_matching.annotate(n=Count("pk")).values("n")),
            needs_action=ExpressionWrapper(Q(pk__in=waiting.values("pk")), output_field=BooleanField()),
        )
        .filter(
            Q(status__in=[Status.COLLECTING, Status.READY, Status.PROCESSING])
            | Q(status__in=[*Batch.ENDS - {Status.CANCELLED}], ended_at__gt=since)
        )
        .order_by("-created_at", "-pk")
    )


def _counted(batches: Iterable[Batch]) -> list[Row]:
    """Rows with their counts of files and of texts. Two statements beside the one of `batches`."""
    rows = {batch.pk: Row(batch) for batch in batches}
    files = BatchFile.objects.filter(batch__in=rows, removed_at=None).order_by().values("batch_id")
    files_as = file_counts("file__")
    for found in files.annotate(**{name: files_as[name] for name in ("read", "opened", "reading", "problems")}):
        row = rows[found["batch_id"]]
        row.read = found["read"] - found["opened"]
        row.reading, row.problems = found["reading"], found["problems"]
    undecided = Q(association__status="undecided", matched_at__isnull=False)
    certainties = EssayStudentAssociation.Certainty.values
    essays = Essay.objects.live().filter(batch__in=rows).order_by().values("batch_id")
    counts = {name: Count("pk", filter=undecided & Q(association__certainty=name)) for name in certainties}
    for found in essays.annotate(essays=Count("pk"), decided_at=Max("association__decided_at"), **counts):
        row = rows[found.pop("batch_id")]
        for name, value in found.items():
            setattr(row, name, value)
    return list(rows.values())


def _estimate(rows: list[Row]) -> None:
    """Fill in how long reading will take. One statement, none without rows."""
    left = seconds_left({row.batch.pk: row.reading for row in rows})
    for row in rows:
        row.seconds_left = left.get(row.batch.pk)


def _name_missing(rows: Iterable[Row]) -> None:
    """Fill in who of the class has no text.

    One statement over all rows, two dozen at most; three more for problems, one for conflicts.
    """
    by_batch = {row.batch.pk: row for row in rows if row.batch.school_class_id}
    unread = probable_writers_of(row.batch for row in by_batch.values() if row.problems)
    probable = {(pk, student.pk) for pk, found in unread.items() for student in found.values()}
    conflicts = [row.batch for row in by_batch.values() if row.conflict]
    probable |= students_in_conflict(conflicts) if conflicts else set()
    texts = EssayStudentAssociation.objects.filter(
        student=OuterRef("student"), essay__batch=OuterRef("school_class__batches"), essay__removed_at=None
    )
    sure = texts.filter(Q(status="confirmed") | Q(certainty="certain"))
    excuses = Excuse.objects.filter(student=OuterRef("student"), batch=OuterRef("school_class__batches"))
    found = (
        Enrolment.objects.filter(left_at=None)
        .annotate(batch_pk=F("school_class__batches"), is_sure=Exists(sure), has_text=Exists(texts))
        # Annotated first: an outer reference in the filter itself would join the batches a second time.
        .annotate(is_excused=Exists(excuses))
        .filter(is_excused=False, batch_pk__in=by_batch)
        .values_list("batch_pk", "is_sure", "has_text", "student__given_name", "student__family_name", "student")
    )
    names: dict[int, tuple[list[Name], list[Name], list[Name]]] = defaultdict(lambda: ([], [], []))
    for pk, is_sure, has_text, given_name, family_name, student in found:
        may_have = has_text or (pk, student) in probable
        names[pk][2 if is_sure else 1 if may_have else 0].append((given_name, family_name))
    for batch_pk, (missing, may_have, have) in names.items():
        students = len(missing) + len(may_have) + len(have)
        by_batch[batch_pk].not_handed_in = NotHandedIn(tuple(missing), tuple(may_have), students)
