"""Making and changing batches."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from batches.actions.classes import change_class
from batches.actions.locks import lock_unarchived, refuse_if_locked, tell_status
from batches.models import Batch
from classes.actions.locks import lock_class
from classes.models import SchoolClass
from huleedu.common.actions import action
from huleedu.common.errors import ActionError, refuse_personal_number
from huleedu.common.once import save_once
from huleedu.common.text import clean_line

if TYPE_CHECKING:
    from huleedu.accounts.models import User


@action
def create_batch(
    owner: User,
    *,
    title: str,
    school_class: SchoolClass | None = None,
    course_code: str = "",
    due_at: datetime | None = None,
    review_by: datetime | None = None,
    auto_confirm: bool | None = None,
    key: UUID | None = None,
    actor: User,
) -> Batch:
    """An open batch; without `course_code` it takes the class's only course, without `auto_confirm`, where it is to be
    reviewed by a time ahead, the class's own.

    A form that is sent twice, with the same `key`, title and class, makes one batch.

    Raises ActionError `validation_error`, and `not_found` or `illegal_transition` where the class has been deleted or
    archived meanwhile.
    """
    if school_class is not None:
        school_class = lock_class(school_class)
    course_code = course_code or _only_course(school_class)
    if auto_confirm is None:
        auto_confirm = _confirms_usually(school_class, review_by)
    batch = Batch(owner=owner, school_class=school_class, course_code=course_code, title=_checked_title(title))
    batch.due_at, batch.review_by, batch.auto_confirm = due_at, review_by, auto_confirm
    if auto_confirm:
        _check_auto_confirm(batch)
    made = save_once(batch, key, same=("owner", "school_class", "title"))
    if made is batch:
        tell_status(batch)
    return made


def _only_course(school_class: SchoolClass | None) -> str:
    codes = list(school_class.courses.values_list("code", flat=True)[:2]) if school_class is not None else []
    return codes[0] if len(codes) == 1 else ""


def _confirms_usually(school_class: SchoolClass | None, review_by: datetime | None) -> bool:
    """As the class has it, where there is a time ahead to confirm at."""
    is_ahead = review_by is not None and review_by > timezone.now()
    is_usual = school_class is not None and school_class.auto_confirm
    return is_usual and is_ahead and settings.ENABLE_AUTO_CONFIRM


CHANGEABLE = frozenset({"title", "school_class", "course_code", "due_at", "review_by", "auto_confirm"})


@action
def update_batch(batch: Batch, *, changes: dict[str, Any], version: int | None = None, actor: User) -> Batch:
    """Change some of `CHANGEABLE`. With `version`, raises ActionError `version_conflict` when another tab was first.

    Raises ActionError `illegal_transition` for an archived batch, `validation_error` for `auto_confirm` without a time
    ahead, `batch_locked` on a locked batch, and what `change_class` raises for another `school_class`.
    """
    if changes.get("school_class") is not None:
        lock_class(changes["school_class"], archived_too=True)  # classes come before batches
    batch = lock_unarchived(batch)
    if version is not None and version != batch.version:
        if all(getattr(batch, field) == value for field, value in changes.items()):
            return batch  # sent twice, or somebody else wanted the same
        raise ActionError("version_conflict", _("Somebody else changed the batch meanwhile."), current=batch)
    unknown = set(changes) - CHANGEABLE
    if unknown:
        raise ValueError(f"not changeable: {sorted(unknown)}")
    if "title" in changes:
        changes = {**changes, "title": _checked_title(changes["title"])}
    fields = {*changes, "auto_confirm", "reminded_at", "version", "updated_at"}
    if "school_class" in changes:
        fields.update(change_class(batch, changes["school_class"], actor=actor))
    for field, value in changes.items():
        setattr(batch, field, value)
    if "review_by" in changes:
        batch.reminded_at = None
        batch.auto_confirm = batch.auto_confirm and batch.review_by is not None
    if changes.get("auto_confirm"):
        _check_auto_confirm(batch)
    batch.version += 1
    batch.save(update_fields=sorted(fields))
    tell_status(batch)
    return batch


def _check_auto_confirm(batch: Batch) -> None:
    refuse_if_locked(batch)
    if not settings.ENABLE_AUTO_CONFIRM:
        message = _("Automatic confirmation is turned off here.")
        raise ActionError("validation_error", message, field="auto_confirm")
    if batch.review_by is None or batch.review_by <= timezone.now():
        message = _("Choose a time ahead to confirm the certain matches at.")
        raise ActionError("validation_error", message, field="review_by")


def _checked_title(title: str) -> str:
    cleaned = clean_line(title)
    if not cleaned:
        raise ActionError("validation_error", _("Give the batch a title."), field="title")
    if len(cleaned) > 200:
        raise ActionError("validation_error", _("The title is too long: at most 200 characters."), field="title")
    refuse_personal_number(cleaned, field="title")
    return cleaned
