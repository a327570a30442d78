"""A class list on its way in: preview, apply, undo. Nothing is saved in the class before `apply_import`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from classes.actions.locks import audience, checked_names, lock_class
from classes.events import ClassRosterApplied, StudentCreatedV1
from classes.models import Enrolment, RosterImport, SchoolClass, Student
from classes.problems import message_for
from classes.roster import ParsedRoster, RosterError, parse_roster
from classes.roster_cleaning import without_personal_numbers
from classes.roster_diff import DiffRow, KnownStudent, diff_roster
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError
from huleedu.observability import metrics
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@action
def preview_roster(
    school_class: SchoolClass, *, data: bytes | str, file_name: str = "", actor: User
) -> RosterImport:
    """Keep a list as a draft, without its personal identity numbers. Raises ActionError `validation_error`."""
    _parse(data, encoding="", columns={})
    content = without_personal_numbers(data)
    return RosterImport.objects.create(
        school_class=school_class,
        created_by=actor,
        file_name=file_name[:255],
        content=content.data,
        is_text=isinstance(data, str),
        result={"personnummer_removed": content.removed},
    )


@action
def revise_import(roster_import: RosterImport, *, changes: dict[str, Any], actor: User) -> RosterImport:
    """Read the draft another way: `encoding`, `columns` (index to field), `rows` (line to values and include)."""
    roster_import = _lock(roster_import)
    if roster_import.status != RosterImport.Status.PREVIEW:
        raise ActionError("illegal_transition", _("The list has been imported already."))
    if "encoding" in changes:
        roster_import.encoding = changes["encoding"] or ""
    if "columns" in changes:
        roster_import.columns = {str(key): value for key, value in (changes["columns"] or {}).items() if value}
    for line, edit in (changes.get("rows") or {}).items():
        earlier = roster_import.edits.get(str(line), {})
        merged = {**earlier, **edit}
        if "values" in edit:
            values = {k: v for k, v in checked_names(edit["values"]).items()}
            merged["values"] = {**earlier.get("values", {}), **{k: v or "" for k, v in values.items()}}
        roster_import.edits[str(line)] = merged
    _parse_import(roster_import)
    roster_import.save(update_fields=["encoding", "columns", "edits", "updated_at"])
    return roster_import


def build_preview(roster_import: RosterImport) -> dict[str, Any]:
    """The API's `roster preview`. Reads only: two statements."""
    parsed = _parse_import(roster_import) if roster_import.content else None
    rows = _diff(roster_import, parsed) if parsed else []
    counts = Counter(row.action for row in rows)
    if roster_import.status != RosterImport.Status.PREVIEW:
        counts = Counter(roster_import.result.get("counts", {}))
    problems = parsed.problems if parsed else ()
    return {
        "id": str(roster_import.public_id),
        "status": roster_import.status,
        "source": parsed.source if parsed else None,
        "encoding": parsed.encoding if parsed else roster_import.encoding,
        "delimiter": parsed.delimiter if parsed else None,
        "columns": [
            {"index": c.index, "header": c.header, "samples": list(c.samples), "field": c.field}
            for c in (parsed.columns if parsed else ())
        ],
        "rows": [
            {
                "line": row.line,
                "action": row.action,
                "student_id": row.student,
                "values": row.values,
                "changes": row.changes,
                "problems": row.problems,
                "include": row.include,
            }
            for row in rows
        ],
        "new": counts["new"],
        "changed": counts["changed"],
        "unchanged": counts["unchanged"],
        "missing": counts["missing"],
        "problems": [
            {"line": p.line, "code": p.code, "column": p.column, "message": message_for(p.code, line=p.line)}
            for p in problems
        ],
        "personnummer_removed": roster_import.result.get("personnummer_removed", 0),
    }


@action
def apply_import(roster_import: RosterImport, *, actor: User) -> RosterImport:
    """Save what the preview shows. A second time changes nothing. The number of statements does not grow with rows.

    Raises ActionError `validation_error` where nothing is left to import.
    """
    school_class = lock_class(roster_import.school_class)
    roster_import = _lock(roster_import)
    if roster_import.status == RosterImport.Status.APPLIED:
        return roster_import
    if roster_import.status == RosterImport.Status.UNDONE or not roster_import.content:
        raise ActionError("illegal_transition", _("The import was undone. Import the list again."))
    parsed = _parse_import(roster_import)
    rows = _diff(roster_import, parsed)
    chosen = [row for row in rows if row.include and row.action in ("new", "changed")]
    left = [row for row in rows if row.include and row.action == "missing"]
    if not rows or (not chosen and not left and not any(row.action == "unchanged" for row in rows)):
        raise ActionError("validation_error", _("There is nobody to import in the list."), field="rows")
    undo = {"created": _create(school_class, [row for row in chosen if row.action == "new"], actor=actor)}
    undo["changed"], undo["enrolled"] = _change(school_class, [row for row in chosen if row.action == "changed"])
    roster_import.undo = undo
    counts = Counter(row.action for row in rows if row.include or row.action != "new")
    roster_import.result = {**roster_import.result, "counts": dict(counts)}
    roster_import.status, roster_import.applied_at = RosterImport.Status.APPLIED, timezone.now()
    roster_import.save(update_fields=["undo", "result", "status", "applied_at", "updated_at"])
    _tell(school_class, roster_import)
    metrics.STUDENTS_ADDED.inc(len(undo["created"]))
    return roster_import


@action
def undo_import(roster_import: RosterImport, *, actor: User) -> RosterImport:
    """Put back exactly what applying changed. A second time changes nothing.

    A student who got a text meanwhile stays, but leaves the class. Raises ActionError `not_undoable`.
    """
    school_class = lock_class(roster_import.school_class)
    roster_import = _lock(roster_import)
    if roster_import.status == RosterImport.Status.UNDONE:
        return roster_import
    if roster_import.status != RosterImport.Status.APPLIED:
        raise ActionError("not_undoable", _("The list has not been imported."))
    undo = roster_import.undo
    _uncreate(school_class, undo["created"])
    _unchange(undo["changed"])
    enrolments = list(Enrolment.objects.filter(school_class=school_class, student_id__in=undo["enrolled"]))
    for enrolment in enrolments:
        before = undo["enrolled"][str(enrolment.student_id)]
        if before is None:
            enrolment.delete()
        else:
            enrolment.left_at = before
            enrolment.save(update_fields=["left_at"])
    roster_import.status, roster_import.undone_at = RosterImport.Status.UNDONE, timezone.now()
    roster_import.save(update_fields=["status", "undone_at", "updated_at"])
    _tell(school_class, roster_import)
    return roster_import


# --- pieces ----------------------------------------------------------------------------------------------------------


def _lock(roster_import: RosterImport) -> RosterImport:
    return RosterImport.objects.select_for_update(no_key=True).select_related("school_class").get(pk=roster_import.pk)


def _parse(data: bytes | str, *, encoding: str, columns: dict[str, str]) -> ParsedRoster:
    try:
        return parse_roster(data, encoding=encoding or None, columns={int(k): v for k, v in columns.items()} or None)
    except RosterError as error:
        raise ActionError("validation_error", message_for(error.code), field="file") from error
    except (ValueError, LookupError) as error:
        raise ActionError("validation_error", message_for("corrupt"), field="columns") from error


def _parse_import(roster_import: RosterImport) -> ParsedRoster:
    content = bytes(roster_import.content)
    data: bytes | str = content.decode("utf-8") if roster_import.is_text else content
    return _parse(data, encoding=roster_import.encoding, columns=roster_import.columns)


def _diff(roster_import: RosterImport, parsed: ParsedRoster) -> list[DiffRow]:
    school_class = roster_import.school_class
    enrolled = set(Enrolment.objects.filter(school_class=school_class, left_at=None).values_list("student_id", flat=True))
    students = Student.objects.filter(created_by_id=school_class.owner_id).filter(
        Q(pk__in=enrolled) | Q(email__isnull=False)
    )
    known = [
        KnownStudent(
            key=str(student.public_id),
            given_name=student.given_name,
            family_name=student.family_name,
            preferred_name=student.preferred_name,
            email=student.email or "",
            external_ids=student.external_ids,
            enrolled=student.pk in enrolled,
        )
        for student in students.order_by("family_name", "given_name", "pk")
    ]
    return diff_roster(parsed, known=known, edits=roster_import.edits)


def _create(school_class: SchoolClass, rows: list[DiffRow], *, actor: User) -> list[int]:
    students = Student.objects.bulk_create(
        [
            Student(
                created_by_id=school_class.owner_id,
                **checked_names({k: row.values[k] for k in ("given_name", "family_name", "preferred_name", "email")}),
                external_ids=row.values["external_ids"],
            )
            for row in rows
        ]
    )
    log_bulk(students, action=LogEntry.Action.CREATE, changed=["given_name", "family_name", "email"])
    enrolments = Enrolment.objects.bulk_create([Enrolment(school_class=school_class, student=s) for s in students])
    log_bulk(enrolments, action=LogEntry.Action.CREATE, values={"school_class": school_class.pk})
    told = audience(school_class)
    for student in students:
        event = StudentCreatedV1(
            student_id=student.public_id, student_email=student.email, created_by_user_id=actor.public_id
        )
        publish(event, audience=told)
    return [student.pk for student in students]


def _change(school_class: SchoolClass, rows: list[DiffRow]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write the changed fields; returns old values per student, and `left_at` (None: was not enrolled)."""
    students = {str(s.public_id): s for s in Student.objects.filter(public_id__in=[row.student for row in rows])}
    old: dict[str, Any] = {}
    for row in rows:
        student = students[row.student or ""]
        before: dict[str, Any] = {}
        for name in row.changes:
            before[name] = getattr(student, name)
            new = {**student.external_ids, **row.values[name]} if name == "external_ids" else row.values[name]
            setattr(student, name, new)
        if before:
            old[str(student.pk)] = before
    changed = [student for student in students.values() if str(student.pk) in old]
    fields = ["given_name", "family_name", "preferred_name", "email", "external_ids"]
    Student.objects.bulk_update(changed, fields, batch_size=500)
    log_bulk(changed, action=LogEntry.Action.UPDATE, changed=["given_name", "family_name", "email"])
    return old, _enrol(school_class, list(students.values()))


def _enrol(school_class: SchoolClass, students: list[Student]) -> dict[str, Any]:
    existing = {e.student_id: e for e in Enrolment.objects.filter(school_class=school_class, student__in=students)}
    before: dict[str, Any] = {}
    back = []
    for enrolment in existing.values():
        if enrolment.left_at is not None:
            before[str(enrolment.student_id)] = enrolment.left_at.isoformat()
            enrolment.left_at = None
            back.append(enrolment)
    Enrolment.objects.bulk_update(back, ["left_at"])
    log_bulk(back, action=LogEntry.Action.UPDATE, values={"left_at": None})
    new = [Enrolment(school_class=school_class, student=s) for s in students if s.pk not in existing]
    log_bulk(Enrolment.objects.bulk_create(new), action=LogEntry.Action.CREATE, values={"school_class": school_class.pk})
    before.update({str(enrolment.student_id): None for enrolment in new})
    return before


def _uncreate(school_class: SchoolClass, created: list[int]) -> None:
    students = Student.objects.filter(pk__in=created)
    with_texts = set(students.filter(associations__isnull=False).values_list("pk", flat=True))
    for enrolment in Enrolment.objects.filter(school_class=school_class, student_id__in=with_texts, left_at=None):
        enrolment.left_at = timezone.now()
        enrolment.save(update_fields=["left_at"])
    elsewhere = set(
        Enrolment.objects.filter(student_id__in=created).exclude(school_class=school_class).values_list(
            "student_id", flat=True
        )
    )
    Enrolment.objects.filter(school_class=school_class, student_id__in=elsewhere).delete()
    students.exclude(pk__in=with_texts | elsewhere).delete()


def _unchange(changed: dict[str, Any]) -> None:
    students = list(Student.objects.filter(pk__in=changed))
    for student in students:
        for name, value in changed[str(student.pk)].items():
            setattr(student, name, value)
    fields = ["given_name", "family_name", "preferred_name", "email", "external_ids"]
    Student.objects.bulk_update(students, fields, batch_size=500)
    log_bulk(students, action=LogEntry.Action.UPDATE, changed=["given_name", "family_name", "email"])


def _tell(school_class: SchoolClass, roster_import: RosterImport) -> None:
    event = ClassRosterApplied(class_id=school_class.public_id, import_id=roster_import.public_id)
    publish(event, audience=audience(school_class))
