"""What has happened to the batches and classes a person sees: one line per day, batch, kind and person, newest first.
Who came into a class or left it is told by the time it took.

Nothing is stored for it but what the person has read (ADR 23). Lines are counted from what happened itself: files,
decisions, and the audit log, which knows the person. They hold titles, classes and colleagues, never a student.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID, uuid5

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce, TruncDate, TruncMinute
from django.utils import timezone
from django.utils.translation import ngettext

from batches.activity_words import say
from batches.history import step_words
from batches.models import Batch, BatchFile, Decision
from batches.querysets import OfTheRow, essay_counts, file_counts
from classes.models import ClassShare, Enrolment, SchoolClass, Student
from huleedu.accounts.models import NoticeRead, User
from huleedu.accounts.notices import NOTICE_DAYS, NoticeKind

MOST = 300
"""Lines shown at most."""
PAUSE = timedelta(minutes=10)
"""What somebody does to the students of a class after so long is another line."""
_IDS = UUID("1b0cf1d8-6a5e-4c1f-9d0c-7e3b5a9c2f60")
"""The namespace of the notices' ids."""
FILTERS: dict[str, Callable[[Notice], bool]] = {
    "": lambda notice: True,
    "unread": lambda notice: notice.is_unread,
    "needs": lambda notice: notice.needs_action,
    "mine": lambda notice: notice.is_mine,
    "others": lambda notice: notice.is_anothers,
}
"""What `?show=` takes."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One line. `who` is empty for the machine; `title` is the batch's or the class's, `about` the batch's class."""

    id: UUID
    """The same each time it is worked out, whatever is added to it."""
    at: datetime
    kind: str
    words: str
    notice: str = ""
    """The `NoticeKind` it is; empty for what the person did, and for what nobody is told of."""
    title: str = ""
    about: str = ""
    route: str = ""
    public_id: UUID | None = None
    who: str = ""
    is_own: bool = False
    """Whether the person did it."""
    is_mine: bool = False
    """Whether the batch or class is the person's own."""
    needs_action: bool = False
    is_read: bool = True
    """Whether the person has read it as far as it goes, or it is no notice."""
    is_on_page: bool = False
    """Whether the person wants this kind on the page."""

    @property
    def is_unread(self) -> bool:
        """Whether the page shows it as unread."""
        return self.is_on_page and not self.is_read

    @property
    def is_anothers(self) -> bool:
        """Whether a colleague did it."""
        return bool(self.who) and not self.is_own

    @property
    def day(self) -> date:
        """The day it stands under."""
        return timezone.localdate(self.at)


@dataclass(frozen=True, slots=True)
class _Found:
    """A line before its batch, class and person are known by name."""

    at: datetime
    kind: str
    n: int = 0
    batch: int | None = None
    school_class: int | None = None
    actor: int | None = None
    words: str = ""
    entry: int = 0
    """The row of the audit log, where it is about no more than that."""
    since: datetime | None = None
    """When it began, where there may be several a day."""

    @property
    def id(self) -> UUID:
        """Of the day or the time, thing, kind and person it sums up."""
        day = self.since or timezone.localdate(self.at)
        return uuid5(_IDS, f"{self.kind} {self.batch} {self.school_class} {self.actor} {day} {self.entry}")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the person sees, worked out once for all reads: the keys of batches, and the classes by theirs."""

    user: User
    since: datetime
    batches: list[int]
    classes: dict[int, SchoolClass]


def find_notice(user: User, notice_id: UUID) -> Notice | None:
    """The notice as it stands now; None where it is settled, too old or not the person's."""
    return next((notice for notice in read_activity(user) if notice.id == notice_id), None)


def read_activity(user: User, *, days: int = NOTICE_DAYS, most: int = MOST, show: str = "") -> list[Notice]:
    """Newest first, at most `most`. Ten statements however much has happened; two more where others take part."""
    seen = _Seen(
        user,
        timezone.now() - timedelta(days=days),
        batches=list(Batch.objects.visible_to(user).order_by().values_list("pk", flat=True)),
        classes=SchoolClass.objects.visible_to(user).in_bulk(),
    )
    found = [line for read in _READS for line in read(seen)]
    return list(islice(filter(FILTERS.get(show, FILTERS[""]), _named(found, seen)), most))


# --- what happened ---------------------------------------------------------------------------------------------------


def _added(seen: _Seen) -> Iterator[_Found]:
    """Files that people dropped."""
    files = BatchFile.objects.filter(batch__in=seen.batches, removed_at=None).values("pk")
    batch = Subquery(BatchFile.objects.filter(pk=OuterRef("object_id")).values("batch_id")[:1])
    entries = _log(BatchFile, files, seen).filter(action=LogEntry.Action.CREATE, actor__isnull=False)
    for row in _by_day(entries.annotate(batch_pk=batch), "timestamp", "batch_pk", "actor_id"):
        yield _Found(row["last"], "added", row["n"], batch=row["batch_pk"], actor=row["actor_id"])


def _read(seen: _Seen) -> Iterator[_Found]:
    """Files that were read, and those that could not be, by when each was read for the first time."""
    # No file is read for the first time after the last: what the index knows narrows what is worked out.
    files = BatchFile.objects.filter(batch__in=seen.batches, removed_at=None, file__read_at__gt=seen.since)
    counts = file_counts("file__")
    first = Coalesce("file__first_read_at", "file__read_at")
    rows = files.annotate(first=first, day=TruncDate(first)).filter(first__gt=seen.since).order_by()
    for row in rows.values("batch_id", "day").annotate(
        last=Max("first"), read=counts["read"] - counts["opened"], problems=counts["problems"]
    ):
        for kind in ("read", "problems"):
            if row[kind]:
                yield _Found(row["last"], kind, row[kind], batch=row["batch_id"])


def _decided(seen: _Seen) -> Iterator[_Found]:
    """What people, or the deadline, confirmed and corrected."""
    rows = Decision.objects.filter(essay__batch__in=seen.batches, created_at__gt=seen.since, undone_at=None)
    for row in _by_day(rows, "created_at", "essay__batch_id", "actor_id"):
        kind = "decided" if row["actor_id"] else "auto_confirmed"
        yield _Found(row["last"], kind, row["n"], batch=row["essay__batch_id"], actor=row["actor_id"])


def _steps(seen: _Seen) -> Iterator[_Found]:
    """What batches went through."""
    for entry in _log(Batch, seen.batches, seen).order_by("-timestamp")[:MOST]:
        words = step_words(entry)
        if words:
            kind = "assessed" if entry.actor_id is None and "status" in (entry.changes or {}) else "step"
            found = _Found(entry.timestamp, kind, batch=entry.object_id, actor=entry.actor_id, words=words)
            yield replace(found, entry=entry.pk)


def _shared(seen: _Seen) -> Iterator[_Found]:
    """Classes that colleagues let the person see."""
    if all(school_class.owner_id == seen.user.pk for school_class in seen.classes.values()):
        return
    shares = ClassShare.objects.filter(user=seen.user)
    school_class = Subquery(shares.filter(pk=OuterRef("object_id")).values("school_class_id")[:1])
    entries = _log(ClassShare, shares.values("pk"), seen).filter(action=LogEntry.Action.CREATE)
    for entry in entries.annotate(class_pk=school_class):
        yield _Found(entry.timestamp, "shared", school_class=entry.class_pk, actor=entry.actor_id)


def _enrolled(seen: _Seen) -> Iterator[_Found]:
    """Students who came into a class, were moved there, left it or are back; told apart where time has passed."""
    own = Enrolment.objects.filter(school_class__in=seen.classes)
    row = Enrolment.objects.filter(pk=OuterRef("object_id"))
    came, back = Q(action=LogEntry.Action.CREATE), Q(changes__left_at__1=None)
    kind = Case(
        When(came & Exists(row.filter(student__enrolments__pk__lt=F("pk"))), then=Value("moved")),
        When(came, then=Value("joined")),
        When(back, then=Value("back")),
        default=Value("left"),
    )
    entries = _log(Enrolment, own.values("pk"), seen).exclude(~came & Q(changes__has_key="student"))
    entries = entries.annotate(kind=kind, class_pk=Subquery(row.values("school_class_id")[:1]))
    yield from _together(entries)


def _students(seen: _Seen) -> Iterator[_Found]:
    """Students who were changed, in the class they came into last."""
    enrolled = Enrolment.objects.filter(school_class__in=seen.classes)
    entries = _log(Student, enrolled.values("student_id"), seen).filter(action=LogEntry.Action.UPDATE)
    last = enrolled.filter(student=OuterRef("object_id")).order_by("-pk").values("school_class_id")
    entries = entries.annotate(class_pk=Subquery(last[:1]))
    for row in _by_day(entries, "timestamp", "class_pk", "actor_id", n=Count("object_id", distinct=True)):
        yield _Found(row["last"], "changed", row["n"], school_class=row["class_pk"], actor=row["actor_id"])


_READS = (_added, _read, _decided, _steps, _shared, _enrolled, _students)


def _log(model: type[Model], keys: Iterable[Any], seen: _Seen) -> QuerySet[LogEntry]:
    of_model = {"content_type": ContentType.objects.get_for_model(model), "object_id__in": keys}
    entries: QuerySet[LogEntry] = LogEntry.objects.filter(**of_model, timestamp__gt=seen.since)
    return entries


def _by_day(rows: QuerySet[Any], moment: str, *keys: str, n: Any = None) -> Iterable[dict[str, Any]]:
    """Rows counted per day and `keys`: `n`, and `last`, when the last of them was."""
    dated = rows.order_by().annotate(day=TruncDate(moment)).values("day", *keys)
    counted: Iterable[dict[str, Any]] = dated.annotate(n=n or Count("pk"), last=Max(moment))
    return counted


def _together(entries: QuerySet[LogEntry]) -> Iterator[_Found]:
    """Entries counted by kind, class and person: a line for each stretch of time without a pause of `PAUSE`."""
    minutes = entries.order_by().annotate(minute=TruncMinute("timestamp"))
    minutes = minutes.values("minute", "kind", "class_pk", "actor_id").annotate(n=Count("pk"), last=Max("timestamp"))
    lines: dict[tuple[Any, ...], _Found] = {}
    for row in minutes.order_by("minute"):
        key = row["kind"], row["class_pk"], row["actor_id"]
        line = lines.get(key)
        if line is not None and row["minute"] - line.at < PAUSE:
            lines[key] = replace(line, at=row["last"], n=line.n + row["n"])
            continue
        if line is not None:
            yield line
        found = _Found(row["last"], row["kind"], row["n"], school_class=row["class_pk"], actor=row["actor_id"])
        lines[key] = replace(found, since=row["minute"])
    yield from lines.values()


# --- by name ---------------------------------------------------------------------------------------------------------


def _named(found: list[_Found], seen: _Seen) -> Iterator[Notice]:
    """Adds what waits in open batches, then says each line in words, newest first. Three statements."""
    user = seen.user
    batches = {batch.pk: batch for batch in _batches({line.batch for line in found if line.batch}, user)}
    people = User.objects.in_bulk({line.actor for line in found if line.actor} - {user.pk}) | {user.pk: user}
    read_to = dict(NoticeRead.objects.filter(user=user).values_list("notice", "read_to"))
    for line in sorted([*found, *_waiting(batches.values())], key=lambda line: line.at, reverse=True):
        person = people.get(line.actor or 0)
        told = _told_as(line, user)
        notice = Notice(
            id=line.id,
            at=line.at,
            kind=line.kind,
            words=line.words,
            notice=told,
            who=person.name if person else "",
            is_own=line.actor == user.pk,
            is_read=not told or _was_read(line, user, read_to),
            is_on_page=told in user.page_notices,
        )
        batch, school_class = batches.get(line.batch or 0), seen.classes.get(line.school_class or 0)
        if batch is not None:
            yield _about_batch(notice, line, batch, user)
        elif school_class is not None:
            yield _about_class(notice, line, school_class, user)


def _told_as(line: _Found, user: User) -> str:
    """The kind of notice a line is; empty for the person's own doing."""
    if line.actor == user.pk:
        return ""
    return _TOLD_AS.get(line.kind) or (NoticeKind.CHANGED if line.actor else "")


_TOLD_AS = {
    "read": NoticeKind.MATCHES,
    "matched": NoticeKind.MATCHES,
    "problems": NoticeKind.PROBLEMS,
    "reminder": NoticeKind.REMINDER,
    "auto_due": NoticeKind.AUTO_DUE,
    "auto_confirmed": NoticeKind.AUTO_DONE,
    "assessed": NoticeKind.ASSESSED,
    "shared": NoticeKind.SHARED,
}


def _was_read(line: _Found, user: User, read_to: Mapping[UUID, datetime]) -> bool:
    moments = filter(None, (user.activity_seen_at, read_to.get(line.id)))
    return line.at <= max(moments, default=datetime.min.replace(tzinfo=UTC))


def _batches(keys: set[int], user: User) -> QuerySet[Any]:
    """Those of `keys`, with what waits in them and when they were last matched."""
    editable = Batch.objects.editable_by(user).filter(pk=OuterRef("pk"))
    files = BatchFile.objects.filter(batch=OuterRef("pk"), removed_at=None).order_by().values("batch")
    problems, texts = file_counts("file__")["problems"], essay_counts("essays__")
    return (
        Batch.objects.filter(pk__in=keys)
        .select_related("school_class")
        .annotate(
            n_undecided=texts["undecided"],
            n_to_review=texts["to_review"],
            n_certain=texts["certain"],
            matched_at=Max("essays__matched_at", filter=Q(essays__removed_at=None)),
            n_problems=OfTheRow(Subquery(files.annotate(n=problems).values("n")), output_field=IntegerField()),
            is_editable=OfTheRow(Exists(editable), output_field=BooleanField()),
        )
    )


def _waiting(batches: Iterable[Any]) -> Iterator[_Found]:
    """Matches that are ready, and dates that are near and have not come yet."""
    now = timezone.now()
    for batch in batches:
        if (batch.n_to_review or batch.n_certain) and batch.matched_at and _is_open(batch):
            yield _matched(batch)
        if batch.reminded_at and batch.review_by and batch.review_by > now and batch.n_undecided:
            kind = "auto_due" if batch.auto_confirm and batch.n_certain else "reminder"
            n = batch.n_certain if kind == "auto_due" else batch.n_undecided
            yield _Found(batch.reminded_at, kind, n, batch=batch.pk)


def _matched(batch: Any) -> _Found:
    """How many texts need more than a nod; of a batch where none does, how many are certain."""
    n, certain = batch.n_to_review, batch.n_certain
    words = ngettext("Matches are ready, {n} certain", "Matches are ready, {n} certain", certain).format(n=certain)
    return _Found(batch.matched_at, "matched", n or certain, batch=batch.pk, words="" if n else words)


def _is_open(batch: Batch) -> bool:
    return batch.status in (Batch.Status.COLLECTING, Batch.Status.READY, Batch.Status.PROCESSING)


def _about_batch(notice: Notice, line: _Found, batch: Any, user: User) -> Notice:
    waits = {"matched": batch.n_undecided, "problems": batch.n_problems}.get(
        line.kind, line.kind in ("reminder", "auto_due")
    )
    to_review = line.kind in ("matched", "reminder", "auto_due")
    return replace(
        notice,
        words=line.words or say(line.kind, line.n, batch.review_by),
        title=batch.title,
        about=batch.school_class.designation if batch.school_class else "",
        route="batches:review" if to_review else "batches:history" if line.kind == "decided" else "batches:detail",
        public_id=batch.public_id,
        is_mine=batch.owner_id == user.pk,
        needs_action=bool(waits) and batch.is_editable and _is_open(batch),
    )


def _about_class(notice: Notice, line: _Found, school_class: SchoolClass, user: User) -> Notice:
    return replace(
        notice,
        words=say(line.kind, line.n),
        title=school_class.designation,
        about=school_class.school_year,
        route="classes:detail",
        public_id=school_class.public_id,
        is_mine=school_class.owner_id == user.pk,
    )
