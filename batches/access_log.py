"""Who read and changed what: the audit log about the batches, classes and students a person sees.

The log masks names; they are joined here, where the reader's access has been checked. Of rows that are gone it shows
the batches that the person deleted, the students deleted from classes the person sees, without a name, and what has
come and gone again of students and batches the person sees.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet, TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.http import FileResponse, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from batches.history import step_words
from batches.models import Batch, BatchFile, Essay, EssayStudentAssociation, Excuse
from classes.models import ClassShare, Enrolment, SchoolClass, Student, StudentAlias, StudentMerge
from files.models import EssayFile
from huleedu.accounts.models import User
from huleedu.common.audit import errand_of
from huleedu.common.spreadsheet import safe_cell

Action = LogEntry.Action
EXPORTS = ("file", "result", "print", "class_list", "student_data")
"""What was taken out, of the words that `huleedu.common.audit.log_read` writes."""
KINDS: dict[str, Q] = {
    "reads": Q(action=Action.ACCESS) & (Q(additional_data=None) | ~Q(additional_data__what__in=EXPORTS)),
    "changes": ~Q(action=Action.ACCESS),
    "exports": Q(action=Action.ACCESS, additional_data__what__in=EXPORTS),
}
"""What `?what=` takes."""
WHO = ("me", "others", "machine")
"""What `?who=` takes."""
CSV_MOST = 10_000
"""Lines of the log as a file."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `who` is empty for the machine; `count` entries of one person, minute and kind are one line."""

    at: datetime
    who: str
    did: str
    about: str
    where: str
    count: int = 1


def read_log(
    user: User, *, who: str = "", what: str = "", class_id: UUID | None = None, student: Student | None = None
) -> QuerySet[LogEntry]:
    """What happened to that which `user` may see, newest first.

    `who` is `me`, `others` or `machine`, `what` one of `KINDS`.
    """
    scope = _scope(user, class_id, student)
    if class_id is None and student is None:
        scope |= _deleted_by(user)
    entries: QuerySet[LogEntry] = LogEntry.objects.alias(**_TOLD).filter(scope)
    if who == "me":
        entries = entries.filter(actor=user)
    elif who == "others":
        entries = entries.exclude(actor=user).exclude(actor=None)
    elif who == "machine":
        entries = entries.filter(actor=None)
    if what in KINDS:
        entries = entries.filter(KINDS[what])
    return entries.select_related("actor", "content_type").order_by("-timestamp", "-pk")


def name_entries(entries: Iterable[LogEntry], *, together: bool = True) -> list[Entry]:
    """The entries in words; nine statements at most. `together`: one line for what one person did in one minute."""
    rows = list(entries)
    known = {model: _known(model, rows) for model in _ABOUT}

    def alike(entry: LogEntry) -> tuple[Any, ...]:
        minute = entry.timestamp.replace(second=0, microsecond=0)
        return minute, entry.actor_id, entry.content_type_id, did(entry), None if together else entry.pk

    lines = []
    for _key, group in groupby(rows, key=alike):
        members = list(group)
        pairs = [_about(entry, known) for entry in members]
        abouts, places = {about for about, _place in pairs if about}, {place for _about, place in pairs if place}
        lines.append(
            Entry(
                at=members[0].timestamp,
                who=_person(members[0].actor),
                did=did(members[0]),
                about=abouts.pop() if len(abouts) == 1 else "",
                where=places.pop() if len(places) == 1 else "",
                count=len(members),
            )
        )
    return lines


def log_file(entries: QuerySet[LogEntry]) -> HttpResponse:
    """The newest `CSV_MOST` of the entries as a CSV file, a line each."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow([_("Time"), _("Who"), _("Did"), _("About"), _("Where")])
    for line in name_entries(entries[:CSV_MOST], together=False):
        at = timezone.localtime(line.at).isoformat(timespec="seconds")
        writer.writerow([at, *(safe_cell(cell) for cell in (line.who, line.did, line.about, line.where))])
    what, today = _("access log"), timezone.localdate()
    name = f"{what} {today:%Y-%m-%d}.csv"
    stream = FileResponse(io.BytesIO(), as_attachment=True, filename=name)
    response = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = stream["Content-Disposition"]
    return response


# --- whose log -------------------------------------------------------------------------------------------------------

_TOLD: dict[str, Any] = {
    f"told_{field}": Coalesce(KT(f"changes__{field}__1"), KT(f"changes__{field}__0"))
    for field in ("student", "school_class", "batch")
}
"""Whom and what an entry is about by what it says itself: of rows that are gone, nothing else knows."""


def _scope(user: User, class_id: UUID | None, student: Student | None) -> Q:
    """The entries about rows the person may see; of one class or one student where that is asked for."""
    classes, batches = SchoolClass.objects.visible_to(user), Batch.objects.visible_to(user)
    students: QuerySet[Any] = Student.objects.visible_to(user)
    enrolments = Enrolment.objects.filter(school_class__in=classes.values("pk"))
    essays: QuerySet[Any] = Essay.objects.filter(batch__in=batches.values("pk"))
    if class_id is not None:
        classes = classes.filter(public_id=class_id)
        batches = batches.filter(school_class__public_id=class_id)
        enrolments = enrolments.filter(school_class__public_id=class_id)
        students = students.filter(pk__in=enrolments.values("student_id"))
        essays = essays.filter(batch__school_class__public_id=class_id)
    if student is not None:
        students = students.filter(pk=student.pk)
        enrolments = enrolments.filter(student=student)
        essays = essays.filter(association__student=student)
        classes, batches = classes.none(), batches.none()
    files = BatchFile.objects.filter(file__essay__in=essays) if student else BatchFile.objects.filter(batch__in=batches)
    own = files.values("file_id")
    account = User.objects.filter(pk=user.pk) if class_id is None and student is None else User.objects.none()
    matches = EssayStudentAssociation.objects.filter(essay__in=essays.values("pk"))
    read, made, changed = Q(action=Action.ACCESS), Q(action=Action.CREATE), Q(action=Action.UPDATE)
    return (
        _of(Batch, batches)
        | _of(SchoolClass, classes)
        | _of(ClassShare, ClassShare.objects.filter(school_class__in=classes))
        | _of(Student, students)
        | _of(StudentAlias, StudentAlias.objects.filter(student__in=students))
        # Moved to another student by a merge, which is told itself.
        | _of(Enrolment, enrolments) & ~(changed & Q(changes__has_key="student"))
        | _of(StudentMerge, StudentMerge.objects.filter(kept__in=students)) & (made | Q(changes__has_key="undone_at"))
        | _come_and_gone(user, class_id, student)
        # A file has four rows; how it came, went and was read is told once.
        | _of(BatchFile, files) & (made | changed)
        | _of(EssayFile, own) & read
        | _of(Essay, essays) & read
        | _of(EssayStudentAssociation, matches) & changed & Q(changes__has_key="status")
        # What support staff did with the account, and why.
        | _of(User, account) & Q(additional_data__has_key="support")
    )


def _deleted_by(user: User) -> Q:
    """That the person deleted batches. Only the owner can, and afterwards they are nobody's."""
    return Q(content_type=ContentType.objects.get_for_model(Batch), action=Action.DELETE, actor=user)


def _come_and_gone(user: User, class_id: UUID | None, student: Student | None) -> Q:
    """The entries about rows that may be gone, by whom and what these were about."""
    classes, batches = SchoolClass.objects.visible_to(user), Batch.objects.visible_to(user)
    students: QuerySet[Any] = Student.objects.visible_to(user)
    if class_id is not None:
        classes, batches = classes.filter(public_id=class_id), batches.filter(school_class__public_id=class_id)
    if student is not None:
        students = students.filter(pk=student.pk)
    known, gone = Q(told_student__in=_as_told(students)), Q(action=Action.DELETE)
    there = Q(told_school_class__in=_as_told(classes))
    enrolled = students.filter(enrolments__school_class__in=classes.values("pk"))
    places = LogEntry.objects.annotate(**_TOLD).filter(_all(Enrolment), gone, there).values("told_student")
    scope = (
        _all(StudentAlias) & Q(told_student__in=_as_told(enrolled))
        | _all(Excuse) & known & Q(told_batch__in=_as_told(batches))
        | _all(Enrolment) & gone & known & there
    )
    # One who was merged into another is told as that.
    merged = Q(additional_data__has_key="merged")
    return scope if student else scope | _all(Student) & gone & Q(object_pk__in=places) & ~merged


def _all(model: type[Model]) -> Q:
    return Q(content_type=ContentType.objects.get_for_model(model))


def _as_told(rows: QuerySet[Any]) -> QuerySet[Any, Any]:
    """The keys of `rows` as the log writes them."""
    keys: QuerySet[Any, Any] = rows.order_by().annotate(key=Cast("pk", TextField())).values("key")
    return keys


def lists_only() -> Q:
    """The entries about classes and students, without those about batches."""
    models = (SchoolClass, ClassShare, Student, StudentAlias, StudentMerge, Enrolment, Excuse)
    return Q(content_type__in=ContentType.objects.get_for_models(*models).values())


def _of(model: type[Model], rows: QuerySet[Any]) -> Q:
    keys = rows if rows.query.values_select else rows.order_by().values("pk")
    return Q(content_type=ContentType.objects.get_for_model(model), object_id__in=keys)


# --- in words --------------------------------------------------------------------------------------------------------


def did(entry: LogEntry) -> str:
    """What was done, in words; never what was read or written."""
    model = entry.content_type.model_class()
    if errand := errand_of(entry):
        return errand
    if entry.action == Action.ACCESS:
        return _READ.get((entry.additional_data or {}).get("what", ""), lambda: _("Read"))()
    if model is Batch:
        return step_words(entry) or _("Changed the batch")
    if model is EssayStudentAssociation:
        status = (entry.changes or {}).get("status", [None, ""])[1]
        return _DECIDED.get(status, lambda: _("Changed a match"))()
    if model is SchoolClass and entry.action == Action.UPDATE and "owner" in (entry.changes or {}):
        return _("Gave the class a new owner")
    if model is Enrolment and entry.action == Action.UPDATE:
        has_left = (entry.changes or {}).get("left_at", [None, None])[1] is not None
        return _("Marked as having left") if has_left else _("Put back into the class")
    verbs = _DID.get(model)
    return verbs()[min(entry.action, 2)] if verbs else _("Changed")


_READ: dict[str, Callable[[], str]] = {
    "text": lambda: _("Read a text"),
    "file": lambda: _("Downloaded a file"),
    "result": lambda: _("Exported the result"),
    "print": lambda: _("Printed texts"),
    "class_list": lambda: _("Exported a class list"),
    "panel": lambda: _("Opened the panel of a student"),
    "student": lambda: _("Read all about a student"),
    "student_data": lambda: _("Exported all about a student"),
}
_DECIDED: dict[str, Callable[[], str]] = {
    "confirmed": lambda: _("Confirmed a match"),
    "no_student": lambda: _("Decided: not in this class"),
    "undecided": lambda: _("Undid the decision"),
}
_DID: dict[type[Model], Callable[[], tuple[str, str, str]]] = {
    SchoolClass: lambda: (_("Made the class"), pgettext("its settings", "Changed the class"), _("Deleted")),
    ClassShare: lambda: (_("Shared the class"), _("Changed who may see the class"), _("Stopped sharing")),
    Student: lambda: (_("Added a student"), _("Changed a student"), _("Deleted a student for good")),
    StudentAlias: lambda: (_("Remembered a spelling"), _("Changed a spelling"), _("Forgot a spelling")),
    StudentMerge: lambda: (_("Merged two students"), _("Undid a merge of students"), _("Deleted")),
    Enrolment: lambda: (_("Put into the class"), _("Changed"), _("Undid putting into the class")),
    Excuse: lambda: (_("Marked as not expected"), _("Changed"), _("Marked as expected again")),
    BatchFile: lambda: (_("Added a file"), _("Removed a file"), _("Deleted")),
}


def _person(actor: Any) -> str:
    if actor is None:
        return ""
    return _("Support: {name}").format(name=actor.name) if actor.is_staff else str(actor.name)


_ABOUT: dict[type[Model], tuple[tuple[str, ...], tuple[str, ...], Callable[[Any], tuple[str, str]]]] = {
    Batch: (("school_class",), (), lambda row: ("", row.title)),
    SchoolClass: ((), (), lambda row: ("", row.designation)),
    ClassShare: (("school_class", "user"), (), lambda row: (row.user.name, row.school_class.designation)),
    Student: ((), (), lambda row: (row.name, "")),
    StudentAlias: (("student",), (), lambda row: (row.student.name, "")),
    StudentMerge: (("kept",), (), lambda row: (row.kept.name, "")),
    Excuse: (("student", "batch"), (), lambda row: (row.student.name, row.batch.title)),
    Enrolment: (
        ("student", "school_class"), (), lambda row: (row.student.name, row.school_class.designation)
    ),
    BatchFile: (("file", "batch"), ("file__text", "file__evidence"), lambda row: (row.file.name, row.batch.title)),
    EssayFile: (
        ("batch_file__batch",), ("text", "evidence"), lambda row: (row.name, row.batch_file.batch.title)
    ),
    Essay: (
        ("file", "batch", "association__student"),
        ("file__text", "file__evidence", "association__evidence"),
        lambda row: (_whose(row.association, row.file), row.batch.title),
    ),
    EssayStudentAssociation: (
        ("student", "essay__file", "essay__batch"),
        ("evidence", "essay__file__text", "essay__file__evidence"),
        lambda row: (_whose(row, row.essay.file), row.essay.batch.title),
    ),
    User: ((), (), lambda row: (row.name, "")),
}  # fmt: skip
"""Of each kind of row: what to join, what to leave out, and what it is about and where."""


def _whose(match: EssayStudentAssociation, file: EssayFile) -> str:
    return match.student.name if match.student and match.is_decided else file.name


def _known(model: type[Model], entries: list[LogEntry]) -> dict[int, Any]:
    kind = ContentType.objects.get_for_model(model)
    keys = {entry.object_id for entry in entries if entry.content_type_id == kind.pk}
    keys |= {_told(entry, _OF[model]) for entry in entries} - {None} if model in _OF else set()
    if not keys:
        return {}
    joined, left_out, _say = _ABOUT[model]
    rows: QuerySet[Any] = model._default_manager.filter(pk__in=keys)
    rows = rows.select_related(*joined) if joined else rows
    return {row.pk: row for row in rows.defer(*left_out)}


def _about(entry: LogEntry, known: dict[type[Model], dict[int, Any]]) -> tuple[str, str]:
    model = entry.content_type.model_class()
    row = known.get(model, {}).get(entry.object_id or 0)
    if model is Batch and entry.action == Action.DELETE:
        return "", str((entry.changes or {}).get("title", [""])[0])
    if model is not None and row is not None:
        return _ABOUT[model][2](row)
    student, batch = (known.get(of, {}).get(_told(entry, field) or 0) for of, field in _OF.items())
    return student.name if student else "", batch.title if batch else ""


_OF: dict[type[Model], str] = {Student: "student", Batch: "batch"}
"""What a row that is gone was about: kind to the field that the log keeps."""


def _told(entry: LogEntry, field: str) -> int | None:
    """The key in `field` of an entry about a row that may be gone."""
    if entry.content_type.model_class() not in (StudentAlias, Enrolment, Excuse):
        return None
    return next((key for key in (entry.changes or {}).get(field, ()) if isinstance(key, int)), None)
