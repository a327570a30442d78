"""Two students who are one: what that means for texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from batches.actions.versions import settle_versions
from batches.events import EssayStudentAssociationUpdatedV1
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from classes.actions.locks import lock_classes_of, lock_students, refuse_beyond_reach, tell_changed
from classes.actions.merging import merge_student
from classes.models import SchoolClass, Student, StudentMerge
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation


@action
def merge_students(student: Student, *, into: Student, actor: User) -> Student:
    """Keep `into`, with the texts, classes and history of both; `student` is gone until `unmerge_students`.

    Raises what `refuse_unlike` and `refuse_beyond_reach` raise.
    """
    lock_classes_of(student, into)
    locked = lock_students(pk__in=[student.pk, into.pk])
    refuse_unlike(*locked.values())
    refuse_beyond_reach(*locked.values(), actor=actor)
    into = locked[into.pk]
    for school_class in join_students(locked[student.pk], into, actor=actor):
        tell_changed(school_class)
    return into


def join_students(student: Student, into: Student, *, actor: User) -> list[SchoolClass]:
    """What merging does to two whose locks, and whose classes' locks, the caller holds. Returns the changed classes."""
    batches = lock_batches(student, into)
    moved, texts = _move_texts(student, into)
    for batch in batches:
        settle_versions(batch)
    history = _move_history(student, into)
    classes, undo = merge_student(student, into=into)
    StudentMerge.objects.create(kept=into, made_by=actor, undo=undo | texts | history)
    tell_of_texts(moved, actor=actor)
    return classes


def refuse_unlike(*students: Student) -> None:
    """Raises ActionError `validation_error` where they are not two of one teacher, or one of them is protected."""
    if len(students) < 2 or len({student.created_by_id for student in students}) > 1:
        raise ActionError("validation_error", _("Choose another student of the same teacher."), field="into")
    if any(student.protected_identity for student in students):
        message = _("A student with protected identity cannot be merged with another.")
        raise ActionError("validation_error", message, field="into")


def tell_of_texts(moved: list[Association], *, actor: User) -> None:
    """Publish whose the decided texts are now."""
    for association in moved:
        batch = association.essay.batch
        event = EssayStudentAssociationUpdatedV1(
            essay_id=association.essay.public_id,
            student_id=association.student.public_id if association.student else None,
            batch_id=batch.public_id,
            updated_by_user_id=actor.public_id,
            version=association.version,
        )
        publish(event, audience=batch.audience())


def lock_batches(*students: Student) -> list[Batch]:
    """Those with a text of one of them, in the order that all take; also one taken out, which may be put back."""
    own = Essay.objects.filter(association__student__in=students)
    return list(Batch.objects.select_for_update(no_key=True).filter(pk__in=own.values("batch_id")).order_by("pk"))


def _touching(student: Student) -> Any:
    """Associations that name the student as writer or candidate, locked in the order of their essays."""
    named = Q(student=student) | Q(candidates__contains=[{"student": student.pk}])
    rows = Association.objects.filter(named).select_related("essay__batch", "essay__file").order_by("essay_id")
    return rows.select_for_update(no_key=True, of=("self",))


def _move_texts(student: Student, into: Student) -> tuple[list[Association], dict[str, Any]]:
    """Returns the decided ones, and what undoing needs."""
    rows = list(_touching(student))
    texts = []
    for row in rows:
        text = {"pk": row.pk, "moved": row.student_id == student.pk, "before": row.candidates}
        if row.student_id == student.pk:
            row.student = into
            row.version += 1
        has_both = any(candidate["student"] == into.pk for candidate in row.candidates)
        row.candidates = [
            candidate | ({"student": into.pk} if candidate["student"] == student.pk else {})
            for candidate in row.candidates
            if not (has_both and candidate["student"] == student.pk)
        ]
        texts.append(text | {"status": row.status, "after": row.candidates})
    Association.objects.bulk_update(rows, ["student", "version", "candidates"])
    chosen = Essay.objects.filter(chosen_for=student)
    keys = list(chosen.values_list("pk", flat=True))
    chosen.update(chosen_for=into)
    log_bulk(rows, action=LogEntry.Action.UPDATE, values={"student": into.pk})
    decided = [row for row in rows if row.is_decided and row.student_id == into.pk]
    return decided, {"texts": texts, "chosen": keys}


def _move_history(student: Student, into: Student) -> dict[str, Any]:
    """Decisions name students by key: undo and history go on as if there had been one student all along.

    Returns each decision with the sides that named the student.
    """
    named: list[tuple[int, str]] = []
    decisions = list(Decision.objects.filter(Q(before__student=student.pk) | Q(after__student=student.pk)))
    for decision in decisions:
        for side in ("before", "after"):
            state = getattr(decision, side)
            if state["student"] == student.pk:
                state["student"] = into.pk
                named.append((decision.pk, side))
    Decision.objects.bulk_update(decisions, ["before", "after"])
    keep_undoable(into)
    return {"decisions": named}


def keep_undoable(student: Student) -> None:
    """The latest decision on each of the student's texts is still the latest: it can be undone as before."""
    for association in Association.objects.filter(student=student).select_related("essay"):
        latest = Decision.objects.filter(essay=association.essay, undone_at=None).order_by("-pk").first()
        if latest is not None and association.is_decided:
            latest.version_after = association.version
            latest.save(update_fields=["version_after"])
