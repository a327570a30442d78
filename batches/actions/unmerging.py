"""Taking a merge of two students back: what would move, why it cannot, and doing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from auditlog.models import LogEntry
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.students import keep_undoable, lock_batches, tell_of_texts
from batches.actions.versions import settle_versions
from batches.models import Batch, Decision, Essay, EssayStudentAssociation
from classes.actions.locks import lock_classes_of, lock_students, refuse_beyond_reach, tell_changed
from classes.actions.merging import unmerge_obstacle, unmerge_student
from classes.models import SchoolClass, Student, StudentMerge
from huleedu.common.actions import action
from huleedu.common.audit import log_bulk
from huleedu.common.errors import ActionError

if TYPE_CHECKING:
    from huleedu.accounts.models import User

Association = EssayStudentAssociation


@dataclass(frozen=True, slots=True)
class Unmerge:
    """What taking a merge back would do: `obstacle` says why not, else it is empty."""

    merge: StudentMerge
    name: str
    """Of the student who would be there again."""
    texts: list[str]
    """Batch titles of the texts that move back, one each; of those that `user` may see."""
    n_hidden_texts: int
    class_names: list[str]
    n_hidden_classes: int
    spellings: int
    obstacle: str


def read_unmerge(merge: StudentMerge, *, user: User) -> Unmerge:
    """What would move back, without names of anybody else, or of what `user` may not see.

    A few statements, however many texts there are.
    """
    undo = merge.undo
    student = undo.get("student", {})
    enrolments = undo.get("enrolments", {"moved": [], "gone": []})
    moved = [text["pk"] for text in undo.get("texts", ()) if text["moved"]]
    rows = Association.objects.filter(pk__in=moved).select_related("essay__batch").order_by("pk")
    decided = [row.essay.batch for row in rows if row.is_decided]
    seen = set(Batch.objects.visible_to(user).filter(essays__association__in=moved).values_list("pk", flat=True))
    texts = [batch.title for batch in decided if batch.pk in seen]
    back = Q(enrolments__pk__in=enrolments["moved"]) | Q(pk__in=[row[0] for row in enrolments["gone"]])
    classes = SchoolClass.objects.filter(back).distinct()
    class_names = list(classes.visible_to(user).values_list("designation", flat=True))
    spellings = undo.get("spellings", {"moved": [], "both": []})
    return Unmerge(
        merge=merge,
        name=f"{student.get('given_name', '')} {student.get('family_name', '')}".strip(),
        texts=texts,
        n_hidden_texts=len(decided) - len(texts),
        class_names=sorted(set(class_names)),
        n_hidden_classes=classes.count() - len(class_names),
        spellings=len(spellings["moved"]) + len(spellings["both"]),
        obstacle=unmerge_obstacle(merge) or _changed_text(merge),
    )


def _changed_text(merge: StudentMerge) -> str:
    """Why the texts cannot go back; empty where they can.

    What stands now counts, not how often it changed: a decision that was taken back is none.
    """
    then = {text["pk"]: text.get("status") for text in merge.undo.get("texts", ()) if text["moved"]}
    decided = Association.objects.filter(pk__in=then).exclude(status=Association.Status.UNDECIDED)
    for pk, student_pk, status in decided.values_list("pk", "student_id", "status"):
        if student_pk != merge.kept_id or status != (then[pk] or status):
            return str(_("Somebody has decided since whose one of the texts is. Undo that first."))
    return ""


@action
def unmerge_students(merge: StudentMerge, *, actor: User) -> Student:
    """Two students again, each with the texts, classes and spellings of their own. What came since stays with `kept`.

    Returns the one who is there again. Raises ActionError `not_undoable` with the reason where something that moved
    has changed since, and what `refuse_beyond_reach` raises.
    """
    gone = merge.undo.get("enrolments", {}).get("gone", ())
    lock_classes_of(merge.kept, keys=[row[0] for row in gone])
    lock_students(pk=merge.kept_id)
    locked = (
        StudentMerge.objects.select_for_update(no_key=True, of=("self",)).select_related("kept").filter(pk=merge.pk)
    )
    found = locked.first()
    if found is None:
        raise ActionError("not_found", _("The merge is not there any more."))
    refuse_beyond_reach(found.kept, actor=actor)
    batches = lock_batches(found.kept)
    obstacle = unmerge_obstacle(found) or _changed_text(found)
    if obstacle:
        raise ActionError("not_undoable", obstacle)
    undo = found.undo
    student, classes = unmerge_student(found)
    moved = _move_back(undo, found.kept, student)
    for batch in batches:
        settle_versions(batch)
    found.undone_at, found.undo = timezone.now(), {}
    found.save(update_fields=["undone_at", "undo", "updated_at"])
    tell_of_texts(moved, actor=actor)
    for school_class in classes:
        tell_changed(school_class)
    return student


def _move_back(undo: dict[str, Any], kept: Student, student: Student) -> list[Association]:
    """Texts, suggestions and decisions; returns the decided texts."""
    texts = {text["pk"]: text for text in undo["texts"]}
    query = Association.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=texts)
    rows = list(query.select_related("essay__batch").order_by("essay_id"))
    for row in rows:
        text = texts[row.pk]
        if row.candidates == text["after"]:
            row.candidates = text["before"]
        if text["moved"] and row.student_id == kept.pk:
            row.student = student
            row.version += 1
    Association.objects.bulk_update(rows, ["student", "version", "candidates"])
    log_bulk(rows, action=LogEntry.Action.UPDATE, values={"student": student.pk})
    sides: dict[int, list[str]] = {}
    for key, side in undo["decisions"]:
        sides.setdefault(key, []).append(side)
    decisions = list(Decision.objects.filter(pk__in=sides))
    for decision in decisions:
        for side in sides[decision.pk]:
            state = getattr(decision, side)
            # Where the batch has gone to another teacher since, it names nobody any more.
            state["student"] = student.pk if state["student"] == kept.pk else state["student"]
    Decision.objects.bulk_update(decisions, ["before", "after"])
    Essay.objects.filter(pk__in=undo["chosen"], chosen_for=kept).update(chosen_for=student)
    keep_undoable(student)
    return [row for row in rows if row.is_decided and row.student_id == student.pk]
