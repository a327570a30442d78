"""Teaching how else a student is written, and forgetting it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from classes.actions.locks import tell_changed
from classes.models import SchoolClass, Student, StudentAlias
from huleedu.common.actions import action
from huleedu.common.errors import ActionError, refuse_personal_number
from huleedu.common.text import clean_line

if TYPE_CHECKING:
    from huleedu.accounts.models import User

SHORTEST, LONGEST = 2, 150
MOST = 20
"""Spellings of one student."""


@action
def teach_alias(
    student: Student, *, spelling: str, place: str = "", text_id: UUID | None = None, actor: User
) -> StudentAlias:
    """Remember that `spelling` is written for the student; a second time changes nothing.

    `place` and `text_id` say where it was learnt (empty: typed). Raises ActionError `validation_error` where the
    spelling is no name, is the student's own name or may be another student's of one of the classes.
    """
    locked = Student.objects.select_for_update(no_key=True).filter(pk=student.pk).first()
    if locked is None:
        raise ActionError("not_found", _("The student is not there any more."))
    spelling = clean_line(spelling)
    _refuse_unfit(spelling)
    known = locked.aliases.filter(spelling__iexact=spelling).first()
    if known is not None:
        return known
    _refuse_names(spelling, locked)
    if locked.aliases.count() >= MOST:
        message = _("The student has {n} other spellings already. Forget one first.")
        raise ActionError("validation_error", message.format(n=MOST), field="spelling")
    alias = StudentAlias.objects.create(
        student=locked, spelling=spelling, place=place, learnt_from=text_id, taught_by=actor
    )
    _tell(locked)
    return alias


@action
def forget_alias(student: Student, *, alias_id: UUID, actor: User) -> None:
    """Forget a spelling of the student. Raises ActionError `not_found`."""
    deleted, _details = StudentAlias.objects.filter(student=student, public_id=alias_id).delete()
    if not deleted:
        raise ActionError("not_found", _("The spelling is not there any more."))
    _tell(student)


def _tell(student: Student) -> None:
    for school_class in SchoolClass.objects.filter(enrolments__student=student, enrolments__left_at=None):
        tell_changed(school_class)


def _refuse_unfit(spelling: str) -> None:
    refuse_personal_number(spelling, field="spelling")
    if not SHORTEST <= len(spelling) <= LONGEST or sum(map(str.isalpha, spelling)) < SHORTEST:
        message = _("Give a spelling with at least two letters and at most 150 characters.")
        raise ActionError("validation_error", message, field="spelling")


def _refuse_names(spelling: str, student: Student) -> None:
    """The student's own name needs no teaching; a classmate's name would lead astray."""
    wanted = spelling.casefold()
    if wanted in _forms(student):
        raise ActionError("validation_error", _("This is how the class list writes the student."), field="spelling")
    here = SchoolClass.objects.filter(enrolments__student=student, enrolments__left_at=None)
    mates = Student.objects.filter(enrolments__school_class__in=here, enrolments__left_at=None).exclude(pk=student.pk)
    taken = any(wanted in _forms(mate) for mate in mates)
    if taken or StudentAlias.objects.filter(student__in=mates, spelling__iexact=spelling).exists():
        raise ActionError("validation_error", _("This may be another student in the class."), field="spelling")


def _forms(student: Student) -> set[str]:
    """What the names and the address of a student are written like, in lower case."""
    given, family, preferred = student.given_name, student.family_name, student.preferred_name
    forms = {given, family, preferred, *given.split(), *family.split(), student.email or ""}
    for first in filter(None, (given, preferred)):
        forms |= {f"{first} {family}".strip(), f"{family} {first}".strip(), f"{family}, {first}".strip(", ")}
    return {form.casefold() for form in forms if form}
