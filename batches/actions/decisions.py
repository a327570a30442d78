"""What people decide. A machine never overwrites it; every decision can be undone, until the batch is archived.

Then every one of these raises ActionError `illegal_transition`. A lock forbids none of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.certain import certain_matches
from batches.actions.locks import lock_row, lock_unarchived, refuse_if_archived
from batches.actions.protecting import hide_own
from batches.actions.versions import settle_versions
from batches.events import EssayStudentAssociationUpdatedV1
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from classes.actions.identity import lock_student
from classes.actions.locks import checked_names, lock_class, lock_students
from classes.actions.students import enter_student
from classes.models import SchoolClass, Student
from huleedu.common.actions import action
from huleedu.common.errors import ActionError
from huleedu.outbox.publish import publish, publish_all

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What confirming several at once did."""

    decision_id: uuid.UUID | None
    confirmed: tuple[uuid.UUID, ...]
    refused: tuple[tuple[uuid.UUID, str], ...]


def _lock_associations(essays: QuerySet[Essay]) -> list[Association]:
    """The associations, locked in the order of their essays."""
    rows = Association.objects.filter(essay__in=essays).select_related("essay__batch", "student").order_by("essay_id")
    return list(rows.select_for_update(no_key=True, of=("self",)))


@action
def decide_student(essay: Essay, *, student: Student | None, version: int | None, actor: User) -> Association:
    """Say who wrote the essay; None: no student of the class.

    Raises ActionError `version_conflict` (with the essay as `current`) when somebody decided since `version`, and
    `not_found` for a student of another teacher. The same value again changes nothing.
    """
    if student is not None:
        student = lock_student(student)
    association = _lock_one(essay)
    if student is not None:
        _refuse_foreign(association.essay.batch, student)
    wanted = Association.Status.NO_STUDENT if student is None else Association.Status.CONFIRMED
    if association.status == wanted and association.student_id == (student.pk if student else None):
        return association
    _refuse_stale(association, version)
    _decide_alone(association, status=wanted, student=student, actor=actor)
    return association


@action
def decide_new_student(
    essay: Essay, *, values: Mapping[str, str | None], version: int | None, actor: User
) -> Association:
    """Add a student (as `add_student`) to the batch's class and say that this one wrote the essay: both, or neither.

    The same names again mean the student whom a decision on this essay has added, also after it was undone. Raises
    what `add_student` and `decide_student` raise, and ActionError `validation_error` for a batch without a class.
    """
    school_class = SchoolClass.objects.filter(batches=essay.batch_id).first()
    if school_class is None:
        raise ActionError("validation_error", _("The batch has no class."), field="decision")
    school_class = lock_class(school_class)
    student = _added_before(essay, school_class, values)
    if student is not None:
        student = lock_student(student)
    association = _lock_one(essay)
    if student is not None and association.is_decided and association.student_id == student.pk:
        return association
    _refuse_stale(association, version)
    if association.essay.batch.school_class_id != school_class.pk:
        message = _("The page is out of date. Open the text again.")
        raise ActionError("version_conflict", message, current=association.essay)
    is_added = student is None
    student = student or enter_student(school_class, values=values, actor=actor)
    _decide_alone(association, status=Association.Status.CONFIRMED, student=student, adds=is_added, actor=actor)
    return association


def _added_before(essay: Essay, school_class: SchoolClass, values: Mapping[str, str | None]) -> Student | None:
    """The student of these names whom a decision on the essay has added, if still in the class."""
    decisions = Decision.objects.filter(essay=essay, after__adds=True)
    keys = {row.after["student"] for row in decisions}
    names = {"given_name": "", "family_name": "", **checked_names(values)}
    return Student.objects.in_class(school_class).filter(pk__in=keys, **names).first() if keys else None


@action
def clear_decision(essay: Essay, *, version: int | None, actor: User) -> Association:
    """Take a decision back: the machine's suggestion stands again. Raises ActionError `version_conflict`."""
    association = _lock_one(essay)
    if not association.is_decided:
        return association
    _refuse_stale(association, version)
    _decide_alone(association, status=Association.Status.UNDECIDED, student=None, actor=actor)
    return association


@action
def confirm_matches(
    batch: Batch,
    *,
    essay_ids: Iterable[uuid.UUID] | None = None,
    seen: Mapping[uuid.UUID, uuid.UUID] | None = None,
    actor: User,
) -> Confirmation:
    """Confirm the certain matches (all, or those of `essay_ids`) in one step that one undo takes back.

    `seen` names essays with the student the person saw beside each. An essay that is no longer certain, has another
    student by now, one who is not in the class any more, or is already decided is refused with `not_certain`, an
    unknown one with `not_found`; the others go on.
    """
    essays = Essay.objects.live().filter(batch=batch)
    wanted = set(seen) if seen is not None else None if essay_ids is None else set(essay_ids)
    if wanted is None:
        essays = essays.filter(association__status="undecided", association__certainty="certain")
    else:
        essays = essays.filter(public_id__in=wanted)
    batch = lock_unarchived(batch)
    group, audience = uuid.uuid4(), batch.audience()
    confirmed: list[uuid.UUID] = []
    refused: list[tuple[uuid.UUID, str]] = []
    taken: list[tuple[Decision, EssayStudentAssociationUpdatedV1]] = []
    associations = _lock_associations(essays)
    certain = {association.pk for association in certain_matches(batch, associations)}
    for association in associations:
        key, student = association.essay.public_id, association.student
        if association.pk not in certain or student is None or (seen and seen[key] != student.public_id):
            refused.append((key, "not_certain"))
            continue
        status = Association.Status.CONFIRMED
        taken.append(_decide(association, status=status, student=student, group=group, actor=actor))
        confirmed.append(key)
    _write_down(taken, audience=audience)
    if confirmed:
        settle_versions(batch)
    missing = (wanted or set()) - set(confirmed) - {key for key, _code in refused}
    refused += [(key, "not_found") for key in sorted(missing)]
    return Confirmation(group if confirmed else None, tuple(confirmed), tuple(refused))


@action
def undo_decisions(
    batch: Batch, *, group: uuid.UUID | None = None, seen: uuid.UUID | None = None, actor: User
) -> list[Association]:
    """Undo one group of decisions: the given one, or the person's latest that is not undone.

    `seen` is the group that the person saw as the latest. Where that is undone already, as after an answer that was
    lost, it is what was meant: nothing more is undone, and nothing returned.

    Raises ActionError `not_undoable` when there is none, when somebody has decided since (then nothing of the group
    is undone), or when the earlier student is gone. The batch is locked, so that two presses undo two steps.
    """
    lock_students(pk__in={row.before["student"] for row in _to_undo(batch, group, actor)} - {None})
    batch = lock_unarchived(batch)
    if seen and Decision.objects.filter(essay__batch=batch, actor=actor, group=seen).exclude(undone_at=None).exists():
        return []
    decisions = {row.essay_id: row for row in _to_undo(batch, group, actor)}
    if not decisions:
        raise ActionError("not_undoable", _("There is nothing to undo."))
    associations = _lock_associations(Essay.objects.filter(pk__in=decisions))
    for association in associations:
        _refuse_undo_if_stale(association, decisions[association.essay_id])
    _refuse_undo_if_gone(decisions.values())
    audience = batch.audience()
    for association in associations:
        _restore(association, decisions[association.essay_id], audience=audience, actor=actor)
    settle_versions(batch)
    return associations


def _to_undo(batch: Batch, group: uuid.UUID | None, actor: User) -> QuerySet[Decision]:
    group = group or Decision.objects.latest_of(actor, batch=batch)
    rows = Decision.objects.undoable().filter(essay__batch=batch)
    return rows.filter(group=group) if group else rows.none()


def _lock_one(essay: Essay) -> Association:
    """The batch is locked too: two texts decided at once may be one student's."""
    lock_row(Batch(pk=essay.batch_id))
    rows = _lock_associations(Essay.objects.filter(pk=essay.pk))
    if not rows:
        raise ActionError("not_found", _("The text is not in the batch any more."))
    refuse_undecidable(rows[0].essay)
    return rows[0]


def refuse_undecidable(essay: Essay) -> None:
    """Raises ActionError `illegal_transition` in an archived batch, and `not_found` for a text that was taken out."""
    refuse_if_archived(essay.batch)
    if essay.removed_at is not None:
        raise ActionError("not_found", _("The text is not in the batch any more."))


def _refuse_stale(association: Association, version: int | None) -> None:
    if version is not None and version != association.version:
        message = _("Somebody else has decided this text meanwhile.")
        raise ActionError("version_conflict", message, current=association.essay)


def _refuse_undo_if_stale(association: Association, decision: Decision) -> None:
    """Say who decided since, and when."""
    if association.version == decision.version_after:
        return
    latest = Decision.objects.filter(essay_id=association.essay_id).select_related("actor").order_by("-pk").first()
    if latest is None or latest.actor is None or latest.pk == decision.pk:
        raise ActionError("not_undoable", _("Somebody has decided since, so this cannot be undone."))
    time = formats.time_format(timezone.localtime(latest.created_at))
    message = _("{name} has decided since, at {time}, so this cannot be undone.")
    raise ActionError("not_undoable", message.format(name=latest.actor.name, time=time))


def _refuse_undo_if_gone(decisions: Iterable[Decision]) -> None:
    """A student without texts may be deleted, also one who was chosen for a while."""
    confirmed = [row for row in decisions if row.before["status"] == Association.Status.CONFIRMED]
    wanted = {row.before["student"] for row in confirmed}
    if wanted and Student.objects.filter(pk__in=wanted).count() < len(wanted):
        raise ActionError("not_undoable", _("The student who was chosen before has been deleted."))


def _refuse_foreign(batch: Batch, student: Student) -> None:
    """A batch's texts belong to students of the class's owner, whoever works on them."""
    owner_id = batch.school_class.owner_id if batch.school_class else batch.owner_id
    if student.created_by_id != owner_id:
        raise ActionError("not_found", _("There is no such student."), field="student_id")


def _decide_alone(
    association: Association, *, status: str, student: Student | None, adds: bool = False, actor: User
) -> None:
    """`adds`: the student was added to the class by it, which the decision remembers."""
    audience = association.essay.batch.audience()
    taken = _decide(association, status=status, student=student, group=uuid.uuid4(), actor=actor)
    if adds:
        taken[0].after["adds"] = True
    _write_down([taken], audience=audience)
    settle_versions(association.essay.batch)


def _decide(
    association: Association,
    *,
    status: str,
    student: Student | None,
    group: uuid.UUID,
    actor: User,
) -> tuple[Decision, EssayStudentAssociationUpdatedV1]:
    """Saves the match; the decision and the event are the caller's to write."""
    before = association.snapshot()
    association.status = status
    if status == Association.Status.UNDECIDED:
        association.student = association.suggested_student()
        association.method, association.decided_by, association.decided_at = "", None, None
    else:
        association.student = student
        association.method = Association.Method.PERSON
        association.decided_by, association.decided_at = actor, timezone.now()
    event = _save(association, actor=actor)
    decision = Decision(
        essay=association.essay,
        group=group,
        before=before,
        after=association.snapshot(),
        version_after=association.version,
        actor=actor,
    )
    return decision, event


def _write_down(taken: Sequence[tuple[Decision, EssayStudentAssociationUpdatedV1]], *, audience: Sequence[int]) -> None:
    """Two statements, however many were decided."""
    Decision.objects.bulk_create([decision for decision, _event in taken])
    publish_all([event for _decision, event in taken], audience=audience)


def _restore(association: Association, decision: Decision, *, audience: Sequence[int], actor: User) -> None:
    before: dict[str, Any] = decision.before
    association.status = before["status"]
    undecided = association.status == Association.Status.UNDECIDED
    # The suggestion may have changed since: what the machine says now stands, not what it said then.
    earlier_student = Student.objects.filter(pk=before["student"]).first()
    association.student = association.suggested_student() if undecided else earlier_student
    association.method = before["method"]
    association.decided_by_id = before["decided_by"]
    association.decided_at = datetime.fromisoformat(before["decided_at"]) if before["decided_at"] else None
    publish(_save(association, actor=actor), audience=audience)
    decision.undone_at = timezone.now()
    decision.save(update_fields=["undone_at"])
    earlier = Decision.objects.filter(essay_id=decision.essay_id, undone_at=None).order_by("-pk").first()
    if earlier is not None:
        # The state is that decision's again, so it can be undone in turn.
        earlier.version_after = association.version
        earlier.save(update_fields=["version_after"])


def _save(association: Association, *, actor: User) -> EssayStudentAssociationUpdatedV1:
    """Returns the event that says so."""
    association.version += 1
    association.is_new = False
    association.save(
        update_fields=[
            "status",
            "student",
            "method",
            "decided_by",
            "decided_at",
            "version",
            "is_new",
            "updated_at",
        ]
    )
    batch, student = association.essay.batch, association.student
    if association.is_decided and student is not None and student.protected_identity:
        hide_own(association)
    told = association.is_decided and student is not None and not student.protected_identity
    return EssayStudentAssociationUpdatedV1(
        essay_id=association.essay.public_id,
        student_id=student.public_id if told and student else None,
        batch_id=batch.public_id,
        updated_by_user_id=actor.public_id,
        version=association.version,
    )
