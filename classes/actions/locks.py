"""Locking classes and their students, who hears of its changes, and what a name may hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from classes.events import ClassChanged
from classes.following import tell_followers
from classes.models import Enrolment, SchoolClass, Student
from huleedu.common.audit import is_errand
from huleedu.common.errors import ActionError, refuse_personal_number
from huleedu.common.text import clean_line
from huleedu.outbox.publish import publish

if TYPE_CHECKING:
    from huleedu.accounts.models import User


def lock_class(school_class: SchoolClass, *, archived_too: bool = False) -> SchoolClass:
    """The class's row, locked until the transaction ends.

    Raises ActionError `not_found` when it is gone, and what `refuse_if_archived` raises, unless `archived_too`.
    """
    locked = SchoolClass.objects.select_for_update(no_key=True).filter(pk=school_class.pk).first()
    if locked is None:
        raise ActionError("not_found", _("The class is not there any more."))
    if not archived_too:
        refuse_if_archived(locked)
    return locked


def refuse_if_archived(school_class: SchoolClass) -> None:
    """Raises ActionError `illegal_transition`: an archived class is read-only until somebody takes it back."""
    if school_class.archived_at is not None:
        raise ActionError("illegal_transition", _("The class is archived and can only be read. Put it back first."))


def lock_classes_of(*students: Student, keys: Iterable[int] = ()) -> list[SchoolClass]:
    """Every class that one of `students` is or was in, and those with `keys`, archived or not, locked by key.

    To be taken before the students themselves. One statement.
    """
    wanted = Q(pk__in=Enrolment.objects.filter(student__in=students).values("school_class_id")) | Q(pk__in=keys)
    return list(SchoolClass.objects.select_for_update(no_key=True).filter(wanted).order_by("pk"))


def lock_students(**which: Any) -> dict[int, Student]:
    """The students of a filter as they are now, key to student, locked by key until the transaction ends."""
    rows = Student.objects.select_for_update(no_key=True).filter(**which).order_by("pk")
    return {student.pk: student for student in rows}


def refuse_beyond_reach(*students: Student, actor: User) -> None:
    """Raises ActionError `permission_denied` where a student is or was in a class that `actor` may not change.

    Their own teacher may all the same, and so may support staff on an errand. One statement.
    """
    if is_errand():
        return
    keys = {student.pk for student in students}
    if Student.objects.wholly_editable_by(actor).filter(pk__in=keys).count() < len(keys):
        message = _("The student is in a class that you may not change. Only their own teacher can do this.")
        raise ActionError("permission_denied", message)


@contextmanager
def unique_addresses(code: str, message: str | Promise, *, field: str | None = None) -> Iterator[None]:
    """Raises ActionError `code` where the database finds that somebody has an address already; nothing is written."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        raise ActionError(code, message, field=field) from error


def audience(school_class: SchoolClass) -> list[int]:
    """Primary keys of everyone who may see the class. One query."""
    return sorted({school_class.owner_id, *school_class.shares.values_list("user_id", flat=True)})


def tell_changed(school_class: SchoolClass) -> None:
    """Publish that the class or its students changed, and let its batches be matched again."""
    tell_followers(school_class.pk)
    publish(ClassChanged(class_id=school_class.public_id), audience=audience(school_class))


NAME_FIELDS = ("given_name", "family_name", "preferred_name")


def checked_names(values: Mapping[str, str | None]) -> dict[str, str | None]:
    """The name and address fields of `values`, cleaned. Raises ActionError `validation_error` naming the field.

    Single names are legal. An empty address is None. Personal identity numbers are never kept.
    """
    checked: dict[str, str | None] = {}
    for field in NAME_FIELDS:
        if field in values:
            name = clean_line(values[field] or "")
            if len(name) > 150:
                raise ActionError("validation_error", _("The name is too long: at most 150 characters."), field=field)
            refuse_personal_number(name, field=field)
            checked[field] = name
    if "email" in values:
        checked["email"] = _checked_email(values["email"])
    return checked


def _checked_email(value: str | None) -> str | None:
    email = clean_line(value or "")
    if not email:
        return None
    refuse_personal_number(email, field="email")
    try:
        validate_email(email)
    except ValidationError as error:
        raise ActionError("validation_error", _("This is not an e-mail address."), field="email") from error
    if len(email) > 254:
        raise ActionError("validation_error", _("The e-mail address is too long."), field="email")
    return email
