"""Protected identity: an alias stands for the student everywhere, and nothing else is left that names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from classes.actions.locks import checked_names, refuse_beyond_reach, tell_changed, unique_addresses
from classes.marks import Marker
from classes.models import RosterImport, SchoolClass, Student
from huleedu.common.actions import action, part
from huleedu.common.audit import log_read
from huleedu.common.errors import ActionError
from huleedu.common.text import clean_line

if TYPE_CHECKING:
    from huleedu.accounts.models import User

NAMES = ("given_name", "family_name", "preferred_name")


def lock_student(student: Student) -> Student:
    """The student's row, locked until the transaction ends. Raises ActionError `not_found` when it is gone."""
    locked = Student.objects.select_for_update(no_key=True).filter(pk=student.pk).first()
    if locked is None:
        raise ActionError("not_found", _("The student is not there any more."))
    return locked


@part
def hide_identity(student: Student, *, alias: str) -> tuple[str, ...]:
    """Put `alias` in the place of name, address, numbers and spellings; returns what had named the student.

    The caller holds the locks of all the teacher's classes and of the student, and hides the same in what it knows.
    Every list of the teacher on its way in is dropped, whatever the class, and what undoing earlier ones or merges
    would bring back is forgotten. Raises ActionError `validation_error` for an alias that tells the name.
    """
    if not student.protected_identity:
        student.protected_marks = _marks(student)
    told = _told(student)
    words = {word.casefold() for value in told for word in value.replace("-", " ").split()}
    alias = checked_names({"given_name": clean_line(alias)})["given_name"] or ""
    if not alias:
        raise ActionError("validation_error", _("Give an alias."), field="alias")
    if "@" in alias or words & {word.casefold() for word in alias.replace("-", " ").split()}:
        message = _("The alias must not hold the student's name or e-mail address.")
        raise ActionError("validation_error", message, field="alias")
    student.given_name, student.family_name, student.preferred_name, student.email = alias, "", "", None
    student.external_ids, student.replaced, student.protected_identity = {}, {}, True
    student.save()
    student.aliases.all().delete()
    student.merges.update(undo={})
    imports = RosterImport.objects.filter(school_class__owner_id=student.created_by_id)
    imports.filter(status=RosterImport.Status.PREVIEW).delete()
    forget_imported(student)
    return tuple(sorted(told - {""}))


def forget_imported(student: Student) -> None:
    """Forget which names and addresses undoing an imported list would give the student. Part of other actions."""
    imports = RosterImport.objects.filter(school_class__owner_id=student.created_by_id)
    for done in imports.filter(undo__changed__has_key=str(student.pk)):
        del done.undo["changed"][str(student.pk)]
        done.save(update_fields=["undo", "updated_at"])


def _told(student: Student) -> set[str]:
    """Whatever has named the student: names, addresses, spellings, accounts; of those merged into the student too."""
    merged = [merge.undo.get("student", {}) for merge in student.merges.all()]
    told = {str(one.get(name) or "") for one in merged for name in (*NAMES, "email")}
    told |= {getattr(student, name) for name in NAMES} | {student.email or ""} | {*map(str, student.replaced.values())}
    told |= {str(number) for number in student.external_ids.values() if not str(number).isdigit()}
    return told | set(student.aliases.values_list("spelling", flat=True))


def _marks(student: Student) -> list[str]:
    """By what a later list is known to speak of the student: addresses, numbers, and whole names in every version."""
    said = [student.replaced.get(field) or getattr(student, field) for field in ("given_name", "family_name")]
    firsts = [student.given_name, student.preferred_name, said[0], *student.given_name.split()[:1]]
    names = {f"{first} {last}".strip() for first in firsts if first for last in (student.family_name, said[1])}
    names |= set(student.aliases.values_list("spelling", flat=True))
    emails = {student.email or "", student.replaced.get("email", "")}
    marker = Marker(student.public_id, settings.SECRET_KEY)
    return marker.marks(emails=emails, names=names, numbers=student.external_ids)


@action
def open_panel(student: Student, *, actor: User) -> None:
    """Write down who looked at a student with protected identity; of others nothing is written."""
    if student.protected_identity:
        log_read(student, "panel", actor=actor)


@action
def show_identity(student: Student, *, values: dict[str, str | None], actor: User) -> Student:
    """End the protection: the student has a name again.

    Raises ActionError `validation_error` where there is none, and what `refuse_beyond_reach` raises.
    """
    locked = lock_student(student)
    refuse_beyond_reach(locked, actor=actor)
    if not locked.protected_identity:
        return locked
    names = {field: values.get(field) or "" for field in (*NAMES, "email")}
    for field, value in checked_names(names).items():
        setattr(locked, field, value)
    if not (values.get("given_name") or values.get("family_name")):
        raise ActionError("validation_error", _("Give a first name or a surname."), field="given_name")
    locked.protected_identity, locked.protected_marks = False, []
    with unique_addresses("validation_error", _("Another of your students has this e-mail address."), field="email"):
        locked.save()
    for school_class in SchoolClass.objects.filter(enrolments__student=locked):
        tell_changed(school_class)
    return locked
